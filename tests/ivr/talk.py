"""Conversations made of dice: keys somebody might press, answers the desk might give, and what the dialogue does then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast, get_args, get_type_hints

from authz import CELLS, REQUESTS, Denied, Reason, Subject, Topic, WayForward
from desk.opening_hours import Opening
from desk.outcomes import Drafted, HandIn, NotProved, Opened, ToAnswer
from ivr import callback, dialogue, transitions
from ivr import desk_port as port
from ivr import types as t
from ivr.desk_port import Desk
from ivr.menu import MENU
from ivr.transitions import PAGE, TABLE
from ivr.types import Call, Event, Keys, Screen
from store.accounts.account_details import AccountName, Invoice, Refused, Service, ServiceName
from store.messages.timeline import Recorded
from store.tickets.customer_tickets import Ticket
from store.verification.step_ups import FACTORS

T = TypeVar("T")
MOST_ASKED = 6  # of the desk in a row, without a word to the caller
WORDS = ("amber", "otter")
RECORDED = Recorded("RE" + "0" * 32, 7)
SPOKEN = t.Spoken(RECORDED)
ASKED = {name for name in vars(Desk) if not name.startswith("_")} - {"under_threat"}
NOT_TOLD = {name for name in ASKED if port.BeingUpdated in get_args(get_type_hints(getattr(Desk, name))["return"])}
LONG_KEYS = (
    "",
    "*",
    "10000081",
    "12345678",
    "17846325",
    "999999",
    "1234",
    "1*",
    "400639",
    "1",
    "2",
    "8",
    "9",
    "0",
    "**",
)
ONE_KEY = (*"0123456789*#", "", "12", "#*", "*")


class Dice:
    """Numbers drawn before, read one by one; `over` when none is left."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._left = list(reversed(numbers))

    @property
    def over(self) -> bool:
        return not self._left

    def throw(self, sides: int) -> int:
        return self._left.pop() % sides if self._left else 0

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.throw(len(things))]


@dataclass
class Step:
    """One event and all that came of it: what the desk was asked and answered, what came of a PIN, and the screen at the end."""

    before: Call
    event: Event | None
    asked: list[tuple[str, object]] = field(default_factory=list)
    pins: list[t.PinOutcome] = field(default_factory=list)
    call: Call = field(default_factory=Call)
    screen: Screen = field(default_factory=lambda: Screen((), t.HangUp()))

    @property
    def keys(self) -> list[str]:
        return [line.key for line in self.screen.utterances]


def settle(dice: Dice, step: Step, move: t.Move, desk: DiceDesk) -> Step:
    """Plays what comes of a PIN until there is something to say."""
    call, then = move
    while not isinstance(then, Screen):
        assert len(step.pins) < 2, f"PIN after PIN at {call.at}"
        step.pins.append(of_a_pin(dice))
        call, then = transitions.step(call, desk.port, step.pins[-1])
    step.call, step.screen, step.asked = call, then, desk.asked
    return step


def prompted(dice: Dice, call: Call, **answers: object) -> Step:
    desk = DiceDesk(dice, answers)
    return settle(dice, Step(call, None), TABLE[call.at].prompt(call, desk.port), desk)


def hear(dice: Dice, call: Call, event: Event, **answers: object) -> Step:
    desk = DiceDesk(dice, answers)
    return settle(dice, Step(call, event), transitions.step(call, desk.port, event), desk)


BEGINNINGS = ("", "menu", "called", "code", "verify")


def converse(dice: Dice, *, messages_only: bool = False, begins: str = "") -> list[Step]:
    """A call from its beginning, from the menu on or as one of ours, until somebody hangs up or the dice are thrown.

    The state goes through its text after each turn, as it does through the database."""
    desk = DiceDesk(dice)
    if begins in ("called", "code", "verify"):
        ours = Call(number="+441632960108", support_id="10000081", account=1, callback=7)
        begun = callback.begin(ours, desk.port, begins if begins != "called" else "talk", ("amber", "otter"))
    elif begins:
        accounts = tuple(range(1, 2 + dice.throw(12)))
        call = Call("menu", "+441632960108", subject=Subject("person:8"), proof=2, accounts=accounts, account=1)
        begun = TABLE["menu"].prompt(call, desk.port)
    else:
        begun = dialogue.begin("+441632960108", desk.port, messages_only=messages_only)
    steps = [settle(dice, Step(Call(), None), begun, desk)]
    while not dice.over and not isinstance(steps[-1].screen.then, t.HangUp):
        call = Call.from_json(steps[-1].call.to_json())
        steps.append(hear(dice, call, event_for(dice, steps[-1].screen)))
    return steps


