"""A recorded delivery names nobody who was in it, and is read as the original was."""

from __future__ import annotations

import base64
import itertools
import json
import unicodedata
from dataclasses import replace
from urllib.parse import quote_plus, unquote, unquote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.core.case import CaseFault, Upstream, run_case
from relay.core.request import Request
from relay.core.source import Source
from relay.recording.record import record
from relay.recording.writing import case_text
from tests.recording.spelling import FORMATS, emails, nationals, notations, words
from tests.recording.stored import (
    GENERIC,
    KIND,
    body_of,
    data_of,
    recorded,
    stored,
)


def survivors(text: str, originals: list[str]) -> list[str]:
    """Originals that stand in a text however it is encoded, in any case, and numbers in any notation."""
    readings = [text, unquote(text), unquote_plus(text)]
    readings += [one.encode().decode("unicode_escape", "ignore") for one in readings if one.isascii()]
    folded = [unicodedata.normalize("NFC", one).casefold() for one in readings]
    digits = ["".join(mark for mark in one if mark.isdigit()) for one in readings]
    return [
        original
        for original in originals
        if any(original.casefold() in one for one in folded)
        or (original.isdigit() and any(original in one for one in digits))
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    first=words,
    last=words,
    email=emails,
    national=nationals,
    number=st.integers(10**6, 10**9),
    data=st.data(),
)
def test_nobody_survives_in_any_spelling_that_is_known(
    first: str, last: str, email: str, national: str, number: int, data: st.DataObject
) -> None:
    spelt = notations(national)
    person = {
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": data.draw(st.sampled_from(spelt)),
        "id": f"cust_{number}",
        "address1": f"{number % 900} {last} Lane",
    }
    delivery = {
        "customer": person,
        "note": f"Call {first.upper()} {last} at {data.draw(st.sampled_from(spelt))}, or {email.upper()}",
        "full_name": f"{last}, {first}",
        "customer_id": f"cust_{number}",
        "link": f"https://x.io/c/cust_{number}?mail={quote_plus(email)}&who={quote_plus(first)}",
        "status": "confirmed",
    }
    write = data.draw(st.sampled_from(FORMATS))
    made = recorded(
        write(delivery),
        query=f"?email={quote_plus(email)}&ref=cust_{number}",
        headers={"content-type": "text/plain", "x-customer": f"{first} {last} <{email}>"},
        upstream=[Upstream(url=f"https://api.x.io/cust_{number}", body={"customer": person})],
        settings=KIND | {"default_region": "US"},
    )
    found = survivors(case_text(made.case), [first, last, email, national, f"cust_{number}"])
    assert found == []
    assert "confirmed" in case_text(made.case)


def test_the_same_person_is_the_same_invented_person_everywhere() -> None:
    made = data_of(
        {
            "customer": {
                "first_name": "Zora",
                "last_name": "Quill",
                "email": "Zora@Quill.io",
                "phone": "415-867-5309",
            },
            "note": "ZORA quill (zora@quill.io, +1 (415) 867 5309) and ORA",
            "guests": [{"email": "zora@quill.io"}, {"email": "other@quill.io"}],
        },
        settings=KIND | {"default_region": "US"},
    )
    who = made["customer"]
    assert who["email"] == f"{who['first_name']}.{who['last_name']}@example.com".lower()
    assert who["phone"] == "202-555-0100"
    expected = (
        f"{who['first_name'].upper()} {who['last_name'].lower()} ({who['email']}, +1 (202) 555 0100) and ORA"
    )
    assert made["note"] == expected
    assert made["guests"][0]["email"] == who["email"]
    assert made["guests"][1]["email"] != who["email"]


def test_two_people_of_one_family_share_a_name_and_no_address() -> None:
    made = data_of(
        [
            {"first_name": "Zora", "last_name": "Quill", "email": "z@quill.io"},
            {"first_name": "Timo", "last_name": "Quill", "email": "t@quill.io"},
        ]
    )
    assert made[0]["last_name"] == made[1]["last_name"] != "Quill"
    assert made[0]["first_name"] != made[1]["first_name"]
    assert made[0]["email"] != made[1]["email"]


def test_what_names_no_person_stays_as_it_was() -> None:
    body = '{ "service": {"name":"Cut \\u0026 colour", "n": 12.50},\n "at":"2026-03-01T12:00:00Z", "b": 1e3 }'
    assert body_of(body) == body


