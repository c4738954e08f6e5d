"""B3: a new key in front of SECRET_KEYS, and a start: whatever lives goes on, at every door.

T30
"""

from __future__ import annotations

import base64
import re
from typing import Any, Final

import pyotp
import pytest
from sqlalchemy import select

from authz import Subject
from bot.outbound import outbox
from bot.platform.identity import SlackUser
from deskgate.settings import SIMULATED_AGENT
from store import tables
from store.calls import live_calls
from store.calls.code_words import WORDS
from store.codes import one_time_codes, one_time_links
from store.slack import installations
from store.verification import call_approvals
from tests.desk import SECRET, Desk
from tests.ivr.conftest import ACCOUNT, SLACK
from tests.ivr.elsewhere import kim, person
from tests.ivr.wire import Caller, Wire, rows
from tests.portal.browsing import PASSWORD, Agent, Browser, invitation

NEWER: Final = base64.b64encode(b"a newer key for tests, 32 bytes.").decode()
KIM = SlackUser("T0DESK", "U0KIM", "D0KIM", "T0DESK")
SAID = "from|C1|1.2|1.3|"


class Kept:
    """What is under way at one moment, and what has become of it after a start with other keys: a word for each that is gone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.desk = desk = Desk(url, **ACCOUNT, **SLACK)
        self.kim = Agent(desk)
        self.kim.sign_in()
        self.ana = Browser(desk)
        self.invited = invitation(desk, "lead.ana")
        self.ana.get(f"/desk/join/{self.invited}")
        self.mia_id = person(desk)
        kim(desk)
        self.mia = Caller(Wire(desk))
        self.mia.prove()
        with desk.store.transaction("test", self.mia.sid) as tx:
            subject = Subject.of_person(self.mia_id)
            self.codes = {kind: one_time_codes.issue(tx, kind, subject) for kind in one_time_codes.KINDS}
            self.pages = {kind: one_time_links.issue(tx, kind, subject) for kind in ("enrol", "pin")}
            self.approval, self.number = call_approvals.ask(tx, subject, 1)
            self.state = installations.begin(tx.keys, "0" * 11, tx.now)
            self.seal = outbox.sealed(tx, KIM, SAID)

    def starts_with(self, keys: str) -> None:
        self.before, self.desk = self.desk, Desk(self.url, secret_keys=keys, **ACCOUNT, **SLACK)
        self.desk.now = self.before.now + 1_000
        for browser in (self.kim, self.ana):
            cookies = browser.client.cookies
            page, browser.page = browser.page, None
            Browser.__init__(browser, self.desk)
            browser.client.cookies.update(cookies)
            browser.page = page
        self.mia.wire = Wire(self.desk)

    def gone(self) -> set[str]:
        return {what for what, lives in self._looked() if not lives}

    def _looked(self) -> Any:
        yield "the last turn, repeated", self.mia.again() == self.mia.answer
        yield "the call", self.mia.key("7").status == 200
        subject = Subject.of_person(self.mia_id)
        for kind, digits in self.codes.items():
            with self.desk.store.transaction("test") as tx:
                by = one_time_codes.redeem(tx, kind, digits)
            # pressing 7 has just made a new link code, and the one before it void
            yield f"code {kind}", by == (subject, "") or kind == "link"
        for kind, token in self.pages.items():
            yield f"page {kind}", Browser(self.desk).get(f"/{kind}/{token}").status_code == 200
            with self.desk.store.transaction("test") as tx:
                yield f"page {kind}, used", one_time_links.use(tx, kind, token) == (subject, "")
        with self.desk.store.transaction("test") as tx:
            ends = tx.now + 60_000
            yield "approval", call_approvals.answer(tx, subject, self.approval, self.number, ends_at=ends) is True
            yield "installation", installations.came_back(tx, self.state)
            yield "what a message keeps", outbox.is_sealed(tx, KIM, SAID, self.seal)
            yield "and no other", not outbox.is_sealed(tx, KIM, SAID + "x", self.seal)
        link = f"/desk/join/{self.invited}"
        spelled = re.search(r"<code>([A-Z2-7 ]+)</code>", self.ana.text)
        assert spelled
        code = pyotp.TOTP(spelled[1].replace(" ", "")).at(self.desk.now // 1000)
        self.ana.send(link, password=PASSWORD, again=PASSWORD, code=code)
        yield "the invitation and the form to join", "You sign in as" in self.ana.words
        self.kim.send("/desk/sign-out")
        yield "a form of somebody signed in", self.kim.page is not None and self.kim.page.status_code == 200
        yield "a browser that is known", self._is_known()

    def _is_known(self) -> bool:
        self.kim.get("/desk/sign-in")
        self.kim.send("/desk/sign-in", username="agent.kim", password="wrong", code="000000")
        b = tables.budgets.c
        counted = {name.split(":")[1] for (name,) in rows(self.desk, select(b.name).where(b.name.like("signin:%")))}
        return counted == {"known", "code"}

    def close(self) -> None:
        self.desk.close()
        self.before.close()


def test_b3_keys_are_rotated_in_the_middle_of_everything_that_lives(sample_url: str) -> None:
    kept = Kept(sample_url)
    kept.starts_with(f"{NEWER},{SECRET}")
    assert kept.kim.get("/desk").status_code == 200
    assert "Sign in" not in kept.kim.words, "the session"
    assert kept.gone() == set()
    kept.close()


def test_b3_with_the_older_key_gone_nothing_of_it_proves_anything(sample_sqlite: str) -> None:
    """The test above sees: this is what a rotation did with both keys set."""
    kept = Kept(sample_sqlite)
    kept.starts_with(NEWER)
    kept.kim.get("/desk")
    assert "Sign in" in kept.kim.words
    with kept.desk.store.transaction("test") as tx:
        assert not outbox.is_sealed(tx, KIM, SAID, kept.seal)
        assert one_time_codes.redeem(tx, "step", kept.codes["step"]) is None
        assert one_time_links.look(tx, "pin", kept.pages["pin"]) is None
    kept.close()


@pytest.mark.parametrize("keys", [f"{NEWER},{SECRET}", SECRET])
def test_b3_the_desks_two_words_stay_in_a_call(sample_sqlite: str, keys: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    kim(desk)
    mia = desk.exchange.phone("+441632960108")
    mia.dial()
    for digits in ("#", "17846325#", "0"):
        mia.press(digits)
    desk.work()
    (agent,) = [leg for leg in desk.exchange.legs.values() if leg.state == "ringing" and leg.called == SIMULATED_AGENT]
    agent.answer()
    agent.press("1")
    with desk.store.transaction("test") as tx:
        words = live_calls.words(tx, 1)
    assert words is not None
    assert set(words) <= set(WORDS)
    after = Desk(sample_sqlite, secret_keys=keys, **ACCOUNT)
    with after.store.transaction("test") as tx:
        assert live_calls.words(tx, 1) == words
    after.close()
    desk.close()
