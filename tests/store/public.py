"""Every public function of `store`, found by looking; and which cells open those that ask for a Grant."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import store
from authz import CELLS

# What counts, or goes through, all that the desk has.
COUNTED: tuple[str, ...] = (
    *("daily_figures.kept", "daily_figures.today", "wall_figures.standing", "wall_figures.tickets"),
    *("agent_tickets.reassign", "agent_tickets.workload"),
)
# Which cells open which function. `account_details.name` opens for all: who may do anything on an account may hear its name.
OPENS: dict[str, set[str]] = {
    "account_details.invoices": {"billing.view", "desk.accounts.read"},
    "account_details.owns": set(CELLS),
    "account_details.name": set(CELLS),
    "account_details.name_like": set(CELLS),
    "account_details.numbered": set(CELLS),
    "account_details.needed_for": {"contacts.view"},
    "account_details.service_name": {"ticket.open:technical", "phone.emergency", "service.view"},
    "account_details.service_names": {"ticket.open:technical", "phone.emergency", "service.view"},
    "account_details.services": {"service.view", "desk.accounts.read"},
    "account_details.status": set(CELLS),
    "account_details.takes_billing_alone": {"ticket.open:billing"},
    "account_details.who_may_manage_contacts": {"contacts.view"},
    "account_details.domain_contacts": set(CELLS),
    "billing_details.printed": {"billing.view", "desk.accounts.read"},
    **{f"canned_answers.{name}": {"desk.ticket.work"} for name in ("listed", "save", "remove")},
    "ticket_presence.looks": {"desk.ticket.work"},
    "held_answers.hold": {"desk.ticket.work"},
    "held_answers.take_back": {"desk.ticket.work"},
    "held_answers.of_ticket": {"desk.ticket.work"},
    **{key: {"desk.ticket.work"} for key in ("held_answers.take_back_all", "held_answers.of_many")},
    **{f"bulk_actions.{name}": {"desk.ticket.work"} for name in ("begin", "came", "one")},
    **{f"ticket_tags.{name}": {"desk.ticket.work"} for name in ("add", "remove", "of_ticket")},
    **{f"ticket_links.{name}": {"desk.ticket.work"} for name in ("link", "unlink", "of_ticket")},
    **{f"ticket_merges.{name}": {"desk.ticket.work"} for name in ("merge", "undo", "of_ticket", "into_ticket")},
    "agent_tickets.working": {"desk.ticket.work"},
    **{f"held_answers.{name}": {"desk.deliver"} for name in ("due", "sent", "not_sent")},
    **{f"login_details.{name}": {"desk.ticket.work"} for name in ("deposit", "withdraw")},
    "login_details.of_ticket": {"desk.ticket.work", "ticket.view:technical"},
    "login_details.address": {"desk.deliver"},
    "login_details.open_once": {"service.credentials"},
    "alerts.news": {"desk.proof.ask"},
    "alerts.seen": {"desk.proof.ask", "desk.threat.switch"},
    "alerts.shown": {"desk.proof.ask", "desk.threat.switch"},
    "alerts.named": {"desk.deliver", "desk.threat.switch"},
    "alerts.seen_of": {"desk.threat.switch"},
    "alerts.to_deliver": {"desk.deliver"},
    "alerts.waiting": {"desk.threat.switch"},
    **{f"vouches.{name}": {cell} for name, cell in (("vouch", "contacts.manage"), ("standing", "desk.pin.reissue"))},
    "invitations.owe_anew": {"desk.pin.reissue"},
    **{key: {"desk.deliver"} for key in ("invitations.invite_again", "recovery.answer")},
    "api_keys.make": {"apikeys.manage", "desk.operate"},
    **{
        f"assistant_sessions.{name}": {"desk.card.view", "desk.ticket.work"} for name in ("give", "of_case", "withdraw")
    },
    "assistant_sessions.proof_lasts": {"desk.ticket.work"},
    **{f"suggested_answers.{name}": {"desk.ticket.work"} for name in ("keep", "of_ticket", "remove")},
    **{f"api_keys.{name}": {"apikeys.manage", "account.lock", "desk.operate"} for name in ("listed", "withdraw")},
    "lock.locked_since": {*CELLS, "account.lock"},
    "lock.set_locked": {"account.lock"},
    "lock.who_may_unlock": {"contacts.view"},
    **{f"account_records.{name}": {"account.records"} for name in ("of_account", "one", "people")},
    "call_approvals.to_ask": {"desk.deliver"},
    "verification_requests.to_tell": {"desk.deliver"},
    "verification_requests.names": {"desk.verifications.write", "desk.deliver"},
    **{
        f"verification_requests.{name}": {"desk.verifications.write"}
        for name in ("lock_own", "find", "why_not", "ask", "own", "withdraw")
    },
    **{f"callbacks.{name}": {"desk.verifications.write"} for name in ("ask_for_key", "why_not_for_key")},
    "account_xray.examine": {"account.records", "desk.operate"},
    # Notices are sent by supervisors as well; the genuine desk.ticket.work of the tests is the operator's, who only reads with it.
    **{
        f"audience.{name}": {"desk.deliver", "desk.notices.write", "desk.operate"}
        for name in ("may_send", "named", "numbered")
    },
    **{f"audience.{name}": {"desk.deliver"} for name in ("name_of", "of_ticket")},
    **{f"audit.{name}": {"desk.ledger.read"} for name in ("entries", "piece", "place_of")},
    **{f"change_feed.{name}": {"desk.accounts.read"} for name in ("following", "one")},
    **{f"daily_figures.{name}": {"desk.ledger.read", "desk.reports.read"} for name in ("kept", "today")},
    **{f"wall_figures.{name}": {"desk.proof.ask"} for name in ("calls", "there")},
    **{f"wall_figures.{name}": {"desk.ticket.work"} for name in ("standing", "tickets")},
    "callbacks.ask": {"desk.proof.ask"},
    "callbacks.why_not": {"desk.proof.ask"},
    "callbacks.under_way": {"desk.proof.ask"},
    "ticket_summary.card": {"desk.deliver", "desk.ticket.work"},
    "ticket_summary.name_of_requester": {"desk.deliver"},
    "ticket_summary.requester_of": {"desk.deliver"},
    **{
        f"answer_delivery.{name}": {"desk.ticket.work", "desk.deliver"}
        for name in ("left_over", "now", "of_ticket", "unreadable")
    },
    "answer_delivery.read": {"ticket.view:technical", "ticket.view:billing"},
    "answer_delivery.read_out": {"ticket.view:technical", "ticket.view:billing"},
    "operator_tickets.listed": {"desk.ticket.work"},
    "agent_tickets.answer": {"desk.ticket.work"},
    "agent_tickets.colleagues": {"desk.ticket.work"},
    "agent_tickets.hand_over": {"desk.ticket.work"},
    **{f"agent_tickets.{name}": {"desk.ticket.work"} for name in ("reassign", "workload")},
    "agent_tickets.put_back": {"desk.ticket.work"},
    "agent_tickets.meanwhile": {"desk.ticket.work"},
    "agent_tickets.newest": {"desk.ticket.work"},
    "agent_tickets.taken_by_another": {"desk.ticket.work"},
    "agent_tickets.correct": {"desk.ticket.work"},
    "agent_tickets.edited": {"desk.ticket.work"},
    "agent_tickets.note": {"desk.ticket.work"},
    "agent_tickets.requester": {"desk.ticket.work"},
    "agent_tickets.set_priority": {"desk.ticket.work"},
    "agent_tickets.set_status": {"desk.ticket.work"},
    "agent_tickets.take": {"desk.ticket.work"},
    "attachments.came_through": {"desk.deliver"},
    "attachments.content": {"desk.deliver"},
    "attachments.download": {"ticket.view:technical", "ticket.view:billing", "desk.ticket.work", "desk.tickets.read"},
    **{f"operator_tickets.{name}": {"desk.tickets.read"} for name in ("page", "one")},
    "attachments.put": {"desk.deliver"},
    **{f"failed_jobs.{name}": {"desk.operate"} for name in ("drop", "failing", "given_up", "listed", "retry", "show")},
    "caller_names.of_call": {"desk.card.view"},
    "live_calls.calls": {"desk.proof.ask", "desk.deliver"},
    "live_calls.case": {"desk.card.view", "desk.deliver"},
    "live_calls.just_over": {"desk.proof.ask"},
    "live_calls.look": {"desk.proof.ask", "desk.deliver"},
    "delegations.addressees": {"desk.deliver"},
    "delegations.ask": {"contacts.view"},
    "delegations.lend": {"right.lend"},
    "delegations.lenders": {"contacts.view"},
    "delegations.live": {"right.lend", "contacts.view"},
    "delegations.refuse": {"right.lend"},
    "delegations.told_about": {"desk.deliver"},
    "delegations.use_up": {"ticket.open:technical", "ticket.open:billing"},
    **{f"contact_requests.{name}": {"contacts.manage"} for name in ("answer", "form", "one", "waiting")},
    "contact_requests.addressees": {"desk.deliver"},
    "contact_requests.ask": {"contacts.manage", "desk.ticket.work"},
    **{f"contact_requests.{name}": {"desk.ticket.work"} for name in ("can_be_asked", "of_ticket")},
    **{f"contact_changes.{name}": {"contacts.manage"} for name in ("add", "change", "consider", "may_add")},
    **{
        f"contact_list.{name}": {"contacts.manage"}
        for name in ("by_id", "history", "listed", "named", "out_of_sight", "scheme_of")
    },
    "notice_delivery.send": {"desk.deliver", "desk.notices.write", "desk.operate"},
    **{f"notice_delivery.{name}": {"desk.deliver"} for name in ("tell_of_ticket", "to_mail", "to_slack")},
    "notice_list.kinds_of": set(CELLS),
    **{
        f"notice_list.{name}": {"desk.deliver", "desk.notices.write", "desk.operate"}
        for name in ("find", "listed", "recipients")
    },
    "recipients.addressed": {"desk.deliver"},
    **{
        name: {"desk.deliver"}
        for name in ("call_summaries.look", "contact_changes.at", "ticket_proofs.look", "webhook_messages.to_send")
    },
    **{f"pending_mails.{name}": {"desk.ticket.work"} for name in ("listed", "count", "one", "remove")},
    "pending_mails.to_answer": {"desk.deliver"},
    **{f"webhook_endpoints.{name}": {"desk.operate"} for name in ("add", "every", "remove", "rotate")},
    **{f"webhook_messages.{name}": {"desk.operate"} for name in ("listed", "replay")},
    **{f"help_desk_tickets.{name}": {"desk.deliver"} for name in ("link", "staff_of", "ticket_of")},
    "pin_reset.address": {"desk.deliver"},
    "pin_reset.owe": {"desk.pin.reissue"},
    "credentials.tried": {"desk.deliver"},
    "invitations.address": {"desk.deliver"},
    "invitations.invite": {"desk.operate"},
    "invitations.invite_contact": {"contacts.manage"},
    "email_codes.address": {"desk.deliver"},
    "email_codes.ask": {"desk.proof.ask"},
    "email_codes.find": {"desk.proof.ask"},
    "email_codes.is_young": {"desk.proof.ask", "desk.pin.reissue"},
    **{
        name: {"desk.ticket.work"}
        for name in (
            *(
                "queue_lists.counts",
                "queue_lists.lines",
                "queue_lists.listed",
                "queue_lists.numbered",
                "queue_lists.reads_queue",
            ),
            *("queue_views.listed", "queue_views.remove"),
            *("queue_views.save", "ticket_search.found"),
        )
    },
    "ticket_queue.quarantined": {"desk.ticket.work"},
    "ticket_queue.release": {"desk.ticket.work"},
    "ticket_queue.ticket": {"desk.ticket.work"},
    "account_access.account": {"desk.card.view"},
    "availability.look": {"desk.proof.ask"},
    "availability.set_away": {"desk.proof.ask"},
    "availability.set_back": {"desk.proof.ask"},
    "availability.set_sound": {"desk.proof.ask"},
    "availability.set_shortcuts": {"desk.proof.ask"},
    "account_access.missed": {"desk.proof.ask"},
    "account_access.count": {"desk.proof.ask"},
    "account_access.find": {"desk.proof.ask"},
    "account_access.looks_up": {"desk.proof.ask"},
    "account_access.lift": {"desk.threat.switch"},
    "account_access.record_access": {"desk.card.view", "desk.ticket.work"},
    "account_access.stands_open": {"desk.card.view"},
    "recordings.get": {"desk.ticket.work"},
    "recordings.put": {"desk.deliver"},
    "retention.remove": {"desk.deliver"},
    "account_records.of_person": {"desk.ticket.work"},
    "ticket_queue.others_of_account": {"desk.ticket.work"},
    "support_calls.ask_proof": {"desk.proof.ask"},
    "call_assignment.assign": {"desk.card.view"},
    **{f"call_tickets.{name}": {"desk.card.view"} for name in ("add", "of_call", "take_write_up", "write_up")},
    "call_tickets.of_ticket": {"desk.ticket.work"},
    "past_calls.of_person": {"desk.card.view", "desk.ticket.work"},
    "call_assignment.give_back": {"desk.card.view"},
    "support_calls.start": {"phone.support", "phone.emergency"},
    "support_calls.agent_briefing": {"desk.card.view"},
    **{f"drill_runs.{name}": {"desk.proof.ask"} for name in ("begin", "end", "keep", "of_own")},
    "drill_runs.look": {"desk.proof.ask", "desk.ledger.read"},
    "drill_runs.of_all": {"desk.ledger.read"},
    "dual_control.agree": {"desk.pin.reissue", "desk.threat.switch"},
    "dual_control.ask": {"desk.pin.reissue", "desk.threat.switch"},
    "dual_control.refuse": {"desk.pin.reissue", "desk.threat.switch"},
    "dual_control.waiting": {"desk.pin.reissue", "desk.threat.switch"},
    "account_lines.bring": {"desk.accounts.write"},
    "whole_accounts.account_numbered": {"desk.accounts.read", "desk.accounts.write"},
    "whole_accounts.numbers_after": {"desk.accounts.read"},
    "whole_accounts.whole": {"desk.accounts.read", "desk.accounts.write"},
    "whole_accounts.lock_people": {"desk.accounts.write"},
    **{f"whole_accounts.{name}": {"desk.accounts.read"} for name in ("people", "person")},
    "lookups.explain": {"desk.operate", "desk.decisions.read"},
    "lookups.find_account": {
        "desk.operate",
        "desk.ledger.read",
        "desk.ticket.work",
        "desk.pin.reissue",
        "desk.decisions.read",
    },
    "lookups.find_person": {"desk.operate", "desk.pin.reissue", "desk.decisions.read"},
    "lookups.holdings_on": {"desk.operate"},
    "lookups.has_service": {"desk.operate", "desk.decisions.read"},
    "alerts.unseen": {"desk.operate"},
    "restore.end_all": {"desk.operate", "desk.deliver"},
    "lookups.kept_calls": {"desk.operate"},
    "lookups.kept_tickets": {"desk.operate"},
    "lookups.keys_in_use": {"desk.operate"},
    "pin_changes.own_numbers": {"desk.pin.reissue"},
    "pin_changes.pin_is_disabled": {"desk.pin.reissue"},
    "pin_changes.reseal_pins": {"desk.pin.reissue"},
    "lookups.schemes_in_use": {"desk.operate"},
    **{f"person_lookup.{name}": {"desk.operate"} for name in ("accounts_of", "found", "listed", "show")},
    **{f"account_lookup.{name}": {"desk.operate"} for name in ("listed", "show")},
    **{f"suspension.{name}": {"desk.operate"} for name in ("owned_alone", "resume_person", "suspend_person")},
    "suspension.set_account": {"desk.accounts.write"},
    **{f"erasure.{name}": {"desk.operate"} for name in ("count", "finish", "leave", "why_not")},
    **{f"person_words.{name}": {"desk.operate"} for name in ("conversation", "drafts", "own_files", "scrub")},
    **{name: {"desk.operate"} for name in ("retention.of_erased", "personal_data.gather")},
    "report_figures.figures": {"desk.operate"},
    "staff_lookup.show": {"desk.staff.manage"},
    "pin_changes.set_pin": {"desk.pin.reissue"},
    "pin_changes.unlock_pin": {"desk.pin.reissue"},
    "passkeys.of_colleague": {"desk.staff.manage"},
    "passkeys.withdraw": {"desk.staff.manage"},
    **{f"staff_invitations.{name}": {"desk.staff.manage"} for name in ("add", "invite", "open_ones", "withdraw")},
    "staff_invitations.address": {"desk.deliver"},
    **{f"staff_list.{name}": {"desk.staff.manage"} for name in ("can_be_spared", "look", "lower")},
    "staff_list.may_rise": {"desk.threat.switch"},
    "staff_list.set_higher": {"desk.threat.switch"},
    **{f"wall_displays.{name}": {"desk.threat.switch"} for name in ("listed", "open_for", "withdraw")},
    "staff_list.find": {"desk.staff.manage"},
    "staff_list.invite": {"desk.staff.manage"},
    "staff_list.listed": {"desk.staff.manage", "desk.threat.switch"},
    "staff_list.resume": {"desk.staff.manage"},
    "staff_list.suspend": {"desk.staff.manage"},
    "staff_list.other_supervisors": {"desk.threat.switch"},
    **{f"opening_exceptions.{name}": {"desk.threat.switch"} for name in ("put", "remove")},
    "response_clock.count_again": {"desk.threat.switch"},
    "reconcile_mode.begin": {"desk.operate", "desk.deliver"},
    "reconcile_mode.end": {"desk.threat.switch"},
    "threat_mode.look": {"desk.proof.ask", "desk.threat.switch"},
    "threat_mode.switched_on": {"desk.proof.ask", "desk.threat.switch"},
    "threat_mode.switch": {"desk.threat.switch"},
    "sms_codes.to_send": {"desk.deliver"},
    "customer_lists.conversation": {"ticket.view:technical", "ticket.view:billing"},
    "customer_lists.drafts": {"ticket.view:technical", "ticket.view:billing"},
    "customer_lists.listed": {"ticket.view:technical", "ticket.view:billing"},
    "customer_lists.page": {"ticket.view:technical", "ticket.view:billing"},
    "customer_lists.waiting": {"ticket.view:technical", "ticket.view:billing"},
    "customer_lists.waits": {"ticket.view:technical", "ticket.view:billing"},
    "customer_tickets.close": {"ticket.reply:technical", "ticket.reply:billing"},
    "customer_tickets.open": {"ticket.open:technical", "ticket.open:billing", "phone.emergency", "phone.support"},
    "customer_tickets.reopen": {"ticket.reply:technical", "ticket.reply:billing"},
    "customer_tickets.reply": {"ticket.reply:technical", "ticket.reply:billing"},
    "visible_messages.first": {"desk.ticket.work", "desk.deliver"},
    "visible_messages.noted_files": {"desk.ticket.work"},
    "visible_messages.said": {
        "ticket.view:technical",
        "ticket.view:billing",
        "desk.ticket.work",
        "desk.tickets.read",
        "desk.deliver",
    },
    "customer_tickets.with_recording": {
        "ticket.open:technical",
        "ticket.open:billing",
        "ticket.reply:technical",
        "ticket.reply:billing",
    },
}


def of_store(thing: object, module: str) -> bool:
    return getattr(thing, "__module__", None) == module


def modules() -> list[str]:
    """The modules in the rooms of `store`. A name stands for one of them: no two rooms have a file of the same name."""
    named = [info.name for info in pkgutil.iter_modules(store.__path__, "store.") if info.ispkg]
    rooms = [room for room in named if room not in ("store.migrations", "store.tables")]
    found = [
        f"{room}.{info.name}" for room in rooms for info in pkgutil.iter_modules([f"{store.__path__[0]}/{room[6:]}"])
    ]
    assert len({name.rpartition(".")[2] for name in found}) == len(found) > 60
    return found


def public_functions() -> dict[str, Callable[..., Any]]:
    """`module.function`, `module.Class.method`: everything without an underscore that is written in `store`."""
    found: dict[str, Callable[..., Any]] = {}
    for module in map(importlib.import_module, ["store", *modules()]):
        short = module.__name__.rpartition(".")[2]
        for name, thing in vars(module).items():
            if name.startswith("_") or not of_store(thing, module.__name__):
                continue
            if inspect.isfunction(thing):
                found[f"{short}.{name}"] = thing
            elif inspect.isclass(thing):
                for inner, method in vars(thing).items():
                    if inner.startswith("_"):
                        continue
                    for wrapped in ("fget", "func", "__func__"):  # of a property, cached_property, classmethod
                        method = getattr(method, wrapped, method)
                    if inspect.isfunction(method):
                        found[f"{short}.{name}.{inner}"] = method
    return found


PUBLIC = public_functions()
