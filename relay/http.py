"""What every outbound HTTP call keeps to."""

from __future__ import annotations

import aiohttp

LARGEST_ANSWER = 1 << 20


async def read_bounded(response: aiohttp.ClientResponse, limit: int = LARGEST_ANSWER) -> bytes | None:
    """The whole body, or None where it is larger than `limit` bytes."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
