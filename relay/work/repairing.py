"""Repair of one dead letter: a preview, and doing just what it shows."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from relay.clock import Clock, milliseconds
from relay.config.installation import Installation
from relay.config.maps import resolve_maps
from relay.core.audit import Change, change
from relay.core.contact import Contact
from relay.core.correction import NO_FIELDS, Correction, Fields, corrected
from relay.core.repair import (
    READ_AGAIN_WHY,
    DeadEnrollment,
    How,
    Preview,
    Reread,
    impossible,
    preview,
    preview_event,
    reread,
)
from relay.store.base import Store
from relay.work.reading import Reader

_TOO_LATE = "somebody else changed it, or sends it, at this moment: look at it again"
_NO_REQUEST = Reread(why_not="its request is not kept any more; send it as it was, or discard it")


class Repairing:
    """Reads again with the connectors, look-ups and routes of today."""

    def __init__(self, store: Store, installation: Installation, reader: Reader, clock: Clock) -> None:
        self._store = store
        self._installation = installation
        self._reader = reader
        self._clock = clock
        self._maps = resolve_maps(installation.config)

    async def preview(self, letter: str, how: How, fields: Fields = NO_FIELDS) -> Preview | None:
        """What sending it again would do, with `fields` changed; a parked event is read again in any case.

        None where there is no such dead letter. Raises `Incorrect`. Look-ups are made, nothing is written.
        """
        found = await self._store.repairs.dead_enrollments([letter])
        return await self._of_enrollment(found[0], how, fields) if found else await self._of_event(letter)

    async def _of_enrollment(self, dead: DeadEnrollment, how: How, fields: Fields) -> Preview | None:
        again = Reread(dead.contact)
        if how is How.READ_AGAIN:
            again = (await self.reread([dead], self._clock.now()))[dead.letter]
        if again.contact is None:
            return impossible(dead, how, again.why_not or "")
        after = self.corrected(dead.source, again.contact, fields)
        now = milliseconds(self._clock)
        outlook = await self._store.repairs.outlook(dead.letter, after, now, self._maps)
        return None if outlook is None else preview(dead, how, after, outlook, again.warnings)

    async def _of_event(self, letter: str) -> Preview | None:
        parked = await self._store.repairs.parked_event(letter)
        stored = await self._store.request(parked.request_id) if parked else None
        if parked is None or stored is None or not stored.is_kept:
            return None
        only = None if parked.position < 0 else {parked.position}
        translated = await self._reader.read(stored, only, self._clock.now())
        return preview_event(letter, parked.source, translated, self._installation.routes)

    def corrected(self, source: str, contact: Contact, fields: Fields) -> Contact:
        """The contact with new values; numbers without a country code are of the source's region."""
        active = self._installation.sources.get(source)
        region = active.source.settings.default_region if active else None
        return corrected(contact, fields, (region,) if region else ())

    async def send_again(
        self, letter: str, how: How, by: Change, fields: Fields = NO_FIELDS, why: str = READ_AGAIN_WHY
    ) -> Preview | None:
        """Do what the preview shows; its `why_not` says why nothing was sent. `why` is for what is changed.

        None and `Incorrect` as for the preview.
        """
        shown = await self.preview(letter, how, fields)
        if shown is None or not shown.possible:
            return shown
        now = milliseconds(self._clock)
        if shown.before and shown.after and shown.before != shown.after:
            made = Correction(before=shown.before, after=shown.after, who=by.who, why=why, at=now)
            if not await self._store.repairs.correct(letter, made, _corrects(by, shown, why)):
                return replace(shown, why_not=_TOO_LATE)
        sent = await self._store.retry_dead([letter], now, self._maps, by)
        return shown if sent else replace(shown, why_not=_TOO_LATE)

    async def reread(self, dead: Iterable[DeadEnrollment], since: float) -> Mapping[str, Reread]:
        """What is read today in place of these enrollments, by letter; each request is read once.

        No look-up is answered with what was known before `since`, in seconds since 1970.
        """
        by_request: defaultdict[int, list[DeadEnrollment]] = defaultdict(list)
        for one in dead:
            by_request[one.request_id].append(one)
        found = await asyncio.gather(*(self._again(those, since) for those in by_request.values()))
        return {letter: again for those in found for letter, again in those.items()}

    async def _again(self, dead: list[DeadEnrollment], since: float) -> dict[str, Reread]:
        stored = await self._store.request(dead[0].request_id)
        if stored is None or not stored.is_kept:
            return {one.letter: _NO_REQUEST for one in dead}
        translated = await self._reader.read(stored, {one.position for one in dead}, since)
        return {one.letter: reread(one, translated, self._installation.routes) for one in dead}


def _corrects(by: Change, shown: Preview, why: str) -> Change:
    """The entry of a correction: which fields, but no value of them, which could never be erased."""
    fields = [field.field for field in shown.fields if field.changes]
    return change(by.who, by.at, "dead.correct", letter=shown.letter, fields=fields, why=why)