def test_an_id_keeps_its_shape_and_is_the_same_in_links() -> None:
    made = data_of(
        {"customer_id": "AB-12345678", "self": "https://x.io/c/AB-12345678/notes", "order": "AB-999"}
    )
    assert made["customer_id"] != "AB-12345678"
    assert made["self"] == f"https://x.io/c/{made['customer_id']}/notes"
    assert [mark.isdigit() for mark in made["customer_id"]] == [mark.isdigit() for mark in "AB-12345678"]
    assert made["order"] == "AB-999"


def test_a_national_phone_that_is_a_number_stays_one() -> None:
    made = data_of({"phone": 89161234567}, settings=KIND | {"default_region": "RU"})
    assert made["phone"] == 12025550100


def test_a_number_stays_a_number() -> None:
    made = data_of(
        {"customer": {"id": 8133742592153, "phone": 14158675309, "email": "a@b.io"}, "customer_id": 7}
    )
    assert isinstance(made["customer"]["id"], int)
    assert made["customer"]["id"] != 8133742592153
    assert made["customer"]["phone"] == 12025550100
    assert made["customer_id"] != 7


@pytest.mark.parametrize(
    ("region", "written", "now"),
    [
        ("GB", "020 7123 4567", "020 7946 0000"),
        ("AU", "+61 2 9374 4000", "+61 2 5550 0100"),
        ("DE", "030 1234567", "+49302312500"),
        ("IT", "+39 06 6982 1234", "+12025550100"),
        ("RU", "8 (916) 123-45-67", "+12025550100"),
        ("RU", "79161234567", "12025550100"),
        ("HU", "06 20 123 4567", "+12025550100"),
    ],
)
def test_a_phone_number_stays_in_its_country_where_that_reserves_some(
    region: str, written: str, now: str
) -> None:
    made = data_of({"phone": written}, settings=KIND | {"default_region": region})
    assert made["phone"].startswith(now)


def test_forms_answered_by_label_are_understood() -> None:
    made = data_of(
        {
            "answers": [
                {"label": "First name", "value": "Zora"},
                {"question": "What is your phone number?", "answer": "+1 415 867 5309"},
                {"field": {"ref": "last_name"}, "text": "Quill"},
                {"label": "Colour", "value": "blue"},
            ]
        }
    )
    values = [one.get("value") or one.get("answer") or one.get("text") for one in made["answers"]]
    assert values[0] not in (None, "Zora")
    assert values[1] == "+1 202 555 0100"
    assert values[2] not in (None, "Quill")
    assert values[3] == "blue"


def test_names_of_few_letters_and_of_other_scripts_are_names() -> None:
    made = body_of(json.dumps({"guest": {"full_name": "Bo Li"}, "note": "Bo Li, boat"}, ensure_ascii=False))
    assert "Bo Li" not in made
    assert "boat" in made
    assert "李娜" not in body_of('{"guest": {"name": "李娜"}, "note": "李娜您好"}')


def test_a_name_with_accents_is_found_without_them_and_in_parts() -> None:
    apart = unicodedata.normalize("NFD", "José")
    made = body_of(json.dumps({"first_name": "José", "note": f"JOSE, josé, {apart}!"}, ensure_ascii=False))
    assert not set(made.casefold().replace("́", "").split('"')) & {"jose", "josé"}
    assert "jos" not in unicodedata.normalize("NFD", made).casefold()


def test_secrets_and_what_proves_with_them_are_left_behind() -> None:
    made = recorded(
        '{"session_id":"s3cr3t-session-77","echo":"key-abcdef-123","cancel":"https://x.io/c/9f86d081884c7d659a2f"}',
        headers={
            "x-hook-signature": "sha256=abcdef",
            "authorization": "Bearer abc",
            "cookie": "a=b",
            "x-forwarded-for": "203.0.113.9",
            "x-signature-version": "v3",
            "x-topic": "orders/paid",
        },
        query="?api_key=key-abcdef-123",
        secrets=["key-abcdef-123"],
    )
    text = case_text(made.case)
    for gone in (
        "s3cr3t-session",
        "key-abcdef-123",
        "sha256=abcdef",
        "Bearer",
        "203.0.113.9",
        "9f86d081884c7d659a2f",
    ):
        assert gone not in text
    assert made.case.request.headers == {"x-signature-version": "v3", "x-topic": "orders/paid"}


def test_no_invention_is_somebody_who_was_really_there() -> None:
    made = data_of(
        {
            "customer": {"first_name": "Bea", "last_name": "Abernathy", "email": "bea.abernathy@example.com"},
            "phone": "+1 202 555 0100",
        }
    )
    assert "bea" not in json.dumps(made).lower()
    assert made["phone"] == "+1 202 555 0101"


