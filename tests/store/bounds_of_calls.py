"""What a grant for the card of one's own call does not open of another's call, nor of another account: for test_bounds.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from store import Transaction, tables
from store.calls import call_tickets, past_calls, support_calls

KIM, ANA, BAKERY, TIDEWORKS = Subject("staff:1"), Subject("staff:2"), 1, 3
MIA = 8
THEIRS, BILLS, QUARANTINED, PENDING = 1001, 1002, 1003, 1005
Case = tuple[Callable[[Transaction], Grant], Callable[..., Any]]


def of(who: Subject, action: Action, account: int | None = None) -> Callable[[Transaction], Grant]:
    def made(tx: Transaction) -> Grant:
        verdict = tx.ask(Ask(who, action, account, None, Proof.NONE))
        assert isinstance(verdict, Grant)
        return verdict

    return made


def linked(tx: Transaction, _done: None = None) -> bool:
    """Whether a ticket more is of Kim's call with Mia of Tideworks than the one that is."""
    return len(tx.connection.execute(select(tables.call_tickets)).all()) > 1


def over(tx: Transaction, grant: Grant) -> Grant:
    """With the call at its end."""
    support_calls.end(tx, "CA1", support_calls.CALLER_LEFT)
    return grant


VIEW, WORK = Action.DESK_CARD_VIEW, Action.DESK_TICKET_WORK
# Another account's, or another's call.
OTHERS: Final = (of(KIM, VIEW, BAKERY), of(ANA, VIEW, TIDEWORKS))
OF_CALLS: Final[dict[str, list[Case]]] = {
    **{
        name: [(grant, lambda f, tx, g: f(tx, g, 1)) for grant in OTHERS]
        for name in (
            *("call_assignment.assign", "call_assignment.give_back"),
            *("call_tickets.of_call", "call_tickets.take_write_up"),
        )
    },
    "call_tickets.write_up": [(grant, lambda f, tx, g: f(tx, g, 1, "b")) for grant in OTHERS],
    "call_tickets.add": [
        *((grant, lambda f, tx, g: linked(tx, f(tx, g, 1, THEIRS))) for grant in OTHERS),
        (of(KIM, VIEW, TIDEWORKS), lambda f, tx, g: linked(tx, f(tx, g, 1, PENDING))),
    ],
    "past_calls.of_person": [
        (of(KIM, VIEW, BAKERY), lambda f, tx, g: f(tx, over(tx, g), MIA).many),
        (of(KIM, WORK, BAKERY), lambda f, tx, g: f(tx, over(tx, g), MIA).many),
        (of(KIM, VIEW, TIDEWORKS), lambda f, tx, g: f(tx, over(tx, g), MIA, now=1).many),
        (of(KIM, VIEW, TIDEWORKS), lambda f, tx, g: f(tx, over(tx, g), 7).many),
    ],
    "call_tickets.of_ticket": [
        (of(KIM, WORK, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (of(KIM, WORK, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
    ],
}


def opens(tx: Transaction, card: Grant, work: Grant) -> None:
    """What is theirs is opened."""
    assert call_tickets.of_call(tx, card, 1) == (BILLS,)
    call_tickets.add(tx, card, 1, THEIRS)
    assert linked(tx)
    assert call_tickets.of_ticket(tx, work, THEIRS)
    assert call_tickets.take_write_up(tx, card, 1) == "it is slow"
    assert call_tickets.write_up(tx, card, 1, "b")
    assert past_calls.of_person(tx, over(tx, card), MIA).newest[0].tickets == (THEIRS, BILLS)
    assert past_calls.of_person(tx, work, MIA).many == 1
