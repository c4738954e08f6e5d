"""T49, a display shows the wall with nobody signed in: opened by a supervisor, by the code it shows; the wall alone, until it is withdrawn or over."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from store import tables
from store.staff import wall_displays
from tests.desk import Desk
from tests.ivr.switchboard import asks
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser
from tests.portal.full_house import ANA, KIM, staff
from tests.portal.walls import AT, CODE, code, opens, shown
from tests.serving import serving

DAY = 24 * 3_600


def is_dark(display: Browser) -> bool:
    poll = display.client.get(AT, headers={"X-By-Itself": "1"})
    return CODE.search(display.get(AT).text) is not None and poll.status_code == 403


def test_it_shows_the_wall_and_opens_nothing_else(desk: Desk) -> None:
    mia = asks(desk)
    display = shown(desk)
    assert "1 waiting" in display.words
    assert not [word for word in ("Mia Chen", "Tideworks", "400639", "Sign out", "<form") if word in display.text]
    for path in ("/desk", "/desk/wall", "/desk/tickets", "/desk/staff", "/desk/ringing"):
        assert "Sign in" in display.read(path), path
    assert display.client.get("/desk/events").status_code == 401
    for path in ("/desk/away", "/desk/staff/displays", AT):
        form = {"token": "x" * 43 + "." + "y" * 20}
        assert display.client.post(path, data=form, headers={"Origin": "https://desk.example"}).status_code in (
            403,
            405,
        )
    mia.hang_up()
    tokens = {display.client.cookies[name] for name in display.client.cookies if "display" in name}
    kept = rows(desk, select(tables.wall_displays.c.digest, tables.wall_displays.c.code))
    assert len(tokens) == len(kept) == 1
    assert kept[0].code is None
    assert not tokens & {kept[0].digest}


def test_it_goes_on_when_whoever_opened_it_has_gone_home_and_ends_after_thirty_days(desk: Desk) -> None:
    display = shown(desk)
    desk.pass_time(29 * DAY)
    assert "Sign in" in staff(desk, KIM).read("/desk/sign-in")
    assert "waiting" in display.read(AT)
    desk.pass_time(DAY + 1)
    assert is_dark(display)


def test_it_is_seen_on_the_staff_page_withdrawn_there_and_in_the_ledger(desk: Desk) -> None:
    display, ana = shown(desk), staff(desk, ANA)
    assert "Kitchen last seen" in ana.read("/desk/staff")
    assert "opened by Ana Brandt" in ana.words
    ana.send("/desk/staff/displays/1/withdraw")
    assert "that display shows nothing any more" in ana.words
    assert "Kitchen" not in ana.words
    assert is_dark(display)
    ana.post("/desk/staff/displays/1/withdraw", ana.fields("/desk/sign-out"))
    assert "it was so already" in ana.words
    e = tables.ledger.c
    said = rows(desk, select(e.who, e.action, e.channel, e.fields))
    told = " ".join(str(row.fields) for row in said)
    assert "wall_opened:1" in told
    assert "wall_withdrawn:1" in told
    assert [str(row.who) for row in said if row.action == "wall.display"] == [f"staff:{ANA}"]
    assert {row.action for row in said if row.channel == "wall"} == {
        "wall.display",
        "desk.proof.ask",
        "desk.ticket.work",
    }


def test_it_goes_dark_when_whoever_opened_it_leads_no_more(desk: Desk) -> None:
    s = tables.staff
    for gone in ({"role": "agent"}, {"suspended_at": 1}):
        display = shown(desk)
        change(desk, update(s).where(s.c.id == ANA).values(**gone))
        assert is_dark(display), gone
        change(desk, update(s).where(s.c.id == ANA).values(role="supervisor", suspended_at=None))


def test_a_code_is_good_once_and_for_ten_minutes(desk: Desk) -> None:
    first, ana = Browser(desk), staff(desk, ANA)
    typed = code(first)
    other = Browser(desk)
    other.client.cookies.update(first.client.cookies)
    assert "has the wall" in opens(ana, typed)
    assert "waiting" in first.read(AT)
    assert is_dark(other)
    late = Browser(desk)
    opens(ana, code(late), "Hall")
    desk.pass_time(10 * 60 + 1)
    assert is_dark(late)
    assert "Hall" not in staff(desk, ANA).read("/desk/staff")
    desk.work()
    assert count(desk, tables.wall_displays) in (1, 2)


def test_a_stranger_leaves_nothing_behind(one_desk: Desk) -> None:
    codes = {code(Browser(one_desk)) for _ in range(5)}
    assert len(codes) == 5
    assert count(one_desk, tables.wall_displays) == 0
    forged = Browser(one_desk)
    forged.client.cookies.set("deskgate_display", "x" * 43)
    assert is_dark(forged)


def test_what_is_no_code_or_has_no_name_opens_nothing(one_desk: Desk) -> None:
    ana = staff(one_desk, ANA)
    assert "type the eight letters" in opens(ana, "12345678")
    assert 'value="Kitchen"' in ana.text
    assert "write where the display stands" in opens(ana, "BCDF-GHJK", " ")
    assert "has the wall" in opens(ana, "BCDF-GHJK")
    assert "Kitchen not there yet" in ana.words
    assert "Nothing was opened" in opens(ana, "bcdfghjk")
    assert count(one_desk, tables.wall_displays) == 1


def test_twenty_displays_and_no_more(one_desk: Desk) -> None:
    ana, letters = staff(one_desk, ANA), "BCDFGHJKLMNPQRSTVWXZ"
    for letter in letters[: wall_displays.MOST]:
        assert "has the wall" in opens(ana, letter * 8)
    assert "twenty displays have the wall" in opens(ana, "BCDF-GHJK")


def test_agents_open_and_withdraw_none(desk: Desk) -> None:
    display, kim = shown(desk), staff(desk, KIM)
    kim.get("/desk")
    token = kim.fields("/desk/sign-out")
    assert kim.post("/desk/staff/displays", token | {"code": "BCDF-GHJK", "title": "x"}).status_code == 404
    assert kim.post("/desk/staff/displays/1/withdraw", token).status_code == 404
    assert "waiting" in display.read(AT)


def test_what_is_as_it_was_is_not_told_again(desk: Desk) -> None:
    display = shown(desk)
    stamp = display.get(AT).headers.get("X-Stamp", "")
    again = display.client.get(f"{AT}?stamp={stamp}", headers={"X-By-Itself": "1"})
    assert (again.status_code, again.content) == (204, b"")
    asks(desk)
    part = display.client.get(f"{AT}?stamp={stamp}", headers={"X-By-Itself": "1"})
    assert part.status_code == 200
    assert "<html" not in part.text


def test_in_a_browser_it_changes_by_itself(page: Page, one_desk: Desk) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with serving(one_desk.app) as server:
        page.goto(f"{server.url}{AT}")
        assert "has the wall" in opens(staff(one_desk, ANA), page.locator(".code").inner_text())
        expect(page.locator(".tile").first).to_contain_text("0 waiting")
        asks(one_desk)
        expect(page.locator(".tile").first).to_contain_text("1 waiting")
        assert page.locator("a, button, input").count() == 0
        page.goto("about:blank")
    assert errors == []
