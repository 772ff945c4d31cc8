"""The reference page, rendered from the API's own description."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

_PAGES = Environment(
    loader=PackageLoader("relay.web.api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_STYLE = files("relay.web.api").joinpath("templates", "reference.css").read_bytes()
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"


def page(document: dict[str, Any]) -> web.Response:
    """An HTML page without scripts, for people."""
    text = _PAGES.get_template("reference.html").render(
        api=document, sections=_sections(document), kind=_kind
    )
    headers = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff"}
    return web.Response(text=text, content_type="text/html", headers=headers)


def _sections(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations by their tag, each with its method and path."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            place = {"path": path, "method": method.upper()}
            sections.setdefault(told["tags"][0], []).append(told | place)
    return sections


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: `integer`, `list of AuditEntry`, `text or null`."""
    match schema:
        case {"$ref": place}:
            kind = place.rpartition("/")[2]
        case {"anyOf": choices}:
            kind = " or ".join(_kind(one) for one in choices)
        case {"enum": values}:
            kind = " | ".join(map(str, values))
        case {"const": value}:
            kind = str(value)
        case {"type": "array"}:
            kind = f"list of {_kind(schema.get('items', {}))}"
        case {"type": "string"}:
            kind = schema.get("format", "text")
        case _:
            kind = schema.get("type", "anything")
    return str(kind)


def stylesheet() -> web.Response:
    return web.Response(body=_STYLE, content_type="text/css", headers={"cache-control": "max-age=3600"})
