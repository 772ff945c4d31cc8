"""ServiceM8: jobs completed and called off.

**Set-up.** Nothing is signed, so the URL holds the secret.

1. Make a long random text (`openssl rand -hex 32`): it is `url_token`.
2. In ServiceM8 open *Settings → API Keys* and make a key; it goes into `api_key`. It needs to read jobs and
   job contacts. An add-on's OAuth token does not last and cannot be used here.
3. Subscribe with that key: `curl https://api.servicem8.com/webhook_subscriptions/event -H "X-API-Key: …"
   -d event=job.completed -d "callback_url=<the source's URL>/<the random text>"`. To withdraw what waits when
   a job turns out unsuccessful, also `…/object … -d object=job -d fields=status,active`. The relay answers
   the challenge that an add-on's subscription begins with.

**Good to know.** ServiceM8 sends which fields have changed and no values: the relay asks for the job and its
contacts (two calls; 180 in a minute and 20,000 in a day are allowed). A job counts once its status is
*Completed*; an *Unsuccessful* or deleted one withdraws; *Quote* and *Work Order* are ignored. Its id is the
key, so that later changes enrol nobody again. Who is enrolled is the job contact, else another contact of the
job that has an address. The staff member who completed it is given as `employee`. Phone numbers come as they
were typed: set `default_region`. The address of the resource in the body is never called. Deliveries must be
answered within 10 seconds and are repeated for 72 hours; then the subscription is *cancelled*: make it anew.

Documentation: https://developer.servicem8.com/docs/webhooks-overview (confidence: from public captures:
envelope by the vendor, job and contacts from public code)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source, Unreadable
from relay.kit.lookups import fetched, get, key_in_header, url_of
from relay.kit.proof import SharedToken
from relay.kit.reading import all_texts, first_of, parse_by_content_type, words
from relay.kit.replies import echo_form
from relay.kit.settings import Keys, Secrets

API = "https://api.servicem8.com/api_1.0"
AUTH = key_in_header("x-api-key", "api_key")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
KINDS = {"completed": Kind.APPOINTMENT_COMPLETED, "unsuccessful": Kind.APPOINTMENT_CANCELLED}


class ServiceM8Secrets(Secrets):
    url_token: Keys
    """The random text at the end of the URL."""

    api_key: Keys
    """The API key, for looking up jobs and their contacts."""


def split(root: Node) -> Iterator[Node]:
    """One event for each entry; add-ons receive them within `eventArgs`, and a form holds them as JSON."""
    arguments = first_of(root.get("eventArgs"), root).json()
    return (arguments.having(entry=entry) for entry in arguments["entry"].json().each())


def event_type(_request: Request, event: Node) -> str:
    return event["object"].text().lower()


def on_job(event: Node, _source: Source) -> Asking:
    entry = event["entry"]
    job_id, changed_at = uuid(entry["uuid"]), entry.get("time").time_or_none()
    job = yield from fetched(
        get(url_of(API, "job", f"{job_id}.json"), auth=AUTH), "ServiceM8 has no such job"
    )
    status = job["status"].text()
    there = not job.get("active").exists or job["active"].flag()
    kind = KINDS.get(status.lower()) if there else Kind.APPOINTMENT_CANCELLED
    if kind is None:
        return Ignored(f"the job is {status}, not Completed")
    employee = job.get("completion_actioned_by_uuid").text_or_none()
    report = Reading(kind=kind, key=job_id, occurred_at=changed_at, employee=employee)
    if kind.withdraws:
        return report
    contacts = yield get(
        url_of(API, "jobcontact.json", **{"$filter": f"job_uuid eq '{job_id}'"}),
        auth=AUTH,
    )
    contact = chosen(contacts.body) if contacts.found else None
    if contact is None:
        return Ignored("the job has no contact with an e-mail address", nobody=True)
    return replace(report, people=(person(contact),))


def uuid(node: Node) -> str:
    """It stands within quotes of a filter, where a hostile one could ask for more."""
    if not UUID.fullmatch(text := node.text()):
        raise Unreadable("is no UUID", node.path)
    return text.lower()


def chosen(contacts: Node) -> Node | None:
    """Of the contacts that can be written to the one for the job itself, else the primary, else any."""
    there = [one for one in contacts.each() if not one.get("active").exists or one["active"].flag()]
    reachable = [one for one in there if one.get("email").text_or_none()]
    return min(reachable, key=preference, default=None)


def preference(contact: Node) -> tuple[bool, bool]:
    kind = (contact.get("type").text_or_none() or "").upper()
    return not kind.startswith("JOB"), not contact.get("is_primary_contact").flag()


def person(contact: Node) -> Person:
    return Person(
        email=contact["email"].text(),
        first_name=contact.get("first").text_or_none(),
        last_name=contact.get("last").text_or_none(),
        phone=all_texts(contact.get("mobile"), contact.get("phone")),
    )


CONNECTOR = Connector(
    verify=SharedToken(),
    handshake=echo_form("challenge"),
    parse=parse_by_content_type,
    split=split,
    event_type=event_type,
    handlers={"job": on_job},
    ignored=words("""
        asset attachment category company companycontact dboattachment feedback jobactivity jobcontact
        jobmaterial jobpayment location material note queue staff task vendor
    """),
    kinds=frozenset(KINDS.values()),
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=ServiceM8Secrets,
)
