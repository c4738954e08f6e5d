"""The desk as a caller under threat meets it: it sounds as always and leaves what it always leaves, but nothing is told, nobody is
rung, and whatever is left is quarantined for supervisors, who were alarmed when the PIN was keyed (pin.py).

`call.duress` is set by a PIN (store/verification/pins.py), and stays. What one chooses by is the real thing: accounts, the menu, services; and
so is what one leaves. `tx.threatened` holds it (timeline.insert_ticket), while the caller, their lists and their Slack see what
they see of any other. A talk that was under way goes on: the agent reads what to say instead (live_calls.py). All else is answered with
"That is being updated", so nothing is proved further and no code is read out. Whatever is added to the port has to be answered
here as well, or the types do not fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from authz import Proof
from desk.opening_hours import Opening
from desk.outcomes import Opened, ToAnswer
from ivr import desk_port as port
from ivr import ringing, verifying
from ivr.asks import DeskSettings, judged, keep, ring_ask
from ivr.desk_port import Desk, GivesUp
from ivr.ringing import MOST_RINGS, RING_FOR
from ivr.types import Call
from store.accounts.account_details import AccountName, Refused, ServiceName
from store.calls import support_calls
from store.db.transaction import Transaction
from store.messages.timeline import Recorded
from store.tickets import customer_tickets


@dataclass(frozen=True, slots=True)
class UnderThreat:
    tx: Transaction
    settings: DeskSettings
    usual: Desk

    def under_threat(self) -> Desk:
        return self

    # --- as always: what one chooses by, and what one leaves

    def who_verifies(self, call: Call) -> str | None:
        return self.usual.who_verifies(call)

    def verification(self, call: Call) -> ToAnswer | None:
        return self.usual.verification(call)

    def confirm_verification(self, call: Call) -> bool:
        """Sounds as always; whoever asked is told nothing, and it ends with its time as if nobody had answered."""
        self._not_told(call, "ConfirmVerification")
        return verifying.let_go(self.tx, call)

    def not_me(self, call: Call) -> None:
        self.usual.not_me(call)

    def account_names(self, call: Call) -> tuple[AccountName, ...]:
        return self.usual.account_names(call)

    def find_account(self, call: Call, number: str) -> int | None:
        return self.usual.find_account(call, number)

    def offer(self, call: Call) -> port.Offered:
        return self.usual.offer(call)

    def topics(self, call: Call) -> port.Topics | Refused:
        return self.usual.topics(call)

    def service_names(self, call: Call) -> tuple[ServiceName, ...] | Refused:
        return self.usual.service_names(call)

    def may_leave_message(self, call: Call) -> port.MessageAllowed:
        return self.usual.may_leave_message(call)

    def open_ticket(self, call: Call, recorded: Recorded) -> Opened | None:
        return self.usual.open_ticket(call, recorded)

    def leave_message(self, call: Call, recorded: Recorded) -> None:
        self.usual.leave_message(call, recorded)

    def ask_callback(self, call: Call) -> port.SupportCallEnded | Refused:
        return self.usual.ask_callback(call)

    def what_is_asked(self, call: Call) -> str:
        return self.usual.what_is_asked(call)

    # --- as always, once the desk was really rung

    def ring(self, call: Call) -> int | port.SupportCallEnded | Refused | Opening:
        """The support call that nobody hears has no row: its id says when it began, in ms below zero."""
        granted = judged(self.tx, ring_ask(self.tx, call))
        if isinstance(granted, Refused):
            return granted
        closed = ringing.closed_until(self.tx, self.settings, call)
        if closed is not None:
            return closed
        if not ringing.open_phones(self.tx, self.settings, call) or call.rung >= MOST_RINGS:
            return self._ended(call, support_calls.NOBODY_CAME)
        return -self.tx.now

    def look_at_support_call(self, call: Call) -> int | port.Taken | Refused | None:
        if _really_rung(call):
            return self.usual.look_at_support_call(call)
        since = -(call.support_call or 0)
        if self.tx.now - since > RING_FOR:
            return None
        return support_calls.place_since(self.tx, since, emergency=call.about == "emergency")

    def give_up_support_call(self, call: Call, why: GivesUp) -> port.Taken | port.SupportCallEnded:
        return self.usual.give_up_support_call(call, why) if _really_rung(call) else self._ended(call, why)

    def caller_left(self, call: Call) -> None:
        if _really_rung(call):
            self.usual.caller_left(call)
        else:
            self._ended(call, support_calls.CALLER_LEFT)

    def _ended(self, call: Call, why: str) -> port.SupportCallEnded:
        if why == support_calls.WENT_BACK:
            return port.SupportCallEnded(None, False)
        since = self.tx.now if call.support_call is None else -call.support_call
        number = ringing.callback_ticket(self.tx, call, why, since, emergency=call.about == "emergency")
        return port.SupportCallEnded(number, why != support_calls.CALLBACK, why == support_calls.CALLBACK)

    def back_to_talk(self, call: Call, passed: bool | None) -> port.BackInRoom | port.NotTold | None:
        return self.usual.back_to_talk(call, passed) if _really_rung(call) else self._not_told(call, "BackToTalk")

    def end_talk(self, call: Call) -> None:
        if _really_rung(call):
            self.usual.end_talk(call)

    # --- being updated

    def unlock_code(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "TellUnlockCode")

    def invoices(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "TellInvoices")

    def services(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "TellServices")

    def link_code(self, call: Call) -> port.BeingUpdated | None:
        return self._not_told(call, "MakeLinkCode") if self.settings.slack else None

    def tickets(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "ListTickets")

    def mails(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "ListMails")

    def confirm_mail(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "ConfirmMail")

    def disown_mail(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "DisownMail")

    def may_reply(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "MayReply")

    def reply(self, call: Call, recorded: Recorded) -> port.BeingUpdated:
        return self._not_told(call, "SaveReply", recorded)

    def requests(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "MayRequest")

    def may_request(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "MayRecord")

    def request(self, call: Call, recorded: Recorded) -> port.BeingUpdated:
        return self._not_told(call, "SaveRequest", recorded)

    def hand_in(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "HandIn")

    def ways(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "FindWays")

    def prove_by(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "ProveBy")

    def check_code(self, call: Call, digits: str) -> port.BeingUpdated:
        return self._not_told(call, "CheckCode")

    def look_at_approval(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "LookAtApproval")

    def give_up_approval(self, call: Call) -> port.BeingUpdated:
        return self._not_told(call, "GiveUpApproval")

    def transfer_code(self, call: Call, topic: str) -> port.BeingUpdated:
        return self._not_told(call, "GiveReference")

    def _not_told(self, call: Call, what: str, recorded: Recorded | None = None) -> port.BeingUpdated:
        """`what` is for the ledger. What was spoken with it is quarantined all the same."""
        assert call.subject is not None
        if recorded is not None and not customer_tickets.has_recording(self.tx, recorded.sid):
            keep(self.tx, call, recorded, "Left by phone")
        self.tx.record(call.subject, call.account, "duress", "not_told", proof=Proof(call.proof), fields=(what,))
        return port.BeingUpdated()


def _really_rung(call: Call) -> bool:
    return call.support_call is not None and call.support_call > 0
