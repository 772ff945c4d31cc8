"""Answers of the destination that are nearly as documented: nobody pays for somebody else's oddity."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from relay.core.outcome import Answer, Delivered, Failure, Scope, Unconfirmed, judge
from tests.factories import NOW

ANA, BEN = "ana@example.com", "ben@example.com"
QUEUED = {"email": ANA, "contactId": "c-1", "status": "queued"}


@pytest.mark.parametrize("odd", [{"email": None, "status": "skipped"}, {"status": "skipped"}, BEN, None])
def test_an_entry_that_names_nobody_leaves_the_others_confirmed(odd: Any) -> None:
    body = orjson.dumps({"data": {"sendingsCreated": 1, "results": [QUEUED, odd]}})
    verdict = judge(Answer(200, {}, body), [ANA, BEN], NOW)
    assert verdict == [Delivered("c-1"), Unconfirmed("no result for this contact; the call made 1 sendings")]


@pytest.mark.parametrize(
    ("message", "scope"),
    [
        ("Invalid email: draft@example.com", Scope.CONTACTS),
        ("not.active@example.com is not a valid address", Scope.CONTACTS),
        ("Sequence is paused", Scope.SEQUENCE),
        ("Cannot enrol ana@example.com: the sequence is not active", Scope.SEQUENCE),
    ],
)
def test_a_persons_address_says_nothing_about_the_sequence(message: str, scope: Scope) -> None:
    body = orjson.dumps({"error": {"code": "VALIDATION_ERROR", "message": message}})
    verdict = judge(Answer(400, {}, body), [ANA], NOW)
    assert isinstance(verdict, Failure)
    assert verdict.scope is scope
