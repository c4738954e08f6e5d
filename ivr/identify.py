"""Who is calling, and about which account: support ID, PIN, a message from those without, the choice of account."""

from __future__ import annotations

import re
from dataclasses import replace

from authz import Proof
from ivr import outcomes as o
from ivr import shapes as s
from ivr.moves import PAGE, Place, chosen, goodbye, goto, leave_message, menu, not_a_choice, screen, settled, unexpected
from ivr.shapes import Call, Event, Gather, Keys, Move, Record, line
from store.accounts.people import is_support_id
from store.verification.pins import Pin

TRIES_IN_A_CALL = 3  # docs/phone.md, 2
SHORT_IN_A_ROW = 3  # half-keyed PINs are no attempts, but not for ever


def _ask_support_id(call: Call) -> Move:
    return screen(call, Gather(16, until_hash=True, seconds=8), line("key_support_id"))


def _hear_support_id(call: Call, event: Event) -> Move:
    if not isinstance(event, Keys):
        return unexpected(call, event)
    if event.keyed == "":
        return goto(replace(call, support_id=None), "pin")
    if event.keyed == "*":
        return goto(call, "support_id")
    if not is_support_id(event.keyed) and not call.asked_again:
        return goto(replace(call, asked_again=True), "support_id", line("support_id_again"))
    return goto(replace(call, support_id=event.keyed), "pin")


def _ask_pin(call: Call) -> Move:
    return screen(call, Gather(10, until_hash=True, seconds=8), line("key_pin"))


def _hear_pin(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return leave_message(call, "no_pin")
        case Keys(keyed) if re.fullmatch("[0-9]{6,10}", keyed):
            return replace(call, short=0), s.CheckPin(Pin(keyed))
        case Keys():
            if call.short + 1 == SHORT_IN_A_ROW:
                return goodbye(call, "goodbye.not_proved")
            return goto(replace(call, short=call.short + 1), "pin", line("pin_not_whole"))
        case o.NotProved():
            if call.tries + 1 == TRIES_IN_A_CALL:
                return goodbye(call, "goodbye.not_proved")
            return goto(replace(call, tries=call.tries + 1), "pin", line("pin_wrong"))
        case o.Unlocked(person):
            return goto(replace(call, unlocked=person, tries=0), "pin", line("code_taken"))
        case o.LineBusy():
            return leave_message(call, "busy")
        case o.MessagesOnly(spent):
            return leave_message(call, "spent" if spent else "closed")
        case o.Proved(subject, accounts, duress):
            known = replace(call, subject=subject, proof=int(Proof.VERIFIED), accounts=accounts, lead=(line("proved"),))
            known = replace(known, duress=call.duress or duress, unlocked=0)
            if len(accounts) == 1 or (call.call_back is not None and call.account in accounts):
                return settled(replace(known, account=call.account if call.account in accounts else accounts[0]))
            return goto(known, "accounts")
    return unexpected(call, event)


def _ask_message(call: Call) -> Move:
    only = (line("only_on_file"),) if call.on_file else ()
    return screen(call, Record(), line(f"message.{call.about}"), *only, line("recorded_notice"), line("speak"))


def _hear_message(call: Call, event: Event) -> Move:
    match event:
        case s.Spoken(recorded):
            return call, s.LeaveMessage(recorded)
        case o.MessageAllowed(whose, on_file):
            if not whose:
                return _ask_message(replace(call, counted=call.proof < Proof.VERIFIED, on_file=on_file))
            return goodbye(call, f"no_message.{call.about}", f"no_more_messages.{whose}")
        case o.MessageLeft() if call.about == "proved":
            return menu(call, line("message_kept"))
        case Keys() if call.about == "proved":
            return menu(call)  # a key instead of a word: back
        case o.MessageLeft():
            return goodbye(replace(call, counted=False), "message_left_on_file" if call.on_file else "message_left")
    return not_a_choice(call)


def _ask_account(call: Call) -> Move:
    return call, s.NameAccounts()


def _hear_account(call: Call, event: Event) -> Move:
    match event:
        case o.AccountsNamed(names, more):
            # An account that went meanwhile leaves its digit unspoken: it does not move the others.
            digits = {id: n % PAGE + 1 for n, id in enumerate(call.accounts)}
            choices = [line("choose.account", digit=digits[account.id], name=account.name) for account in names]
            more_lines = [line("choose.more")] if more else []
            return screen(
                call,
                Gather(32, until_hash=True, seconds=4),
                line("which_account"),
                *choices,
                *more_lines,
                line("or_number"),
            )
        case Keys("*"):
            return goto(replace(call, page=0), "accounts")
        case Keys("9"):
            further = (call.page + 1) * PAGE < len(call.accounts)
            return goto(replace(call, page=call.page + 1 if further else 0), "accounts")
        case Keys(keyed) if len(keyed) == 1:
            account = chosen(keyed, call.page, call.accounts)
            return not_a_choice(call) if account is None else settled(replace(call, account=account))
        case Keys(keyed):
            return call, s.FindAccount(keyed)
        case o.AccountFound(None):
            return not_a_choice(call)
        case o.AccountFound(account):
            return settled(replace(call, account=account))
    return unexpected(call, event)


PLACES = {
    "support_id": Place(_ask_support_id, _hear_support_id, silence_speaks=True),
    "pin": Place(_ask_pin, _hear_pin, ends_with_hash=True),
    "message": Place(_ask_message, _hear_message),
    "accounts": Place(_ask_account, _hear_account, ends_with_hash=True),
}
