"""Webhooks of six senders, told of somebody else each time, and vendors that repeat until they get a 2xx."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from urllib.parse import quote

import aiohttp

from relay.cli.demo.command import playbook_of
from relay.cli.demo.people import Person
from relay.cli.demo.retelling import Role
from relay.cli.demo.scene import Act, Send
from relay.cli.simulate import signed
from relay.config.installation import ActiveSource
from relay.core.case import Case
from relay.core.request import Request
from relay.sandbox.first import AFTER_VISIT, ONBOARDING, REVIEW_REQUEST
from tests.e2e.process import RelayProcess

CASES = {
    "shopify/orders_paid_online": AFTER_VISIT,
    "square/payment_completed": AFTER_VISIT,
    "calendly/invitee_created": REVIEW_REQUEST,
    "acuity/scheduled": REVIEW_REQUEST,
    "hubspot/contact_creation_several_events": ONBOARDING,
    "salesforce/lead_created_several_notifications": ONBOARDING,
}
"""What is sent, and the sequence that its people are to be enrolled in. Three of them are thin."""

MARK = "x-test-attempt"
"""A header that tells every call from every other; the ledger keeps it with the request."""

_AN_HOUR = 3600


@dataclass(frozen=True)
class Delivery:
    """One webhook, and the addresses of those whom it enrolls."""

    case: Case
    sequence: str
    emails: tuple[str, ...]

    def expected(self) -> set[tuple[str, str]]:
        return {(email, self.sequence) for email in self.emails}


def deliveries(each: int) -> list[Delivery]:
    """So many of every case, in turn, all of different people; what they are about is over for an hour."""
    playbook = playbook_of([Act("", tuple(map(Send, CASES)))])
    people = _people()
    told = [
        (playbook.tell(name, _role(f"{name} {number}"), lambda _: next(people)), sequence)
        for number in range(each)
        for name, sequence in CASES.items()
    ]
    return [
        Delivery(one.case, sequence, tuple(person.email for person in one.people)) for one, sequence in told
    ]


def _role(label: str) -> Role:
    return Role(label, label, time.time() - _AN_HOUR)


def _people() -> Iterator[Person]:
    for number in count():
        yield Person(f"Guest{number}", "Example", f"guest{number}@example.com", number % 100)


class Senders:
    """The vendors. `accepted` has the mark of every call that was answered 2xx, `failed` counts others.

    `keeps_connections`: whether a call leaves its connection for another one, in turn.
    """

    def __init__(
        self,
        relays: Sequence[RelayProcess],
        sources: Mapping[str, ActiveSource],
        http: aiohttp.ClientSession,
        keeps_connections: Sequence[bool] = (True,),
    ) -> None:
        self._relays = relays
        self._turns = cycle(relays)
        self._sources = sources
        self._http = http
        self._keeps = cycle(keeps_connections)
        self._attempts = count()
        self.accepted: set[str] = set()
        self.failed = 0

    async def send(self, delivery: Delivery) -> None:
        """Repeat a delivery until it is answered 2xx, as every vendor does."""
        taken = False
        while not taken:
            taken = await self._try(delivery)
            self.failed += not taken

    async def _try(self, delivery: Delivery) -> bool:
        relay = next(self._turns)
        if not relay.up.is_set():  # as a load balancer would
            relay = next((other for other in self._relays if other.up.is_set()), relay)
        await relay.up.wait()
        active = self._sources[delivery.case.connector]
        request = signed(delivery.case, active, time.time())
        mark = str(next(self._attempts))
        parting = {} if next(self._keeps) else {"connection": "close"}
        try:
            async with self._http.request(
                request.method,
                f"{relay.url}{_path(active.name, request)}",
                data=request.body,
                headers={**request.headers, **parting, MARK: mark},
            ) as answer:
                assert answer.status in {200, 503}, await answer.text()
                if answer.status == 200:
                    self.accepted.add(mark)
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False


def _path(source: str, request: Request) -> str:
    token = f"/{quote(request.token, safe='')}" if request.token else ""
    return f"/hooks/{source}{token}"
