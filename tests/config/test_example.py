"""The example file: complete, working, and the same as the models."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from relay.config.example import example
from relay.config.faults import ConfigFaults
from relay.config.load import load
from relay.config.models import Config, Delivery, DestinationSection, RouteSection, Server, SourceSection
from relay.config.resolve import open_installation
from relay.core.source import Settings

COMMITTED = Path(__file__).parents[2] / "config.example.toml"

BEHIND = re.compile(r"^#(?=\[|[a-z_.]+ = )", re.MULTILINE)
"""A # before a table or a key, in contrast to one before an explanation, which has a space."""


def everything() -> str:
    return BEHIND.sub("", example())


@pytest.fixture(name="environ")
def _environ() -> dict[str, str]:
    """Every variable that the example refers to."""
    forms = {
        "ALERTS_SLACK_URL": "https://chat.example.com/hooks/1",
        "DATABASE_URL": "postgresql://relay@db.example.com/relay",
        "ALERTS_SECRET": "whsec_MfKQ9r8GKYqrTwjU",
    }
    return {name: forms.get(name, f"dem_{name}") for name in re.findall(r'env = "([A-Z_]+)"', everything())}


def opened(tmp_path: Path, text: str, environ: dict[str, str]) -> tuple[set[str], tuple[str, ...]]:
    file = tmp_path / "config.toml"
    file.write_text(text)
    installation = open_installation(file, environ)
    return {active.connector.name for active in installation.sources.values()}, installation.warnings


def test_the_committed_example_is_what_the_models_say() -> None:
    assert COMMITTED.read_text("utf-8") == example(), "run `relay config example > config.example.toml`"


def test_the_example_is_a_working_start(tmp_path: Path, environ: dict[str, str]) -> None:
    assert opened(tmp_path, example(), environ) == ({"square"}, ())


def test_the_example_works_with_every_key_taken_into_use(tmp_path: Path, environ: dict[str, str]) -> None:
    connectors, _ = opened(tmp_path, everything(), environ)
    assert connectors == {"square", "shopify", "calendly", "acuity", "hubspot", "salesforce"}


def test_an_example_as_copied_says_which_secrets_are_still_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaults) as caught:
        opened(tmp_path, example(), {})
    assert [fault.key for fault in caught.value.faults] == [
        "destinations.main.api_key.env",
        "sources.square-main.secrets.access_token.env",
        "sources.square-main.secrets.signing_key.env",
    ]


def test_without_its_sources_and_routes_the_example_says_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(example().partition("[destinations.main]")[0])
    assert load(file, {}) == Config()


def test_a_key_behind_a_sign_has_its_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    text = everything().partition("[destinations.main]")[0]
    file.write_text(re.sub(r"^(metrics_port|url|wait|when_away|path) = .*$", "", text, flags=re.MULTILINE))
    assert load(file, {}) == Config()


@pytest.mark.parametrize("model", [Config, Server, Delivery, DestinationSection, SourceSection, RouteSection])
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    explanations = example().replace("\n# ", " ")
    for info in model.model_fields.values():
        assert info.description
        assert info.description in explanations


@pytest.mark.parametrize("model", [DestinationSection, SourceSection, RouteSection, Settings])
def test_every_key_of_destinations_sources_and_routes_is_there(model: type[BaseModel]) -> None:
    data = tomllib.loads(everything())
    places = {
        DestinationSection: data["destinations"]["main"],
        SourceSection: data["sources"]["square-main"],
        RouteSection: data["routes"][0],
        Settings: data["sources"]["square-main"]["settings"],
    }
    assert places[model].keys() == model.model_fields.keys()


def test_lines_are_short_enough_to_read() -> None:
    assert max(map(len, example().splitlines())) <= 112
