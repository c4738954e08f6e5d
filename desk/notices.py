"""Notices to those whom a scheme names: written by the operator, a supervisor or another system, looked at before they go, and what became of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from authz import Action, Ask, Grant, NoticeKind, Proof, Subject
from desk.actors import Actor, NotAllowed, judge, may_still, permit, permit_staff, permit_worker
from store import OPERATOR, Transaction
from store.db import grant_limits
from store.notices import audience, notice_delivery, notice_list
from store.notices.audience import Recipient
from store.notices.notice_delivery import LONGEST_BODY, LONGEST_TITLE, Letter
from store.notices.notice_list import Listed, Person
from store.security import budgets
from store.text import pin_redaction
from store.text.cleaning import cleaned

WRITTEN: Final = (NoticeKind.BILLING, NoticeKind.TECHNICAL, NoticeKind.ACCOUNT)  # kinds that people write
MOST_ACCOUNTS: Final = 20_000
HOUR: Final = 3_600_000  # ms
DAY: Final = 24 * HOUR
OF_A_KEY: Final = 60  # notices of one key in an hour, half of them at once: as many as it may have people verified


class NotSent(Enum):
    NOT_PERMITTED = auto()
    NO_KIND = auto()
    NO_WORDS = auto()
    TOO_LONG = auto()
    NO_ACCOUNTS = auto()
    TOO_MANY_ACCOUNTS = auto()
    NOBODY = auto()  # no scheme of these accounts names anybody who is on them
    SENT_TODAY = auto()  # the same words to the same accounts
    PIN = auto()  # the words of another system call a number a PIN
    TOO_OFTEN = auto()  # this key has written so many within the hour


@dataclass(frozen=True, slots=True)
class UnknownAccounts:
    """The numbers that are nobody's."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be sent, and to whom."""

    kind: NoticeKind
    title: str
    body: str
    accounts: Mapping[str, int]
    recipients: Sequence[Recipient]


@dataclass(frozen=True, slots=True)
class Sent:
    id: int
    recipients: Sequence[Recipient]


def draft(
    tx: Transaction, who: Actor, kind: str, numbers: Sequence[str], text: str
) -> Draft | UnknownAccounts | NotSent:
    """What a text would be as a notice: its first line is the title. Nothing is sent."""
    grant = _grant(tx, who)
    return NotSent.NOT_PERMITTED if grant is None else _draft(tx, grant, kind, numbers, text)


def send(
    tx: Transaction, who: Actor, kind: str, numbers: Sequence[str], text: str, *, again: bool = False
) -> Sent | UnknownAccounts | NotSent:
    """To everybody whom the schemes name, once each. The same words to the same accounts go once a day, unless `again`."""
    grant = _grant(tx, who)
    return NotSent.NOT_PERMITTED if grant is None else _send(tx, grant, kind, numbers, text, again=again)


def preview(
    tx: Transaction, who: Actor, kind: str, numbers: Sequence[str], text: str
) -> Draft | UnknownAccounts | NotSent | NotAllowed:
    """What it would be, for another system with a key for it."""
    grant = _with_key(tx, who)
    if isinstance(grant, NotAllowed):
        return grant
    return NotSent.PIN if _holds_pin(text) else _draft(tx, grant, kind, numbers, text)


def write(
    tx: Transaction, who: Actor, kind: str, numbers: Sequence[str], text: str, *, again: bool
) -> Sent | UnknownAccounts | NotSent | NotAllowed:
    """As `send`, by another system with a key for it: no PIN, and so many an hour. What is not sent counts for nothing."""
    grant = _with_key(tx, who)
    if isinstance(grant, NotAllowed):
        return grant
    if _holds_pin(text):
        return NotSent.PIN
    key = who.subject.key
    each = budgets.at_most(f"notices:{who.subject}", OF_A_KEY, HOUR, "notices_spent", str(key))
    locked = budgets.lock(tx, (each,))
    if locked.spent is not None:
        budgets.settle(tx, locked, ())
        return NotSent.TOO_OFTEN
    sent = _send(tx, grant, kind, numbers, text, again=again)
    budgets.settle(tx, locked, (each,) if isinstance(sent, Sent) else ())
    return sent


def written(tx: Transaction, who: Actor, id: int, state: str, after: int) -> NoticePage | NotAllowed | None:
    """One that this key has written. None: there is none."""
    grant = _with_key(tx, who)
    return grant if isinstance(grant, NotAllowed) else _one(tx, grant, id, state, after, by=who.subject)


