"""Slack's app is installed in a workspace: there and back in the browser, the tokens kept, and renewed before they end.

Nobody is trusted for having installed it: that gives us a token for their workspace, and them nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from html import escape
from importlib import resources
from itertools import chain
from threading import BoundedSemaphore
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
import structlog
from fastapi import APIRouter, Request, Response

from bot.platform.web_api import OPERATORS, SlackError, ask
from bot.text import phrases
from store import ConnectionLostError, DatabaseFault, Store, Transaction, retried
from store.jobs import job_queue
from store.jobs.job_queue import RetryLaterError
from store.slack import installations
from store.slack.installations import STATE_LIFE, Installation

AUTHORIZE: Final = "https://slack.com/oauth/v2/authorize"
COOKIE: Final = "deskgate-slack-install"
THREADS, PLACES = 2, 8  # for those who come back: at work, and at work or waiting
PAUSES: Final = (0.2, 1.0, 3.0, 5.0)  # seconds between tries to keep tokens that cannot be had again
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address has a code in it
    "Cache-Control": "no-store",
}
# The pages whoever installs it reads, by their names in the words.
STATUS: Final = {
    "installed": 200,
    **dict.fromkeys(("cancelled", "stale", "unreadable"), 400),
    **dict.fromkeys(("strange", "uninvited"), 403),
    **dict.fromkeys(("refused", "away"), 502),
    **dict.fromkeys(("full", "unkept"), 503),
}
_ERROR: Final = re.compile(r"[a-z_]{1,100}")
_CODE: Final = re.compile(r"[!-~]{1,500}")
log = structlog.get_logger("slack")


@dataclass(frozen=True, slots=True)
class App:
    """Our app as Slack knows it, and the way to its Web API. `teams` are those that may install it; none named: any."""

    client_id: str
    client_secret: str = field(repr=False)
    http: httpx2.Client
    teams: tuple[str, ...] = ()

    def exchange(self, **given: str) -> dict[str, Any]:
        """What Slack gives for a code or a refresh token. Raises `RetryLaterError`, `SlackError`."""
        return ask(self.http, "oauth.v2.access", given, app=(self.client_id, self.client_secret))


class UnreadableError(ValueError):
    """Slack's answer lacks what an installation has."""


# --- in the browser


