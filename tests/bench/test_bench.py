"""What the figures rest on: verdicts, deliveries that are genuine and distinct, charts that can be read."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree as ET

import apsw
import pytest

from tests.bench.bench import Finding, table
from tests.bench.charts import Bar, Line, bars, lines
from tests.bench.deliveries import KEY, delivery, read_deliveries, write_signatures
from tests.bench.wal import counting


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (Finding("rate", 0.75, limit=0.75, floor=True), "met"),
        (Finding("rate", 0.74, limit=0.75, floor=True), "missed"),
        (Finding("latency", 5.0, limit=5.0), "met"),
        (Finding("latency", 5.1, limit=5.0), "missed"),
        (Finding("told", 5.1), ""),
    ],
)
def test_a_limit_is_met_up_to_the_limit_itself(finding: Finding, verdict: str) -> None:
    assert finding.verdict == verdict


def test_a_verdict_says_when_others_had_the_core() -> None:
    told = table([Finding("quiet", 1, limit=2, others=0.02), Finding("busy", 3, limit=2, others=0.4)])
    assert "| quiet | 1 | ≤ 2 | met |" in told
    assert "| busy | 3 | ≤ 2 | **missed** (others had 40% of the core) |" in told


def test_deliveries_are_signed_whole_and_each_of_another_person(tmp_path: Path) -> None:
    write_signatures(tmp_path / "signatures", range(5, 25))
    requests = list(read_deliveries(tmp_path / "signatures"))
    assert requests == [delivery(number) for number in range(5, 25)]
    orders = []
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ") for line in head.decode().split("\r\n")[1:])
        assert int(headers["Content-Length"]) == len(body)
        assert b64decode(headers["X-Shopify-Hmac-Sha256"]) == hmac.digest(KEY.encode(), body, "sha256")
        orders.append(json.loads(body))
    for name in ("id", "email", "order_number"):
        assert len({order[name] for order in orders}) == len(orders)
    assert len({order["customer"]["phone"] for order in orders}) == len(orders)


def test_charts_are_whole_and_tell_their_numbers() -> None:
    for chart in (
        bars("Rates <&>", "per second", [Bar("bare", 1234.0), Bar("intake", 0, 900.0, 1)]),
        lines("Waits", "ms", [Line("relay", [(0, 1.0), (1, 3.0)])], [(0, "first"), (1, "last")], 5.0),
    ):
        assert ET.fromstring(chart).tag.endswith("svg")
        assert "limit" in chart
    assert "1,234" in bars("Rates", "", [Bar("bare", 1234.0)])


def test_every_page_that_a_commit_writes_to_the_log_is_counted(tmp_path: Path) -> None:
    with counting() as written:
        db = apsw.Connection(str(tmp_path / "some.db"))
        db.execute("PRAGMA journal_mode = WAL; CREATE TABLE things (one BLOB)").fetchall()
        before = written["log"]
        db.execute("INSERT INTO things VALUES (zeroblob(40000))")
        log = (tmp_path / "some.db-wal").stat().st_size
        db.close()
    assert written["log"] - before >= 40_000
    assert log <= written["log"] <= log + 64
