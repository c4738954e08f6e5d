"""The Web API's views methods: modals and home tabs."""

from __future__ import annotations

from typing import Any

from simulator.slack import modals
from simulator.slack.arguments import needed, person_met
from simulator.slack.message import Json
from simulator.slack.state import State
from simulator.slack.view import View


def open_(ws: State, args: Json) -> Json:
    return _shown(ws, modals.open_view(ws, needed(args, "trigger_id"), _view(args)))


def push(ws: State, args: Json) -> Json:
    return _shown(ws, modals.push_view(ws, needed(args, "trigger_id"), _view(args)))


def update(ws: State, args: Json) -> Json:
    view = modals.find_view(ws, str(args.get("view_id") or ""), str(args.get("external_id") or ""))
    return _shown(ws, modals.update_view(ws, view, _view(args), str(args.get("hash") or "")))


def publish(ws: State, args: Json) -> Json:
    person = person_met(ws, needed(args, "user_id"))
    return _shown(ws, modals.publish_view(ws, person.id, _view(args), str(args.get("hash") or "")))


def _view(args: Json) -> Any:
    needed(args, "view")
    return args["view"]


def _shown(ws: State, view: View) -> Json:
    return {"view": view.shown(ws.app)}


METHODS = {"views.open": open_, "views.push": push, "views.update": update, "views.publish": publish}
