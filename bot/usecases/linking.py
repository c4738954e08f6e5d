"""Tying a Slack member to a person by a code, and untying them. Wrong codes are counted before they are looked up."""

from __future__ import annotations

from typing import Final

from authz import Proof
from bot.platform.identity import SlackUser
from store import NOBODY, Transaction
from store.accounts.people import person_of
from store.codes import one_time_codes
from store.jobs import job_queue
from store.security import budgets
from store.security.budgets import Limit
from store.verification import attempt_limits, slack_members
from store.verification.attempt_limits import Admission

KIND = "link"
DIGITS: Final = one_time_codes.DIGITS


def link(tx: Transaction, home: str, user: SlackUser | None, digits: str) -> str:
    """Which of our phrases to answer with. `home` is the desk's own workspace. An unknown code, a used one, and one of
    somebody whom members of this organisation may not stand for sound the same."""
    if user is None:
        return "link_wrong"
    if slack_members.find(tx, user.team, user.user) is not None:
        return "link_already"
    ours = user.team == home or slack_members.is_listed(tx, user.team)
    # Wrong ones, and strangers spend their own: a right code gives its own back.
    theirs = Limit(f"{KIND}:{user.team}:{user.user}", 5, budgets.HOUR // 5)
    team = Limit(f"{KIND}:{user.team}", 100, budgets.HOUR // 20, "links_team", user.team)
    limits = theirs, team, attempt_limits.desk_wide(KIND if ours else f"{KIND}-other")
    tried = attempt_limits.reserve(tx, f"slack:{user.team}:{user.user}", real=False, limits=limits)
    if tried.admission is not Admission.EVALUATE:
        return "link_later"
    found = one_time_codes.redeem(tx, KIND, digits) if len(digits) == one_time_codes.DIGITS else None
    person = person_of(found[0]) if found is not None else None
    if person is None or not slack_members.may_link(tx, person, user.team, home):
        tx.record(NOBODY if found is None else found[0], None, "slack.link", "refused")
        return "link_wrong"
    if not slack_members.link(tx, person, user.team, user.user):
        return "link_already"
    attempt_limits.give_back(tx, tried, matched=True)
    tx.record(f"person:{person}", None, "slack.link", "linked", proof=Proof.VERIFIED, fields=("slack.member",))
    _tell(tx, "slack_linked", person, user)
    member = slack_members.find(tx, user.team, user.user)
    assert member is not None
    slack_members.met(tx, member, user.via, user.dm)
    return "linked"


def unlink(tx: Transaction, user: SlackUser) -> bool:
    """The member stands for nobody any more; the person and the owners hear of it."""
    subject = slack_members.unlink(tx, user.team, user.user)
    if subject is None:
        return False
    tx.record(subject, None, "slack.link", "ended", fields=("slack.member",))
    _tell(tx, "slack_unlinked", person_of(subject), user)
    return True


def _tell(tx: Transaction, notice: str, person: int, user: SlackUser) -> None:
    key = f"{notice}:{person}:{user.team}:{user.user}:{tx.now}"
    job_queue.enqueue(tx, "notice", key, {"notice": notice, "person": person})
