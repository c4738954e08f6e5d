"""`deskgate pin`: a PIN set, issued, unlocked, sealed anew. Never echoed, in the ledger, and told to those it concerns."""

from __future__ import annotations

import base64
import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from authz import Subject
from store import Keys, tables
from store.verification import attempt_limits, pins
from store.verification.attempt_limits import Admission
from store.verification.pins import Pin
from tests.cli.conftest import Said, Shell
from tests.desk import SECRET
from tests.seeking import stands_in

MIA, NUMBER, BEFORE, NEW = ("--person", "mia.chen"), "+441632960108", "17846325", "58203917"
ROOT = Path(__file__).parents[2]


def opens(shell: Shell, digits: str, username: str = "mia.chen", secrets: str = SECRET) -> bool:
    person = shell.id_of(username)
    with shell.store() as store, store.transaction("test") as tx:
        kept = pins.find(tx, person)
    return kept is not None and bool(pins.compare(Keys.parse(secrets), kept, Pin(digits)))


def wrong(shell: Shell, times: int) -> list[Admission]:
    k, made = attempt_limits.counter_of(shell.id_of("mia.chen")), []
    with shell.store() as store:
        for _ in range(times):
            with store.transaction("test") as tx:
                made.append(attempt_limits.reserve(tx, k, real=True, limits=()).admission)
    return made


def traces(shell: Shell, what: str) -> tuple[list[tuple[object, ...]], list[dict[str, object]]]:
    """What the ledger has of it, and whom a notice is for."""
    e, w = tables.ledger.c, tables.jobs.c
    entries = shell.rows(select(e.who, e.account, e.decision, e.fields, e.channel).where(e.action == what))
    return entries, [json.loads(row[0]) for row in shell.rows(select(w.payload).where(w.kind == "notice"))]


def everything_kept(shell: Shell) -> str:
    return "".join(str(shell.rows(select(table))) for table in tables.Base.metadata.sorted_tables)


# --- set


@pytest.mark.parametrize("keyed", [f"{NEW}\n", NEW, f"  {NEW}\r\n", f"{NEW}\nanother line\n"])
def test_a_pin_from_standard_input(light: Shell, keyed: str) -> None:
    assert light.run("pin", "set", *MIA, stdin=keyed) == Said(0, "mia.chen has a new PIN.\n", "")
    assert opens(light, NEW)
    assert not opens(light, BEFORE)


def test_it_is_in_the_ledger_and_told_and_nowhere_in_the_clear(shell: Shell) -> None:
    shell.run("pin", "set", *MIA, stdin=NEW)
    mia = shell.id_of("mia.chen")
    entries, notices = traces(shell, "pin_set")
    assert entries == [("desk:operator", None, "done", Subject.of_person(mia), "shell")]
    assert notices == [{"notice": "pin_set", "person": mia}]
    kept = everything_kept(shell)
    assert "mia.chen" in kept
    assert not stands_in(NEW, kept)
    assert not stands_in(BEFORE, kept)


def test_an_issued_pin_is_printed_once_and_alone(shell: Shell) -> None:
    said = shell.run("pin", "set", *MIA, "--generate")
    assert (said.code, said.err) == (0, "")
    digits = said.out.removesuffix("\n")
    assert len(digits) == 8
    assert digits.isdecimal()
    assert not pins.easy(digits, [NUMBER, "10000081"])
    assert opens(shell, digits)
    assert not stands_in(digits, everything_kept(shell))


def test_a_second_one_is_another(light: Shell) -> None:
    issued = {light.run("pin", "set", *MIA, "--generate").out for _ in range(5)}
    assert len(issued) == 5
    assert len(traces(light, "pin_set")[1]) == 5


