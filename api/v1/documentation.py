"""The page at /docs: every route of /api/v1 with what it takes and gives, made of its OpenAPI description. No script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import Response

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "code{font:14px/1.4 ui-monospace,monospace}h2{margin-top:2.5rem}details{border-top:1px solid #d0d7de;padding:.6rem 0}"
    "summary{cursor:pointer}dt{font-weight:600;margin-top:.4rem}dd{margin:0 0 0 1.2rem}"
    "@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}details{border-color:#30363d}a{color:#6cb6ff}}"
)


def page(document: dict[str, Any]) -> Response:
    parts = "".join(_part(name, list(routes)) for name, routes in _by_part(document).items())
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>API of the desk</title><style>{_STYLE}</style></head><body><main><h1>API of the desk</h1>"
        f"<p>Every request brings <code>Authorization: Bearer dgk_…</code>. For your tools: "
        f'<a href="/docs/openapi.json">openapi.json</a>.</p>{parts}</main></body></html>'
    )
    return Response(text, media_type="text/html", headers=_HEADERS)


def _by_part(document: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            found.setdefault(route["tags"][0], []).append(_route(document, method, path, route))
    return found


def _part(name: str, routes: list[str]) -> str:
    return f"<h2>{escape(name)}</h2>{''.join(routes)}"


def _route(document: dict[str, Any], method: str, path: str, route: dict[str, Any]) -> str:
    lines = [*_parameters(route), *_body(document, "takes", route.get("requestBody", {}))]
    for status, given in route["responses"].items():
        if status.startswith("2"):
            lines += _body(document, f"gives {status}", given)
    said = escape(route.get("description", ""))
    address = f"{method.upper()} {document['servers'][0]['url']}{path}"
    return f"<details><summary><code>{escape(address)}</code> {said}</summary><dl>{''.join(lines)}</dl></details>"


def _parameters(route: dict[str, Any]) -> Iterator[str]:
    for one in route.get("parameters", ()):
        needed = "needed" if one.get("required") else "may be left out"
        said = escape(one.get("description") or one["schema"].get("description", ""))
        yield f"<dt><code>{escape(one['name'])}</code> ({escape(one['in'])}, {needed})</dt><dd>{said}</dd>"


def _body(document: dict[str, Any], title: str, of: dict[str, Any]) -> Iterator[str]:
    schema = of.get("content", {}).get("application/json", {}).get("schema", {})
    named = schema.get("$ref", "").rpartition("/")[2]
    model = document["components"]["schemas"].get(named, {})
    if model:
        fields = ", ".join(f"<code>{escape(name)}</code>" for name in model.get("properties", ()))
        yield f"<dt>{escape(title)}</dt><dd>{escape(model.get('description', ''))} {fields}</dd>"
