"""Who acts in a request: by their own organisation and user id, or nobody where that cannot be told.

A name, an e-mail address or the channel says nothing about who somebody is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authz import Action, Ask, Proof, Topic
from desk import actors as desk
from store import Transaction
from store.verification import slack_members


@dataclass(frozen=True, slots=True)
class Actor:
    """A Slack member, as the request names them. `dm` is the channel of direct messages with them, where it shows it."""

    team: str
    user: str
    via: str
    dm: str | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """A member who stands for somebody: `subject` is `person:…` or `staff:…`."""

    subject: str
    actor: Actor

    @property
    def is_person(self) -> bool:
        return self.subject.startswith("person:")

    @property
    def bound(self) -> str:
        """Where a second proof they give counts: with this member, and nowhere else."""
        return f"{self.actor.team}:{self.actor.user}"

    @property
    def acting(self) -> desk.Actor:
        """A linked member is verified, and further where they have given a second proof just now (docs/second-proofs.md)."""
        return desk.Actor(self.subject, Proof.VERIFIED, self.bound)

    def ask(self, tx: Transaction, action: Action, account: int | None, topic: Topic | None = None) -> Ask:
        return desk.build_ask(tx, self.acting, action, account, topic)

    def proof(self, tx: Transaction, account: int | None, topic: Topic) -> Proof:
        return desk.proof_of(tx, self.acting, account, topic)


def of_event(body: Mapping[str, Any], via: str) -> Actor | None:
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
    return Actor(team, user, via, channel if direct and isinstance(channel, str) else None)


def of_interaction(body: Mapping[str, Any], via: str) -> Actor | None:
    """Of a click, a shortcut or a form: `user.team_id` is who acts, whatever `team` says."""
    user = body.get("user")
    if not isinstance(user, dict):
        return None
    channel = body.get("channel")
    there = channel.get("id") if isinstance(channel, dict) else None
    ours = body.get("type") == "block_actions"  # a shortcut may be used in anybody's messages
    return _actor(user.get("team_id"), user.get("id"), via, there if ours else None)


def of_command(body: Mapping[str, Any], via: str) -> Actor | None:
    return _actor(body.get("team_id"), body.get("user_id"), via, None)


def _actor(team: object, user: object, via: str, channel: object) -> Actor | None:
    if not isinstance(team, str) or not isinstance(user, str) or not team or not user:
        return None
    return Actor(team, user, via, channel if isinstance(channel, str) and channel.startswith("D") else None)


def known(tx: Transaction, actor: Actor | None) -> Who | None:
    """Whom an actor stands for: suspended staff for nobody. Where they were met is kept, so that they can be written to."""
    if actor is None:
        return None
    member = slack_members.find(tx, actor.team, actor.user)
    if member is None or member.suspended:
        return None
    slack_members.met(tx, member, actor.via, actor.dm)
    return Who(member.subject, actor)
