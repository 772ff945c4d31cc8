"""NexHealth: appointments of medical and dental practices, over, booked, cancelled and missed; new patients.

**Set-up.** You need access to the NexHealth API; its calls make the webhook, each with the header
`Nex-Api-Version: v3.0.0`.

1. `POST https://nexhealth.info/webhook_endpoints` with `{"target_url": <the source's URL>}`; the answer's
   `secret_key` goes into `signing_key`. Your API key goes into `api_key`, your institution's subdomain into
   the setting `subdomain`.
2. `POST https://nexhealth.info/webhook_endpoints/<id>/webhook_subscriptions?subdomain=…` once for each of
   `appointment_created`, `appointment_updated`, `appointment_insertion` (with `resource_type` `Appointment`),
   and `patient_created` (`Patient`) if every new patient counts. If JSON is refused, send a form.

**Good to know.** An appointment is over once the patient was checked out; one that was cancelled or whose
patient was missed withdraws; any other is booked with its end, and a new time moves what waits. Each names
only the patient's id, who is looked up by version 3 of the API (an access token is fetched with the API key
and kept for an hour);
patients' own events hold the person. Blocked time is ignored, and so are events of another subdomain, forms,
documents and the state of synchronisation. The provider is given as `employee`.

*This is health data*: that somebody is a patient is protected (HIPAA, GDPR). Set a retention and an
encryption key, and ask before you write to patients. Endpoints that keep failing are switched off. The
signature holds a time; it may differ by `tolerance` seconds (default 300); how long NexHealth repeats is not
documented. A later change of an old appointment reports it again: give the route a `latest`.

Documentation: https://docs.nexhealth.com/docs/webhooks (confidence: best effort: events by the vendor,
signature and bodies from public code; whether the signature is in hex or base64 is not said, so both are
accepted)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from relay.kit import Asking, Connector, Handler, Ignored, Kind, Node, NotWanted, Person, Reading, Source
from relay.kit.lookups import Api, exchanged, fetched, key_in_header
from relay.kit.proof import ANY_TIME, HmacSignature, in_header, signed_as
from relay.kit.reading import (
    APPOINTMENTS,
    CONTACTS,
    field_text,
    first_of,
    read_person,
    somebody,
    words,
)
from relay.kit.settings import Annotated, Field, Keys, Secrets, StampedSettings

URL, KEY = "https://nexhealth.info", key_in_header("authorization", "api_key")
# Every call names a version: https://docs.nexhealth.com/v20240412/reference/versioning
VERSION = {"nex-api-version": "v3.0.0"}
API = Api(
    URL,
    auth=exchanged(f"{URL}/authenticates", {}, KEY, token=("data", "token"), headers=VERSION),
    headers=VERSION,
)
BOOKED_AS = ("appointment", "appointments")
PATIENTS = ("patient", "patients", "user", "users")


class NexHealthSecrets(Secrets):
    signing_key: Keys
    """The `secret_key` of the webhook endpoint."""

    api_key: Keys
    """The API key, for looking up patients."""


class NexHealthSettings(StampedSettings):
    subdomain: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
    """The subdomain of the institution."""


def split(root: Node) -> Iterator[Node]:
    """One event for each appointment or patient: some bodies hold one, others a list."""
    name = root.get("event_name").text_or_none()
    if name not in HANDLERS:
        yield root
        return
    data = root["data"]
    places = BOOKED_AS if name.startswith("appointment") else PATIENTS
    things = [thing for place in places for thing in data.get(place).each()]
    for thing in things or [data]:
        yield root.having(data=thing)


def on_appointment(event: Node, source: Source) -> Reading | Ignored | Asking:
    appointment = event["data"]
    check_institution(event, source)
    if appointment.get("unavailable").flag():
        return Ignored("blocked time, nobody's appointment")
    kind = kind_of(appointment)
    report = Reading(
        kind=kind,
        key=appointment["id"].text(),
        occurred_at=happened_at(event, kind),
        ends_at=appointment["end_time"].time() if kind is Kind.APPOINTMENT_BOOKED else None,
        location=appointment.get("location_id").text_or_none(),
        employee=appointment.get("provider_id").text_or_none(),
    )
    return report if kind.withdraws else with_patient(report, appointment, source)


def kind_of(appointment: Node) -> Kind:
    if any(appointment.get(word).flag() for word in ("cancelled", "canceled", "deleted")):
        return Kind.APPOINTMENT_CANCELLED
    if appointment.get("patient_missed").flag():
        return Kind.APPOINTMENT_NO_SHOW
    left = appointment.get("checked_out").flag() or appointment.get("checked_out_at").time_or_none()
    return Kind.APPOINTMENT_COMPLETED if left else Kind.APPOINTMENT_BOOKED


def happened_at(event: Node, kind: Kind) -> datetime | None:
    """An appointment is over when its patient left, however late a change reports it."""
    left = event["data"].get("checked_out_at").time_or_none() if kind is Kind.APPOINTMENT_COMPLETED else None
    return left or event.get("event_time").time_or_none()


def with_patient(report: Reading, appointment: Node, source: Source) -> Asking:
    patient_id = somebody(appointment.get("patient_id"), "the appointment names no patient")
    call = API.get("patients", patient_id, subdomain=source.settings.subdomain)
    body = yield from fetched(call, "NexHealth no longer has this patient", nobody=True)
    patient = first_of(*(body["data"].get(place) for place in PATIENTS), body["data"])
    return replace(report, people=(person(patient),))


def on_patient(event: Node, source: Source) -> Reading | Ignored:
    check_institution(event, source)
    patient, created = event["data"], event["event_name"].text() == "patient_created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=patient["id"].text(),
        occurred_at=event.get("event_time").time_or_none(),
        people=(person(patient),),
    )


def check_institution(event: Node, source: Source) -> None:
    if event.get("subdomain").text_or_none() not in (None, source.settings.subdomain):
        raise NotWanted("the event is of another institution than settings.subdomain")


def person(patient: Node) -> Person:
    names = ("cell_phone_number", "phone_number", "home_phone_number")
    return read_person(
        patient,
        email="email",
        first_name="first_name",
        last_name="last_name",
        full_name="name",
        phone=(*names, *(f"bio.{name}" for name in names)),
    )


HANDLERS: dict[str, Handler] = {
    "appointment_insertion.complete": on_appointment,
    "appointment_created": on_appointment,
    "appointment_updated": on_appointment,
    "patient_created": on_patient,
    "patient_updated": on_patient,
}


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_header("signature", stamp="timestamp"),
        signed=signed_as("{timestamp}.{body_base64}"),
        encoding="either",
        stamp=ANY_TIME,
    ),
    split=split,
    event_type=field_text("event_name"),
    handlers=HANDLERS,
    ignored=words("""
        appointment_insertion.failed appointment_insertion.timed_out appointment_requested
        document_insertion.* form_request_completed form_response_insertion.* patient_insertion.*
        patient_insurance_* procedure_* provider_* sync_status_* working_hour_*
    """),
    kinds=APPOINTMENTS | CONTACTS,
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=NexHealthSecrets,
    settings=NexHealthSettings,
)
