"""Jotform: submitted forms.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`: Jotform does not sign, so
   that this last part of the URL is the proof.
2. In the form: *Settings → Integrations → Webhooks*, paste this source's URL with the token, *Complete
   Integration*.
3. Submit the form once and look at the event (`relay connectors try`, the console): each question has a
   name, such as `email` of `q5_email`; *Properties → Advanced → Field Details → Unique Name* changes it.

**Settings.** The e-mail address is the first answer to a question whose name holds "email", the phone number
that of one with "phone", and the name that of the first question with a first and a last name. For anything
else, say where it is: JMESPath over `answers` (by name, `email`, and by the whole key, `q5_email`).

- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: such as `email =
  "answers.contactAddress"`. `people`: a list of persons, to which these are relative.
- `kind`: `"form.submitted"` by default; a table with `event_type = "form_id"` gives each form its meaning.
- `location` (the form's id), `employee`: such as `location = "answers.branch"`.
- `key` and `delivery_id` (the submission), `occurred_at` (none: the arrival), `ends_at`, `test`, `split`,
  `filter`, `event_type`: as for `generic`.
- `default_region`, `unknown_events`: as for every source.

**Good to know.** Phone numbers come as area code and number, without a country: set `default_region`.
Uploaded files are left out. Whether Jotform repeats a failed delivery is not documented.

Documentation: https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/ (confidence: from public
captures)
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import SharedToken
from relay.kit.reading import nothing, parse_by_content_type
from relay.kit.settings import ExpressionText, Field, Keys, MappingSettings, Secrets, map_by_settings

QUESTION = re.compile(r"q\d+_(.+)", re.DOTALL)


class JotformSecrets(Secrets):
    url_token: Keys
    """The last part of the webhook's URL."""


class JotformSettings(MappingSettings):
    kind: Kind | Annotated[dict[str, Kind | Literal["ignored"]], Field(min_length=1)] = Kind.FORM_SUBMITTED
    """What a submission means: one kind for all, or a table from event type to kind or `ignored`."""

    event_type: ExpressionText = "type"
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
    """The submission, flat: `answers` by name and key, and whom they name."""
    root = parse_by_content_type(request)
    raw = root["rawRequest"].json()
    answers: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for key in raw.raw if isinstance(raw.raw, dict) else raw.refuse("an object"):
        if found := QUESTION.fullmatch(key):
            value = raw[key]
            answers |= {found[1]: value.raw, key: value.raw}
            for name, text in whom(found[1].lower(), value).items():
                known.setdefault(name, text)
    return Node(
        {
            **known,
            "type": root.get("type").raw,
            "id": root["submissionID"].text(),
            "form_id": root.get("formID").raw,
            "form_title": root.get("formTitle").raw,
            "answers": answers,
        }
    )


def whom(name: str, value: Node) -> dict[str, str]:
    """What an answer tells of the person, by the name and the form of the question."""
    found: dict[str, str | None] = {}
    if isinstance(value.raw, str):
        # "May we e-mail you?" is answered with a yes.
        if ("email" in name or "e_mail" in name) and "@" in value.raw:
            found["email"] = value.text_or_none()
        elif "phone" in name or "mobile" in name:
            found["phone"] = value.text_or_none()
        elif name in ("name", "fullname", "yourname"):
            found["full_name"] = value.text_or_none()
    elif isinstance(value.raw, dict):
        if "area" in value.raw or "full" in value.raw:
            parts = [value.get(part).text_or_none() for part in ("country", "area", "phone")]
            found["phone"] = value.get("full").text_or_none() or " ".join(part for part in parts if part)
        elif "first" in value.raw and "last" in value.raw:
            found["first_name"] = value.get("first").text_or_none()
            found["last_name"] = value.get("last").text_or_none()
    return {key: text for key, text in found.items() if text}


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(connector, source)


CONNECTOR = Connector(
    verify=SharedToken(),
    for_source=for_source,
    parse=parse,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    default_events={Kind.FORM_SUBMITTED},
    secrets=JotformSecrets,
    settings=JotformSettings,
)
