"""The JSON Schema of the configuration file, for editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from relay.config.models import Config
from relay.config.values import duration_text


class _Generate(GenerateJsonSchema):
    """Defaults as the file writes them, and no titles, which would only repeat the keys."""

    def encode_default(self, dft: Any) -> Any:
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


def schema() -> dict[str, Any]:
    """Draft 2020-12. It knows every key; settings of connectors are left open."""
    body = Config.model_json_schema(schema_generator=_Generate)
    for definition in body["$defs"].values():
        definition.pop("title", None)
    return {"$schema": GenerateJsonSchema.schema_dialect} | body | {"title": "sequence-relay configuration"}
