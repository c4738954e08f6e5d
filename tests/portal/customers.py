"""Customers on their own pages: invited by the operator, a link out of the mail, an authenticator app, a sign-in."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from authz import Action, Ask, Grant, Proof
from store import OPERATOR, tables
from store.codes import one_time_links
from store.sign_in import invitations
from store.sign_in.invitations import Invited
from tests.desk import Desk

OWN_PASSWORD: Final = "nine herons under the bridge"


def invite(desk: Desk, username: str) -> Invited:
    """As `deskgate person invite` does it."""
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        return invitations.invite(tx, grant, username)


def link_of(desk: Desk, username: str) -> str:
    """The link a mail to them would have."""
    with desk.store.transaction("test") as tx:
        return one_time_links.issue(tx, invitations.PAGE, subject_of(desk, username), life=invitations.LIFE)


def subject_of(desk: Desk, username: str):  # type: ignore[no-untyped-def]
    from authz import Subject

    with desk.store.engine.connect() as connection:
        p = tables.people.c
        return Subject.of_person(connection.execute(select(p.id).where(p.username == username)).scalar_one())
