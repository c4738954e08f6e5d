"""One playing of a call script: does what people do in it and holds what is heard against what is expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from simulator.exchange import Exchange
from simulator.journal import Fault
from simulator.lines import BadScriptError, Line
from simulator.phone import CallOverError, Phone

_ANY = re.compile(r"…|\.\.\.")


class ScriptMismatchError(Exception):
    """The call did not go as the script says. The words name the line, what it expects and what was heard."""

    def __init__(self, number: int, expected: str, heard: str, so_far: list[tuple[str, str]]) -> None:
        told = "".join(f"\n    {who}: {words}" for who, words in so_far[-6:])
        super().__init__(f"line {number}: expected {expected}\n  but {heard}\n  the last lines of the call:{told}")
        self.number = number
        self.expected = expected
        self.heard = heard


class Performance:
    """One playing of a script: the phones in it, and how much of what each heard was expected so far."""

    def __init__(
        self,
        exchange: Exchange,
        meanwhile: Callable[[], None],
        patience: float,
        elsewhere: Callable[[str], None] | None = None,
    ) -> None:
        self.exchange = exchange
        self.elsewhere = elsewhere
        self.meanwhile = meanwhile
        self.patience = patience
        self.phones: dict[str, Phone] = {}
        self.expected: dict[str, int] = {"caller": 0, "agent": 0}
        self.loose: dict[str, bool] = {"caller": False, "agent": False}
        self.faults = 0
        self.noted = False

    @property
    def transcript(self) -> list[tuple[str, str]]:
        return list(self.phones["caller"].transcript) if "caller" in self.phones else []

    def play(self, line: Line) -> None:
        match line.kind:
            case "caller hears" | "agent hears":
                self.hears(line)
            case "desk hangs up":
                self.heard_all(line)
                if self.phones["caller"].state != "ended":
                    self.mismatch(line, "the desk to hang up", f"the phone is {self.phones['caller'].state}")
            case "twilio logs":
                self.logs(line)
            case _:
                self.heard_all(line)
                self.act(line)

    def act(self, line: Line) -> None:
        """Do what a person does in this line."""
        try:
            self._act(line)
        except CallOverError as error:
            self.mismatch(line, f"a phone for: {line.source}", str(error))
        self.meanwhile()

    def _act(self, line: Line) -> None:
        if line.kind == "from":
            if self.phones:
                raise BadScriptError(f"line {line.number}: one script is one call")
            phone = self.phones["caller"] = self.exchange.phone(line.text)
            phone.dial()
            return
        if line.kind == "elsewhere":
            if self.elsewhere is None:
                raise BadScriptError(f"line {line.number}: nobody here can do that: {line.source}")
            self.elsewhere(line.text)
            return
        if line.kind == "is called":
            self._is_called(line)
            return
        found = self.phones.get(line.who)
        if found is None:
            raise BadScriptError(f"line {line.number}: the {line.who} has no phone yet")
        match line.kind:
            case "presses":
                found.press(line.text)
            case "waits":
                found.wait()
            case "says":
                found.speak(line.text)
            case "says and hangs up":
                found.speak(line.text, then_hang_up=True)
            case _:
                found.hang_up()

    def _is_called(self, line: Line) -> None:
        ringing = self.exchange.ringing(self.patience, line.who)
        if ringing is None:
            self.mismatch(line, f"the {line.who}'s phone to ring", "it did not")
        self.phones[line.who] = ringing
        self.expected[line.who] = 0
        ways: dict[str, Callable[[], None]] = {
            "answers": ringing.answer,
            "declines": ringing.decline,
            "does not answer": ringing.no_answer,
            "a machine answers": partial(ringing.answer, by="machine_start"),
        }
        ways[line.text]()

    def hears(self, line: Line) -> None:
        """Match one expected line with what was heard next; the fewest lines that fit are taken."""
        phone = self.phones.get(line.who)
        if phone is None:
            raise BadScriptError(f"line {line.number}: the {line.who} has no phone yet")
        if line.text in ("…", "..."):
            self.loose[line.who] = True
            return
        pattern = _pattern(line.text)
        start = self.expected[line.who]
        starts = range(start, len(phone.heard)) if self.loose[line.who] else (start,)
        for first in starts:
            for last in range(first + 1, len(phone.heard) + 1):
                if pattern.fullmatch(" ".join(phone.heard[first:last])):
                    self.expected[line.who] = last
                    self.loose[line.who] = False
                    return
        self.mismatch(line, f"to hear:\n    {line.text}", _quoted(phone.heard[start:], phone.state))

    def heard_all(self, line: Line) -> None:
        """Everything heard so far must have been expected."""
        for who, phone in self.phones.items():
            more = phone.heard[self.expected[who] :]
            if more and not self.loose[who]:
                verb = "desk:" if who == "caller" else "agent: hears"
                self.mismatch(line, f"`{verb}` lines before: {line.source}", _quoted(more, phone.state))
            self.expected[who] = len(phone.heard)
            self.loose[who] = False

    def logged(self) -> list[Fault]:
        calls = {phone.sid for phone in self.phones.values()}
        return [fault for fault in list(self.exchange.faults) if fault.call in calls]

    def logs(self, line: Line) -> None:
        new = self.logged()
        if self.faults >= len(new) or new[self.faults].code != int(line.text):
            self.mismatch(
                line,
                f"Twilio to log {line.text}",
                "it logged " + (str(new[self.faults]) if new[self.faults :] else "nothing"),
            )
        self.faults += 1

    def close(self, last: Line) -> None:
        """The end of the script: nothing more was heard, and Twilio has nothing to complain about."""
        end = Line(last.number + 1, "end", "caller", "", "the end of the script")
        self.heard_all(end)
        new = self.logged()[self.faults :]
        if new:
            self.mismatch(end, "nothing in Twilio's debugger", "it logged " + "; ".join(map(str, new)))

    def news(self) -> list[str]:
        """What was heard since the last time, as script lines."""
        lines = []
        for who, phone in self.phones.items():
            prefix = "desk: " if who == "caller" else "agent: hears "
            lines += [prefix + words for words in phone.heard[self.expected[who] :]]
            self.expected[who] = len(phone.heard)
        new = self.logged()[self.faults :]
        self.faults += len(new)
        lines += [f"twilio logs {fault.code}" for fault in new]
        caller = self.phones.get("caller")
        if caller is not None and caller.state == "ended" and not self.noted:
            self.noted = True
            if caller.transcript[-1:] != [("caller", "hangs up")] and not caller.transcript[-1][1].endswith(
                "and hangs up"
            ):
                lines.append("desk hangs up")
        return lines

    def hang_up(self) -> None:
        """Nobody is left on the line, and no phone rings on, when a script is over."""
        for phone in self.phones.values():
            if phone.state not in ("ended", "ringing", "idle"):
                phone.hang_up()
        self.meanwhile()

    def mismatch(self, line: Line, expected: str, heard: str) -> NoReturn:
        phone = self.phones.get(line.who) or self.phones.get("caller")
        raise ScriptMismatchError(line.number, expected, heard, phone.transcript if phone else [])


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part.strip()) for part in _ANY.split(words)))


def _quoted(heard: list[str], state: str) -> str:
    return (
        "heard:" + "".join(f"\n    {words}" for words in heard)
        if heard
        else f"heard nothing more; the phone is {state}"
    )
