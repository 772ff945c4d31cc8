"""The keys of the configuration, their defaults and what they mean; the descriptions are the docs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from relay.config.keeping import Quarantine, Retention
from relay.config.secrets import SecretRef, SecretRefs
from relay.config.storing import SpoolSection, StoreSection
from relay.config.values import (
    Address,
    Duration,
    HeaderName,
    Name,
    NetworkText,
    Origin,
    QuietHours,
    Section,
    Size,
    SourceId,
    Span,
    Url,
    Uuid,
    Weekday,
    Zone,
)
from relay.core.alerts import AlertKind, Severity
from relay.core.attribution import Unknown
from relay.core.event import Kind
from relay.core.retry import MOST_ATTEMPTS

Role = Literal["all", "intake", "work", "web"]


class Server(Section):
    """Where the relay listens."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Address to listen on."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on; 0 takes a free one."""

    metrics_host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Address for monitors; in a container 0.0.0.0. Nobody is asked for a token there."""

    metrics_port: Annotated[int | None, Field(ge=1, le=65535, examples=[9090])] = None
    """Port on that address for Prometheus to read /metrics from; none by default."""

    role: Role = "all"
    """Which part of the relay this is: intake, work (reads and delivers), web (console and API), or all."""

    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes share the work, see docs/processes.md."""

    max_body: Size = 1024**2
    """Largest request body; a larger one is answered 413 before it is read whole."""

    shutdown_grace: Duration = timedelta(seconds=20)
    """How long a stopping relay finishes calls under way before it gives their leases back."""

    drain: Duration = timedelta(0)
    """How long a stopping relay still takes requests while /readyz says 503: till load balancers see it."""

    trusted_proxies: list[NetworkText] = Field(default_factory=list)
    """Networks or addresses of reverse proxies whose X-Forwarded-For names the caller: ["127.0.0.1/32"]."""


class Log(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged."""

    format: Literal["auto", "console", "json"] = "auto"
    """Lines for people or for machines; auto is console on a terminal."""


class Retry(Section):
    """When a failed call is tried again: with full jitter, after any wait that was asked for."""

    waits: Annotated[list[Duration], Field(max_length=1000)] = Field(default_factory=list)
    """Longest wait after each failure: ["5s", "10m", "6h", "1d", "1w"], in place of the keys below."""

    initial: Span = timedelta(seconds=5)
    """Longest wait after the first failure."""

    factor: Annotated[float, Field(ge=1, le=10)] = 3.0
    """How the longest wait grows with each failure."""

    longest: Span = timedelta(hours=1)
    """Where it stops growing."""

    give_up_after: Duration = timedelta(days=4)
    """How long an enrollment is tried: until its waits come to this on average; then it is a dead letter."""

    attempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)] = MOST_ATTEMPTS
    """After so many failures it is given up, however soon they came."""


class Delivery(Section):
    """How enrollments are sent."""

    linger: Duration = timedelta(milliseconds=50)
    """How long an enrollment waits for company before a call that is not full goes out."""

    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Calls under way to one destination at a time."""

    timeout: Span = timedelta(seconds=30)
    """How long one call may take."""

    lease: Span = timedelta(minutes=2)
    """After this time work taken by a process that died is taken up again; longer than one call may take."""

    retry: Retry = Retry()
    """When failed calls are tried again."""


class LookUpRetry(Retry):
    """When a look-up is tried again: as for deliveries, but sooner at first."""

    # A class of its own, so that a file that sets one of the keys keeps these defaults of the others.
    initial: Span = timedelta(seconds=2)
    """Longest wait after the first failure."""

    give_up_after: Duration = timedelta(days=4)
    """How long an event is tried: until its waits come to this on average; then it is parked."""


class LookUps(Section):
    """How customers are looked up at providers whose webhooks name only an id."""

    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    """Look-ups under way at a time, for each source."""

    timeout: Span = timedelta(seconds=10)
    """How long one look-up may take."""

    cache: Duration = timedelta(minutes=5)
    """How long an answer serves others that waited for it, never what arrived later; 0: not at all."""

    origins: dict[Origin, Origin] = Field(default_factory=dict)
    """Other places for providers' APIs: { "https://connect.squareup.com" = "http://proxy:9000" }."""

    retry: LookUpRetry = LookUpRetry()
    """When a look-up is tried again."""


