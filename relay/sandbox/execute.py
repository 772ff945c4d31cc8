"""What an execute call does: upsert, check, draw, enroll.

Sources: https://demeterrr.mintlify.app/api-reference/sequences/execute,
https://demeterrr.app/help/sequences/api-triggered-sequences,
https://demeterrr.app/help/sequences/ab-testing-sequences
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from relay.sandbox.answers import Answer, answer_json, refuse
from relay.sandbox.execute_body import Order, read_contact_ids, read_object, read_order, read_places
from relay.sandbox.records import Contact, Sending, Sequence
from relay.sandbox.upsert import upsert

if TYPE_CHECKING:
    from relay.sandbox.auth import Visit
    from relay.sandbox.switches import Switches

MOST_CONTACT_IDS = 500


class Candidate(NamedTuple):
    """One contact of a call as it was written there; no contact where it was invalid."""

    email: str
    contact: Contact | None


class Places(NamedTuple):
    """The location and the employee that a call names for all its contacts."""

    location_id: str | None
    employee_id: str | None


def execute(visit: Visit, sequence_id: str) -> Answer:
    """`POST /api/v1/sequences/:id/execute`.

    The documents give the order: contacts are created or updated first, then the sequence is
    checked; `blocked_upserts` turns it round.
    """
    order = read_order(visit)
    sequence = visit.sequence(sequence_id)
    places = Places(order.location_id, order.employee_id)
    if not visit.switches.blocked_upserts:
        check_runnable(visit, sequence)
    candidates = _upsert_all(visit, order)
    # Checked again where it was checked before: cheap, and the order of the two stays in one place.
    check_runnable(visit, sequence)
    return enroll(visit, sequence, candidates, places)


def execute_internal(visit: Visit, sequence_id: str) -> Answer:
    """`POST /api/sequences/:id/execute`, the app's own: ids of existing contacts, at most 500."""
    body = read_object(visit.call, visit.switches)
    contact_ids = read_contact_ids(body, MOST_CONTACT_IDS)
    places = Places(*read_places(body, visit))
    sequence = visit.sequence(sequence_id)
    check_runnable(visit, sequence)
    candidates = [_existing(visit, contact_id) for contact_id in contact_ids]
    return enroll(visit, sequence, candidates, places)


def _existing(visit: Visit, contact_id: str) -> Candidate:
    contact = visit.world.contacts.get(contact_id)
    if contact is None or contact.organization_id != visit.organization.id:
        return Candidate("", None)
    return Candidate(contact.email, contact)


def _upsert_all(visit: Visit, order: Order) -> list[Candidate]:
    return [
        Candidate(
            str(given["email"]),
            None if place in order.malformed else upsert(visit, given, order.location_id),
        )
        for place, given in enumerate(order.contacts)
    ]


def check_runnable(visit: Visit, sequence: Sequence) -> None:
    """Refusal when the sequence, or the variant of its A/B test, cannot take anybody."""
    switches = visit.switches
    wrong_trigger = switches.api_trigger_only and sequence.trigger != "api"
    if sequence.status != "active" or wrong_trigger:
        raise refuse(switches.inactive_status, switches.inactive_code, "Sequence is not active")
    if not sequence.steps:
        raise refuse(switches.no_steps_status, switches.no_steps_code, "Sequence has no steps")
    variant = _variant(visit, sequence)
    if variant is not None and (variant.status != "active" or not variant.steps):
        why = "has no steps" if variant.status == "active" else "is not active"
        raise refuse(switches.variant_status, switches.variant_code, f"Variant B {why}")


def _variant(visit: Visit, sequence: Sequence) -> Sequence | None:
    return visit.world.sequences[sequence.split.variant_id] if sequence.split else None


def enroll(visit: Visit, sequence: Sequence, candidates: list[Candidate], places: Places) -> Answer:
    """One sending for each contact that may have one, and the answer that tells so."""
    if visit.switches.duplicates == "one":
        candidates = _distinct(candidates)
    takers = [contact for _, contact in candidates if contact and not contact.unsubscribed]
    if not takers:
        raise refuse(
            visit.switches.no_contacts_status,
            visit.switches.no_contacts_code,
            "All contacts are invalid or unsubscribed",
        )
    sendings = [_send(visit, sequence, contact, places) for contact in takers]
    _start(visit, sendings)
    data = {
        **_named(visit, sequence, sendings[0]),
        "contactsProcessed": _processed(visit, candidates, len(sendings)),
        "sendingsCreated": len(sendings),
        "results": _results(visit, candidates),
    }
    return answer_json(visit.switches.success_status, {"data": data})


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    first: dict[str, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.contact.id if candidate.contact else candidate.email, candidate)
    return list(first.values())


def _send(visit: Visit, sequence: Sequence, contact: Contact, places: Places) -> Sending:
    world = visit.world
    sending = Sending(
        world.sendings_made + 1,
        contact.id,
        sequence.id,
        _drawn(visit, sequence),
        places.location_id,
        places.employee_id,
        visit.call.number,
        visit.call.now,
    )
    world.add_sending(sending)
    return sending


def _drawn(visit: Visit, sequence: Sequence) -> str:
    split = sequence.split
    if split and visit.world.random.random() * 100 < split.percent:
        return split.variant_id
    return sequence.id


def _start(visit: Visit, sendings: list[Sending]) -> None:
    """Put the first step on the agenda; the answer does not wait for it."""
    # One entry for each sequence drawn, not for each sending: a benchmark makes millions of these.
    groups: dict[str, list[Sending]] = {}
    for sending in sendings:
        groups.setdefault(sending.runs_id, []).append(sending)
    for runs_id, group in groups.items():
        delay = visit.world.sequences[runs_id].steps[0].delay_hours * visit.switches.hour_seconds
        visit.world.agenda.add(visit.call.now + delay, 0, group)


def _processed(visit: Visit, candidates: list[Candidate], queued: int) -> int:
    counted = {
        "upserted": sum(contact is not None for _, contact in candidates),
        "submitted": len(candidates),
        "queued": queued,
    }
    return counted[visit.switches.processed]


def _named(visit: Visit, sequence: Sequence, first: Sending) -> dict[str, Any]:
    drawn = visit.switches.variant_named == "drawn"
    named = visit.world.sequences[first.runs_id] if drawn else sequence
    return {"sequenceId": named.id, "sequenceName": named.name}


def _results(visit: Visit, candidates: list[Candidate]) -> list[dict[str, Any]]:
    switches = visit.switches
    results = [
        _result(candidate, switches)
        for candidate in candidates
        if switches.skipped == "listed" or _queued(candidate)
    ]
    if switches.results_order == "reversed":
        results.reverse()
    elif switches.results_order == "shuffled":
        visit.world.random.shuffle(results)
    return results[: max(0, len(results) - switches.results_missing)]


def _queued(candidate: Candidate) -> bool:
    return candidate.contact is not None and not candidate.contact.unsubscribed


def _result(candidate: Candidate, switches: Switches) -> dict[str, Any]:
    email, contact = candidate
    stored = contact is not None and switches.result_email == "stored"
    return {
        "email": contact.email if contact and stored else email,
        "contactId": contact.id if contact else None,
        "status": switches.result_status if _queued(candidate) else switches.skipped_status,
    }
