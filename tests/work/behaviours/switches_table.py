"""Rows for items 6 to 24: what the documents leave open about keys, bodies, refusals and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from relay.sandbox.first import AFTER_VISIT, DOWNTOWN, KEY, OTHER_KEY, SPLIT, VARIANT
from tests.work.behaviours import worlds
from tests.work.behaviours.faults_table import unconfirmed_by_faults
from tests.work.behaviours.row import Row, holding, leaving
from tests.work.behaviours.traffic import CROWD, FEW, guest

SHORT_KEY = "dem_short"
REFUSALS = (400, 401, 403, 404, 409)
SHOP_ALL = 5
"""Enrollments of the few at the shop, with the later ones."""

FEW_ALL = 13


def keys() -> Iterator[Row]:
    yield Row(
        says="a key of odd length passes",
        switches={"key_length": "any"},
        given=worlds.another_key(SHORT_KEY),
        config={"destinations.main.api_key": SHORT_KEY},
        traffic=FEW,
    )
    yield Row(
        says="a key of odd length is refused and replaced",
        switches={"key_length": "47"},
        given=worlds.another_key(SHORT_KEY),
        config={"destinations.main.api_key": SHORT_KEY},
        holds=holding(None),
        restarted={"destinations.main.api_key": KEY},
        traffic=FEW,
    )
    for header, auth in (("bearer", "bearer"), ("x-api-key", "bearer"), ("bearer", "x-api-key")):
        yield Row(
            says=f"of two key headers {header} counts, and the relay sends {auth}",
            switches={"both_key_headers": header},
            config={"destinations.main.auth": auth},
            traffic=FEW,
        )
    yield Row(
        says="the key is of another organization, which has neither sequence nor location, and replaced",
        config={"destinations.main.api_key": OTHER_KEY},
        holds=holding(SPLIT),
        restarted={"destinations.main.api_key": KEY},
        retried=True,
        traffic=FEW,
    )
    yield Row(
        says="the key has expired and is renewed",
        given=worlds.key_expired,
        holds=holding(None),
        looked=True,
        traffic=FEW,
    )
    yield Row(
        says="the key is revoked, and another one takes its place",
        given=worlds.all_of(worlds.key_revoked, worlds.another_key(SHORT_KEY)),
        holds=holding(None),
        restarted={"destinations.main.api_key": SHORT_KEY},
        traffic=FEW,
    )
    yield Row(
        says="the key lacks the scope and is given it",
        given=worlds.key_with("contacts:*", "sequences:read"),
        mended=worlds.key_with("sequences:execute"),
        holds=holding(None),
        traffic=FEW,
    )
    for status in REFUSALS:
        yield Row(
            says=f"API access is off and answered {status}",
            switches={"api_access_status": status, "api_access_code": "FORBIDDEN"},
            given=worlds.access_off,
            holds=holding(None),
            looked=status == 401,
            traffic=FEW,
        )


def bodies() -> Iterator[Row]:
    harmless: Mapping[str, Mapping[str, object]] = {
        "no content type is asked for": {"content_type_checked": False},
        "unknown members are ignored": {"unknown_members": "ignore"},
        "unknown members are stored": {"unknown_members": "store"},
        "malformed addresses are skipped": {"malformed_email": "skip"},
        "empty fields are kept": {"empty_fields": "keep"},
        "empty fields are refused": {"empty_fields": "refuse"},
        "the location is stored with the contact, too": {"location_on_contact": True},
    }
    for says, switches in harmless.items():
        yield Row(says=says, switches=switches, traffic=FEW)
    yield Row(
        says="a first name is required",
        switches={"first_name_required": True},
        left=leaving(refused=7),
        traffic=FEW,
    )
    poison = frozenset({guest("shop", 37), guest("shop", 119), guest("kiosk", 5), guest("web", 17)})
    yield Row(says="four contacts are poison", switches={"poison": poison}, left=leaving(refused=4))
    yield Row(
        says="contacts are poison and the halves meet a 429 and an outage",
        switches={"poison": poison - {guest("shop", 119)}},
        strikes={2: ("429",), 3: ("429", "429"), 4: ("429",)},
        left=leaving(refused=3),
    )
    yield Row(
        says="everybody of a source is poison",
        switches={"poison": frozenset({guest("kiosk", number) for number in range(CROWD.first["kiosk"])})},
        left=leaving(refused=CROWD.first["kiosk"] + CROWD.returning),
    )
    for status in REFUSALS:
        yield Row(
            says=f"a location is unknown, answered {status}, and there again",
            switches={"unknown_place_status": status, "unknown_place": "refuse"},
            given=worlds.unknown_location(DOWNTOWN),
            mended=worlds.location(DOWNTOWN),
            retried=True,
            traffic=FEW,
        )
    yield Row(
        says="a location is unknown and never there",
        given=worlds.unknown_location(DOWNTOWN),
        left=leaving(refused=SHOP_ALL),
        traffic=FEW,
    )
    yield Row(
        says="unknown locations are accepted",
        switches={"unknown_place": "accept"},
        given=worlds.unknown_location(DOWNTOWN),
        traffic=FEW,
    )
    yield Row(
        says="an employee is not active",
        switches={"inactive_employee": "refuse"},
        given=worlds.employee_left,
        retried=True,
        traffic=FEW,
    )
    yield Row(
        says="an employee who is not active is accepted",
        switches={"inactive_employee": "accept"},
        given=worlds.employee_left,
        traffic=FEW,
    )


def contacts() -> Iterator[Row]:
    already = worlds.known("SHOP0@Example.com", "Kiosk1@example.com")
    for match in ("fold", "exact"):
        for email in ("sent", "stored"):
            yield Row(
                says=f"addresses match by {match} and come back as {email}",
                switches={"email_match": match, "result_email": email, "results_order": "reversed"},
                given=already,
                traffic=FEW,
            )
    yield Row(
        says="the contacts API has other words",
        switches={"conflict_code": "DUPLICATE", "patch_answer": "whole"},
        traffic=FEW,
    )


def blocked() -> Iterator[Row]:
    for status in REFUSALS:
        yield Row(
            says=f"a sequence is paused and answered {status}",
            switches={"inactive_status": status, "inactive_code": "CONFLICT", "blocked_upserts": False},
            given=worlds.sequence(AFTER_VISIT, "paused"),
            holds=holding(AFTER_VISIT),
            looked=True,
            traffic=FEW,
        )
        yield Row(
            says=f"a sequence has no steps and is answered {status}",
            switches={"no_steps_status": status, "no_steps_code": "NO_STEPS"},
            given=worlds.sequence(AFTER_VISIT, steps=False),
            holds=holding(AFTER_VISIT),
            looked=True,
            traffic=FEW,
        )
        yield Row(
            says=f"variant B is paused and answered {status}",
            switches={"variant_status": status, "variant_code": "VARIANT_B"},
            given=worlds.sequence(VARIANT, "paused"),
            holds=holding(SPLIT),
            looked=True,
            traffic=FEW,
        )
        yield Row(
            says=f"all contacts of a call have unsubscribed and are answered {status}",
            switches={"no_contacts_status": status, "no_contacts_code": "NOBODY"},
            given=worlds.unsubscribed(guest("kiosk", 0), guest("kiosk", 1)),
            left=leaving(refused=2, unconfirmed=1),
            traffic=FEW,
        )
    for state in ("draft", "archived"):
        yield Row(
            says=f"a sequence is in the state {state}",
            given=worlds.sequence(SPLIT, state),
            holds=holding(SPLIT),
            looked=True,
            traffic=FEW,
        )
    yield Row(
        says="variant B has no steps",
        given=worlds.sequence(VARIANT, steps=False),
        holds=holding(SPLIT),
        looked=True,
    )
    yield Row(
        says="only sequences with the API trigger run",
        switches={"api_trigger_only": True},
        given=worlds.sequence(AFTER_VISIT, trigger="manual"),
        holds=holding(AFTER_VISIT),
        looked=True,
        traffic=FEW,
    )
    yield Row(
        says="nobody can see whether a sequence is active",
        switches={"sequence_status": False},
        strikes={1: ("pause-sequence",)},
        holds=holding(AFTER_VISIT),
    )


def answers() -> Iterator[Row]:
    for status in (200, 201, 202):
        yield Row(
            says=f"success is {status} and an answer is lost",
            switches={"success_status": status},
            strikes={1: ("close-after",)},
            traffic=FEW,
        )
    for copies in ("one", "two"):
        yield Row(
            says=f"an address twice in a call makes {copies}", switches={"duplicates": copies}, traffic=FEW
        )
    for order in ("sent", "reversed", "shuffled"):
        yield Row(says=f"results come {order}", switches={"results_order": order})
    for order in ("reversed", "shuffled"):
        yield Row(
            says=f"results come {order} and short",
            switches={"results_order": order},
            strikes={1: ("short-results",), 2: ("close-after", "short-results")},
            left=unconfirmed_by_faults,
        )
    gone = worlds.unsubscribed(guest("shop", 0), guest("web", 1))
    for skipped, skipped_status in (("absent", "skipped"), ("listed", "skipped"), ("listed", "unsubscribed")):
        yield Row(
            says=f"some have unsubscribed and are {skipped} as {skipped_status}",
            switches={"skipped": skipped, "skipped_status": skipped_status, "results_order": "shuffled"},
            given=gone,
            left=leaving(unconfirmed=3),
            traffic=FEW,
        )
    yield Row(
        says="every status is one that was never seen",
        switches={"result_status": "accepted"},
        left=leaving(unconfirmed=FEW_ALL),
        traffic=FEW,
    )
    yield Row(
        says="each answer leaves the last result out",
        switches={"results_missing": 1},
        left=lambda seen: {"unconfirmed": len(seen.calls)},
    )
    for counted in ("upserted", "submitted", "queued"):
        yield Row(
            says=f"contactsProcessed counts who is {counted}", switches={"processed": counted}, traffic=FEW
        )
    for answered in ("primary", "drawn"):
        yield Row(
            says=f"the answer under an A/B test names the {answered} sequence and one is lost",
            switches={"variant_named": answered},
            strikes={4: ("close-after",)},
        )
    yield Row(says="every answer takes its time", switches={"latency_seconds": 0.01}, traffic=FEW)
    yield Row(
        says="an answer is slow and still in time",
        switches={"slow_seconds": 0.01},
        strikes={1: ("slow-after",)},
        traffic=FEW,
    )


def idempotency() -> Iterator[Row]:
    for status in (409, 422):
        yield Row(
            says=f"a key with another body would be answered {status}",
            switches={"idempotency_mismatch_status": status},
            strikes={1: ("429", "close-after"), 2: ("close-after", "429")},
        )
    yield Row(
        says="a key is remembered for an hour",
        switches={"idempotency_seconds": 3600},
        strikes={1: ("close-after", "close-after", "close-after")},
    )
    yield Row(
        says="a key is forgotten before the repeat",
        switches={"idempotency_seconds": 1},
        strikes={1: ("close-after",)},
        forgetful=True,
    )


def callbacks() -> Iterator[Row]:
    for order, of, index, stamp in (("steps", "variant", 0, "iso"), ("reversed", "primary", 1, "unix-ms")):
        yield Row(
            says=f"the sandbox posts callbacks to others, in the order {order}",
            switches={
                "hour_seconds": 0,
                "callback_copies": 2,
                "callback_order": order,
                "callback_sequence": of,
                "callback_index": index,
                "callback_timestamp": stamp,
                "callback_timeout_seconds": 1,
                "api_webhook_url": "http://127.0.0.1:9/hook",
                "api_webhook_secret": "invented",
                "api_webhook_header": "X-Signed",
            },
            given=worlds.posting_callbacks,
            strikes={1: ("close-after",)},
            traffic=FEW,
        )


ROWS = (
    *keys(),
    *bodies(),
    *contacts(),
    *blocked(),
    *answers(),
    *idempotency(),
    *callbacks(),
)
