"""How /api/v1 describes itself (OpenAPI 3.1): what FastAPI makes of its routes, with what only we know: headers, a 304, and what leads where.

What stands here holds of every route by its method and its address, so that a new one is described without another word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from api.v1.problems import FieldError, ProblemDetails

Made = dict[str, Any]
_TEXT: Final[Made] = {"type": "string"}
_ETAG: Final[Made] = {"schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}, "required": True}
_ETAG_GIVEN: Final = "The version of it: for If-None-Match, and for If-Match where it is to be changed."
_OF_A_KEY: Final[Made] = {  # once the key is known
    "RateLimit-Policy": {"schema": {"type": "string", "pattern": '^"key";q=[0-9]+;w=[0-9]+$'}, "required": True},
    "RateLimit": {"schema": {"type": "string", "pattern": '^"key";r=[0-9]+;t=[0-9]+$'}, "required": True},
}
_LATER: Final[Made] = {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}, "required": True}}
_OF_A_REFUSAL: Final[dict[str, Made]] = {
    "401": {"WWW-Authenticate": {"schema": _TEXT, "required": True}},
    "405": {"Allow": {"schema": _TEXT, "required": True, "description": "The methods that there are."}},
    "412": {"ETag": {**_ETAG, "required": False, "description": "Of what it is now, where it is there."}},
    "429": _OF_A_KEY | _LATER,
}
_REPLAYED: Final[Made] = {
    "Idempotency-Replayed": {
        "schema": {"const": "true"},
        "description": "This is what it was answered the first time.",
    }
}
_PLACE: Final[Made] = {"Location": {"schema": _TEXT, "required": True, "description": "Where it is read."}}


def described(app: FastAPI) -> Made:
    """The whole of it, made once."""
    if app.openapi_schema is None:
        document = app.openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (ProblemDetails, FieldError):
            made = model.model_json_schema(ref_template="#/components/schemas/{model}")
            made.pop("$defs", None)
            schemas.setdefault(model.__name__, made)
        for validation in (
            "HTTPValidationError",
            "ValidationError",
        ):  # FastAPI's own words, which nobody is answered with
            schemas.pop(validation, None)
        for _, method, operation in _operations(document):
            _refine(method, operation)
        for path, _, operation in _operations(document):
            _lead(document, path, operation)
    return app.openapi_schema or {}


def _operations(document: Made) -> Iterator[tuple[str, str, Made]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _refine(method: str, operation: Made) -> None:
    responses: Made = operation["responses"]
    for one in operation.get("parameters", ()):
        if one["name"] == "If-Match" and method != "put":  # a PUT says all there is, and may be the first
            one |= {"required": True, "schema": {**_TEXT, "minLength": 1}}
    for status, given in responses.items():
        headers = _OF_A_REFUSAL.get(status, {})
        if status.startswith("2"):
            headers = _OF_A_KEY
            if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
                headers = headers | _REPLAYED | (_PLACE if status == "201" else {})
            if method == "get" and "application/json" in given.get("content", {}):
                headers = headers | {"ETag": {**_ETAG, "description": _ETAG_GIVEN}}
        if headers:
            given["headers"] = {**headers, **given.get("headers", {})}
    if method == "get" and "ETag" in responses["200"]["headers"]:
        not_changed = {"description": "It is what you have.", "headers": _OF_A_KEY | {"ETag": _ETAG}}
        operation["responses"] = {"200": responses.pop("200"), "304": not_changed, **responses}


# --- what leads where: OpenAPI's links


def _lead(document: Made, path: str, operation: Made) -> None:
    """From what an answer names to all that is asked about it: the `number` of a ticket to `/tickets/{number}/messages`, its ETag to a change of it."""
    for status, given in operation["responses"].items():
        if not status.startswith("2"):
            continue
        names, links = dict(_named(document, path, given)), {}
        for at, method, target in _operations(document):
            parameters = _known(path, at, names)
            if not parameters or target is operation:
                continue
            if method != "get" and at == path and "ETag" in given.get("headers", {}):
                parameters["header.If-Match"] = "$response.header.ETag"
            links[target["operationId"]] = {"operationId": target["operationId"], "parameters": parameters}
        if links:
            given["links"] = links


def _known(path: str, at: str, names: dict[tuple[str, str], str]) -> dict[str, str] | None:
    """For each parameter of an address where it comes from; None: one of them is not known."""
    found = {}
    for one in re.finditer(r"/\{(\w+)\}", at):
        before, name = at[: one.start()], one[1]
        if (before, name) in names:
            found[f"path.{name}"] = names[before, name]
        elif f"{path}/".startswith(f"{at[: one.end()]}/"):
            found[f"path.{name}"] = f"$request.path.{name}"
        else:
            return None
    return found


def _named(document: Made, path: str, given: Made) -> Iterator[tuple[tuple[str, str], str]]:
    """What an answer names: the address of the things of its kind, the name of the parameter, and where it stands in the answer."""
    schema = given.get("content", {}).get("application/json", {}).get("schema", {})
    for name, one in _properties(document, schema).items():
        yield (path, name), f"$response.body#/{name}"
        for within in _properties(document, one.get("items", {})):
            things = {f"{path}/{name}", f"/{name}", *([path] if path.endswith(f"/{name}") else [])}
            for where in sorted(things):
                yield (where, within), f"$response.body#/{name}/0/{within}"


def _properties(document: Made, schema: Made) -> Made:
    named = schema.get("$ref", "").rpartition("/")[2]
    found: Made = dict(document["components"]["schemas"][named] if named else schema).get("properties", {})
    for one in schema.get("anyOf", ()):
        found = {**found, **_properties(document, one)}
    return found
