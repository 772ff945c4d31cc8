"""Logs and metrics. Neither ever holds a secret, a token, a payload or a person."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any, Literal, TextIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from relay.core.breaker import State
from relay.store.base import Held, OpenBreaker

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logging(
    level: Literal["debug", "info", "warning", "error"],
    style: Literal["auto", "console", "json"],
    stream: TextIO = sys.stderr,
    process: str = "",
) -> None:
    """One line for each thing that happened: for people on a terminal, JSON for machines.

    `process`: which one of a relay's it is, where there are several.
    """
    for_people = style == "console" or (style == "auto" and stream.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if for_people
        else structlog.processors.JSONRenderer(
            serializer=lambda value, **_: orjson.dumps(value, default=str).decode()
        )
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([_naming(process)] if process else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        # A line and its end in one go: several processes may write to the same place.
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Libraries)]
    root.addHandler(_Libraries())


def _naming(process: str) -> structlog.typing.Processor:
    def name(_logger: Any, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        line["process"] = process
        return line

    return name


class _Libraries(logging.Handler):
    """What libraries report, by type and place alone: their messages quote request lines, tokens included."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        place = place_of(error) if error else f"{record.module}.py:{record.lineno}"
        # Intake reports its own faults; what is left to the server are calls that are not HTTP.
        level = logging.INFO if record.name == "aiohttp.server" else record.levelno
        structlog.get_logger().log(level, "library reports", library=record.name, error=place)


def place_of(error: BaseException) -> str:
    """Type and place of an error. Its message is left out: it may quote a payload or a person."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


def _total(counter: Counter, counts: Callable[[Mapping[str, str]], bool]) -> int:
    """Of all samples whose labels count."""
    (family,) = counter.collect()
    totals = (one for one in family.samples if one.name.endswith("_total"))
    return int(sum(one.value for one in totals if counts(one.labels)))


class Metrics:
    """Counters of one relay, with a registry of their own, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("relay_requests", "Requests by source and answer", "source", "answer")
        self.events = self._counter("relay_events", "Events by source and fate", "source", "fate")
        self.lookups = self._counter("relay_lookups", "Look-ups by source and result", "source", "result")
        self.calls = self._counter(
            "relay_calls", "Execute calls by destination and end", "destination", "end"
        )
        self.contacts = self._counter(
            "relay_contacts", "Contacts by destination and fate", "destination", "fate"
        )
        self.in_flight = Gauge(
            "relay_calls_in_flight", "Calls under way", ("destination",), registry=self.registry
        )
        self.breaker = Gauge(
            "relay_breaker",
            "0 closed, 1 half open, 2 open; no sequence: the whole destination",
            ("destination", "sequence"),
            registry=self.registry,
        )
        self.holds = Gauge(
            "relay_holds",
            "The destination itself and sequences of it that wait for a person",
            ("destination",),
            registry=self.registry,
        )
        self.alerts = Gauge("relay_alerts_open", "Alerts that are open", ("kind",), registry=self.registry)
        self.alert_messages = self._counter(
            "relay_alert_messages", "Messages about alerts by channel and end", "channel", "end"
        )
        self.call_seconds = Histogram(
            "relay_call_seconds", "Duration of execute calls", ("destination",), registry=self.registry
        )

    def watch_spool(
        self,
        requests: Callable[[], float],
        size: Callable[[], float],
        oldest: Callable[[], float],
        away: Callable[[], float],
    ) -> None:
        """Read whenever somebody looks. `size` in bytes, `oldest` and `away` in seconds since then."""
        for name, text, found in (
            ("relay_spool_requests", "Requests that are spooled, as the store is or was away", requests),
            ("relay_spool_bytes", "Size of the spool", size),
            ("relay_spool_oldest_seconds", "How long ago the oldest of them came", oldest),
            ("relay_spool_store_away_seconds", "How long the store has been away, 0 while it is there", away),
        ):
            Gauge(name, text, registry=self.registry).set_function(found)

    def taken(self) -> int:
        """Requests that were answered 2xx."""
        return _total(self.requests, lambda labels: labels["answer"].startswith("2"))

    def delivered(self) -> int:
        """Contacts that were delivered."""
        return _total(self.contacts, lambda labels: labels["fate"] == "delivered")

    def show_alerts(self, open_by_kind: Mapping[str, int]) -> None:
        for kind, count in open_by_kind.items():
            self.alerts.labels(kind).set(count)

    def show_troubles(
        self, destinations: Iterable[str], breakers: Iterable[OpenBreaker], holds: Iterable[Held]
    ) -> None:
        """All of them as they are now; a sequence has a breaker only while it fails."""
        self.breaker.clear()
        self.holds.clear()
        for name in destinations:
            self.breaker.labels(name, "").set(0)
            self.holds.labels(name).set(0)
        for held in holds:
            self.holds.labels(held.destination).inc()
        for one in breakers:
            level = 2 if one.breaker.state is State.OPEN else 1
            self.breaker.labels(one.destination, one.sequence or "").set(level)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)
