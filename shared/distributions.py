"""Owns histograms of seconds that cost a busy worker next to nothing. It must never lose what was observed.

The client library's own histogram takes 2 µs an observation, a twentieth of what a short job costs in all.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString


class Series:
    """The observations of one label set, counted by bucket."""

    __slots__ = ("_bounds", "_counts", "_lock", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, seconds: float) -> None:
        """Count one; a bucket holds what is at most its bound."""
        at = bisect_left(self._bounds, seconds)
        with self._lock:
            self._counts[at] += 1
            self._sum += seconds

    def read(self) -> tuple[list[int], float]:
        """How many there are up to each bound, the last of which is infinite; and their sum."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        for at in range(1, len(counts)):
            counts[at] += counts[at - 1]
        return counts, total


class Distribution(Collector):
    """A histogram that registers itself; label values are strings, in the order of `labels`."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        *,
        bounds: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name, self._documentation, self._labels, self._bounds = name, documentation, labels, tuple(bounds)
        self._names = [*map(floatToGoString, self._bounds), "+Inf"]
        self._series: dict[tuple[str, ...], Series] = {}
        self._lock = threading.Lock()
        registry.register(self)

    def labels(self, *values: str) -> Series:
        """The series of these label values."""
        with self._lock:
            return self._series.setdefault(values, Series(self._bounds))

    def describe(self) -> Iterable[HistogramMetricFamily]:
        """What the registry needs to refuse a second metric of this name."""
        return [HistogramMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """Every series as it stands."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        with self._lock:
            series = list(self._series.items())
        for values, one in series:
            counts, total = one.read()
            family.add_metric(values, list(zip(self._names, counts, strict=True)), total)
        return [family]
