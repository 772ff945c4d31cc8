"""What a webhook waits for in an idle relay: `python -m tests.bench.idle`.

Single webhooks, one after the other: from the sender's 2xx until the call reaches the destination.
"""

from __future__ import annotations

from functools import partial
from statistics import median, quantiles

from tests.bench.bench import Finding, Result, Setting, command
from tests.bench.charts import Line, lines
from tests.bench.scene import Server, Sink, configured, polled, send, serving, sink

BEYOND_LINGER = 50.0
"""The limit, in ms."""

LINGER = 50.0
"""As configured by default, in ms."""


def measure(setting: Setting) -> Result:
    count = 20 if setting.quick else 200
    folder = setting.own("idle")
    with sink() as destination:
        config, port = configured(folder, setting.ledger(folder), destination)
        with serving("relay", config, port) as server:
            polled(lambda: destination.contacts() == 1, 10, "the first contact did not arrive")
            use = server.measured()
            waits = [_wait(server, destination, number) for number in range(count)]
            others = use.others()
    cuts = quantiles(waits, n=100)
    p50 = median(waits) - LINGER
    findings = [
        Finding("idle, 2xx to call, p50 beyond the linger", p50, "ms", BEYOND_LINGER, others=others),
        Finding("idle, 2xx to call, p50", median(waits), "ms", others=others),
        Finding("idle, 2xx to call, p99", cuts[98], "ms", others=others),
    ]
    chart = lines(
        "From the 2xx until the call reaches the destination, idle",
        f"ms, linger {LINGER:.0f}",
        [Line("relay", [(place, cut) for place, cut in enumerate(cuts, 1)])],
        [(share, f"{share} %") for share in (1, 25, 50, 75, 99)],
        LINGER + BEYOND_LINGER,
    )
    return Result("Idle", findings, {"idle-latency.svg": chart}, f"{count} webhooks, one after the other.")


def _wait(server: Server, destination: Sink, number: int) -> float:
    """Milliseconds from the 2xx until the contact reached the destination."""
    before = len(destination.calls())
    answered_at = send(server.port, number)
    polled(partial(_has_more, destination, before), 10, "the contact did not arrive")
    return (destination.calls()[before][0] - answered_at) * 1000


def _has_more(destination: Sink, calls: int) -> bool:
    return len(destination.calls()) > calls


if __name__ == "__main__":
    command(measure, __doc__)
