"""A PIN that is locked is told of, once, whatever became of the turn that locked it: at five wrong ones, at ten, and at thirty in its life."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import func, select, update

from store import Keys, tables
from store.accounts.people import check_digit
from store.verification import pins
from store.verification.pins import KeptPin, Match, Pin
from tests.channels.faults import full
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire, change, rows

MIA, PIN, WRONG = "10000081", "17846325", "58203917"
NOBODYS = "9000000" + check_digit("9000000")
TITLE = "Your support PIN was keyed wrongly several times"
BEFORE = {
    "5 in a row": {"consecutive": 4, "window_attempts": 4, "lifetime": 4},
    "10 in a row": {"consecutive": 9, "window_attempts": 0, "lifetime": 9},
    "30 in a life": {"consecutive": 0, "window_attempts": 0, "lifetime": 29},
}
Ends = Callable[[Desk], Callable[[], None]]


@pytest.fixture
def desk(sample_url: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT, smtp_url=mailbox.url, mail_from="desk@desk.example")
    yield opened
    opened.close()


def dies(_desk: Desk) -> Callable[[], None]:
    raise SystemError("the process is gone")


def cannot_commit(desk: Desk) -> Callable[[], None]:
    """What has an entry in the ledger is not kept."""
    return full(desk, "ledger")


def attempt(desk: Desk, keyed: str = WRONG, support_id: str = MIA) -> None:
    caller = Caller(Wire(desk), "anonymous")
    caller.dial()
    caller.key(support_id)
    caller.key(keyed)


def one_before(desk: Desk, at: str) -> None:
    """One attempt more, and somebody is told."""
    attempt(desk)
    change(desk, update(tables.pin_guards).values(BEFORE[at]))


def ends_between(desk: Desk, ends: Ends, keyed: str = WRONG, support_id: str = MIA) -> None:
    """The attempt is counted; what it ends in comes while it is hashed; and then all is well again."""
    mended: list[Callable[[], None]] = []
    compared = pins.compare

    def breaks(keys: Keys, kept: KeptPin, pin: Pin) -> Match:
        found = compared(keys, kept, pin)
        mended.append(ends(desk))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "compare", breaks)
        patch.setattr(desk.client._transport, "raise_server_exceptions", False)
        attempt(desk, keyed, support_id)
    for mend in mended:
        mend()


def told(desk: Desk, mailbox: Mailbox) -> int:
    """How often Mia was, by now, and when another hour has gone by; and that whatever was put off is done."""
    desk.work()
    for _ in range(2):
        desk.pass_time(1_800)
        desk.work()
    assert rows(desk, select(func.count()).where(tables.jobs.c.done_at.is_(None)))[0][0] == 0
    return sum(mail["Subject"] == TITLE and str(mail["To"]).startswith("mia") for mail in mailbox.mails)


@pytest.mark.both_databases
@pytest.mark.parametrize("ends", [dies, cannot_commit])
@pytest.mark.parametrize("at", list(BEFORE))
def test_inv12_who_is_locked_by_a_turn_that_was_never_finished_is_told_once(
    desk: Desk, mailbox: Mailbox, at: str, ends: Ends
) -> None:
    one_before(desk, at)
    ends_between(desk, ends)
    attempt(desk, PIN)
    desk.work()
    assert told(desk, mailbox) == 1


@pytest.mark.parametrize("at", list(BEFORE))
def test_who_is_locked_is_told_once_and_at_once(desk: Desk, mailbox: Mailbox, at: str) -> None:
    one_before(desk, at)
    attempt(desk)
    desk.work()
    assert [str(mail["Subject"]) for mail in mailbox.mails if str(mail["To"]).startswith("mia")] == [TITLE]
    assert told(desk, mailbox) == 1


@pytest.mark.parametrize("at", list(BEFORE))
def test_who_was_right_is_told_nothing(desk: Desk, mailbox: Mailbox, at: str) -> None:
    one_before(desk, at)
    attempt(desk, PIN)
    assert told(desk, mailbox) == 0


def test_who_was_right_and_is_locked_all_the_same_is_told(desk: Desk, mailbox: Mailbox) -> None:
    """Nobody was to hear of it: the turn ended before the right PIN could give its attempt back."""
    one_before(desk, "5 in a row")
    ends_between(desk, dies, PIN)
    assert told(desk, mailbox) == 1


def test_of_a_lock_that_a_right_pin_left_as_others_had_come_between_they_are_told(desk: Desk, mailbox: Mailbox) -> None:
    one_before(desk, "5 in a row")

    def another(desk: Desk) -> Callable[[], None]:
        change(desk, update(tables.pin_guards).values(generation=tables.pin_guards.c.generation + 1))
        return lambda: None

    ends_between(desk, another, PIN)
    assert told(desk, mailbox) == 1


@pytest.mark.parametrize("ends", [dies, None])
def test_an_id_that_nobody_has_leaves_the_same_and_tells_nobody(
    desk: Desk, mailbox: Mailbox, ends: Ends | None
) -> None:
    w = tables.jobs.c
    left = select(w.kind, w.run_at - w.created_at, w.attempts, w.ordering_key.is_(None)).where(w.kind == "notice")
    found: list[Sequence[object]] = []
    for support_id in (NOBODYS, MIA):
        for _ in range(4):
            attempt(desk, support_id=support_id)
        if ends is None:
            attempt(desk, support_id=support_id)
        else:
            ends_between(desk, ends, support_id=support_id)
        found.append(rows(desk, left.order_by(w.id))[len(found) :])
        assert told(desk, mailbox) == (support_id == MIA)
        assert bool(mailbox.mails) == (support_id == MIA)
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_however_many_guess_at_what_is_locked_there_is_one_notice(desk: Desk, mailbox: Mailbox) -> None:
    """What is refused counts nothing and puts nothing off."""
    for _ in range(20):
        attempt(desk)
    assert rows(desk, select(func.count()).where(tables.jobs.c.kind == "notice"))[0][0] == 1
    assert told(desk, mailbox) == 1