class Egress(Section):
    """Which addresses the relay calls: public ones, and these."""

    allow: list[NetworkText] = Field(default_factory=list)
    """Networks or addresses to call though they are not public: ["127.0.0.1/32", "10.1.2.0/24"]."""


def _without_path_of_api(address: str) -> str:
    if address.endswith("/api/v1"):
        raise ValueError("should not include /api/v1")
    return address


class DestinationSection(Section):
    """The execute API of one organization."""

    base_url: Annotated[Address, AfterValidator(_without_path_of_api)] = "https://app.demeterrr.com"
    """Where the API lives, without /api/v1."""

    api_key: Annotated[SecretRef, Field(examples=[{"env": "DEMETERRR_API_KEY"}])]
    """API key (dem_…) with the scope sequences:execute; with sequences:read `relay check` sees more."""

    auth: Literal["x-api-key", "bearer"] = "x-api-key"
    """Header form in which the key is sent."""

    idempotency_header: HeaderName = "Idempotency-Key"
    """Header for the idempotency key of a batch; the API documents none and may ignore it."""

    on_unknown_outcome: Literal["retry", "hold"] = "retry"
    """A call of unknown outcome is sent again (may enrol twice) or held for a person (never does)."""

    breaker_failures: Annotated[int, Field(ge=1, le=1000)] = 3
    """After so many failed calls in a row nothing is sent until the API is seen to answer again."""

    organization: Annotated[Name | None, Field(examples=["bistro"])] = None
    """Destinations with the same one share its rate limits: several keys of one organization."""

    calls_per_minute: Annotated[int | None, Field(ge=1, examples=[100])] = None
    """Calls in any minute at most; without it the relay follows what the API says of its limits."""

    calls_per_hour: Annotated[int | None, Field(ge=1, examples=[1000])] = None
    """Calls in any hour at most; without it the relay follows what the API says of its limits."""

    reserve: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    """Share of what the API allows that is left to the organization's other integrations: 0.2 is a fifth."""

    replay_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    """Share of the calls for what an operator sends again, so that it does not delay what is new."""

    locations: dict[SourceId, Uuid] = Field(default_factory=dict)
    """Locations of sources by their own id, or "SOURCE:ID", to locationId: { "L17" = "3f0e1c52-…" }."""

    unknown_location: Unknown = "drop"
    """One that is not there: drop (go out without), hold (wait until it is), dead (wait for a person)."""

    employees: dict[SourceId, Uuid] = Field(default_factory=dict)
    """Employees of sources by their own id, or "SOURCE:ID", to employeeId."""

    unknown_employee: Unknown = "drop"
    """The same for employees that are not there: drop, hold or dead."""


class SourceSection(Section):
    """One account at a provider."""

    connector: Annotated[str, Field(min_length=1, examples=["square"])]
    """Name of the connector, see `relay connectors list`."""

    public_url: Annotated[Url | None, Field(examples=["https://relay.example.com/hooks/square-main"])] = None
    """URL exactly as registered at the vendor, where it differs from `public_url` + /hooks/ + name."""

    secrets: dict[str, SecretRefs] = Field(default_factory=dict)
    """What `relay connectors show` asks for; a list holds several live values while one is rotated."""

    settings: dict[str, Any] = Field(default_factory=dict)
    """The connector's own settings, see `relay connectors show`."""


class RouteSection(Section):
    """Which events enrol whom, where and when."""

    name: Annotated[Name, Field(examples=["after-visit"])]
    """Name of the route, shown beside every enrollment."""

    sources: list[Name] = Field(default_factory=list)
    """Sources whose events are taken; empty takes all."""

    events: list[Kind] = Field(default_factory=list)
    """Kinds of event that enrol; empty takes what the connectors of its sources suggest."""

    destination: Name = "main"
    """Name of the destination."""

    sequence: Annotated[Uuid, Field(examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])]
    """UUID of the sequence to enrol in."""

    location: Annotated[Uuid | None, Field(examples=["3f0e1c52-8f4e-4c58-9b1d-2f1f5a1c7a10"])] = None
    """locationId sent with every enrollment of this route."""

    employee: Annotated[Uuid | None, Field(examples=["b2c6a1de-5d0b-4a2e-8a53-0a3c9be2f6d4"])] = None
    """employeeId sent with every enrollment of this route."""

    start: Literal["auto", "event", "end"] = "auto"
    """What the delay counts from: the event or the appointment's end; auto is the end for what is booked."""

    delay: Duration = timedelta(0)
    """How long after that the enrollment goes out."""

    latest: Annotated[Span | None, Field(examples=["14d"])] = None
    """What could not go out within this time after the start is suppressed as too late."""

    quiet_hours: list[QuietHours] = Field(default_factory=list)
    """Times of day, such as "21:00-09:00", in which nothing goes out: it waits for their end."""

    weekdays: list[Weekday] = Field(default_factory=list)
    """Days on which it goes out, from "mon" to "sun"; empty is every day."""

    timezone: Annotated[Zone | None, Field(examples=["Europe/Berlin"])] = None
    """IANA time zone of these hours and days; the one at the top of the file unless set."""

    cooldown: Duration = timedelta(days=1)
    """The same person is not enrolled in the same sequence again within this time; 0 turns it off."""

    respect_unsubscribed: bool = True
    """Whether people who unsubscribed at the source are left alone, where it says so."""

    enrol_tests: bool = False
    """Whether test events of the provider enrol, too."""


