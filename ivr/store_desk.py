"""The desk as `store` knows it, for one turn: everything the dialogue asks is judged, done or told in its transaction.

A standing is read once in a turn. A permission withdrawn in the middle of a call is gone at the next key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from authz import Action, Proof, Topic
from desk import accounts, by_phone, choices, mail_in, spoken, tickets
from desk.actors import NotAllowed
from desk.mail_in import Became
from desk.opening_hours import Opening
from desk.outcomes import Drafted, HandIn, NotProved, Opened, ToAnswer
from ivr import desk_port as port
from ivr import proving, ringing, verifying
from ivr.asks import DeskSettings, account_of, asked, by_topic, caller, judged, keep
from ivr.desk_port import Desk, GivesUp, WayTaken
from ivr.duress import UnderThreat
from ivr.menu import LINK, MENU, MESSAGE
from ivr.request import wanted
from ivr.step_up import STEP_UP
from ivr.ticket_list import drafted
from ivr.transitions import PAGE
from ivr.types import Call
from store.accounts import account_details
from store.accounts.account_details import AccountName, Invoice, Refused, Service, ServiceName
from store.accounts.people import claimed_by
from store.calls import message_limits
from store.codes import one_time_codes
from store.db.transaction import Transaction
from store.messages.timeline import Recorded
from store.tickets import answer_delivery, customer_lists, customer_tickets
from store.tickets.customer_tickets import Ticket


def desk_for(tx: Transaction, settings: DeskSettings, call: Call) -> Desk:
    """As this caller meets it."""
    desk = StoreDesk(tx, settings)
    return desk.under_threat() if call.duress else desk


@dataclass(frozen=True, slots=True)
class StoreDesk:
    tx: Transaction
    settings: DeskSettings

    def under_threat(self) -> Desk:
        self.tx.threatened = True
        return UnderThreat(self.tx, self.settings, self)

    # --- who, and which account

    def unlock_code(self, call: Call) -> port.Code | None:
        return ringing.unlock_code(self.tx, call)

    def who_verifies(self, call: Call) -> str | None:
        return verifying.who_verifies(self.tx, call)

    def verification(self, call: Call) -> ToAnswer | None:
        return verifying.verification(self.tx, call)

    def confirm_verification(self, call: Call) -> bool:
        return verifying.confirm(self.tx, self.settings, call)

    def not_me(self, call: Call) -> None:
        verifying.not_me(self.tx, call)

    def account_names(self, call: Call) -> tuple[AccountName, ...]:
        allowed = accounts.allowed(self.tx, caller(self.tx, call))
        page = call.accounts[call.page * PAGE :][:PAGE]
        return tuple(account_details.name(self.tx, allowed[id]) for id in page if id in allowed)

    def find_account(self, call: Call, number: str) -> int | None:
        allowed = accounts.allowed(self.tx, caller(self.tx, call))
        found = account_details.numbered(self.tx, allowed.values(), number)
        return None if found is None else found.id

    # --- the menu

    def offer(self, call: Call) -> port.Offered:
        tx, settings = self.tx, self.settings
        several = len(call.accounts) > 1  # or there is no other account to tell it from
        found = by_phone.menu(tx, caller(tx, call), account_of(call), _OF_THE_MENU, named=several)
        cells, alone, proved = found.actions, False, False
        if found.requests:
            alone = "ticket.open" not in cells
            proved = found.proof is Proof.STEPPED_UP  # in this call: what is carried here is for one topic
            cells |= {"ticket.open", STEP_UP} if proved or proving.offers(tx, settings, call) else {"ticket.open"}
        if call.proof >= Proof.VERIFIED:
            cells |= {LINK} if found.support and settings.slack else set()
            cells |= {MESSAGE} if "phone.support" not in cells else set()
        return port.Offered(cells, found.name, alone, proved, found.why)

    def invoices(self, call: Call) -> tuple[Invoice, ...] | Refused:
        granted = judged(self.tx, asked(self.tx, call, Action.BILLING_VIEW))
        return granted if isinstance(granted, Refused) else tuple(account_details.invoices(self.tx, granted))

    def services(self, call: Call) -> tuple[Service, ...] | Refused:
        granted = judged(self.tx, asked(self.tx, call, Action.SERVICE_VIEW))
        return granted if isinstance(granted, Refused) else tuple(account_details.services(self.tx, granted))

    def link_code(self, call: Call) -> port.Code | Refused | None:
        """Refused after a PIN that failed during the call: a linked member would prove the person."""
        assert call.subject is not None
        if not self.settings.slack or call.proof < Proof.VERIFIED:
            return None
        if refused := by_phone.why_no_support(self.tx, caller(self.tx, call), account_of(call)):
            return refused
        self.tx.record(call.subject, None, LINK, "code_told", proof=Proof(call.proof))
        return port.Code(one_time_codes.issue(self.tx, "link", call.subject))

    # --- tickets and messages

    def topics(self, call: Call) -> port.Topics | Refused:
        granted = by_topic(self.tx, call, Action.TICKET_OPEN)
        requests = bool(by_phone.requests(self.tx, caller(self.tx, call), account_of(call)))
        if isinstance(granted, Refused):
            return port.Topics((), requests) if requests else granted
        topics = tuple(grant.topic for grant in granted if grant.topic is not None)
        status = account_details.takes_billing_alone(self.tx, granted[0]) if topics == (Topic.BILLING,) else None
        return port.Topics(topics, requests, status)

    def service_names(self, call: Call) -> tuple[ServiceName, ...] | Refused:
        if call.about == "request":
            return tuple(choices.service_names(self.tx, caller(self.tx, call), account_of(call)))
        emergency = call.about == "emergency"
        cell = (Action.PHONE_EMERGENCY, None) if emergency else (Action.TICKET_OPEN, Topic.TECHNICAL)
        granted = judged(self.tx, asked(self.tx, call, *cell))
        return granted if isinstance(granted, Refused) else tuple(account_details.service_names(self.tx, granted))

    def open_ticket(self, call: Call, recorded: Recorded) -> Opened | None:
        who, topic = caller(self.tx, call), call.topic or ""
        return spoken.open_ticket(self.tx, who, account_of(call), topic, recorded, service=call.service)

    def tickets(self, call: Call) -> tuple[Ticket, ...] | Refused:
        granted = by_topic(self.tx, call, Action.TICKET_VIEW)
        if isinstance(granted, Refused):
            return granted
        found = tuple(customer_lists.listed(self.tx, granted, answers=True))
        if call.ticket < len(found):  # the one that is read out now, with the desk's answer
            told = found[call.ticket]
            answer_delivery.read_out(
                self.tx, next(grant for grant in granted if grant.topic == told.topic), told.number
            )
        return found

    def may_reply(self, call: Call) -> Refused | None:
        granted = by_topic(self.tx, call, Action.TICKET_REPLY)
        return granted if isinstance(granted, Refused) else None

    def reply(self, call: Call, recorded: Recorded) -> bool:
        topic = call.topic or "technical"
        return spoken.reply(self.tx, caller(self.tx, call), account_of(call), topic, call.told, recorded)

    def mails(self, call: Call) -> tuple[port.MailCame, ...]:
        found = mail_in.waiting(self.tx, caller(self.tx, call))
        return tuple(port.MailCame(one.id, (self.tx.now - one.came_at) // 60_000) for one in found)

    def confirm_mail(self, call: Call) -> Opened | port.MailAdded | port.Topics | Refused | None:
        who = caller(self.tx, call)
        added = mail_in.answers(self.tx, who, call.told)
        if added is Became.GONE:
            return None
        if isinstance(added, int):
            return port.MailAdded(added)
        granted = by_topic(self.tx, call, Action.TICKET_OPEN)
        if isinstance(granted, Refused):
            return granted
        topics = tuple(grant.topic for grant in granted if grant.topic is not None)
        topic = topics[0] if len(topics) == 1 else call.topic
        if topic not in topics:
            return port.Topics(topics)
        number = account_details.name(self.tx, granted[0]).number
        made = mail_in.opens(self.tx, who, call.told, number, topic)
        return Opened(made) if isinstance(made, int) else None

    def disown_mail(self, call: Call) -> bool:
        return mail_in.disown(self.tx, caller(self.tx, call), call.told)

    def may_leave_message(self, call: Call) -> port.MessageAllowed:
        """Whoever proved who they are leaves what they want."""
        if call.proved_by is not None:
            return port.MessageAllowed()
        failed = call.about == "fallback"
        room = message_limits.take(self.tx, call.number, attested=call.attested, failed=failed)
        return port.MessageAllowed(room.refused, room.on_file)

    def leave_message(self, call: Call, recorded: Recorded) -> None:
        tx, title = self.tx, "Call back: " + _MESSAGE_TITLES[call.about]
        if customer_tickets.has_recording(tx, recorded.sid):
            return
        if call.proved_by is not None:
            keep(tx, call, recorded, title)
            return
        if not call.counted:  # it was given back, and comes all the same
            failed = call.about == "fallback"
            message_limits.charge(tx, call.number, attested=call.attested, failed=failed, on_file=call.on_file)
        if call.on_file and not message_limits.is_on_file(tx, call.number):
            return  # who left it was told that it is not taken
        claimed = claimed_by(tx, call.support_id, call.number)
        customer_tickets.leave_pending(tx, title=title, body="", recorded=recorded, claimed=claimed)

    # --- a change

    def requests(self, call: Call) -> tuple[Action, ...] | Refused:
        actions = by_phone.requests(self.tx, caller(self.tx, call), account_of(call))
        why = None if actions else self._why_not(call, Action.SERVICE_ORDER)
        return why if isinstance(why, Refused) else actions

    def may_request(self, call: Call) -> Refused | Literal["nothing_to_change"] | None:
        return self._why_not(call, wanted(call))

    def _why_not(self, call: Call, action: Action) -> Refused | Literal["nothing_to_change"] | None:
        why = by_phone.why_no_request(self.tx, caller(self.tx, call), action, account_of(call), call.service)
        return by_phone.why_not(self.tx, why) if isinstance(why, NotAllowed) else why

    def request(self, call: Call, recorded: Recorded) -> Opened | Drafted | None:
        who = caller(self.tx, call)
        return spoken.request(self.tx, who, account_of(call), wanted(call), recorded, service=call.service)

    def hand_in(self, call: Call) -> HandIn | Refused:
        done = tickets.try_hand_in(self.tx, caller(self.tx, call), drafted(call) or 0, call.account)
        return by_phone.why_not(self.tx, done) if isinstance(done, NotAllowed) else done

    # --- a second proof

    def ways(self, call: Call) -> port.WaysFound | port.AlreadyProved | Refused | None:
        return proving.ways(self.tx, self.settings, call)

    def prove_by(self, call: Call) -> port.ApprovalAsked | WayTaken:
        return proving.prove_by(self.tx, self.settings, call)

    def check_code(self, call: Call, digits: str) -> port.SteppedUp | NotProved:
        return proving.check_code(self.tx, self.settings, call, digits)

    def look_at_approval(self, call: Call) -> port.SteppedUp | Literal["waiting", "no"]:
        return proving.look_at_approval(self.tx, call)

    def give_up_approval(self, call: Call) -> port.SteppedUp | None:
        return proving.give_up_approval(self.tx, call)

    def transfer_code(self, call: Call, topic: str) -> port.Code | None:
        return proving.transfer_code(self.tx, self.settings, call, topic)

    # --- a person

    def ring(self, call: Call) -> int | port.SupportCallEnded | Refused | Opening:
        return ringing.ring(self.tx, self.settings, call)

    def look_at_support_call(self, call: Call) -> int | port.Taken | Refused | None:
        return ringing.look(self.tx, call)

    def give_up_support_call(self, call: Call, why: GivesUp) -> port.Taken | port.SupportCallEnded:
        return ringing.give_up(self.tx, call, why)

    def caller_left(self, call: Call) -> None:
        ringing.caller_left(self.tx, call)

    def ask_callback(self, call: Call) -> port.SupportCallEnded | Refused:
        return ringing.ask_callback(self.tx, call)

    def what_is_asked(self, call: Call) -> str:
        return ringing.what_is_asked(self.tx, call)

    def back_to_talk(self, call: Call, passed: bool | None) -> port.BackInRoom | Refused | None:
        return ringing.back_to_talk(self.tx, call, passed)

    def end_talk(self, _call: Call) -> None:
        ringing.end_talk(self.tx)


_OF_THE_MENU: Final = frozenset(cell for cell, _ in MENU.values())
_MESSAGE_TITLES: Final = {
    "no_pin": "a caller without a PIN",
    "closed": "a caller while PINs were not taken",
    "spent": "a caller while PINs were not taken",
    "busy": "a caller while the line was busy",
    "fallback": "a caller when something had failed",
    "proved": "a caller who may not ask for it",
}