@pytest.mark.parametrize(
    ("keyed", "line"),
    [
        ("12345678", "this PIN is easy to guess: it counts up or down in even steps"),
        ("24121990", "this PIN is easy to guess: it is a date"),
        ("01632960", "this PIN is easy to guess: it is part of a number on file"),
        ("10000081", "this PIN is easy to guess: it repeats a digit four times"),
        ("582039", "a PIN has 8 digits"),
        ("582039174", "a PIN has 8 digits"),
        ("", "a PIN has 8 digits"),
        ("abcdefgh", "a PIN has 8 digits"),
        ("٥٨٢٠٣٩١٧", "a PIN has 8 digits"),
        (b"\xff\xfe5820391", "a PIN has 8 digits"),
        (BEFORE, "this is the PIN they have; a new one must be another"),
    ],
)
def test_a_pin_that_will_not_do_is_refused_and_not_echoed(light: Shell, keyed: str | bytes, line: str) -> None:
    assert light.refuses("pin", "set", *MIA, stdin=keyed) == line
    assert opens(light, BEFORE), "the old one stays"
    assert traces(light, "pin_set") == ([], [])


def test_where_people_may_choose_six_digits_do(light: Shell) -> None:
    light.set(PIN_CHOICE="on")
    assert light.refuses("pin", "set", *MIA, stdin="58203") == "a PIN has 6 to 10 digits"
    assert light.refuses("pin", "set", *MIA, stdin="250690") == "this PIN is easy to guess: it is a date"
    assert light.run("pin", "set", *MIA, stdin="582039").code == 0
    assert opens(light, "582039")


def test_an_unknown_person(light: Shell) -> None:
    for words in (("set",), ("set", "--generate"), ("unlock",)):
        assert light.refuses("pin", *words, "--person", "nobody", stdin=NEW) == "there is no person nobody"


def test_a_pin_is_never_an_argument(light: Shell) -> None:
    said = light.run("pin", "set", *MIA, NEW)
    assert said.code == 2
    assert opens(light, BEFORE)


