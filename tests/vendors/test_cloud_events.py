"""CloudEvents: what the specification's library writes, we read as what it wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cloudevents.core.bindings.http import HTTPMessage, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from relay.core.cloud_events import parse_cloud_events
from relay.core.request import Request, fold_headers

names = st.text("abcxyz019", min_size=1, max_size=12).filter(lambda name: name not in {"data", "time"})
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1)
json_data = st.recursive(
    st.one_of(st.text(), st.integers(-(2**53), 2**53), st.booleans()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
).map(lambda value: {"value": value})


def event(data: Any, extensions: dict[str, str]) -> Any:
    moment = datetime(2026, 3, 14, 18, 0, tzinfo=UTC)
    required = {"id": "e-1", "source": "/shop", "type": "order.paid", "specversion": "1.0", "time": moment}
    return CloudEvent({**extensions, **required, "datacontenttype": "application/json"}, data)


def read(message: HTTPMessage) -> dict[str, Any]:
    request = Request(
        "POST", "https://relay.example.com/", fold_headers(message.headers.items()), message.body
    )
    node: dict[str, Any] = parse_cloud_events(request).raw
    return node


def written(one: Any) -> dict[str, Any]:
    """What the library holds, with the content type, which is a header of its own, left out."""
    moment = {"time": "2026-03-14T18:00:00Z"}
    held = {**one.get_attributes(), **moment, "data": one.get_data()}
    return {name: value for name, value in held.items() if name != "datacontenttype"}


@given(data=json_data, extensions=st.dictionaries(names, texts, max_size=3))
def test_both_modes_are_read_as_what_was_written(data: Any, extensions: dict[str, str]) -> None:
    one = event(data, extensions)
    binary = read(to_binary(one, JSONFormat()))
    structured = read(to_structured(one, JSONFormat()))
    for shown in (binary, structured):
        assert {name: value for name, value in shown.items() if name != "datacontenttype"} == written(one)
