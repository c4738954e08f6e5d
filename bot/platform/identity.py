"""Who acts in a request: by their own organisation and user id, or nobody where that cannot be told.

A name, an e-mail address or the channel says nothing about who somebody is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authz import Proof, Subject
from desk import linking
from desk.actors import Actor
from desk.linking import Link
from store import Transaction
from store.verification import slack_members


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A member of a workspace, as the request names them. `dm` is the channel of direct messages with them, where it shows it."""

    team: str
    user: str
    via: str
    dm: str | None = None


@dataclass(frozen=True, slots=True)
class Who(Actor):
    """A member who stands for somebody, a person or one of the staff."""

    user: SlackUser = field(kw_only=True)


def standing_for(subject: Subject, user: SlackUser) -> Who:
    """A linked member is verified. A second proof they give counts with this member, and nowhere else (docs/second-proofs.md)."""
    return Who(subject, Proof.VERIFIED, f"{user.team}:{user.user}", user=user)


def of_event(body: Mapping[str, Any], via: str) -> SlackUser | None:
    """Of an event: who spoke, or whom it is about. None for what a bot did, and where Slack does not say who it was."""
    event = body["event"]
    said, now = event, event.get("message")
    if event.get("subtype") == "message_changed":
        # A tombstone is a deletion: whose it was, the message before says.
        gone = isinstance(now, dict) and now.get("subtype") == "tombstone"
        said = event.get("previous_message") if gone else now
    elif event.get("subtype") == "message_deleted":
        said = event.get("previous_message")
    if not isinstance(said, dict) or said.get("bot_id"):
        return None
    user = said.get("user")
    own = {said[name] for name in ("user_team", "source_team") if isinstance(said.get(name), str)}
    own = {team for team in own if not team.startswith("E")} or own  # a Grid organisation beside one of its workspaces
    if event.get("type") == "app_mention" and any(team.startswith("E") for team in own):
        return None  # the `message` of the same words says which workspace
    if event.get("type") == "app_home_opened":
        own = {body.get("team_id")}  # there is no other, and the outer one is the person's
    elif not own:
        own = {said.get("team") or (None if body.get("is_ext_shared_channel") else body.get("team_id"))}
    team = own.pop() if len(own) == 1 else None
    if not isinstance(user, str) or not isinstance(team, str) or not user or not team:
        return None
    channel = event.get("channel")
    direct = event.get("channel_type") == "im" or event.get("type") == "app_home_opened"
    return SlackUser(team, user, via, channel if direct and isinstance(channel, str) else None)


def of_interaction(body: Mapping[str, Any], via: str) -> SlackUser | None:
    """Of a click, a shortcut or a form: `user.team_id` is who acts, whatever `team` says."""
    user = body.get("user")
    if not isinstance(user, dict):
        return None
    channel = body.get("channel")
    there = channel.get("id") if isinstance(channel, dict) else None
    ours = body.get("type") == "block_actions"  # a shortcut may be used in anybody's messages
    return _user(user.get("team_id"), user.get("id"), via, there if ours else None)


def of_command(body: Mapping[str, Any], via: str) -> SlackUser | None:
    return _user(body.get("team_id"), body.get("user_id"), via, None)


def _user(team: object, user: object, via: str, channel: object) -> SlackUser | None:
    if not isinstance(team, str) or not isinstance(user, str) or not team or not user:
        return None
    return SlackUser(team, user, via, channel if isinstance(channel, str) and channel.startswith("D") else None)


def known(tx: Transaction, user: SlackUser | None) -> Who | None:
    """Whom a member stands for: suspended staff for nobody. Where they were met is kept, so that they can be written to."""
    if user is None:
        return None
    member = slack_members.find(tx, user.team, user.user)
    if member is None or member.suspended:
        return None
    slack_members.met(tx, member, user.via, user.dm)
    return standing_for(member.subject, user)


def link(tx: Transaction, home: str, user: SlackUser | None, digits: str) -> Link:
    """Ties a member to a person by a code. `home` is the desk's own workspace."""
    done = linking.link(tx, home, user.team, user.user, digits) if user is not None else Link.WRONG
    if done is Link.LINKED:
        known(tx, user)  # so that they can be written to
    return done


def is_old_enough(tx: Transaction, who: Who) -> bool:
    """Whether this very member has stood for them for long enough to be shown what proves them elsewhere."""
    return linking.is_old_enough(tx, who.user.team, who.user.user)
