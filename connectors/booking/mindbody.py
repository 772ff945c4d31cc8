"""Mindbody: appointments, classes and new clients.

**Set-up.** Webhooks are made with two calls to Mindbody's API. You need a developer account that was approved
for live access and is linked to your business (developers.mindbodyonline.com).

1. In the developer portal, *API Credentials → API Keys*, make a key. It is needed for these calls alone.
2. `POST https://mb-api.mindbodyonline.com/push/api/v1/subscriptions` with the header `API-Key` and the JSON
   `{"eventIds": ["appointmentBooking.created", "appointmentBooking.updated", "appointmentBooking.cancelled"],
   "eventSchemaVersion": 1, "referenceId": "relay", "webhookUrl": <the source's URL>}`. For classes add
   `classRosterBooking.created`, `classRosterBookingStatus.updated` and `classRosterBooking.cancelled`; for
   new clients `client.created` and `client.updated`.
3. Copy `messageSignatureKey` of the answer into `signing_key` as it is; it is shown only once.
4. `PATCH` the same address with `/<subscriptionId>` and `{"status": "Active"}`. Mindbody tests the URL with a
   HEAD request, so the relay must run by then.

**Good to know.** An appointment counts as completed when its status becomes Completed, a class booking when
the client is signed in; that may be before the class ends, so give such a route `start = "end"`. Where your
staff checks nobody out, let the route take `appointment.booked`, which waits for the end. Cancelled, late
cancelled and no-show withdraw. Times are UTC. Phone numbers have no country: set `default_region`. An account
with several sites reports them all through one subscription: `account` takes one of them alone, or a list, by
their ids; `location` is the number within a site.

Mindbody repeats every 15 minutes for 3 hours and switches a subscription off that keeps failing. Events come
in any order and sometimes twice. Sales name no person and are ignored.

Documentation: https://developers.mindbodyonline.com/WebhooksDocumentation (confidence: verified; the statuses
from public receivers)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from relay.kit import Connector, Ignored, Kind, Node, Reading, Source
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import APPOINTMENTS, CONTACTS, field_text, first_text, meanings, read_person, words
from relay.kit.replies import answers
from relay.kit.settings import AccountSettings, Keys, Secrets

KINDS = meanings(
    {
        Kind.APPOINTMENT_BOOKED: "scheduled, booked, confirmed, arrived, started",
        Kind.APPOINTMENT_COMPLETED: "completed, signedin",
        Kind.APPOINTMENT_NO_SHOW: "noshow, absent",
        Kind.APPOINTMENT_CANCELLED: "cancelled, latecancelled, earlycancelled",
    }
)


class MindbodySecrets(Secrets):
    signing_key: Keys
    """The `messageSignatureKey` of the subscription."""


def on_visit(event: Node, _source: Source) -> Reading | Ignored:
    """An appointment, or a place in a class, whose `status` would be that of the client."""
    data = event["eventData"]
    status = first_text(data.get("signedInStatus"), data.get("status")) or data["status"].text()
    kind = KINDS.get(status.replace(" ", "").lower())
    if kind is None:
        return Ignored(f"the booking is {status}")
    report = Reading(kind=kind, key=key_of(data), occurred_at=happened_at(event))
    return report if kind.withdraws else with_client(report, data)


def on_cancelled(event: Node, _source: Source) -> Reading:
    key = key_of(event["eventData"])
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=key, occurred_at=happened_at(event))


def on_client(event: Node, _source: Source) -> Reading:
    client = event["eventData"]
    person = read_person(
        client,
        email="email",
        first_name="firstName",
        last_name="lastName",
        phone=("mobilePhone", "homePhone", "workPhone"),
        country="country",
    )
    created = event["eventId"].text().endswith(".created")
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=first_text(client.get("clientUniqueId"), client.get("clientId")) or client["clientId"].text(),
        occurred_at=happened_at(event),
        people=(person,),
    )


def with_client(report: Reading, data: Node) -> Reading:
    person = read_person(
        data,
        email="clientEmail",
        first_name="clientFirstName",
        last_name="clientLastName",
        phone="clientPhone",
    )
    end = data["classEndDateTime" if of_class(data) else "endDateTime"]
    return replace(
        report,
        ends_at=end.time(),
        people=(person,),
        location=data.get("locationId").text_or_none(),
        employee=data.get("staffId").text_or_none(),
    )


def key_of(data: Node) -> str:
    """With the site: a cancellation names nothing else, and every site counts for itself."""
    if of_class(data):
        return f"{data['siteId'].text()}-class-{data['classRosterBookingId'].text()}"
    return f"{data['siteId'].text()}-{data['appointmentId'].text()}"


def of_class(data: Node) -> bool:
    return data.get("classRosterBookingId").exists


def happened_at(event: Node) -> datetime:
    return event["eventInstanceOriginationDateTime"].time()


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-mindbody-signature", prefix="sha256="), encoding="base64"),
    handshake=answers("HEAD"),
    event_type=field_text("eventId"),
    delivery_id=field_text("messageId"),
    handlers={
        "appointmentBooking.created": on_visit,
        "appointmentBooking.updated": on_visit,
        "appointmentBooking.cancelled": on_cancelled,
        "classRosterBooking.created": on_visit,
        "classRosterBookingStatus.updated": on_visit,
        "classRosterBooking.cancelled": on_cancelled,
        "client.created": on_client,
        "client.updated": on_client,
    },
    ignored=words("""
        appointmentAddOn.* class.* classDescription.* classSchedule.* classWaitlistRequest.*
        client.deactivated clientArrival.* clientContract.* clientMembershipAssignment.*
        clientProfileMerger.* clientSale.* location.* site.* siteBusinessDayClosure.* staff.*
    """),
    kinds=APPOINTMENTS | CONTACTS,
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=MindbodySecrets,
    settings=AccountSettings,
    account=field_text("eventData", "siteId"),
)
