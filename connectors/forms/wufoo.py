"""Wufoo: submitted forms.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `body_token`.
2. *Form Manager → the form → More → Integrations → WebHook*: URL = this source's URL, *WebHook Handshake
   Key* = the same text, and tick *Include Field and Form Structures with Entry Data*: it tells the relay
   where the address is.

**Settings.** E-mail address, phone number and name are the first fields of those types. For anything else,
or without the structures, say where it is: JMESPath over `answers`, by title and by id (`Field3`).

- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: such as `email =
  "answers.Field3"`. `people`: a list of persons, to which these are relative.
- `kind`: `"form.submitted"` by default; a table with `event_type = "form_id"` gives each form its meaning.
- `location` (the form's hash), `employee`: such as `location = "answers.Branch"`.
- `key` and `delivery_id` (form and entry), `occurred_at` (none: the arrival), `ends_at`, `test`, `split`,
  `filter`, `event_type`: as for `generic`.
- `default_region`, `unknown_events`: as for every source.

**Good to know.** The handshake key stands in each body; it is no signature. Without the structures the form
is not named: give each form a source of its own, since entries are counted for each form. Whether a failed
delivery is repeated is not documented; Wufoo shows it in the form's error log.

Documentation: https://wufoo.github.io/docs/#webhooks (confidence: best effort: from public code)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import BodyToken
from relay.kit.reading import nothing, parse_form, write_form
from relay.kit.settings import ExpressionText, Field, Keys, MappingSettings, Secrets, map_by_settings

TYPES = {"email": "email", "phone": "phone", "europhone": "phone"}
SUBFIELDS = {"first": "first_name", "last": "last_name"}


class WufooSecrets(Secrets):
    body_token: Keys
    """The WebHook Handshake Key."""


class WufooSettings(MappingSettings):
    kind: Kind | Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)] = Kind.FORM_SUBMITTED
    """What an entry means: one kind for all, or a table from event type to kind or `ignored`."""

    event_type: ExpressionText = "form_id"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "id"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "id"
    """The id of the entry."""

    location: ExpressionText = "form_id"
    """The source's own id of the location."""

    employee: ExpressionText = "answers.employee"
    """The source's own id of the employee."""


def parse(request: Request) -> Node:
    """The entry, flat: `answers` by title and id, and whom they name."""
    root = parse_form(request)
    entry = root["EntryId"].text()
    answers = {name: value for name, value in root.raw.items() if name.startswith("Field")}
    answers.pop("FieldStructure", None)
    known: dict[str, Any] = {}
    for field in root.get("FieldStructure").json().get("Fields").each():
        value = answers.get(field["ID"].text())
        title = field.get("Title").text_or_none()
        if title:
            answers.setdefault(title, value)
        if value and (name := TYPES.get(field.get("Type").text_or_none() or "")):
            known.setdefault(name, value)
        for part in field.get("SubFields").each():
            label = (part.get("Label").text_or_none() or "").lower()
            if label in SUBFIELDS:
                known.setdefault(SUBFIELDS[label], answers.get(part["ID"].text()))
    form = root.get("FormStructure").json().get("Hash").text_or_none()
    named = f"{form} {entry}" if form else entry
    return Node({**known, "id": named, "form_id": form, "answers": answers})


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(connector, source)


CONNECTOR = Connector(
    verify=BodyToken(path=("HandshakeKey",), parse=parse_form, write=write_form),
    for_source=for_source,
    parse=parse,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    default_events={Kind.FORM_SUBMITTED},
    secrets=WufooSecrets,
    settings=WufooSettings,
)
