"""`deskgate reconcile`: after a restore, what Slack and Twilio know of and the database does not. Reads alone; nothing is opened, told or posted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import httpx2
import typer

from authz import Action
from bot.outbound.posting import EVENT_TYPE
from deskgate.command_line import FAILED, fail, granted, moment, one_line, open_desk
from deskgate.http_client import http_client
from deskgate.settings import Settings
from store.operator import lookups
from store.security import reconcile_mode
from store.slack import installations

DAY: Final = 86_400_000
PAGES: Final = 100  # of so many of Slack's or Twilio's we say that there is more
_NUMBER: Final = re.compile(r"#(\d{1,12})\b")


@dataclass(frozen=True, slots=True)
class Card:
    """A card in the desk's channel: whose ticket, its first line, and since when (ms)."""

    number: int
    line: str
    at: int


@dataclass(frozen=True, slots=True)
class Rang:
    """A call that came in: its sid, from where, when (Twilio's words) and for how many seconds."""

    sid: str
    number: str
    at: str
    seconds: str


def reconcile(days: Annotated[int, typer.Option(min=1, max=365, help="How far back to look.")] = 7) -> None:
    """List the tickets and calls that Slack and Twilio know of and this database does not."""
    with open_desk() as (settings, store):
        with store.transaction("shell") as tx:
            granted(tx, Action.DESK_OPERATE)
            since, now = reconcile_mode.since(tx), tx.now
            tokens = [one.token for one in installations.every(tx) if one.token is not None]
        try:
            cards = list(_cards(settings, settings.slack_bot_token or next(iter(tokens), ""), now - days * DAY))
            calls = list(_calls(settings, moment(now - days * DAY)[:10]))
        except (httpx2.HTTPError, ValueError) as fault:
            fail(
                f"Slack or Twilio cannot be asked ({one_line(str(fault)) or type(fault).__name__}): run `deskgate doctor`",
                FAILED,
            )
        with store.transaction("shell") as tx:
            grant = granted(tx, Action.DESK_OPERATE)
            tickets = lookups.kept_tickets(tx, grant, {card.number for card in cards})
            heard = lookups.kept_calls(tx, grant, {call.sid for call in calls})
    print(f"Reconcile mode since {moment(since)}." if since is not None else "The desk is not in reconcile mode.")
    lost = [f"#{one.number}  {moment(one.at)}  {one.line}" for one in cards if one.number not in tickets]
    rang = [f"{one.sid}  {one.at}  {one.number}  {one.seconds} s" for one in calls if one.sid not in heard]
    _print("tickets on cards in Slack", lost, settings.slack_set)
    _print("calls at Twilio", rang, bool(settings.twilio_account_sid))
    if lost or rang:
        print("Open those tickets anew, and call those people back.")
    if since is not None:
        print("At the end a supervisor presses Mark as checked on the desk's page.")


def _print(what: str, lines: list[str], there: bool) -> None:
    print(f"{what} that are not here: {len(lines)}" if there else f"{what}: not set up, not compared")
    for line in lines:
        print(f"  {one_line(line)}")


def _cards(settings: Settings, token: str, since: int) -> Iterator[Card]:
    """Each card once. Raises ValueError for what Slack refuses."""
    if not settings.slack_set or not settings.slack_agent_channel or not token:
        return
    asked: dict[str, Any] = {
        "channel": settings.slack_agent_channel,
        "oldest": f"{since // 1000}.000000",
        "limit": "200",
    }
    seen = set[int]()
    with http_client(settings.slack_api_url) as http:
        for _ in range(PAGES):
            answer = http.post(
                "conversations.history",
                data=asked | {"include_all_metadata": "true"},
                headers={"Authorization": f"Bearer {token}"},
            )
            said = answer.json()
            if not said.get("ok"):
                raise ValueError(f"Slack: {said.get('error')}")
            for message in said.get("messages", []):
                ours = message.get("metadata") or {}
                found = _NUMBER.search(str(message.get("text", "")))
                is_card = str((ours.get("event_payload") or {}).get("key", "")).startswith("head:")
                if ours.get("event_type") == EVENT_TYPE and is_card and found and int(found[1]) not in seen:
                    seen.add(int(found[1]))
                    yield Card(int(found[1]), str(message["text"]).partition("\n")[0], int(float(message["ts"]) * 1000))
            cursor = (said.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = cursor
    raise ValueError(f"more than {PAGES} pages stand in the channel: ask for fewer --days")


def _calls(settings: Settings, since: str) -> Iterator[Rang]:
    """Calls that came in since a day. Raises ValueError for what Twilio refuses."""
    if not settings.twilio_account_sid:
        return
    auth = (settings.twilio_account_sid, settings.twilio_auth_token[0])
    path: str | None = f"/2010-04-01/Accounts/{settings.twilio_account_sid}/Calls.json"
    params: dict[str, str] | None = {"StartTime>": since, "PageSize": "1000"}
    with http_client(settings.twilio_api_url) as http:
        for _ in range(PAGES):
            answer = http.get(str(path), params=params, auth=auth)
            if answer.status_code != 200:
                raise ValueError(f"Twilio: {answer.status_code}")
            said = answer.json()
            for call in said.get("calls", []):
                if call.get("direction") == "inbound":
                    yield Rang(
                        str(call["sid"]), str(call.get("from")), str(call.get("start_time")), str(call.get("duration"))
                    )
            path, params = said.get("next_page_uri"), None
            if not path:
                return
    raise ValueError(f"more than {PAGES} pages of calls: ask for fewer --days")
