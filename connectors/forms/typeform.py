"""Typeform: submitted forms.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `signing_key`.
2. In the form: *Connect → Webhooks → Add a webhook*, paste this source's URL. *Edit → Secret*: paste the
   same text; without it Typeform does not sign, and the relay refuses. Turn the webhook on.
3. *View deliveries → Send test request* shows what arrives. Its answers are made up by Typeform and count
   like any others: press it before a route takes this source.

If secrets cannot be set, put the text into `url_token` instead and use the URL with the token.

**Settings.** E-mail address and phone number are the first answers of those types; names are answers to
questions that are titled "First name", "Last name", "Name" and the like. For anything else, say where it is:
JMESPath over `answers` (by the question's title, reference and id) and `hidden` (hidden fields).

- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: such as `first_name =
  'answers."What shall we call you?"'`. `people`: a list of persons, to which these are relative.
- `kind`: `"form.submitted"` by default; a table with `event_type = "form_id"` gives each form its meaning.
- `location` (the hidden field `location`, else the form's id), `employee` (the hidden field `employee`).
- `key` (the response), `delivery_id` (Typeform's event id), `occurred_at`, `ends_at`, `test`, `split`,
  `filter`, `event_type`: as for `generic`.
- `default_region`, `unknown_events`: as for every source.

**Good to know.** Partial responses are ignored. Typeform waits 30 s; the relay's "try later" (503) is
repeated every few minutes for ten hours, so that nothing is lost in a restart.

Documentation: https://www.typeform.com/developers/webhooks/ (confidence: verified)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import HmacSignature, SharedToken, in_header, strongest_configured
from relay.kit.reading import first_text, nothing, parse_json
from relay.kit.settings import ExpressionText, Field, MappingSettings, OptionalKeys, Secrets, map_by_settings

NAMES = {
    "first_name": ("first name", "your first name", "vorname", "nombre", "prénom"),
    "last_name": ("last name", "your last name", "surname", "nachname", "apellido", "apellidos", "nom"),
    "full_name": ("name", "your name", "full name", "your full name", "what's your name?"),
}
SIGNED = HmacSignature(place=in_header("typeform-signature", prefix="sha256="), encoding="base64")
by_proof = strongest_configured(SIGNED, SharedToken())


class TypeformSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The webhook's secret."""

    url_token: OptionalKeys = ()
    """The last part of the URL, for webhooks without a secret."""


class TypeformSettings(MappingSettings):
    kind: Kind | Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)] = Kind.FORM_SUBMITTED
    """What a response means: one kind for all, or a table from event type to kind or `ignored`."""

    event_type: ExpressionText = "event_type"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "event_id"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "token"
    """The id of the response."""

    occurred_at: ExpressionText = "submitted_at"
    """When the form was submitted."""

    location: ExpressionText = "pick(hidden.location, form_id)"
    """The source's own id of the location."""

    employee: ExpressionText = "hidden.employee"
    """The source's own id of the employee."""


def parse(request: Request) -> Node:
    """The response, flat: `answers` by title, reference and id, and whom they name."""
    root = parse_json(request)
    response = root.get("form_response")
    if not response.exists:
        return root
    titles = {
        field["id"].text(): field.get("title").text_or_none()
        for field in response.get("definition", "fields").each()
    }
    answers: dict[str, Any] = {}
    typed: dict[str, Any] = {}
    for answer in response.get("answers").each():
        kind, field = answer["type"].text(), answer.get("field")
        value = plain(answer.get(kind))
        typed.setdefault(kind, value)
        title = titles.get(field.get("id").text_or_none() or "")
        for name in (title, field.get("ref").text_or_none(), field.get("id").text_or_none()):
            if name:
                answers.setdefault(name, value)
    flat = {name: response.get(name).raw for name in ("form_id", "token", "submitted_at", "hidden")}
    named = {name: by_title(answers, titles) for name, titles in NAMES.items()}
    known = {"email": typed.get("email"), "phone": typed.get("phone_number"), **named}
    top = {name: root.get(name).raw for name in ("event_id", "event_type")}
    return Node({**top, **flat, **known, "answers": answers})


def plain(value: Node) -> Any:
    """A choice as its label, choices as a list of them; everything else as it is."""
    if not isinstance(value.raw, dict):
        return value.raw
    labels = [label.text_or_none() for label in value.get("labels").each()]
    return labels or first_text(value.get("label"), value.get("other"))


def by_title(answers: dict[str, Any], titles: tuple[str, ...]) -> Any:
    found = (value for title, value in answers.items() if title.lower().strip(" *:") in titles)
    return next(found, None)


def for_source(connector: Connector, source: Source) -> Connector:
    mapped = map_by_settings(by_proof(connector, source), source)
    return replace(mapped, ignored=mapped.ignored | {"form_response_partial"})


CONNECTOR = Connector(
    verify=SIGNED,
    for_source=for_source,
    parse=parse,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    default_events={Kind.FORM_SUBMITTED},
    secrets=TypeformSecrets,
    settings=TypeformSettings,
)
