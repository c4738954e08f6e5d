"""Open this to see who can help after a refusal: everybody whom a way forward names has been judged as well.

So nobody is named who could not do it, on the account as it is now: an administrator for what the owner alone may, somebody
with Manage Users for a permission they do not hold (C12), a lender on a suspended account.
"""

from typing import Final

from authz.grant import Denied, Grant
from authz.judge import Ask, Standing, judge
from authz.vocabulary import CELL_OF, LENDABLE, LENT, At, Proof, Reason, Status, WayForward

_PAIRS: Final = {cell: pair for pair, cell in CELL_OF.items()}
_THIS: Final = ""
_TAKES: Final[dict[WayForward, tuple[str, ...]]] = {
    WayForward.ASK_FOR_SUPPORT: ("contacts.manage", "phone.support"),
    WayForward.ASK_CONTACT_ADMIN: ("contacts.manage", _THIS),  # nobody gives more than they hold
    WayForward.ASK_OWNER: (_THIS,),
    WayForward.ASK_BILLING_TICKET: ("ticket.open:billing",),
    WayForward.ASK_TO_REOPEN: ("account.reopen",),
    WayForward.ASK_TO_UNLOCK: ("account.lock",),
}
_ABOUT_THE_SUSPENSION: Final = frozenset({WayForward.ASK_BILLING_TICKET, WayForward.OPEN_BILLING_TICKET})
_BILLING_ALONE: Final = {WayForward.OPEN_BILLING_TICKET: Status.SUSPENDED, WayForward.REOPEN_ACCOUNT: Status.CLOSED}
NAMES: Final = frozenset(_TAKES)
"""The ways forward that name people of the account."""


def leaves_out_suspension(denied: Denied) -> bool:
    """Whether the way forward is about a suspension that the reason does not mention: then the refusal mentions it as well."""
    return denied.next in _ABOUT_THE_SUSPENSION and denied.reason is not Reason.ACCOUNT_SUSPENDED


def billing_alone(denied: Denied) -> Status | None:
    """The status of an account that leaves whoever is refused a technical ticket a billing one: it is theirs to know, as they can do
    something about it. None: it is something else, or they may not be told."""
    return _BILLING_ALONE.get(denied.next)


def can_help(denied: Denied, cell: str, standing: Standing) -> bool:
    """Whether a contact with this standing can do what the way forward of a refusal of this cell asks for."""
    return all(_may(standing, one or cell) for one in _TAKES[denied.next])


def can_lend(cell: str, standing: Standing) -> bool:
    """Whether a contact with this standing can lend a cell now. They cannot lend what is lent to them."""
    return cell in LENDABLE and _may(standing, "right.lend") and _may(standing, cell)


def _may(standing: Standing, cell: str) -> bool:
    """Anywhere: whoever may not ask for support helps on the account's pages."""
    action, topic = _PAIRS[cell]
    decided = judge(Ask(standing.subject, action, standing.account, topic, Proof.STEPPED_UP, at=At.PAGES), standing)
    return isinstance(decided, Grant) and decided.when not in LENT
