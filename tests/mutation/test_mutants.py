"""Broken proofs are noticed: a sample here, all of them by `make mutants`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from relay.core.errors import Unverified
from relay.core.places import in_header
from relay.core.request import Request
from relay.core.signatures import HmacSignature
from relay.core.source import Settings, Source
from tests.mutation import core
from tests.mutation.__main__ import equivalent, report
from tests.mutation.judge import noticed_at_import
from tests.mutation.mutate import mutants

CODE = '''\
LIMIT = 3


def accepts(shown: str, *, bare: bool = True) -> bool:
    """Never changed."""
    if not shown or len(shown) > LIMIT:
        raise ValueError("never changed")
    return any(one.strip() == shown for one in ("a", "b") if one)
'''


def test_each_small_change_of_a_scope_is_made_and_named() -> None:
    names = {one.name for one in mutants(CODE, lambda path: path[0] in {"LIMIT", "accepts"})}
    assert {
        "LIMIT: `3` is `4`",
        "accepts: `not shown or len(shown) > LIMIT` is `not shown and len(shown) > LIMIT`",
        "accepts: `not shown` is `shown`",
        "accepts: `len(shown) > LIMIT` is `False`",
        "accepts: `len(shown) > LIMIT` is `len(shown) >= LIMIT`",
        "accepts: without `raise ValueError`",
        "accepts: `any` is `all`",
        "accepts: `one.strip()` is `one`",
        "accepts: `one.strip() == shown` is `True`",
        "accepts: `'a'` is `'ax'`",
    } <= names
    assert not [name for name in names if "ever changed" in name or "bool" in name]


def test_every_mutant_is_another_program() -> None:
    programs = [compile(one.tree, "code", "exec") for one in mutants(CODE, lambda _: True)]
    assert len(programs) > 15
    assert compile(CODE, "code", "exec") not in programs


def test_a_mutant_runs_everywhere_within_its_block_and_nowhere_after() -> None:
    verifier = HmacSignature(place=in_header("x-signature"))
    source = Source("shop", {"signing_key": ("key",)}, Settings())
    forged = replace(Request("POST", "/", {}, b"{}"), headers={"x-signature": "00"})
    mutant = core.core_mutants("signatures")["any_match: `False` is `True`"]
    with core.in_place("signatures", mutant):
        verifier(forged, source, 0)
    with pytest.raises(Unverified):
        verifier(forged, source, 0)


def test_a_broken_default_is_noticed_by_a_process_that_imports_it() -> None:
    task = ("core.signatures", "HmacSignature: `'sha256'` is `'sha1'`")
    assert noticed_at_import(task) == (task, "cases")


def test_what_nobody_notices_or_has_no_mutant_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    known = dict.fromkeys(equivalent(), "nobody")
    assert report(known, known, 0) == 0
    assert f"{len(known)} equivalent, 0 by nobody" in capsys.readouterr().out
    first, *others = known
    for verdicts, told in (
        (known | {("shop", "verify: `1` is `2`"): "nobody"}, "nobody notices: shop verify: `1` is `2`"),
        (known | {first: "cases"}, f"is noticed after all: {' '.join(first)}"),
        (dict.fromkeys(others, "nobody"), f"is no mutant: {' '.join(first)}"),
    ):
        assert report(verdicts, verdicts, 0) == 1
        assert told in capsys.readouterr().out


@pytest.mark.timeout(600)  # hundreds of checks and tests, on a machine that may be busy with the others
def test_a_sample_of_broken_proofs_is_noticed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "--every", "40"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "0 by nobody" in done.stdout
