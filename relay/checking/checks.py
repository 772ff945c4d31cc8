"""What every connector inherits: checks that know no provider, only a connector and its recorded cases.

A check takes a `Subject` and gives its faults as sentences, none where the connector passes. It raises
`NotApplicable` where there is nothing to look at; whatever else is raised is the connector's fault, too.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from relay.checking.proofs import (
    a_header_that_shows_a_secret_is_never_stored,
    a_key_is_fetched_from_the_vendor_alone,
    a_request_of_another_account_is_refused,
    a_source_without_the_secret_of_its_proof_is_refused,
    a_tolerance_belongs_to_a_time_that_is_checked,
)
from relay.checking.subject import Misbehaved, NotApplicable, Subject, deliver, read, recorded
from relay.checking.variants import document_in, variants
from relay.core.case import Case, sign_anew
from relay.core.connector import Ignored
from relay.core.event import Event
from relay.core.fate import Parked
from relay.core.lookup import Answer, LookUp
from relay.core.source import Settings

Faults = Iterator[str]
Check = Callable[[Subject], Faults]

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
ENOUGH = 4


def other(key: str) -> str:
    """A secret of the same form that differs in one character."""
    at = next(index for index in range(len(key) // 2, len(key)) if key[index].isalnum())
    swapped = str((int(key[at]) + 1) % 10) if key[at].isdecimal() else "bc"[key[at] in "bB"]
    return key[:at] + swapped + key[at + 1 :]


def it_has_cases_enough(subject: Subject) -> Faults:
    outcomes = [result["outcome"] for result in subject.results.values()]
    if len(outcomes) < ENOUGH:
        yield f"there are {len(outcomes)} cases; record at least {ENOUGH}"
    if "unverified" not in outcomes:
        yield "no case is refused: record one whose signature is wrong"
    if "events" not in outcomes:
        yield "no case has an event: record a delivery that enrols somebody"


def every_handler_has_a_case(subject: Subject) -> Faults:
    for name in sorted(subject.connector.handlers.keys() - {"*"} - subject.types.keys()):
        yield f"event type {name!r} has a handler and no case"


def its_kinds_are_those_that_its_cases_show(subject: Subject) -> Faults:
    shown = {event["kind"] for result in subject.results.values() for event in result["events"]}
    declared = {kind.value for kind in subject.connector.kinds}
    for kind in sorted(shown - declared):
        yield f"a case gives {kind}, which `kinds` does not name"
    if subject.connector.handlers.keys() - {"*"}:
        # What only a setting brings about need not have a case, but then the page speaks of it.
        for kind in sorted(declared - shown):
            if kind not in subject.connector.page:
                yield f"`kinds` names {kind}, and no case gives it"


def its_page_names_every_secret_and_setting(subject: Subject) -> Faults:
    page = subject.connector.page
    own = {*subject.connector.secrets.model_fields, *subject.connector.settings.model_fields}
    for name in sorted(own - {*Settings.model_fields}):
        if not re.search(rf"[`.]{name}\b", page):
            yield f"the docstring does not name `{name}`"


def it_imports_the_kit_and_nothing_impure(subject: Subject) -> Faults:
    imported = {name.partition(".")[0] for name in _imports(subject.path.read_text("utf-8"))}
    for root in sorted(imported - {"__future__"}):
        if root in IMPURE:
            yield f"it imports {root}: a connector uses neither clock, chance, files nor network"
        elif root not in sys.stdlib_module_names:
            yield f"it imports {root}: a connector needs only relay.kit and the standard library"


def _imports(code: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not re.match(r"relay\.kit(\.|$)", node.module or ""):
            yield node.module or "."


def a_recorded_delivery_is_verified(subject: Subject) -> Faults:
    for name, case in subject.cases.items():
        if (case.expect or {}).get("outcome") in ("events", "ignored", "parked"):
            result = subject.results.get(name, {})
            if result.get("outcome") == "unverified":
                yield f"case {name} is refused: {result['reason']}"


def the_relay_can_play_the_sender(subject: Subject) -> Faults:
    later = subject.first.now + 86_400
    request = sign_anew(subject.first, subject.connector, subject.source, later)
    if refused := subject.refusal(request, now=later):
        yield f"what `verify.sign` signs is refused: {refused}"


def a_changed_body_is_refused(subject: Subject) -> Faults:
    if not subject.covers_body:
        raise NotApplicable("the sender shows a token and signs nothing")
    body = subject.request.body
    for at in (0, len(body) // 2, len(body) - 1):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        if subject.refusal(replace(subject.request, body=changed)) is None:
            yield f"byte {at} of the body was changed, and the request is accepted"


def a_delivery_without_proof_is_refused(subject: Subject) -> Faults:
    bare = {"content-type": subject.request.header("content-type") or ""}
    url = subject.request.url.partition("?")[0]
    body = b"{}" if subject.live.verify.in_body else subject.request.body
    if subject.refusal(replace(subject.request, headers=bare, token=None, url=url, body=body)) is None:
        yield "without headers, query and token the request is accepted"


def the_proof_of_another_secret_is_refused(subject: Subject) -> Faults:
    if subject.refusal(subject.request, subject.with_keys(*map(other, subject.keys))) is None:
        yield "what was signed with another secret is accepted"


def each_of_several_live_secrets_is_accepted(subject: Subject) -> Faults:
    rotated = subject.with_keys(*map(other, subject.keys), *subject.keys)
    if refused := subject.refusal(subject.request, rotated):
        yield f"with several live secrets the right one is not found: {refused}"


def without_a_secret_everything_is_refused(subject: Subject) -> Faults:
    if subject.refusal(subject.request, subject.with_keys()) is None:
        yield "with an empty list of secrets the request is accepted"
    if subject.refusal(subject.request, replace(subject.source, secrets={})) is None:
        yield "without any secret the request is accepted"


def an_old_or_future_stamp_is_refused(subject: Subject) -> Faults:
    if not subject.live.verify.checks_age:
        raise NotApplicable("the sender signs no time")
    far = 2 * subject.source.settings.tolerance + 60
    for side, now in (("old", subject.first.now + far), ("in the future", subject.first.now - far)):
        if subject.refusal(subject.request, now=now) is None:
            yield f"a timestamp {far:.0f} s {side} is accepted"


def a_refusal_holds_no_secret(subject: Subject) -> Faults:
    strangers = subject.with_keys(*map(other, subject.keys))
    bare = replace(subject.request, headers={}, token=None)
    bare = replace(bare, body=b"{}") if subject.live.verify.in_body else bare
    told = (subject.refusal(subject.request, strangers) or "") + (subject.refusal(bare) or "")
    for keys in (*subject.source.secrets.values(), *strangers.secrets.values()):
        if any(key in told for key in keys):
            yield "the reason of a refusal repeats a secret"


def a_truncated_body_is_never_an_event(subject: Subject) -> Faults:
    body = subject.request.body
    has_an_end = body[:1] in (b"{", b"[", b"<")
    for length in range(0, len(body) - 1, max(1, len(body) // 16)):
        fates = deliver(subject, subject.first, body[:length], recorded(subject.first))
        if has_an_end and any(isinstance(one.fate, Event) for one in fates):
            yield f"the first {length} of {len(body)} bytes are read as an event"


def odd_bodies_have_a_fate(subject: Subject) -> Faults:
    for body in ODD_BODIES:
        answers = recorded(subject.first)
        yield from _told(subject, subject.first, body, answers, f"a body {body[:8]!r} of {len(body)} bytes")


def any_value_of_a_body_may_be_missing_or_odd(subject: Subject) -> Faults:
    for case in subject.handled:
        if document := document_in(case.request.content):
            for odd, change in variants(document):
                yield from _told(subject, case, json.dumps(odd).encode(), recorded(case), change)


def any_value_of_an_answer_may_be_missing_or_odd(subject: Subject) -> Faults:
    for case in subject.handled:
        for at, upstream in enumerate(case.upstream):
            for document, change in variants(upstream.body):
                odd = [*case.upstream[:at], upstream.model_copy(update={"body": document})]
                answers = recorded(case.model_copy(update={"upstream": odd + case.upstream[at + 1 :]}))
                yield from _told(
                    subject, case, case.request.content, answers, f"answer {at + 1}, where {change}"
                )


def _told(
    subject: Subject, case: Case, body: bytes, answers: Callable[[LookUp], Answer], change: str
) -> Faults:
    """A fault where the connector's code fails on this body and these answers."""
    try:
        fates = deliver(subject, case, body, answers)
    except Misbehaved as error:
        yield f"{case.title!r}, {change}: {error}"
    except Exception as error:  # noqa: BLE001  # a connector is anybody's code
        yield f"{case.title!r}, {change}: raises {error!r}"
    else:
        if not fates:
            yield f"{case.title!r}, {change}: nothing becomes of it"


