"""The Web API's methods of the agent view: what the app says it is doing, and what one might ask it (2.10)."""

from __future__ import annotations

from simulator.slack.arguments import needed, room_inside
from simulator.slack.message import Json
from simulator.slack.refusals import RefusedError
from simulator.slack.room import Status
from simulator.slack.state import State

MOST_PROMPTS = 4


def set_status(ws: State, args: Json) -> Json:
    """A line under a thread, until the app posts there or two minutes are over; an empty one takes it away."""
    room = room_inside(ws, {"channel": needed(args, "channel_id")})
    thread = needed(args, "thread_ts")
    loading = args.get("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > 10:
        raise RefusedError("invalid_arguments")
    room.statuses[thread] = Status(str(args.get("status") or ""), ws.now(), [str(line) for line in loading])
    return {}


def set_prompts(ws: State, args: Json) -> Json:
    """Up to four things to ask, in the messages tab.

    With a thread_ts nothing appears and nothing is said about it: so it is with an app that has the agent view.
    """
    room = room_inside(ws, {"channel": needed(args, "channel_id")})
    prompts = args.get("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise RefusedError("invalid_arguments")
    for prompt in prompts:
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise RefusedError("invalid_arguments")
    if not args.get("thread_ts"):
        room.prompts = {"title": str(args.get("title") or ""), "prompts": prompts}
    return {}


def set_title(ws: State, args: Json) -> Json:
    room = room_inside(ws, {"channel": needed(args, "channel_id")})
    room.titles[needed(args, "thread_ts")] = needed(args, "title")
    return {}


METHODS = {
    "assistant.threads.setStatus": set_status,
    "assistant.threads.setSuggestedPrompts": set_prompts,
    "assistant.threads.setTitle": set_title,
}
