"""How long what is over is kept, and what it is still needed for."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config.faults import Fault
from relay.core.retention import DAY, Kept
from relay.sandbox.first import AFTER_VISIT
from tests.config.trying import faults_of, open_text

DESTINATION = '[destinations.main]\napi_key = "dem_x"\n'
ROUTE = f'[[routes]]\nname = "visits"\nsequence = "{AFTER_VISIT}"\nevents = ["purchase.completed"]\n'


def test_bodies_are_kept_for_a_month_and_records_for_a_year(tmp_path: Path) -> None:
    assert open_text(tmp_path, "").kept == Kept(bodies=30 * DAY, records=365 * DAY)


def test_nothing_means_for_ever(tmp_path: Path) -> None:
    assert open_text(tmp_path, "[retention]\nbodies = 0\nrecords = 0\n").kept == Kept(bodies=0, records=0)


@pytest.mark.parametrize(
    ("kept", "route", "told"),
    [
        ("1d", "", "should be at least 30d: so long a sender may repeat what it sent"),
        ("100d", 'cooldown = "120d"', "should be at least 120d: route visits has this cooldown"),
        ("100d", 'latest = "180d"', "should be at least 180d: route visits sends so late (latest)"),
    ],
)
def test_records_are_kept_as_long_as_they_decide_about_something(
    tmp_path: Path, kept: str, route: str, told: str
) -> None:
    text = f'[retention]\nbodies = "1d"\nrecords = "{kept}"\n{DESTINATION}{ROUTE}{route}\n'
    assert faults_of(tmp_path, text) == [Fault("retention.records", told)]


def test_bodies_cannot_outlive_their_records(tmp_path: Path) -> None:
    text = '[retention]\nbodies = "90d"\nrecords = "60d"\n'
    told = "should not be longer than retention.records (60d)"
    assert faults_of(tmp_path, text) == [Fault("retention.bodies", told)]