def test_whoever_types_keeps_nobody_waiting(light: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite an open transaction would hold up every call until Enter is pressed."""
    asked, answered = threading.Event(), threading.Event()

    def slowly(_choice: bool, _numbers: list[str]) -> Pin:
        asked.set()
        assert answered.wait(60)
        return Pin(NEW)

    monkeypatch.setattr("deskgate.records._keyed", slowly)
    operator = threading.Thread(target=light.run, args=("pin", "set", *MIA))
    operator.start()
    assert asked.wait(60)
    assert wrong(light, 1) == [Admission.EVALUATE], "a caller's attempt, meanwhile"
    answered.set()
    operator.join(60)
    assert opens(light, NEW)


@pytest.mark.usefixtures("real_hash")
def test_on_a_terminal_it_is_not_shown(light: Shell) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "deskgate", "pin", "set", *MIA]
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    operator = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=here, start_new_session=True)
    os.close(theirs)
    screen = b""
    while b"PIN: " not in screen:
        screen += os.read(ours, 1024)
    os.write(ours, NEW.encode() + b"\n")
    while b"has a new PIN" not in screen:
        screen += os.read(ours, 1024)
    assert operator.wait(60) == 0
    os.close(ours)
    assert NEW.encode() not in screen
    assert opens(light, NEW)


# --- unlock


def test_a_lock_is_lifted_once_and_told(shell: Shell) -> None:
    assert wrong(shell, 6) == [Admission.EVALUATE] * 5 + [Admission.REFUSED]
    assert shell.run("pin", "unlock", *MIA) == Said(0, "mia.chen: the lock is lifted.\n", "")
    mia = shell.id_of("mia.chen")
    entries, notices = traces(shell, "pin_unlocked")
    assert entries == [("desk:operator", None, "done", Subject.of_person(mia), "shell")]
    assert notices == [{"notice": "pin_unlocked", "person": mia}]
    assert shell.run("pin", "unlock", *MIA) == Said(0, "mia.chen: there was no lock.\n", "")
    assert traces(shell, "pin_unlocked") == (entries, notices)
    assert wrong(shell, 1) == [Admission.EVALUATE]


def test_a_disabled_pin_says_what_to_do_and_a_new_one_works(light: Shell) -> None:
    wrong(light, 5)
    light.run("pin", "unlock", *MIA)
    wrong(light, 5)
    said = light.run("pin", "unlock", *MIA)
    hint = "The PIN is disabled after too many wrong ones; issue a new one with `deskgate pin set --generate`."
    assert said == Said(0, f"mia.chen: the lock is lifted.\n{hint}\n", "")
    assert wrong(light, 1) == [Admission.REFUSED]
    assert light.run("pin", "unlock", *MIA).out == f"mia.chen: there was no lock.\n{hint}\n"
    light.run("pin", "set", *MIA, "--generate")
    assert light.run("pin", "unlock", *MIA).out == "mia.chen: there was no lock.\n"
    assert wrong(light, 5) == [Admission.EVALUATE] * 5


# --- reseal


def test_after_a_rotation_every_pin_is_sealed_anew(shell: Shell) -> None:
    newer = base64.b64encode(b"a newer key for tests, 32 bytes.").decode()
    shell.set(SECRET_KEYS=f"{newer},{SECRET}")
    said = "9 PINs are sealed under the newest key now; every other one was already.\n"
    assert shell.run("pin", "reseal") == Said(0, said, "")
    assert shell.run("pin", "reseal") == Said(0, said.replace("9", "0"), "")
    assert opens(shell, BEFORE, secrets=f"{newer},{SECRET}")
    assert not opens(shell, BEFORE), "the old key alone opens nothing any more"
    assert "key 2 of SECRET_KEYS is in use for pin-pepper" in shell.run("doctor").out
    e = tables.ledger.c
    resealed = shell.rows(select(e.fields).where(e.fields.contains("resealed")))
    assert resealed == [("resealed:9 lost:0",)]


def test_what_has_lost_its_key_is_counted_and_exits_1(light: Shell) -> None:
    newer = base64.b64encode(b"a newer key for tests, 32 bytes.").decode()
    light.set(SECRET_KEYS=f"{newer},{SECRET}")
    assert light.run("tickets").code == 0
    light.set(SECRET_KEYS=newer)
    said = light.run("pin", "reseal")
    assert said.code == 1
    assert (
        said.err
        == "deskgate: 9 PINs cannot be opened: their key is not in SECRET_KEYS; put it back, or issue them anew\n"
    )


# --- the PIN for a threat


def match(shell: Shell, digits: str) -> pins.Match:
    mia = shell.id_of("mia.chen")
    with shell.store() as store, store.transaction("test") as tx:
        kept = pins.find(tx, mia)
    assert kept is not None
    return pins.compare(Keys.parse(SECRET), kept, Pin(digits))


def test_both_are_issued_and_printed_once(light: Shell) -> None:
    said = light.run("pin", "set", *MIA, "--generate", "--duress")
    assert (said.code, said.err) == (0, "")
    first, second = said.out.splitlines()
    pin, duress = first.removeprefix("PIN: "), second.removeprefix("duress PIN: ")
    pins.check_duress(pin, duress, [NUMBER])
    assert (match(light, pin), match(light, duress)) == (pins.Match.PIN, pins.Match.DURESS)
    kept = everything_kept(light)
    assert pin not in kept
    assert duress not in kept
    assert "duress" not in str(traces(light, "pin_set")), "who may read notices must not learn that there is one"


def test_both_are_read_from_two_lines(light: Shell) -> None:
    said = light.run("pin", "set", *MIA, "--duress", stdin=f"{NEW}\n40817263\n")
    assert said == Said(0, "mia.chen has a new PIN and a new duress PIN.\n", "")
    assert (match(light, NEW), match(light, "40817263")) == (pins.Match.PIN, pins.Match.DURESS)
    assert light.run("pin", "set", *MIA, stdin="71394852").code == 0
    assert match(light, "40817263") is pins.Match.NO, "a new PIN ends the other"


@pytest.mark.parametrize("second", ["58203900", "5820", "", "12345678"])
def test_a_second_one_that_will_not_do_changes_neither(light: Shell, second: str) -> None:
    assert light.refuses("pin", "set", *MIA, "--duress", stdin=f"{NEW}\n{second}\n").startswith("the duress PIN ")
    assert opens(light, BEFORE)