def event_for(dice: Dice, screen: Screen) -> Event:
    match screen.then:
        case t.Gather(digits):
            if screen.utterances[-2:-1] == (t.say("press_for_callback"),) and dice.throw(2):
                return Keys("1")  # rarely come by
            return Keys(dice.one_of(ONE_KEY if digits == 1 else LONG_KEYS))
        case t.Record():
            heard: tuple[Event, ...] = (SPOKEN, SPOKEN, Keys(""))
            return dice.one_of(heard)
        case t.Conference():
            ended: tuple[Event, ...] = (t.DialEnded(), t.RecalledToKeypad(), Keys(""))
            return dice.one_of(ended)
    raise AssertionError("nobody is there any more")


def denied(dice: Dice) -> Denied:
    reason = dice.one_of([reason for reason in Reason if reason != Reason.ALLOWED])
    return Denied(reason, ("D-1",), dice.one_of(list(WayForward)))


def refused(dice: Dice, cell: str) -> Refused:
    names = ("Raj Patel", "Dev Anand")[: dice.throw(3)]
    return Refused(cell, denied(dice), ("manage_support",)[: dice.throw(2)], dice.throw(2) == 1, names)


def of_a_pin(dice: Dice) -> t.PinOutcome:
    threatened = dice.throw(4) == 3
    proved = t.Proved(Subject("person:8"), tuple(range(1, 2 + dice.throw(20))), threatened)
    outcomes: tuple[t.PinOutcome, ...] = (t.NotProved(), proved, t.LineBusy(), t.MessagesOnly(), t.Unlocked(8), proved)
    return dice.one_of(outcomes)


class DiceDesk:
    """Answers anything the desk might answer; or what is given, by the name of what is asked. Under threat it tells nothing wherever
    the port lets it: but of those who talk to the desk already, who were really rung."""

    def __init__(self, dice: Dice, given: dict[str, object] | None = None) -> None:
        self._dice, self._given = dice, given or {}
        self.asked: list[tuple[str, object]] = []

    @property
    def port(self) -> Desk:
        return cast(Desk, self)

    def under_threat(self) -> Desk:
        return self.port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in ASKED:
            raise AttributeError(name)
        return partial(self._ask, name)

    def _ask(self, name: str, call: Call, *about: Any, **named: Any) -> Any:
        assert len(self.asked) < MOST_ASKED, f"question after question at {call.at}: {self.asked}"
        if name in self._given:
            answer = self._given[name]
        elif call.duress and name in NOT_TOLD - {"back_to_talk"}:
            answer = port.BeingUpdated()
        else:
            answer = answer_of(self._dice, name, call, *about, *named.values())
        self.asked.append((name, answer))
        return answer


def any_desk() -> Desk:
    return DiceDesk(Dice([])).port


