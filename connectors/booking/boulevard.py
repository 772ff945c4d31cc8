"""Boulevard: appointments that are over, booked, moved, cancelled or missed, clients, and orders.

**Set-up.** You need API access (an Enterprise plan) and an API application.

1. In Boulevard open *Settings → Developer → API Applications* and copy the application's secret into
   `signing_key` as it is shown, in base64.
2. Make the webhook with the Admin API: the mutation `createWebhook` with this source's URL and
   `subscriptions` `[{"eventType": "APPOINTMENT_COMPLETED", "enabled": true}, …]`. Take
   `APPOINTMENT_COMPLETED`; for routes that take booked appointments also `APPOINTMENT_CREATED`,
   `APPOINTMENT_UPDATED` and `APPOINTMENT_CANCELLED`; `CLIENT_CREATED` and `ORDER_COMPLETED` if you use them.
   Boulevard sends a `PING` at once, which must show up as ignored, not as refused.

**Settings.**

- `business_id`: the business whose events are taken (`urn:blvd:Business:…` or the part after the last colon).
  The signature proves the application, which several businesses may share; left out, all are taken.
- `tolerance`: seconds that the signed time may differ from the relay's clock (300). Whether a repeated
  delivery has a new time is not documented; if repeats are refused as too old, raise it.
- `default_region`: country of phone numbers without a country code; Boulevard's have one.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** An appointment that is moved has the same id: what waits moves along. A cancellation whose
reason is `NO_SHOW` counts as one (best effort); both withdraw. An order that names its client is a purchase;
many name only themselves and are ignored, since Boulevard's API wants a key that is signed anew for each
call. `location` is Boulevard's id of the location, `employee` that of the first service's staff member.

Documentation: https://developers.joinblvd.com (confidence: from public captures and receivers)
"""

from __future__ import annotations

from datetime import datetime

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import FromAccount, HmacSignature, base64_key, in_header, last_of_salt, signed_as
from relay.kit.reading import APPOINTMENTS, CONTACTS, first_text, read_person
from relay.kit.settings import Keys, Secrets, StampedSettings


class BoulevardSecrets(Secrets):
    signing_key: Keys
    """The secret of the API application, in base64."""


class BoulevardSettings(StampedSettings):
    business_id: str | None = None
    """The business whose events are taken; left out, every business that uses the application."""


def on_appointment(event: Node, source: Source) -> Reading:
    node = event["data"]["node"]
    if node.get("cancelled").flag() or node.get("state").text_or_none() == "CANCELLED":
        return on_cancelled(event, source)
    return about_appointment(event, Kind.APPOINTMENT_BOOKED)


def on_completed(event: Node, _source: Source) -> Reading:
    return about_appointment(event, Kind.APPOINTMENT_COMPLETED)


def on_cancelled(event: Node, _source: Source) -> Reading:
    node = event["data"]["node"]
    missed = node.get("cancellation", "reason").text_or_none() == "NO_SHOW"
    kind = Kind.APPOINTMENT_NO_SHOW if missed else Kind.APPOINTMENT_CANCELLED
    return Reading(kind=kind, key=node["id"].text(), occurred_at=happened_at(event))


def about_appointment(event: Node, kind: Kind) -> Reading:
    node = event["data"]["node"]
    service = node.get("appointmentServices").first()
    return Reading(
        kind=kind,
        key=node["id"].text(),
        occurred_at=happened_at(event),
        ends_at=node["endAt"].time(),
        people=people(node.get("client")),
        location=location_of(node),
        employee=first_text(service.get("staff", "id"), service.get("staffId")),
    )


def on_order(event: Node, _source: Source) -> Reading | Ignored:
    order = event["data"]["node"]
    client = order.get("client")
    if not client.exists:
        return Ignored("the order names no client", nobody=True)
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=order["id"].text(),
        occurred_at=happened_at(event),
        people=people(client),
        location=location_of(order),
    )


def on_client(event: Node, _source: Source) -> Reading:
    client = event["data"]["node"]
    created = event_type(None, event) == "CLIENT_CREATED"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=client["id"].text(),
        occurred_at=happened_at(event),
        people=people(client),
    )


def people(client: Node) -> tuple[Person, ...]:
    one = read_person(
        client,
        email="email",
        first_name="firstName",
        last_name="lastName",
        full_name="name",
        phone="mobilePhone",
    )
    return (one,) if client.exists else ()


def location_of(node: Node) -> str | None:
    return first_text(node.get("locationId"), node.get("location", "id"))


def happened_at(event: Node) -> datetime | None:
    """Older deliveries have no time and count from their arrival."""
    return event.get("timestamp").time_or_none()


def event_type(_request: Request | None, event: Node) -> str | None:
    """`appointment.completed` and `APPOINTMENT_COMPLETED` are the same; some have `client` as their type."""
    name = first_text(event.get("event"), event.get("eventType"))
    return name and name.replace(".", "_").upper()


def delivery_id(request: Request, event: Node) -> str | None:
    return event.get("idempotencyKey").text_or_none() or request.header("x-blvd-idempotency-key")


def same_business(one: str, other: str) -> bool:
    return one.rpartition(":")[2] == other.rpartition(":")[2]


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=HmacSignature(
            place=in_header("x-blvd-hmac-sha256", stamp="x-blvd-hmac-salt"),
            signed=signed_as("{timestamp}:{body}"),
            stamp=last_of_salt("blvd-webhook-v1:relay"),
            key=base64_key,
            encoding="base64",
        ),
        account=lambda root: root.get("businessId").text_or_none(),
        setting="business_id",
        same=same_business,
    ),
    event_type=event_type,
    delivery_id=delivery_id,
    handlers={
        "APPOINTMENT_COMPLETED": on_completed,
        "APPOINTMENT_CREATED": on_appointment,
        "APPOINTMENT_UPDATED": on_appointment,
        "APPOINTMENT_CANCELLED": on_cancelled,
        "CLIENT_CREATED": on_client,
        "CLIENT_UPDATED": on_client,
        "ORDER_COMPLETED": on_order,
    },
    ignored={"PING", "ORDER_REFUND_CLOSED"},
    kinds=APPOINTMENTS | CONTACTS | {Kind.PURCHASE_COMPLETED},
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=BoulevardSecrets,
    settings=BoulevardSettings,
)
