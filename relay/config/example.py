"""Renders config.example.toml from the models: every key, its default and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from textwrap import wrap
from typing import Any, get_args

from pydantic import BaseModel

from relay.config.keys import Path, is_model, literal, written
from relay.config.models import Config, DestinationSection, RouteSection, SourceSection
from relay.core.source import Settings

HEAD = """\
# The configuration of sequence-relay. `relay check` names every mistake in it at once.
#
# This file is a working start: one destination, one source, one route. A key behind a # has the value that is
# shown without being set; where there is no default, the value is an example. Take the # away to change it.
#
# Environment  RELAY_ and a key in capitals sets that key and wins over this file. Two underscores stand for a
#              dot, one for a dash in a name: RELAY_SERVER__PORT=9000,
#              RELAY_SOURCES__SQUARE_MAIN__SECRETS__SIGNING_KEY=... A name that fits no key is a mistake.
# Secrets      { env = "NAME" } reads an environment variable, { file = "/run/secrets/name" } a file; text in
#              quotes is the secret itself. A list holds several live values while one is rotated.
# Durations    "50ms", "30s", "10m", "1h 30m", "2d", "1w", or a number of seconds. Sizes: "512 KiB", "1 MiB".
# Editors      `relay config schema > relay.schema.json` and `#:schema ./relay.schema.json` as the first line
#              of this file let an editor complete and check it.
"""

_DESTINATION = {"api_key": {"env": "DEMETERRR_API_KEY"}}
_SOURCES: Mapping[str, Mapping[str, Any]] = {
    "square-main": {"connector": "square", "secrets": ["signing_key", "access_token"]},
    "shopify-shop": {"connector": "shopify", "secrets": ["signing_key"]},
    "calendly-team": {"connector": "calendly", "secrets": ["signing_key"]},
    "acuity-studio": {"connector": "acuity", "secrets": ["signing_key"], "user_id": "12345678"},
    "hubspot-crm": {"connector": "hubspot", "secrets": ["signing_key", "access_token"]},
    "salesforce-crm": {
        "connector": "salesforce",
        "secrets": ["url_token"],
        "organization_id": "00D000000000062EAA",
    },
}
_REGION = "US"
_FIRST_ROUTE = {
    "name": "after-visit",
    "sources": ["square-main"],
    "sequence": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
}
_SECOND_ROUTE = {
    "name": "review-request",
    "sources": ["calendly-team", "acuity-studio"],
    "events": ["appointment.booked"],
    "sequence": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    "delay": "2h",
}
_CHANNELS: Sequence[Mapping[str, Any]] = (
    {"name": "team", "kind": "slack", "url": {"env": "ALERTS_SLACK_URL"}},
    {
        "name": "on-call",
        "kind": "webhook",
        "url": "https://hooks.example.com/relay",
        "secret": {"env": "ALERTS_SECRET"},
        "severity": "critical",
        "kinds": ["held", "breaker", "imbalance"],
    },
)

Lines = Mapping[str, Sequence[str]]
"""For a key, the lines that set it or parts of it."""


def example() -> str:
    """The text of config.example.toml."""
    (first, source), *others = ((name, _source(**parts)) for name, parts in _SOURCES.items())
    return "\n".join(
        [
            HEAD,
            *_pairs(Config),
            *_tables(Config),
            *_entry("destinations", "[destinations.main]", DestinationSection, _assigned(_DESTINATION)),
            *_entry("sources", f"[sources.{first}]", SourceSection, source | {"settings": _settings()}),
            "# Sources of other connectors, each with all that it must have.\n",
            *(_behind(f"[sources.{name}]", lines) for name, lines in others),
            *_entry("routes", "[[routes]]", RouteSection, _assigned(_FIRST_ROUTE)),
            "# After a booking the delay counts from the appointment's end; a cancelled one enrols nobody.\n",
            _behind("[[routes]]", _assigned(_SECOND_ROUTE)),
            "# Where alerts are told: in a chat that takes what Slack takes, and by signed webhooks.\n",
            *(_behind("[[alerts.channels]]", _assigned(channel)) for channel in _CHANNELS),
        ]
    )


def _tables(model: type[BaseModel], above: Path = ()) -> Iterator[str]:
    """The tables that every configuration has, each followed by those inside it."""
    for name, info in model.model_fields.items():
        inner: Any = info.annotation
        if is_model(inner):
            path = (*above, name)
            yield f"# {info.description}\n[{written(path)}]\n"
            yield from _pairs(inner)
            yield from _tables(inner, path)


def _entry(table: str, header: str, model: type[BaseModel], live: Lines) -> Iterator[str]:
    """The first of several tables of a kind, with every key; `live` keys are in use."""
    yield f"# {Config.model_fields[table].description}\n{header}\n"
    yield from _pairs(model, live)


def _pairs(model: type[BaseModel], live: Lines | None = None) -> Iterator[str]:
    """Each plain key of a table below what it means; behind a # unless it is live."""
    defaults = model.model_construct().model_dump(mode="json")
    for name, info in model.model_fields.items():
        if not any(map(is_model, (info.annotation, *get_args(info.annotation)))):
            value = defaults.get(name) if defaults.get(name) is not None else (info.examples or [""])[0]
            lines = (live or {}).get(name) or [f"#{name} = {literal(value)}"]
            yield "\n".join([*_remark(info.description), *lines, ""])


def _source(connector: str, secrets: Sequence[str], **settings: str) -> dict[str, list[str]]:
    """A source that sets what it must."""
    names = {key: {"env": f"{connector}_{key}".upper()} for key in secrets}
    return {
        "connector": [f"connector = {literal(connector)}"],
        "secrets": [f"secrets.{key} = {literal(reference)}" for key, reference in names.items()],
        "settings": [f"settings.{key} = {literal(value)}" for key, value in settings.items()],
    }


def _settings() -> list[str]:
    """The settings that every source has."""
    defaults = Settings.model_construct().model_dump(mode="json")
    lines = []
    for name, info in Settings.model_fields.items():
        value = defaults[name] or _REGION
        lines += [*_remark(info.description), f"#settings.{name} = {literal(value)}"]
    return lines


def _assigned(data: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [f"{name} = {literal(value)}"] for name, value in data.items()}


def _behind(header: str, lines: Lines) -> str:
    """A table behind #, to be taken into use."""
    return "".join(f"#{line}\n" for line in chain([header], *lines.values()))


def _remark(text: str | None) -> list[str]:
    return wrap(text or "", 110, initial_indent="# ", subsequent_indent="# ")