def answer_of(dice: Dice, name: str, call: Call, about: Any = None) -> object:
    """Anything the store might answer."""
    match name:
        case "account_names":
            page = [AccountName(id, f"{id:06}", f"Account {id}") for id in call.accounts[call.page * PAGE :][:PAGE]]
            return tuple(page[dice.throw(2) :])
        case "find_account":
            return dice.one_of((None, *call.accounts))
        case "offer":
            cells = frozenset(cell for cell, _ in MENU.values() if dice.throw(3))
            return port.Offered(cells, "Tideworks Ltd" if cells and len(call.accounts) > 1 else "")
        case "topics":
            if not dice.throw(4):
                return refused(dice, "ticket.open:technical")
            topics = ((Topic.TECHNICAL,), (Topic.BILLING,), (Topic.TECHNICAL, Topic.BILLING), ())
            return port.Topics(topics[dice.throw(3)]) if dice.throw(2) else port.Topics(dice.one_of(topics), True)
        case "service_names":
            if not dice.throw(4):
                return refused(dice, "phone.emergency")
            return tuple(ServiceName(f"s-{n}", f"Server {n}") for n in range(dice.throw(20)))
        case "open_ticket":
            return dice.one_of((Opened(1001), Opened(1001), None))
        case "reply":
            return dice.one_of((True, True, False))
        case "tickets":
            if not dice.throw(4):
                return refused(dice, "ticket.view:billing")
            return tuple(_ticket(dice, n) for n in range(dice.throw(4)))
        case "mails":
            return tuple(port.MailCame(7 + n, 3**n) for n in range(dice.throw(3)))
        case "confirm_mail":
            which = port.Topics((Topic.TECHNICAL, Topic.BILLING))
            made = (which, Opened(1001), port.MailAdded(1001), None, refused(dice, "ticket.open:technical"))
            return which if not call.topic and dice.throw(2) else dice.one_of(made)
        case "disown_mail":
            return dice.one_of((True, False))
        case "may_reply":
            return dice.one_of((None, None, refused(dice, "ticket.reply:technical")))
        case "may_leave_message":
            return port.MessageAllowed("withheld" if call.proof < 2 and dice.throw(4) == 3 else "")
        case "leave_message" | "end_talk" | "caller_left" | "not_me":
            return None
        case "who_verifies":
            return dice.one_of(("Billing", "Billing", None))
        case "verification":
            asked = ToAnswer(3, "Billing", AccountName(1, "400639", "Tideworks Ltd"), dice.one_of(CELLS), "callback")
            return dice.one_of((asked, asked, None))
        case "confirm_verification":
            return dice.one_of((True, False))
        case "invoices":
            statuses = ("paid", "unpaid", "overdue")[: dice.throw(4)]
            invoices = tuple(Invoice("MS-1", "311.20", "GBP", "2026-11-15", status) for status in statuses)
            return invoices if dice.throw(4) else refused(dice, "billing.view")
        case "services":
            services = tuple(Service(f"s-{n}", f"Server {n}", "running") for n in range(dice.throw(3)))
            return services if dice.throw(4) else refused(dice, dice.one_of(CELLS))
        case "link_code" | "unlock_code" | "transfer_code":
            return dice.one_of((None, port.Code("01234567")))
        case "requests":
            return REQUESTS[dice.throw(4) :] if dice.throw(4) != 1 else refused(dice, "service.order")
        case "may_request":
            return dice.one_of((None, None, refused(dice, "service.cancel"), "nothing_to_change"))
        case "request":
            return dice.one_of((Opened(1001), Drafted(1001), None))
        case "hand_in":
            return dice.one_of((HandIn.DONE, HandIn.ALREADY, HandIn.NONE, refused(dice, "service.cancel")))
        case "ways":
            if call.at == "carry" or (call.at == "stepped_up" and not dice.throw(3)):
                return port.AlreadyProved(7, REQUESTS[dice.throw(8) :], True)
            draft = None if call.then or dice.throw(2) else port.Draft(1001, REQUESTS[dice.throw(len(REQUESTS))])
            fresh = ("number", "slack", "authenticator")[dice.throw(4) :]
            found = port.WaysFound(FACTORS[dice.throw(6) :], "08", fresh, draft)
            proved = port.AlreadyProved(7, REQUESTS[dice.throw(9) :], dice.throw(2) == 1, draft)
            return dice.one_of((found, found, proved, None))
        case "prove_by":
            if call.way in ("slack_approval", "passkey"):
                return dice.one_of((port.ApprovalAsked(3, "42"), port.ApprovalAsked(3, "42"), "not_now"))
            return dice.one_of(("code_wanted", "code_wanted", "not_now", "not_offered"))
        case "check_code":
            return dice.one_of(
                (port.SteppedUp(15), *[NotProved.WRONG] * 2, dice.one_of((NotProved.LATER, NotProved.BUSY)))
            )
        case "look_at_approval":
            return dice.one_of(("waiting", "waiting", port.SteppedUp(15), "no"))
        case "give_up_approval":
            return dice.one_of((None, port.SteppedUp(15)))
        case "ring":
            shut = Opening(0, 8, 30 * dice.throw(2), dice.throw(2) == 1)
            at_hours = call.about != "emergency" and call.callback is None
            instead = (port.SupportCallEnded(1001, True), shut) if at_hours else (port.SupportCallEnded(1001, True),)
            return dice.one_of((5, 5, *instead, refused(dice, "phone.support")))
        case "look_at_support_call":
            return dice.one_of((1 + dice.throw(3), port.Taken("desk-5", WORDS), None))
        case "give_up_support_call":
            number = dice.one_of((None, 1001)) if about != "went_back" else None
            return port.SupportCallEnded(number, about == "nobody_came", about == "callback")
        case "ask_callback":
            return dice.one_of((port.SupportCallEnded(1001, False, True), refused(dice, "phone.support")))
        case "what_is_asked":
            return dice.one_of(("pin", "pin", "second", ""))
        case "back_to_talk":
            back = port.BackInRoom("desk-5", bool(dice.throw(2)) if about is None else about)
            return dice.one_of((back, back, None, refused(dice, "phone.support")))
    raise AssertionError(f"no answer is known to {name}")


def _ticket(dice: Dice, number: int) -> Ticket:
    status = dice.one_of(("open", "waiting", "closed", "draft"))
    return Ticket(1001 + number, "technical", "Slow server", status, True, dice.one_of(("", "We look into it.")))
