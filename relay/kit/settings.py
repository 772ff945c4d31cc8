"""What a source must configure: secrets, and settings that check themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from relay.core.expression import ExpressionText
from relay.core.hosts import OwnOrigin, ZoneName, host_under
from relay.core.mapping import MappingSettings, map_by_settings
from relay.core.moments import zone_named
from relay.core.proof import HeaderName
from relay.core.source import (
    AccountSettings,
    Keys,
    OptionalKeys,
    SandboxSettings,
    Secrets,
    Settings,
    StampedSettings,
    published,
)

__all__ = [
    "AccountSettings",
    "AfterValidator",
    "Annotated",
    "BaseModel",
    "ExpressionText",
    "Field",
    "HeaderName",
    "Keys",
    "MappingSettings",
    "OptionalKeys",
    "OwnOrigin",
    "SandboxSettings",
    "Secrets",
    "Settings",
    "StampedSettings",
    "ZoneName",
    "host_under",
    "map_by_settings",
    "published",
    "zone_named",
]
