"""Altegio / YCLIENTS: visits over, booked, cancelled and missed, and new clients.

**Set-up.** Nothing is signed, so the URL holds the secret.

1. Make a long random text (`openssl rand -hex 32`): it is `url_token`.
2. In Altegio (YCLIENTS) open the location's *Settings → System settings → WebHook settings* and paste
   `<the source's URL>/<that text>`. Tick the events of *Appointments* (records); of *Clients* too, if every
   new profile counts.
3. Write the ids of your locations, which stand in the address bar, into the setting `company_ids` (a list):
   deliveries of any other are refused. Left out, every location is taken.

**Good to know.** A visit is over once it is marked as *Arrived* (`attendance` 1); one that waits or is
confirmed (0, 2) is booked with its end, a new time moves what waits, and *No-show* (-1) and deleting
withdraw. Every change of a record sends the whole record again: its id is the key, so that a visit enrols
once. That of a visit long ago is sent as well: give the route `start = "end"` and a `latest`. A record
without a client is blocked time and ignored; so is, quietly, the client without an e-mail address. The name
may be in one field. Phone numbers are international, with or without the plus. The location's id is given
as `location`, the staff member's as `employee`.

*Each event is sent once.* No answer makes Altegio repeat it, so what comes while the relay is down is lost.

Documentation: https://developer.alteg.io (confidence: from public captures: bodies from captured deliveries;
the answers to each attendance but 1 by the API reference)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.proof import FromAccount, SharedToken
from relay.kit.reading import CONTACTS, field_texts, first_of, words
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings


class AltegioSecrets(Secrets):
    url_token: Keys
    """The random text at the end of the URL."""


class AltegioSettings(Settings):
    company_ids: frozenset[Annotated[str, Field(pattern=r"^\d+$", coerce_numbers_to_str=True)]] = frozenset()
    """Ids of the locations that may send; empty: all."""


ATTENDANCE = {
    1: Kind.APPOINTMENT_COMPLETED,
    2: Kind.APPOINTMENT_BOOKED,
    0: Kind.APPOINTMENT_BOOKED,
    -1: Kind.APPOINTMENT_NO_SHOW,
}


def on_record(event: Node, _source: Source) -> Reading | Ignored:
    record = event["data"]
    if record.get("deleted").flag():
        return about(event, Kind.APPOINTMENT_CANCELLED)
    shown = first_of(record.get("attendance"), record.get("visit_attendance"))
    return about(event, ATTENDANCE.get(shown.integer()) or shown.refuse("an attendance from -1 to 2"))


def on_deleted(event: Node, _source: Source) -> Reading | Ignored:
    return about(event, Kind.APPOINTMENT_CANCELLED)


def about(event: Node, kind: Kind) -> Reading | Ignored:
    record = event.get("data")
    # An empty object comes as an empty list.
    client = record.get("client").first()
    if not kind.withdraws and not client.exists:
        return Ignored("no client: blocked time or a walk-in", nobody=True)
    return Reading(
        kind=kind,
        key=event["resource_id"].text(),
        # The moment of a change is in the location's own time, without an offset: arrival dates it.
        ends_at=None if kind.withdraws else record["datetime"].time() + record["seance_length"].seconds(),
        people=() if kind.withdraws else (person(client),),
        location=event.get("company_id").text_or_none(),
        employee=record.get("staff_id").text_or_none(),
    )


def on_client(event: Node, _source: Source) -> Reading:
    created = event["status"].text() == "create"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=event["resource_id"].text(),
        people=(person(event["data"]),),
        location=event.get("company_id").text_or_none(),
    )


def person(client: Node) -> Person:
    name, surname = client.get("name").text_or_none(), client.get("surname").text_or_none()
    return Person(
        email=client.get("email").text_or_none(),
        first_name=name if surname else None,
        last_name=surname,
        full_name=name or client.get("display_name").text_or_none(),
        phone=international(client.get("phone").text_or_none()),
    )


def international(phone: str | None) -> str | None:
    """YCLIENTS leaves the plus out; what is no international number then may be a national one."""
    bare = phone is not None and phone.isdecimal() and len(phone) > 10 and not phone.startswith("0")
    return f"+{phone}; {phone}" if bare else phone


OTHERS = """client.delete company.* good.* salon.* service.* service_category.* staff.* finances_operation.*
    goods_operations_*"""

CONNECTOR = Connector(
    verify=FromAccount(
        verifier=SharedToken(),
        account=lambda root: root.get("company_id").text_or_none(),
        setting="company_ids",
    ),
    event_type=field_texts("resource", "status", joint="."),
    handlers={
        "record.create": on_record,
        "record.update": on_record,
        "record.delete": on_deleted,
        "client.create": on_client,
        "client.update": on_client,
    },
    ignored=words(OTHERS),
    kinds=CONTACTS | {*ATTENDANCE.values(), Kind.APPOINTMENT_CANCELLED},
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=AltegioSecrets,
    settings=AltegioSettings,
)
