"""What every connector inherits: checks that know no provider, only a connector and its recorded cases.

Each takes a `Subject`, so that a connector of a user passes the same ones as those that are built in.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from dataclasses import replace

import pytest

from relay.core.case import run_case, sign_anew
from relay.core.connector import Ignored
from relay.core.event import Event
from relay.core.fate import Parked
from relay.core.source import Settings
from tests.subject import Subject, deliver, document_in, read, recorded, variants

IMPURE = {
    "asyncio",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "uuid",
}
ODD_BODIES = (
    b"",
    b"null",
    b"[]",
    b"0",
    b'"text"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"<a>" * 10_000,
    b"a[b][c]" * 10_000 + b"=1",
    b"&=&%zz=%",
)


def other(key: str) -> str:
    """A secret of the same form that differs in one character."""
    at = next(index for index in range(len(key) // 2, len(key)) if key[index].isalnum())
    swapped = str((int(key[at]) + 1) % 10) if key[at].isdecimal() else "bc"[key[at] in "bB"]
    return key[:at] + swapped + key[at + 1 :]


def it_has_cases_enough(subject: Subject) -> None:
    outcomes = [run_case(case, subject.connector)["outcome"] for case in subject.cases.values()]
    assert len(outcomes) >= 4
    assert "unverified" in outcomes
    assert "events" in outcomes


def every_handler_has_a_case(subject: Subject) -> None:
    assert subject.connector.handlers.keys() - {"*"} <= subject.types.keys()


def its_kinds_are_those_that_its_cases_show(subject: Subject) -> None:
    ran = [run_case(case, subject.connector) for case in subject.accepted]
    shown = {event["kind"] for result in ran for event in result["events"]}
    declared = {kind.value for kind in subject.connector.kinds}
    assert shown <= declared
    if subject.connector.handlers.keys() - {"*"}:
        unshown = declared - shown
        assert [kind for kind in unshown if kind not in subject.connector.page] == [], "not set by a setting"


def its_page_names_every_secret_and_setting(subject: Subject) -> None:
    page = subject.connector.page
    own = {*subject.connector.secrets.model_fields, *subject.connector.settings.model_fields}
    assert [name for name in own - {*Settings.model_fields} if not re.search(rf"[`.]{name}\b", page)] == []
    assert "ocumentation" in page


def it_is_short_and_imports_the_kit_alone(subject: Subject) -> None:
    text = subject.path.read_text()
    assert len(text.splitlines()) <= 200
    imported = {
        name
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    roots = {name.partition(".")[0] for name in imported - {"relay.kit"}}
    assert roots <= sys.stdlib_module_names - IMPURE


def a_recorded_delivery_is_verified(subject: Subject) -> None:
    subject.live.verify(subject.request, subject.source, subject.first.now)


def the_relay_can_play_the_sender(subject: Subject) -> None:
    later = subject.first.now + 86_400
    request = sign_anew(subject.first, subject.connector, subject.source, later)
    subject.live.verify(request, subject.source, later)


def a_changed_body_is_refused(subject: Subject) -> None:
    if not subject.covers_body:
        pytest.skip("the sender shows a token and signs nothing")
    body = subject.request.body
    for at in (0, len(body) // 2, len(body) - 1):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        subject.refusal(replace(subject.request, body=changed))


def a_delivery_without_proof_is_refused(subject: Subject) -> None:
    bare = {"content-type": subject.request.header("content-type") or ""}
    url = subject.request.url.partition("?")[0]
    body = b"{}" if subject.live.verify.in_body else subject.request.body
    subject.refusal(replace(subject.request, headers=bare, token=None, url=url, body=body))


def the_proof_of_another_secret_is_refused(subject: Subject) -> None:
    subject.refusal(subject.request, subject.with_keys(*map(other, subject.keys)))


def each_of_several_live_secrets_is_accepted(subject: Subject) -> None:
    rotated = subject.with_keys(*map(other, subject.keys), *subject.keys)
    subject.live.verify(subject.request, rotated, subject.first.now)


def without_a_secret_everything_is_refused(subject: Subject) -> None:
    subject.refusal(subject.request, subject.with_keys())
    subject.refusal(subject.request, replace(subject.source, secrets={}))


def an_old_or_future_stamp_is_refused(subject: Subject) -> None:
    if not subject.live.verify.checks_age:
        pytest.skip("the sender signs no time")
    far = 2 * subject.source.settings.tolerance + 60
    for now in (subject.first.now + far, subject.first.now - far):
        subject.refusal(subject.request, now=now)


def a_refusal_holds_no_secret(subject: Subject) -> None:
    strangers = subject.with_keys(*map(other, subject.keys))
    bare = replace(subject.request, headers={}, token=None)
    bare = replace(bare, body=b"{}") if subject.live.verify.in_body else bare
    told = subject.refusal(subject.request, strangers) + subject.refusal(bare)
    for keys in (*subject.source.secrets.values(), *strangers.secrets.values()):
        assert [key for key in keys if key in told] == []


def a_truncated_body_is_never_an_event(subject: Subject) -> None:
    body = subject.request.body
    for length in range(0, len(body) - 1, max(1, len(body) // 16)):
        fates = deliver(subject, subject.first, body[:length], recorded(subject.first))
        if body[:1] in (b"{", b"[", b"<"):
            assert [one for one in fates if isinstance(one.fate, Event)] == []


def odd_bodies_have_a_fate(subject: Subject) -> None:
    for body in ODD_BODIES:
        assert deliver(subject, subject.first, body, recorded(subject.first))


def any_value_of_a_body_may_be_missing_or_odd(subject: Subject) -> None:
    for case in subject.handled:
        if document := document_in(case.request.content):
            for odd in variants(document):
                assert deliver(subject, case, json.dumps(odd).encode(), recorded(case))


def any_value_of_an_answer_may_be_missing_or_odd(subject: Subject) -> None:
    for case in subject.handled:
        for at, upstream in enumerate(case.upstream):
            for document in variants(upstream.body):
                odd = [*case.upstream[:at], upstream.model_copy(update={"body": document})]
                answers = recorded(case.model_copy(update={"upstream": odd + case.upstream[at + 1 :]}))
                assert deliver(subject, case, case.request.content, answers)


def an_unknown_type_parks_unless_the_source_ignores_it(subject: Subject) -> None:
    if "*" in subject.live.handlers:
        pytest.skip("the connector takes every type")
    stranger = replace(subject.live, event_type=lambda _request, _event: "nobody.sends.this")
    for choice, fate in (("park", Parked), ("ignore", Ignored)):
        chosen = subject.source.settings.model_copy(update={"unknown_events": choice})
        source = replace(subject.source, settings=chosen)
        fates = read(stranger, source, subject.request, recorded(subject.first))
        assert {type(one.fate) for one in fates} == {fate}


def reading_twice_reads_the_same(subject: Subject) -> None:
    for case in subject.accepted:
        once, again = (deliver(subject, case, case.request.content, recorded(case)) for _ in range(2))
        assert once == again


def no_reason_repeats_a_persons_address(subject: Subject) -> None:
    reasons = [run_case(case, subject.connector)["reason"] or "" for case in subject.cases.values()]
    assert [reason for reason in reasons if re.search(r"\w@\w", reason)] == []


INHERITED = (
    it_has_cases_enough,
    every_handler_has_a_case,
    its_kinds_are_those_that_its_cases_show,
    its_page_names_every_secret_and_setting,
    it_is_short_and_imports_the_kit_alone,
    a_recorded_delivery_is_verified,
    the_relay_can_play_the_sender,
    a_changed_body_is_refused,
    a_delivery_without_proof_is_refused,
    the_proof_of_another_secret_is_refused,
    each_of_several_live_secrets_is_accepted,
    without_a_secret_everything_is_refused,
    an_old_or_future_stamp_is_refused,
    a_refusal_holds_no_secret,
    a_truncated_body_is_never_an_event,
    odd_bodies_have_a_fate,
    any_value_of_a_body_may_be_missing_or_odd,
    any_value_of_an_answer_may_be_missing_or_odd,
    an_unknown_type_parks_unless_the_source_ignores_it,
    reading_twice_reads_the_same,
    no_reason_repeats_a_persons_address,
)
