"""OpenAPI 3.1 from the operations and their models (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

import relay
from relay.desk.operation import Operation
from relay.desk.problems import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TooMany,
    Unauthorized,
    Unavailable,
)

Schema = dict[str, Any]

_TEMPLATE = "#/components/schemas/{model}"
_PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "hint", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened."},
        "hint": {"type": "string", "description": "What to do; may be empty."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "message"],
                "properties": {"where": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
# The server says so itself, before the API sees anything of the call.
_TOO_LONG: Schema = {
    "description": "The address is longer than 8190 bytes",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_ALWAYS: tuple[type[Problem], ...] = (Unauthorized, Forbidden, TooMany, Unavailable)


def describe(operations: Sequence[Operation[..., Any]], root: str) -> Schema:
    """The whole document."""
    schemas = _Schemas(operations)
    paths: Schema = {}
    for operation in operations:
        paths.setdefault(root + operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Relay",
            "version": relay.__version__,
            "description": "Everything that the console and the command line can do.",
        },
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "relay token create"}
            },
            "schemas": schemas.definitions | {"Problem": _PROBLEM},
        },
    }


class _Schemas:
    """The schema of every type that an operation takes or gives; models by reference."""

    def __init__(self, operations: Iterable[Operation[..., Any]]) -> None:
        wanted: dict[tuple[str, str], tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = {}
        for operation in operations:
            for name, kind in operation.parameters.items():
                key = (operation.name, name)
                wanted[key] = (key, "validation", TypeAdapter(kind))
            key = (operation.name, "return")
            wanted[key] = (key, "serialization", TypeAdapter(operation.answer))
        found, rest = TypeAdapter.json_schemas(list(wanted.values()), ref_template=_TEMPLATE)
        self._by_use = {key: schema for (key, _), schema in found.items()}
        self.definitions: Schema = rest.get("$defs", {})

    def of(self, operation: Operation[..., Any], name: str) -> Schema:
        schema: Schema = self._by_use[operation.name, name]
        return schema

    def properties(self, operation: Operation[..., Any], name: str) -> tuple[Schema, Sequence[str]]:
        """The fields of a model, and which of them are required."""
        schema = self.of(operation, name)
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return schema.get("properties", {}), schema.get("required", ())


def _described(operation: Operation[..., Any], schemas: _Schemas) -> Schema:
    told: Schema = {
        "operationId": operation.name,
        "tags": [operation.section],
        "summary": operation.summary,
        "description": f"{operation.description}\n\nNeeds the role *{operation.role}*.".strip(),
        "parameters": [*_places(operation, schemas), *_queries(operation, schemas)],
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": schemas.of(operation, "body")}}
        _, required = schemas.properties(operation, "body")
        told["requestBody"] = {"required": bool(required), "content": content}
    return told


def _places(operation: Operation[..., Any], schemas: _Schemas) -> Iterable[Schema]:
    for name in operation.place:
        yield {"name": name, "in": "path", "required": True, "schema": schemas.of(operation, name)}


def _queries(operation: Operation[..., Any], schemas: _Schemas) -> Iterable[Schema]:
    if operation.query is None:
        return
    properties, required = schemas.properties(operation, "query")
    for name, schema in properties.items():
        told = {"name": name, "in": "query", "required": name in required, "schema": schema}
        yield told | ({"description": schema["description"]} if "description" in schema else {})


def _responses(operation: Operation[..., Any], schemas: _Schemas) -> Schema:
    problems = {*_ALWAYS, *operation.problems}
    if operation.parameters:
        problems.add(Invalid)
    told: Schema = {str(kind.status): _problem(kind) for kind in sorted(problems, key=lambda one: one.status)}
    if operation.query is not None:
        told = {"400": _TOO_LONG} | told
    if operation.answer is type(None):
        return {"204": {"description": "Done."}} | told
    content = {"application/json": {"schema": schemas.of(operation, "return")}}
    return {"200": {"description": "Done.", "content": content}} | told


def _problem(kind: type[Problem]) -> Schema:
    content = {"application/problem+json": {"schema": {"$ref": _TEMPLATE.format(model="Problem")}}}
    return {"description": kind.title, "content": content}


__all__ = ["Conflict", "NotFound", "describe"]
