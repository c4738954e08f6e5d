"""Deeds of those who look after the staff, for the tests that interleave each with each."""

from __future__ import annotations

from typing import Final

from authz import Action, Proof, Subject
from desk import staffing
from desk.actors import Actor
from store import OPERATOR, WORKER, Transaction, tables
from store.staff import dual_control, staff_invitations, staff_list
from tests.store.deeds import KIM, ZOE, Given, Pairs, colleagues, granted
from tests.store.deeds_of_leaving import an_agent, joins
from tests.store.interleaving import Deed

ANA: Final = Subject("staff:2")  # an administrator here


def two_administrators(tx: Transaction) -> Given:
    """And no other supervisor."""
    colleagues(tx)
    s = tables.staff
    tx.connection.execute(s.update().where(s.c.role == "supervisor").values(role="administrator"))
    return {}


def suspends(who: Subject, whom: Subject) -> Deed:
    return lambda tx, _given: staffing.set_suspended(tx, Actor(who, Proof.NONE), whom.staff, to=True).name


def lowers(who: Subject, whom: Subject) -> Deed:
    return lambda tx, _given: staffing.set_role(tx, Actor(who, Proof.NONE), whom.staff, "agent", "").name


def a_wish_for_kim(tx: Transaction) -> Given:
    """Ana has asked that Kim be a supervisor."""
    two_administrators(tx)
    asks = granted(tx, ANA, Action.DESK_THREAT_SWITCH, None)
    assert dual_control.ask(tx, asks, "role_supervisor", staff=KIM.staff, reason="nights")
    return {"id": tx.connection.execute(tables.dual_control.select()).one().id}


def agrees(tx: Transaction, given: Given) -> object:
    return dual_control.agree(tx, granted(tx, ZOE, Action.DESK_THREAT_SWITCH, None), given["id"])


def an_invited_agent(tx: Transaction) -> Given:
    """Kim, whose other invitation has not been mailed yet."""
    given = an_agent(tx)
    tx.connection.execute(tables.staff.update().where(tables.staff.c.id == KIM.staff).values(invited_at=tx.now))
    return given


def withdraws(tx: Transaction, _given: Given) -> object:
    return staff_invitations.withdraw(tx, granted(tx, OPERATOR, Action.DESK_STAFF_MANAGE, None), KIM.staff)


def is_mailed(tx: Transaction, _given: Given) -> object:
    made = staff_invitations.address(tx, granted(tx, WORKER, Action.DESK_DELIVER, None), KIM.staff, tx.now)
    return made is not None


def kim_is_suspended(tx: Transaction, _given: Given) -> object:
    return staff_list.suspend(tx, granted(tx, OPERATOR, Action.DESK_STAFF_MANAGE, None), KIM.staff)


OF_STAFF: Final = {
    "two administrators": Pairs(
        two_administrators,
        {
            "Ana suspends Zoe": suspends(ANA, ZOE),
            "Zoe suspends Ana": suspends(ZOE, ANA),
            "Ana lowers Zoe": lowers(ANA, ZOE),
            "Zoe lowers Ana": lowers(ZOE, ANA),
        },
    ),
    "a greater role": Pairs(
        a_wish_for_kim,
        {"Zoe agrees": agrees, "Zoe lowers Ana": lowers(ZOE, ANA), "Kim is suspended": kim_is_suspended},
    ),
    "an invitation": Pairs(
        an_invited_agent,
        {
            "Kim joins": joins,
            "it is withdrawn": withdraws,
            "it is mailed": is_mailed,
            "Kim is suspended": kim_is_suspended,
        },
    ),
}
