"""What strangers do at the sign-in costs nobody else anything: counted by address, by the clock, in places of their own.

A known browser, a one-time page and a new browser elsewhere go through meanwhile; who is tried at is told, and those who lead.
T7, T9, T34
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import argon2.low_level
import pytest
import structlog
from fastapi import Request
from sqlalchemy import select

from portal.lanes import Full, Lane
from portal.whence import whence
from store import logins, tables
from store.authenticators import STEP
from tests.desk import Desk
from tests.doors.mailbox import Mailbox
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import rows
from tests.portal.browsing import PASSWORD, Agent, Browser, invitation
from tests.portal.test_enrol import link_for
from tests.statements import watched

MINUTE, HOUR, DAY = 60, 3_600, 86_400
ELSEWHERE = "198.51.100.20"
LONG = 20.0  # seconds until a test gives up


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each hash."""
    seen: list[int] = []
    for name in ("hash_secret", "verify_secret"):
        real = getattr(argon2.low_level, name)

        def watch(*given: Any, real: Any = real, **named: Any) -> Any:
            seen.append(1)
            return real(*given, **named)

        monkeypatch.setattr(argon2.low_level, name, watch)
        monkeypatch.setattr(argon2._password_hasher, name, watch)
    return seen


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def mailing(sample_url: str, mailbox: Mailbox) -> Iterator[Desk]:
    desk = Desk(sample_url, **ACCOUNT, smtp_url=mailbox.url, mail_from="desk@desk.example")
    yield desk
    desk.close()


def alerts(desk: Desk) -> list[tuple[str, str, str]]:
    a = tables.alerts.c
    return [tuple(row) for row in rows(desk, select(a.kind, a.audience, a.detail).order_by(a.id))]


def new_browser(kim: Agent, address: str = ELSEWHERE) -> tuple[int, str]:
    """Kim signs in, with everything right, in a browser she has not used before: what comes of it."""
    browser = Browser(kim.desk, address)
    kim.desk.now += STEP
    answer = browser.try_to_sign_in(kim.username, PASSWORD, kim.code())
    return answer.status_code, browser.words


def crowd(desk: Desk, many: int) -> list[Browser]:
    """As many strangers, each with a network of their own."""
    return [Browser(desk, f"203.{n // 200}.{n % 200}.5") for n in range(many)]


# --- from one address


def test_a1_one_address_that_tries_and_tries_shuts_out_nobody_but_itself(
    desk: Desk, hashed: list[int], logged: list[structlog.typing.EventDict]
) -> None:
    kim, stranger = Agent(desk), Browser(desk, "203.0.113.7")
    hashed.clear()
    said = [stranger.try_to_sign_in(f"made-up-{n}").status_code for n in range(60)]
    assert said == [403] * 10 + [429] * 50
    assert len(hashed) == 10, "what is refused is not hashed"
    assert "too many tries from where you are" in stranger.words
    assert "possible in 1 min" in stranger.words
    assert stranger.page is not None
    assert stranger.page.headers["Retry-After"] == "60"
    assert new_browser(kim, "203.0.113.7")[0] == 429
    assert kim.sign_in().status_code == 200, "a known browser"
    assert new_browser(kim)[0] == 200, "a new one, elsewhere"
    assert new_browser(kim, "203.0.113.7")[0] == 200, "by the clock"
    assert alerts(desk) == [("signin_address", "leads", "203.0.113.7")]
    desk.work()
    assert [event for event in logged if event["event"] == "alert" and event["log_level"] == "critical"]


def test_a1_many_addresses_of_one_network_are_one_caller_too(one_desk: Desk) -> None:
    """A /64 counts as one address. Whoever has a whole network of them comes to an end as well, and alone."""
    kim = Agent(one_desk)
    same = [Browser(one_desk, f"2001:db8:1:1::{n:x}") for n in range(1, 12)]
    assert [one.try_to_sign_in("nobody").status_code for one in same] == [403] * 10 + [429]
    near = [Browser(one_desk, f"2001:db8:2:{n:x}::1") for n in range(41)]
    assert [one.try_to_sign_in(f"n{n}").status_code for n, one in enumerate(near)] == [403] * 40 + [429]
    assert new_browser(kim, "2001:db8:3::1")[0] == 200


