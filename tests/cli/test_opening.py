"""How long a start tries to open its store."""

from __future__ import annotations

import pytest

from relay.cli.opening import pauses


@pytest.mark.parametrize("total", [0.1, 1.0, 60.0, 3600.0])
def test_tries_become_rarer_and_end_in_time(total: float) -> None:
    waited = list(pauses(total))
    assert sum(waited) == pytest.approx(total)
    assert waited[:-1] == sorted(waited[:-1])
    assert max(waited) <= 5


def test_a_store_that_is_not_waited_for_is_tried_once() -> None:
    assert list(pauses(0)) == []
