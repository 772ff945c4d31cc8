"""Vagaro: appointments that are over, booked, cancelled or missed, and changed customers.

**Set-up.** Webhooks and the API are paid extras that Vagaro's sales team switches on for your business.

1. In Vagaro open *Settings → Developers → APIs & Webhooks → Webhooks → Create Webhook*: paste the source's
   URL, choose *Appointments* (and *Customers* if you use them) and the locations.
2. Copy the webhook's verification token into `token`. Vagaro signs nothing, it shows this token.
3. An appointment names its customer by an id alone. For the look-up open the *APIs* tab and copy the client
   secret key into `client_secret`, the client id into the setting `client_id`, and the region of your
   account, as it stands in the addresses of the API (`us02`, `usa03` …), into `region`. The API needs the
   scope `customers:read`. Without it appointments are ignored, and only customers' events are of use.

**Good to know.** An appointment counts when its status is *Service Complete*. *Cancel*, *Deleted*, *Denied*
and *No Show* withdraw; what waits for acceptance, and time off of your staff, is ignored. `location` is the
business id, `employee` the service provider's. A customer event carries the country for the phone number.
Transactions and form responses are ignored. Vagaro wants an answer within 20 seconds and repeats five times
in 15 minutes.

The page about looking a customer up is for approved accounts only, so this step is best effort: what the
relay cannot read is parked, and nothing is lost.

Documentation: https://docs.vagaro.com/public/docs/webhook-events (confidence: best effort: the events by the
vendor's documentation, the token from public receivers)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source, Unreadable
from relay.kit.lookups import LookUp, exchanged, get, key_in_json
from relay.kit.proof import SharedToken
from relay.kit.reading import APPOINTMENTS, CONTACTS, field_text, first_of, meanings, read_person, somebody
from relay.kit.settings import Annotated, Field, Keys, OptionalKeys, Secrets, Settings

KINDS = meanings(
    {
        Kind.APPOINTMENT_BOOKED: "accepted, confirmed, show, ready to start, service in progress",
        Kind.APPOINTMENT_COMPLETED: "service complete, service completed",
        Kind.APPOINTMENT_NO_SHOW: "no show",
        Kind.APPOINTMENT_CANCELLED: "cancel, deleted, denied",
    }
)


class VagaroSecrets(Secrets):
    token: Keys
    """The verification token of the webhook."""

    client_secret: OptionalKeys = ()
    """The client secret key of the API, for looking customers up."""


class VagaroSettings(Settings):
    client_id: str = ""
    """The client id of the API."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2,4}\d{0,2}$")] = "us"
    """The region of the account, as it stands in the addresses of the API."""


def on_appointment(event: Node, source: Source) -> Reading | Ignored | Asking:
    appointment = event["payload"]
    deleted = event.get("action").text_or_none() == "deleted"
    status = "Deleted" if deleted else appointment["bookingStatus"].text()
    kind = KINDS.get(status.lower())
    if kind is None:
        return Ignored(f"the appointment is {status}")
    report = Reading(kind=kind, key=appointment["appointmentId"].text(), occurred_at=happened_at(event))
    return report if kind.withdraws else with_customer(report, appointment, source)


def with_customer(report: Reading, appointment: Node, source: Source) -> Asking:
    customer = appointment.get("customerId")
    somebody(customer, "the appointment has no customer")
    if not (source.settings.client_id and source.keys("client_secret")):
        return Ignored("customers cannot be looked up without client_id and client_secret", nobody=True)
    answer = yield look_up(customer, source.settings)
    if not answer.found:
        raise Unreadable("Vagaro's API gives no such customer", customer.path)
    return replace(
        report,
        ends_at=appointment["endTime"].time(),
        people=(person(customer_in(answer.body)),),
        location=appointment.get("businessId").text_or_none(),
        employee=appointment.get("serviceProviderId").text_or_none(),
    )


def look_up(customer: Node, settings: VagaroSettings) -> LookUp:
    api = f"https://api.vagaro.com/{settings.region}/api/v2/merchants"
    token = exchanged(
        f"{api}/generate-access-token",
        {"clientId": settings.client_id, "clientSecretKey": None, "scope": "customers:read"},
        key_in_json("clientSecretKey", secret="client_secret"),  # noqa: S106  # its name
        token=("data", "access_token"),
        lifetime=("data", "expires_in"),
    )
    return get(f"{api}/customers/{segment(customer)}", auth=token)


def segment(identity: Node) -> str:
    """Ids are base64, in which a slash is part of the id."""
    text = identity.text()
    if "." in text:
        raise Unreadable("is no id", identity.path)
    return quote(text, safe="")


def customer_in(body: Node) -> Node:
    """In `data`, perhaps one level deeper, perhaps in a list of one."""
    data = body["data"].first()
    return first_of(data.get("customer"), data)


def on_customer(event: Node, _source: Source) -> Reading | Ignored:
    customer = event["payload"]
    if customer.get("businessIds").raw == [] or event.get("action").text_or_none() == "deleted":
        return Ignored("the customer was removed from the business")
    created = event.get("action").text_or_none() == "created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=customer["customerId"].text(),
        occurred_at=happened_at(event),
        people=(person(customer),),
    )


def person(customer: Node) -> Person:
    return read_person(
        customer,
        email=("email", "emailAddress"),
        first_name=("customerFirstName", "firstName"),
        last_name=("customerLastName", "lastName"),
        phone=("mobilePhone", "dayPhone", "nightPhone", "phone"),
        country="countryCode",
    )


def happened_at(event: Node) -> datetime:
    """Vagaro's own examples have both names."""
    return first_of(event.get("createdDate"), event.get("createdAt")).time()


CONNECTOR = Connector(
    verify=SharedToken(header="x-vagaro-signature", secret="token"),  # noqa: S106  # its name
    event_type=field_text("type"),
    delivery_id=field_text("id"),
    handlers={"appointment": on_appointment, "customer": on_customer},
    ignored={"businessLocation", "employee", "formResponse", "transaction"},
    kinds=APPOINTMENTS | CONTACTS,
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=VagaroSecrets,
    settings=VagaroSettings,
)
