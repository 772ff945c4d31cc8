"""Tally: submitted forms.

**Set-up.**

1. In the form: *Integrations → Webhooks → Connect*, paste this source's URL.
2. *Add signing secret*: copy what it shows, or a long random text of yours, into `signing_key`. If you leave
   it out, put a text into `url_token` and use the URL with the token.
3. *Webhooks → … → Event log* shows each delivery and its answer.

**Settings.** E-mail address and phone number are the first answers of those types; names are answers to
questions that are labelled "First name", "Last name", "Name" and the like. For anything else, say where it
is: JMESPath over `answers` (by the question's label and key; choices as their texts) and `hidden`.

- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: such as `first_name =
  'answers."How may we call you?"'`. `people`: a list of persons, to which these are relative.
- `kind`: `"form.submitted"` by default; a table with `event_type = "form_id"` gives each form its meaning.
- `location` (the hidden field `location`, else the form's id), `employee` (the hidden field `employee`).
- `key` (the response), `delivery_id` (Tally's event id), `occurred_at`, `ends_at`, `test`, `split`,
  `filter`, `event_type`: as for `generic`.
- `default_region`, `unknown_events`: as for every source.

**Good to know.** Tally waits 10 s and repeats a failed delivery for about a day.

Documentation: https://tally.so/help/webhooks (confidence: from public captures; the signature from public
code)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import HmacSignature, SharedToken, in_header, strongest_configured
from relay.kit.reading import nothing, parse_json
from relay.kit.settings import ExpressionText, Field, MappingSettings, OptionalKeys, Secrets, map_by_settings

NAMES = {
    "first_name": ("first name", "your first name", "vorname", "nombre", "prénom"),
    "last_name": ("last name", "your last name", "surname", "nachname", "apellido", "apellidos", "nom"),
    "full_name": ("name", "your name", "full name", "your full name", "what's your name?"),
}
TYPES = {"email": ("INPUT_EMAIL",), "phone": ("INPUT_PHONE_NUMBER", "INPUT_PHONE")}
SIGNED = HmacSignature(place=in_header("tally-signature"), encoding="base64")
by_proof = strongest_configured(SIGNED, SharedToken())


class TallySecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The webhook's signing secret."""

    url_token: OptionalKeys = ()
    """The last part of the URL, for webhooks without a signing secret."""


class TallySettings(MappingSettings):
    kind: Kind | Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)] = Kind.FORM_SUBMITTED
    """What a response means: one kind for all, or a table from event type to kind or `ignored`."""

    event_type: ExpressionText = "event_type"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "event_id"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "id"
    """The id of the response."""

    occurred_at: ExpressionText = "submitted_at"
    """When the form was submitted."""

    location: ExpressionText = "pick(hidden.location, form_id)"
    """The source's own id of the location."""

    employee: ExpressionText = "hidden.employee"
    """The source's own id of the employee."""


def parse(request: Request) -> Node:
    """The response, flat: `answers` by label and key, `hidden` fields, and whom they name."""
    root = parse_json(request)
    data = root.get("data")
    if not data.get("fields").exists:
        return root
    answers: dict[str, Any] = {}
    hidden: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for field in data["fields"].each():
        kind, label = field.get("type").text_or_none() or "", field.get("label").text_or_none()
        value, title = plain(field), (label or "").lower().strip(" *:")
        for name in (label, field.get("key").text_or_none()):
            if name:
                (hidden if kind == "HIDDEN_FIELDS" else answers).setdefault(name, value)
        for name in (name for name, kinds in TYPES.items() if kind in kinds and value):
            known.setdefault(name, value)
        for name in (name for name, titles in NAMES.items() if title in titles and value):
            known.setdefault(name, value)
    return Node(
        {
            **known,
            "event_id": root.get("eventId").raw,
            "event_type": root.get("eventType").raw,
            "form_id": data.get("formId").raw,
            "id": data.get("responseId").raw or data.get("submissionId").raw,
            "submitted_at": data.get("createdAt").raw or root.get("createdAt").raw,
            "answers": answers,
            "hidden": hidden,
        }
    )


def plain(field: Node) -> Any:
    """Chosen options as their texts; everything else as it is."""
    value, texts = field.get("value").raw, {}
    for option in field.get("options").each():
        texts[option.get("id").text_or_none()] = option.get("text").text_or_none()
    if isinstance(value, list):
        return [texts.get(one, one) if isinstance(one, str) else one for one in value]
    return texts.get(value, value) if isinstance(value, str) else value


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(by_proof(connector, source), source)


CONNECTOR = Connector(
    verify=SIGNED,
    for_source=for_source,
    parse=parse,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    default_events={Kind.FORM_SUBMITTED},
    secrets=TallySecrets,
    settings=TallySettings,
)
