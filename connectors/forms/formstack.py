"""Formstack: submitted forms.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `signing_key`.
2. In the form: *Settings → Emails & Actions → Add → WebHook*: URL = this source's URL, *HMAC Key* = the
   same text, *Custom HMAC Header* empty, content type JSON or URL encoded. Tick *Post with field type*,
   which tells the relay where the address is, and *Post with sub-field names*, which keeps first and last
   name apart.

If no HMAC key can be set, put the text into `url_token` instead and use the URL with the token.

**Settings.** E-mail address and phone number are the first answers of those types, else to questions whose
label holds "email" or "phone"; the name is the first with a first and a last name. For anything else, say
where it is: JMESPath over `answers`, by label.

- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: such as `email =
  'answers."Your contact"'`. `people`: a list of persons, to which these are relative.
- `kind`: `"form.submitted"` by default; a table with `event_type = "form_id"` gives each form its meaning.
- `location` (the form's id), `employee`: such as `location = "answers.Branch"`.
- `key` and `delivery_id` (the submission), `occurred_at` (none: the arrival), `ends_at`, `test`, `split`,
  `filter`, `event_type`: as for `generic`.
- `default_region`, `unknown_events`: as for every source.

**Good to know.** Two questions with the same label arrive as one. Only *Formstack Forms* sends this;
Documents and Sign have other webhooks. Whether a failed delivery is repeated is not documented.

Documentation: https://developers.formstack.com/docs/webhook-examples (confidence: verified for the fields;
the signature from a public capture)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import HmacSignature, SharedToken, in_header, strongest_configured
from relay.kit.reading import nothing, parse_by_content_type
from relay.kit.settings import ExpressionText, Field, MappingSettings, OptionalKeys, Secrets, map_by_settings

OWN = ("FormID", "UniqueID", "HandshakeKey")
SIGNED = HmacSignature(place=in_header("x-fs-signature", prefix="sha256=", bare=True))
by_proof = strongest_configured(SIGNED, SharedToken())


class FormstackSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The HMAC key of the WebHook."""

    url_token: OptionalKeys = ()
    """The last part of the URL, for WebHooks without an HMAC key."""


class FormstackSettings(MappingSettings):
    kind: Kind | Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)] = Kind.FORM_SUBMITTED
    """What a submission means: one kind for all, or a table from event type to kind or `ignored`."""

    event_type: ExpressionText = "form_id"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "id"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "id"
    """The id of the submission."""

    location: ExpressionText = "form_id"
    """The source's own id of the location."""

    employee: ExpressionText = "answers.employee"
    """The source's own id of the employee."""


def parse(request: Request) -> Node:
    """The submission, flat: `answers` by label, and whom they name."""
    root = parse_by_content_type(request)
    form, submission = root["FormID"].text(), root["UniqueID"].text()
    answers = {label: with_parts(value) for label, value in root.raw.items() if label not in OWN}
    known: dict[str, Any] = {}
    for label, value in answers.items():
        for name, text in whom(label.lower(), value).items():
            known.setdefault(name, text)
    return Node({**known, "id": submission, "form_id": form, "answers": answers})


def with_parts(value: Any) -> Any:
    """In form encoding parts are lines, `first = Ana`; in JSON they are an object."""
    if not isinstance(value, str) or " = " not in value:
        return value
    lines = [line.partition(" = ") for line in value.splitlines() if line.strip()]
    return {name.strip(): text for name, sign, text in lines} if all(sign for _, sign, _ in lines) else value


def whom(label: str, value: Any) -> dict[str, Any]:
    """What an answer tells of the person, by its type where it came, else by its label."""
    parts = value if isinstance(value, dict) else {"value": value}
    if "first" in parts or "last" in parts:
        return {"first_name": parts.get("first"), "last_name": parts.get("last")}
    kind, text = parts.get("field_type"), parts.get("value")
    named = label.replace("-", "").strip(" *:")
    # "May we e-mail you?" is answered with a yes.
    if kind == "email" or (kind is None and "email" in named and "@" in str(text)):
        return {"email": text}
    if kind == "phone" or (kind is None and "phone" in named):
        return {"phone": text}
    return {"full_name": text} if named in ("name", "full name", "your name") else {}


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
    secrets=FormstackSecrets,
    settings=FormstackSettings,
)