@pytest.mark.parametrize(
    ("peer", "said", "address", "network"),
    [
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7", "203.0.113.0/24"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.7"], "203.0.113.7", "203.0.113.0/24"),
        ("127.0.0.1", ["1.2.3.4", "203.0.113.7, 127.0.0.1"], "203.0.113.7", "203.0.113.0/24"),
        ("127.0.0.1", ["203.0.113.7, nonsense"], "127.0.0.1", "127.0.0.0/24"),
        ("127.0.0.1", [], "127.0.0.1", "127.0.0.0/24"),
        ("198.51.100.9", ["203.0.113.7"], "198.51.100.9", "198.51.100.0/24"),
        ("127.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7", "203.0.113.0/24"),
        ("127.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("testclient", ["203.0.113.7"], "unknown", "unknown"),
    ],
)
def test_a1_only_the_proxy_is_believed_about_an_address(
    one_desk: Desk, peer: str, said: list[str], address: str, network: str
) -> None:
    headers = [(b"x-forwarded-for", one.encode()) for one in said]
    found = whence(Request({"type": "http", "client": (peer, 1), "headers": headers}), one_desk.settings.proxies)
    assert found[:2] == (address, network)


@pytest.mark.parametrize("known", ["", "1.1795348800000.1795348800000." + "0" * 64])
def test_h13_a_made_up_name_and_a_real_one_cost_the_same(desk: Desk, hashed: list[int], known: str) -> None:
    """Words, statements and hashes, try by try, also when there were too many."""
    Agent(desk)
    seen: dict[str, list[tuple[int, str, int, list[str]]]] = {}
    for username in ("warming.up", "agent.kim", "agent.nobody", "lead.ana"):
        seen[username] = []
        desk.pass_time(DAY)
        for browser in crowd(desk, 12):
            browser.client.cookies.set("deskgate_known", known)
            browser.get("/desk/sign-in")
            hashed.clear()
            sent: list[str] = []
            with watched(desk.store.engine, sent.append):
                answer = browser.send("/desk/sign-in", username=username, password="x" * 15, code="123456")
            seen[username].append((answer.status_code, browser.words, len(hashed), sent))
    assert [one[0] for one in seen["agent.kim"]] == [403] * 10 + [429] * 2
    assert [one[2] for one in seen["agent.kim"]] == [1] * 10 + [0] * 2
    assert all(len(one[3]) >= 5 for one in seen["agent.kim"]), "the statements were not seen"
    assert seen["agent.kim"] == seen["agent.nobody"] == seen["lead.ana"]


# --- at one name


