"""Tying a Slack member to a person by a code, and untying them. Wrong codes are counted before they are looked up."""

from __future__ import annotations

from typing import Final

from authz import Proof
from bot.actor import Actor
from store import NOBODY, Transaction, budgets, codes, guard, members, work
from store.budgets import Limit
from store.guard import Admission
from store.people import person_of

KIND = "link"
DIGITS: Final = codes.DIGITS


def link(tx: Transaction, home: str, actor: Actor | None, digits: str) -> str:
    """Which of our phrases to answer with. `home` is the desk's own workspace. An unknown code, a used one, and one of
    somebody whom members of this organisation may not stand for sound the same."""
    if actor is None:
        return "link_wrong"
    if members.find(tx, actor.team, actor.user) is not None:
        return "link_already"
    ours = actor.team == home or members.is_listed(tx, actor.team)
    # Wrong ones, and strangers spend their own: a right code gives its own back.
    theirs = Limit(f"{KIND}:{actor.team}:{actor.user}", 5, budgets.HOUR // 5)
    team = Limit(f"{KIND}:{actor.team}", 100, budgets.HOUR // 20, "links_team", actor.team)
    limits = theirs, team, guard.desk_wide(KIND if ours else f"{KIND}-other")
    tried = guard.reserve(tx, f"slack:{actor.team}:{actor.user}", real=False, limits=limits)
    if tried.admission is not Admission.EVALUATE:
        return "link_later"
    found = codes.redeem(tx, KIND, digits) if len(digits) == codes.DIGITS else None
    person = person_of(found[0]) if found is not None else None
    if person is None or not members.may_link(tx, person, actor.team, home):
        tx.record(NOBODY if found is None else found[0], None, "slack.link", "refused")
        return "link_wrong"
    if not members.link(tx, person, actor.team, actor.user):
        return "link_already"
    guard.give_back(tx, tried, matched=True)
    tx.record(f"person:{person}", None, "slack.link", "linked", proof=Proof.VERIFIED, fields=("slack.member",))
    _tell(tx, "slack_linked", person, actor)
    member = members.find(tx, actor.team, actor.user)
    assert member is not None
    members.met(tx, member, actor.via, actor.dm)
    return "linked"


def unlink(tx: Transaction, actor: Actor) -> bool:
    """The member stands for nobody any more; the person and the owners hear of it."""
    subject = members.unlink(tx, actor.team, actor.user)
    if subject is None:
        return False
    tx.record(subject, None, "slack.link", "ended", fields=("slack.member",))
    _tell(tx, "slack_unlinked", person_of(subject), actor)
    return True


def _tell(tx: Transaction, notice: str, person: int, actor: Actor) -> None:
    key = f"{notice}:{person}:{actor.team}:{actor.user}:{tx.now}"
    work.enqueue(tx, "notice", key, {"notice": notice, "person": person})