def router(
    store: Store,
    app: App,
    public_url: str,
    *,
    authorize: str = AUTHORIZE,
    changed: Callable[[], object] = lambda: None,
) -> APIRouter:
    """`/slack/install` and where Slack sends people back to. `changed` is called when there is a new installation.

    Only whoever the operator gave a link gets a state, and only with a state of ours, in the browser it was given to, is Slack
    asked anything or a place taken: strangers keep nobody waiting and ask Slack nothing in our name."""
    routes = APIRouter(include_in_schema=False)
    back = f"{public_url}/slack/oauth_redirect"
    crumb: dict[str, Any] = {
        "path": f"{urlsplit(public_url).path}/slack",
        "secure": public_url.startswith("https://"),
        "httponly": True,
        "samesite": "lax",  # strict would keep it from us on the way back
    }

    scope = ",".join(scopes())
    threads, places = ThreadPoolExecutor(THREADS, thread_name_prefix="slack-install"), BoundedSemaphore(PLACES)
    waiting: set[str] = set()  # links; one that got about takes one place, and a new one is let in beside it

    @routes.get("/slack/install")
    async def install(invited: str = "") -> Response:
        if not installations.is_invited(store.keys, invited, store.clock()):
            return _page("uninvited")
        state = installations.begin(store.keys, invited, store.clock())
        asked = {"client_id": app.client_id, "scope": scope, "state": state, "redirect_uri": back}
        sent = Response(status_code=302, headers={**HEADERS, "Location": f"{authorize}?{urlencode(asked)}"})
        sent.set_cookie(COOKIE, state, max_age=STATE_LIFE // 1000, **crumb)
        return sent

    def installed(state: str, query: Mapping[str, str]) -> Response:
        try:
            with store.transaction("slack") as tx:
                first = installations.came_back(tx, state)
            page = _installed(store, app, query, back) if first else _page("stale")
        except (ConnectionLostError, DatabaseFault):
            return _page("unkept")
        if page.status_code == 200:
            changed()
        return page

    @routes.get("/slack/oauth_redirect")
    async def oauth_redirect(request: Request) -> Response:
        """Few wait for Slack at once, in threads of their own."""
        state = request.query_params.get("state", "")
        if not _is_theirs(store, request.cookies.get(COOKIE, ""), state):
            page = _page("stale")
        elif (link := installations.link_of(state)) in waiting or not places.acquire(blocking=False):
            return _page("full")
        else:
            waiting.add(link)

            def done(_: object) -> None:
                waiting.discard(link)
                places.release()

            doing = threads.submit(installed, state, request.query_params)
            doing.add_done_callback(done)
            page = await asyncio.wrap_future(doing)
        page.delete_cookie(COOKIE, **crumb)
        return page

    return routes


def _is_theirs(store: Store, cookie: str, state: str) -> bool:
    """Whether whoever comes back is the browser that was sent off."""
    same = hmac.compare_digest(cookie.encode("utf-8", "replace"), state.encode("utf-8", "replace"))
    return same and installations.is_begun(store.keys, state, store.clock())


def _installed(store: Store, app: App, query: Mapping[str, str], back: str) -> Response:
    """Exchanges the code, and keeps the tokens before anything else is asked."""
    if "error" in query:
        given = query["error"] if _ERROR.fullmatch(query["error"]) else "it did not say why"
        return _page("cancelled") if given == "access_denied" else _page("refused", given)
    code = query.get("code", "")
    if not _CODE.fullmatch(code):
        return _page("unreadable")
    began = store.clock()
    try:
        made = _installation(app.exchange(code=code, redirect_uri=back), began)
    except SlackError as said:
        log.warning("slack_install_refused", why=str(said))
        return _page("refused", said.error)
    except (RetryLaterError, UnreadableError) as why:
        log.warning("slack_install_refused", why=str(why))
        return _page("away")
    if app.teams and made.team not in app.teams:
        log.warning("slack_install_refused", why="not one of SLACK_TEAMS", team=made.team)
        _give_back(app.http, made)
        return _page("strange")
    retried(lambda: _put(store, made))
    log.info("slack_installed", team=made.team)
    _learn_bot(store, app.http, made)
    return _page("installed", made.name)


def _give_back(http: httpx2.Client, made: Installation) -> None:
    """A token that nobody is to have is better gone."""
    assert made.token is not None
    with suppress(RetryLaterError, SlackError):
        ask(http, "auth.revoke", {}, token=made.token)


def _put(store: Store, made: Installation) -> None:
    with store.transaction("slack") as tx:
        before = installations.find(tx, made.team)
        installations.put(tx, made if before is None else replace(made, bot_id=before.bot_id), anew=True)


def _learn_bot(store: Store, http: httpx2.Client, made: Installation) -> None:
    """Slack says the bot's own id only when asked with the new token. It is no reason to call the installation failed."""
    assert made.token is not None
    try:
        bot = ask(http, "auth.test", {}, token=made.token).get("bot_id")
    except (RetryLaterError, SlackError) as why:
        log.warning("slack_bot_unknown", team=made.team, why=str(why))
        return

    def learn() -> None:
        with store.transaction("slack") as tx:
            now = installations.find(tx, made.team)
            if now is not None and now.token == made.token and isinstance(bot, str):
                installations.put(tx, replace(now, bot_id=bot))

    retried(learn)


def _page(name: str, said: str = "") -> Response:
    status, words = STATUS[name], phrases.load().example("install")
    title, sentence = words["done" if status == 200 else "not_done"], words["page"][name].format(said=escape(said))
    again = "" if status in (200, 403) else f" {words['again']}"
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{sentence}{again}</p></body></html>"
    )
    return Response(body, status, HEADERS, media_type="text/html")


