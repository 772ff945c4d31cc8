"""What the senders in the catalogue send is recorded without its people, and read as before."""

from __future__ import annotations

import json
import re

import pytest

from relay.core.case import Case, parse_case, run_case
from relay.core.connector import Connector
from relay.core.errors import Unreadable
from relay.recording.comparing import changed_readings
from relay.recording.record import Stored, as_it_came, record
from relay.recording.writing import case_text, with_expectation
from tests.recording.stored import (
    CASES,
    REGISTRY,
    accepted,
    claims_of,
)

RECORDED = sorted(folder.name for folder in CASES.iterdir() if any(folder.glob("*.json")))


def is_token(case: Case) -> bool:
    try:
        claims_of(case.request.body)
    except Unreadable:
        return False
    return True


def faults_of(request: Stored, connector: Connector) -> list[str]:
    """What is read otherwise in a recording of a request, and which people and secrets are left in it."""
    made = record(request, connector, title="t", evidence="e")
    before = run_case(as_it_came(request, connector), connector)
    again = parse_case(case_text(with_expectation(made.case, connector)).encode())
    people = {
        text.casefold()
        for event in before["events"]
        for contact in event["contacts"]
        for text in contact.values()
        if text and len(text) > 2 and not set(text) & set("<>")
    }
    text = case_text(again) + (json.dumps(claims_of(again.request.body)) if is_token(again) else "")
    left = [one for one in people if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text.casefold())]
    secrets = [secret for secret in request.secrets if secret in text]
    return [*changed_readings(before, run_case(again, connector)), *left, *secrets]


@pytest.mark.parametrize("name", RECORDED)
def test_what_any_vendor_sends_is_read_after_recording_as_before(name: str) -> None:
    connector = REGISTRY.get(name)
    found = {stem: faults_of(request, connector) for stem, request in accepted(connector)}
    assert {stem: faults for stem, faults in found.items() if faults} == {}
