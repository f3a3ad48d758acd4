"""What the errors of requests tell, for platforms whose library stands on it."""

from __future__ import annotations

import requests
from urllib3.exceptions import NewConnectionError


def never_left(error: BaseException | None) -> bool:
    """Whether there was no connection, to the host or a proxy, to send anything over.

    Looks at the nearest error of requests below ``error`` and no deeper: what was
    being handled before that request says nothing about it.
    """
    while error is not None and not isinstance(error, requests.RequestException):
        error = error.__cause__ or error.__context__
    reason = getattr(error.args[0], "reason", None) if error and error.args else None
    reason = getattr(reason, "original_error", reason)  # behind a proxy
    return isinstance(error, requests.ConnectTimeout) or isinstance(
        reason, NewConnectionError
    )
