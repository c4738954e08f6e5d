"""What every request of a kind has, or it is none: looked at once, before anything listens, so that listeners may rely on it.

Slack's own requests all pass. Only what we or Bolt read stands here; a name with `?` may be missing or null. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Shape = type[Any] | list[Any] | tuple[Any] | dict[str, Any]
"""A type, `[what each of a list is]` (`(…,)` if there must be one), or by name what is in a mapping; `*` is every name."""

_SAID: Final[dict[str, Any]] = {"ts": str, "text?": str, "user?": str, "team?": str}
_MESSAGE: Final[dict[str, Any]] = _SAID | {
    "channel": str,
    "subtype?": str,
    "thread_ts?": str,
    "deleted_ts?": str,
    "channel_type?": str,
    "message?": _SAID,
    "previous_message?": _SAID,
}
EVENTS: Final[Mapping[str, dict[str, Any]]] = {
    "message": _MESSAGE,
    "app_mention": _MESSAGE,
    "app_home_opened": {"user": str, "channel": str, "tab?": str},
    "member_joined_channel": {"user": str, "channel": str},
    "user_change": {"user": {"id": str}},
    "file_deleted": {"file_id": str},
    "channel_id_changed": {"old_channel_id": str, "new_channel_id": str},
    "tokens_revoked": {"tokens?": {"bot?": list}},
}
_OPTION: Final[dict[str, Any]] = {"value?": str}
_BLOCK: Final[dict[str, Any]] = {"type": str, "block_id?": str}
_VIEW: Final[dict[str, Any]] = {
    "id": str,
    "type": str,
    "callback_id?": str,
    "private_metadata?": str,
    "blocks?": [_BLOCK],
    "state?": {"values?": {"*": {"*": {"value?": str, "selected_option?": _OPTION}}}},
}
_ACTED: Final[dict[str, Any]] = {"user": {"id": str}, "channel?": {"id": str}, "view?": _VIEW}
_CONTAINER: Final[dict[str, Any]] = {"type?": str, "message_ts?": str, "thread_ts?": str}
_SENT: Final[dict[str, Any]] = {"blocks?": [_BLOCK], "ts?": str, "thread_ts?": str, "text?": str}
KINDS: Final[Mapping[str, dict[str, Any]]] = {
    "event_callback": {"event_id": str, "team_id?": str, "event": {"type": str}, "authorizations?": [dict]},
    "block_actions": _ACTED
    | {
        "trigger_id": str,
        "actions": ({"action_id": str, "value?": str, "selected_option?": _OPTION},),
        "container?": _CONTAINER,
        "message?": _SENT,
    },
    "block_suggestion": _ACTED | {"action_id": str, "value?": str},
    "message_action": _ACTED | {"trigger_id": str, "callback_id": str, "message": _SENT},
    "view_submission": _ACTED | {"view": _VIEW | {"callback_id": str}},
}
COMMAND: Final[dict[str, Any]] = {"command": str, "trigger_id": str, "text?": str}


def is_whole(body: Mapping[str, Any]) -> bool:
    """Whether a request has what every one of its kind has. Of kinds that nothing listens to nothing is asked."""
    kind = body.get("type")
    if "command" in body:
        return _has(body, COMMAND)
    if not isinstance(kind, str):
        return False
    if not _has(body, KINDS.get(kind, {})):
        return False
    return kind != "event_callback" or _has(body["event"], EVENTS.get(body["event"]["type"], {}))


def _has(value: object, shape: Shape) -> bool:
    if isinstance(shape, type):
        return isinstance(value, shape)
    if isinstance(shape, list | tuple):
        if not isinstance(value, list) or (isinstance(shape, tuple) and not value):
            return False
        return all(_has(one, shape[0]) for one in value)
    if not isinstance(value, Mapping):
        return False
    if "*" in shape:
        return all(_has(one, shape["*"]) for one in value.values())
    for name, inner in shape.items():
        found = value.get(name.removesuffix("?"))
        if not (found is None and name.endswith("?")) and not _has(found, inner):
            return False
    return True
