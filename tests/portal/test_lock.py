"""An owner locks their account against changes: what that stops at every door, who is told, who can unlock, and what an import does then."""

from __future__ import annotations

import json

from sqlalchemy import select

from authz import Action, Ask, Grant, Proof
from store import WORKER, tables
from store.accounts import recipients
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered
from tests.portal.test_requests import CANCEL, OLIVIA, RAJ, TIDEWORKS, offered, proves
from tests.rights import held

PAGE = f"/accounts/{TIDEWORKS}/lock"
LEO, MIA = 9, 8


def owner(desk: Desk) -> Browser:
    """Raj, signed in, with a second proof on Tideworks."""
    raj = entered(desk, RAJ)
    proves(desk, raj, RAJ, 3)
    return raj


def presses(who: Browser, to: str) -> int:
    who.get(PAGE)
    return who.send(PAGE, to=to).status_code


def notices(desk: Desk) -> list[str]:
    j = tables.jobs.c
    return [
        row.payload
        for row in rows(desk, select(j.payload).where(j.kind == "notice").order_by(j.id))
        if "lock" in row.payload
    ]


def locked_at(desk: Desk) -> int | None:
    a = tables.accounts.c
    found: int | None = rows(desk, select(a.locked_at).where(a.number == TIDEWORKS))[0][0]
    return found


def test_an_owner_locks_and_unlocks_with_a_second_proof_and_nobody_changes_anything_between(one_desk: Desk) -> None:
    raj, mia = entered(one_desk, RAJ), entered(one_desk, MIA)
    raj.get(PAGE)
    assert raj.page is not None
    assert raj.page.url.path == "/prove", "it takes a second proof first"
    proves(one_desk, raj, RAJ, 3)
    assert "Tideworks Ltd is not locked" in raj.read(PAGE)
    assert presses(raj, "lock") == 200
    assert "The account is locked" in raj.words
    assert locked_at(one_desk) == one_desk.now
    assert offered(raj, TIDEWORKS) == set(), "the owner neither"
    assert "locked against changes, so nobody can ask to cancel services now" in raj.read(CANCEL)
    assert "You locked it: unlock it first" in raj.words
    assert "Only Raj Patel can unlock it" in mia.read(f"/accounts/{TIDEWORKS}")
    assert "The account is locked against changes, so nobody can change this now." in mia.words
    assert presses(raj, "lock") == 200
    assert "Nothing was changed" in raj.words
    assert presses(raj, "unlock") == 200
    assert locked_at(one_desk) is None
    assert "service.cancel" in offered(raj, TIDEWORKS)
    assert len(notices(one_desk)) == 2, "one for each change"


def test_whoever_does_not_own_it_learns_who_does_and_changes_nothing(one_desk: Desk) -> None:
    leo, olivia = entered(one_desk, LEO), entered(one_desk, OLIVIA)
    assert leo.get(PAGE).status_code == 403
    assert "only they can do this on Tideworks Ltd" in leo.words
    assert "Raj Patel" in leo.words
    leo.get("/tickets/new")
    form = leo.fields("/sign-out")
    assert leo.post(PAGE, form | {"to": "lock"}).status_code == 403
    assert olivia.get(PAGE).status_code == 404, "another's account is no account"
    assert olivia.post(PAGE, form | {"to": "lock"}).status_code in (403, 404)
    assert locked_at(one_desk) is None
    assert notices(one_desk) == []


def test_a_lock_whose_second_proof_has_ended_is_not_set(one_desk: Desk) -> None:
    raj = owner(one_desk)
    raj.get(PAGE)
    one_desk.pass_time(16 * 60)
    raj.send(PAGE, to="lock")
    assert raj.page is not None
    assert raj.page.url.path == "/prove"
    assert locked_at(one_desk) is None


def test_while_it_is_locked_nobody_changes_people_and_all_who_could_are_told_of_the_lock(one_desk: Desk) -> None:
    c = tables.contacts.c
    for statement in held("manage_users", c.account_id == 3, c.person_id == MIA):
        change(one_desk, statement)
    raj = owner(one_desk)
    assert presses(raj, "lock") == 200
    said = raj.read(f"/accounts/{TIDEWORKS}/people")
    assert "locked against changes" in said
    assert "Manage" not in said, "nothing to change"
    mails = [one for one in mailed(one_desk) if one.kind == "account_locked"]
    assert {one.to for one in mails} == {"raj@tideworks.example", "mia@tideworks.example"}
    assert presses(raj, "unlock") == 200
    assert {one.to for one in mailed(one_desk) if one.kind == "account_unlocked"} == {one.to for one in mails}


def mailed(desk: Desk) -> list[recipients.Notice]:
    """Every notice that is owed, as the worker addresses it."""
    with desk.store.transaction("worker") as tx:
        grant = tx.ask(Ask(WORKER, Action.DESK_DELIVER, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        return [one for payload in notices(desk) for one in recipients.addressed(tx, grant, json.loads(payload))]
