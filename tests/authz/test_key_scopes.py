"""Open this to see what an API key can be made for, by hand: nothing that takes a second proof, since a program gives none, but to ask for it; and no telephone."""

from authz import ASKED_BY_KEY, CELLS, KEY_CELLS, KEY_VERBS, PROOF_NEEDED, Action, Proof

TICKETS = [f"ticket.{what}:{topic}" for what in ("open", "view", "reply") for topic in ("technical", "billing")]
OPERATORS = """
accounts:read desk.accounts.read
accounts:write desk.accounts.write
tickets:read desk.tickets.read
tickets:write desk.ticket.work
decisions:read desk.decisions.read
ledger:read desk.ledger.read
verifications:write desk.verifications.write
notices:write desk.notices.write
reports:read desk.reports.read
webhooks:write desk.webhooks.write
help_desk desk.help_desk
"""


def test_a_customers_key_asks_about_tickets_bills_services_and_contacts() -> None:
    assert set(KEY_CELLS) == {"contacts.view", "billing.view", "service.view", "contacts.manage", *TICKETS}
    second = {cell for cell in KEY_CELLS if PROOF_NEEDED[Action(cell.partition(":")[0])] is Proof.STEPPED_UP}
    assert second == set(ASKED_BY_KEY), "asked for, and never done"
    assert len(KEY_CELLS) == len(set(KEY_CELLS)) < len(CELLS)


def test_each_verb_of_an_operators_key_opens_one_cell_of_the_desk() -> None:
    assert dict(line.split() for line in OPERATORS.split("\n") if line) == KEY_VERBS
