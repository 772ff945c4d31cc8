"""The JSON Schema: complete, closed, and in the form of the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from relay.config.schema import schema


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


def test_the_schema_is_json_and_says_which_draft_it_is() -> None:
    assert json.loads(json.dumps(schema()))["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_of_the_schema_is_explained() -> None:
    for node in nodes(schema()):
        for name, key in node.get("properties", {}).items():
            assert key.get("description") or "$ref" in key, name


def test_the_schema_refuses_unknown_keys_wherever_keys_are_fixed() -> None:
    tables = [node for node in nodes(schema()) if "properties" in node]
    assert tables
    assert all(table["additionalProperties"] is False for table in tables)


def test_every_reference_has_its_definition() -> None:
    made = schema()
    references = {node["$ref"] for node in nodes(made) if isinstance(node.get("$ref"), str)}
    assert references == {f"#/$defs/{name}" for name in made["$defs"]}


def test_durations_and_sizes_have_the_form_of_the_file() -> None:
    made = schema()["$defs"]
    assert made["Delivery"]["properties"]["timeout"]["default"] == "30s"
    assert [option["type"] for option in made["Server"]["properties"]["max_body"]["anyOf"]] == [
        "string",
        "number",
    ]
