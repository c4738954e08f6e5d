"""To a stranger everything sounds the same: seven kinds of refusal, byte for byte, statement by statement, hash by hash.

T8, T9
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from argon2.low_level import hash_secret_raw
from sqlalchemy import select, update

from authz import Subject
from store import Keys, tables
from store.accounts.people import check_digit
from store.verification import attempt_limits, pins
from store.verification.attempt_limits import TRIES_A_MINUTE
from store.verification.pins import Pin
from tests.desk import SECRET, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Wire, change, count, rows
from tests.refused import Stranger, prepare, strangers
from tests.statements import watched

KINDS = ("unknown ID", "no ID", "wrong PIN", "locked", "disabled", "no PIN", "nothing allowed")
MIA = "10000081", "17846325"


def calls_in(desk: Desk, stranger: Stranger) -> Caller:
    """Up to the prompt for a PIN."""
    caller = Caller(Wire(desk), stranger.number)
    caller.dial()
    caller.key(stranger.support_id)
    return caller


def bare(answer: Answer) -> str:
    """Without the token of the next turn, which is another in every call."""
    return f"{answer.status} {answer.kind} {re.sub(r't=[A-Za-z0-9_-]{20}', 't=…', answer.text)}"


def furnished(desk: Desk) -> dict[str, Stranger]:
    found = strangers(desk.store)
    assert tuple(found) == KINDS
    with desk.store.transaction("test") as tx:
        for stranger in found.values():
            prepare(tx, stranger)
    return found


@pytest.fixture
def kinds(desk: Desk) -> dict[str, Stranger]:
    return furnished(desk)


def test_the_kinds_are_what_they_say(desk: Desk, kinds: dict[str, Stranger]) -> None:
    """Or the tests below would compare seven times the same."""
    for stranger in kinds.values():
        calls_in(desk, stranger).key(stranger.pin)
    e = tables.ledger.c
    entries = rows(desk, select(e.who, e.decision, e.fields).where(e.action == "pin.attempt").order_by(e.at, e.n))
    attempts = [(who, decision, fields) for who, decision, fields in entries]
    assert sorted(attempts) == sorted(
        [
            ("nobody", "wrong", ""),
            ("nobody", "wrong", ""),
            ("nobody", "wrong", f"claimed:person:{kinds['wrong PIN'].person}"),
            ("nobody", "refused", f"claimed:person:{kinds['locked'].person}"),
            ("nobody", "refused", f"claimed:person:{kinds['disabled'].person}"),
            ("nobody", "wrong", f"claimed:person:{kinds['no PIN'].person}"),
            (Subject.of_person(kinds["nothing allowed"].person), "nothing_allowed", ""),
        ]
    )


def test_at_every_attempt_all_kinds_hear_the_same_bytes(desk: Desk, kinds: dict[str, Stranger]) -> None:
    """T8: four calls of three tries, past the fifth wrong one where a lock begins, and past the end of every call."""
    heard: list[set[str]] = []
    for _call in range(4):
        callers = {kind: calls_in(desk, stranger) for kind, stranger in kinds.items()}
        heard.append({bare(caller.answer) for caller in callers.values()})
        for _try in range(3):
            heard.append({bare(callers[kind].key(stranger.pin)) for kind, stranger in kinds.items()})
        for caller in callers.values():
            assert caller.answer.said[-1].endswith("Goodbye.")
            caller.hang_up()
    assert [len(answers) for answers in heard] == [1] * 16
    assert len(set().union(*heard)) == 3, "the prompt, a try, the end: the same in every call"


def test_the_busy_words_come_at_the_same_try_for_all(one_desk: Desk) -> None:
    """But for no ID from no number: there is nothing to count on but the call, and a call has three tries."""
    for kind, stranger in furnished(one_desk).items():
        said: list[bool] = []
        while len(said) <= TRIES_A_MINUTE:
            caller = calls_in(one_desk, stranger)
            for _try in range(min(3, TRIES_A_MINUTE + 1 - len(said))):
                said.append("busy" in caller.key(stranger.pin).text)
        assert said == [False] * TRIES_A_MINUTE + [kind != "no ID"], kind


def test_all_kinds_cost_one_hash_and_the_same_statements(
    desk: Desk, kinds: dict[str, Stranger], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[int] = []

    def counted(*given: Any, **named: Any) -> bytes:
        hashes.append(given[3])
        return hash_secret_raw(*given, **named)

    calls_in(desk, kinds["unknown ID"]).key("58203917")  # everything is open and compiled
    monkeypatch.setattr(pins, "hash_secret_raw", counted)
    sent: dict[str, list[list[str]]] = {}
    for kind, stranger in kinds.items():
        caller = calls_in(desk, stranger)
        sent[kind] = []
        for _try in range(3):
            hashes.clear()
            during: list[str] = []
            with watched(desk.store.engine, during.append):
                caller.key(stranger.pin)
            assert hashes == [pins.MEMORY_KIB], kind
            sent[kind].append(during)
    first = sent["unknown ID"]
    assert all(len(during) > 15 for during in first), "the statements were not seen"
    assert all(any("UPDATE codes SET tries" in sql for sql in during) for during in first), (
        "who has a code is not looked for"
    )
    assert all(any("UPDATE codes SET used_at" in sql for sql in during) for during in first)
    for kind, tries in sent.items():
        assert tries == first, kind


def test_who_is_suspended_costs_what_nobody_costs(desk: Desk) -> None:
    """Statement by statement and byte by byte, with the right PIN, the ID keyed or the number on file shown."""
    change(desk, update(tables.people).where(tables.people.c.support_id == MIA[0]).values(suspended_at=1))
    sent, heard = [], []
    for stranger in (
        Stranger("unknown ID", "anonymous", "9000000" + check_digit("9000000"), MIA[1]),
        Stranger("suspended, ID keyed", "anonymous", *MIA),
        Stranger("unknown ID again", "anonymous", "9000001" + check_digit("9000001"), MIA[1]),
    ):
        caller, during = calls_in(desk, stranger), list[str]()
        with watched(desk.store.engine, during.append):
            heard.append([bare(caller.key(stranger.pin)) for _try in range(3)])
        sent.append(during)
    assert len(sent[0]) > 45, "the statements were not seen"
    assert sent[0] == sent[1] == sent[2]
    assert heard[0] == heard[1] == heard[2]
    decided = select(tables.ledger.c.fields).where(tables.ledger.c.action == "pin.attempt")
    assert set(rows(desk, decided)) == {("",)}  # it is not even theirs


def test_the_right_pin_and_the_one_for_a_threat_cost_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statement by statement, hash by hash, up to the alarm that goes with the second; after a rotation of the keys as well."""
    hashes: list[int] = []

    def counted(*given: Any, **named: Any) -> bytes:
        hashes.append(given[3])
        return hash_secret_raw(*given, **named)

    mia = rows(desk, select(tables.people.c.id).where(tables.people.c.support_id == MIA[0]))[0][0]
    threat = "40213958"
    with desk.store.transaction("test") as tx:
        pins.put(tx, pins.keep(tx.keys, mia, Pin(MIA[1]), Pin(threat)))
    sent: dict[str, list[tuple[list[str], list[int]]]] = {MIA[1]: [], threat: []}
    newer = "bmV3IGtleSBmb3IgdGVzdHMgYWxvbmUsIDMyIGJ5dGVz"
    monkeypatch.setattr(pins, "hash_secret_raw", counted)
    line = desk.container.phone
    assert line is not None
    for secrets in (SECRET, SECRET, f"{newer},{SECRET}"):
        line.store.keys = Keys.parse(secrets)
        for digits in (threat, MIA[1]):  # the right one renews the row, so it comes last
            caller = calls_in(desk, Stranger("", "anonymous", MIA[0], ""))
            hashes.clear()
            during: list[str] = []
            with watched(desk.store.engine, during.append):
                assert "Press" in caller.key(digits).text
            plain = [
                sql for sql in during if "alerts" not in sql and "INTO jobs" not in sql and "INTO ledger" not in sql
            ]
            sent[digits].append((plain, list(hashes)))
    assert [len(ran) for _, ran in sent[threat]] == [1, 1, 4]
    assert sent[MIA[1]][1:] == sent[threat][1:], "the first is not looked at: statements are compiled"


