"""Styles, script and icon under names that hold their digest, so that browsers may keep them for good."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple

from aiohttp import hdrs, web

from relay.web.console.navigation import ROOT

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


class StaticFile(NamedTuple):
    """`served_as` is `console.3f2a91c0.css` for `console.css`."""

    name: str
    served_as: str
    content: bytes
    content_type: str
    digest: str


def read_static() -> tuple[StaticFile, ...]:
    """Every file of the folder `static`."""
    found = (one for one in files("relay.web.console").joinpath("static").iterdir() if one.is_file())
    return tuple(static_file(one.name, one.read_bytes()) for one in sorted(found, key=lambda one: one.name))


def static_file(name: str, content: bytes) -> StaticFile:
    stem, _, kind = name.rpartition(".")
    digest = blake2b(content, digest_size=8).hexdigest()
    return StaticFile(name, f"{stem}.{digest}.{kind}", content, _TYPES[kind], digest)


class StaticFiles:
    """Serves the files; whoever asks for another version than today's is told that there is none."""

    def __init__(self, served: tuple[StaticFile, ...]) -> None:
        self._served: Mapping[str, StaticFile] = {one.served_as: one for one in served}
        self._urls = {one.name: f"{ROOT}/static/{one.served_as}" for one in served}

    def url(self, name: str) -> str:
        """Where pages find the file of this name."""
        return self._urls[name]

    async def serve(self, call: web.Request) -> web.Response:
        """`GET /console/static/{name}`."""
        found = self._served.get(call.match_info["name"])
        if found is None:
            raise web.HTTPNotFound(text="there is no such file\n")
        headers = {hdrs.CACHE_CONTROL: _FOR_GOOD, "x-content-type-options": "nosniff"}
        known = call.if_none_match or ()
        if any(tag.value in (found.digest, "*") for tag in known):
            answer = web.Response(status=304, headers=headers)
        else:
            answer = web.Response(
                body=found.content, content_type=found.content_type, charset="utf-8", headers=headers
            )
        answer.etag = found.digest
        return answer
