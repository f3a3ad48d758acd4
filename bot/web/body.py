"""What a stranger sends, read no further and no longer than anybody needs."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect


class TooLong(Exception):
    """There is more of it than is read."""


class Broken(Exception):
    """It did not come whole in time."""


async def body_of(request: Request, *, most: int, seconds: float) -> bytes:
    """Read a body of so many bytes at most; raises ``TooLong`` or ``Broken``."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise TooLong
    except (TimeoutError, ClientDisconnect) as error:
        raise Broken from error
    return bytes(body)
