"""The keys of the configuration, their defaults and what they mean; the descriptions are the docs."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from relay.core.event import Kind

NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_ORIGIN = r"^https?://[^/\s]+$"

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2}


def _duration(value: Any) -> Any:
    """`90`, `"90s"`, `"1h 30m"` …"""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)\b", value)
        if parts and not re.sub(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)\b", "", value).strip():
            return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
        raise ValueError('should be a duration such as "30s", "10m", "1h 30m" or "2d"')
    return value


def _size(value: Any) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)\s*(B|KiB|MiB)", value.strip())
        if match is None:
            raise ValueError('should be a size such as "512 KiB" or "1 MiB"')
        return int(match[1]) * _SIZES[match[2]]
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0))]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Name = Annotated[str, Field(pattern=NAME)]
Uuid = Annotated[str, Field(pattern=UUID)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )


class EnvSecret(_Section):
    """A secret in an environment variable."""

    env: str
    """Name of the variable that holds it."""


class FileSecret(_Section):
    """A secret in a file, as orchestrators mount them; trailing line ends are cut."""

    file: Path
    """The file that holds it."""


SecretRef = SecretStr | EnvSecret | FileSecret
SecretRefs = SecretRef | list[SecretRef]


class Server(_Section):
    """Where the relay listens."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on; 0 takes a free one."""

    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port on 127.0.0.1 for Prometheus to read /metrics from; none by default."""

    max_body: Size = 1024**2
    """Largest request body; a larger one is answered 413 before it is read whole."""

    shutdown_grace: Duration = timedelta(seconds=20)
    """How long a stopping relay finishes calls under way before it gives their leases back."""


class StoreSection(_Section):
    """Where the ledger is kept."""

    path: Path = Path("relay.db")
    """SQLite file; created when missing. Relative to the working folder."""


class Log(_Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged."""

    format: Literal["auto", "console", "json"] = "auto"
    """Lines for people or for machines; auto is console on a terminal."""


class Retry(_Section):
    """When a failed call is tried again: exponential with full jitter, after any wait that was asked for."""

    initial: Duration = timedelta(seconds=5)
    """Longest wait after the first failure."""

    factor: Annotated[float, Field(ge=1, le=10)] = 3.0
    """How the longest wait grows with each failure."""

    longest: Duration = timedelta(hours=1)
    """Where it stops growing."""

    attempts: Annotated[int, Field(ge=1, le=1000)] = 24
    """After so many failures the enrollment is given up and becomes a dead letter."""


class Delivery(_Section):
    """How enrollments are sent."""

    linger: Duration = timedelta(milliseconds=50)
    """How long an enrollment waits for company before a call that is not full goes out."""

    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Calls under way to one destination at a time."""

    timeout: Duration = timedelta(seconds=30)
    """How long one call may take."""

    lease: Duration = timedelta(minutes=2)
    """After this time work taken by a process that died is taken up again."""

    retry: Retry = Retry()
    """When failed calls are tried again."""


class LookUps(_Section):
    """How customers are looked up at providers whose webhooks name only an id."""

    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    """Look-ups under way at a time."""

    timeout: Duration = timedelta(seconds=10)
    """How long one look-up may take."""

    cache: Duration = timedelta(minutes=5)
    """How long an answer is remembered; 0 turns remembering off."""

    origins: dict[str, Annotated[str, Field(pattern=_ORIGIN)]] = {}
    """Other places for providers' APIs, such as a proxy: "https://connect.squareup.com" = "http://proxy:9000"."""

    retry: Retry = Retry(initial=timedelta(seconds=2), longest=timedelta(minutes=10), attempts=12)
    """When a look-up is tried again; after the last attempt the event is parked."""


class Quarantine(_Section):
    """Requests that were not verified: kept for a while, so that a secret mix-up loses nothing."""

    keep: Annotated[int, Field(ge=0, le=100_000)] = 1000
    """How many are kept; the oldest go first. 0 keeps none."""


class DestinationSection(_Section):
    """The execute API of one organization."""

    base_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://app.demeterrr.com"
    """Where the API lives, without /api/v1."""

    api_key: SecretRef
    """API key (dem_…) with the scope sequences:execute; with sequences:read `relay check` sees more."""

    auth: Literal["x-api-key", "bearer"] = "x-api-key"
    """Header form in which the key is sent."""

    idempotency_header: str = "Idempotency-Key"
    """Header for the idempotency key of a batch; the API documents none and may ignore it."""

    on_unknown_outcome: Literal["retry", "hold"] = "retry"
    """A call of unknown outcome is sent again (may enrol twice) or held for a person (never does)."""


class SourceSection(_Section):
    """One account at a provider."""

    connector: str
    """Name of the connector, see `relay connectors list`."""

    public_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    """URL exactly as registered at the vendor, where it differs from `public_url` + /hooks/ + name."""

    secrets: dict[str, SecretRefs] = {}
    """What `relay connectors show` asks for; a list holds several live values while one is rotated."""

    settings: dict[str, Any] = {}
    """The connector's own settings, see `relay connectors show`."""


class RouteSection(_Section):
    """Which events enrol whom, where and when."""

    name: Name
    """Name of the route, shown beside every enrollment."""

    sources: list[Name] = []
    """Sources whose events are taken; empty takes all."""

    events: list[Kind] = []
    """Kinds of event that enrol; empty takes what each source's connector suggests."""

    destination: Name = "main"
    """Name of the destination."""

    sequence: Uuid
    """UUID of the sequence to enrol in."""

    location: Uuid | None = None
    """locationId sent with every enrollment of this route."""

    employee: Uuid | None = None
    """employeeId sent with every enrollment of this route."""

    start: Literal["auto", "event", "end"] = "auto"
    """What the delay counts from: the event or the appointment's end; auto is the end for what is booked."""

    delay: Duration = timedelta(0)
    """How long after that the enrollment goes out."""

    cooldown: Duration = timedelta(days=1)
    """The same person is not enrolled in the same sequence again within this time; 0 turns it off."""

    enrol_tests: bool = False
    """Whether test events of the provider enrol, too."""


class Config(_Section):
    """The whole configuration."""

    public_url: Annotated[str, Field(pattern=r"^https?://\S+[^/]$")] = "http://127.0.0.1:8080"
    """Where senders reach this relay, without a slash at the end; some signatures cover it."""

    connector_folders: list[Path] = []
    """Folders with connectors of your own, one Python file each."""

    server: Server = Server()
    """Where the relay listens."""

    store: StoreSection = StoreSection()
    """Where the ledger is kept."""

    log: Log = Log()
    """What is logged, and how."""

    delivery: Delivery = Delivery()
    """How enrollments are sent."""

    lookups: LookUps = LookUps()
    """How customers are looked up at providers."""

    quarantine: Quarantine = Quarantine()
    """Requests that were not verified."""

    destinations: dict[Name, DestinationSection] = {}
    """Execute APIs by name."""

    sources: dict[Name, SourceSection] = {}
    """Accounts at providers by name; the name is part of the URL: /hooks/NAME."""

    routes: list[RouteSection] = []
    """What enrols whom. Every route that takes an event applies."""
