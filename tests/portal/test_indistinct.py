"""Who asks at a door that is open to all finds out nothing by how long it takes: for what is there, was there or is another's, and for what was made up, the same is read and written (T9)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from authz import Subject
from store.codes import one_time_links
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from tests.desk import PUBLIC, Desk
from tests.passkey_device import Device
from tests.portal.browsing import Browser
from tests.portal.passkeying import MIA, asked, guest, passkey_fields, touches
from tests.statements import watched

Do = Callable[[], int]
Pair = tuple[str, Do, Do]
"""What is asked for, once as it is there and once as it is not; each does it and says the status."""
WAYS: Final = {"invitation": "/join/{}", "enrol": "/enrol/{}", "pin": "/pin/{}", "join": "/desk/join/{}"}
FILLED: Final = {"code": "123456", "password": "seven herons at the quay", "again": "seven herons at the quay"}


def link(desk: Desk, kind: str) -> str:
    with desk.store.transaction("test") as tx:
        return one_time_links.issue(tx, kind, Subject.of_staff(1) if kind == "join" else MIA)


def ended(desk: Desk, kind: str) -> str:
    """One that was good until a newer one was made."""
    first, _ = link(desk, kind), link(desk, kind)
    return first


def used(desk: Desk, kind: str) -> str:
    made = link(desk, kind)
    with desk.store.transaction("test") as tx:
        assert one_time_links.use(tx, kind, made)
    return made


def of_another_page(desk: Desk, kind: str) -> str:
    return link(desk, "enrol" if kind == "pin" else "pin")


def page(desk: Desk, path: str, cookie: str = "", **filled: str) -> Do:
    """Opened again and again, or a form sent there."""
    stranger = Browser(desk)
    stranger.get("/recover")
    token = stranger.fields("/recover")["token"]
    if cookie:
        stranger.client.cookies.set("deskgate_account", cookie)
    if filled:
        return lambda: (
            stranger.client.post(path, data={"token": token, **filled}, headers={"Origin": PUBLIC}).status_code
        )
    return lambda: stranger.client.get(path).status_code


def passkey(desk: Desk, of: Device) -> Do:
    """Somebody who has the credential's id, and perhaps its handle, and not its key."""
    stranger, forged = Browser(desk), Device(PUBLIC, id=of.id, handle=of.handle)
    stranger.get("/sign-in")

    def do() -> int:
        options = asked(stranger, "/sign-in/passkey")[1]
        answer = forged.get(options, host=json.loads(options)["rpId"])
        return stranger.post(
            "/sign-in/passkey", passkey_fields(stranger, "/sign-in/passkey") | {"passkey": answer}
        ).status_code

    return do


def passkeys(desk: Desk) -> Iterator[Pair]:
    browser, mine, none = Browser(desk), Device(PUBLIC), Device(PUBLIC, handle=b"x" * 32)
    browser.get(at := guest(desk))
    touches(browser, mine, f"{at}/passkey")
    yield "passkey, by id and handle", passkey(desk, mine), passkey(desk, none)
    yield "passkey, by id", passkey(desk, Device(PUBLIC, id=mine.id, handle=none.handle)), passkey(desk, none)


def pages(desk: Desk) -> Iterator[Pair]:
    for kind, way in WAYS.items():
        made_up = way.format("x" * 43)
        for was in (ended, used, of_another_page):
            there = way.format(was(desk, kind))
            yield f"{there[:-43]}, {was.__name__}", page(desk, there), page(desk, made_up)
            yield f"{there[:-43]}, {was.__name__}, sent", page(desk, there, **FILLED), page(desk, made_up, **FILLED)
    with desk.store.transaction("test") as tx:
        over = sessions.begin(tx, CUSTOMERS, MIA.person)
        sessions.end(tx, CUSTOMERS, over)
    made_up = "x" * len(over)
    yield "/me/pin", page(desk, "/me/pin", over), page(desk, "/me/pin", made_up)


def recovers(desk: Desk) -> Iterator[Pair]:
    yield "/recover", page(desk, "/recover", username="mia.chen"), page(desk, "/recover", username="mia.nobody")


def test_the_same_is_read_and_written(one_desk: Desk) -> None:
    asked_for = 0
    for pairs in (passkeys, pages, recovers):
        for name, *both in pairs(one_desk):
            taken: list[tuple[int, list[str]]] = []
            for do in both:
                do()  # what a browser's first visit brings along is not compared
                sent: list[str] = []
                with watched(one_desk.store.engine, sent.append):
                    taken.append((do(), sent))
            assert taken[0] == taken[1], name
            assert [one for one in taken[0][1] if not one.startswith("BEGIN")], f"{name}: looked for"
            asked_for += 1
    assert asked_for == 2 + 6 * len(WAYS) + 2
