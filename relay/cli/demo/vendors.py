"""A server that stands in for the providers' APIs, so that thin payloads can be looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from relay.core.case import Case


class Vendors:
    """Answers in the vendors' own shapes for everybody who occurs in the recorded answers it was given.

    Pages are got by their path; records are read by a list of ids, as HubSpot's batch calls do it.
    """

    def __init__(self, cases: Iterable[Case]) -> None:
        self.asked = 0
        self._pages: dict[str, Any] = {}
        self._records: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for recorded in (answer for case in cases for answer in case.upstream):
            path = urlsplit(recorded.url).path
            if recorded.method == "GET":
                self._pages[path] = recorded.body
            else:
                self._records[path] |= {record["id"]: record for record in recorded.body["results"]}

    async def answer(self, call: web.Request) -> web.Response:
        """401 without credentials, 404 for what nobody has heard of."""
        self.asked += 1
        if "authorization" not in call.headers:
            return web.json_response({"message": "Authentication credentials are missing."}, status=401)
        if call.method == "GET" and call.path in self._pages:
            return web.json_response(self._pages[call.path])
        if call.method == "POST" and call.path in self._records:
            wanted = [one["id"] for one in (await call.json())["inputs"]]
            found = [self._records[call.path][id_] for id_ in wanted if id_ in self._records[call.path]]
            return web.json_response({"status": "COMPLETE", "results": found})
        return web.json_response({"message": "Not found."}, status=404)


def origins_of(cases: Iterable[Case]) -> set[str]:
    """Where the look-ups of these cases go in the world outside."""
    places = (urlsplit(answer.url) for case in cases for answer in case.upstream)
    return {f"{place.scheme}://{place.netloc}" for place in places}


@asynccontextmanager
async def standing_in(vendors: Vendors) -> AsyncIterator[str]:
    """The vendors on a free port; the value is their origin."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", vendors.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
