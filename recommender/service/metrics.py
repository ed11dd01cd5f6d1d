"""Counts and times of a service, in the text format that Prometheus reads. No label holds a patient's data."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What happened since the service started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._events: Counter[tuple[str, str]] = Counter()

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is the template, not the path."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds += seconds
            for limit in BUCKETS_S:
                self._buckets[limit] += seconds <= limit

    def count_event(self, kind: str, value: str, num: int = 1) -> None:
        """Count plans, cards or feedback by what came out."""
        with self._lock:
            self._events[kind, value] += num

    def events(self) -> dict[tuple[str, str], int]:
        """The counted events by kind and value."""
        with self._lock:
            return dict(self._events)

    def to_text(self, pending: int, is_ready: bool) -> str:
        """Return the exposition."""
        with self._lock:
            total = sum(self._requests.values())
            lines = ["# TYPE theragraph_requests_total counter"]
            lines += [
                f'theragraph_requests_total{{method="{m}",route="{r}",status="{s}"}} {n}'
                for (m, r, s), n in sorted(self._requests.items())
            ]
            lines.append("# TYPE theragraph_request_seconds histogram")
            lines += [f'theragraph_request_seconds_bucket{{le="{b}"}} {self._buckets[b]}' for b in BUCKETS_S]
            lines.append(f'theragraph_request_seconds_bucket{{le="+Inf"}} {total}')
            lines += [
                f"theragraph_request_seconds_sum {self._seconds:.6f}",
                f"theragraph_request_seconds_count {total}",
            ]
            lines.append("# TYPE theragraph_events_total counter")
            lines += [
                f'theragraph_events_total{{kind="{k}",value="{v}"}} {n}' for (k, v), n in sorted(self._events.items())
            ]
        lines += ["# TYPE theragraph_pending gauge", f"theragraph_pending {pending}"]
        lines += ["# TYPE theragraph_graph_up gauge", f"theragraph_graph_up {int(is_ready)}"]
        return "\n".join(lines) + "\n"
