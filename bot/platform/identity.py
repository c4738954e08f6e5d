"""Who acts in a request: by their own organisation and user id, or nobody where that cannot be told.

A name, an e-mail address or the channel says nothing about who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from authz import Proof, Subject
from bot.platform.payloads import Came, Click, Command, Event, Interaction, Said, Spoken
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


def acting_for(subject: Subject, user: SlackUser) -> Who:
    """A linked member is verified. A second proof they give counts with this member, and nowhere else (docs/second-proofs.md)."""
    return Who(subject, Proof.VERIFIED, f"{user.team}:{user.user}", user=user)


def of_event(body: Event[Spoken] | Event[Came], via: str) -> SlackUser | None:
    """Of an event: who spoke, or whom it is about. None for what a bot did, and where Slack does not say who it was."""
    event = body.event
    if isinstance(event, Came):  # there is no other team than the outer one, and that is the person's
        return _user(body.team_id, event.user, via, event.channel, direct=True)
    said: Said | None = event
    if event.subtype == "message_changed":
        # A tombstone is a deletion: whose it was, the message before says.
        gone = event.message is not None and event.message.subtype == "tombstone"
        said = event.previous_message if gone else event.message
    elif event.subtype == "message_deleted":
        said = event.previous_message
    if said is None or said.bot_id:
        return None
    own = {team for team in (said.user_team, said.source_team) if team}
    own = {team for team in own if not team.startswith("E")} or own  # a Grid organisation beside one of its workspaces
    if event.type == "app_mention" and any(team.startswith("E") for team in own):
        return None  # the `message` of the same words says which workspace
    if not own:
        own = {said.team or ("" if body.is_ext_shared_channel else body.team_id)}
    team = own.pop() if len(own) == 1 else ""
    return _user(team, said.user, via, event.channel, direct=event.channel_type == "im")


def of_interaction(body: Interaction, via: str) -> SlackUser | None:
    """Of a click, a shortcut or a form: `user.team_id` is who acts, whatever `team` says. A shortcut may be used in anybody's messages."""
    direct = isinstance(body, Click) and body.channel.id.startswith("D")
    return _user(body.user.team_id, body.user.id, via, body.channel.id, direct=direct)


def of_command(body: Command, via: str) -> SlackUser | None:
    return _user(body.team_id, body.user_id, via)


def _user(team: str, user: str, via: str, channel: str = "", *, direct: bool = False) -> SlackUser | None:
    return SlackUser(team, user, via, channel if direct else None) if team and user else None


def known(tx: Transaction, user: SlackUser | None) -> Who | None:
    """Whom a member stands for: whoever is suspended for nobody. Where they were met is kept, so that they can be written to."""
    if user is None:
        return None
    member = slack_members.find(tx, user.team, user.user)
    if member is None or member.suspended:
        return None
    slack_members.met(tx, member, user.via, user.dm)
    return acting_for(member.subject, user)


def link(tx: Transaction, home: str, user: SlackUser | None, digits: str) -> Link:
    """Ties a member to a person by a code. `home` is the desk's own workspace."""
    done = linking.link(tx, home, user.team, user.user, digits) if user is not None else Link.WRONG
    if done is Link.LINKED:
        known(tx, user)  # so that they can be written to
    return done


def is_old_enough(tx: Transaction, who: Who) -> bool:
    """Whether this very member has stood for them for long enough to be shown what proves them elsewhere."""
    return linking.is_old_enough(tx, who.user.team, who.user.user)
