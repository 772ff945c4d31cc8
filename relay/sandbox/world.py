"""The destination's state, in memory: no I/O and no clock; times come in as values."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from random import Random
from typing import TYPE_CHECKING, Literal

from relay.sandbox.idempotency import Repeats
from relay.sandbox.ids import Kind, make_id
from relay.sandbox.journal import Journal
from relay.sandbox.rates import Meter
from relay.sandbox.records import (
    EVERYTHING,
    ApiKey,
    Contact,
    Organization,
    Place,
    Sending,
    Sequence,
    Split,
    Status,
    Step,
    Trigger,
)
from relay.sandbox.schedule import Agenda

if TYPE_CHECKING:
    from relay.sandbox.outgoing import Post, Thread

SENDINGS_KEPT = 1_000_000
OUTBOX_KEPT = 100_000


class World:
    """Everything that the destination knows, and what it was seen doing.

    The same seed and the same calls give the same ids, A/B draws and orders. The newest million
    sendings are kept one by one; `enrolled` counts all of them by (contact, sequence called).
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - A/B draws that a test can repeat, no secret
        self.organizations: dict[str, Organization] = {}
        self.keys: dict[str, ApiKey] = {}
        self.sessions: dict[str, str] = {}
        self.locations: dict[str, Place] = {}
        self.employees: dict[str, Place] = {}
        self.sequences: dict[str, Sequence] = {}
        self.contacts: dict[str, Contact] = {}
        self.sendings: deque[Sending] = deque(maxlen=SENDINGS_KEPT)
        self.sendings_made = 0
        self.enrolled: Counter[tuple[str, str]] = Counter()
        self.agenda = Agenda()
        self.outbox: deque[Thread] = deque(maxlen=OUTBOX_KEPT)
        self.held: dict[int, list[Post]] = {}
        self.events_made = 0
        self.journal = Journal()
        self.repeats = Repeats()
        self.meters: dict[str, Meter] = {}
        self._numbers: Counter[Kind] = Counter()
        self._by_email: dict[tuple[str, str], list[Contact]] = {}

    def new_id(self, kind: Kind) -> str:
        """The next id of a kind."""
        self._numbers[kind] += 1
        return make_id(kind, self._numbers[kind], self.seed)

    # --- furnishing it ---

    def add_organization(self, name: str, *, id: str | None = None) -> Organization:  # noqa: A002 - the API's word
        """A new organization without keys."""
        organization = Organization(id or self.new_id("organization"), name)
        self.organizations[organization.id] = organization
        return organization

    def add_key(
        self,
        organization_id: str,
        secret: str,
        *,
        scopes: Iterable[str] = EVERYTHING,
        active: bool = True,
        expires_at: float | None = None,
    ) -> ApiKey:
        """A key of an organization; an existing key with that secret is replaced."""
        key = ApiKey(secret, organization_id, frozenset(scopes), active, expires_at)
        self.keys[secret] = key
        return key

    def add_sequence(
        self,
        organization_id: str,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's word
        status: Status = "active",
        steps: Iterable[Step] | None = None,
        split: Split | None = None,
        trigger: Trigger = "api",
    ) -> Sequence:
        """A sequence; without `steps` it gets one survey that goes out at once."""
        chosen = [Step(self.new_id("step"))] if steps is None else list(steps)
        sequence = Sequence(
            id or self.new_id("sequence"), organization_id, name, status, chosen, split, trigger
        )
        self.sequences[sequence.id] = sequence
        return sequence

    def add_place(
        self,
        kind: Literal["location", "employee"],
        organization_id: str,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's word
        active: bool = True,
    ) -> Place:
        """A location or an employee."""
        place = Place(id or self.new_id(kind), organization_id, name, active)
        (self.locations if kind == "location" else self.employees)[place.id] = place
        return place

    # --- contacts ---

    def add_contact(
        self, organization_id: str, email: str, now: float, *, unsubscribed: bool = False
    ) -> Contact:
        """A new contact with only an address."""
        contact = Contact(self.new_id("contact"), organization_id, email)
        contact.created_at = contact.updated_at = now
        contact.unsubscribed = unsubscribed
        self.contacts[contact.id] = contact
        self._by_email.setdefault(_fold(organization_id, email), []).append(contact)
        return contact

    def find_contact(self, organization_id: str, email: str, *, fold: bool) -> Contact | None:
        """The contact with this address; `fold` takes case and outer spaces as equal."""
        for contact in self._by_email.get(_fold(organization_id, email), ()):
            if fold or contact.email == email:
                return contact
        return None

    def rename_contact(self, contact: Contact, email: str) -> None:
        """Give a contact another address."""
        self._by_email[_fold(contact.organization_id, contact.email)].remove(contact)
        contact.email = email
        self._by_email.setdefault(_fold(contact.organization_id, email), []).append(contact)

    def remove_contact(self, contact: Contact) -> None:
        """Delete a contact; its sendings stay as proof."""
        self._by_email[_fold(contact.organization_id, contact.email)].remove(contact)
        del self.contacts[contact.id]

    # --- sendings ---

    def add_sending(self, sending: Sending) -> None:
        """Keep a sending and count it."""
        self.sendings_made += 1
        self.sendings.append(sending)
        self.enrolled[sending.contact_id, sending.sequence_id] += 1

    def sending_id(self, sending: Sending) -> str:
        """The id that callbacks carry."""
        return make_id("sending", sending.number, self.seed)

    def doubles(self) -> Iterator[tuple[str, str, int]]:
        """(contact, sequence, times) for every pair enrolled more than once."""
        return (
            (contact, sequence, times) for (contact, sequence), times in self.enrolled.items() if times > 1
        )

    # --- limits ---

    def meter(self, organization_id: str) -> Meter:
        """The rate windows of an organization."""
        return self.meters.setdefault(organization_id, Meter())


def _fold(organization_id: str, email: str) -> tuple[str, str]:
    return organization_id, email.strip().casefold()
