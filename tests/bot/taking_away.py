"""Every ground on which what proves somebody rests, and how a door takes it away, for test_taken_away and test_every_kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from sqlalchemy import insert

from authz import Action, Ask, Grant, Proof, Subject, Topic
from deskgate.simulator_mount import SAMPLE
from store import OPERATOR, Transaction, tables
from store.imports import import_run
from store.imports.file_format import read
from store.operator import suspension
from store.sign_in import passkeys
from store.verification import pin_changes, pins, totp
from store.verification.pins import Pin
from tests.bot.slack_desk import SlackDesk

DEV = 2  # Dev Anand is on three accounts
WHO = Subject.of_person(DEV)


def granted(
    tx: Transaction, who: Subject, action: Action, account: int | None = None, topic: Topic | None = None
) -> Grant:
    grant = tx.ask(
        Ask(who, action, account, topic, Proof.NONE if who.startswith(("staff", "desk")) else Proof.VERIFIED)
    )
    assert isinstance(grant, Grant), grant
    return grant


def bring(desk: SlackDesk, **parts: object) -> None:
    import_run.run(desk.store, read(json.dumps(parts).encode()))


def without_dev(desk: SlackDesk, *numbers: str) -> None:
    kept = [
        {"number": one["number"], "contacts": [c for c in one["contacts"] if c["person"] != "dev.anand"]}
        for one in json.loads(SAMPLE.read_bytes())["accounts"]
        if not numbers or one["number"] in numbers
    ]
    bring(desk, accounts=kept)


def new_pin(desk: SlackDesk) -> None:
    with desk.store.transaction("shell") as tx:
        pin_changes.set_pin(
            tx, granted(tx, OPERATOR, Action.DESK_PIN_REISSUE), pins.keep(tx.keys, DEV, Pin("40817263"))
        )


def no_authenticator(desk: SlackDesk) -> None:
    with desk.store.transaction("slack") as tx:
        assert totp.remove(tx, DEV)


def no_passkey(desk: SlackDesk) -> None:
    row = {"person_id": DEV, "public_key": b"", "handle": b"", "sign_count": 0, "transports": "", "name": ""}
    row |= {"backup_eligible": False, "backed_up": False, "made_at": desk.now, "counts_from": desk.now}
    with desk.store.transaction("portal") as tx:
        new = insert(tables.passkeys).returning(tables.passkeys.c.id)
        ids = [tx.connection.execute(new.values(**row, credential_id=one)).scalar_one() for one in (b"1", b"2")]
        assert passkeys.remove(tx, WHO, ids[0]) is None


def suspended(desk: SlackDesk) -> None:
    with desk.store.transaction("shell") as tx:
        assert suspension.suspend_person(tx, granted(tx, OPERATOR, Action.DESK_OPERATE), DEV)


def dev(desk: SlackDesk, **said: object) -> None:
    bring(desk, people=[{"username": "dev.anand", **said}])


TAKEN: Final[dict[str, Callable[[SlackDesk], None]]] = {
    "address": lambda desk: dev(desk, email="dev@elsewhere.example"),
    "number": lambda desk: dev(desk, phones=["+441632960199"]),
    "slack": lambda desk: dev(desk, slack=[]),
    "authenticator": no_authenticator,
    "passkey": no_passkey,
    "pin": new_pin,
    "contact": without_dev,
    "person": suspended,
    "contact of one account": lambda desk: without_dev(desk, "300528"),
    "account": lambda desk: bring(desk, accounts=[{"number": "300528", "status": "closed"}]),
}
