"""Connectors: which senders are understood, and how each is set up."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from relay.core.connector import Connector
from relay.core.event import Kind
from relay.desk.desk import Desk
from relay.desk.model import Model
from relay.desk.operation import NotFound, operation
from relay.registry import ConnectorError

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["square"])]


class ConnectorSummary(Model):
    """The code for one provider."""

    name: str
    label: str
    group: str
    kinds: tuple[Kind, ...]
    confidence: str
    docs: str


class Key(Model):
    """A secret or setting that a source of it configures."""

    name: str
    required: bool
    description: str


class ConnectorModel(ConnectorSummary):
    """The code for one provider, with its set-up page."""

    page: str
    """Markdown: where to click, which events, which secret."""
    secrets: tuple[Key, ...]
    settings: tuple[Key, ...]
    sources: tuple[str, ...]
    """Sources of it that are configured."""


class Connectors(Model):
    """The connectors that can be used, and what is wrong with others."""

    items: tuple[ConnectorSummary, ...]
    broken: tuple[str, ...]


@operation("GET", "/connectors")
async def list_connectors(desk: Desk) -> Connectors:
    """Every connector: built in, installed, and from folders of the configuration."""
    registry = desk.registry()
    found, broken = list[Connector](), list[str]()
    for name in registry.names():
        try:
            found.append(registry.get(name))
        except ConnectorError as error:
            broken.append(str(error))
    found.sort(key=lambda one: (one.group, one.label))
    return Connectors(items=tuple(ConnectorSummary(**_summary(one)) for one in found), broken=tuple(broken))


@operation("GET", "/connectors/{name}", problems=(NotFound,))
async def show_connector(desk: Desk, name: Name) -> ConnectorModel:
    """One connector with its set-up page: where to click, which events, which secrets and settings."""
    try:
        found = desk.registry().get(name)
    except ConnectorError as error:
        raise NotFound(str(error)) from None
    sources = (source for source, section in desk.config.sources.items() if section.connector == name)
    return ConnectorModel(
        **_summary(found),
        page=found.page,
        secrets=_keys(found.secrets),
        settings=_keys(found.settings),
        sources=tuple(sources),
    )


def _summary(one: Connector) -> dict[str, object]:
    return {
        "name": one.name,
        "label": one.label,
        "group": one.group,
        "kinds": tuple(sorted(one.kinds)),
        "confidence": one.confidence,
        "docs": one.docs,
    }


def _keys(model: type[BaseModel]) -> tuple[Key, ...]:
    return tuple(
        Key(name=name, required=field.is_required(), description=field.description or "")
        for name, field in model.model_fields.items()
    )
