"""Every public function of `store`, found by looking; and which cells open those that ask for a Grant."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cached_property
from typing import Any

import store
from authz import CELLS

# Which cells open which function. `accounts.name` opens for all: who may do anything on an account may hear its name.
OPENS: dict[str, set[str]] = {
    "accounts.invoices": {"billing.view"},
    "accounts.name": set(CELLS),
    "accounts.name_like": set(CELLS),
    "accounts.numbered": set(CELLS),
    "accounts.needed_for": {"contacts.view"},
    "accounts.service_name": {"ticket.open:technical", "phone.emergency", "service.view"},
    "accounts.service_names": {"ticket.open:technical", "phone.emergency", "service.view"},
    "accounts.services": {"service.view"},
    "accounts.takes_billing_alone": {"ticket.open:billing"},
    "accounts.who_may_manage_contacts": {"contacts.view"},
    "alerts.news": {"desk.proof.ask"},
    "alerts.seen": {"desk.proof.ask", "desk.threat.switch"},
    "alerts.shown": {"desk.proof.ask", "desk.threat.switch"},
    "alerts.named": {"desk.deliver", "desk.threat.switch"},
    "alerts.seen_of": {"desk.threat.switch"},
    "alerts.to_deliver": {"desk.deliver"},
    "alerts.waiting": {"desk.threat.switch"},
    "approvals.to_ask": {"desk.deliver"},
    "audit.entries": {"desk.ledger.read"},
    "call_backs.ask": {"desk.proof.ask"},
    "call_backs.why_not": {"desk.proof.ask"},
    "call_backs.under_way": {"desk.proof.ask"},
    "cards.card": {"desk.deliver", "desk.ticket.work"},
    "cards.name_of_requester": {"desk.deliver"},
    "cards.requester_of": {"desk.deliver"},
    **{
        f"reach.{name}": {"desk.ticket.work", "desk.deliver"}
        for name in ("left_over", "now", "of_ticket", "unreadable")
    },
    "reach.read_out": {"ticket.view:technical", "ticket.view:billing"},
    "desk_tickets.all_for_desk": {"desk.ticket.work"},
    "desk_tickets.answer": {"desk.ticket.work"},
    "desk_tickets.put_back": {"desk.ticket.work"},
    "desk_tickets.meanwhile": {"desk.ticket.work"},
    "desk_tickets.newest": {"desk.ticket.work"},
    "desk_tickets.taken_by_another": {"desk.ticket.work"},
    "desk_tickets.correct": {"desk.ticket.work"},
    "desk_tickets.edited": {"desk.ticket.work"},
    "desk_tickets.note": {"desk.ticket.work"},
    "desk_tickets.requester": {"desk.ticket.work"},
    "desk_tickets.set_status": {"desk.ticket.work"},
    "desk_tickets.may_work": {"desk.ticket.work"},
    "desk_tickets.take": {"desk.ticket.work"},
    "files.came_through": {"desk.deliver"},
    "files.content": {"desk.deliver"},
    "files.put": {"desk.deliver"},
    **{f"jobs.{name}": {"desk.operate"} for name in ("drop", "given_up", "listed", "retry", "show")},
    "live.calls": {"desk.proof.ask", "desk.deliver"},
    "live.case": {"desk.card.view", "desk.deliver"},
    "live.just_over": {"desk.proof.ask"},
    "live.look": {"desk.proof.ask", "desk.deliver"},
    "loans.addressees": {"desk.deliver"},
    "loans.ask": {"contacts.view"},
    "loans.lend": {"right.lend"},
    "loans.lenders": {"contacts.view"},
    "loans.loans": {"right.lend"},
    "loans.refuse": {"right.lend"},
    "loans.told_about": {"desk.deliver"},
    "loans.use_up": {"ticket.open:technical", "ticket.open:billing"},
    "notices.addressed": {"desk.deliver"},
    "pin_pages.address": {"desk.deliver"},
    "pin_pages.owe": {"desk.pin.reissue"},
    "logins.tried": {"desk.deliver"},
    "proof_mail.address": {"desk.deliver"},
    "proof_mail.ask": {"desk.proof.ask"},
    "proof_mail.find": {"desk.proof.ask"},
    "proof_mail.is_young": {"desk.proof.ask", "desk.pin.reissue"},
    "queue.counts": {"desk.ticket.work"},
    "queue.held": {"desk.ticket.work"},
    "queue.listed": {"desk.ticket.work"},
    "queue.release": {"desk.ticket.work"},
    "queue.ticket": {"desk.ticket.work"},
    "readings.account": {"desk.card.view"},
    "readings.missed": {"desk.proof.ask"},
    "readings.count": {"desk.proof.ask"},
    "readings.find": {"desk.proof.ask"},
    "readings.looks_up": {"desk.proof.ask"},
    "readings.lift": {"desk.threat.switch"},
    "readings.look": {"desk.card.view", "desk.ticket.work"},
    "recordings.get": {"desk.ticket.work"},
    "recordings.put": {"desk.deliver"},
    "rings.ask_proof": {"desk.proof.ask"},
    "claims.claim": {"desk.card.view"},
    "claims.give_back": {"desk.card.view"},
    "rings.start": {"phone.support", "phone.emergency"},
    "rings.whisper": {"desk.card.view"},
    "second_looks.agree": {"desk.pin.reissue", "desk.threat.switch"},
    "second_looks.ask": {"desk.pin.reissue", "desk.threat.switch"},
    "second_looks.refuse": {"desk.pin.reissue", "desk.threat.switch"},
    "second_looks.waiting": {"desk.pin.reissue", "desk.threat.switch"},
    "shell.explain": {"desk.operate"},
    "shell.find_account": {"desk.operate", "desk.ledger.read", "desk.ticket.work", "desk.pin.reissue"},
    "shell.find_person": {"desk.operate", "desk.pin.reissue"},
    "shell.has_service": {"desk.operate"},
    "alerts.unseen": {"desk.operate"},
    "restored.end_all": {"desk.operate", "desk.deliver"},
    "shell.keys_in_use": {"desk.operate"},
    "pin_changes.own_numbers": {"desk.pin.reissue"},
    "pin_changes.pin_is_disabled": {"desk.pin.reissue"},
    "pin_changes.reseal_pins": {"desk.pin.reissue"},
    "shell.schemes_in_use": {"desk.operate"},
    "pin_changes.set_pin": {"desk.pin.reissue"},
    "pin_changes.unlock_pin": {"desk.pin.reissue"},
    "staff.find": {"desk.staff.manage"},
    "staff.invite": {"desk.staff.manage"},
    "staff.listed": {"desk.staff.manage"},
    "staff.resume": {"desk.staff.manage"},
    "staff.suspend": {"desk.staff.manage"},
    "staff.who_else_leads": {"desk.threat.switch"},
    "switches.look": {"desk.proof.ask", "desk.threat.switch"},
    "switches.switch": {"desk.threat.switch"},
    "texts.to_send": {"desk.deliver"},
    "ticket_lists.conversation": {"ticket.view:technical", "ticket.view:billing"},
    "ticket_lists.drafts": {"ticket.view:technical", "ticket.view:billing"},
    "ticket_lists.listed": {"ticket.view:technical", "ticket.view:billing"},
    "ticket_lists.page": {"ticket.view:technical", "ticket.view:billing"},
    "ticket_lists.waiting": {"ticket.view:technical", "ticket.view:billing"},
    "ticket_lists.waits": {"ticket.view:technical", "ticket.view:billing"},
    "tickets.close": {"ticket.reply:technical", "ticket.reply:billing"},
    "tickets.open": {"ticket.open:technical", "ticket.open:billing", "phone.emergency", "phone.support"},
    "tickets.reopen": {"ticket.reply:technical", "ticket.reply:billing"},
    "tickets.reply": {"ticket.reply:technical", "ticket.reply:billing"},
    "shown.first": {"desk.ticket.work", "desk.deliver"},
    "shown.noted_files": {"desk.ticket.work"},
    "shown.said": {"ticket.view:technical", "ticket.view:billing", "desk.ticket.work", "desk.deliver"},
    "tickets.with_recording": {
        "ticket.open:technical",
        "ticket.open:billing",
        "ticket.reply:technical",
        "ticket.reply:billing",
    },
}


def of_store(thing: object, module: str) -> bool:
    return getattr(thing, "__module__", None) == module


def public_functions() -> dict[str, Callable[..., Any]]:
    """`module.function`, `module.Class.method`: everything without an underscore that is written in `store`."""
    found: dict[str, Callable[..., Any]] = {}
    names = [info.name for info in pkgutil.iter_modules(store.__path__, "store.") if info.name != "store.migrations"]
    for module in map(importlib.import_module, ["store", *names]):
        short = module.__name__.removeprefix("store.")
        for name, thing in vars(module).items():
            if name.startswith("_") or not of_store(thing, module.__name__):
                continue
            if inspect.isfunction(thing):
                found[f"{short}.{name}"] = thing
            elif inspect.isclass(thing) and short != "tables":
                for inner, method in vars(thing).items():
                    if inner.startswith("_"):
                        continue
                    if isinstance(method, property | cached_property | classmethod | staticmethod):
                        method = getattr(method, "fget", None) or getattr(method, "func", None) or method.__func__
                    if inspect.isfunction(method):
                        found[f"{short}.{name}.{inner}"] = method
    return found


PUBLIC = public_functions()