def _send(
    tx: Transaction, grant: Grant, kind: str, numbers: Sequence[str], text: str, *, again: bool
) -> Sent | UnknownAccounts | NotSent:
    made = _draft(tx, grant, kind, numbers, text)
    if not isinstance(made, Draft):
        return made
    day = f"{tx.now}" if again else f"{tx.now // DAY}"
    same = hashlib.sha256("\0".join((made.kind, made.title, made.body, *sorted(made.accounts))).encode()).hexdigest()
    key = f"written:{day}:{same[:32]}"
    done = notice_delivery.send(tx, grant, made.kind, tuple(made.accounts.values()), made.title, made.body, key=key)
    return NotSent.SENT_TODAY if done is None else Sent(*done)


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """The newest first; `before` is where the next page begins, or None: there is none."""

    notices: Sequence[Listed]
    before: int | None


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One notice, and to whom it went; `after` is where the next page begins, or None."""

    notice: Listed
    people: Sequence[Person]
    after: int | None


def listed(tx: Transaction, who: Actor, kind: NoticeKind | None, before: int | None) -> NoticesPage | None:
    """None: they may not."""
    grant = _grant(tx, who)
    if grant is None:
        return None
    found = notice_list.listed(tx, grant, kind, before)
    shown = found[: notice_list.MOST]
    return NoticesPage(shown, shown[-1].id if len(found) > len(shown) else None)


def one(tx: Transaction, who: Actor, id: int, state: str, after: int) -> NoticePage | None:
    """None: there is none, or they may not."""
    grant = _grant(tx, who)
    return None if grant is None else _one(tx, grant, id, state, after)


def _one(
    tx: Transaction, grant: Grant, id: int, state: str, after: int, *, by: Subject | None = None
) -> NoticePage | None:
    notice = notice_list.find(tx, grant, id, by)
    if notice is None:
        return None
    found = notice_list.recipients(tx, grant, id, state, after)
    shown = found[: notice_list.MOST_PEOPLE]
    return NoticePage(notice, shown, shown[-1].id if len(found) > len(shown) else None)


def in_slack(tx: Transaction, notice: int, person: int) -> Letter | None:
    """What a notice says to somebody in Slack, as it is true now. None: nothing, for they may not ask for support on that account, or are not
    told of it any more."""
    letter = notice_delivery.to_slack(tx, permit_worker(tx), notice, person)
    if letter is None:
        return None
    them = Actor(Subject.of_person(person), Proof.VERIFIED)
    return letter if may_still(tx, them, Action.PHONE_SUPPORT, letter.account) else None


def _with_key(tx: Transaction, who: Actor) -> Grant | NotAllowed:
    return judge(tx, Ask(who.subject, Action.DESK_NOTICES_WRITE, None, None, who.proof))


def _holds_pin(text: str) -> bool:
    return pin_redaction.left_out(text) != text


def _grant(tx: Transaction, who: Actor) -> Grant | None:
    """Of the operator's shell, or of a supervisor."""
    if who.subject == OPERATOR:
        return permit(tx, OPERATOR, Action.DESK_OPERATE)
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return grant if grant is not None and grant_limits.is_supervisor(grant) else None


def _draft(
    tx: Transaction, grant: Grant, kind: str, numbers: Sequence[str], text: str
) -> Draft | UnknownAccounts | NotSent:
    if kind not in WRITTEN:
        return NotSent.NO_KIND
    title, _, body = cleaned(text).strip().partition("\n")
    if not title.strip() or not body.strip():
        return NotSent.NO_WORDS
    if len(title.strip()) > LONGEST_TITLE or len(body.strip()) > LONGEST_BODY:
        return NotSent.TOO_LONG
    wanted = tuple(dict.fromkeys(numbers))
    if not wanted:
        return NotSent.NO_ACCOUNTS
    if len(wanted) > MOST_ACCOUNTS:
        return NotSent.TOO_MANY_ACCOUNTS
    accounts = audience.numbered(tx, grant, wanted)
    if unknown := tuple(number for number in wanted if number not in accounts):
        return UnknownAccounts(unknown)
    found = audience.named(tx, grant, NoticeKind(kind), tuple(accounts.values()))
    return Draft(NoticeKind(kind), " ".join(title.split()), body.strip(), accounts, found) if found else NotSent.NOBODY