def test_a_key_that_the_operator_names_is_personal_too() -> None:
    made = data_of({"allergies": "latex and nuts", "code": "X7"}, also="allergies code")
    assert made["allergies"] == "Invented text 1"
    assert made["code"] != "X7"


def test_what_looks_personal_and_was_kept_is_told_with_its_place() -> None:
    made = recorded(
        json.dumps(
            {
                "note": "Her sister likes the window seat",
                "salon": {"name": "Willow Hair"},
                "phone": "ask at desk",
                "gender": "f",
                "fax_or_so": "867-5309 11",
                "blob": "QUJD" * 20,
                "status": "confirmed",
            }
        )
    )
    kept = {".".join(one.path): one.why for one in made.kept}
    assert kept == {
        "note": "free text",
        "salon.name": "the name of a thing, or of somebody",
        "phone": "a phone number that was not understood",
        "gender": "gender may tell who it is",
        "fax_or_so": "may be a phone number",
        "blob": "cannot be looked into",
    }


def test_settings_follow_where_they_name_what_was_replaced() -> None:
    body = '{"event": "hired", "employee_id": "EMP-77001", "email": "z@quill.io"}'
    made = recorded(
        body, settings={"kind": {"hired": "contact.created"}, "filter": "employee_id == 'EMP-77001'"}
    )
    new = json.loads(made.case.request.body)["employee_id"]
    assert made.case.source.settings["filter"] == f"employee_id == '{new}'"
    assert run_case(made.case, GENERIC)["outcome"] == "events"


def test_bytes_that_are_no_text_stay_bytes() -> None:
    made = recorded(b"\xff\xfe email=zora@quill.io \x00")
    assert made.case.request.body_base64 is not None
    assert base64.b64decode(made.case.request.body_base64) == b"\xff\xfe email=person1@example.com \x00"


def test_a_connector_that_takes_no_test_key_is_named() -> None:
    class Refusing:
        secret = "signing_key"
        checks_age = False
        in_body = False
        secret_headers = frozenset[str]()

        def __call__(self, request: Request, source: Source, now: float) -> None: ...

        def sign(self, request: Request, source: Source, now: float) -> Request:
            raise ValueError("only the vendor can sign")

    refusing = replace(GENERIC, verify=Refusing(), for_source=lambda connector, _source: connector)
    with pytest.raises(CaseFault, match="takes none of the test keys"):
        record(stored("{}"), refusing, title="t", evidence="e")


def test_a_name_of_a_thing_a_label_and_an_answer_to_a_question_are_no_person() -> None:
    body = {
        "email": "zora@quill.io",
        "channelName": "Squarespace",
        "status_display_name": "Won",
        "is_preorder_authorization": "true",
        "appVersion": "6.6.10.0",
        "field_data": [
            {"name": "full_name", "values": ["<test lead: dummy data for full_name>"]},
            {"name": "email", "values": ["zora@quill.io"]},
        ],
    }
    made = data_of(body)
    kept = made | {"email": body["email"], "field_data": body["field_data"]}
    assert kept == body
    assert [one["name"] for one in made["field_data"]] == ["full_name", "email"]
    assert made["field_data"][0] == body["field_data"][0]
    assert made["field_data"][1]["values"] == [made["email"]]


def test_an_address_made_of_a_phone_number_says_so_still() -> None:
    made = data_of({"phone": "+14158675309", "email": "14158675309@sms.cal.com", "guest_email": "8@qq.com"})
    assert made["email"] == "12025550100@sms.cal.com"
    assert made["guest_email"].endswith("@example.com")


def test_settings_that_are_a_short_id_follow_it() -> None:
    made = recorded('{"account_id":"AB7","email":"z@quill.io"}', settings=KIND | {"filter": "AB7"})
    assert made.case.source.settings["filter"] == json.loads(made.case.request.body)["account_id"] != "AB7"


def test_many_people_are_all_different() -> None:
    people = [
        {
            "first_name": "".join(first),
            "last_name": f"Quill{''.join(first)}",
            "email": f"{''.join(first)}@q.io",
        }
        for first in itertools.product("qxz", "aeu", "vwk", "ioy")
    ]
    made = data_of(people)
    assert len({person["email"] for person in made}) == len(people)
    assert len({person["first_name"] for person in made}) == len(people)
