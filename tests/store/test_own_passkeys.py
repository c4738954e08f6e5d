"""Somebody's own passkeys: when one counts, that the last one stays, who is told, and what ends with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, insert, select

from store import Keys, tables
from store.sign_in import passkeys
from store.sign_in.passkeys import Refused, Used
from store.text.durations import COOLING
from store.verification import factors
from tests.desk import SECRET
from tests.store.passkeyed import HERE, KIM, MIA, Passkeyed


@pytest.fixture
def desk(sample_url: str) -> Iterator[Passkeyed]:
    desk = Passkeyed(sample_url, Keys.parse(SECRET))
    yield desk
    desk.close()


@pytest.fixture
def one(sample_sqlite: str) -> Iterator[Passkeyed]:
    desk = Passkeyed(sample_sqlite, Keys.parse(SECRET))
    yield desk
    desk.close()


def test_it_is_a_second_proof_after_72_hours_or_at_once_where_it_overrules_nothing(one: Passkeyed) -> None:
    device, _ = one.new(MIA, invited=True)
    used = one.use(device)
    assert isinstance(used, Used)
    assert used.counts_from == one.now + COOLING, "she has a PIN and a number"
    with one.transaction() as tx:
        for table in (tables.passkeys, tables.pins, tables.phones, tables.slack_members, tables.authenticators):
            tx.connection.execute(delete(table).where(table.c.person_id == MIA.person))
        assert not factors.has_any(tx, MIA.person)
    device, _ = one.new(MIA, invited=True)
    used = one.use(device)
    assert isinstance(used, Used)
    assert used.counts_from == one.now
    second, _ = one.new(MIA, invited=True)
    used = one.use(second)
    assert isinstance(used, Used)
    assert used.counts_from == one.now + COOLING, "the first is older"


def test_the_last_is_kept_unless_a_password_stands(desk: Passkeyed) -> None:
    _, first = desk.new(KIM)
    _, second = desk.new(KIM)
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda id: desk.do(passkeys.remove, KIM, id), (first, second)))
    assert sorted(map(str, done)) == ["None", "last"], "of two that are removed at once one remains"
    (left,) = desk.do(passkeys.listed, KIM)
    login = {"staff_id": 1, "password": b"x", "authenticator": b"x", "last_step": 0, "set_at": 0}
    with desk.transaction() as tx:
        tx.connection.execute(insert(tables.staff_logins).values(**login))
    assert desk.do(passkeys.remove, KIM, left.id, only_passkeys=True) is Refused.LAST
    assert desk.do(passkeys.remove, MIA, left.id) is Refused.GONE, "somebody else's"
    assert desk.do(passkeys.remove, KIM, left.id) is None
    assert desk.do(passkeys.remove, KIM, left.id) is Refused.GONE


def test_their_owner_is_told_and_what_was_proved_ends(one: Passkeyed) -> None:
    _, id = one.new(MIA)
    one.new(MIA)
    one.new(KIM)
    proved = {"person_id": 8, "account_id": 1, "channel": "portal", "bound": HERE, "factor": "passkey", "topic": ""}
    with one.transaction() as tx:
        tx.connection.execute(insert(tables.step_ups).values(**proved, reached_at=one.now, ends_at=one.now + 1000))
    assert one.do(passkeys.rename, MIA, id, "Blue key")
    assert not one.do(passkeys.rename, KIM, id, "Mine")
    assert one.do(passkeys.remove, MIA, id) is None
    assert one.rows(select(tables.step_ups.c.ends_at)) == [(one.now,)]
    j = tables.jobs.c
    told = [row[0] for row in one.rows(select(j.payload).where(j.kind == "notice").order_by(j.id))]
    told = [json.loads(each) if isinstance(each, str) else each for each in told]
    assert [each["notice"] for each in told] == [
        *["passkey_added"] * 2,
        "staff_passkey_added",
        "passkey_removed",
    ]
    e = tables.ledger.c
    entries = one.rows(select(e.who, e.decision).where(e.action == "passkey").order_by(e.at, e.segment, e.n))
    assert sorted(entries) == sorted(
        [(MIA, "added"), (MIA, "added"), (KIM, "added"), (MIA, "renamed"), (MIA, "removed")]
    )