class ChannelSection(Section):
    """Where alerts are told."""

    name: Annotated[Name, Field(examples=["team"])]
    """Name of the channel, shown beside what it was told."""

    kind: Annotated[Literal["webhook", "slack", "apprise"], Field(examples=["slack"])]
    """A signed webhook, a chat that takes what Slack takes, or a service of apprise (an extra)."""

    url: Annotated[SecretRef, Field(examples=[{"env": "ALERTS_URL"}])]
    """Where it is told: the URL of the receiver or of the chat's incoming webhook, or one of apprise's."""

    secret: Annotated[SecretRef | None, Field(examples=[{"env": "ALERTS_SECRET"}])] = None
    """For a webhook: the secret (whsec_…) that signs it in the form of Standard Webhooks."""

    severity: Severity = Severity.WARNING
    """What is told here at least: warning is all, critical only what stops a destination or the accounts."""

    kinds: list[AlertKind] = Field(default_factory=list)
    """Kinds of alert that are told here, see docs/alerts.md; empty is all."""


class Alerts(Section):
    """When something is wrong that a person should know of."""

    waiting: Span = timedelta(hours=1)
    """How long what is due may wait, to be read or sent, for no reason that is told anyway."""

    breaker: Duration = timedelta(minutes=5)
    """How long calls may be stopped because too many failed."""

    budget: Duration = timedelta(minutes=15)
    """How long somebody may wait because all calls are used up."""

    cause: Span = timedelta(days=1)
    """After so long without any, dead letters of the same cause are new again."""

    calm: Duration = timedelta(minutes=10)
    """How long something must be over before that is told; longer where it comes and goes."""

    remind: Duration = timedelta(days=1)
    """What goes on is told again after this time; 0: never."""

    channels: list[ChannelSection] = Field(default_factory=list)
    """Where alerts are told."""


class Config(Section):
    """The whole configuration."""

    public_url: Address = "http://127.0.0.1:8080"
    """Where senders reach this relay, without a slash at the end; some signatures cover it."""

    timezone: Zone = "UTC"
    """IANA time zone of the quiet hours and weekdays of routes that name no other."""

    connector_folders: list[Path] = Field(default_factory=list)
    """Folders with connectors of your own, one Python file each."""

    server: Server = Server()
    """Where the relay listens."""

    store: StoreSection = StoreSection()
    """Where the ledger is kept."""

    spool: SpoolSection = SpoolSection()
    """Where requests are kept while the store is away."""

    log: Log = Log()
    """What is logged, and how."""

    delivery: Delivery = Delivery()
    """How enrollments are sent."""

    lookups: LookUps = LookUps()
    """How customers are looked up at providers."""

    egress: Egress = Egress()
    """Which addresses the relay calls: public ones, and these."""

    quarantine: Quarantine = Quarantine()
    """Requests that were not verified."""

    retention: Retention = Retention()
    """How long what is over is kept."""

    alerts: Alerts = Alerts()
    """When something is wrong that a person should know of."""

    destinations: dict[Name, DestinationSection] = Field(default_factory=dict)
    """Execute APIs by name."""

    sources: dict[Name, SourceSection] = Field(default_factory=dict)
    """Accounts at providers by name; the name is part of the URL: /hooks/NAME."""

    routes: list[RouteSection] = Field(default_factory=list)
    """What enrols whom. Every route that takes an event applies."""

    @property
    def spool_folder(self) -> Path:
        """Where the files of the spool are, if there is one."""
        path = self.store.path
        return self.spool.path or path.with_name(f"{path.name}.spool")