def test_a3_what_strangers_do_at_a_name_ends_by_the_clock_and_its_owner_is_told(
    mailing: Desk, mailbox: Mailbox
) -> None:
    kim = Agent(mailing)
    strangers = crowd(mailing, 14)
    assert [one.try_to_sign_in("agent.kim").status_code for one in strangers] == [403] * 10 + [429] * 4
    assert "too many tries with that username" in strangers[-1].words
    assert "possible in 30 min" in strangers[-1].words
    assert new_browser(kim)[0] == 429
    assert kim.sign_in().status_code == 200, "a browser she has signed in with"
    mailing.pass_time(HOUR // 2)
    assert new_browser(kim)[0] == 200
    mailing.work()
    assert [(kind, audience) for kind, audience, _ in alerts(mailing)] == [("signin_tried", "leads")]
    (told,) = mailbox.to("kim@desk.example")
    assert "tried to sign in to the desk's page with your username" in told


def test_a3_no_number_of_mistyped_passwords_ends_a_password(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    for _ in range(40):
        assert kim.sign_in(password="mistyped, once more").status_code == 403
        one_desk.pass_time(10 * MINUTE)
    assert kim.sign_in().status_code == 200


def test_a3_codes_bound_who_knows_the_password(mailing: Desk, mailbox: Mailbox) -> None:
    """Five wrong ones, and then one every two hours; the owner is told at the first."""
    kim = Agent(mailing)
    wrong = "000000" if kim.code() != "000000" else "111111"
    strangers = crowd(mailing, 6)
    strangers[0].try_to_sign_in("agent.kim", PASSWORD, wrong)
    mailing.pass_time(MINUTE)
    mailing.work()
    assert [kind for kind, _, _ in alerts(mailing)] == ["signin_code"]
    assert "ask the operator for a new link to join" in mailbox.to("kim@desk.example")[0]
    for one in strangers[1:5]:
        assert one.try_to_sign_in("agent.kim", PASSWORD, wrong).status_code == 403
    assert new_browser(kim)[0] == 403, "even the right one"
    assert kim.sign_in().status_code == 200
    mailing.pass_time(2 * HOUR)
    assert new_browser(kim)[0] == 200


# --- places


def test_a2_strangers_who_keep_their_places_busy_are_in_nobodys_way(one_desk: Desk) -> None:
    """Everything strangers can keep busy is: their pool, their threads, all their places. Nobody waits for the clock here."""
    kim, door = Agent(one_desk), one_desk.house.portal
    enrol, join = link_for(one_desk), f"/desk/join/{invitation(one_desk, 'lead.ana')}"
    let_go, busy = threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        assert let_go.wait(LONG)

    assert door.strangers.admit()
    held = [threading.Thread(target=door.strangers.run, args=(hold,))]
    held[0].start()
    assert busy.wait(LONG)
    waiting = crowd(one_desk, 40)
    forms = [one for one in waiting if one.get("/desk/sign-in").status_code == 200]
    assert len(forms) == 40
    held += [threading.Thread(target=one.send, args=("/desk/sign-in",), kwargs={"username": "x"}) for one in forms]
    try:
        for one in held[1:]:
            one.start()
        late = Browser(one_desk, ELSEWHERE)
        while late.get("/desk/sign-in").status_code != 503:
            pass
        assert "Too many are here at once" in late.words
        assert kim.sign_in().status_code == 200
        assert kim.get("/desk/tickets").status_code == 200
        assert Browser(one_desk, ELSEWHERE).get(enrol).status_code == 200
        ana = Browser(one_desk, ELSEWHERE)
        ana.get(join)
        assert ana.send(join, password=PASSWORD, again="another", code="1").status_code == 422
    finally:
        let_go.set()
        for one in held:
            one.join(LONG)


def test_a2_one_address_has_a_few_places_and_leaves_the_others() -> None:
    lane, let_go = Lane("test", threads=1, places=3, each=2), threading.Event()

    async def told() -> list[bool]:
        """Whoever finds no place hears so before anybody is let go."""
        come = [asyncio.ensure_future(lane.do(address, let_go.wait, LONG)) for address in ("a", "a", "a", "b", "c")]
        refused = [isinstance(fault, Full) for fault in await asyncio.gather(come[2], come[4], return_exceptions=True)]
        let_go.set()
        return refused + [await one for one in (come[0], come[1], come[3])]

    assert asyncio.run(told()) == [True] * 5
    assert asyncio.run(lane.do("a", lambda: True))


def test_a_mark_is_good_for_90_days_and_not_to_be_forged(one_desk: Desk) -> None:
    kim, keys, now = Agent(one_desk), one_desk.store.keys, one_desk.now
    mark = kim.client.cookies["deskgate_known"]
    staff, at, since, seal = mark.split(".")
    assert logins.is_marked(keys, mark, now)
    assert not logins.is_marked(keys, mark, now + logins.KNOWN_FOR)
    for forged in ("", mark[:-1], f"{staff}0.{at}.{since}.{seal}", f"{staff}.{at}0.{since}.{seal}", f"{mark}.x", "..."):
        assert not logins.is_marked(keys, forged, now)


def test_a_mark_is_of_its_owner_and_of_their_password_alone(one_desk: Desk) -> None:
    """In a browser marked as Kim's somebody who tries at Ana's username is a stranger; so is who was marked before Kim joined anew."""
    kim = Agent(one_desk)
    Agent(one_desk, "lead.ana")
    old = Browser(one_desk, ELSEWHERE)
    old.client.cookies.set("deskgate_known", kim.client.cookies["deskgate_known"])
    assert [old.try_to_sign_in("lead.ana").status_code for _ in range(11)] == [403] * 10 + [429]
    one_desk.pass_time(MINUTE)
    kim.join()
    assert [old.try_to_sign_in("agent.kim").status_code for _ in range(2)] == [403, 429]
