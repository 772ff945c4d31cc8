"""Events without code: settings hold JMESPath expressions that say where everything stands in a payload."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Final, Literal

import orjson
from pydantic import Field

from relay.core.connector import Connector, Handler, Ignored
from relay.core.event import Kind, Person, Reading
from relay.core.expression import Expression, ExpressionText, is_true
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Settings, Source

Kinds = Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)]

USUAL_PERSON: Final = (
    "[@, data, contact, customer, client, attendee, guest, lead, data.contact, data.customer, data.client, "
    "data.attendee, data.guest][?email || email_address || emailAddress || mail] | [0]"
)
"""Where a person is looked for: the first place that has an e-mail address."""

USUAL_NAMES: Final[Mapping[str, str]] = {
    "email": "pick(email, email_address, emailAddress, mail)",
    "first_name": "pick(first_name, firstName, firstname, given_name, name.first)",
    "last_name": "pick(last_name, lastName, lastname, family_name, name.last)",
    "full_name": "pick(text(full_name), text(fullName), text(name))",
    "phone": "pick(phone, phone_number, phoneNumber, mobile, mobile_phone, tel)",
    "country": "pick(text(country_code), text(countryCode), text(country))",
}


USUAL_REFUSAL: Final = "[unsubscribed, email_unsubscribed, opted_out][?@ == `true` || @ == 'true'] | [0]"
"""How a person is said to have unsubscribed, also in forms, which know only text."""


class MappingSettings(Settings):
    """Where everything stands. Each text is a JMESPath expression over one event."""

    kind: Kind | Kinds = Kind.CONTACT_CREATED
    """What an event means: one kind for all, or a table from event type to kind or `ignored`."""

    split: ExpressionText | None = None
    """The list of events within a body; left out: the body is one event, or each item of a list."""

    filter: ExpressionText | None = None
    """Events for which this finds nothing, false or emptiness are ignored."""

    event_type: ExpressionText = "pick(text(event_type), text(event), text(type))"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "pick(delivery_id, event_id)"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "pick(data.id, id)"
    """The id of the appointment, purchase, deal, contact or form; nothing there: a digest of the event."""

    occurred_at: ExpressionText = (
        "pick(occurred_at, timestamp, created_at, data.occurred_at, data.created_at)"
    )
    """When it happened: ISO 8601 or Unix time; nothing there: when the request arrived."""

    ends_at: ExpressionText = "pick(ends_at, data.ends_at)"
    """When an appointment ends."""

    location: ExpressionText = "pick(location_id, data.location_id)"
    """The source's own id of the location."""

    employee: ExpressionText = "pick(employee_id, data.employee_id)"
    """The source's own id of the employee."""

    test: ExpressionText = "contains([`true`, 'true'], pick(test, data.test))"
    """Whether the event is only a test; in forms, which know only text, `true` as well."""

    people: ExpressionText | None = None
    """An object or a list of objects, one for each person; the seven expressions below are relative to it."""

    email: ExpressionText | None = None
    """The e-mail address; left out, like the five below: usual names in usual places."""

    first_name: ExpressionText | None = None
    """The first name."""

    last_name: ExpressionText | None = None
    """The last name."""

    full_name: ExpressionText | None = None
    """The whole name, split only where there is neither first nor last name."""

    phone: ExpressionText | None = None
    """The phone number."""

    country: ExpressionText | None = None
    """The country of the phone number, ISO 3166 alpha-2."""

    unsubscribed: ExpressionText | None = None
    """Whether the person has unsubscribed; left out, `unsubscribed` and the like, where they are true."""


OWN_CALLBACK: Final = "step.completed of the destination itself"
"""The event type of a step callback, which never enrols: its sequence would start itself again and again."""


def is_own_callback(event: Node) -> bool:
    """Whether this is what the destination posts after a step of a sequence.

    https://demeterrr.app/help/sequences/sequence-webhooks
    """
    told = event.get("event").raw == "step.completed"
    return told and event.get("sequenceId").exists and event.get("sendingId").exists


