"""Tying a member of a chat workspace to a person by a code, and untying them. Wrong codes are counted before they are looked up."""

from __future__ import annotations

from enum import Enum
from typing import Final

from authz import Proof, Subject
from desk.own_security import is_proved, may_change
from store import NOBODY, Transaction
from store.codes import one_time_codes
from store.jobs import job_queue
from store.security import budgets
from store.security.budgets import Limit
from store.sign_in.sessions import SignedIn
from store.verification import attempt_limits, factors, slack_members
from store.verification.attempt_limits import Admission

KIND: Final = "link"
DIGITS: Final = one_time_codes.DIGITS


class Link(Enum):
    """What came of a code. WRONG says the same of an unknown code, a used one, and one for a person whom members of this
    organisation may not be linked to."""

    LINKED = "linked"
    ALREADY = "already"  # this member stands for somebody
    WRONG = "wrong"
    LATER = "later"  # too many were tried


def link(tx: Transaction, home: str, team: str, user: str, digits: str) -> Link:
    """`team` and `user`: which member; `home`: the desk's own workspace."""
    if slack_members.find(tx, team, user) is not None:
        return Link.ALREADY
    ours = team == home or slack_members.is_listed(tx, team)
    # Wrong ones, and strangers spend their own: a right code gives its own back.
    theirs = Limit(f"{KIND}:{team}:{user}", 5, budgets.HOUR // 5)
    everybody = Limit(f"{KIND}:{team}", 100, budgets.HOUR // 20, "links_team", team)
    limits = theirs, everybody, attempt_limits.desk_wide(KIND if ours else f"{KIND}-other")
    tried = attempt_limits.reserve(tx, f"slack:{team}:{user}", real=False, limits=limits)
    if tried.admission is not Admission.EVALUATE:
        return Link.LATER
    found = one_time_codes.redeem(tx, KIND, digits) if len(digits) == DIGITS else None
    person = found[0].person if found is not None else None
    if person is None or not slack_members.may_link(tx, person, team, home):
        tx.record(NOBODY if found is None else found[0], None, "slack.link", "refused")
        return Link.WRONG
    if not slack_members.link(tx, person, team, user):
        return Link.ALREADY
    attempt_limits.give_back(tx, tried, matched=True)
    tx.record(Subject.of_person(person), None, "slack.link", "linked", proof=Proof.VERIFIED, fields=("slack.member",))
    _tell(tx, "slack_linked", person, team, user)
    return Link.LINKED


def code_for(tx: Transaction, who: SignedIn) -> str | None:
    """A code by which a member of a workspace ties themselves to them, shown on their page alone. None: their second proof has ended."""
    if not is_proved(tx, who):
        return None
    tx.record(who.subject, None, "slack.link", "code_shown", proof=Proof.VERIFIED)
    return one_time_codes.issue(tx, KIND, who.subject)


def unlink_own(tx: Transaction, who: SignedIn, team: str, user: str) -> bool:
    """The same as `unlink`, on their page. False: no such member of theirs, or they would have to sign in again."""
    theirs = any((one.team, one.user) == (team, user) for one in slack_members.of_person(tx, who.person))
    return theirs and may_change(tx, who) and unlink(tx, team, user, but=who.session)


def unlink(tx: Transaction, team: str, user: str, *, but: str = "", by: Subject | None = None) -> bool:
    """Unlinks the member; the person and the owners get a notice. `by`: who did it, where it was not they themselves. False: the member was not linked."""
    subject = slack_members.unlink(tx, team, user, but=but, by=by)
    if subject is None:
        return False
    tx.record(subject, None, "slack.link", "ended", fields=("slack.member",))
    _tell(tx, "slack_unlinked", subject.person, team, user)
    return True


def is_old_enough(tx: Transaction, team: str, user: str) -> bool:
    """Whether this member has been linked for long enough to be shown a code that proves the person in another channel."""
    member = slack_members.find(tx, team, user)
    return member is not None and member.linked_at <= tx.now - factors.COOLING


def _tell(tx: Transaction, notice: str, person: int, team: str, user: str) -> None:
    job_queue.enqueue(tx, "notice", f"{notice}:{person}:{team}:{user}", {"notice": notice, "person": person})
