"""How a call moves from state to state, with something to say on the way: `step` is the whole of it. TABLE is filled by dialogue.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from authz import NAMES, Proof, Reason, WayForward, leaves_out_suspension
from ivr import types as t
from ivr.desk_port import Desk, NotTold
from ivr.types import Call, Event, HangUp, Keys, Move, Said, Screen, Utterance, say
from store.accounts.account_details import Refused
from store.calls.callbacks import VERIFY

T = TypeVar("T")
TOPICS = {"1": "technical", "2": "billing"}  # by "Press N for something …"
PAGE = 8  # choices by "Press N for …"; 9 is more
MOST_UNPROVED = 30  # turns of a caller who is not verified: one key again and again keeps a line for minutes, not hours
TRIES_IN_A_CALL = 3  # docs/phone.md, 2
SHORT_IN_A_ROW = 3  # half-keyed PINs are no attempts, but not for ever
WRITING = 3  # silences of somebody who writes down what they heard


class State(NamedTuple):
    prompt: Callable[[Call, Desk], Said]
    hear: Callable[[Call, Desk, Event], Move]
    silence_speaks: bool = False  # an empty turn means something here: it is not simply repeated
    silences: int = 1  # so many are waited through before the call ends
    ends_with_hash: bool = False  # so a hash alone sounds like silence, and nobody is told that nothing was heard
    known: bool = False  # only a verified caller's keys count here


TABLE: dict[str, State] = {}


def step(call: Call, desk: Desk, event: Event) -> Move:
    """One step of a call: repeats a prompt after silence, and otherwise asks the table. Ends in a screen, or a PIN to check."""
    if isinstance(event, Keys) and call.subject is not None and call.proof < Proof.VERIFIED and TABLE[call.at].known:
        return _prove_anew(call, desk)
    if isinstance(event, Keys) and call.proof < Proof.VERIFIED and not call.then:
        call = replace(call, unproved=call.unproved + 1)
        if call.unproved > MOST_UNPROVED:
            return goodbye(call, "goodbye.not_proved")
    state = TABLE[call.at]
    if isinstance(event, Keys) and event.keyed == "" and not state.silence_speaks:
        return _silence(call, desk, state)
    if isinstance(event, t.Heard):
        call = replace(call, silent=0, silences=0)
    if event == Keys("#") and not state.silence_speaks:
        return state.prompt(call, desk)  # a stray one, as after a code that was whole already
    return state.hear(call, desk, event)


def _silence(call: Call, desk: Desk, state: State) -> Said:
    """The prompt once more; longer where somebody writes down or does something elsewhere. Then the call ends politely."""
    if call.silent < max(state.silences, call.silences):
        lead = () if state.ends_with_hash else (say("still_here" if call.silences else "nothing_heard"),)
        return state.prompt(replace(call, silent=call.silent + 1, lead=lead), desk)
    return resume(replace(call, silent=0), desk) if call.then == "talk" else goodbye(call, "goodbye.silence")


def _prove_anew(call: Call, desk: Desk) -> Said:
    """Their PIN or rights changed during the call: back to the PIN, or to the agent who waits and sees it."""
    if call.then == "talk":
        return resume(replace(call, then="failed"), desk)
    ours = call.account if call.callback is not None else None
    fresh = Call(number=call.number, attested=call.attested, support_id=call.support_id, callback=call.callback)
    fresh = replace(fresh, account=ours, duress=call.duress, tries=call.tries, rung=call.rung)
    if ours is not None and call.about == VERIFY:
        fresh = replace(fresh, about=VERIFY)
    return goto(fresh, desk, "pin", say("pin_anew"))


def goto(call: Call, desk: Desk, state: str, *lead: Utterance) -> Said:
    return TABLE[state].prompt(replace(call, at=state, lead=call.lead + lead), desk)


def screen(call: Call, then: t.Then, *utterances: Utterance) -> Said:
    return replace(call, lead=()), Screen(call.lead + utterances, then)


def goodbye(call: Call, *keys: str) -> Said:
    return screen(replace(call, at="over"), HangUp(), *map(say, keys))


def menu(call: Call, desk: Desk, *lead: Utterance) -> Said:
    if call.then == "talk":  # an agent waits for them
        return resume(call, desk, *lead)
    fresh = replace(
        call,
        topics=(),
        topic=None,
        services=(),
        service=None,
        ticket=0,
        told=0,
        page=0,
        support_call=None,
        about="",
        queue=0,
    )
    state = "anything_else" if lead or fresh.lead else "menu"  # nobody hears the whole menu after everything they do
    return goto(replace(fresh, then="", way="", wrong=0, approval=0), desk, state, *lead)


def noted(call: Call, desk: Desk, *lead: Utterance) -> Said:
    """The same after something that is being written down."""
    return menu(replace(call, silences=WRITING), desk, *lead)


RESUMED: dict[
    str, Callable[[Call, Desk], Said]
] = {}  # `then`, up to its colon → how it goes on; filled where each is written


def resume(call: Call, desk: Desk, *lead: Utterance) -> Said:
    """Goes on with what a second proof was wanted for."""
    known = replace(call, way="", wrong=0, approval=0, lead=call.lead + lead)
    return RESUMED[call.then.partition(":")[0]](known, desk)


def number_twice(number: int) -> tuple[Utterance, Utterance]:
    return say("ticket_number", number=number), say("once_more", number=number)


def chosen(keyed: str, page: int, of: Sequence[T]) -> T | None:
    """What "Press N for …" names on this page of choices, or None."""
    place = page * PAGE + "12345678".find(keyed) if len(keyed) == 1 and keyed in "12345678" else len(of)
    return of[place] if place < len(of) else None


def not_a_choice(call: Call, desk: Desk) -> Said:
    return goto(call, desk, call.at, say("not_a_choice"))


def unexpected(call: Call, event: Event) -> TypeError:
    return TypeError(f"{type(event).__name__} cannot come while a call is at {call.at}")


def refusal(refused: Refused) -> list[Utterance]:
    """A refusal: why, what it would need, who can help and what to do now."""
    told = [say(f"refused.{refused.denied.reason}", action=refused.cell)]
    if refused.needs:
        told.append(say("refused.role" if refused.needs_role else "refused.permission", needs=refused.needs))
    way = refused.denied.next
    if leaves_out_suspension(refused.denied):
        told.append(say("refused.suspended"))
    if not refused.helpers or way not in NAMES:
        return [*told, say(f"way.{way}")]
    asks, signs_in = way == WayForward.ASK_CONTACT_ADMIN, way == WayForward.ASK_FOR_SUPPORT
    then = [say("way.ask_helpers")] if asks else [say("way.sign_in")] if signs_in else []
    return [*told, say(f"named.{way}", names=refused.helpers), *then]


def not_told(call: Call, desk: Desk, why: NotTold) -> Said:
    """Back to the menu, with the reason where the caller may hear it: they can still leave a message."""
    if not isinstance(why, Refused):
        return menu(call, desk, say("being_updated"))
    message = [] if why.denied.next in (WayForward.LEAVE_MESSAGE, WayForward.VERIFY) else [say("or_message")]
    return menu(call, desk, *refusal(why), *message)


def prove_or_not_told(call: Call, desk: Desk, why: NotTold) -> Said:
    """A refusal for want of a second proof leads to giving one; any other leads back to the menu."""
    if isinstance(why, Refused) and why.denied.reason == Reason.STEP_UP:
        return goto(call, desk, "step_up", say("step.needed", action=why.cell))
    return not_told(call, desk, why)


RESUMED[""] = menu
