"""Getting in, and getting no further: passwords, codes, counted attempts, forms of other sites, and how a session ends."""

from __future__ import annotations

import re

import pyotp
import pytest
import structlog
from sqlalchemy import select

from deskgate.request_bodies import PAGES
from portal.web import responses
from portal.web.visit import MOST_FIELDS, look
from store import tables
from store.sign_in.realms import STAFF
from store.verification.totp import STEP
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.elsewhere import suspends
from tests.ivr.wire import count
from tests.portal.browsing import PASSWORD, Agent, Browser, hire, invitation
from tests.statements import watched

STRANGE = [
    "/desk",
    "/desk/tickets",
    "/desk/tickets/1",
    "/desk/account/200417",
    "/desk/supervisors",
    "/desk/calls/1",
    "/desk/x/y",
]


def test_password_and_code_open_the_page(desk: Desk) -> None:
    kim = Agent(desk)
    before = count(desk, tables.staff_sessions)
    assert kim.sign_in().status_code == 200
    assert "Kim Novak agent" in kim.words
    assert "You have no call" in kim.words
    assert count(desk, tables.staff_sessions) == before + 1


def test_whatever_was_wrong_the_answer_is_the_same(desk: Desk) -> None:
    kim, said = Agent(desk), set()
    before = count(desk, tables.staff_sessions)
    desk.now += STEP
    code = kim.code()
    for username, password, digits in (
        ("agent.kim", "seven lamps over the water", code),
        ("agent.kim", PASSWORD, "000000" if code != "000000" else "111111"),
        ("agent.kim", PASSWORD, ""),
        ("agent.nobody", PASSWORD, code),
        ("lead.ana", PASSWORD, code),  # is there, and has never joined
        ("", "", ""),
    ):
        kim.get("/desk/sign-in")
        answer = kim.send("/desk/sign-in", username=username, password=password, code=digits)
        said.add((answer.status_code, kim.words))
        assert "deskgate_session" not in kim.client.cookies
    assert len(said) == 1
    assert count(desk, tables.staff_sessions) == before


def test_who_is_suspended_is_told_so_and_nobody_who_has_not_both(one_desk: Desk) -> None:
    """With the right password and a fresh code, and no session; a wrong one of either reads as for a username of nobody, and takes
    the same statements."""
    kim, ana = Agent(one_desk), Agent(one_desk, "lead.ana")
    suspends(one_desk)
    before = count(one_desk, tables.staff_sessions)

    def tries(username: str, password: str, code: str) -> tuple[int, str, list[str]]:
        stranger = Browser(one_desk)
        stranger.get("/desk/sign-in")
        sent: list[str] = []
        with watched(one_desk.store.engine, sent.append):
            answer = stranger.send("/desk/sign-in", username=username, password=password, code=code)
        return answer.status_code, stranger.words, sent

    one_desk.now += STEP
    wrong = "000000" if kim.code() != "000000" else "111111"
    for password, code in (("seven lamps over the water", kim.code()), (PASSWORD, wrong)):
        tried = [tries(name, password, code) for name in ("agent.nobody", "agent.kim")]
        assert len({one[:2] for one in tried}) == 1
        assert "suspended" not in tried[0][1]
        assert len(tried[1][2]) > 5
        assert tried[0][2] == tried[1][2], "as for nobody"
    assert kim.sign_in().status_code == 403
    assert "Username, password and code are right, and you are suspended: you cannot sign in." in kim.words
    assert count(one_desk, tables.staff_sessions) == before
    assert "deskgate_session" not in kim.client.cookies
    assert kim.get("/desk").status_code == 200
    assert "Kim Novak" not in kim.words
    assert ana.sign_in().status_code == 200


def test_e12_whoever_has_joined_is_signed_in(desk: Desk) -> None:
    """With the code they joined by, which is taken no second time: nobody waits for the next one."""
    kim = Browser(desk)
    link = invitation(desk, "agent.kim")
    kim.get(f"/desk/join/{link}")
    spelled = re.search(r"<code>([A-Z2-7 ]+)</code>", kim.text)
    assert spelled
    code = pyotp.TOTP(spelled[1].replace(" ", "")).at(desk.now // 1000)
    kim.send(f"/desk/join/{link}", password=PASSWORD, again=PASSWORD, code=code)
    assert "You are signed in" in kim.words
    assert 'href="/desk"' in kim.text
    kim.get("/desk")
    assert "Kim Novak agent" in kim.words
    kim.send("/desk/sign-out")
    kim.send("/desk/sign-in", username="agent.kim", password=PASSWORD, code=code)
    assert "That did not match" in kim.words


def test_a_code_is_good_once(desk: Desk) -> None:
    kim = Agent(desk)
    kim.sign_in()
    used = kim.code()
    kim.send("/desk/sign-out")
    other = Browser(desk)
    other.get("/desk/sign-in")
    assert other.send("/desk/sign-in", username="agent.kim", password=PASSWORD, code=used).status_code == 403
    assert kim.sign_in().status_code == 200


# --- whose form, whose browser


@pytest.mark.parametrize("token", ["", "x" * 43, None])
def test_a_form_without_its_token_is_not_taken(one_desk: Desk, token: str | None) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    form = {"token": token} if token is not None else {"other": ""}
    assert kim.post("/desk/sign-out", form).status_code == 403
    assert kim.get("/desk").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:8001"}, {"Origin": ""}],
)
def test_a_form_of_another_site_is_not_taken(one_desk: Desk, headers: dict[str, str]) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    form = kim.fields("/desk/sign-out")
    assert kim.post("/desk/sign-out", form, **headers).status_code == 403
    assert kim.get("/desk").status_code == 200


