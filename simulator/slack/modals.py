"""What happens to views: opened, updated, pushed, published, closed, with Slack's checks. Called under the lock."""

from __future__ import annotations

import secrets

from simulator.slack.effects import with_ids
from simulator.slack.limits import check_view
from simulator.slack.message import Json
from simulator.slack.refusals import RefusedError, refuse_view
from simulator.slack.state import State
from simulator.slack.view import DEEPEST, View


def open_view(ws: State, trigger_id: str, body: Json) -> View:
    """views.open: a modal, alone on the screen of whoever the trigger came from."""
    _check(body, "modal")
    view = _made(ws, ws.leases.use(trigger_id, ws.now()), body)
    _check_external_id(ws, view)
    ws.stacks[view.user] = [view]
    return view


def push_view(ws: State, trigger_id: str, body: Json) -> View:
    """views.push: a modal on top of those that are open."""
    _check(body, "modal")
    user = ws.leases.use(trigger_id, ws.now())
    return _pushed(ws, user, body)


def push_on_response(ws: State, user: str, body: Json) -> View:
    """`response_action: push`."""
    _check(body, "modal")
    return _pushed(ws, user, body)


def _pushed(ws: State, user: str, body: Json) -> View:
    stack = ws.stacks[user]
    if not stack:
        raise RefusedError("not_found")
    if len(stack) >= DEEPEST:
        raise RefusedError("push_limit_reached")
    view = _made(ws, user, body)
    view.root, view.previous = stack[0].id, stack[-1].id
    _check_external_id(ws, view)
    stack.append(view)
    return view


def update_view(ws: State, view: View, body: Json, hash_: str = "") -> View:
    """views.update and `response_action: update`: the view keeps its id, and what was filled in where ids stay."""
    _check(body, view.body["type"])
    if hash_ and hash_ != view.hash:
        raise RefusedError("hash_conflict")
    view.becomes(_settled(body), _new_hash(ws))
    return view


def publish_view(ws: State, user: str, body: Json, hash_: str = "") -> View:
    """views.publish: somebody's home tab."""
    _check(body, "home")
    view = ws.homes.get(user)
    if view is None:
        view = ws.homes[user] = _made(ws, user, body)
    else:
        update_view(ws, view, body, hash_)
    return view


def find_view(ws: State, view_id: str, external_id: str) -> View:
    """A modal or a home tab by either id."""
    views = [view for stack in ws.stacks.values() for view in stack] + list(ws.homes.values())
    for view in views:
        if (view_id and view.id == view_id) or (external_id and view.external_id == external_id):
            return view
    raise RefusedError("not_found")


def _check(body: Json, kind: str) -> None:
    refuse_view(check_view(body))
    if body["type"] != kind:
        raise RefusedError("invalid_arguments", response_metadata={"messages": [f"[ERROR] must be of type {kind}"]})


def _check_external_id(ws: State, view: View) -> None:
    if view.external_id and any(
        one.external_id == view.external_id for stack in ws.stacks.values() for one in stack if one is not view
    ):
        raise RefusedError("duplicate_external_id")


def _made(ws: State, user: str, body: Json) -> View:
    id_ = ws.new_id("V")
    view = View(id_, "", user, ws.people[user].team, {}, root=id_)
    view.becomes(_settled(body), _new_hash(ws))
    return view


def _settled(body: Json) -> Json:
    return {**body, "blocks": with_ids(body["blocks"])}


def _new_hash(ws: State) -> str:
    return f"{int(ws.now())}.{secrets.token_hex(4)}"
