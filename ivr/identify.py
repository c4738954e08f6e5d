"""Who is calling, and about which account: support ID, PIN, the choice of account."""

from __future__ import annotations

import re
from dataclasses import replace

from authz import Proof
from ivr import types as t
from ivr.desk_port import Desk
from ivr.message import leave_message
from ivr.on_hold import ring
from ivr.transitions import (
    PAGE,
    SHORT_IN_A_ROW,
    TRIES_IN_A_CALL,
    State,
    chosen,
    goodbye,
    goto,
    not_a_choice,
    screen,
    unexpected,
)
from ivr.types import Call, Event, Gather, Keys, Move, Said, say
from store.accounts.people import is_support_id
from store.calls.callbacks import VERIFY
from store.verification.pins import Pin


def _ask_support_id(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(16, until_hash=True, seconds=8), say("key_support_id"))


def _hear_support_id(call: Call, desk: Desk, event: Event) -> Said:
    if not isinstance(event, Keys):
        raise unexpected(call, event)
    if event.keyed == "":
        return goto(replace(call, support_id=None), desk, "pin")
    if event.keyed == "*":
        return goto(call, desk, "support_id")
    if not is_support_id(event.keyed) and not call.asked_again:
        return goto(replace(call, asked_again=True), desk, "support_id", say("support_id_again"))
    return goto(replace(call, support_id=event.keyed), desk, "pin")


def _ask_pin(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(10, until_hash=True, seconds=8), say("key_pin"))


def _hear_pin(call: Call, desk: Desk, event: Event) -> Move:
    match event:
        case Keys("*") if call.about == VERIFY:
            desk.not_me(call)
            return goodbye(call, "verify.not_me")
        case Keys("*"):
            return leave_message(call, desk, "no_pin")
        case Keys(keyed) if re.fullmatch("[0-9]{6,10}", keyed):
            return replace(call, short=0), t.CheckPin(Pin(keyed))
        case Keys():
            if call.short + 1 == SHORT_IN_A_ROW:
                return goodbye(call, "goodbye.not_proved")
            return goto(replace(call, short=call.short + 1), desk, "pin", say("pin_not_whole"))
        case t.NotProved():
            if call.tries + 1 == TRIES_IN_A_CALL:
                return goodbye(call, "goodbye.not_proved")
            return goto(replace(call, tries=call.tries + 1), desk, "pin", say("pin_wrong"))
        case t.Unlocked(person):
            return goto(replace(call, unlocked=person, tries=0), desk, "pin", say("code_taken"))
        case t.LineBusy():
            return leave_message(call, desk, "busy")
        case t.MessagesOnly(spent):
            return leave_message(call, desk, "spent" if spent else "closed")
        case t.Proved(subject, accounts, duress):
            known = replace(call, subject=subject, proof=int(Proof.VERIFIED), accounts=accounts, lead=(say("proved"),))
            known = replace(known, duress=call.duress or duress, unlocked=0)
            met = desk.under_threat() if duress else desk
            if call.about == VERIFY:
                return goto(known, met, "confirm")
            if len(accounts) == 1 or (call.callback is not None and call.account in accounts):
                return _settled(replace(known, account=call.account if call.account in accounts else accounts[0]), met)
            return goto(known, met, "accounts")
    raise unexpected(call, event)


def _ask_account(call: Call, desk: Desk) -> Said:
    # An account that went meanwhile leaves its digit unspoken: it does not move the others.
    digits = {id: n % PAGE + 1 for n, id in enumerate(call.accounts)}
    names = desk.account_names(call)
    choices = [say("choose.account", digit=digits[account.id], name=account.name) for account in names]
    more = [say("choose.more")] if len(call.accounts) > PAGE else []
    listens = Gather(32, until_hash=True, seconds=4)
    return screen(call, listens, say("which_account"), *choices, *more, say("or_number"))


def _hear_account(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return goto(replace(call, page=0), desk, "accounts")
        case Keys("9"):
            further = (call.page + 1) * PAGE < len(call.accounts)
            return goto(replace(call, page=call.page + 1 if further else 0), desk, "accounts")
        case Keys(keyed):
            account = chosen(keyed, call.page, call.accounts) if len(keyed) == 1 else desk.find_account(call, keyed)
            return not_a_choice(call, desk) if account is None else _settled(replace(call, account=account), desk)
    raise unexpected(call, event)


def _settled(call: Call, desk: Desk) -> Said:
    """The person and the account are known: on to the menu, or to the agent who had them called."""
    return goto(call, desk, "menu") if call.callback is None else ring(replace(call, at="menu"), desk)


STATES = {
    "support_id": State(_ask_support_id, _hear_support_id, silence_speaks=True),
    "pin": State(_ask_pin, _hear_pin, ends_with_hash=True),
    "accounts": State(_ask_account, _hear_account, ends_with_hash=True, known=True),
}
