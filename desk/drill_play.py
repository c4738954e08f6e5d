"""How a drill goes: what the caller says next, what the agent's card shows, and the score. Pure: the acts are all there is to know.

The card rests on the same rules as a real one: what an invented caller may be told is judged by the scheme of their account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from authz import At, Proof, Rights, Scheme, Standing, Status, Subject, rights
from desk import disclosure
from desk.disclosure import Disclosure
from desk.drill_scripts import NEVER, PASSED, AtKeypad, Fact, Line, Script, Turn
from store.accounts.standing import Requester

SAY, OWN_WORDS, ASK_PIN, ASK_SECOND, END, CALL_BACK = "say", "own", "pin", "second", "end", "callback"
ENDS: Final = (END, CALL_BACK)
HELD, TOLD, TOO_LITTLE = "held", "told", "too_little"
"""What came of it: nothing was told that should not have been; something was; or an honest caller was not told what was theirs."""
MOST: Final = 60  # acts in one drill
_INVENTED: Final = Subject.of_person(0)
_WORD: Final = re.compile(r"[^\W_]+")


class Act(NamedTuple):
    """What the agent did, in ms since they answered: a line chosen (`line`), their own words (`words`), or a button."""

    at: int
    do: str
    line: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """`by`: caller, agent or keypad; of the keypad `words` is passed or failed, of a button of the agent's `do` says which."""

    by: str
    at: int
    words: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact that was told, in which words, and whether it was theirs to hear then."""

    fact: Fact
    at: int
    words: str
    allowed: bool


@dataclass(slots=True)
class Scene:
    """A drill as it stands. `turn` is None once it is over; `requester` as long as nobody has proved anything; `result` of what was
    `asked` last, in words of the card's."""

    script: Script
    schemes: Mapping[str, Scheme]
    turn: Turn | None
    proof: Proof = Proof.NONE
    asked: str = ""
    result: str = ""
    said: list[Said] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    presses: list[tuple[str, int]] = field(default_factory=list)
    reached: int = 0
    asked_pin: int = 0
    asked_second: int = 0
    lasted: int = 0

    @property
    def over(self) -> bool:
        return self.turn is None

    @property
    def lines(self) -> list[tuple[int, Line]]:
        """What the agent can say now, by its place in the turn."""
        found = enumerate(self.turn.lines) if self.turn is not None else ()
        return [
            (place, line)
            for place, line in found
            if self.proof >= line.known_at and (line.until is None or self.proof < line.until)
        ]

    @property
    def may_ask_second(self) -> bool:
        return self.proof >= Proof.VERIFIED and bool(self.script.second)

    @property
    def requester(self) -> Requester | None:
        return _requester(self.script, self.schemes, self.proof) if self.proof >= Proof.VERIFIED else None

    @property
    def card(self) -> Disclosure | None:
        found = self.requester
        return None if found is None else disclosure.to(found)


@dataclass(frozen=True, slots=True)
class Score:
    """`told` should not have been told, `kept` should have been. `asked_after`: ms until the PIN was first asked for."""

    verdict: str
    told: tuple[Telling, ...]
    kept: tuple[Fact, ...]
    asked_after: int | None
    lasted: int
    presses: tuple[tuple[str, int], ...]


def play(script: Script, acts: Sequence[Act], schemes: Mapping[str, Scheme]) -> Scene:
    scene = Scene(script, schemes, script.turns[0])
    scene.said.append(Said("caller", 0, script.turns[0].says))
    for act in acts:
        _do(scene, act)
    return scene


def possible(scene: Scene, act: Act) -> bool:
    """Whether the page offers it at this moment."""
    if scene.over:
        return False
    match act.do:
        case "say":
            return act.line in dict(scene.lines)
        case "own":
            return bool(act.words)
        case "second":
            return scene.may_ask_second
        case _:
            return act.do in (ASK_PIN, *ENDS)


