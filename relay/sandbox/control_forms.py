"""What the control surface accepts; a member that is left out of a PATCH stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from relay.sandbox.faults import OutageKind
from relay.sandbox.records import EVERYTHING, Split, Status, Step, StepType, Trigger

if TYPE_CHECKING:
    from relay.sandbox.world import World

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Form(BaseModel):
    """A request body; unknown members are faults."""

    model_config = ConfigDict(extra="forbid")


class FaultForm(Form):
    """`POST /sandbox/faults`."""

    name: str
    count: int = Field(1, ge=1)
    on: Literal["execute", "any"] = "execute"


class OutageForm(Form):
    """`POST /sandbox/outage`; 0 seconds end it."""

    seconds: float = Field(ge=0)
    kind: OutageKind = "503"


class Owned(Form):
    """A thing of an organization: the world's first one unless named."""

    organization_id: str | None = None


class SessionForm(Owned):
    """`POST /sandbox/sessions`."""


class OrganizationForm(Form):
    """`POST /sandbox/organizations`."""

    name: Name


class OrganizationChange(Form):
    """`PATCH /sandbox/organizations/{id}`."""

    name: Name | None = None
    api_access: bool | None = None


class KeyForm(Owned):
    """`POST /sandbox/keys`; `expires_at` is Unix seconds."""

    secret: Name
    scopes: frozenset[str] = EVERYTHING
    active: bool = True
    expires_at: float | None = None


class KeyChange(Form):
    """`PATCH /sandbox/keys/{secret}`."""

    scopes: frozenset[str] | None = None
    active: bool | None = None
    expires_at: float | None = None


class StepForm(Form):
    """One step of a sequence."""

    type: StepType = "survey"
    delay_hours: float = Field(0, ge=0)
    url: str | None = None

    def step(self, world: World) -> Step:
        """The step, with an id of its own."""
        return Step(world.new_id("step"), self.type, self.delay_hours, self.url)


class SplitForm(Form):
    """An A/B test: the variant's id and its share in percent."""

    variant_id: str
    percent: float = Field(ge=1, le=99)

    def split(self) -> Split:
        """The same as a record."""
        return Split(self.variant_id, self.percent)


class SequenceChange(Form):
    """`PATCH /sandbox/sequences/{id}`; `steps` replaces them all, a null `split` ends the test."""

    name: Name | None = None
    status: Status | None = None
    trigger: Trigger | None = None
    steps: list[StepForm] | None = None
    split: SplitForm | None = None


class SequenceForm(Owned):
    """`POST /sandbox/sequences`; without `steps` it gets one survey that goes out at once."""

    name: Name
    status: Status = "active"
    trigger: Trigger = "api"
    steps: list[StepForm] | None = None
    split: SplitForm | None = None


class PlaceForm(Owned):
    """`POST /sandbox/places`."""

    kind: Literal["location", "employee"]
    name: Name
    active: bool = True


class ContactForm(Owned):
    """`POST /sandbox/contacts`: a contact that is there before the first call."""

    email: Name
    unsubscribed: bool = False


class ContactChange(Form):
    """`PATCH /sandbox/contacts/{id}`."""

    unsubscribed: bool
