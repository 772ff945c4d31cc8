"""Where a sender's key serves several accounts, a source may take the events of some of them alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from relay.core.connector import Connector, Ignored, field_text, header_text
from relay.core.event import Event
from relay.core.fate import Fate, Parked
from relay.core.request import Request
from relay.core.source import AccountSettings, Settings, Source
from relay.core.translate import translate
from tests.core.test_translate import CONNECTOR

BOUND = replace(CONNECTOR, account=field_text("shop"), settings=AccountSettings)
ANA = {"type": "flat", "id": "1", "email": "ana@example.com"}


def read(account: Any, *events: Any, connector: Connector = BOUND) -> list[Fate]:
    settings = AccountSettings(account=account) if account is not None else AccountSettings()
    headers = {"x-shop": "north"}
    request = Request("POST", "https://relay.example.com", headers, orjson.dumps({"events": events}))
    steps = translate(connector, request, Source("shop", {}, settings))
    with pytest.raises(StopIteration) as stop:
        next(steps)
    return [one.fate for one in stop.value.value]


def test_each_event_of_a_request_is_of_its_own_account() -> None:
    ours, theirs, nobodys = read("north", ANA | {"shop": "north"}, ANA | {"shop": "south"}, ANA)
    assert isinstance(ours, Event)
    assert theirs == Ignored("the event is of the account 'south', which settings.account does not take")
    assert nobodys == Ignored("the event names no account, and settings.account asks for one")


@pytest.mark.parametrize("account", [None, "7", 7, [7, "8"], " 7 "])
def test_one_account_or_several_are_taken_and_all_where_none_is_set(account: Any) -> None:
    (fate,) = read(account, ANA | {"shop": 7})
    assert isinstance(fate, Event)


def test_the_account_may_stand_in_a_header() -> None:
    by_header = replace(BOUND, account=header_text("x-shop"))
    assert [type(read(name, ANA, connector=by_header)[0]) for name in ("north", "south")] == [Event, Ignored]


def test_another_account_is_told_before_anything_else_and_never_in_full_length() -> None:
    (fate,) = read("north", {"type": "nobody sends this", "shop": "s" * 500})
    assert isinstance(fate, Ignored)
    assert len(fate.reason) < 200


def test_an_odd_account_parks_the_event() -> None:
    (fate,) = read("north", ANA | {"shop": ["north"]})
    assert isinstance(fate, Parked)
    assert fate.path == "$.events[0].shop"


@pytest.mark.parametrize("account", ["", "  ", [], [""], {"id": "7"}, True])
def test_a_setting_that_names_nobody_is_a_mistake(account: Any) -> None:
    with pytest.raises(ValidationError):
        AccountSettings(account=account)


def test_a_connector_without_accounts_takes_every_event() -> None:
    (fate,) = read("north", ANA, connector=replace(BOUND, account=CONNECTOR.account, settings=Settings))
    assert isinstance(fate, Event)
