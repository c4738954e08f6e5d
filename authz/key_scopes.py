"""Open this to see what an API key can be made for: a customer's for cells, an operator's for verbs."""

from typing import Final

from authz.vocabulary import CELLS

KEY_CELLS: Final = tuple(
    cell
    for cell in CELLS
    if cell in ("contacts.view", "billing.view", "service.view", "contacts.manage")
    or cell.partition(".")[0] == "ticket"
)
"""What a customer's API key can be made for: what takes no second proof, since a program gives none, and no telephone; and to ask for changes of contacts, which
its maker hands in with a second proof."""

ASKED_BY_KEY: Final = ("contacts.manage",)
"""Of these, what no key does: it asks for it, as a draft of its maker's."""

KEY_VERBS: Final = {
    "accounts:read": "desk.accounts.read",
    "accounts:write": "desk.accounts.write",
    "tickets:read": "desk.tickets.read",
    "tickets:write": "desk.ticket.work",
    "decisions:read": "desk.decisions.read",
    "ledger:read": "desk.ledger.read",
    "verifications:write": "desk.verifications.write",
    "notices:write": "desk.notices.write",
    "reports:read": "desk.reports.read",
    "webhooks:write": "desk.webhooks.write",
    "help_desk": "desk.help_desk",
}
"""What an operator's API key can be made for: verb → the cell of the scheme `desk` that it opens."""
