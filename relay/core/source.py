"""One configured account at a provider, as a connector sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints


class Settings(BaseModel):
    """Settings that every source has. A connector adds its own by subclassing."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    default_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """Country (ISO 3166 alpha-2) that phone numbers without a country code belong to; never guessed."""

    unknown_events: Literal["park", "ignore"] = "park"
    """What becomes of event types that the connector does not know: kept as dead letters, or ignored."""


class StampedSettings(Settings):
    """Settings of a source whose signature covers a timestamp."""

    tolerance: Annotated[float, Field(gt=0, le=7 * 86400)] = 300.0
    """Seconds that a signed timestamp may differ from the relay's clock, either way."""


class SandboxSettings(Settings):
    """Settings of a source that may stand in its sender's sandbox, whose events are tests."""

    environment: Literal["production", "sandbox"] = "production"
    """Which of the sender's two worlds the credentials belong to."""

    @property
    def in_sandbox(self) -> bool:
        return self.environment == "sandbox"


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | SecretStr) else value


def _ids(value: Any) -> Any:
    """One id or a list of them; those that are numbers may be written as numbers."""
    listed = [value] if isinstance(value, str | int) else value
    return [str(one) if type(one) is int else one for one in listed] if isinstance(listed, list) else listed


_Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class AccountSettings(Settings):
    """Settings of a source whose signing key may serve several of the sender's accounts."""

    account: Annotated[tuple[_Id, ...], BeforeValidator(_ids), Field(min_length=1)] = ()
    """The account whose events are taken, or a list of them; others are ignored. Left out, all are taken."""


# An empty key would let anybody sign; an unset variable of the environment easily makes one.
_Secret = Annotated[SecretStr, Field(min_length=1)]

Keys = Annotated[tuple[_Secret, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One secret or a list of them, all live at once, so that a secret can be rotated."""

OptionalKeys = Annotated[tuple[_Secret, ...], BeforeValidator(_listed), Field(min_length=1)]
"""The same where it may be left out (`= ()`), which an empty list is not."""


def published(*keys: str) -> tuple[SecretStr, ...]:
    """The default of a secret that is none: keys that a vendor publishes for everybody to verify with."""
    return tuple(SecretStr(key) for key in keys)


class Secrets(BaseModel):
    """Secrets that a source must configure; a connector names its own by subclassing."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    def revealed(self) -> Mapping[str, tuple[str, ...]]:
        return {
            name: tuple(secret.get_secret_value() for secret in getattr(self, name))
            for name in type(self).model_fields
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A source at work: `secrets` maps a name to every live value, newest first.

    `settings` is an instance of the connector's own `Settings` class.
    """

    name: str
    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)
    settings: Any

    def keys(self, name: str) -> tuple[str, ...]:
        return self.secrets.get(name, ())
