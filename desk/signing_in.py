"""Signing in to pages: who may, once they have proved who they are. The desk's own people and customers alike."""

from __future__ import annotations

from typing import Final, NamedTuple

from authz import Action, Ask, Grant, Proof, Subject
from store import Transaction
from store.accounts.people import accounts_of
from store.jobs import job_queue
from store.sign_in import credentials, invitations, passkeys, realms
from store.sign_in.credentials import Finished, SignInTry
from store.sign_in.invitations import Guest
from store.sign_in.passkeys import New, Refused
from store.sign_in.realms import CUSTOMERS, STAFF, Realm
from store.staff import staff_list
from store.verification import totp
from store.verification.attempt_limits import Reservation

ASKED: Final = 8  # accounts of which the ledger says why somebody may not sign in


def finish(tx: Transaction, sign_in: SignInTry, right: bool, digits: str) -> Finished:
    """The end of a try with password and code: see `credentials.finish`."""
    return credentials.finish(tx, sign_in, right, digits, may_sign_in)


def enter(tx: Transaction, realm: Realm, id: int) -> str:
    """The token of a session for whoever has proved otherwise who they are: by what they have just set, or by a passkey. Empty: they
    may not sign in."""
    return credentials.enter(tx, realm, id, may_sign_in)


class NewApp(NamedTuple):
    """An authenticator app that was set up just now, and the 30 seconds whose code it has shown."""

    secret: str
    step: int


def join(
    tx: Transaction,
    link: str,
    guest: Guest,
    password: str | None,
    digits: str = "",
    made: Reservation | None = None,
    app: NewApp | None = None,
    new: New | None = None,
) -> str | Refused | None:
    """A customer has set what they sign in with: a password (as `credentials.hashed` made it) and an app, a new one or by a code of the one they
    have; None where a `new` passkey takes the place of both. They are told, and their owners. The token of a session, empty where they may not
    sign in yet; None: the link is not good any more, or the code is wrong."""
    if not invitations.accept(tx, link, guest, digits, made):
        return None
    if app is not None:
        totp.put(tx, guest.person, app.secret, app.step)
    passkey = None if new is None else passkeys.keep(tx, new, invited=True)
    if isinstance(passkey, Refused):
        return passkey
    credentials.put(tx, CUSTOMERS, guest.person, password, passkey=passkey)
    notice = {"notice": "login_set", "person": guest.person}
    job_queue.enqueue(tx, "notice", f"login_set:{guest.person}", notice)
    return enter(tx, CUSTOMERS, guest.person)


def staff_join(tx: Transaction, link: str, new: New) -> str | Refused | None:
    """One of the staff joins, or joins anew, by a passkey and nothing else. The token of a session; None: the link is not good any more."""
    staff = staff_list.accept(tx, link)
    if staff is None or new.subject != Subject.of_staff(staff):
        return None
    passkey = passkeys.keep(tx, new, invited=True)
    if isinstance(passkey, Refused):
        return passkey
    credentials.put(tx, STAFF, staff, None, passkey=passkey, **realms.NO_APP)
    return enter(tx, STAFF, staff)


def may_sign_in(tx: Transaction, realm: Realm, id: int) -> bool:
    """The desk's people may unless they are suspended, which signing in looks at itself. A customer may who is allowed to on any account:
    with no permission nobody can (MS-40), which the ledger has with its rule."""
    if realm is not CUSTOMERS:
        return True
    who = Subject.of_person(id)
    if tx.offer_accounts(who, Proof.VERIFIED, [(Action.PORTAL_LOGIN, None)]):
        return True
    for account in accounts_of(tx, id)[:ASKED]:
        if isinstance(tx.ask(Ask(who, Action.PORTAL_LOGIN, account, None, Proof.VERIFIED)), Grant):
            return True  # given just now
    return False
