"""How a call moves: from place to place, with something to say on the way. TABLE is filled by dialogue.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from authz import NAMES, Next, Reason, leaves_out_suspension
from ivr import shapes as s
from ivr.answers import NotTold, Refused
from ivr.desk_port import Desk
from ivr.shapes import Call, Event, HangUp, Line, Move, Said, Screen, line

T = TypeVar("T")
PAGE = 8  # choices by "Press N for …"; 9 is more
WRITING = 3  # silences of somebody who writes down what they heard


class Place(NamedTuple):
    prompt: Callable[[Call, Desk], Said]
    hear: Callable[[Call, Desk, Event], Move]
    silence_speaks: bool = False  # an empty turn means something here: it is not simply repeated
    silences: int = 1  # so many are waited through before the call ends
    ends_with_hash: bool = False  # so a hash alone sounds like silence, and nobody is told that nothing was heard


TABLE: dict[str, Place] = {}


def goto(call: Call, desk: Desk, place: str, *lead: Line) -> Said:
    return TABLE[place].prompt(replace(call, at=place, lead=call.lead + lead), desk)


def screen(call: Call, then: s.Then, *lines: Line) -> Said:
    return replace(call, lead=()), Screen(call.lead + lines, then)


def goodbye(call: Call, *keys: str) -> Said:
    return screen(replace(call, at="over"), HangUp(), *map(line, keys))


def menu(call: Call, desk: Desk, *lead: Line) -> Said:
    if call.then == "talk":  # an agent waits for them
        return resume(call, desk, *lead)
    fresh = replace(
        call, topics=(), topic=None, services=(), service=None, ticket=0, told=0, page=0, ring=None, about="", queue=0
    )
    place = "anything_else" if lead or fresh.lead else "menu"  # nobody hears the whole menu after everything they do
    return goto(replace(fresh, then="", way="", wrong=0, approval=0), desk, place, *lead)


def noted(call: Call, desk: Desk, *lead: Line) -> Said:
    """The same after something that is being written down."""
    return menu(replace(call, silences=WRITING), desk, *lead)


RESUMED: dict[
    str, Callable[[Call, Desk], Said]
] = {}  # `then`, up to its colon → how it goes on; filled where each is written


def resume(call: Call, desk: Desk, *lead: Line) -> Said:
    """Goes on with what a second proof was wanted for."""
    known = replace(call, way="", wrong=0, approval=0, lead=call.lead + lead)
    return RESUMED[call.then.partition(":")[0]](known, desk)


def number_twice(number: int) -> tuple[Line, Line]:
    return line("ticket_number", number=number), line("once_more", number=number)


def chosen(keyed: str, page: int, of: Sequence[T]) -> T | None:
    """What "Press N for …" names on this page of choices, or None."""
    place = page * PAGE + "12345678".find(keyed) if len(keyed) == 1 and keyed in "12345678" else len(of)
    return of[place] if place < len(of) else None


def not_a_choice(call: Call, desk: Desk) -> Said:
    return goto(call, desk, call.at, line("not_a_choice"))


def unexpected(call: Call, event: Event) -> TypeError:
    return TypeError(f"{type(event).__name__} cannot come while a call is at {call.at}")


def refusal(refused: Refused) -> list[Line]:
    """Why not, what it would need, who can help, and what now: whoever is refused can still leave a message."""
    told = [line(f"refused.{refused.denied.reason}", action=refused.cell)]
    if refused.needs:
        told.append(line("refused.role" if refused.needs_role else "refused.permission", needs=refused.needs))
    way = refused.denied.next
    if leaves_out_suspension(refused.denied):
        told.append(line("refused.suspended"))
    message = [*elsewhere(refused), *([] if way in (Next.LEAVE_MESSAGE, Next.VERIFY) else [line("or_message")])]
    if not refused.helpers or way not in NAMES:
        return [*told, line(f"way.{way}"), *message]
    then = [line("way.ask_helpers")] if way == Next.ASK_CONTACT_ADMIN else []
    return [*told, line(f"named.{way}", names=refused.helpers), *then, *message]


def elsewhere(refused: Refused) -> list[Line]:
    """What can be done in Slack all the same."""
    return [line(f"in_slack.{refused.elsewhere}")] if refused.elsewhere else []


def closed_but(why: Refused | None) -> list[Line]:
    """Why a closed account has nothing but itself to be opened again."""
    if why is None or why.denied.reason != Reason.ACCOUNT_CLOSED:
        return []
    return [line("closed_but"), *elsewhere(why)]


def not_told(call: Call, desk: Desk, why: NotTold) -> Said:
    """Back to the menu, with the reason for whoever may hear it."""
    return menu(call, desk, *(refusal(why) if isinstance(why, Refused) else [line("being_updated")]))


def prove_or_not_told(call: Call, desk: Desk, why: NotTold) -> Said:
    """What wants a second proof leads to it; any other refusal back to the menu."""
    if isinstance(why, Refused) and why.denied.reason == Reason.STEP_UP:
        return goto(call, desk, "step_up", line("step.needed", action=why.cell))
    return not_told(call, desk, why)


RESUMED[""] = menu
