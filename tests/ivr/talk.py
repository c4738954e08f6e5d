"""Conversations made of dice: keys somebody might press, outcomes the store might give, and what the dialogue does then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from authz import CELLS, REQUESTS, Denied, Next, Reason, Topic
from ivr import called, dialogue, duress, proofs
from ivr import further as f
from ivr import outcomes as o
from ivr import shapes as s
from ivr.hours import Opening
from ivr.menu import MENU
from ivr.moves import PAGE, TABLE
from ivr.outcomes import Outcome
from ivr.shapes import Call, Effect, Event, Keys, Screen
from store.accounts.account_details import AccountName, Invoice, Service, ServiceName
from store.messages.timeline import Recorded
from store.tickets.customer_tickets import Ticket
from store.verification.step_ups import FACTORS

T = TypeVar("T")
MOST_EFFECTS = 6  # in a row, without a word to the caller
WORDS = ("amber", "otter")
SPOKEN = s.Spoken(Recorded("RE" + "0" * 32, 7))
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

    def outcome(self, *outcomes: Outcome) -> Outcome:
        return self.one_of(outcomes)


@dataclass
class Step:
    """One event and all that came of it: effects with their outcomes, and the screen at the end."""

    before: Call
    event: Event | None
    effects: list[tuple[Effect, Outcome]] = field(default_factory=list)
    call: Call = field(default_factory=Call)
    screen: Screen = field(default_factory=lambda: Screen((), s.HangUp()))

    @property
    def keys(self) -> list[str]:
        return [line.key for line in self.screen.lines]


def settle(dice: Dice, step: Step, move: tuple[Call, Screen | Effect]) -> Step:
    """Plays effects until there is something to say."""
    call, then = move
    while not isinstance(then, Screen):
        assert len(step.effects) < MOST_EFFECTS, f"effect after effect at {call.at}: {step.effects}"
        outcome = outcome_of(dice, call, then)
        step.effects.append((then, outcome))
        call, then = dialogue.step(call, outcome)
    step.call, step.screen = call, then
    return step


def hear(dice: Dice, call: Call, event: Event) -> Step:
    return settle(dice, Step(call, event), dialogue.step(call, event))


BEGINNINGS = ("", "menu", "called", "code")


def converse(dice: Dice, *, messages_only: bool = False, begins: str = "") -> list[Step]:
    """A call from its beginning, from the menu on or as one of ours, until somebody hangs up or the dice are thrown.

    The state goes through its text after each turn, as it does through the database."""
    begun = dialogue.begin("+441632960108", messages_only=messages_only)
    if begins in ("called", "code"):
        ours = Call(number="+441632960108", support_id="10000081", account=1, call_back=7)
        begun = called.begin(ours, "code" if begins == "code" else "talk", ("amber", "otter"))
    elif begins:
        accounts = tuple(range(1, 2 + dice.throw(12)))
        call = Call("menu", "+441632960108", subject="person:8", proof=2, accounts=accounts, account=1)
        begun = TABLE["menu"].prompt(call)
    steps = [settle(dice, Step(Call(), None), begun)]
    while not dice.over and not isinstance(steps[-1].screen.then, s.HangUp):
        call = Call.from_json(steps[-1].call.to_json())
        steps.append(hear(dice, call, event_for(dice, steps[-1].screen)))
    return steps


def event_for(dice: Dice, screen: Screen) -> Event:
    match screen.then:
        case s.Gather(digits):
            if screen.lines[-2:-1] == (s.line("press_for_call_back"),) and dice.throw(2):
                return Keys("1")  # rarely come by
            return Keys(dice.one_of(ONE_KEY if digits == 1 else LONG_KEYS))
        case s.Record():
            heard: tuple[Event, ...] = (SPOKEN, SPOKEN, Keys(""))
            return dice.one_of(heard)
        case s.Conference():
            ended: tuple[Event, ...] = (s.DialEnded(), s.Summoned(), Keys(""))
            return dice.one_of(ended)
    raise AssertionError("nobody is there any more")


def denied(dice: Dice) -> Denied:
    reason = dice.one_of([reason for reason in Reason if reason != Reason.ALLOWED])
    return Denied(reason, ("D-1",), dice.one_of(list(Next)))


def refused(dice: Dice, cell: str) -> o.Refused:
    names = ("Raj Patel", "Dev Anand")[: dice.throw(3)]
    return o.Refused(cell, denied(dice), ("manage_support",)[: dice.throw(2)], dice.throw(2) == 1, names)


def outcome_of(dice: Dice, call: Call, effect: Effect) -> Outcome:
    """Anything the store might answer to an effect."""
    if call.duress and duress.instead_of(call, effect, _unchanged) is duress._being_updated:
        return o.BeingUpdated()
    match effect:
        case s.CheckPin():
            threatened = dice.throw(4) == 3
            outcomes = (o.NotProved, lambda: o.Proved("person:8", tuple(range(1, 2 + dice.throw(20))), threatened))
            others = (o.LineBusy, o.MessagesOnly, lambda: o.Unlocked(8))
            return (*outcomes, outcomes[1], *others)[dice.throw(6)]()
        case s.NameAccounts():
            page = [AccountName(id, f"{id:06}", f"Account {id}") for id in call.accounts[call.page * PAGE :][:PAGE]]
            return o.AccountsNamed(tuple(page[dice.throw(2) :]), len(call.accounts) > PAGE)
        case s.FindAccount():
            return o.AccountFound(dice.one_of((None, *call.accounts)))
        case s.Offer():
            cells = frozenset(cell for cell, _ in MENU.values() if dice.throw(3))
            return o.Offered(cells, "Tideworks Ltd" if cells and len(call.accounts) > 1 else "")
        case s.MayOpen():
            if not dice.throw(4):
                return refused(dice, "ticket.open:technical")
            topics = ((Topic.TECHNICAL,), (Topic.BILLING,), (Topic.TECHNICAL, Topic.BILLING), ())
            return (
                o.TopicsAllowed(topics[dice.throw(3)]) if dice.throw(2) else o.TopicsAllowed(dice.one_of(topics), True)
            )
        case s.NameServices():
            if not dice.throw(4):
                return refused(dice, "phone.emergency")
            return o.ServicesNamed(tuple(ServiceName(f"s-{n}", f"Server {n}") for n in range(dice.throw(20))))
        case s.SaveTicket() | s.SaveReply():
            return dice.outcome(o.TicketSaved(1001), o.TicketSaved(1001), o.TicketKept())
        case s.ListTickets():
            if not dice.throw(4):
                return refused(dice, "ticket.view:billing")
            return o.TicketsFound(tuple(_ticket(dice, n) for n in range(dice.throw(4))))
        case s.MayReply():
            return dice.outcome(o.ReplyAllowed(), o.ReplyAllowed(), refused(dice, "ticket.reply:technical"))
        case s.MayLeaveMessage():
            return o.MessageAllowed("withheld" if call.proof < 2 and dice.throw(4) == 3 else "")
        case s.LeaveMessage():
            return o.MessageLeft()
        case s.TellInvoices():
            statuses = ("paid", "unpaid", "overdue")[: dice.throw(4)]
            invoices = tuple(Invoice("MS-1", "311.20", "GBP", "2026-11-15", status) for status in statuses)
            return o.Invoices(invoices) if dice.throw(4) else refused(dice, "billing.view")
        case s.TellServices():
            services = tuple(Service(f"s-{n}", f"Server {n}", "running") for n in range(dice.throw(3)))
            return o.Services(services) if dice.throw(4) else refused(dice, dice.one_of(CELLS))
        case s.MakeLinkCode():
            return o.LinkCode(dice.one_of((None, "01234567")))
        case f.MayRequest():
            return (
                o.RequestsAllowed(REQUESTS[dice.throw(4) :]) if dice.throw(4) != 1 else refused(dice, "service.order")
            )
        case f.MayRecord():
            return o.RequestAllowed() if dice.throw(2) else refused(dice, "service.cancel")
        case f.SaveRequest():
            return dice.outcome(o.RequestSaved(1001, False), o.RequestSaved(1001, True), o.TicketKept())
        case f.HandIn():
            done = (o.HandedIn(1001), o.HandedIn(1001, already=True), o.HandedIn(None), refused(dice, "service.cancel"))
            return dice.outcome(*done)
        case f.FindWays():
            if call.at == "carry" or (call.at == "stepped_up" and not dice.throw(3)):
                return proofs.AlreadyProved(7, REQUESTS[dice.throw(8) :], True)
            draft = None if call.then or dice.throw(2) else proofs.Draft(1001, REQUESTS[dice.throw(len(REQUESTS))])
            fresh = ("number", "slack", "authenticator")[dice.throw(4) :]
            found = proofs.WaysFound(FACTORS[dice.throw(6) % 5 :], "08", fresh, draft)
            proved = proofs.AlreadyProved(7, REQUESTS[dice.throw(9) :], dice.throw(2) == 1, draft)
            return dice.outcome(found, found, proved, proofs.NoNeed())
        case f.ProveBy():
            if call.way == "slack_approval":
                return dice.outcome(
                    proofs.ApprovalAsked(3, "42"), proofs.ApprovalAsked(3, "42"), proofs.WayClosed(True)
                )
            return dice.outcome(
                proofs.CodeWanted(), proofs.CodeWanted(), proofs.WayClosed(True), proofs.WayClosed(False)
            )
        case f.CheckCode():
            return dice.outcome(
                proofs.SteppedUp(15), proofs.CodeWrong(), proofs.CodeWrong(), proofs.CodesRefused(dice.throw(2) == 1)
            )
        case f.LookAtApproval():
            return dice.outcome(
                proofs.StillWaiting(), proofs.StillWaiting(), proofs.SteppedUp(15), proofs.NotApproved()
            )
        case f.GiveUpApproval():
            return dice.outcome(proofs.WayClosed(True), proofs.SteppedUp(15))
        case f.GiveReference():
            return proofs.Reference(dice.one_of((None, "01234567")))
        case s.RingDesk():
            shut = o.DeskClosed(Opening(0, 8, 30 * dice.throw(2), dice.throw(2) == 1))
            at_hours = call.about != "emergency" and call.call_back is None
            instead = (o.RingEnded(1001, True), shut) if at_hours else (o.RingEnded(1001, True),)
            return dice.outcome(o.Ringing(5), o.Ringing(5), *instead, refused(dice, "phone.support"))
        case s.LookAtRing():
            return dice.outcome(o.StillRinging(1 + dice.throw(3)), o.Taken("desk-5", WORDS), o.NobodyCame())
        case s.GiveUpRing(nobody_came, _, asked):
            number = dice.one_of((None, 1001)) if nobody_came or asked else None
            return o.RingEnded(number, nobody_came, asked)
        case s.AskCallBack():
            return dice.outcome(o.RingEnded(1001, False, True), refused(dice, "phone.support"))
        case s.WhatIsAsked():
            return o.Asked(dice.one_of(("pin", "pin", "second", "")))
        case s.BackToTalk(passed):
            back = o.BackInRoom("desk-5", bool(dice.throw(2)) if passed is None else passed)
            return dice.outcome(back, back, o.RingEnded(None, False), refused(dice, "phone.support"))
        case s.TellUnlockCode():
            return o.UnlockCode(dice.one_of((None, "01234567")))
    raise AssertionError(f"no outcome is known for {effect}")


def _unchanged(*_: object) -> Outcome:
    raise AssertionError("only named here")


def _ticket(dice: Dice, number: int) -> Ticket:
    status = dice.one_of(("open", "waiting", "closed", "draft"))
    return Ticket(1001 + number, "technical", "Slow server", status, True, dice.one_of(("", "We look into it.")))
