"""Whatever is called, the API answers as its description says, and never fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import settings
from schemathesis import Case as AnyCase
from schemathesis.specs.openapi.checks import positive_data_acceptance

from relay.core.access import Role
from relay.desk.catalogue import OPERATIONS
from relay.web.api.app import ROOT
from relay.web.api.openapi import describe
from tests.cli.terminal import in_background
from tests.factories import parked_event, quarantined
from tests.letting_in import link, session, token
from tests.store.desk import Desk
from tests.web.api.conftest import Api, serving

Case = AnyCase[Any]
Test = Callable[[Case, str], None]
EXAMPLE = "0ZrhZYuEK"
GUESTS = [f"guest{number}@example.com" for number in range(1, 13)]


def every_operation_as(role: Role) -> Callable[[Test], Test]:
    """Makes a test of each operation that the API describes, for whoever has this role."""
    schema = schemathesis.openapi.from_dict(describe(OPERATIONS, ROOT))

    @schema.auth()
    class _Token:
        def get(self, _case: object, _context: object) -> str:
            return f"Bearer {role}"

        def set(self, case: Case, data: str, _context: object) -> None:
            case.headers["Authorization"] = data

    return cast("Callable[[Test], Test]", schema.parametrize())


@asynccontextmanager
async def full(folder: Path) -> AsyncIterator[Api]:
    """A ledger with everything that the description gives as an example."""
    async with serving(folder) as api:
        desk, access = Desk(api.store), api.store.access
        await desk.refuse(*GUESTS[:2])
        await desk.report(parked_event())
        await desk.refuse(*GUESTS[2:])
        await desk.order()
        await desk.order()
        for _ in range(2):
            await api.store.add_quarantined(quarantined(), 100)
        await access.create_token(token(id=EXAMPLE), b"digest")
        await access.create_link(link(), b"digest")
        await access.use_link(link().id, session(id=EXAMPLE), b"digest")
        yield api


@pytest.fixture(scope="module", name="url")
def _url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with in_background(lambda: full(tmp_path_factory.mktemp("fuzz"))) as api:
        yield api.url


def check(case: Case, url: str) -> None:
    # What has the right shape may still make no sense, such as a cursor of another list.
    case.call_and_validate(base_url=url, excluded_checks=[positive_data_acceptance])


@every_operation_as(Role.ADMIN)
@settings(max_examples=15)
def test_an_admin_is_answered_as_described(case: Case, url: str) -> None:
    check(case, url)


@every_operation_as(Role.VIEWER)
@settings(max_examples=4)
def test_a_viewer_is_answered_as_described(case: Case, url: str) -> None:
    check(case, url)
