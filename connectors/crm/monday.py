"""monday.com: new items of a board, and items whose status becomes "Won" or "Done".

**Set-up.** The board needs a column of type *Email*; columns of type *Phone* are used where they are.

1. *Profile picture → Developers → API token*: copy it into `access_token`; it reads the item's columns.
2. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`: it is the last part of the
   URL and the proof, since webhooks of a board are not signed. Webhooks that an app of yours makes by the
   API carry a signed token: put the app's *Signing Secret* into `signing_key` and leave `url_token` out.
3. On the board: *Integrate → Webhooks → "When an item is created, send a webhook"*, and "When a status
   changes …" if that counts. Paste this source's URL; monday tests it at once and the relay answers.

**Settings.**

- `item_kind`: what a new item means: `"contact.created"` (default), `"form.submitted"`, `"deal.won"`,
  `"purchase.completed"`, `"appointment.completed"` or `"ignored"`.
- `done_labels`: labels of a status that mean that it is done, `["Won", "Done"]` by default; `done_kind`: what
  that means: `"deal.won"` (default), `"purchase.completed"`, `"appointment.completed"` or
  `"contact.updated"`.
- `email_column`, `phone_column`: ids of the columns, where the board has several of that type.
- `name_column`: id of the column with the person's name; left out, the item's own name is used.
- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

**Good to know.** A webhook belongs to one board, whose id is the location. An item counts once for each
sequence. The signed token says that monday sends and does not cover the body. Items without an address are
ignored. monday repeats every minute for half an hour.

Documentation: https://developer.monday.com/api-reference/reference/webhooks (confidence: verified for
payloads and challenge, medium for the signed token)
"""

from __future__ import annotations

from typing import Any, Literal

from relay.kit import Asking, Connector, Ignored, Kind, Node, NotYet, Person, Reading, Source
from relay.kit.lookups import data_of, graphql, key_in_header
from relay.kit.proof import JwtProof, SharedToken, strongest_configured
from relay.kit.reading import CONTACTS, field_text, words
from relay.kit.replies import echo_json
from relay.kit.settings import Keys, OptionalKeys, Secrets, Settings

API = "https://api.monday.com/v2"
QUERY = "query ($ids: [ID!]) { items(ids: $ids) { id name column_values { id type text value } } }"
SIGNED = JwtProof(algorithm="HS256", header="authorization", secret="signing_key")  # noqa: S106  # its name


class MondaySecrets(Secrets):
    access_token: Keys
    """API token, for reading the columns of an item."""

    url_token: OptionalKeys = ()
    """The last part of the URL, for webhooks of a board."""

    signing_key: OptionalKeys = ()
    """The app's signing secret, for webhooks that an app made."""


class MondaySettings(Settings):
    item_kind: Literal[
        "contact.created",
        "form.submitted",
        "deal.won",
        "purchase.completed",
        "appointment.completed",
        "ignored",
    ] = "contact.created"
    """What a new item means."""

    done_labels: frozenset[str] = frozenset({"Won", "Done"})
    """Labels of a status that mean that the item is done."""

    done_kind: Literal["deal.won", "purchase.completed", "appointment.completed", "contact.updated"] = (
        "deal.won"
    )
    """What it means when an item is done."""

    email_column: str | None = None
    """Id of the column with the e-mail address."""

    phone_column: str | None = None
    """Id of the column with the phone number."""

    name_column: str | None = None
    """Id of the column with the person's name."""


def on_created(event: Node, source: Source) -> Asking | Ignored:
    if source.settings.item_kind == "ignored":
        return Ignored("new items are not wanted: settings.item_kind")
    return with_item(event["event"], source, Kind(source.settings.item_kind))


def on_changed(event: Node, source: Source) -> Asking | Ignored:
    value = event["event"].get("value")
    label = value.get("label", "text").text_or_none() if isinstance(value.get("label").raw, dict) else None
    if label not in source.settings.done_labels:
        return Ignored("the change is not to a status in settings.done_labels")
    return with_item(event["event"], source, Kind(source.settings.done_kind))


def with_item(event: Node, source: Source, kind: Kind) -> Asking:
    item_id = event["pulseId"].text()
    answer = yield graphql(API, QUERY, {"ids": [item_id]}, auth=key_in_header("authorization"))
    if "Complexity" in (answer.body.get("error_code").text_or_none() or ""):
        raise NotYet("monday throttles look-ups")
    item = data_of(answer).get("items").first()
    if not item.exists:
        return Ignored("the item is no longer there")
    return Reading(
        kind=kind,
        key=item_id,
        occurred_at=event.get("triggerTime").time_or_none(),
        people=(person(item, source.settings),),
        location=event.get("boardId").text_or_none(),
    )


def person(item: Node, settings: Any) -> Person:
    columns = list(item.get("column_values").each())
    email = chosen(columns, settings.email_column, "email")
    phone = chosen(columns, settings.phone_column, "phone")
    name = chosen(columns, settings.name_column, "") if settings.name_column else Node(None)
    return Person(
        email=inner(email, "email"),
        full_name=name.get("text").text_or_none() or item.get("name").text_or_none(),
        phone=inner(phone, "phone"),
        country=inner(phone, "countryShortName") if isinstance(phone.get("value").json().raw, dict) else None,
    )


def chosen(columns: list[Node], column_id: str | None, kind: str) -> Node:
    """The column of that id, else the first of that type which is filled in."""
    name, wanted = ("id", column_id) if column_id else ("type", kind)
    found = (one for one in columns if one.get(name).text_or_none() == wanted)
    return next((one for one in found if one.get("text").text_or_none()), Node(None))


def inner(column: Node, name: str) -> str | None:
    """A part of the column's value; of a plain text column, its text."""
    value = column.get("value").json()
    return (value.get(name) if isinstance(value.raw, dict) else column.get("text")).text_or_none()


CONNECTOR = Connector(
    verify=SIGNED,
    for_source=strongest_configured(SIGNED, SharedToken()),
    event_type=field_text("event", "type"),
    delivery_id=field_text("event", "triggerUuid"),
    handshake=echo_json("challenge"),
    handlers={"create_pulse": on_created, "update_column_value": on_changed},
    ignored=words("""
        update_name create_update edit_update delete_update delete_pulse archive_pulse
        move_pulse_into_group move_pulse_into_board restore_pulse create_column
    """),
    kinds=CONTACTS
    | {Kind.DEAL_WON, Kind.FORM_SUBMITTED, Kind.PURCHASE_COMPLETED, Kind.APPOINTMENT_COMPLETED},
    default_events={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    secrets=MondaySecrets,
    settings=MondaySettings,
)
