"""What an operator's monitoring sees at /metrics: requests by route and status, what is owed, how old it is."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Gauge, Histogram

from store import Store, work

REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "deskgate_request_seconds",
    "Time to answer, by route and status",
    ["route", "status"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OWED = Gauge("deskgate_work_owed", "Pieces of later work not done yet", registry=REGISTRY)
FAILING = Gauge("deskgate_work_failing", "Of these, how many have failed at least once", registry=REGISTRY)
OLDEST = Gauge("deskgate_work_oldest_seconds", "Age of the oldest piece of later work", registry=REGISTRY)


def watch(app: FastAPI) -> None:
    """Times every request, under its route's own path: never one made up by a stranger, never its query."""
    known = {"/ivr", "/simulator", "/healthz", "/readyz", "/metrics"}

    @app.middleware("http")
    async def timed(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        began = time.perf_counter()
        response = await handle(request)
        route = "/" + request.url.path.strip("/").partition("/")[0]
        REQUESTS.labels(route if route in known else "other", response.status_code).observe(time.perf_counter() - began)
        return response


def gather(store: Store) -> CollectorRegistry:
    with store.transaction("metrics") as tx:
        owed = work.backlog(tx)
    OWED.set(owed.owed)
    FAILING.set(owed.failing)
    OLDEST.set(owed.oldest / 1000)
    return REGISTRY
