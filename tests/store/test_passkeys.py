"""Passkeys: what is taken and what is not, of a device in software that lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from store import Keys, tables
from store.sign_in import passkeys
from store.sign_in.passkey_answers import LIFE
from store.sign_in.passkeys import Refused, Used
from tests.desk import SECRET
from tests.passkey_device import ELIGIBLE, PRESENT, VERIFIED, Device, b64
from tests.store.passkeyed import HERE, KIM, MIA, SITE, Passkeyed, adds


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


def test_it_brings_its_owner_along(one: Passkeyed) -> None:
    for owner in (MIA, KIM):
        device, id = one.new(owner)
        for _ in range(3):
            used = one.use(device)
            assert isinstance(used, Used)
            assert (used.subject, used.passkey) == (owner, id)
        (seen,) = one.do(passkeys.listed, owner)
        assert (seen.name, seen.last_used_at, seen.backed_up) == ("My phone", one.now, False)


def test_what_a_browser_is_asked(one: Passkeyed) -> None:
    device, _ = one.new()
    asked = json.loads(one.do(passkeys.to_add, SITE, MIA, HERE).options)
    assert asked["rp"]["id"] == "desk.example"
    assert asked["attestation"] == "none"
    chosen = asked["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert [known["id"] for known in asked["excludeCredentials"]] == [b64(device.id)]
    assert asked["user"]["id"] == b64(device.handle), "one owner is one on their device"
    assert "mia" not in asked["user"]["id"]
    asked = json.loads(one.asks().options)
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("desk.example", "required", [])


LIES: list[dict[str, Any]] = [
    {"origin": "https://desk.example.evil.example"},
    {"origin": "http://desk.example"},
    {"origin": "https://desk.example:8443"},
    {"host": "evil.example"},
    {"flags": PRESENT},
    {"flags": VERIFIED},
    {"flags": PRESENT | VERIFIED | ELIGIBLE},
    {"challenge": b64(bytes(32))},
]


def test_what_is_not_of_this_site_or_not_verified_is_refused(one: Passkeyed) -> None:
    device, _ = one.new()
    for lie in LIES:
        assert one.use(device, **lie) is Refused.WRONG, lie
    assert isinstance(one.use(device), Used)


def test_nor_is_such_a_one_added(one: Passkeyed) -> None:
    for device in (
        Device("https://evil.example"),
        Device(SITE.origin, "evil.example"),
        Device(SITE.origin, flags=PRESENT),
        Device(SITE.origin, in_frame=True),
    ):
        assert one.add(MIA, device) is Refused.WRONG
    assert one.count(tables.passkeys) == 0


def test_in_a_frame_of_another_page_it_is_refused(one: Passkeyed) -> None:
    device, _ = one.new()
    device.in_frame = True
    assert one.use(device) is Refused.WRONG


def test_an_answer_is_good_once(one: Passkeyed) -> None:
    device, _ = one.new()
    asked = one.asks()
    answer = device.get(asked.options)
    assert isinstance(one.answers(asked.sealed, answer), Used)
    assert one.answers(asked.sealed, answer) is Refused.LATE
    assert one.answers(one.asks().sealed, answer) is Refused.WRONG, "nor with another challenge"
    assert one.answers(asked.sealed, device.get(asked.options)) is Refused.LATE, "nor another answer to the same"


def test_a_challenge_is_good_where_it_was_asked_and_for_that(one: Passkeyed) -> None:
    device, _ = one.new()
    assert one.use(device, browser="another's") is Refused.LATE
    assert one.add(MIA, Device(SITE.origin), browser="another's") is Refused.LATE
    asked = one.asks()
    answer = device.get(asked.options)
    form = {"challenge": asked.sealed, "passkey": answer}
    assert one.do(adds, MIA, form) is Refused.LATE
    adding = one.do(passkeys.to_add, SITE, MIA, HERE)
    form = {"challenge": adding.sealed, "passkey": Device(SITE.origin).create(adding.options)}
    assert one.do(adds, KIM, form) is Refused.LATE, "asked of somebody else"


def test_five_minutes_and_no_longer(one: Passkeyed) -> None:
    device, _ = one.new()
    asked = one.asks()
    one.now += LIFE - 1
    assert isinstance(one.answers(asked.sealed, device.get(asked.options)), Used)
    asked = one.asks()
    one.now += LIFE
    assert one.answers(asked.sealed, device.get(asked.options)) is Refused.LATE
    one.now -= 2 * LIFE
    assert one.answers(asked.sealed, device.get(asked.options)) is Refused.LATE, "nor one of the future"


def test_one_that_counts_backwards_is_refused_and_told_of(one: Passkeyed) -> None:
    device, id = one.new(KIM)
    for _ in range(3):
        one.use(device)
    device.count -= 2
    assert one.use(device) is Refused.COUNT
    a = tables.alerts.c
    assert one.rows(select(a.kind, a.audience, a.subject)) == [("passkey_count", "supervisors", KIM)]
    device.count += 5
    assert isinstance(one.use(device), Used), "the true one goes on"
    p = tables.passkeys.c
    assert one.rows(select(p.sign_count).where(p.id == id)) == [(device.count,)]


def test_a_strangers_answer_with_a_low_count_is_no_copy(one: Passkeyed) -> None:
    device, _ = one.new()
    one.use(device)
    forged = Device(SITE.origin, SITE.host, count=-1, id=device.id, handle=device.handle)
    assert one.use(forged) is Refused.WRONG
    assert one.count(tables.alerts) == 0


def test_a_device_that_does_not_count_is_taken(one: Passkeyed) -> None:
    device, _ = one.new(device=Device(SITE.origin, steps=0))
    assert isinstance(one.use(device), Used)
    assert isinstance(one.use(device), Used)
    device.count, device.steps = 4, 1
    assert isinstance(one.use(device), Used)
    device.count, device.steps = 0, 0
    assert one.use(device) is Refused.COUNT, "having counted, it goes on counting"


def test_a_handle_of_somebody_else_is_refused(one: Passkeyed) -> None:
    device, _ = one.new()
    device.handle = one.new(KIM)[0].handle
    assert one.use(device) is Refused.WRONG


def test_who_is_suspended_or_gone_is_refused(one: Passkeyed) -> None:
    kims, _ = one.new(KIM)
    mias, _ = one.new(MIA)
    asked = one.do(passkeys.to_add, SITE, KIM, HERE)
    with one.transaction() as tx:
        s = tables.staff
        tx.connection.execute(update(s).where(s.c.id == KIM.staff).values(suspended_at=one.now))
        tx.connection.execute(delete(tables.people).where(tables.people.c.id == MIA.person))
    assert one.use(kims) is Refused.SUSPENDED
    assert one.use(mias) is Refused.WRONG, "gone with its owner"
    form = {"challenge": asked.sealed, "passkey": Device(SITE.origin).create(asked.options)}
    assert one.do(adds, KIM, form) is Refused.SUSPENDED


def test_a_key_put_in_the_place_of_anothers_opens_nothing(one: Passkeyed) -> None:
    """By somebody who can write to the database and has not the keys."""
    device, id = one.new(KIM)
    mine, other = one.new(MIA)
    p = tables.passkeys
    with one.transaction() as tx:
        row = tx.connection.execute(select(p.c.public_key).where(p.c.id == other)).one()
        tx.connection.execute(update(p).where(p.c.id == id).values(public_key=row.public_key))
        tx.connection.execute(update(p).where(p.c.id == other).values(person_id=None, staff_id=1))
    forged = Device(SITE.origin, SITE.host, id=device.id, handle=device.handle, key=mine.key, count=99)
    assert one.use(forged) is Refused.WRONG
    assert one.use(mine) is Refused.WRONG


def test_whose_it_is_is_one_of_the_two(desk: Passkeyed) -> None:
    row = {"credential_id": b"x", "public_key": b"", "handle": b"", "sign_count": 0, "transports": "", "name": ""}
    row |= {"backup_eligible": False, "backed_up": False, "made_at": 0, "counts_from": 0}
    for whose in ({}, {"person_id": 8, "staff_id": 1}):
        with pytest.raises(IntegrityError), desk.transaction() as tx:
            tx.connection.execute(insert(tables.passkeys).values(**row, **whose))


JUNK = ["", "{}", "[]", "null", "x" * 9000, "[" * 5000, '{"id":"é","rawId":"é","type":"public-key","response":{}}']


def test_what_no_browser_sends_is_refused_and_leaves_nothing(one: Passkeyed) -> None:
    before = one.count(tables.ledger), one.count(tables.sent_forms)
    for junk in JUNK:
        assert one.answers(one.asks().sealed, junk) is Refused.WRONG
        assert one.answers("zz", junk) is Refused.LATE
    assert (one.count(tables.ledger), one.count(tables.sent_forms)) == before
    asked = one.do(passkeys.to_add, SITE, MIA, HERE)
    for junk in JUNK:
        assert one.do(adds, MIA, {"challenge": asked.sealed, "passkey": junk}) is Refused.WRONG


def test_each_part_changed_is_refused(one: Passkeyed) -> None:
    device, _ = one.new()
    asked = one.asks()
    good = json.loads(device.get(asked.options))
    parts = [
        ("response", name, b64(bytes(n)))
        for name in ("clientDataJSON", "authenticatorData", "signature", "userHandle")
        for n in (0, 1, 37, 200)
    ]
    for within, name, value in parts:
        changed = good | {within: good[within] | {name: value}}
        assert one.answers(asked.sealed, json.dumps(changed)) is Refused.WRONG, (name, value)
    assert isinstance(one.answers(asked.sealed, json.dumps(good)), Used)


def test_two_registrations_at_once_make_one(desk: Passkeyed) -> None:
    device = Device(SITE.origin)
    asked = [desk.do(passkeys.to_add, SITE, MIA, HERE) for _ in range(2)]
    forms = [{"challenge": each.sealed, "passkey": device.create(each.options)} for each in asked]
    with ThreadPoolExecutor(2) as threads:
        for sent, second in ((forms, Refused.THERE), ([forms[0]] * 2, Refused.LATE)):
            done = list(threads.map(lambda form: desk.do(adds, MIA, form), sent))
            assert second in done
    assert desk.count(tables.passkeys) == 1


def test_ten_and_no_more(one: Passkeyed) -> None:
    for _ in range(passkeys.MOST):
        one.new()
    assert one.add(MIA, Device(SITE.origin)) is Refused.MANY
