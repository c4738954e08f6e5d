"""Whoever is away has a phone that does not ring, and colleagues who see it; what rings stands on every page of the desk, and is heard where it is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from store import tables
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.switchboard import CALLBACK, asks, rings, taken, tickets
from tests.ivr.wire import change
from tests.portal.browsing import DAY, Agent
from tests.portal.test_card import signed_in
from tests.portal.test_card_in_a_browser import Watched, watched

__all__ = ["watched"]
KIMS, ANAS = "+441632960008", "+441632960009"
HEARS = """
    window.notified = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) {
        const seen = document.documentElement.dataset;
        seen.tones = Number(seen.tones ?? 0) + 1;
        return start.call(this, at);
    };
    Object.defineProperty(document, "hidden", { get: () => Boolean(window.away) });
    window.Notification = class { constructor(words) { window.notified.push(words); } static permission = "granted"; };
"""


@pytest.fixture
def two(sample_sqlite: str) -> Iterator[tuple[Desk, Agent, Agent]]:
    """Kim and Ana, each with a phone of her own."""
    desk = Desk(sample_sqlite, **ACCOUNT | {"agent_number": f"{KIMS},{ANAS}"})
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    for agent, phone in ((kim, KIMS), (ana, ANAS)):
        change(desk, update(tables.staff).where(tables.staff.c.id == agent.staff).values(phone=phone))
        agent.get("/desk")
    yield desk, kim, ana
    desk.close()


def ringing(desk: Desk) -> list[str]:
    return [phone.called for phone in rings(desk)]


def test_the_phone_of_whoever_is_away_does_not_ring_until_the_clock_brings_them_back(
    two: tuple[Desk, Agent, Agent],
) -> None:
    desk, kim, ana = two
    kim.send("/desk/away", minutes="30")
    assert re.search(r"You are away, back at 12:3\d UTC", kim.words)
    assert "Away: Kim Novak, back at" in ana.read("/desk")
    asks(desk).hang_up()
    mia = asks(desk)
    assert ringing(desk) == [ANAS]
    mia.hang_up()
    desk.pass_time(31 * 60)
    ana.sign_in()
    assert "Away: Kim Novak" not in ana.read("/desk")
    asks(desk)
    assert ringing(desk) == [KIMS, ANAS]


def test_whoever_goes_away_while_it_rings_hears_it_no_more_and_is_back_by_a_press(
    two: tuple[Desk, Agent, Agent],
) -> None:
    desk, kim, ana = two
    mia = asks(desk)
    assert ringing(desk) == [KIMS, ANAS]
    kim.send("/desk/away", minutes="")
    desk.work()
    assert ringing(desk) == [ANAS]
    assert "Away: Kim Novak." in ana.read("/desk")
    kim.send("/desk/back")
    assert "You are back." in kim.words
    mia.hang_up()
    desk.work()
    asks(desk)
    assert ringing(desk) == [KIMS, ANAS]


def test_whoever_is_back_is_rung_for_a_caller_who_waits_already(two: tuple[Desk, Agent, Agent]) -> None:
    """By the clock; by a press, and once for all that the clock comes then; whether it had rung before they went or not."""
    desk, kim, ana = two
    kim.send("/desk/away", minutes="15")
    desk.pass_time(15 * 60 - 40)
    mia = asks(desk)
    assert ringing(desk) == [ANAS]
    desk.pass_time(40)
    desk.work()
    assert ringing(desk) == [KIMS, ANAS]
    mia.hang_up()
    desk.work()

    kim.get("/desk")
    kim.send("/desk/away", minutes="15")
    desk.pass_time(15 * 60 - 20)
    asks(desk)
    kim.send("/desk/back")
    desk.work()
    assert ringing(desk) == [KIMS, ANAS]
    desk.pass_time(20)
    desk.work()
    assert ringing(desk) == [KIMS, ANAS]
    ana.sign_in()
    ana.send("/desk/away", minutes="")
    desk.work()
    assert ringing(desk) == [KIMS]
    ana.send("/desk/back")
    desk.work()
    assert ringing(desk) == [KIMS, ANAS]


def test_a_phone_that_waits_its_turn_does_not_ring_for_whoever_has_gone_away_meanwhile(
    two: tuple[Desk, Agent, Agent],
) -> None:
    desk, kim, _ana = two
    mia = desk.exchange.phone("+441632960108")
    mia.dial()
    for keys in ("#", "17846325#", "0"):
        mia.press(keys)
    kim.send("/desk/away", minutes="15")
    desk.work()
    assert ringing(desk) == [ANAS]


def test_where_all_are_away_the_caller_is_called_back_and_an_emergency_rings_all_the_same(
    two: tuple[Desk, Agent, Agent],
) -> None:
    desk, kim, ana = two
    for agent in (kim, ana):
        agent.send("/desk/away", minutes="60")
    asks(desk).hang_up()
    assert ringing(desk) == []
    assert tickets(desk) == [CALLBACK]
    asks(desk, key="5")
    assert ringing(desk) == [KIMS, ANAS]


def test_a_phone_that_two_share_rings_while_one_of_them_is_there(two: tuple[Desk, Agent, Agent]) -> None:
    desk, kim, ana = two
    change(desk, update(tables.staff).where(tables.staff.c.id == ana.staff).values(phone=KIMS))
    kim.send("/desk/away", minutes="15")
    asks(desk)
    assert KIMS in ringing(desk)


def test_every_page_says_what_rings_and_whether_it_is_to_be_heard(two: tuple[Desk, Agent, Agent]) -> None:
    desk, kim, ana = two
    assert 'data-from="/desk/ringing"' in kim.get("/desk/tickets").text
    asks(desk)
    part = {"X-By-Itself": "1"}
    bar = kim.get("/desk/ringing", **part).text
    assert f'key <b class="digits">{kim.digits()["1"]}</b>' in bar
    assert 'data-waiting="1" data-emergencies="0"' in bar
    assert 'data-sound="on"' in bar
    assert "Mia" not in bar
    kim.get("/desk")
    kim.send("/desk/sound", sound="off")
    assert "Your pages make no sound now." in kim.words
    assert 'data-sound="off"' in kim.get("/desk/ringing", **part).text
    ana.send("/desk/away", minutes="15")
    assert 'data-sound="off"' in ana.get("/desk/ringing", **part).text
    s = tables.staff_sessions.c
    change(desk, tables.staff_sessions.update().where(s.staff_id == kim.staff).values(seen_at=s.seen_at - DAY))
    assert kim.get("/desk/ringing", **part).status_code == 401


def test_a_call_that_rings_is_noticed_on_another_page_and_behind_another_tab(watched: Watched) -> None:
    """Counted in the title, heard once, and notified; an emergency is heard until somebody takes it."""
    page = watched.page
    page.add_init_script(HEARS)
    page.goto(f"{watched.url}/desk/tickets")
    page.locator("h1").click()  # a browser lets nothing sound before
    expect(page).to_have_title("Tickets · Support desk")
    expect(page.locator("#rings")).to_have_attribute("data-waiting", "0")
    page.evaluate("window.away = true")
    mia = asks(watched.desk)
    expect(page).to_have_title("(1) Tickets · Support desk")
    heard = page.locator("html")
    expect(heard).to_have_attribute("data-tones", "2")
    assert page.evaluate("window.notified") == ["A caller waits"]
    bar = page.locator("#rings")
    expect(bar).to_contain_text("1 waiting")
    assert "Mia" not in bar.inner_text()
    taken(watched.desk, mia, bar.locator(".digits").inner_text())
    expect(page).to_have_title("Tickets · Support desk")
    mia.hang_up()
    watched.desk.work()
    mia = asks(watched.desk, key="5")
    expect(page).to_have_title("(1) Emergency · Tickets · Support desk")
    expect(page.get_by_role("alert").filter(has_text="Emergency.")).to_be_visible()
    expect(heard).to_have_attribute("data-tones", re.compile("[6-9]"))
    assert page.evaluate("window.notified")[1:] == ["Emergency: a caller waits"]
    mia.hang_up()
    watched.desk.work()
    expect(page).to_have_title("Tickets · Support desk")
