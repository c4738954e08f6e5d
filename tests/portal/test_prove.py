"""A second proof on the pages: by passkey, by a code of the app or of a text message, in one session, on one account, and on to where it was asked for."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from authz import Subject
from portal.customers.sign_in import is_ours
from store import tables
from store.sign_in import passkeys, sessions
from store.sign_in.realms import CUSTOMERS
from store.text.durations import COOLING
from store.verification import step_ups
from store.verification.totp import STEP
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import count
from tests.passkey_device import Device
from tests.portal.browsing import Browser
from tests.portal.customers import Customer
from tests.portal.passkeying import MIA, asked, device, guest, passkey_fields, touches
from tests.portal.test_customers import entered
from tests.portal.test_own_pages import RAJ

TIDEWORKS, OTHERS = "400639", "300528"


def page(account: str = TIDEWORKS, then: str = "/tickets") -> str:
    return f"/prove?account={account}&then={quote(then, safe='')}"


def until(desk: Desk, browser: Browser, account: int | None) -> int | None:
    with desk.store.transaction("test") as tx:
        who = sessions.find(tx, CUSTOMERS, browser.client.cookies["deskgate_account"], does=False)
        assert who is not None
        return step_ups.until_own(tx, who.subject, account, who.session)


def went(browser: Browser) -> str:
    assert browser.page is not None
    return browser.page.url.path


def texted(desk: Desk) -> str:
    return "".join(filter(str.isdigit, desk.exchange.messages[-1][1]))[:8]


def asked_again(browser: Browser, path: str) -> str:
    """Where the page leads, if it does."""
    made = browser.client.get(path)
    return made.headers.get("location", "")


def by_passkey(desk: Desk, who: Subject = MIA) -> tuple[Browser, Device]:
    """Mia, signed in by a passkey that she added the other day."""
    mia, mine, way = Browser(desk), device(), guest(desk, who)
    mia.get(way)
    touches(mia, mine, f"{way}/passkey")
    desk.pass_time(COOLING // 1000)
    mia.get("/sign-in")
    touches(mia, mine, "/sign-in/passkey")
    return mia, mine


def test_a_passkey_proves_in_this_session_on_this_account_and_leads_on(desk: Desk) -> None:
    mia, mine = by_passkey(desk)
    mia.get(page(then=f"/accounts/{TIDEWORKS}?part=two"))
    assert "It holds for 15 minutes, for Tideworks Ltd alone" in mia.words
    touches(mia, mine, "/prove/passkey")
    assert mia.page is not None
    assert str(mia.page.url).endswith(f"/accounts/{TIDEWORKS}?part=two&said=proved")
    assert until(desk, mia, 3) == desk.now + 15 * 60_000
    assert until(desk, mia, None) is None, "nothing of her own is proved by it"
    assert until(desk, entered(desk, MIA.person), 3) is None, "nor in another session"
    assert asked_again(mia, page()) == "/tickets", "whoever has given one is not asked again"
    mia.get(page(""))
    assert "concerns your own security" in mia.words
    touches(mia, mine, "/prove/passkey")
    assert until(desk, mia, None) is not None
    desk.pass_time(16 * 60)
    assert until(desk, mia, 3) is None


def test_a_code_of_the_app_is_counted_as_everywhere(one_desk: Desk) -> None:
    mia = Customer(one_desk)
    mia.sign_in()
    mia.get(page())
    assert "You have nothing yet that counts" in mia.words
    assert "counts from 25 Nov 2026" in mia.words, "of 22 November"
    assert 'action="/prove/code"' not in mia.text
    one_desk.pass_time(COOLING // 1000)
    mia.sign_in()
    mia.get(page())
    assert mia.send("/prove/code", code=mia.code()).status_code == 422, "the one that signed her in is used up"
    assert "That code did not match" in mia.words
    one_desk.now += STEP
    mia.send("/prove/code", code=mia.code())
    assert went(mia) == "/tickets"
    assert until(one_desk, mia, 3) is not None
    for _ in range(5):
        mia.get(page(""))
        mia.send("/prove/code", code="12345678")
    one_desk.now += STEP
    assert mia.send("/prove/code", code=mia.code()).status_code == 422
    assert "Too many wrong codes" in mia.words
    assert until(one_desk, mia, None) is None


def test_a_code_by_text_is_good_in_the_session_it_was_sent_for(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, sms="on", sms_countries="GB")
    mia, elsewhere = entered(desk, MIA.person), entered(desk, MIA.person)
    for browser in (elsewhere, mia):
        browser.get(page())
        browser.send("/prove/text")
        assert "A code is on its way to the number ending" in browser.words
    desk.work()
    elsewhere.send("/prove/code", code=texted(desk))
    assert until(desk, elsewhere, 3) is None
    mia.send("/prove/text")
    desk.work()
    mia.send("/prove/code", code=texted(desk))
    assert went(mia) == "/tickets"
    desk.close()


def test_an_account_of_somebody_else_is_not_there(one_desk: Desk) -> None:
    mia, mine = by_passkey(one_desk)
    assert mia.get(page(OTHERS)).status_code == 404
    mia.get(page())
    form = passkey_fields(mia, "/prove/passkey") | {"passkey": mine.get(asked(mia, "/prove/passkey")[1])}
    assert mia.post("/prove/passkey", form | {"account": OTHERS}).status_code == 404
    assert count(one_desk, tables.step_ups) == 0
    raj = entered(one_desk, RAJ)
    raj.get(page())
    assert "data-passkey" not in raj.text
    form = {"token": raj.fields("/sign-out")["token"], "account": TIDEWORKS, "then": "/"}
    question = passkeys.to_use(one_desk.store.keys, one_desk.now, one_desk.container.portal.site, "person x")
    forged = form | {"challenge": question.sealed, "passkey": mine.get(question.options)}
    assert raj.post("/prove/passkey", forged).status_code == 422, "with Mia's, and a question of another page"
    assert count(one_desk, tables.step_ups) == 0


@pytest.mark.parametrize(
    ("path", "ours"),
    {
        "/": True,
        "/me": True,
        "/accounts/400639/people/mia.chen": True,
        "/accounts/400639/requests/new?kind=service.cancel&service=ms-1": True,
        "//evil.example": False,
        "/\\evil.example": False,
        "https://evil.example": False,
        "/a/../desk": False,
        "/me?to=//evil.example": False,
        "/me\r\nSet-Cookie:a": False,
        "/prove": False,
        "/desk/tickets": False,
        "/sign-in?to=/me": False,
        "": False,
    }.items(),
)
def test_it_leads_to_our_own_pages_alone(path: str, ours: bool) -> None:
    assert is_ours(path) is ours
