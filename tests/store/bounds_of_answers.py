"""What a grant to work on tickets does not open of another account's, and what is for supervisors, about answers, recordings and what was before: for test_bounds.py."""

from __future__ import annotations

from typing import Final

from authz import Action, Ask, Grant, Proof
from store import Transaction
from tests.store.bounds_of_calls import BAKERY, KIM, THEIRS, TIDEWORKS, Case, of


def queue(tx: Transaction) -> Grant:
    verdict = tx.ask(Ask(KIM, Action.DESK_TICKET_WORK, None, None, Proof.NONE))
    assert isinstance(verdict, Grant)
    return verdict


ELSEWHERE: Final = of(KIM, Action.DESK_TICKET_WORK, BAKERY)
OF_ANSWERS: Final[dict[str, list[Case]]] = {
    "canned_answers.save": [(queue, lambda f, tx, g: f(tx, g, None, "t", "w"))],
    "agent_tickets.reassign": [(queue, lambda f, tx, g: f(tx, g, KIM.staff, None) is not None)],
    "canned_answers.remove": [(queue, lambda f, tx, g: f(tx, g, 1))],
    "ticket_presence.looks": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "ticket_tags.add": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, "t"))],
    "ticket_tags.remove": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, "t"))],
    "ticket_tags.of_ticket": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "ticket_links.link": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, g, 1001))],
    "ticket_links.unlink": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, g, 1001))],
    "ticket_links.of_ticket": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "ticket_merges.merge": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, 1001, "w", seen=9, phone=True))],
    "ticket_merges.undo": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "ticket_merges.of_ticket": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "ticket_merges.into_ticket": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "agent_tickets.working": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "bulk_actions.begin": [(ELSEWHERE, lambda f, tx, g: f(tx, g, "take"))],
    "bulk_actions.came": [(ELSEWHERE, lambda f, tx, g: f(tx, g, 1, {}))],
    "bulk_actions.one": [(ELSEWHERE, lambda f, tx, g: f(tx, g, 1))],
    "queue_lists.numbered": [(ELSEWHERE, lambda f, tx, g: f(tx, g, [THEIRS]))],
    "held_answers.take_back_all": [(ELSEWHERE, lambda f, tx, g: f(tx, g, 1))],
    "held_answers.of_many": [(ELSEWHERE, lambda f, tx, g: f(tx, g, 1))],
    "held_answers.hold": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, "b", status="open", seen=0))],
    "held_answers.take_back": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, 1))],
    "held_answers.of_ticket": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "assistant_sessions.give": [
        (ELSEWHERE, lambda f, tx, g: f(tx, g, "s", ticket=THEIRS)),
        (queue, lambda f, tx, g: f(tx, g, "s", ticket=THEIRS)),
    ],
    "assistant_sessions.of_case": [(ELSEWHERE, lambda f, tx, g: f(tx, g, ticket=THEIRS))],
    "assistant_sessions.withdraw": [(ELSEWHERE, lambda f, tx, g: f(tx, g, ticket=THEIRS))],
    "assistant_sessions.proof_lasts": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "suggested_answers.keep": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, None, "w"))],
    "suggested_answers.of_ticket": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
    "suggested_answers.remove": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, 1))],
    "recordings.get": [
        (ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS, 1)),
        (queue, lambda f, tx, g: f(tx, g, THEIRS, 1)),
        (of(KIM, Action.DESK_TICKET_WORK, TIDEWORKS), lambda f, tx, g: f(tx, g, THEIRS, 999)),
    ],
    "account_records.of_person": [(queue, lambda f, tx, g: f(tx, g, 8, 5))],
    "ticket_queue.others_of_account": [(ELSEWHERE, lambda f, tx, g: f(tx, g, THEIRS))],
}
