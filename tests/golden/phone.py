"""The phone's part of a walk: what somebody does with a telephone, and every sentence heard there with what it gathers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulator import twiml
from simulator.phone import Phone
from tests.desk import Desk
from tests.golden.people import NUMBERS, PEOPLE, Walker

_TOLD: Final = (
    "numDigits",
    "timeout",
    "finishOnKey",
    "maxLength",
    "timeLimit",
    "playBeep",
    "input",
    "length",
    "beep",
    "muted",
)


class PhoneDoor:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.phones: dict[str, Phone] = {}
        self._seen = 0
        self._states: dict[str, str] = {}
        self._texts = 0

    def do(self, who: str, verb: str, rest: str) -> bool:
        known = PEOPLE[who]
        match verb:
            case "rings":
                number = rest.removeprefix("from ") if rest else known.number
                self.phones[who] = self.desk.exchange.phone(number)
                self.phones[who].dial()
            case "keys":
                for keys in rest.replace("ID", known.support_id).replace("PIN", known.pin).split():
                    self.phones[who].press(keys)
            case "waits":
                for _ in range(int(rest or 1)):
                    self.phones[who].wait()
            case "speaks":
                words, hangs_up, _ = rest.partition(" and hangs up")
                self.phones[who].speak(words, then_hang_up=bool(hangs_up))
            case "hangs" if rest == "up":
                self.phones[who].hang_up()
            case "answers":
                self._ringing(who, known).answer(by="machine_start" if rest == "as a machine" else "human")
            case "declines":
                self._ringing(who, known).decline()
            case "lets" if rest == "it ring":
                self._ringing(who, known).no_answer()
            case _:
                return False
        return True

    def _ringing(self, who: str, known: Walker) -> Phone:
        rung = [
            leg for leg in self.desk.exchange.legs.values() if leg.state == "ringing" and leg.called == known.number
        ]
        assert rung, f"the phone of {who} does not ring"
        self.phones[who] = rung[0]
        return rung[0]

    def news(self) -> Iterator[str]:
        exchange = self.desk.exchange
        for hook in list(exchange.webhooks):
            if hook.number > self._seen:
                self._seen = hook.number
                if hook.direction != "to the desk" or not hook.response.strip() or hook.call not in exchange.legs:
                    continue
                if drawn := list(_drawn(twiml.parse(hook.response).verbs)):
                    who = NUMBERS.get(exchange.legs[hook.call].other_end, "somebody")
                    yield f"{who}'s phone{'' if hook.status == 200 else f', {hook.status}'}:"
                    yield from (f"  {line}" for line in drawn)
        for leg in exchange.legs.values():
            state = leg.state if leg.state in ("ringing", "ended") else ""
            if state and self._states.get(leg.sid) != state:
                yield f"{NUMBERS.get(leg.other_end, 'somebody')}'s phone {'rings' if state == 'ringing' else 'is put down'}"
            self._states[leg.sid] = state
        for to, body in exchange.messages[self._texts :]:
            yield f"text message to {NUMBERS.get(to, to)}: {body}"
        self._texts = len(exchange.messages)


def _drawn(verbs: tuple[twiml.Verb, ...]) -> Iterator[str]:
    for verb in verbs:
        told = "".join(f" {name}={verb.get(name)}" for name in _TOLD if name in verb.attributes)
        yield f"{verb.name}{told}" + (f": {verb.text}" if verb.name == "Say" else "")
        yield from (f"  {line}" for line in _drawn(verb.children))
