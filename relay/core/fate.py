"""Fates: what becomes of one event of a request."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import PurePath

from relay.core.connector import Ignored
from relay.core.event import Event
from relay.core.values import valueclass


@dataclass(frozen=True, slots=True)
class Parked:
    """Authentic, and not readable: kept for a person. `path` says where it failed."""

    reason: str
    path: str = "$"


@dataclass(frozen=True, slots=True)
class Deferred:
    """A look-up found the provider unavailable: this event is read again later.

    `retry_after` is in seconds, as the provider asked.
    """

    reason: str
    retry_after: float | None = None


CONNECTOR_FAILED = "the connector failed, which is a bug in it"

NO_LONGER_THERE = Parked("the connector no longer finds this event in the request")

Fate = Event | Ignored | Parked | Deferred


@valueclass(frozen=True, slots=True)
class Translated:
    """The fate of one event. `position` counts from 0 within the request; -1 is the request as a whole."""

    position: int
    event_type: str
    delivery_id: str | None
    fate: Fate


def whole(fate: Fate) -> Translated:
    """The fate of a request whose events cannot be told apart."""
    return Translated(-1, "", None, fate)


def failed(error: Exception) -> Parked:
    """A bug in a connector: the event is kept, and its neighbours are read."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(frame.filename).name}:{frame.lineno}"
    return Parked(f"{CONNECTOR_FAILED}: {type(error).__name__} at {place}")
