"""How long requests take: a histogram a web process keeps in memory for /metrics."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_NAME = "fondly_http_seconds"
_lock = threading.Lock()
_counts: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
_sums: dict[tuple[str, str, int], float] = defaultdict(float)


class Measuring:
    """Middleware: the first in the list, so that it sees the whole time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        observe(
            str(request.method), match.route if match else "none", response.status_code, time.perf_counter() - began
        )
        return response


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request under its route (never its address: that would be a line for every client)."""
    key = (method if method in _METHODS else "OTHER", route, status)
    place = next((i for i, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
    with _lock:
        _counts[key][place] += 1
        _sums[key] += seconds


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def lines() -> Iterator[str]:
    """The histogram in Prometheus text; process tells the web processes of one install apart."""
    with _lock:
        counts = {key: list(values) for key, values in _counts.items()}
        sums = dict(_sums)
    yield f"# HELP {_NAME} Time to answer a request."
    yield f"# TYPE {_NAME} histogram"
    for (method, route, status), values in sorted(counts.items()):
        labels = f'process="{os.getpid()}",method="{method}",route="{_escaped(route)}",status="{status}"'
        total = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), values, strict=True):
            total += count
            yield f'{_NAME}_bucket{{{labels},le="{bound}"}} {total}'
        yield f"{_NAME}_sum{{{labels}}} {sums[(method, route, status)]:.6f}"
        yield f"{_NAME}_count{{{labels}}} {total}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
