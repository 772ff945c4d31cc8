"""Look-ups of a recorded case are answered as those of the original were."""

from __future__ import annotations

import json

from relay.core.lookup import Answer, get, post_json
from relay.core.payload import Node
from relay.recording.asking import answers_as_recorded
from relay.recording.record import record
from tests.recording.stored import (
    REGISTRY,
    accepted,
    recorded,
)


def test_an_id_of_few_digits_is_the_same_in_a_field_and_where_it_is_looked_up() -> None:
    pipedrive = REGISTRY.get("pipedrive")
    request = dict(accepted(pipedrive))["change_deal_won"]
    made = record(request, pipedrive, title="t", evidence="e").case
    person = json.loads(made.request.body)["data"]["person_id"]
    assert person != json.loads(request.body)["data"]["person_id"]
    assert made.upstream[0].url.endswith(f"/persons/{person}")
    assert made.upstream[0].body["data"]["id"] == person


def test_look_ups_that_differ_in_their_body_alone_keep_their_own_answers() -> None:
    calls = [post_json("https://api.x.io/graph", {"id": number}) for number in (1, 2)]
    alone = get("https://api.x.io/people")
    bodies = [Node({"name": name}) for name in ("first", "second", "all")]
    answers = [Answer(200, body) for body in bodies]
    found = answers_as_recorded(list(zip([*calls, alone], answers, strict=True)))
    case = recorded("{}").case.model_copy(update={"upstream": found})
    said = [case.answer_to(call) for call in (calls[1], calls[0], alone)]
    assert [one.body.raw["name"] for one in said if one] == ["second", "first", "all"]
    assert found[2].body_contains is None