# --- what an attempt leaves behind


def test_a_fifth_wrong_pin_is_told_once_and_again_after_a_new_pin(desk: Desk) -> None:
    """The counters begin anew with a new PIN, and so do their numbers: the notice must not collide with the last one."""

    def five_wrong() -> None:
        for tries in (3, 2):
            caller = calls_in(desk, Stranger("", "anonymous", MIA[0], ""))
            for _try in range(tries):
                assert "did not match" in caller.key("58203917").text or "could not check" in caller.answer.text

    w, mia = tables.jobs.c, rows(desk, select(tables.people.c.id).where(tables.people.c.support_id == MIA[0]))[0][0]
    locks = select(w.payload).where(w.kind == "notice", w.payload.contains("pin_locked"))
    five_wrong()
    assert len(rows(desk, locks)) == 1
    with desk.store.transaction("test") as tx:
        attempt_limits.forget(tx, attempt_limits.counter_of(mia))
    desk.pass_time(61)
    five_wrong()
    assert len(rows(desk, locks)) == 2


def test_a_pin_replaced_while_it_was_hashed_proves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one was right when it was keyed. Its attempt stays counted, against nothing that is left."""
    mia = rows(desk, select(tables.people.c.id).where(tables.people.c.support_id == MIA[0]))[0][0]
    compared, fresh = pins.compare, pins.keep(desk.store.keys, mia, Pin("58203917"))

    def slow(keys: Keys, kept: pins.KeptPin, pin: Pin) -> pins.Match:
        same = compared(keys, kept, pin)
        with desk.store.transaction("shell") as tx:
            pins.put(tx, fresh)
            attempt_limits.forget(tx, attempt_limits.counter_of(mia))
        return same

    monkeypatch.setattr(pins, "compare", slow)
    caller = calls_in(desk, Stranger("", "anonymous", *MIA))
    assert "did not match" in caller.key(MIA[1]).text
    monkeypatch.setattr(pins, "compare", compared)
    assert "did not match" in caller.key(MIA[1]).text
    assert "Press" in caller.key("58203917").text


def test_the_first_right_pin_after_a_rotation_is_kept_under_the_new_key(desk: Desk, sample_url: str) -> None:
    """T30: no right PIN is refused on the way, and once renewed it needs the old key no more."""
    old, new = SECRET, "bmV3IGtleSBmb3IgdGVzdHMgYWxvbmUsIDMyIGJ5dGVz"
    both, alone = (Desk(sample_url, **ACCOUNT) for _ in range(2))
    for one, keys in ((both, f"{new},{old}"), (alone, new)):
        assert one.container.phone is not None
        one.container.phone.store.keys = one.store.keys = Keys.parse(keys)

    def proves(at: Desk, support_id: str, pin: str) -> bool:
        return "Press" in calls_in(at, Stranger("", "anonymous", support_id, "")).key(pin).text

    assert not proves(alone, *MIA), "the old key is gone and the PIN was not renewed"
    assert proves(both, *MIA)
    assert proves(both, "10000099", "39275068")
    assert proves(alone, *MIA)
    assert proves(alone, "10000099", "39275068")
    assert not proves(desk, *MIA), "an old process has no key for it any more"
    assert proves(desk, "10000032", "61520493")
    assert not proves(alone, "10000040", "90734682"), "who did not call meanwhile needs the old key or a new PIN"
    both.close()
    alone.close()


def test_a_number_on_file_has_the_better_budget_however_many_share_it(desk: Desk) -> None:
    p = tables.phones.c
    change(desk, update(tables.phones).where(p.person_id.in_([1, 2, 3, 4])).values(number="+441632960111"))
    for support_id in ("10000016", "10000024", "10000032", "10000040"):
        calls_in(desk, Stranger("", "+441632960111", support_id, "")).key("58203917")
    b = tables.budgets.c
    names = {row.name for row in rows(desk, select(b.name).where(b.name.startswith("pin:"), b.full_at > desk.now))}
    assert {name.rpartition(":")[0] for name in names} == {"pin", "pin:number-own:own", "pin:number"}
    assert "pin:own" in names
    assert count(desk, tables.pin_guards) == 4
