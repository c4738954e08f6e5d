"""Whoever reads /metrics sees the same of a ticket that was left under a threat as of any other."""

from __future__ import annotations

from tests.desk import Desk
from tests.ivr.test_duress import MIA, PIN, UNDER_THREAT, give, statuses
from tests.ivr.wire import Caller, Wire


def figures_of_tickets(desk: Desk) -> list[str]:
    return [line for line in desk.client.get("/metrics").text.splitlines() if line.startswith("deskgate_tickets_")]


def leaves_a_ticket(desk: Desk, pin: str) -> list[str]:
    """What changed in the figures."""
    before = figures_of_tickets(desk)
    caller = Caller(Wire(desk), "anonymous")
    caller.prove(MIA, pin)
    caller.key("1")
    caller.key("1")
    caller.say()
    caller.hang_up()
    return [line.split()[0] for line in figures_of_tickets(desk) if line not in before]


def test_a_ticket_under_a_threat_counts_as_any_other(one_desk: Desk) -> None:
    give(one_desk, MIA, PIN, UNDER_THREAT)
    usual = leaves_a_ticket(one_desk, PIN)
    assert usual == ['deskgate_tickets_opened_total{channel="phone"}', "deskgate_tickets_open"]
    assert leaves_a_ticket(one_desk, UNDER_THREAT) == usual
    assert [status for _, status in statuses(one_desk)] == ["open", "quarantined"]
