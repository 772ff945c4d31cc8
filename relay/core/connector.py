"""The contract of a connector: data, tables and small functions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from relay.core.event import Kind, Reading
from relay.core.lookup import Answer, BatchRead, LookUp
from relay.core.page import Confidence
from relay.core.parsing import parse_json
from relay.core.payload import Node
from relay.core.request import Reply, Request
from relay.core.signatures import Verifier
from relay.core.source import Secrets, Settings, Source


@dataclass(frozen=True, slots=True)
class Ignored:
    """A handler's answer: authentic and readable, and not wanted, for this reason.

    `nobody`: it would have been wanted, had it named somebody; `relay status` counts how often that happens.
    """

    reason: str
    nobody: bool = False


Asking = Generator[LookUp | BatchRead, Answer, Reading | Ignored]
Handler = Callable[[Node, Source], Reading | Ignored | Asking]
Extract = Callable[[Request, Node], str | None]
Group = Literal["booking", "pos", "crm", "forms", "generic"]


def field_text(*keys: str) -> Extract:
    """The text at a path of the event; None where it is missing."""
    return lambda _request, event: event.get(*keys).text_or_none()


def field_texts(*paths: str, joint: str = " ") -> Extract:
    """The texts at several paths (`data.id`), joined; None where one is missing.

    For senders that give no delivery id, or name the event type in two fields.
    """
    split = [path.split(".") for path in paths]

    def joined(_request: Request, event: Node) -> str | None:
        texts = [text for keys in split if (text := event.get(*keys).text_or_none())]
        return joint.join(texts) if len(texts) == len(split) else None

    return joined


def words(text: str) -> frozenset[str]:
    """The words of a text, for long lists of event types."""
    return frozenset(text.split())


def header_text(name: str) -> Extract:
    return lambda request, _event: request.header(name)


def query_text(name: str) -> Extract:
    return lambda request, _event: request.query(name)


def nothing(_request: Request, _event: Node) -> None:
    """For senders that give no delivery id."""


def _one(root: Node) -> Iterable[Node]:
    return (root,)


def _no_handshake(_request: Request, _source: Source) -> Reply | None:
    return None


_EMPTY_200 = Reply(200)
_LONGEST_ID = 100


def _empty_200(_request: Request) -> Reply:
    return _EMPTY_200


def as_it_is(connector: Connector, _source: Source) -> Connector:
    return connector


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The code for one provider. Pure: no I/O, no clock.

    What is left out of `name`, `group`, `label`, `docs` and `confidence` is read from the file's name and
    folder and from its docstring. `event_type` chooses the handler; `delivery_id` is the same for every re-
    send of one event and no other event. An event type in `ignored` is known and not wanted (`invoice.*`: a
    whole family); any other that has no handler is unknown. `kinds` are the kinds that the handlers can
    read. `account` finds the account that an event is of, for senders whose key serves several; `settings`
    extend `AccountSettings` then. `handshake` answers address tests before verification. `busy_status` is the
    answer to our own fault, for senders that repeat only on it. `for_source` is called once for each
    source: a connector whose tables depend on settings fills them there.
    """

    name: str = ""
    label: str = ""
    group: Group | Literal[""] = ""
    docs: str = ""
    confidence: Confidence | Literal[""] = ""
    verify: Verifier
    event_type: Extract
    handlers: Mapping[str, Handler]
    kinds: Set[Kind]
    delivery_id: Extract = nothing
    ignored: Set[str] = frozenset()
    account: Extract = nothing
    parse: Callable[[Request], Node] = parse_json
    split: Callable[[Node], Iterable[Node]] = _one
    handshake: Callable[[Request, Source], Reply | None] = _no_handshake
    reply: Callable[[Request], Reply] = _empty_200
    methods: Set[str] = frozenset({"POST"})
    busy_status: int = 503
    secrets: type[Secrets] = Secrets
    settings: type[Settings] = Settings
    default_events: Set[Kind] = frozenset()
    for_source: Callable[[Connector, Source], Connector] = as_it_is
    page: str = field(default="", compare=False)

    @property
    def enrolling_kinds(self) -> frozenset[Kind]:
        """The kinds that a route may name: those that do not withdraw."""
        return frozenset(kind for kind in self.kinds if not kind.withdraws)


def find_handler(connector: Connector, event_type: str) -> Handler | None:
    """The handler of an event type; the key `*` handles every type without one of its own."""
    return connector.handlers.get(event_type) or connector.handlers.get("*")


def of_another_account(connector: Connector, request: Request, event: Node, source: Source) -> str | None:
    """Why an event is none of the source's accounts'; None: it is, or the source takes all of them."""
    wanted = getattr(source.settings, "account", ())
    if connector.account is nothing or not wanted:
        return None
    named = connector.account(request, event)
    if named in wanted:
        return None
    if not named:
        return "the event names no account, and settings.account asks for one"
    return f"the event is of the account {named[:_LONGEST_ID]!r}, which settings.account does not take"


def is_ignored(connector: Connector, event_type: str) -> bool:
    """Whether a type is known and not wanted: by its name, or by its family's where no handler takes it."""
    if event_type in connector.ignored:
        return True
    if event_type in connector.handlers:
        return False
    return event_type.startswith(tuple(name[:-1] for name in connector.ignored if name.endswith("*")))