def test_the_token_of_another_session_is_not_taken(one_desk: Desk) -> None:
    kim, ana = Agent(one_desk), Agent(one_desk, "lead.ana")
    kim.sign_in()
    ana.sign_in()
    assert kim.post("/desk/sign-out", ana.fields("/desk/sign-out")).status_code == 403


def test_a_session_that_was_set_beforehand_is_not_the_one_that_is_signed_in(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.get("/desk/sign-in")
    kim.client.cookies.set("deskgate_session", "planted-by-somebody-else", domain="127.0.0.1", path="/")
    one_desk.now += STEP
    kim.get("/desk/sign-in")
    kim.send("/desk/sign-in", username="agent.kim", password=PASSWORD, code=kim.code())
    held = [cookie.value for cookie in kim.client.cookies.jar if cookie.name == "deskgate_session"]
    assert held
    assert "planted-by-somebody-else" not in held
    planted = Browser(one_desk)
    planted.client.cookies.set("deskgate_session", "planted-by-somebody-else")
    assert "Code from your authenticator app" in planted.read("/desk")


def test_what_is_not_a_form_of_ours_is_not_read(one_desk: Desk) -> None:
    kim, ours = Agent(one_desk), {"Origin": PUBLIC, "Content-Type": "application/x-www-form-urlencoded"}
    kim.sign_in()
    client, at = kim.client, "/desk/sign-in"
    assert client.post(at, content=b"{}", headers=ours | {"Content-Type": "application/json"}).status_code == 415
    assert client.post(at, content=b"a=" + b"x" * PAGES.most, headers=ours).status_code == 413
    assert client.post(at, content=b"a=1&a=2", headers=ours).status_code == 400
    many = "&".join(f"f{n}=1" for n in range(MOST_FIELDS + 1)).encode()
    assert client.post(at, content=many, headers=ours).status_code == 400


# --- strangers


@pytest.mark.parametrize("path", STRANGE)
def test_to_a_stranger_every_page_is_the_sign_in(one_desk: Desk, path: str) -> None:
    stranger = Browser(one_desk)
    answer = stranger.client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/sign-in?to=/desk")
    assert stranger.client.get(path, headers={"X-By-Itself": "1"}).status_code == 401


def test_a_sign_in_leads_to_our_own_pages_alone(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    for asked, led in (("//evil.example", "/desk"), ("/desk/tickets", "/desk/tickets"), ("/desk/sign-out", "/desk")):
        one_desk.now += STEP
        kim.client.cookies.clear()
        kim.client.get("/desk")
        kim.get(f"/desk/sign-in?to={asked}")
        form = kim.fields("/desk/sign-in") | {"username": "agent.kim", "password": PASSWORD, "code": kim.code()}
        answer = kim.client.post("/desk/sign-in", data=form, headers={"Origin": PUBLIC})
        assert answer.headers["location"] == led


def test_every_answer_has_its_headers(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    for path in (
        "/desk",
        "/desk/sign-in",
        "/desk/nothing",
        "/enrol/x",
        "/pin/x",
        "/desk/join/x",
        "/static/style.css",
    ):
        got = kim.client.get(path).headers
        for name in responses.HEADERS.keys() - {"Cache-Control"}:
            assert got[name] == responses.HEADERS[name], path
        assert got["Cache-Control"] == ("no-cache" if "static" in path else "no-store")
    policy = responses.HEADERS["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy


def test_cookies_are_for_no_script_and_no_other_site(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, slack_signing_secret="", deskgate_env="development")
    desk.app.state.container.portal  # noqa: B018 - it is there without Slack
    kim = Agent(desk)
    desk.now += STEP
    kim.get("/desk/sign-in")
    form = kim.fields("/desk/sign-in") | {"username": "agent.kim", "password": PASSWORD, "code": kim.code()}
    made = kim.client.post("/desk/sign-in", data=form, headers={"Origin": PUBLIC}).headers.get_list("set-cookie")
    desk.close()
    assert {cookie.partition("=")[0] for cookie in made} == {"deskgate_session", "deskgate_known", "deskgate_visitor"}
    for cookie in made:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def test_over_https_a_cookie_is_the_hosts_own(one_desk: Desk) -> None:
    from dataclasses import replace

    from fastapi import Request, Response

    context = replace(one_desk.container.portal, origin="https://desk.example")
    visit = look(
        context, Request({"type": "http", "method": "GET", "path": "/desk", "query_string": b"", "headers": []}), STAFF
    )
    made = Response()
    responses.signed_in(context, visit, made, "token", "known")
    cookies = made.headers.getlist("set-cookie")
    assert len(cookies) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-deskgate_")
        assert "Secure" in cookie


def test_no_password_and_no_code_is_kept_or_logged(desk: Desk, logged: list[structlog.typing.EventDict]) -> None:
    kim = Agent(desk)
    code = kim.code()
    kim.sign_in()
    with desk.store.transaction("test") as tx:
        everything = [
            repr(tuple(row))
            for table in tables.Base.metadata.sorted_tables
            for row in tx.connection.execute(select(table))
        ]
    said = repr(logged)
    for secret in (PASSWORD, PASSWORD.encode().hex(), code, kim.app.secret, kim.client.cookies["deskgate_session"]):
        assert not [row for row in everything if secret in row]
        assert secret not in said


def test_the_first_visit_from_another_site_is_asked_for_again(one_desk: Desk) -> None:
    """A browser keeps a strict cookie back on the way from another site: our own page asks once more, and it comes along."""
    hire(one_desk, "lead.bo", "Bo Lind", "supervisor")
    answer = Browser(one_desk).client.get("/desk", headers={"Sec-Fetch-Site": "cross-site"})
    assert 'http-equiv="refresh"' in answer.text
