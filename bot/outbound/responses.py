"""What a member asked to be told, as a message: everything is read anew, under their rights at this moment.

The same for the response to a command, which goes out with the acknowledgement, and for what the worker posts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from authz import CELL_OF, Action, Reason
from bot.platform.identity import Who
from bot.text import intents
from bot.text.phrases import Phrases
from bot.text.replies import OPEN, AboutTicket, Named, OneTicket, Reply, Tickets, Why
from bot.views import blocks as b
from bot.views import customer_messages, delegation_messages
from bot.views.blocks import Block, Message
from desk import accounts, choices, delegation, ticket_lists
from store import Transaction

Responder = Callable[[Transaction, Phrases, Who], Message]


def respond(tx: Transaction, p: Phrases, who: Who | None, reply: Reply) -> Message:
    """Whoever is not known is told that and no more."""
    if who is None or not who.is_person:
        return customer_messages.plain(p, "stranger" if who is None else "you_are_staff")
    match reply:
        case AboutTicket(key, number):
            return customer_messages.plain(p, key, number=number)
        case Why(cell):
            return _why(tx, p, who, cell)
        case Tickets(page):
            return _tickets(tx, p, who, page)
        case OneTicket(number):
            return _ticket(tx, p, who, number)
        case Named(name) if name in RESPONSES:
            return RESPONSES[name](tx, p, who)
    return _help(tx, p, who)


def _help(tx: Transaction, p: Phrases, who: Who) -> Message:
    if none := accounts.without_support(tx, who):
        return customer_messages.refused(p, none)
    buttons = b.actions(
        b.button(p.plain("button.open"), "open"),
        b.tell(p.plain("button.tickets"), Tickets()),
        b.tell(p.plain("button.account"), Named("account")),
    )
    return b.message(b.section(p.say("help")), buttons)


def _bills(tx: Transaction, p: Phrases, who: Who) -> Message:
    found = accounts.bills(tx, who, customer_messages.ACCOUNTS)
    return _refused(tx, p, who, Action.BILLING_VIEW) if found is None else customer_messages.bills(p, found)


def _services(tx: Transaction, p: Phrases, who: Who) -> Message:
    found = accounts.services(tx, who, customer_messages.ACCOUNTS)
    return _refused(tx, p, who, Action.SERVICE_VIEW) if found is None else customer_messages.services(p, found)


def _contacts(tx: Transaction, p: Phrases, who: Who) -> Message:
    found = accounts.deciders(tx, who, customer_messages.ACCOUNTS)
    return _refused(tx, p, who, Action.CONTACTS_VIEW) if found is None else customer_messages.contacts(p, found)


def _account(tx: Transaction, p: Phrases, who: Who) -> Message:
    found = accounts.rights(tx, who, customer_messages.STANDINGS)
    may_lend = any("right.lend" in rights.every for _, rights in found.each)
    has_lent = may_lend or bool(delegation.lent(tx, who))  # what was lent is taken back where nothing can be lent now
    return customer_messages.account(p, found, choices.possible(tx, who), has_lent=has_lent)


def _why(tx: Transaction, p: Phrases, who: Who, cell: str) -> Message:
    """Why not, for a cell; the cell is one of ours or it is taken for opening tickets."""
    asked = next((pair for pair, name in CELL_OF.items() if name == cell), choices.OPEN[0])
    found = accounts.refusals(tx, who, [asked])
    # Where nothing is refused it is allowed by now.
    return customer_messages.refused(p, found, rules=True) if found else _account(tx, p, who)


def _refused(tx: Transaction, p: Phrases, who: Who, action: Action) -> Message:
    return customer_messages.refused(p, accounts.refusals(tx, who, [(action, None)]))


def _tickets(tx: Transaction, p: Phrases, who: Who, number: int) -> Message:
    found = ticket_lists.page(tx, who, first=number * customer_messages.PAGE, many=customer_messages.PAGE)
    if found is None:
        return customer_messages.refused(p, accounts.refusals(tx, who, ticket_lists.VIEW))
    return customer_messages.listed(p, found.tickets, number, found.more)


def _ticket(tx: Transaction, p: Phrases, who: Who, number: int) -> Message:
    found = ticket_lists.conversation(tx, who, number)
    if found is not None:
        return customer_messages.conversation(p, found)
    none = accounts.without_support(tx, who)
    return customer_messages.refused(p, none) if none else customer_messages.plain(p, "no_such_ticket", number=number)


def _lent(tx: Transaction, p: Phrases, who: Who) -> Message:
    """What a member has lent and may take back."""
    return delegation_messages.lent(p, delegation.lent(tx, who))


def asked(tx: Transaction, p: Phrases, who: Who, what: str, words: str, came_from: str) -> Message:
    """What their words are to become, by a key of `customer_messages.ASKED`; where that is none of what they may open, why not comes first."""
    found = choices.possible(tx, who)
    wanted = intents.which_change(words, p.example("changes")) if what == "change" else ""
    if not (choices.may_open(found) if what == "which" else found or what == "unsure"):
        return respond(tx, p, who, Why(wanted) if wanted else OPEN)
    if not found and (none := accounts.without_support(tx, who)):
        return customer_messages.refused(p, none)
    why: Sequence[Block] = ()
    if wanted and not any(one.kind == wanted for one in found):
        why = _why_no_change(tx, p, who, Action(wanted))
    elif what == "unsure" and not choices.may_open(found):
        why = customer_messages.refused(p, accounts.refusals(tx, who, choices.OPEN)).blocks
    return customer_messages.ASKED[what](
        p, customer_messages.Unclear(words, choices.named(tx, found), came_from, ticket_lists.waiting(tx, who), why)
    )


def _why_no_change(tx: Transaction, p: Phrases, who: Who, action: Action) -> Sequence[Block]:
    refused = accounts.refusals(tx, who, [(action, None)])
    wanting = [one for one in refused if one[1].denied.reason != Reason.STEP_UP]  # the others may reopen what is closed
    return (
        customer_messages.refused(p, wanting).blocks
        if wanting
        else customer_messages.not_closed(p, [account for account, _ in refused])
    )


def open_first(tx: Transaction, p: Phrases, who: Who) -> Message:
    """Why a member can open no ticket, and what now; requests that are theirs to make are offered as what they are."""
    made = customer_messages.refused(p, accounts.refusals(tx, who, choices.OPEN))
    if not choices.possible(tx, who):
        return made
    return b.message(list(made.blocks), b.actions(b.button(p.plain("button.requests"), "open", "requests")))


RESPONSES: Final[dict[str, Responder]] = {
    "help": _help,
    "bills": _bills,
    "services": _services,
    "contacts": _contacts,
    "account": _account,
    "lent": _lent,
    "open": open_first,
    "thanks": lambda _tx, p, _who: customer_messages.plain(p, "thanks"),
}