class _Mapping:
    """The settings' expressions, compiled once for a source."""

    def __init__(self, settings: MappingSettings) -> None:
        self._found = {
            name: Expression(name, text)
            for name, text in settings.model_dump(include=_EVENT_FIELDS, exclude_none=True).items()
        }
        self._usual_person = Expression("people", USUAL_PERSON)
        self._usual_refusal = Expression("unsubscribed", USUAL_REFUSAL)
        self._usual = {name: Expression(name, text) for name, text in USUAL_NAMES.items()}

    def split(self, root: Node) -> Iterable[Node]:
        if "split" not in self._found:
            return root.each()
        return [Node(event.raw, f"$.split[{n}]") for n, event in enumerate(self._found["split"](root).each())]

    def text(self, name: str, event: Node) -> str | None:
        return self._found[name](event).text_or_none()

    def read(self, kind: Kind, event: Node, _source: Source) -> Reading | Ignored:
        if "filter" in self._found and not is_true(self._found["filter"](event)):
            return Ignored("settings.filter leaves this event out")
        return Reading(
            kind=kind,
            key=self.text("key", event) or _digest(event),
            occurred_at=self._found["occurred_at"](event).time_or_none(),
            ends_at=self._found["ends_at"](event).time_or_none(),
            location=self.text("location", event),
            employee=self.text("employee", event),
            test=is_true(self._found["test"](event)),
            people=tuple(self._person(node) for node in self._people(event)),
        )

    def digest_undated(self, event: Node) -> str | None:
        """An id for a change without a time: dated by its arrival, each re-send would be another change."""
        return None if self._found["occurred_at"](event).time_or_none() else _digest(event)

    def _people(self, event: Node) -> Iterable[Node]:
        return self._found["people"](event).each() if "people" in self._found else (event,)

    def _person(self, node: Node) -> Person:
        usual = self._usual_person(node)
        usual = usual if usual.exists else node
        texts = {
            name: (self._found[name](node) if name in self._found else expression(usual)).text_or_none()
            for name, expression in self._usual.items()
        }
        country = texts.pop("country")
        refusal = (
            self._found["unsubscribed"](node) if "unsubscribed" in self._found else self._usual_refusal(usual)
        )
        return Person(
            **texts,
            country=country if country and len(country) == 2 else None,
            unsubscribed=is_true(refusal),
        )


_EVENT_FIELDS = set(MappingSettings.model_fields) - set(Settings.model_fields) - {"kind"}


def _digest(event: Node) -> str:
    """A key for events without an id: a re-sent event has the same, one with other content another."""
    return hashlib.sha256(orjson.dumps(event.raw, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def map_by_settings(
    connector: Connector,
    source: Source,
    *,
    type_header: str | None = None,
    header_id: Callable[[Request], str | None] = lambda _request: None,
) -> Connector:
    """The connector with its tables filled from the source's `MappingSettings`.

    Headers, where the sender has them, go before the expressions of `event_type` and `delivery_id`.
    """
    settings: MappingSettings = source.settings
    mapping = _Mapping(settings)
    table = settings.kind if isinstance(settings.kind, dict) else {"*": settings.kind}
    kinds = {name: kind for name, kind in table.items() if isinstance(kind, Kind)}
    handlers: dict[str, Handler] = {name: partial(mapping.read, kind) for name, kind in kinds.items()}

    changes = Kind.CONTACT_UPDATED in kinds.values()

    def event_type(request: Request, event: Node) -> str | None:
        if not isinstance(event.raw, dict):
            event.refuse("an object")
        if is_own_callback(event):
            return OWN_CALLBACK
        shown = request.header(type_header) if type_header else None
        return shown or mapping.text("event_type", event)

    def delivery_id(request: Request, event: Node) -> str | None:
        shown = header_id(request)
        # Events of one request share its headers; their place makes the id their own.
        if shown:
            return shown + event.path.removeprefix("$")
        return mapping.text("delivery_id", event) or (mapping.digest_undated(event) if changes else None)

    return replace(
        connector,
        event_type=event_type,
        delivery_id=delivery_id,
        handlers=handlers,
        ignored=frozenset(table.keys() - kinds.keys()) | {OWN_CALLBACK},
        kinds=frozenset(kinds.values()),
        default_events=frozenset(kind for kind in kinds.values() if not kind.withdraws),
        split=mapping.split,
    )
