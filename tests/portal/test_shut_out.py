"""What strangers do at the sign-in costs nobody else anything: counted by address, by the clock, in places of their own.

A known browser, a one-time page and a new browser elsewhere go through meanwhile; who is tried at is told, and supervisors.
T7, T9, T34
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import argon2.low_level
import pytest
import structlog
from sqlalchemy import select

from desk.client_address import whence
from store import tables
from store.verification.totp import STEP
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.elsewhere import suspends
from tests.ivr.wire import rows
from tests.portal.browsing import PASSWORD, Agent, Browser, hire
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


def alerts(desk: Desk) -> list[tuple[str, str, str]]:
    a = tables.alerts.c
    return [tuple(row) for row in rows(desk, select(a.kind, a.audience, a.detail).order_by(a.id))]


def new_browser(kim: Agent, address: str = ELSEWHERE) -> tuple[int, str]:
    """Kim signs in, with everything right, in a browser she has not used before: what comes of it."""
    browser = Browser(kim.desk, address)
    kim.desk.now += STEP
    answer = browser.try_to_sign_in(kim.username, PASSWORD, kim.code())
    return answer.status_code, browser.words


def wrong_code(kim: Agent) -> str:
    """Of no moment near this one."""
    good = {kim.app.at(kim.desk.now // 1000 + 30 * step) for step in range(-3, 8)}
    return next(
        code for code in ("000000", *(f"{n}" * 6 for n in range(1, 10)), "123123", "321321") if code not in good
    )


def until(so: Callable[[], bool]) -> bool:
    """Whether it comes to be so before the test gives up."""
    end = time.monotonic() + LONG
    while not so():
        if time.monotonic() > end:
            return False
    return True


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
    assert alerts(desk) == [("signin_address", "supervisors", "203.0.113.7")]
    desk.work()
    assert [event for event in logged if event["event"] == "alert_raised" and event["log_level"] == "critical"]


def test_a1_a_try_refused_at_its_address_leaves_nothing_of_the_name_behind(one_desk: Desk) -> None:
    """Ever new names from one address were 500 rows a second, and a sweep takes 10,000 a minute."""
    stranger = Browser(one_desk, "203.0.113.7")
    for n in range(30):
        stranger.try_to_sign_in(f"made-up-{n}")
    b = tables.budgets.c
    kept = Counter(name.split(":")[1] for (name,) in rows(one_desk, select(b.name).where(b.name.like("signin:%"))))
    assert (kept["from"], kept["near"], kept["new"], kept["pair"]) == (1, 1, 10, 10)


def test_a1_many_addresses_of_one_network_are_one_caller_too(one_desk: Desk) -> None:
    """A /64 counts as one address. Whoever has a whole network of them comes to an end as well, and alone."""
    kim = Agent(one_desk)
    same = [Browser(one_desk, f"2001:db8:1:1::{n:x}") for n in range(1, 12)]
    assert [one.try_to_sign_in("nobody").status_code for one in same] == [403] * 10 + [429]
    near = [Browser(one_desk, f"2001:db8:2:{n:x}::1") for n in range(41)]
    assert [one.try_to_sign_in(f"n{n}").status_code for n, one in enumerate(near)] == [403] * 40 + [429]
    assert new_browser(kim, "2001:db8:3::1")[0] == 200


def test_a1_each_address_is_named_and_of_many_only_the_first(one_desk: Desk) -> None:
    """A second address in the same hour is told too; thousands of them are four alerts an hour."""
    for n in range(1, 7):
        browser = Browser(one_desk, f"203.0.{n}.7")
        for k in range(12):
            browser.try_to_sign_in(f"made-up-{n}-{k}")
    named = [("signin_address", "supervisors", f"203.0.{n}.7") for n in (1, 2, 3)]
    assert alerts(one_desk) == [*named, ("signin_addresses", "supervisors", "")]
    one_desk.pass_time(HOUR)
    for k in range(12):
        browser.try_to_sign_in(f"again-{k}")
    assert alerts(one_desk)[4:] == [("signin_address", "supervisors", "203.0.6.7")]


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
    found = whence({"type": "http", "client": (peer, 1), "headers": headers}, one_desk.settings.proxies)
    assert found[:2] == (address, network)


@pytest.mark.parametrize("known", ["", "1.1795348800000.1795348800000." + "0" * 64])
def test_h13_a_made_up_name_and_a_real_one_cost_the_same(desk: Desk, hashed: list[int], known: str) -> None:
    """Words, statements and hashes, try by try, also when there were too many."""
    Agent(desk)
    hire(desk, "agent.gone", "Jo Gone", "agent")
    Agent(desk, "agent.gone")
    suspends(desk, "agent.gone")
    seen: dict[str, list[tuple[int, str, int, list[str]]]] = {}
    for username in ("warming.up", "agent.kim", "agent.nobody", "lead.ana", "agent.gone"):
        seen[username] = []
        desk.pass_time(DAY)
        for browser in crowd(desk, 17):
            browser.client.cookies.set("deskgate_known", known)
            browser.get("/desk/sign-in")
            hashed.clear()
            sent: list[str] = []
            with watched(desk.store.engine, sent.append):
                answer = browser.send("/desk/sign-in", username=username, password="x" * 15, code="123456")
            seen[username].append((answer.status_code, browser.words, len(hashed), sent))
    assert [one[0] for one in seen["agent.kim"]] == [403] * 15 + [429] * 2
    assert [one[2] for one in seen["agent.kim"]] == [1] * 15 + [0] * 2
    assert all(len(one[3]) >= 5 for one in seen["agent.kim"]), "the statements were not seen"
    assert seen["agent.kim"] == seen["agent.nobody"] == seen["lead.ana"] == seen["agent.gone"]


# --- at one name


def test_a3_what_strangers_do_at_a_name_ends_by_the_clock_and_its_owner_is_told(
    mailing: Desk, mailbox: Mailbox
) -> None:
    kim = Agent(mailing)
    strangers = crowd(mailing, 19)
    assert [one.try_to_sign_in("agent.kim").status_code for one in strangers] == [403] * 15 + [429] * 4
    assert "too many tries with that username" in strangers[-1].words
    assert "possible in 30 min" in strangers[-1].words
    assert new_browser(kim)[0] == 429
    assert kim.sign_in().status_code == 200, "a browser she has signed in with"
    mailing.pass_time(HOUR // 2)
    assert new_browser(kim)[0] == 200
    mailing.work()
    assert [(kind, audience) for kind, audience, _ in alerts(mailing)] == [("signin_tried", "supervisors")]
    (told,) = mailbox.to("kim@desk.example")
    assert "tried to sign in to the desk's page with your username" in told


def test_a3_one_address_that_tries_on_and_on_keeps_a_username_from_nobody_elsewhere(one_desk: Desk) -> None:
    """A try a minute takes whatever comes back for strangers; some is kept for networks that have hardly tried."""
    kim, stranger, said = Agent(one_desk), Browser(one_desk, "203.0.113.9"), list[int]()
    for _ in range(45):
        said.append(stranger.try_to_sign_in("agent.kim").status_code)
        one_desk.pass_time(MINUTE)
    assert said.count(403) == 11, "ten, and what came back in 45 minutes"
    assert [new_browser(kim, f"198.51.{n}.20")[0] for n in range(10)] == [200] * 10
    assert new_browser(kim, "203.0.113.20")[0] == 429, "from the stranger's network"
    one_desk.work()
    assert [(kind, detail) for kind, _, detail in alerts(one_desk)][:1] == [("signin_address", "203.0.113.9")]


def test_a3_the_networks_of_one_ipv6_allocation_are_one(one_desk: Desk) -> None:
    """Sixteen /48s are a /44, which one person has: they kept a new browser with everything right out for as long as they went on."""
    kim = Agent(one_desk)
    one_desk.pass_time(DAY)
    for n in range(50):
        Browser(one_desk, f"2a0e:b107:{n:x}::1").try_to_sign_in("agent.kim")
        one_desk.pass_time(90)
    assert new_browser(kim)[0] == 200
    assert new_browser(kim, "2a0e:b108::1")[0] == 200, "another allocation is another network"


def test_a3_a_try_refused_at_the_username_counts_for_its_address(one_desk: Desk) -> None:
    for one in crowd(one_desk, 15):
        one.try_to_sign_in("agent.kim")
    late = Browser(one_desk, ELSEWHERE)
    for _ in range(10):
        assert late.try_to_sign_in("agent.kim").status_code == 429
        assert "too many tries with that username" in late.words
    late.try_to_sign_in("agent.kim")
    assert "too many tries from where you are" in late.words


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


def test_a3_codes_used_up_in_a_known_browser_are_said_with_the_wait_and_told(mailing: Desk, mailbox: Mailbox) -> None:
    """A right code after five wrong ones is not "did not match": it is refused, until when the page says."""
    kim = Agent(mailing)
    for _ in range(5):
        assert kim.sign_in(code=wrong_code(kim)).status_code == 403
    assert "five wrong codes with the right password" in kim.words
    answer = kim.sign_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(2 * HOUR - 5 * STEP // 1000))
    assert "no code is taken in this browser for now. One more is possible in 118 min" in kim.words
    assert new_browser(kim)[0] == 200, "elsewhere codes are counted apart"
    mailing.pass_time(MINUTE)
    mailing.work()
    assert [kind for kind, _, _ in alerts(mailing)] == ["signin_codes_spent"]
    assert "five wrong codes in a browser you have signed in with" in mailbox.to("kim@desk.example")[0]
    mailing.pass_time(2 * HOUR)
    assert kim.sign_in().status_code == 200


def test_a3_a_new_browser_is_not_told_that_the_password_was_right(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    strangers = crowd(one_desk, 8)
    for one in strangers[:5]:
        one.try_to_sign_in("agent.kim", PASSWORD, wrong_code(kim))
    right = strangers[5].try_to_sign_in("agent.kim", PASSWORD, wrong_code(kim))
    wrong = strangers[6].try_to_sign_in("agent.kim", code=wrong_code(kim))
    assert (right.status_code, strangers[5].words) == (wrong.status_code, strangers[6].words)
