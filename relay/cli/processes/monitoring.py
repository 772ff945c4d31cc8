"""The port for monitors where a relay has several processes: it answers for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from relay.cli.processes.metrics import LABEL, merged
from relay.cli.processes.slot import Slot
from relay.web.door import open_door
from relay.web.health import READY, State, add_health


@asynccontextmanager
async def monitored(slots: Sequence[Slot], host: str, port: int) -> AsyncIterator[None]:
    """While it is open, `/metrics`, `/livez` and `/readyz` answer for all of them. Raises `OSError`."""

    async def show(_call: web.Request) -> web.Response:
        texts = await asyncio.gather(*(slot.metrics() for slot in slots))
        shown = {slot.seat.name: text for slot, text in zip(slots, texts, strict=True) if text is not None}
        return web.Response(body=_own(slots) + merged(shown), headers={"content-type": CONTENT_TYPE_LATEST})

    async def readiness() -> State:
        missing = [slot.seat.name for slot in slots if not slot.is_ready]
        return State(is_ready=False, detail=f"not ready: {', '.join(missing)}") if missing else READY

    app = web.Application()
    app.router.add_get("/metrics", show)
    add_health(app, readiness)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    door = await open_door(host, port, "server.metrics_port")
    try:
        await door.lead_to(runner)
        yield
    finally:
        door.close()
        await runner.cleanup()


def _own(slots: Sequence[Slot]) -> bytes:
    """What only the supervisor knows."""
    registry = CollectorRegistry()
    ready = Gauge("relay_process_ready", "Whether a process is ready", (LABEL,), registry=registry)
    starts = Counter("relay_process_starts", "How often a process was started", (LABEL,), registry=registry)
    for slot in slots:
        ready.labels(slot.seat.name).set(slot.is_ready)
        starts.labels(slot.seat.name).inc(slot.starts)
    return generate_latest(registry)
