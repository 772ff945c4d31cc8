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

Documentation: https://docs.vagaro.com/public/docs/webhook-events (confidence: high for the events; the token
from public receivers; the look-up best effort)
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from relay.kit import (
    Annotated,
    Asking,
    Connector,
    Field,
    Ignored,
    Keys,
    Kind,
    LookUp,
    Node,
    OptionalKeys,
    Person,
    Reading,
    Secrets,
    Settings,
    SharedToken,
    Source,
    Unreadable,
    all_texts,
    exchanged,
    field_text,
    first_text,
    get,
    key_in_json,
)

KINDS = {
    "accepted": Kind.APPOINTMENT_BOOKED,
    "confirmed": Kind.APPOINTMENT_BOOKED,
    "show": Kind.APPOINTMENT_BOOKED,
    "ready to start": Kind.APPOINTMENT_BOOKED,
    "service in progress": Kind.APPOINTMENT_BOOKED,
    "service complete": Kind.APPOINTMENT_COMPLETED,
    "service completed": Kind.APPOINTMENT_COMPLETED,
    "no show": Kind.APPOINTMENT_NO_SHOW,
    "cancel": Kind.APPOINTMENT_CANCELLED,
    "deleted": Kind.APPOINTMENT_CANCELLED,
    "denied": Kind.APPOINTMENT_CANCELLED,
}


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
    report = Reading(
        kind=kind, key=appointment["appointmentId"].text(), occurred_at=happened_at(event).time()
    )
    return report if kind.withdraws else with_customer(report, appointment, source)


def with_customer(report: Reading, appointment: Node, source: Source) -> Asking:
    customer = appointment.get("customerId")
    if not customer.exists:
        return Ignored("the appointment has no customer", nobody=True)
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
    inner = data.get("customer")
    return inner if inner.exists else data


def on_customer(event: Node, _source: Source) -> Reading | Ignored:
    customer = event["payload"]
    if customer.get("businessIds").raw == [] or event.get("action").text_or_none() == "deleted":
        return Ignored("the customer was removed from the business")
    created = event.get("action").text_or_none() == "created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=customer["customerId"].text(),
        occurred_at=happened_at(event).time(),
        people=(person(customer),),
    )


def person(customer: Node) -> Person:
    return Person(
        email=first_text(customer.get("email"), customer.get("emailAddress")),
        first_name=first_text(customer.get("customerFirstName"), customer.get("firstName")),
        last_name=first_text(customer.get("customerLastName"), customer.get("lastName")),
        phone=all_texts(*map(customer.get, ("mobilePhone", "dayPhone", "nightPhone", "phone"))),
        country=customer.get("countryCode").text_or_none(),
    )


def happened_at(event: Node) -> Node:
    """Vagaro's own examples have both names."""
    created = event.get("createdDate")
    return created if created.exists else event["createdAt"]


CONNECTOR = Connector(
    name="vagaro",
    label="Vagaro",
    group="booking",
    docs="https://docs.vagaro.com/public/docs/webhook-events",
    confidence="best effort",
    verify=SharedToken(header="x-vagaro-signature", secret="token"),  # noqa: S106  # its name
    event_type=field_text("type"),
    delivery_id=field_text("id"),
    handlers={"appointment": on_appointment, "customer": on_customer},
    ignored=frozenset({"businessLocation", "employee", "formResponse", "transaction"}),
    kinds=frozenset({*KINDS.values(), Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED}),
    default_events=frozenset({Kind.APPOINTMENT_COMPLETED}),
    secrets=VagaroSecrets,
    settings=VagaroSettings,
)
