"""Deeds of people and staff who are taken off at that moment, for the tests that interleave each with each."""

from __future__ import annotations

from typing import Any, Final

import pyotp
from sqlalchemy import delete, insert, update

from authz import Action, Subject
from desk import signing_in
from store import OPERATOR, Transaction, tables
from store.accounts import delegations
from store.sign_in import credentials, passkeys, realms
from store.sign_in.realms import CUSTOMERS, STAFF
from store.staff import account_access, staff_list
from store.tickets import agent_tickets, customer_tickets
from store.verification import revocation, totp
from tests.store.deeds import KIM, LEO, MIA, RAJ, TIDEWORKS, Given, Pairs, a_ticket, granted, hers, works
from tests.store.deeds_of_proof import a_request, lends
from tests.store.interleaving import Deed

PASSWORD: Final = "a long password of tests"
BROWSER: Final = credentials.Client("192.0.2.1", "192.0.2.0/24")


def kim_is_suspended(tx: Transaction, _given: Given) -> object:
    return staff_list.suspend(tx, granted(tx, OPERATOR, Action.DESK_STAFF_MANAGE, None), 1)


def is_taken_off(person: int) -> Deed:
    def deed(tx: Transaction, _given: Given) -> None:
        c = tables.contacts.c
        own = (c.account_id == TIDEWORKS, c.person_id == person)
        tx.connection.execute(delete(tables.contacts).where(*own))
        revocation.revoke(tx, [person], "contact", account=TIDEWORKS)

    return deed


# --- signing in


def an_agent(tx: Transaction) -> Given:
    secret = pyotp.random_base32()
    credentials.put(tx, STAFF, 1, credentials.hashed(PASSWORD), **realms.staffs_app(tx.keys, 1, secret, 0))
    return {"secret": secret, "link": staff_list.invite(tx, granted(tx, OPERATOR, Action.DESK_STAFF_MANAGE, None), 1)}


def signs_in(tx: Transaction, given: Given) -> object:
    attempt = credentials.begin(tx, STAFF, "agent.kim", BROWSER)
    now = pyotp.TOTP(given["secret"]).at(tx.now // 1000)
    return bool(signing_in.finish(tx, attempt, True, now).token)


def joins(tx: Transaction, given: Given) -> object:
    if staff_list.invited(tx, given["link"]) is None or staff_list.accept(tx, given["link"]) is None:
        return False
    credentials.put(tx, STAFF, 1, "another hash", **realms.staffs_app(tx.keys, 1, given["secret"], 0))
    return True


def a_customer(tx: Transaction) -> Given:
    secret = pyotp.random_base32()
    assert totp.put(tx, MIA, secret, 0)
    credentials.put(tx, CUSTOMERS, MIA, credentials.hashed(PASSWORD))
    return {"secret": secret}


def mia_signs_in(tx: Transaction, given: Given) -> object:
    sign_in = credentials.begin(tx, CUSTOMERS, "mia.chen", BROWSER)
    now = pyotp.TOTP(given["secret"]).at(tx.now // 1000)
    return bool(signing_in.finish(tx, sign_in, True, now).token)


def mia_joins_again(tx: Transaction, _given: Given) -> object:
    CUSTOMERS.lock(tx, MIA)  # as accepting the invitation does
    credentials.put(tx, CUSTOMERS, MIA, "another hash")
    return bool(signing_in.enter(tx, CUSTOMERS, MIA))


CUSTOMER = Pairs(
    a_customer,
    {
        "Mia signs in": mia_signs_in,
        "Mia joins again": mia_joins_again,
        "Mia is taken off": is_taken_off(MIA),
    },
)
SIGN_IN = Pairs(an_agent, {"Kim signs in": signs_in, "Kim joins again": joins, "Kim is suspended": kim_is_suspended})


def a_try(tx: Transaction) -> Given:
    """Kim has keyed a password, and is about to key the code."""
    given = an_agent(tx)
    tx.connection.execute(update(tables.staff_logins).values(set_at=tx.now - 1))
    return given | {"attempt": credentials.begin(tx, STAFF, "agent.kim", BROWSER)}


def keys_the_code(tx: Transaction, given: Given) -> object:
    now = pyotp.TOTP(given["secret"]).at(tx.now // 1000)
    return bool(signing_in.finish(tx, given["attempt"], True, now).token)


TRY = Pairs(a_try, {"Kim keys the code": keys_the_code, "Kim joins again": joins})


# --- passkeys


def two_passkeys(tx: Transaction) -> Given:
    row = {"staff_id": 1, "public_key": b"", "handle": b"", "sign_count": 0, "transports": "", "name": "key"}
    row |= {"backup_eligible": False, "backed_up": False, "made_at": tx.now, "counts_from": tx.now}
    new = insert(tables.passkeys).returning(tables.passkeys.c.id)
    made = (tx.connection.execute(new, row | {"credential_id": one}).scalar_one() for one in (b"one", b"other"))
    return {"ids": list(made)}


def removes(place: int) -> Deed:
    return lambda tx, given: passkeys.remove(tx, KIM, given["ids"][place], only_passkeys=True)


PASSKEYS = Pairs(two_passkeys, {"Kim removes one": removes(0), "Kim removes the other": removes(1)})


# --- accounts that are looked at


def looks_at(account: int) -> Deed:
    def deed(tx: Transaction, _given: Given) -> object:
        return account_access.record_access(tx, granted(tx, KIM, Action.DESK_TICKET_WORK, account), 1)

    return deed


LOOKED_AT = Pairs(lambda _tx: {}, {"Kim looks at one": looks_at(1), "Kim looks at another": looks_at(TIDEWORKS)})


# --- tickets


def mia_replies(tx: Transaction, given: dict[str, Any]) -> object:
    return customer_tickets.reply(tx, hers(tx), given["number"], body="Still down")


TAKING = Pairs(
    a_ticket,
    {
        "Kim takes it": lambda tx, given: agent_tickets.take(tx, works(tx, KIM), given["number"], None),
        "Kim is suspended": kim_is_suspended,
        "Mia replies": mia_replies,
        "Mia is taken off": is_taken_off(MIA),
    },
)


# --- rights that are lent


def leo_asks_for_another(tx: Transaction, _given: Given) -> object:
    return isinstance(
        delegations.ask(tx, granted(tx, Subject.of_person(LEO), Action.CONTACTS_VIEW), "ticket.view:technical"), int
    )


LENDING = Pairs(
    a_request,
    {
        "Raj lends it": lends,
        "Leo asks for another": leo_asks_for_another,
        "Leo is taken off": is_taken_off(LEO),
        "Raj is taken off": is_taken_off(RAJ),
    },
)


OF_LEAVING: Final = {
    "sign in": SIGN_IN,
    "a customer signs in": CUSTOMER,
    "a try": TRY,
    "passkeys": PASSKEYS,
    "looked at": LOOKED_AT,
    "taking": TAKING,
    "lending": LENDING,
}
