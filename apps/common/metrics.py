"""Figures for Prometheus. `<app>/metrics.py` modules register what they can count; found once somebody asks."""

from collections.abc import Callable, Iterable, Iterator

from django.utils.module_loading import autodiscover_modules
from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST

Collect = Callable[[], Iterable[Metric]]
_registered: list[Collect] = []


def register(collect: Collect) -> Collect:
    """Ask this function whenever somebody asks for figures."""
    _registered.append(collect)
    return collect


def exposition() -> bytes:
    """Every figure as it is now, in Prometheus's text format."""
    autodiscover_modules("metrics")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Registered())
    return generate_latest(registry)


class _Registered(Collector):
    def collect(self) -> Iterator[Metric]:
        for collect in _registered:
            yield from collect()
