"""Housecall Pro: jobs done, scheduled, cancelled and paid, and new customers.

**Set-up.** You need the MAX plan.

1. In Housecall Pro open *App Store → Webhooks* and enable it.
2. Paste the source's URL and choose the events: `job.completed`; for routes that take booked jobs also
   `job.scheduled`, `job.canceled` and `job.deleted`; `job.paid` and `customer.created` if you use them.
3. Copy the *signing secret* into `signing_key`.

**Good to know.** Every report of a job has its id, so that a job that is completed, changed and rated enrols
once. A job without a time is ignored until it is scheduled; a new time moves what waits; cancelling and
deleting withdraw. Who is enrolled is the job's customer, never the employees that stand beside; the first
assigned employee is given as `employee`, the company as `location`. Phone numbers are national: the country
of the job's address counts, else `default_region`. Estimates, invoices, leads and the single appointments of
a job are ignored.

The signature holds a time; it may differ by `tolerance` seconds (default 300). How long Housecall Pro repeats
a failed delivery is not documented; if repeats are refused as too old, raise it.

Documentation: https://docs.housecallpro.com (confidence: from public captures of deliveries)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from relay.kit import (
    SECONDS,
    Connector,
    Handler,
    HmacSignature,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    Reading,
    Request,
    Secrets,
    Source,
    StampedSettings,
    all_texts,
    in_header,
    stamp_dot_body,
)

UNWANTED = ("estimate", "invoice", "job.appointment", "lead", "pro")


class HousecallProSecrets(Secrets):
    signing_key: Keys
    """The signing secret of the webhook."""


def on_job(event: Node, _source: Source) -> Reading | Ignored:
    """A job that was made, moved or changed: its status says what it is by now."""
    job = event["job"]
    status = (job.get("work_status").text_or_none() or "").lower()
    if status.startswith("complete"):
        # An old job may be changed years later, and was not completed then.
        over = about_job(event, Kind.APPOINTMENT_COMPLETED)
        return replace(over, occurred_at=completed_at(event).time_or_none() or over.occurred_at)
    if status.endswith("canceled"):
        return cancelled(event)
    ends_at = job.get("schedule", "scheduled_end").time_or_none()
    return about_job(event, Kind.APPOINTMENT_BOOKED) if ends_at else Ignored("the job has no time yet")


def on_completed(event: Node, _source: Source) -> Reading:
    return about_job(event, Kind.APPOINTMENT_COMPLETED)


def on_paid(event: Node, _source: Source) -> Reading:
    return about_job(event, Kind.PURCHASE_COMPLETED)


def on_cancelled(event: Node, _source: Source) -> Reading:
    return cancelled(event)


def cancelled(event: Node) -> Reading:
    job = event["job"]
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=job["id"].text(), occurred_at=happened_at(event))


def about_job(event: Node, kind: Kind) -> Reading:
    job = event["job"]
    return Reading(
        kind=kind,
        key=job["id"].text(),
        occurred_at=happened_at(event),
        ends_at=job.get("schedule", "scheduled_end").time_or_none(),
        people=(person(job["customer"], job.get("address", "country")),),
        location=event.get("company_id").text_or_none(),
        employee=job.get("assigned_employees", 0, "id").text_or_none(),
    )


def on_customer(event: Node, _source: Source) -> Reading:
    customer = event["customer"]
    created = event["event"].text() == "customer.created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=customer["id"].text(),
        occurred_at=happened_at(event),
        people=(person(customer, customer.get("addresses", 0, "country")),),
        location=event.get("company_id").text_or_none(),
    )


def person(customer: Node, country: Node) -> Person:
    numbers = (customer.get(name) for name in ("mobile_number", "home_number", "work_number"))
    return Person(
        email=customer.get("email").text_or_none(),
        first_name=customer.get("first_name").text_or_none(),
        last_name=customer.get("last_name").text_or_none(),
        phone=all_texts(*numbers),
        country=country.text_or_none(),
    )


def happened_at(event: Node) -> datetime | None:
    """The time of the event where it is given, else that of the job's completion or last change."""
    job, customer = event.get("job"), event.get("customer")
    times = [event.get("event_occurred_at"), job.get("updated_at"), customer.get("updated_at")]
    if event["event"].text() == "job.completed":
        times.insert(1, completed_at(event))
    return next((at for one in times if (at := one.time_or_none())), None)


def completed_at(event: Node) -> Node:
    return event.get("job", "work_timestamps", "completed_at")


def event_type(_request: Request, event: Node) -> str | None:
    """Families of events that are not wanted are one type each."""
    name = event.get("event").text_or_none() or ""
    family = next((one for one in UNWANTED if name.startswith(f"{one}.")), None)
    return f"{family}.*" if family else name or None


def delivery_id(_request: Request, event: Node) -> str | None:
    """Housecall Pro gives none; without a time, a second change of a job would look like the first."""
    name = event["event"].text()
    key = event.get("job", "id").text_or_none() or event.get("customer", "id").text_or_none()
    moment = happened_at(event)
    return f"{name} {key} {moment.isoformat()}" if key and moment else None


HANDLERS: dict[str, Handler] = {
    "job.created": on_job,
    "job.scheduled": on_job,
    "job.updated": on_job,
    "job.completed": on_completed,
    "job.canceled": on_cancelled,
    "job.deleted": on_cancelled,
    "job.paid": on_paid,
    "customer.created": on_customer,
    "customer.updated": on_customer,
}

CONNECTOR = Connector(
    name="housecall_pro",
    label="Housecall Pro",
    group="booking",
    docs="https://docs.housecallpro.com",
    confidence="from public captures",
    verify=HmacSignature(
        place=in_header("api-signature", stamp="api-timestamp"), signed=stamp_dot_body, stamp=SECONDS
    ),
    event_type=event_type,
    delivery_id=delivery_id,
    handlers=HANDLERS,
    ignored=frozenset({"customer.deleted", "job.on_my_way", "job.started"})
    | {f"{family}.*" for family in UNWANTED},
    kinds=frozenset(
        {Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED, Kind.APPOINTMENT_COMPLETED}
        | {Kind.PURCHASE_COMPLETED, Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED}
    ),
    default_events=frozenset({Kind.APPOINTMENT_COMPLETED}),
    secrets=HousecallProSecrets,
    settings=StampedSettings,
)
