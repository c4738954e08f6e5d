"""Customers on their own pages: invited by the operator, a link out of the mail, an authenticator app, a sign-in."""

from __future__ import annotations

from typing import Final

import pyotp
from httpx2 import Response
from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from store import OPERATOR, tables
from store.codes import one_time_links
from store.sign_in import invitations
from store.sign_in.invitations import Invited
from store.verification.totp import STEP
from tests.desk import Desk
from tests.portal.browsing import Browser, scanned

OWN_PASSWORD: Final = "nine herons under the bridge"


def invite(desk: Desk, username: str) -> Invited:
    """As `deskgate person invite` does it."""
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        return invitations.invite(tx, grant, username)


def subject_of(desk: Desk, username: str) -> Subject:
    p = tables.people.c
    with desk.store.transaction("test") as tx:
        return Subject.of_person(tx.connection.execute(select(p.id).where(p.username == username)).scalar_one())


def link_for(desk: Desk, username: str) -> str:
    """The address that a mail of the worker's has for them, as it makes one."""
    subject = subject_of(desk, username)
    with desk.store.transaction("worker") as tx:
        return f"/join/{one_time_links.issue(tx, invitations.PAGE, subject, life=invitations.LIFE)}"


class Customer(Browser):
    """Somebody at a customer who joined the other day, and is signed out. `sign_in()` takes a fresh code."""

    def __init__(self, desk: Desk, username: str = "mia.chen") -> None:
        super().__init__(desk)
        self.username = username
        self.join(link_for(desk, username))
        self.get("/")
        self.send("/sign-out")

    def join(self, link: str) -> Response:
        self.get(link)
        self.app: pyotp.TOTP = scanned(self)
        return self.send(link, password=OWN_PASSWORD, again=OWN_PASSWORD, code=self.code())

    def code(self) -> str:
        return self.app.at(self.desk.now // 1000)

    def sign_in(self, *, password: str = OWN_PASSWORD, code: str = "") -> Response:
        """The app has to show another code first."""
        self.desk.now += STEP
        self.get("/sign-in")
        return self.send("/sign-in", username=self.username, password=password, code=code or self.code())
