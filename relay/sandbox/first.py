"""The world that a sandbox begins with: enough for a first try, every id fixed and printable."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from relay.sandbox.records import Split, Status, Step, StepType
from relay.sandbox.world import World

# As long as the documents say, and plainly no secret.
KEY = "dem_sandbox" + "0" * 35 + "1"
READ_KEY = "dem_sandbox" + "0" * 35 + "2"
OTHER_KEY = "dem_sandbox" + "0" * 35 + "3"

ORGANIZATION = "11111111-1111-4111-8111-111111111111"
OTHER_ORGANIZATION = "22222222-2222-4222-8222-222222222222"

AFTER_VISIT = "aaaaaaaa-0001-4000-8000-000000000001"
REVIEW_REQUEST = "aaaaaaaa-0002-4000-8000-000000000002"
ONBOARDING = "aaaaaaaa-0003-4000-8000-000000000003"
SPLIT = "aaaaaaaa-0004-4000-8000-000000000004"
VARIANT = "aaaaaaaa-0005-4000-8000-000000000005"
PAUSED = "aaaaaaaa-0006-4000-8000-000000000006"
DRAFT = "aaaaaaaa-0007-4000-8000-000000000007"
WITHOUT_STEPS = "aaaaaaaa-0008-4000-8000-000000000008"
ARCHIVED = "aaaaaaaa-0009-4000-8000-000000000009"
OTHERS_SEQUENCE = "bbbbbbbb-0001-4000-8000-000000000001"

DOWNTOWN = "dddddddd-0001-4000-8000-000000000001"
HARBOUR = "dddddddd-0002-4000-8000-000000000002"
OTHERS_LOCATION = "dddddddd-0009-4000-8000-000000000009"
MORGAN = "eeeeeeee-0001-4000-8000-000000000001"
RILEY = "eeeeeeee-0002-4000-8000-000000000002"
FORMER_EMPLOYEE = "eeeeeeee-0003-4000-8000-000000000003"


class _Plan(NamedTuple):
    id: str
    name: str
    status: Status = "active"
    steps: tuple[tuple[StepType, float], ...] = ()
    split: Split | None = None


class _Place(NamedTuple):
    kind: Literal["location", "employee"]
    id: str
    name: str
    active: bool = True


_PLACES = (
    _Place("location", DOWNTOWN, "Downtown"),
    _Place("location", HARBOUR, "Harbour"),
    _Place("employee", MORGAN, "Morgan Example"),
    _Place("employee", RILEY, "Riley Example"),
    _Place("employee", FORMER_EMPLOYEE, "Former Employee", active=False),
)


_SURVEY: tuple[StepType, float] = ("survey", 0)
_MAIL: tuple[StepType, float] = ("email", 0)
_REVIEW: tuple[StepType, float] = ("review_request", 24)
_TEXT: tuple[StepType, float] = ("sms", 48)

_PLANS = (
    _Plan(AFTER_VISIT, "After-visit survey", steps=(_SURVEY, _REVIEW)),
    _Plan(REVIEW_REQUEST, "Review request", steps=(_REVIEW,)),
    _Plan(ONBOARDING, "Customer onboarding", steps=(_MAIL, _TEXT, _SURVEY)),
    _Plan(SPLIT, "Checkout survey", steps=(_SURVEY,), split=Split(VARIANT, 30)),
    _Plan(VARIANT, "Checkout survey, variant B", steps=(_MAIL,)),
    _Plan(PAUSED, "Winter campaign", "paused", steps=(_MAIL,)),
    _Plan(DRAFT, "Spring newsletter", "draft", steps=(_MAIL,)),
    _Plan(WITHOUT_STEPS, "Unfinished sequence"),
    _Plan(ARCHIVED, "Last year's survey", "archived", steps=(_SURVEY,)),
)


def first_world(seed: int = 1) -> World:
    """Two organizations with their keys; the first has sequences in every state."""
    world = World(seed)
    world.add_organization("Sandbox Clinic", id=ORGANIZATION)
    world.add_organization("Another Customer", id=OTHER_ORGANIZATION)
    world.add_key(ORGANIZATION, KEY)
    world.add_key(ORGANIZATION, READ_KEY, scopes=["sequences:read", "contacts:read"])
    world.add_key(OTHER_ORGANIZATION, OTHER_KEY)
    for plan in _PLANS:
        _add(world, plan)
    world.add_sequence(OTHER_ORGANIZATION, "Another customer's survey", id=OTHERS_SEQUENCE)
    for place in _PLACES:
        world.add_place(place.kind, ORGANIZATION, place.name, id=place.id, active=place.active)
    world.add_place("location", OTHER_ORGANIZATION, "Elsewhere", id=OTHERS_LOCATION)
    return world


def _add(world: World, plan: _Plan) -> None:
    steps = [Step(world.new_id("step"), kind, delay) for kind, delay in plan.steps]
    # A copy: the split of a world may be changed, the plan is everybody's.
    split = replace(plan.split) if plan.split else None
    world.add_sequence(ORGANIZATION, plan.name, id=plan.id, status=plan.status, steps=steps, split=split)
