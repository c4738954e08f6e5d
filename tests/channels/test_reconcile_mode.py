"""T33: after a restore every account is locked against changes until a supervisor has checked what came back. decisions/0025"""

from __future__ import annotations

import pytest

from authz import Action, Ask, Denied, Grant, Proof, Reason, Subject
from desk import call_page
from desk.actors import Actor
from store.verification import step_ups
from tests.channels.restoring import checked, lost_its_end
from tests.desk import Desk


def asked(desk: Desk, what: Action) -> Grant | Denied:
    """Of an owner, with a second proof given just now."""
    owner = Subject("person:7")
    with desk.store.transaction("test") as tx:
        step_ups.reached(tx, owner, 3, "passkey", "session", ends_at=tx.now + 60_000)
        return tx.ask(Ask(owner, what, 3, None, Proof.STEPPED_UP))


@pytest.mark.both_databases
def test_r17_until_a_supervisor_has_checked_a_restore_nobody_changes_what_others_may_do(desk: Desk) -> None:
    desk.container.worker.checkpoint()
    for what in (Action.CONTACTS_MANAGE, Action.SERVICE_CREDENTIALS):
        assert isinstance(asked(desk, what), Grant)
    lost_its_end(desk)
    for what in (Action.CONTACTS_MANAGE, Action.SERVICE_CREDENTIALS):
        refused = asked(desk, what)
        assert isinstance(refused, Denied)
        assert (refused.reason, refused.rules) == (Reason.ACCOUNT_LOCKED, ("D-reconcile",))
        with desk.store.transaction("test") as tx:
            assert tx.offer([Ask(Subject("person:7"), what, 3, None, Proof.STEPPED_UP)]) == {}
    assert isinstance(asked(desk, Action.BILLING_VIEW), Grant), "what is on file is told"
    assert not checked(desk, "staff:1"), "an agent"
    assert isinstance(asked(desk, Action.CONTACTS_MANAGE), Denied)
    assert checked(desk, "staff:2"), "a supervisor"
    for what in (Action.CONTACTS_MANAGE, Action.SERVICE_CREDENTIALS):
        assert isinstance(asked(desk, what), Grant)


def test_r17_reconcile_mode_stands_on_the_desks_page_and_in_the_metrics(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite)
    desk.container.worker.checkpoint()

    def shown() -> tuple[bool, bool]:
        metrics = desk.client.get("/metrics").text
        with desk.store.transaction("page") as tx:
            kim = Actor(Subject("staff:1"), Proof.NONE)
            page = call_page.call_page(tx, kim, None, phone=False, may_call=bool, texting=(), accounts_an_hour=30)
        assert page is not None
        return "deskgate_reconciling 1.0" in metrics, page.reconciling

    assert shown() == (False, False)
    lost_its_end(desk)
    assert shown() == (True, True)
    assert checked(desk, "staff:2")
    assert shown() == (False, False)
    desk.close()
