"""Where secrets come to be and what leaves the process, seen by the search for leaks: nothing is changed on its way."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2
import pyotp
import structlog
from starlette.types import Message, Receive, Scope, Send

from deskgate import metrics, smtp, traces
from simulator.exchange import Exchange
from store.api_keys import api_keys
from store.assistants import assistant_sessions
from store.codes import one_time_codes, one_time_links
from store.sign_in import credentials, sessions
from store.staff import wall_displays
from store.tickets import login_details
from store.verification import pins, totp

if TYPE_CHECKING:
    from tests.leaks import Search

LARGEST = 1_000_000  # bytes of an answer that are kept: recordings and streams are no pages
Saw = Callable[[tuple[Any, ...], Any], None]  # what a function was given, and what it gave


def begin(search: Search) -> None:
    """From now on the search sees them."""
    _secrets(search)
    _logs(search)
    _traces(search)
    _pages(search)
    _sent(search)
    after(Exchange, "__init__", lambda given, _: search.journals.append(given[0]))


def after(owner: Any, name: str, saw: Saw) -> None:
    """Has `saw` look at every call of a function or method that came back."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def watched(*given: Any, **named: Any) -> Any:
        made = original(*given, **named)
        saw((*given, *named.values()), made)
        return made

    setattr(owner, name, watched)


def before(owner: Any, name: str, saw: Saw) -> None:
    """The same for what a function is given, whatever becomes of it."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def watched(*given: Any, **named: Any) -> Any:
        saw((*given, *named.values()), None)
        return original(*given, **named)

    setattr(owner, name, watched)


def _secrets(search: Search) -> None:
    learn = search.learn
    after(pins.Pin, "__init__", lambda given, _: learn(given[0].digits, "PIN"))
    after(one_time_codes, "issue", lambda given, made: learn(made, f"code of kind {given[1]}"))
    after(one_time_links, "issue", lambda _given, made: learn(made, "page"))
    after(api_keys, "make", lambda _given, made: learn(made[1] if made else "", "API key"))
    after(assistant_sessions, "give", lambda _given, made: learn(made or "", "assistant's token"))
    after(sessions, "begin", lambda _given, made: learn(made, "session"))
    after(wall_displays, "come_for", lambda _given, made: learn(made or "", "session"))
    after(pyotp, "random_base32", lambda _given, made: learn(made, "authenticator's secret"))
    after(login_details, "deposit", lambda given, _: learn(given[3].split()[-1], "login details"))
    after(login_details, "address", lambda _, made: learn(made.token if made else "", "login link"))
    before(credentials, "hashed", lambda given, _: learn(given[0], "password"))
    before(credentials, "matches", lambda given, _: learn(given[3], "password"))
    before(credentials, "finish", lambda given, _: learn(given[3], "authenticator's code"))
    before(totp, "confirm", lambda given, _: learn(given[2], "authenticator's code"))
    before(totp, "check", lambda given, _: learn(given[2], "authenticator's code"))


def _logs(search: Search) -> None:
    def event(given: tuple[Any, ...], _made: Any) -> None:
        _logger, level, said, named = given
        search.leave("the log", f"{level} {said} {named!r}{_fault(named.get('exc_info') or level == 'exception')}")

    def record(given: tuple[Any, ...], _made: Any) -> None:
        line: logging.LogRecord = given[1]
        search.leave("the log", f"{line.name} {line.getMessage()}{_fault(line.exc_info)}")

    before(structlog.BoundLoggerBase, "_process_event", event)
    before(logging.Logger, "handle", record)


def _fault(info: Any) -> str:
    """As the service writes it: without the values of locals."""
    if isinstance(info, BaseException):
        return "".join(traceback.format_exception(info))
    if isinstance(info, tuple):
        return "".join(traceback.format_exception(*info))
    return traceback.format_exc() if info else ""


def _traces(search: Search) -> None:
    """Each span of ours, as it goes to a collector."""

    def ended(given: tuple[Any, ...], _made: Any) -> None:
        search.leave("a trace", given[1].opened.to_json())

    after(traces.Recording, "end", ended)


def _pages(search: Search) -> None:
    answer = metrics.RequestTimer.__call__

    async def watched(self: metrics.RequestTimer, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await answer(self, scope, receive, send)
            return
        path, kept = scope["path"], bytearray()
        search.leave(f"URL {path}", f"{path}?{scope['query_string'].decode(errors='replace')}")

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept.extend(b"\n".join(b": ".join(pair) for pair in message.get("headers", ())))
            elif len(kept) < LARGEST:
                kept.extend(message.get("body", b""))
            await send(message)

        try:
            await answer(self, scope, receive, seen)
        except Exception as fault:
            search.leave(f"an exception at {path}", _fault(fault))
            raise
        finally:
            search.leave(f"page {path}", kept.decode(errors="replace"))

    metrics.RequestTimer.__call__ = watched  # type: ignore[method-assign]


def _sent(search: Search) -> None:
    def request(given: tuple[Any, ...], _made: Any) -> None:
        asked: httpx2.Request = given[1]
        whose = _whose(str(asked.url))
        if whose:
            search.leave(f"{whose}, URL", str(asked.url))
            search.leave(f"{whose}, body", asked.read().decode(errors="replace"))

    before(httpx2.Client, "send", request)
    before(
        smtp.MailServer, "send", lambda given, _: search.leave("mail", given[1].as_string() + given[1].get_content())
    )


def _whose(url: str) -> str:
    """Whose a URL is that the desk asks. The webhooks of the tests themselves go to nobody else's."""
    if "/2010-04-01/" in url:
        return "to Twilio"
    return "to Slack" if "/simulator/slack/" in url or "slack.com/" in url else ""


def journal(exchange: Exchange) -> str:
    """What Twilio's stand-in has noted of requests and answers, and the addresses it was given."""
    legs = [f"{leg._voice_url} {leg._status_url} {leg._fallback_url}" for leg in exchange.legs.values()]
    return "\n".join([*map(repr, exchange.webhooks), *map(repr, exchange.faults), *legs])
