"""Corrections: what a person may change of a contact, and what they are told where they may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.contact import Contact
from relay.core.correction import FIELDS, Fault, FieldChange, Fields, Incorrect, compare, corrected
from tests.factories import contact

ANA = contact(first_name="Ana", last_name="Lima", phone="+12025550101")


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({"email": " Ana.Lima@Example.COM "}, {"email": "Ana.Lima@example.com"}),
        ({"first_name": "  Ana\tMaria "}, {"first_name": "Ana Maria"}),
        ({"last_name": None}, {"last_name": None}),
        ({"last_name": "  "}, {"last_name": None}),
        ({"phone": "(202) 555-0148"}, {"phone": "+12025550148"}),
        ({"phone": "+49 30 901820"}, {"phone": "+4930901820"}),
        ({"phone": ""}, {"phone": None}),
        ({}, {}),
    ],
)
def test_new_values_are_made_fit_to_send_and_the_others_stay(
    fields: Fields, changed: dict[str, str | None]
) -> None:
    assert corrected(ANA, fields, ("US",)) == ANA.model_copy(update=changed)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"email": ""}, "is needed: people are enrolled by it"),
        ({"email": None}, "is needed: people are enrolled by it"),
        ({"email": "ana@"}, "is not valid: There must be something after the @-sign."),
        ({"phone": "555-0148"}, "is not valid; write it with + and the country code"),
        ({"first_name": "A" * 201}, "should have at most 200 characters"),
        ({"last_name": "\ud800"}, "has signs that cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_plain_words(fields: Fields, problem: str) -> None:
    with pytest.raises(Incorrect) as error:
        corrected(ANA, fields)
    assert error.value.faults == (Fault(next(iter(fields)), problem),)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Incorrect) as error:
        corrected(ANA, {"email": "ana", "phone": "12"}, ("US", "CA"))
    assert [fault.field for fault in error.value.faults] == ["email", "phone"]
    assert str(error.value).endswith(
        "; the phone number is not valid in US, CA; write it with + and the country code"
    )


def test_a_value_that_stays_the_same_is_not_judged_anew() -> None:
    odd = ANA.model_copy(update={"phone": "+1999"})
    assert corrected(odd, {"phone": "+1999", "first_name": "Anna"}).phone == "+1999"


def test_a_comparison_has_every_field_in_order() -> None:
    after = corrected(ANA, {"phone": None})
    assert compare(ANA, after) == (
        FieldChange("email", "ana@example.com", "ana@example.com"),
        FieldChange("first_name", "Ana", "Ana"),
        FieldChange("last_name", "Lima", "Lima"),
        FieldChange("phone", "+12025550101", None),
    )
    assert [change.field for change in compare(ANA, after) if change.changes] == ["phone"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.none() | st.text(max_size=30)))
def test_whatever_is_typed_gives_a_contact_that_can_be_sent_or_faults(fields: Fields) -> None:
    try:
        after = corrected(ANA, fields, ("US",))
    except Incorrect as error:
        wrong = {fault.field for fault in error.faults}
        after = corrected(ANA, {field: text for field, text in fields.items() if field not in wrong}, ("US",))
    assert Contact.model_validate_json(after.model_dump_json()) == after
