"""Somebody of the staff at the desk's page: a browser's cookies and real forms, an authenticator app, a link to join by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Final

import pyotp
from fastapi.testclient import TestClient
from httpx2 import Response
from playwright.sync_api import Page
from sqlalchemy import insert, select

from authz import Action, Ask, Grant, Proof
from store import OPERATOR, tables
from store.staff import staff_list
from store.verification.totp import STEP
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import change

DAY: Final = 24 * 3_600_000  # ms
PASSWORD: Final = "seven lamps over the harbour"
DIGITS: Final = re.compile(
    r'<li class="waiting.*?<span class="place">(\d+)</span>.*?<b class="digits">(\d\d)</b>', re.S
)
_FORM = re.compile(r"<form\b[^>]*\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", re.S)
_FIELD = re.compile(r"<input\b[^>]*\bname=\"([^\"]+)\"[^>]*\bvalue=\"([^\"]*)\"")


class Browser:
    """One browser: `get`, `read`, and `send` a form of the page it is on, by where that goes. `address`: where it is, as the proxy says."""

    def __init__(self, desk: Desk, address: str = "") -> None:
        self.desk = desk
        self.client = TestClient(
            desk.app, base_url=PUBLIC, client=("127.0.0.1", 50000), follow_redirects=False, raise_server_exceptions=True
        )
        if address:
            self.client.headers["X-Forwarded-For"] = address
        self.page: Response | None = None

    def get(self, path: str, **headers: str) -> Response:
        """Follows on, as a browser does."""
        self.page = self.client.get(path, headers=headers)
        while self.page.status_code == 303:
            self.page = self.client.get(self.page.headers["location"])
        return self.page

    def read(self, path: str) -> str:
        """What is to be read there."""
        self.get(path)
        return self.words

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.text

    @property
    def words(self) -> str:
        """What is to be read on the page."""
        without = re.sub(r"<(script|style|svg|head)\b.*?</\1>|<!--.*?-->", " ", self.text, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", without)).split())

    def fields(self, action: str) -> dict[str, str]:
        """Of the form that goes there, what it sends along unseen."""
        for to, inside in _FORM.findall(self.text):
            if unescape(to) == action:
                return {unescape(name): unescape(value) for name, value in _FIELD.findall(inside)}
        raise AssertionError(f"no form to {action} on this page: {self.words[:600]}")

    def send(self, to: str, /, **filled: str) -> Response:
        return self.post(to, self.fields(to) | filled)

    def answers(self, page: str, words: str, /, **filled: str) -> Response:
        """On the page of a ticket; and the ten seconds have passed in which that could be taken back."""
        self.send(f"{page}/answer", words=words, **filled)
        self.desk.pass_time(10)
        self.desk.work()
        return self.get(page)

    def try_to_sign_in(self, username: str, password: str = "x" * 15, code: str = "123456") -> Response:
        self.get("/desk/sign-in")
        return self.send("/desk/sign-in", username=username, password=password, code=code)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Response:
        self.page = self.client.post(path, data=form, headers={"Origin": PUBLIC} | headers)
        while self.page.status_code == 303:
            self.page = self.client.get(self.page.headers["location"])
        return self.page


def scanned(browser: Browser) -> pyotp.TOTP:
    """The authenticator app that took the picture on the page."""
    spelled = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.text)
    assert spelled
    return pyotp.TOTP(spelled[1].replace(" ", ""))


class Agent(Browser):
    """Somebody who joined the other day, and is signed out. `sign_in()` takes a fresh code."""

    def __init__(self, desk: Desk, username: str = "agent.kim") -> None:
        super().__init__(desk)
        self.username = username
        self.join()

    def join(self) -> None:
        link = invitation(self.desk, self.username)
        self.get(f"/desk/join/{link}")
        self.app = scanned(self)
        self.send(f"/desk/join/{link}", password=PASSWORD, again=PASSWORD, code=self.code())
        assert "You sign in as" in self.words, self.words
        self.get("/desk")
        self.send("/desk/sign-out")

    def code(self) -> str:
        return self.app.at(self.desk.now // 1000)

    def sign_in(self, *, password: str = PASSWORD, code: str = "") -> Response:
        """The app has to show another code first."""
        self.desk.now += STEP
        self.get("/desk/sign-in")
        return self.send("/desk/sign-in", username=self.username, password=password, code=code or self.code())

    def digits(self) -> dict[str, str]:
        """What they key on a phone of the desk to take a call: beside each that waits, by its place."""
        return dict(DIGITS.findall(self.get("/desk").text))

    def first_digits(self) -> str:
        return next(iter(self.digits().values()))

    @property
    def staff(self) -> int:
        with self.desk.store.transaction("test") as tx:
            s = tables.staff.c
            found: int = tx.connection.execute(select(s.id).where(s.username == self.username)).scalar_one()
        return found


@contextmanager
def nobody_signed_in(desk: Desk) -> Iterator[None]:
    """As long as it lasts: a phone that is nobody's own asks for 1 then, and whose the call is nobody has said yet."""
    seen_at = tables.staff_sessions.c.seen_at
    change(desk, tables.staff_sessions.update().values(seen_at=seen_at - DAY))
    yield
    change(desk, tables.staff_sessions.update().values(seen_at=seen_at + DAY))


def invitation(desk: Desk, username: str) -> str:
    """What `deskgate staff invite` prints."""
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        member = staff_list.find(tx, grant, username)
        assert member is not None
        return staff_list.invite(tx, grant, member.id)


def hire(desk: Desk, username: str, name: str, role: str) -> None:
    with desk.store.transaction("test") as tx:
        row = {"username": username, "name": name, "email": f"{username}@desk.example", "role": role}
        tx.connection.execute(insert(tables.staff), row)


def loads_of(page: Page) -> list[str]:
    """The pages that are loaded from now on: each as soon as it is asked for."""
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    return loads
