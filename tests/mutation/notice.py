"""Who notices that a signature is no longer checked: the recorded cases and what every connector inherits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import connectors
from relay.checking import checks, proofs
from relay.checking.checks import Check
from relay.checking.subject import NotApplicable, Subject, load
from relay.core.connector import Connector
from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.source import Source
from relay.registry import Registry
from tests.vendors.key_addresses import AT, addresses

CASES = Path(__file__).parents[1] / "connectors"
SIGNATURE_CHECKS: tuple[Check, ...] = (
    checks.the_relay_can_play_the_sender,
    checks.a_changed_body_is_refused,
    checks.a_delivery_without_proof_is_refused,
    checks.the_proof_of_another_secret_is_refused,
    checks.each_of_several_live_secrets_is_accepted,
    checks.without_a_secret_everything_is_refused,
    checks.an_old_or_future_stamp_is_refused,
    checks.a_refusal_holds_no_secret,
    proofs.a_tolerance_belongs_to_a_time_that_is_checked,
    proofs.a_header_that_shows_a_secret_is_never_stored,
    proofs.a_request_of_another_account_is_refused,
    proofs.a_key_is_fetched_from_the_vendor_alone,
    proofs.a_source_without_the_secret_of_its_proof_is_refused,
)


@dataclass(frozen=True)
class Delivery:
    """A recorded delivery, and whether its case expects it to be authentic."""

    name: str
    request: Request
    source: Source
    now: float
    authentic: bool


@dataclass(frozen=True, eq=False)
class Guarded:
    """A connector, and what its cases say of its deliveries."""

    subject: Subject

    @cached_property
    def deliveries(self) -> list[Delivery]:
        return [
            Delivery(
                name,
                case.make_request(),
                case.make_source(self.subject.connector),
                case.now,
                (case.expect or {})["outcome"] != "unverified",
            )
            for name, case in self.subject.cases.items()
            if (case.expect or {})["outcome"] != "handshake"
            and case.request.method in self.subject.connector.methods
        ]

    def prepare(self) -> None:
        """Reads what the cases say with code that is whole."""
        _ = self.deliveries, self.subject.first, self.subject.accepted

    @property
    def module(self) -> str:
        return next(
            name
            for name, one in sys.modules.items()
            if getattr(one, "__file__", None) == str(self.subject.path)
        )

    def as_made_by(self, connector: Connector) -> Guarded:
        """The same cases for another making of the connector, read by nobody yet."""
        subject = replace(self.subject, connector=connector)
        subject.__dict__.update(first=self.subject.first, accepted=self.subject.accepted)
        guarded = Guarded(subject)
        guarded.__dict__["deliveries"] = self.deliveries
        return guarded

    def faults(self) -> Iterator[str]:
        """What is noticed, in sentences; nothing where all is as it should be."""
        connector = self.subject.connector
        for one in self.deliveries:
            if _accepts(connector, one) != one.authentic:
                yield f"case {one.name} is {'refused' if one.authentic else 'accepted'}"
        for name, case in self.subject.cases.items():
            at = AT.get((connector.name, name))
            if at and addresses(connector, case) != at:
                yield f"case {name} has its key elsewhere"
        for check in SIGNATURE_CHECKS:
            try:
                yield from check(self.subject)
            except NotApplicable:
                continue


def _accepts(connector: Connector, one: Delivery) -> bool:
    try:
        connector.for_source(connector, one.source).verify(one.request, one.source, one.now)
    except Unverified:
        return False
    return True


def first_fault(all_guarded: Iterable[Guarded]) -> str | None:
    """The first thing that is noticed. A check that breaks down has noticed something, too."""
    for guarded in all_guarded:
        try:
            fault = next(guarded.as_made_by(guarded.subject.connector).faults(), None)
        except Exception as error:  # noqa: BLE001  # broken code raises anything
            fault = f"raises {type(error).__name__}"
        if fault:
            return f"{guarded.subject}: {fault}"
    return None


def built_in() -> list[Guarded]:
    files = {path.stem: path for path in Path(connectors.__path__[0]).rglob("*.py")}
    return [
        Guarded(load(connector, files[connector.name], CASES / connector.name))
        for connector in Registry().all()
        if connector.name in files
    ]
