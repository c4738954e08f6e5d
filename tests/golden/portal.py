"""The pages' part of a walk: what somebody opens and presses in a browser of their own, and what then stands on the page."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp

from tests.desk import Desk
from tests.golden.chance import Chance
from tests.golden.labels import NothingCalledError
from tests.golden.page_words import form_of, read
from tests.golden.people import PEOPLE
from tests.portal.browsing import DIGITS, PASSWORD, Browser


class PageDoor:
    def __init__(self, desk: Desk, chance: Chance) -> None:
        self.desk, self.chance = desk, chance
        self.browsers: dict[str, Browser] = {}
        self.apps: dict[str, pyotp.TOTP] = {}
        self._news: list[str] = []
        self._above: dict[str, list[str]] = {}

    def do(self, who: str, verb: str, rest: str) -> bool:
        browser = self.browsers.setdefault(who, self._opened())
        match verb:
            case "opens":
                browser.get(rest)
            case "presses":
                button, *filled = rest.split("; ")
                self._press(who, browser, button, dict(one.split("=", 1) for one in filled))
            case "signs" if rest == "in":
                self.desk.now += 30_000
                browser.get("/desk/sign-in" if PEOPLE[who].is_staff else "/sign-in")
                labels = {
                    "Username": PEOPLE[who].username,
                    "Password": PASSWORD,
                    "Code from your authenticator app": "APP",
                }
                self._press(who, browser, "Sign in", labels)
            case "forgets" if rest == "who they are":
                browser.client.cookies.clear()
                return True
            case _:
                return False
        self._look(who, browser)
        return True

    def digits(self, who: str) -> str:
        """What their page shows beside the first call that waits."""
        found = DIGITS.search(self.browsers[who].client.get("/desk").text)
        assert found, f"no digits on the page of {who}"
        return found[2]

    def _opened(self) -> Browser:
        """No two of its requests are of one moment: what the ledger has of one moment stands in no order."""
        browser = Browser(self.desk)
        browser.client.event_hooks["request"].append(lambda _request: self._tick())
        return browser

    def _tick(self) -> None:
        self.desk.now += 1

    def _press(self, who: str, browser: Browser, button: str, filled: dict[str, str]) -> None:
        form = form_of(browser.text, button)
        sent = form.hidden | form.filled
        name, value = form.buttons[button.partition(" #")[0]]
        if name:
            sent[name] = value
        for label, words in filled.items():
            if label not in form.labels:
                raise NothingCalledError("field", label, form.labels)
            name, words = form.labels[label], words.replace("PASSWORD", PASSWORD)
            if name in form.choices and words not in form.choices[name]:
                raise NothingCalledError("choice", words, form.choices[name])
            words = form.choices.get(name, {}).get(words, words)
            if words == "off":
                sent.pop(name, None)
                continue
            sent[name] = self.app(who).at(self.desk.now // 1000) if words == "APP" else words
        if form.method == "get":
            browser.get(f"{form.action}?{'&'.join(f'{k}={v}' for k, v in sent.items())}")
        else:
            browser.post(form.action, sent)

    def app(self, who: str) -> pyotp.TOTP:
        """The app that took the picture shown last, of whoever has none."""
        if who not in self.apps:
            self.apps[who] = pyotp.TOTP(self.chance.newest["secret"])
        return self.apps[who]

    def _look(self, who: str, browser: Browser) -> None:
        assert browser.page is not None
        page = read(browser.text)
        above, lines = page.lines[1 : page.frame], page.lines
        if self._above.get(who) == above:
            lines = [lines[0], *lines[page.frame :]]
        self._above[who] = above
        self._news += [f"{who}'s page, {browser.page.status_code}:", *(f"  {line}" for line in lines)]
        self.chance.settled("\n".join(lines))

    def news(self) -> Iterator[str]:
        yield from self._news
        self._news = []
