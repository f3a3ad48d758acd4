"""``/api/v1``: the console's services for programs; described at its openapi.json."""
