"""Every code the desk's pages can be given has a word, and every word is used."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from api.mail.automatic import AUTOMATIC
from authz import (
    CELLS,
    LOCKED,
    OWNERS_ACTIONS,
    REQUESTS,
    Broken,
    NoticeKind,
    Proof,
    Status,
    Topic,
    load_schemes,
)
from desk import bulk, call_work, disclosure, drill_play, request_page, xray
from desk.api_keys import NotMade
from desk.own_details import NotDone
from desk.own_passkeys import NotYet
from desk.people import NotAdded
from portal.customers import signed_in, xray_words
from portal.staff import call_pages, keys_page, lead_pages, ledger_words, notices_pages, queue_pages, ticket_pages
from portal.web import page_words, record_words
from store import OPERATOR, WORKER
from store.calls import live_calls
from store.contacts import contact_list
from store.contacts.contact_requests import Answer, Why
from store.contacts.request_rows import Do
from store.ledger import account_records
from store.messages import recordings, timeline
from store.notices import notice_delivery
from store.security import alerts
from store.sign_in import passwords
from store.sign_in.credentials import Limited
from store.sign_in.passkeys import Refused
from store.staff import dual_control
from store.tickets import agent_tickets, answer_delivery, held_answers, login_details, queue_lists, ticket_summary
from store.verification import step_ups
from store.webhooks import webhook_endpoints
from tests.house.test_names import ROOT

SAID = page_words.load().document
TEMPLATES = {f"{path.parts[-3]}/{path.name}": path.read_text() for path in (ROOT / "portal").glob("*/templates/*.html")}
SOURCES = {str(path): path.read_text() for path in (ROOT / "portal").rglob("*.py") if "customers" not in path.parts}
SCHEMES = {name: scheme for name, scheme in load_schemes().items() if name != "desk"}

PASSKEYS = {f"passkey_{why}" for why in (Refused.LATE, Refused.WRONG, Refused.COUNT, Refused.SUSPENDED)}
OWN = {f"passkey_{why}" for why in (*Refused, NotYet.AGAIN.value)} - {"passkey_count", "passkey_suspended"}


def test_where_no_mail_goes_none_is_promised() -> None:
    """What is said of a deed that is done, on both sides; and no mark of the two readings is left in either."""
    without = page_words.load(mails=False).document
    said = [
        words
        for table in ("said", "not_done", "customer_said", "customer_not_done")
        for words in without[table].values()
    ]
    assert len(said) > 100
    assert not [
        words
        for words in said
        if re.search(r"(told by|have) a? ?mail|on its way|goes to", words) and "number" not in words
    ]
    for document in (SAID, without):
        every = [words for table in document.values() for words in table.values()]
        assert not [words for words in every if re.search(r"\[\[|\]\]|  |^ | $", words)]


def told_names() -> set[str]:
    """What `store` says in the ledger that somebody was told: in a call of `told`, or in a name or generator that one is given."""
    parts = (node for path in (ROOT / "store").rglob("*.py") for node in ast.walk(ast.parse(path.read_text())))
    words = {str(part.value) for part in parts if isinstance(part, ast.Constant)}
    kinds = r"(account|api_key|contact|invoice|service|ticket|delegation|login_details)\.[a-z_]+"
    return {word for word in words if word == "ledger" or re.fullmatch(kinds, word)} - {
        *(*CELLS, *OWNERS_ACTIONS, "ticket.open"),
        *("account.changed", "account.locked", "account.unlocked"),  # what was done
        *webhook_endpoints.EVENTS,  # what happened, for other systems
        *(
            "ticket.draft",
            "ticket.pending",
            "ticket.quarantined",
            "contact.support_id",
        ),  # told of no account, or to nobody
    }


KNOWN: dict[str, set[str]] = {
    "proof": {proof.word for proof in Proof},
    "telling": set(disclosure.TELLING)
    | {f"{cell}:own" for cell in disclosure.TELLING if cell.startswith("ticket.view")},
    "action": set(CELLS) - set(disclosure.NOT_LISTED),
    "opens": set(map(str, call_work.KINDS)),
    "holding": {word for scheme in SCHEMES.values() for word in scheme.words},
    "role": {"agent", "supervisor", "administrator"},
    "account": {str(status) for status in Status},
    "warning": {"fresh_number", "fresh_slack", "fresh_authenticator", "pin_locked"}
    | {kind for kind, audience in alerts.KINDS.items() if audience == alerts.DESK and kind.startswith("probing")},
    "alert": set(alerts.KINDS),
    "not_sent": set(held_answers.WHY_NOT),
    "merge": {"told"},
    "bulk_did": set(bulk.DEEDS),
    "bulk_came": {*bulk.CAME, *held_answers.WHY_NOT},
    "alert_times": set(alerts.COUNTED),
    "ticket": {*queue_lists.SHOWN, "quarantined"},
    "event": set(timeline.EVENTS),
    "priority": set(queue_pages.PRIORITIES),
    "sort": set(queue_pages.CHOICES["sort"]),
    "signing_in": {"wrong", "not_allowed", "busy", "codes", "ended", *Limited, *PASSKEYS, "passkey_only"},
    "customer_signing_in": {"wrong", "not_allowed", "busy", "codes", *Limited, *PASSKEYS, "passkey_not_allowed"},
    "joining": {"short", "long", "names", "guessable", *passwords.KINDS.values(), "differ", "code", "busy"}
    | {"passkey_late", "passkey_wrong", "passkey_there", "passkey_only"},
    "customer_record_at": {"phone", "slack", "portal", "shell", "worker", "api", "mail"},
    "customer_record_by": {
        "refused",
        "person",
        "gone",
        "lent",
        "assistant",
        "written_down",
        "desk",
        "operator",
        "program",
    },
    "customer_record_done": {*record_words.DONE, "account.locked", "account.unlocked"},
    "customer_record_lent": {"allowed", "taken_back", "ended"},
    "customer_record_who": {"person", "gone", "desk", "operator", "program"},
    "customer_record_why": set(map(str, account_records.REFUSALS)),
    "customer_told": set(SAID["customer_told"]),  # told_names() below are among them
    "customer_xray_found": set(xray.FOUND),
    "customer_xray_do": set(xray.FOUND),
    "customer_lock_stops": {"contacts", "lent", "requests", "services"},
    "customer_action": {cell for cell in (*CELLS, *OWNERS_ACTIONS) if cell != "portal.login"}
    | {f"ticket.{what}" for what in ("open", "view", "reply")},
    "customer_account_is": {str(status) for status in Status},
    "customer_billing_alone": {str(status) for status in Status} - {"active"},
    "customer_contact_refused": set(Broken),
    "customer_contact_first": set(Broken),
    "customer_event": set(timeline.EVENTS),
    "customer_holding": {word for scheme in SCHEMES.values() for word in scheme.words},
    "customer_invoice_is": {"paid", "unpaid", "overdue"},
    "customer_login_details_are": set(login_details.STATES) - {"waiting"},
    "login_details": set(login_details.STATES),
    "customer_key_ended": {"withdrawn", "maker", "account", "restored"},
    "customer_key_trouble": set(NotMade),
    "customer_kind": {"problem", "question", *map(str, (*Topic, *REQUESTS))},
    "customer_not_added": {*NotAdded, "proof_ended"},
    "customer_call_trouble": {"two", "wrong", "gone", "passkey_young", *PASSKEYS},
    "customer_confirm_trouble": {"wrong", "later", "gone", "passkey_young", *PASSKEYS},
    "customer_not_proved": {"wrong", "later", "not_sent", "passkey_young", *PASSKEYS},
    "customer_owner_advice": {"media_temple"},
    "customer_people_shut": {"no_right", "account_suspended", "account_closed", "account_locked"},
    "customer_proof_kind": set(contact_list.PROOFS),
    "customer_recording": set(recordings.STATES),
    "customer_later": {"suspended", LOCKED},
    "customer_refused": {"no_right", "not_covered", "account_suspended", "account_closed", "account_locked"},
    "customer_account_page": {"overview", "people", "requests", "records", "xray", "keys", "lock"},
    "customer_refusal_why": {"no_right", "account_suspended", "account_closed", "account_locked", "step_up"},
    "customer_request_asks": set(map(str, request_page.KINDS)),
    "customer_request_is": set(map(str, request_page.KINDS)),
    "customer_said": set(signed_in.DONE),
    "customer_not_done": {
        "solved_already",
        "open_already",
        "not_invited",
        "enough_invited",
        "handed_in_already",
        "withdrawn_already",
        "no_draft",
        *OWN,
        "again",
        "number_gone",
        "app_none",
        "slack_gone",
        "so_already",
        "call_gone",
        "not_vouched",
        "key_shown",
        "key_gone",
        "mail_gone",
    },
    "automatic": set(AUTOMATIC),
    "notice_kind": set(map(str, NoticeKind)),
    "customer_notice_kind": set(map(str, NoticeKind)),
    "customer_contact_mail": {*map(str, NoticeKind), "own_tickets"},
    "customer_record_notice": {*account_records.NOTICED},
    "customer_record_notice_kind": set(map(str, NoticeKind)),
    "customer_xray_found_you": set(xray.FOUND) - {"support_none"},
    "customer_xray_do_you": set(xray.FOUND) - {"support_none"},
    "notice_event": set(notice_delivery.EVENTS),
    "customer_notice_event": set(notice_delivery.EVENTS),
    "notice_state": set(notice_delivery.STATES),
    "customer_notice_state": set(notice_delivery.STATES),
    "notice_by": {OPERATOR, WORKER},
    "notice_wrong": {*notices_pages.NOT_SENT.values(), "notice_unknown"},
    "customer_own_trouble": {why.value for why in NotDone} - {"gone"},
    "customer_status": set(timeline.STATUSES) - {"pending", "withdrawn"},
    "customer_ticket_is": set(timeline.STATUSES) - {"pending", "withdrawn"},
    "customer_topic": set(map(str, Topic)),
    "customer_trouble": {"empty", "too_long", "which", "service", "not_yours", "not_added"}
    | {"which_service", "service_gone", "proof_given", "too_many_files", "pin"},
    "customer_way": {"ask_contact_admin", "ask_owner", "ask_billing_ticket", "ask_to_reopen", "ask_to_unlock"},
    "customer_way_alone": {
        "open_billing_ticket",
        "reopen_account",
        "unlock_account",
        "ask_owner",
        "leave_message",
        "step_up",
    },
    "ended": set(live_calls.ENDINGS),
    "recording": set(recordings.STATES),
    "dual_control": set(dual_control.NEEDS),
    "drill_verdict": {drill_play.HELD, drill_play.TOLD, drill_play.TOO_LITTLE},
    "drill_by": {"caller", "agent", "keypad"},
    "drill_press": {drill_play.ASK_PIN, drill_play.ASK_SECOND, *drill_play.ENDS},
    "proved": {"verified", *ticket_summary.HOW.values(), *step_ups.FACTORS},
    "reach": {
        answer_delivery.SLACK,
        answer_delivery.PAGES,
        "pages_refused",
        answer_delivery.PHONE,
        answer_delivery.NOBODY,
    },
    "nobody_why": set(answer_delivery.WHY_NOBODY),
    "became": set(answer_delivery.STATES),
    "asked_why": set(get_args(Why)),
    "customer_asked_why": set(get_args(Why)),
    "customer_asked_for": set(get_args(Do)),
    "customer_asked_is": {"waiting", "ended", *get_args(Answer)},
    "at_desk": {"talking", "keypad", "there", "away"},
    "keys_of": set(keys_page.KEYS),
    "key": {key for keys in keys_page.KEYS.values() for key in keys},
    "chart": {*lead_pages.CHARTS, lead_pages.OPEN},
    "series": {
        f"{chart}.{one}"
        for chart, series in {
            **{name: of for name, (of, _) in lead_pages.CHARTS.items()},
            "open": lead_pages.KINDS,
        }.items()
        for one in series
    },
    "age": set(lead_pages.OPEN_FOR),
    "customer_asked_factor": set(step_ups.FACTORS),
}


@pytest.mark.parametrize("table", KNOWN)
def test_every_code_has_a_word(table: str) -> None:
    assert set(SAID[table]) == KNOWN[table]
    assert set(agent_tickets.DESK_STATUSES) <= KNOWN["ticket"]


def test_of_all_that_is_said_it_is_known_whether_something_was_done() -> None:
    """What was typed is kept where nothing was done, and gone where something was."""
    assert not {*SAID["said"]} & {*SAID["not_done"]}
    assert {*OWN, *call_pages.NOT_DONE.values(), *ticket_pages.NOT_ASKED.values()} <= {*SAID["not_done"]}


def test_every_text_of_the_customers_pages_is_there_and_used() -> None:
    pages = {name: source for name, source in TEMPLATES.items() if name.startswith("customers/")}
    used = {found for source in pages.values() for found in re.findall(r"word\(\"(customer_\w+)\", \"(\w+)\"", source)}
    used |= {("customer_join", "back"), ("customer_join", "welcome"), ("customer_new", "invoice")}
    used |= {("customer_xray", "owner"), ("customer_xray", "you")}
    used |= {("customer_record", said) for said in ("told", "allowed", "refused")}
    theirs = {
        table: set(words) for table, words in SAID.items() if table.startswith("customer_") and table not in KNOWN
    }
    assert {(table, word) for table, words in theirs.items() for word in words} == used


def test_whatever_somebody_was_told_has_words_in_the_records() -> None:
    assert told_names() <= set(SAID["customer_told"])
    assert len(told_names()) > 20


def test_every_table_is_used() -> None:
    used = set(re.findall(r"words?\(\"(\w+)\"", "".join(TEMPLATES.values())))
    for module in (record_words, xray_words, ledger_words):
        used |= set(re.findall(r"word\(\"(\w+)\"", Path(str(module.__file__)).read_text().replace("'", '"')))
    assert used == set(SAID)


AFTER = {*SAID["said"], *SAID["not_done"]}


def test_what_is_said_after_a_deed_is_known_and_nothing_else_is() -> None:
    """The address says a code and the page its words: whatever else stands in an address is not shown."""
    codes = {code for source in SOURCES.values() for code in re.findall(r"\?said=([a-z_]+)", source)}
    for source in SOURCES.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in AFTER:
                codes.add(node.value)
    made = {
        *OWN,
        *("passkey_added", "passkey_renamed", "passkey_removed"),
        *(agent_tickets.TAKEN, agent_tickets.ALREADY, agent_tickets.ANOTHER),
        "asked_pin",
        "asked_second",
        "callback_no_number",
        "callback_soon",
        "callback_enough",
        "callback_abroad",
        "callback_talking",
        "no_case",
        "spent",
    }
    assert codes - {"callback_", "asked_", "passkey_"} | made == AFTER


def test_templates_escape_and_hold_no_script_or_style_of_their_own() -> None:
    assert len(TEMPLATES) > 5
    for name, source in TEMPLATES.items():
        assert "|safe" not in source.replace(" ", ""), name
        assert not re.search(r"\son\w+=|style=|<style|<script(?! src=\"/static/)", source), name
        assert "http://" not in source, name
        assert "https://" not in source, name
