"""Metrics of several processes shown as one."""

from __future__ import annotations

from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from relay.cli.processes.metrics import merged
from relay.core.alerts import AlertKind
from relay.telemetry import Metrics


def shown(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_every_sample_is_there_with_the_name_of_its_process() -> None:
    first, second = Metrics(), Metrics()
    first.requests.labels("shop", "200").inc(2)
    second.requests.labels("shop", "200").inc(3)
    second.call_seconds.labels("main").observe(0.2)
    second.show_alerts({AlertKind.HELD.value: 1})
    text = merged({"intake-2": shown(first), "work-1": shown(second)}).decode()
    assert 'relay_requests_total{answer="200",process="intake-2",source="shop"} 2.0' in text
    assert 'relay_requests_total{answer="200",process="work-1",source="shop"} 3.0' in text
    assert 'relay_call_seconds_count{destination="main",process="work-1"} 1.0' in text
    assert 'relay_alerts_open{kind="held",process="work-1"} 1.0' in text


def test_every_family_is_there_once_as_prometheus_demands() -> None:
    metrics = Metrics()
    metrics.requests.labels("shop", "200").inc()
    text = merged({"a": shown(metrics), "b": shown(metrics)}).decode()
    names = [family.name for family in text_string_to_metric_families(text)]
    assert len(names) == len(set(names))
    assert text.count("# TYPE relay_requests_total counter") == 1


def test_of_no_process_there_is_nothing() -> None:
    assert merged({}) == b""
