"""A request of the ledger, and what its provider answers to look-ups today."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import orjson

from relay.cli.options import ledger_of
from relay.cli.output import Exit, fail
from relay.cli.telling import NOT_KEPT
from relay.clock import SystemClock
from relay.config.installation import ActiveSource, Installation
from relay.core.case import Upstream
from relay.core.lookup import Answer, LookUp
from relay.core.request import Request, public_url
from relay.core.translate import translate
from relay.http import outbound_session
from relay.providers import Providers
from relay.recording.asking import answers_as_recorded
from relay.recording.record import Stored
from relay.store.base import Incoming

_NUMBER = re.compile(r"(?:request-)?(\d{1,18})")


async def fetch(config: Path | None, id_: str) -> Incoming:
    """The request of a number or of a dead letter. Exits where there is none."""
    number = _NUMBER.fullmatch(id_)
    async with ledger_of(config) as store:
        if number:
            found = await store.request(int(number[1]))
        else:
            story = await store.story(id_)
            found = story.request if story else None
    if found is None:
        hint = "relay dead list shows dead letters, relay dead show ID the number of their request"
        raise fail(f"the ledger has no request or dead letter {id_}", Exit.NO, hint)
    if not found.is_kept:
        raise fail(f"{id_}: {NOT_KEPT}", Exit.NO)
    return found


async def ask(installation: Installation, active: ActiveSource, incoming: Incoming) -> list[Upstream]:
    """Make the look-ups of a request with its source's credentials, and give what they bring."""
    config = installation.config
    async with outbound_session(config.egress.allow) as http:
        providers = Providers(
            http,
            SystemClock(),
            parallel=config.lookups.parallel,
            timeout=config.lookups.timeout.total_seconds(),
            remember=0.0,
            origins=config.lookups.origins,
        )
        steps = translate(active.connector, _request(active, incoming), active.source)
        found: list[tuple[LookUp, Answer]] = []
        try:
            asked: Sequence[LookUp] = next(steps)
            while True:
                answers = await providers.answer(active.source, asked, 0.0)
                found += zip(asked, answers, strict=True)
                asked = steps.send(answers)
        except StopIteration:
            return answers_as_recorded(found)


def _request(active: ActiveSource, incoming: Incoming) -> Request:
    return Request(
        method=incoming.method,
        url=public_url(active.registered_url, incoming.query),
        headers=orjson.loads(incoming.headers),
        body=incoming.body,
        received_at=incoming.received_at / 1000,
    )


def stored(active: ActiveSource, installation: Installation, incoming: Incoming) -> Stored:
    """A request of the ledger with what its source is configured to be."""
    return Stored(
        method=incoming.method,
        query=incoming.query,
        headers=orjson.loads(incoming.headers),
        body=incoming.body,
        received_at=incoming.received_at / 1000,
        settings=installation.config.sources[active.name].settings,
        secrets=[key for keys in active.source.secrets.values() for key in keys],
    )
