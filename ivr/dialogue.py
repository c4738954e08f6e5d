"""The call as a table: where it stands × what is heard → where it stands then, and what is said.

Pure: no database, no clock; what the desk knows and does is asked through a port (desk_port.py). `transitions.step` takes a call
through it. TABLE has one prompt and one ear for each state of a call, written in identify.py, message.py, menu.py, ticket_list.py, mail_list.py, request.py,
step_up.py, on_hold.py and callback.py.
"""

from __future__ import annotations

from ivr import callback, identify, mail_list, message, on_hold, request, step_up, ticket_list
from ivr import menu as menus
from ivr.desk_port import Desk
from ivr.transitions import TABLE, State, goodbye, goto
from ivr.types import Call, Event, Said, say
from store.messages.timeline import Recorded


def begin(number: str | None, desk: Desk, *, attested: bool = False, messages_only: bool = False) -> Said:
    """A call comes in."""
    call = Call(number=number, attested=attested, lead=(say("welcome"),))
    return message.leave_message(call, desk, "closed") if messages_only else goto(call, desk, "support_id")


def is_waiting(call: Call) -> bool:
    """Whether they wait for a person: somebody who hangs up then is called back."""
    return call.at == "on_hold"


def spoken_after(call: Call, desk: Desk, recorded: Recorded) -> bool:
    """A recording that arrives on its own, after a hang-up, becomes what it would have been: nothing that was spoken is lost.
    Whether it would have been anything."""
    match call.at:
        case "record":
            desk.open_ticket(call, recorded)
        case "speak_request":
            desk.request(call, recorded)
        case "reply":
            desk.reply(call, recorded)
        case "message":
            desk.leave_message(call, recorded)
        case _:
            return False
    return True


def _over(call: Call, _desk: Desk, _event: Event | None = None) -> Said:
    return goodbye(call, "goodbye.neutral")


TABLE.update(
    identify.STATES
    | message.STATES
    | menus.STATES
    | ticket_list.STATES
    | mail_list.STATES
    | request.STATES
    | step_up.STATES
    | on_hold.STATES
    | callback.STATES
    | {"over": State(_over, _over, silence_speaks=True)}
)
