"""Readings to events: addresses, numbers and names made fit to send, or why there is nobody to enrol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relay.core.connector import Ignored
from relay.core.contact import (
    Contact,
    NotAnAddress,
    clean_name,
    normalise_email,
    split_name,
)
from relay.core.event import Event, Person, Reading
from relay.core.fate import Parked
from relay.core.phone import normalise_phone


def normalise(reading: Reading, regions: Sequence[str]) -> Event | Ignored | Parked:
    """A reading as an event with normalised contacts, or why there is nobody to enrol.

    `regions` follow the country beside a phone number in the chain of regions.
    """
    notes: list[str] = []
    contacts: dict[str, Contact] = {}
    faults: list[str] = []
    unsubscribed: set[str] = set()
    for index, person in enumerate(reading.people, 1):
        who = f"person {index}: " if len(reading.people) > 1 else ""
        if person.email is None or not person.email.strip():
            notes.append(f"{who}no e-mail address")
            continue
        try:
            contact = _contact(person, regions, notes, who)
        except NotAnAddress as error:
            faults.append(f"{who}the e-mail address is not valid: {error}")
            continue
        contacts.setdefault(contact.identity, contact)
        if person.unsubscribed:
            unsubscribed.add(contact.identity)
    withdraws = reading.kind.withdraws
    if reading.occurred_at is None:
        return Parked("the event has no time, and the request's is not known")
    if not contacts and not withdraws:
        if faults:
            return Parked("; ".join(faults))
        reason = "no e-mail address" if reading.people else "no person in this event"
        return Ignored(reason, nobody=True)
    return Event(
        kind=reading.kind,
        key=reading.key,
        occurred_at=reading.occurred_at,
        ends_at=reading.ends_at,
        contacts=tuple(contacts.values()),
        unsubscribed=frozenset(unsubscribed),
        location=reading.location,
        employee=reading.employee,
        withdraws=withdraws,
        test=reading.test,
        notes=tuple(notes + faults),
    )


def _contact(person: Person, regions: Iterable[str], notes: list[str], who: str) -> Contact:
    first, last = clean_name(person.first_name), clean_name(person.last_name)
    if first is None and last is None and person.full_name:
        first, last = split_name(person.full_name)
        if first is None and last is None:
            notes.append(f"{who}the name was not split, a guess would likely be wrong")
    phone = None
    if person.phone and person.phone.strip():
        chain = (*_country(person.country), *regions)
        phone = normalise_phone(person.phone.strip(), chain)
        if phone is None:
            notes.append(f"{who}the phone number is not valid in {', '.join(chain) or 'any region'}")
    return Contact(email=normalise_email(person.email or ""), first_name=first, last_name=last, phone=phone)


def _country(text: str | None) -> tuple[str, ...]:
    """Two letters are a country's code; many senders let people type anything."""
    return (text.upper(),) if text and len(text) == 2 and text.isascii() and text.isalpha() else ()
