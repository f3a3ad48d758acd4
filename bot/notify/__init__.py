"""Ways to reach our own people."""