# --- by the worker


def due(tx: Transaction) -> None:
    """Has the tokens that end soon rotated: one job for each pair of tokens, one ordering key for each team."""
    for team in installations.due_to_rotate(tx):
        found = installations.find(tx, team)
        if found is not None:
            job_queue.enqueue_once(
                tx, "slack.rotate", f"{team}:{found.expires_at}", {"team": team}, ordering_key=f"rotate:{team}"
            )


def rotate(store: Store, app: App, team: str, *, pauses: Iterable[float] = PAUSES) -> None:
    """The next pair of tokens of one team, if they are due. With one ordering key: a refresh token is good once. Raises `RetryLaterError`."""
    with store.transaction("worker") as tx:
        found = installations.find(tx, team) if team in installations.due_to_rotate(tx) else None
        if found is None:
            return  # the job before this one did it, or the app is gone
        if found.refresh is None or found.token is None:
            raise RetryLaterError(
                f"the tokens of {team} cannot be opened: is their key still in SECRET_KEYS?", OPERATORS
            )
        installations.put(tx, found)  # a database that takes nothing more is to say so before the token is spent
    began = store.clock()
    try:
        made = _rotated(found, app.exchange(grant_type="refresh_token", refresh_token=found.refresh), began)
    except SlackError as said:
        if said.error == "invalid_refresh_token":
            why = f"Slack no longer knows the refresh token of {team}. Install the app there again: deskgate slack install"
        else:
            why = f"Slack answered {said.error} when the tokens of {team} were to be renewed"
        raise RetryLaterError(why, OPERATORS) from None
    except UnreadableError:
        raise RetryLaterError(f"Slack named no new tokens for {team}", OPERATORS) from None
    _keep(store, found, made, pauses)


def _keep(store: Store, before: Installation, made: Installation, pauses: Iterable[float]) -> None:
    """Nobody gives us these tokens twice: while the database is away they are kept here, and tried again."""
    for pause in chain(pauses, [None]):
        try:
            with store.transaction("worker") as tx:
                now = installations.find(tx, made.team)
                # Not over an installation made anew meanwhile, and not back to life if the app was removed.
                if now is not None and now.refresh == before.refresh:
                    installations.put(tx, made)
            return
        except (ConnectionLostError, DatabaseFault):
            if pause is None:
                log.critical("slack_tokens_lost", team=made.team)
                raise
            time.sleep(pause)


# --- what Slack tells


def scopes() -> list[str]:
    """What the app asks for, as its manifest says."""
    manifest = json.loads((resources.files("bot") / "manifest.json").read_text("utf-8"))
    return list(manifest["oauth_config"]["scopes"]["bot"])


def _installation(told: Mapping[str, Any], began: int) -> Installation:
    """A whole Grid organisation has no team, and goes by its own id."""
    place = told.get("enterprise") if told.get("is_enterprise_install") or not told.get("team") else told["team"]
    if not isinstance(place, dict):
        raise UnreadableError("neither a team nor an organisation")
    team, bot = _text(place, "id"), _text(told, "bot_user_id")
    return _rotated(Installation(team, str(place.get("name") or team), bot, ""), told, began)


def _rotated(before: Installation, told: Mapping[str, Any], began: int) -> Installation:
    seconds, refresh = told.get("expires_in"), told.get("refresh_token")
    lasts = isinstance(seconds, int) and isinstance(refresh, str) and bool(refresh)
    return replace(
        before,
        scopes=tuple(scope for scope in str(told.get("scope") or "").split(",") if scope),
        token=_text(told, "access_token"),
        refresh=refresh if lasts else None,
        expires_at=began + int(seconds or 0) * 1000 if lasts else None,
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not found:
        raise UnreadableError(f"no {name}")
    return found
