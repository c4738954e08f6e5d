"""Scripts, styles and the icon: each file of the folder `static`, by its name, and none beside them."""

from __future__ import annotations

from importlib import resources
from typing import Final

from fastapi import Request, Response

from portal.web import responses

_FOLDER: Final = resources.files("portal").joinpath("web", "static")
_KINDS: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FILES: Final = {one.name: _KINDS[one.name.rpartition(".")[2]] for one in _FOLDER.iterdir() if one.is_file()}


async def show(request: Request) -> Response:
    name = str(request.path_params["name"])
    if name not in _FILES:
        return responses.nothing(404)
    headers = {**responses.HEADERS, "Content-Type": _FILES[name], "Cache-Control": "no-cache"}
    return Response(_FOLDER.joinpath(name).read_bytes(), headers=headers)
