"""What the worker is to do in Slack, written down with its cause: ids, and never what may be told, which is read then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.platform.identity import SlackUser
from bot.text import button_values, replies
from bot.text.button_values import Kept
from bot.text.replies import Reply
from store import Transaction
from store.jobs import job_queue

Where = Mapping[str, Any]
"""Where an answer goes: `channel`, `thread`, `only` (shown to whoever asked alone), or `replace` for in the place of the
`message` that was clicked. Nothing means direct messages."""


_SEAL: Final = 20  # characters


def tell(
    tx: Transaction, user: SlackUser, reply: Reply, key: str, *, where: Where | None = None, origin: str = ""
) -> None:
    """What the worker tells them (answers.py, private_answers.py). `origin` says where words came from that the asker is asked about."""
    asked = {"what": replies.to_payload(reply), "where": dict(where or {}), **({"from": origin} if origin else {})}
    job_queue.enqueue_once(
        tx, "slack.reply", key, {**_member(user), **asked}, ordering_key=f"tell:{user.team}:{user.user}"
    )


def form(tx: Transaction, user: SlackUser, form: str, trigger: str, where: Where | None = None, **given: Any) -> None:
    """A form for whoever clicked: a trigger is good for three seconds, so this is the first thing the worker does. With `view`,
    the id of one that is open, it becomes that form."""
    asked = {"form": form, "trigger": trigger, "at": tx.now, "where": dict(where or {}), **given}
    job_queue.enqueue_once(tx, "slack.form", trigger, {**_member(user), **asked})


def home(tx: Transaction, user: SlackUser, page: int, key: str) -> None:
    job_queue.enqueue_once(tx, "slack.home", key, {**_member(user), "page": page}, ordering_key=home_ordering_key(user))


def home_ordering_key(user: SlackUser) -> str:
    return f"home:{user.user}"


def prompts(tx: Transaction, user: SlackUser, key: str) -> None:
    job_queue.enqueue_once(tx, "slack.prompts", key, {**_member(user), "channel": user.dm})


def once(tx: Transaction, kind: str, key: str, ordering_key: str, **payload: Any) -> None:
    job_queue.enqueue_once(tx, kind, key, payload, ordering_key=ordering_key)


def sealed(tx: Transaction, user: SlackUser, said: str) -> str:
    """Goes with what a message of ours keeps for somebody: what comes back without it, or from another, is not ours."""
    return tx.keys.digest("kept", said, user.team, user.user)[:_SEAL]


def is_sealed(tx: Transaction, user: SlackUser, said: str, seal: str) -> bool:
    return len(seal) == _SEAL and tx.keys.made(seal, "kept", said, user.team, user.user)


def source_of(origin: str) -> str:
    """As which message the words came that such an origin tells of (events.py); empty for none."""
    told = button_values.parse(Kept, origin)
    return f"{told.channel}:{told.ts}" if told is not None and told.seal else ""


def files(found: Sequence[str]) -> str:
    """File ids as they travel in a block id or a form."""
    return ",".join(found[:12])


def _member(user: SlackUser) -> dict[str, str]:
    return {"team": user.team, "user": user.user, "via": user.via}
