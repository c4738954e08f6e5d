"""How a session of the desk's page ends, and how somebody joins: invited once, with a password that is not weak."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from authz import Action, Ask, Grant, Proof
from store import OPERATOR, tables
from store.sign_in import passwords
from store.staff import staff_list
from tests.desk import Desk
from tests.ivr.wire import change, count
from tests.portal.browsing import PASSWORD, Agent, Browser, invitation, scanned

MINUTE, HOUR = 60, 3_600

# --- how it ends


def signed_in(agent: Agent) -> bool:
    return "Code from your authenticator app" not in agent.read("/desk")


def test_it_ends_after_half_an_hour_without_a_deed(desk: Desk) -> None:
    kim = Agent(desk)
    kim.sign_in()
    for _ in range(3):
        desk.pass_time(29 * MINUTE)
        assert signed_in(kim)
    for _ in range(10):
        desk.pass_time(3 * MINUTE)
        kim.client.get("/desk", headers={"X-By-Itself": "1"})
    assert not signed_in(kim), "a page that asks by itself is no deed"


def test_somebody_who_types_on_a_page_that_asks_by_itself_stays(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    for _ in range(20):
        one_desk.pass_time(3 * MINUTE)
        assert kim.client.get("/desk", headers={"X-By-Itself": "1", "X-Active": "1"}).status_code == 200


def test_it_ends_after_ten_hours_whatever_they_do(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    for _ in range(24):
        one_desk.pass_time(25 * MINUTE - 1)
        assert signed_in(kim)
    one_desk.pass_time(2 * MINUTE)
    assert not signed_in(kim)


def test_it_ends_at_sign_out_on_the_server_as_well(one_desk: Desk) -> None:
    kim, thief = Agent(one_desk), Browser(one_desk)
    kim.sign_in()
    thief.client.cookies.update(kim.client.cookies)
    assert "Kim Novak" in thief.read("/desk")
    kim.send("/desk/sign-out")
    assert "Kim Novak" not in thief.read("/desk")


def test_it_ends_when_they_are_suspended(desk: Desk) -> None:
    kim = Agent(desk)
    kim.sign_in()
    assert signed_in(kim)
    member = kim.staff
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert staff_list.suspend(tx, grant, member)
    assert not signed_in(kim)
    assert kim.sign_in().status_code == 403
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert staff_list.resume(tx, grant, member)
    assert not signed_in(kim), "to work again is not to be signed in again"
    assert kim.sign_in().status_code == 200


def test_it_ends_when_they_are_suspended_by_another_way(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    change(one_desk, update(tables.staff).values(suspended_at=one_desk.now))
    assert kim.client.get("/desk", headers={"X-By-Itself": "1"}).status_code == 401
    assert not signed_in(kim)


def test_it_ends_when_they_set_another_password(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    elsewhere = Agent(one_desk)  # the same person joins anew, on another machine
    assert not signed_in(kim)
    assert elsewhere.sign_in().status_code == 200


# --- joining


@pytest.mark.parametrize(
    "password",
    ["seven lamps over the harbour", "kartoffelsalat mit speck", "novak and three green ladders", "a7#kQ9z!pL2mX4v"],
)
def test_b10_a_password_that_is_hard_to_guess_is_taken(password: str) -> None:
    assert passwords.trouble(password, ("agent.kim", "Kim Novak", "desk.sunny-hosting.example")) is None


def test_b10_the_name_of_the_company_counts_for_nothing() -> None:
    assert passwords.trouble("Sunny Hosting 2026", ("desk.sunny-hosting.example",)) == "names"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "Take 15 characters or more"),
        ("agent.kim agent", "Without your name"),
        ("Kim Novak's own", "Without your name"),
        ("deskgate support desk", "the words of this desk"),
        ("P@ssw0rdP@ssw0rd", "repeats itself"),
        ("princessprincess", "repeats itself"),
        ("thisisapassword1", "what very many people choose"),
        ("aaaaaaaaaaaaaaaa", "repeats itself"),
        ("abcabcabcabcabcabc", "repeats itself"),
        ("qwertyuiopasdfgh", "what very many people choose"),
        ("23051984 23051985", "too easy to guess"),
        (
            "ｐａｓｓｗｏｒｄ ｐａｓｓｗｏｒｄ",
            "what very many people choose",
        ),  # in full width: what is judged is what is hashed
        ("ḱíḿćh́éńx́", "too short"),
        ("Summer2026 Summer2026", "repeats itself"),
        ("p-a-s-s-w-o-r-d-1", "what very many people choose"),
        ("ppaasswwoorrdd1", "what very many people choose"),
        ("correct horse battery staple", "what very many people choose"),
        ("!QAZ2wsx#EDC4rfv", "what very many people choose"),
        ('!QAZ"WSX£EDC$RFV', "what very many people choose"),
        ("x" * 201, "too long"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(one_desk: Desk, password: str, why: str) -> None:
    """B10: long is not enough, and whatever is wrong has words that say what to do."""
    browser, link = Browser(one_desk), invitation(one_desk, "agent.kim")
    browser.get(f"/desk/join/{link}")
    code = scanned(browser).at(one_desk.now // 1000)
    browser.send(f"/desk/join/{link}", password=password, again=password, code=code)
    assert why in browser.words
    assert count(one_desk, tables.staff_logins) == 0


def test_the_same_qr_code_is_shown_again_after_a_mistake(one_desk: Desk) -> None:
    browser, link = Browser(one_desk), invitation(one_desk, "agent.kim")
    spelled = browser.get(f"/desk/join/{link}").text.partition("<code>")[2].partition("</code>")[0]
    browser.send(f"/desk/join/{link}", password=PASSWORD, again=PASSWORD, code="000000")
    assert "That code is not right" in browser.words
    assert spelled in browser.text


def test_an_invitation_is_good_once_and_for_a_day(desk: Desk) -> None:
    kim = Agent(desk)
    assert "expired or was already used" in kim.read("/desk/join/" + "x" * 43)
    link = invitation(desk, "agent.kim")
    desk.pass_time(24 * HOUR)
    assert kim.get(f"/desk/join/{link}").status_code == 410
    first, second = invitation(desk, "agent.kim"), invitation(desk, "agent.kim")
    assert kim.get(f"/desk/join/{first}").status_code == 410
    assert kim.get(f"/desk/join/{second}").status_code == 200