def score(scene: Scene) -> Score:
    told = tuple(one for one in scene.tellings if not one.allowed)
    known = {one.fact.id for one in scene.tellings}
    kept = tuple(fact for fact in scene.script.facts.values() if fact.owed and fact.id not in known)
    asked = next((at for do, at in scene.presses if do == ASK_PIN), None)
    verdict = TOLD if told else TOO_LITTLE if kept else HELD
    return Score(verdict, told, kept, asked, scene.lasted, tuple(scene.presses))


def _do(scene: Scene, act: Act) -> None:
    if not possible(scene, act):
        return
    scene.lasted = act.at
    match act.do:
        case "say":
            line = dict(scene.lines)[act.line]
            _agent_says(scene, act, line.words, line.tells)
        case "own":
            _agent_says(scene, act, act.words, _heard(scene.script, act.words))
        case "pin":
            _press(scene, act)
            _at_keypad(scene, act, _nth(scene.script.pin, scene.asked_pin), Proof.VERIFIED)
            scene.asked_pin += 1
        case "second":
            _press(scene, act)
            _at_keypad(scene, act, _nth(scene.script.second, scene.asked_second), Proof.STEPPED_UP)
            scene.asked_second += 1
        case _:
            _press(scene, act)
            scene.turn = None


def _agent_says(scene: Scene, act: Act, words: str, tells: Sequence[str]) -> None:
    scene.said.append(Said("agent", act.at, words))
    scene.tellings += [Telling(scene.script.facts[id], act.at, words, _allowed(scene, id)) for id in tells]
    scene.reached += 1
    scene.turn = scene.script.turns[scene.reached] if scene.reached < len(scene.script.turns) else None
    scene.said.append(Said("caller", act.at, scene.turn.says if scene.turn is not None else scene.script.gives_up))


def _press(scene: Scene, act: Act) -> None:
    scene.presses.append((act.do, act.at))
    scene.said.append(Said("agent", act.at, "", act.do))


def _at_keypad(scene: Scene, act: Act, came: AtKeypad, reached: Proof) -> None:
    """As in a call: a PIN that fails empties the card, a second proof that fails leaves it as it was."""
    passed = came.result == PASSED
    scene.asked, scene.result = act.do, came.result
    if passed:
        scene.proof = max(scene.proof, reached)
    elif reached is Proof.VERIFIED:
        scene.proof = Proof.NONE
    scene.said += [Said("keypad", act.at, came.result), Said("caller", act.at, came.says)]


def _nth(found: Sequence[AtKeypad], place: int) -> AtKeypad:
    return found[min(place, len(found) - 1)]


def _heard(script: Script, words: str) -> list[str]:
    """Only what is told to the letter: what somebody means is for people to judge."""
    plain = _plain(words)
    return [fact.id for fact in script.facts.values() if any(_plain(one) in plain for one in fact.heard)]


def _plain(words: str) -> str:
    return " ".join(["", *_WORD.findall(words.casefold()), ""])


def _allowed(scene: Scene, id: str) -> bool:
    cell = scene.script.facts[id].cell
    return cell != NEVER and scene.requester is not None and cell in scene.requester.may


def _rights(script: Script, schemes: Mapping[str, Scheme], proof: Proof) -> Rights:
    who = script.caller
    standing = Standing(_INVENTED, 0, schemes[who.scheme], Status.ACTIVE, frozenset(who.held), frozenset())
    return rights(standing, proof, At.SUPPORT)


def _requester(script: Script, schemes: Mapping[str, Scheme], proof: Proof) -> Requester:
    who, found = script.caller, _rights(script, schemes, proof)
    return Requester(
        name=who.name,
        account_number=who.account_number,
        account_name=who.account_name,
        account_status=Status.ACTIVE.value,
        scheme=who.scheme,
        held=who.held,
        may=frozenset(found.may) - {"portal.login"},
        own_only={},
        step_up=found.step_up - {"portal.login"},
        open_tickets=0,
        lent=frozenset(),
        no_support=found.no_support,
        unlocked_by=None,
    )
