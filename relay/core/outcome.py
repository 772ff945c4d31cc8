"""What an execute call's end means: one decision for each contact, or one for the whole batch.

Rests on `docs/destination.md`: only the status `queued` is documented, refusals of a sequence have no
documented code, and results are matched by e-mail since no order is promised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson


class Certainty(StrEnum):
    """How much is known of a failed call."""

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """What a failure is about: these contacts, this sequence, everything of the destination, or everything
    that shares its organization's limits."""

    CONTACTS = "contacts"
    SEQUENCE = "sequence"
    DESTINATION = "destination"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that was received whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No whole answer. `sent`: whether a byte of the request may have left; `ours`: we ended the call."""

    reason: str
    sent: bool
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """Queued, as the destination says. `doubt`: something else that it says does not fit."""

    contact_id: str | None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The call succeeded, and this contact is not confirmed as queued: a person decides."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The whole call failed. `retry_after` in seconds; `throttled`: a rate limit, not a fault.

    `ours`: the call was ended by this relay, which says nothing of the destination.
    """

    certainty: Certainty
    scope: Scope
    code: str
    reason: str
    retry_after: float | None = None
    throttled: bool = False
    ours: bool = False


Verdict = list[Delivered | Unconfirmed] | Failure

# No page documents a status or a code for these refusals, so the words are what there is to go by.
_ACCESS = re.compile(r"api.{0,3}(access|key)|permission|scope", re.IGNORECASE)
_PEOPLE_OR_PLACES = re.compile(
    r"unsubscribed|contacts are invalid|(location|employee).{0,5}not", re.IGNORECASE
)
_SEQUENCE = re.compile(r"sequence|variant", re.IGNORECASE)
_SEQUENCE_BLOCKED = re.compile(
    r"not.{0,3}active|inactive|no.{0,3}steps|paused|archived|draft|variant", re.IGNORECASE
)
# A refusal may quote a contact, and a person may be called draft@example.com.
_ADDRESS = re.compile(r"\S+@\S+")


def judge(outcome: Answer | Lost, emails: Sequence[str], now: datetime) -> Verdict:
    """One decision for each of `emails`, in their order, or a `Failure` of the call as a whole."""
    if isinstance(outcome, Lost):
        certainty = Certainty.UNKNOWN if outcome.sent else Certainty.NOT_SENT
        code = "no_answer" if outcome.sent else "unreachable"
        return Failure(certainty, Scope.DESTINATION, code, outcome.reason, ours=outcome.ours)
    if 200 <= outcome.status < 300:
        return _success(outcome, emails)
    return _failure(outcome, now)


def _success(answer: Answer, emails: Sequence[str]) -> Verdict:
    try:
        data = orjson.loads(answer.body)["data"]
        results = dict(_by_address(data["results"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = f"answered {answer.status} with a body that does not say what was done"
        return Failure(Certainty.UNKNOWN, Scope.CONTACTS, "unreadable_answer", reason)
    decisions = [_one(results.get(_key(email)), data) for email in emails]
    queued = len(
        {_key(email) for email, one in zip(emails, decisions, strict=True) if isinstance(one, Delivered)}
    )
    return _doubted(decisions, queued, data.get("sendingsCreated"))


def _doubted(decisions: list[Delivered | Unconfirmed], queued: int, made: object) -> Verdict:
    """Fewer sendings than contacts called queued: which one is missing is not said, so nobody is refused."""
    if not isinstance(made, int) or made >= queued:
        return decisions
    doubt = f"the destination called {queued} contacts of this call queued and made {made} sendings"
    return [replace(one, doubt=doubt) if isinstance(one, Delivered) else one for one in decisions]


def _by_address(results: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """An entry that names nobody confirms nobody, and takes nothing from the others."""
    for result in results:
        if isinstance(result, dict) and isinstance(result.get("email"), str):
            yield _key(result["email"]), result


def _key(email: str) -> str:
    return email.strip().casefold()


def _one(result: Mapping[str, Any] | None, data: Mapping[str, Any]) -> Delivered | Unconfirmed:
    if result is None:
        made = data.get("sendingsCreated")
        return Unconfirmed(f"no result for this contact; the call made {made} sendings")
    status = result.get("status")
    if status != "queued":
        return Unconfirmed(f"the destination gave this contact the status {str(status)[:80]!r}")
    contact_id = result.get("contactId")
    return Delivered(contact_id if isinstance(contact_id, str) else None)


def _plain(details: Mapping[str, Any]) -> str:
    """Lists of sentences as sentences, and anything else as it was written."""
    values = list(details.values())
    if all(isinstance(value, list) and all(isinstance(one, str) for one in value) for value in values):
        return "; ".join(one for value in values for one in value)
    return orjson.dumps(details).decode()


def _failure(answer: Answer, now: datetime) -> Failure:
    code, message, details = error_in(answer.body)
    told = _plain(details)[:300]
    what = f"{answer.status} {code}" if code != NO_CODE else f"{answer.status}, not in the form of the API"
    reason = ": ".join(part for part in (what, message, told) if part)
    wait = retry_after(answer.headers, details, now)
    if answer.status == 429:
        return Failure(Certainty.REFUSED, Scope.ORGANIZATION, code, reason, wait, throttled=True)
    if answer.status < 400:
        reason = f"{answer.status}: a redirect, which is not followed; correct the destination's base_url"
        return Failure(Certainty.REFUSED, Scope.DESTINATION, "redirected", reason)
    if answer.status >= 500 or answer.status == 408:
        return Failure(Certainty.UNKNOWN, Scope.DESTINATION, code, reason, wait)
    scope = _scope(answer.status, f"{code} {_ADDRESS.sub('', message)}")
    return Failure(Certainty.REFUSED, scope, code, reason, wait)


def _scope(status: int, told: str) -> Scope:
    """What a refusal is about: by its words where they say so, else by its status."""
    if _ACCESS.search(told):
        return Scope.DESTINATION
    if _PEOPLE_OR_PLACES.search(told):
        return Scope.CONTACTS
    blocked = _SEQUENCE_BLOCKED.search(told)
    if status in (401, 403):
        return Scope.SEQUENCE if blocked and _SEQUENCE.search(told) else Scope.DESTINATION
    return Scope.SEQUENCE if blocked or status == 404 else Scope.CONTACTS


NO_CODE = "no_code"


class Told(NamedTuple):
    """What the body of a refusal says."""

    code: str
    message: str
    details: Mapping[str, Any]


def error_in(body: bytes) -> Told:
    """The code, message and details of an error; a body that is not of that form has none of them."""
    try:
        error = orjson.loads(body)["error"]
        details = error.get("details")
        code, message = str(error["code"])[:80], str(error.get("message") or "")[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        return Told(NO_CODE, "", {})
    return Told(code, message, details if isinstance(details, dict) else {})


def retry_after(headers: Mapping[str, str], details: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds to wait: the header (seconds or HTTP-date) or the body's `details.retryAfter`."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        told = details.get("retryAfter")
        return float(told) if isinstance(told, int | float) and told >= 0 else None
