"""Browsers of the desk's people, over real sockets: they join by a link, sign in with a password and a code, and keep a page open as live.js does.

    browser = Browser("http://127.0.0.1:8000", journal)
    await browser.join(link)                     # of `deskgate staff invite`: a password and an authenticator app
    await browser.sign_in("agent.kim")
    await browser.watch("/desk", stop)           # until `stop` is set: listens to /desk/events, and asks for the page again when something changed

In the journal, as `browser`: `page` (the path is the id; `ms`), `event` (a line of the stream was heard; `gap`, seconds since the one before), `sign-in`.
A browser has cookies of its own; ten pages are ten browsers, or one with `watch` ten times (four lines a session at most).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from html import unescape
from typing import Final

import httpx2
import pyotp

from reliability.journal import Journal

PASSWORD: Final = "seven lamps over the harbour"
STEP: Final = 30  # seconds for which a code is good, and it is good once
PATIENCE: Final = 20.0
SILENT: Final = 20.0  # seconds after which a page asks by itself, as live.js does
_FORM = re.compile(r"<form\b[^>]*\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", re.S)
_FIELD = re.compile(r"<input\b[^>]*\bname=\"([^\"]+)\"[^>]*\bvalue=\"([^\"]*)\"")
_SECRET = re.compile(r"<code>([A-Z2-7 ]+)</code>")


class Browser:
    """`at`: PUBLIC_URL; `address` where that leads, if it is another; `now`: the desk's clock, by which codes are good."""

    def __init__(
        self, at: str, journal: Journal | None = None, *, address: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self._origin, self._journal, self._now = at.rstrip("/"), journal, now
        self._client = httpx2.AsyncClient(
            base_url=address or at, timeout=PATIENCE, follow_redirects=False, trust_env=False
        )
        self.text, self.status, self.stamp = "", 0, ""
        self._app, self._spent = pyotp.TOTP(pyotp.random_base32()), 0  # the step of its last code
        self.times: list[float] = []  # seconds of every page
        self.heard = 0  # lines of the stream

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **headers: str) -> str:
        """The page, wherever that leads."""
        return await self._shown("GET", path, None, headers)

    async def send(self, to: str, /, **filled: str) -> str:
        """The form on this page that goes there."""
        found = [inside for action, inside in _FORM.findall(self.text) if unescape(action) == to]
        if not found:
            raise RuntimeError(f"no form to {to} on this page: {self.status}")
        fields = {unescape(name): unescape(value) for name, value in _FIELD.findall(found[0])}
        return await self._shown("POST", to, fields | filled, {"Origin": self._origin})

    async def _shown(self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str]) -> str:
        began = time.perf_counter()
        try:
            answer = await self._client.request(method, path, data=form, headers=headers)
            while answer.status_code == 303:
                answer = await self._client.get(answer.headers["location"])
            self.status, self.text = answer.status_code, answer.text
            self.stamp = answer.headers.get("X-Stamp", "")
        except httpx2.HTTPError:
            self.status, self.text = 0, ""
        self.times.append(time.perf_counter() - began)
        self._note("page", path.partition("?")[0], self.status, ms=round(self.times[-1] * 1000))
        return self.text

    async def join(self, link: str) -> None:
        """By the link's last part. Raises RuntimeError where it leads nowhere."""
        path = f"/desk/join/{link.rpartition('/')[2]}"
        found = _SECRET.search(await self.get(path))
        if found is None:
            raise RuntimeError(f"that link leads nowhere: {self.status}")
        self._app = pyotp.TOTP(found[1].replace(" ", ""))
        await self.send(path, password=PASSWORD, again=PASSWORD, code=await self._code())

    async def sign_in(self, username: str) -> bool:
        """Waits until the app shows a code that was not used."""
        await self.get("/desk/sign-in")
        await self.send("/desk/sign-in", username=username, password=PASSWORD, code=await self._code())
        done = self.status == 200 and "/desk/sign-out" in self.text
        self._note("sign-in", username, self.status, done=done)
        return done

    async def _code(self) -> str:
        """The earliest that is still taken, so that the next need not be waited for."""
        step = max(int(self._now()) // STEP - 1, self._spent + 1)
        while step > int(self._now()) // STEP + 1:
            await asyncio.sleep(0.5)
        self._spent = step
        return self._app.at(step * STEP)

    async def watch(self, path: str, stop: asyncio.Event) -> None:
        """A page that stays open: another stamp on the stream, and it asks for itself; so does one that hears nothing."""
        await self.get(path)
        while not stop.is_set():
            try:
                await self._listen(path, stop)
            except (httpx2.HTTPError, TimeoutError):
                await self.get(path)
                await asyncio.sleep(1)

    async def _listen(self, path: str, stop: asyncio.Event) -> None:
        stamp, before = self.stamp, time.monotonic()
        async with self._client.stream("GET", "/desk/events", timeout=SILENT) as stream:
            async for line in stream.aiter_lines():
                if stop.is_set():
                    return
                if not line.startswith("data: "):
                    continue
                self.heard += 1
                gap, before = time.monotonic() - before, time.monotonic()
                self._note("event", path, 200, gap=round(gap, 2))
                if (said := line.removeprefix("data: ").strip()) != stamp:
                    await self.get(f"{path}?stamp={stamp}", **{"X-By-Itself": "1"})
                    stamp = self.stamp or said
        await asyncio.sleep(1)

    def _note(self, what: str, id: str, status: int, **facts: object) -> None:
        if self._journal is not None:
            self._journal.write("browser", "asked", what, id, status, **facts)
