"""Metrics of all processes as one, each sample with the name of its process.

They are not added up: a process that was replaced counts from nothing, and only under a name of its own can
Prometheus tell that from a sum that fell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

LABEL = "process"


class Merged(Collector):
    """`texts`: what each process shows, by its name."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for process, text in self._texts.items():
            for found in text_string_to_metric_families(text):
                family = families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                family.samples += [
                    one._replace(labels={LABEL: process, **one.labels}) for one in found.samples
                ]
        yield from families.values()


def merged(texts: Mapping[str, str]) -> bytes:
    """In the form in which Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Merged(texts))
    return generate_latest(registry)