def an_unknown_type_parks_unless_the_source_ignores_it(subject: Subject) -> Faults:
    if "*" in subject.live.handlers:
        raise NotApplicable("the connector takes every type")
    stranger = replace(subject.live, event_type=lambda _request, _event: "nobody.sends.this")
    for choice, fate in (("park", Parked), ("ignore", Ignored)):
        chosen = subject.source.settings.model_copy(update={"unknown_events": choice})
        source = replace(subject.source, settings=chosen)
        fates = read(stranger, source, subject.request, recorded(subject.first))
        found = {type(one.fate) for one in fates}
        if found != {fate}:
            names = ", ".join(sorted(one.__name__ for one in found)) or "nothing"
            yield f"with unknown_events = {choice!r} an unknown type ends as {names}"


def reading_twice_reads_the_same(subject: Subject) -> Faults:
    for case in subject.accepted:
        once, again = (deliver(subject, case, case.request.content, recorded(case)) for _ in range(2))
        if once != again:
            yield f"{case.title!r} is read in two ways"


def no_reason_repeats_a_persons_address(subject: Subject) -> Faults:
    for name, result in subject.results.items():
        if re.search(r"\w@\w", result["reason"] or ""):
            yield f"case {name}: the reason holds an e-mail address"


CHECKS: tuple[Check, ...] = (
    it_has_cases_enough,
    every_handler_has_a_case,
    its_kinds_are_those_that_its_cases_show,
    its_page_names_every_secret_and_setting,
    it_imports_the_kit_and_nothing_impure,
    a_recorded_delivery_is_verified,
    the_relay_can_play_the_sender,
    a_changed_body_is_refused,
    a_delivery_without_proof_is_refused,
    the_proof_of_another_secret_is_refused,
    each_of_several_live_secrets_is_accepted,
    without_a_secret_everything_is_refused,
    an_old_or_future_stamp_is_refused,
    a_refusal_holds_no_secret,
    a_tolerance_belongs_to_a_time_that_is_checked,
    a_header_that_shows_a_secret_is_never_stored,
    a_request_of_another_account_is_refused,
    a_key_is_fetched_from_the_vendor_alone,
    a_source_without_the_secret_of_its_proof_is_refused,
    a_truncated_body_is_never_an_event,
    odd_bodies_have_a_fate,
    any_value_of_a_body_may_be_missing_or_odd,
    any_value_of_an_answer_may_be_missing_or_odd,
    an_unknown_type_parks_unless_the_source_ignores_it,
    reading_twice_reads_the_same,
    no_reason_repeats_a_persons_address,
)
