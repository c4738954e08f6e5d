"""What the operator alone reads over HTTP: the figures for monitoring, and the description of /api/v1."""

from __future__ import annotations

import secrets

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.v1 import documentation
from api.v1.description import described
from deskgate import metrics
from deskgate.job_threads import company
from deskgate.settings import Settings
from store import Store
from store.text.this_machine import asks_for_itself


def add(app: FastAPI, settings: Settings, store: Store, api: FastAPI) -> None:
    """The figures; and what /api/v1 offers: a page without scripts, and what tools read."""

    @app.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
    def show_metrics(request: Request) -> Response:
        if not _is_operator(request, settings):
            return Response(status_code=404)
        return Response(
            generate_latest(metrics.gather(store, company, threat=settings.elevated_threat == "on")),
            media_type=CONTENT_TYPE_LATEST,
        )

    @app.get("/docs", include_in_schema=False)
    def show_documentation(request: Request) -> Response:
        if not _is_operator(request, settings):
            return Response(status_code=404)
        return documentation.page(described(api))

    @app.get("/docs/openapi.json", include_in_schema=False)
    def show_openapi(request: Request) -> Response:
        if not _is_operator(request, settings):
            return Response(status_code=404)
        return JSONResponse(described(api), headers={"Cache-Control": "no-store"})


def _is_operator(request: Request, settings: Settings) -> bool:
    """From loopback with no proxy in between, or with the operator's token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if settings.metrics_token and secrets.compare_digest(given, settings.metrics_token.encode()):
        return True
    if settings.deskgate_env == "production":
        return False  # a proxy on the same machine makes every stranger look like loopback
    peer = request.client.host if request.client is not None else ""
    return asks_for_itself(peer, request.url.scheme, request.headers)
