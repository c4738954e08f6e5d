"""The Bolt app: which request goes to which room. Everything that is registered stands here; manifest.json says the same.

Requests are verified and read before they come here (request.py). `process_before_response`: a listener runs in the thread
of its request and is acknowledged when it has committed; what fails is not acknowledged (docs/decisions/0007-slack.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from bot.inbound import (
    agent_actions,
    call_actions,
    commands,
    customer_actions,
    events,
    submissions,
    verification_actions,
)
from bot.inbound.block_action import a_customer, clicked, one_of_the_desk
from bot.platform.context import Door
from store import retried

Body = Mapping[str, Any]
SHORTCUTS: Final = ("open_ticket",)
LINKS: Final = ("link",)  # buttons that are links: Slack tells of the click all the same


def make_bolt(door: Door) -> App:
    """Makes no request of its own, now or for any that comes in: where the app is installed is known (context.py)."""
    bolt = App(
        name="deskgate",  # or Bolt looks through the whole stack for one
        process_before_response=True,
        request_verification_enabled=False,
        token_verification_enabled=False,
        authorize=lambda enterprise_id, team_id: _authorized(door, enterprise_id, team_id),
        listener_executor=ThreadPoolExecutor(1),  # never used: listeners run where they are called
    )
    for kind, do in events.EVENTS.items():
        bolt.event(kind)(_listener(door, do))
    for name in commands.NAMES:
        bolt.command(name)(_listener(door, commands.command))
    bolt.message_shortcut("open_ticket")(_listener(door, customer_actions.shortcut))
    for action, click in (*customer_actions.CLICKS.items(), *verification_actions.CLICKS.items()):
        bolt.action(action)(_listener(door, clicked(click, a_customer)))
    bolt.action(re.compile(r"tell_[a-z0-9_.]+"))(_listener(door, clicked(customer_actions.TELL, a_customer)))
    bolt.action(re.compile(r"add_[0-9]+"))(_listener(door, clicked(customer_actions.ADD, a_customer)))
    bolt.action("send_text")(_listener(door, clicked(verification_actions.send_text(door), a_customer)))
    for action, desk_click in (*agent_actions.CLICKS.items(), *call_actions.CLICKS.items()):
        bolt.action(action)(_listener(door, clicked(desk_click, one_of_the_desk)))
    for action in (*LINKS, "about", "service"):
        bolt.action(action)(_listener(door, lambda _door, _body: None))
    for callback in submissions.FORMS:
        bolt.view(callback)(_listener(door, submissions.submitted))
    for action in ("about", "service", "choose_many", "prove_on"):
        bolt.options(action)(_listener(door, submissions.suggested))
    return bolt


def dispatch(bolt: App, body: dict[str, Any]) -> BoltResponse | None:
    """None for what even Bolt cannot look at: it takes ids from wherever Slack puts them, and Slack sends nothing of that."""
    try:
        request = BoltRequest(body=body, mode="socket_mode")
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError):  # nothing of ours has run yet
        return None
    return bolt.dispatch(request)


def _authorized(door: Door, enterprise: str | None, team: str | None) -> AuthorizeResult:
    """From what is known: no request to Slack, and no token, for listeners speak to nobody. Whoever came through no installation of ours is answered, and not heard."""
    found = door.installation(team) or door.installation(enterprise) or door.home
    assert found is not None  # the router looks before it dispatches
    return AuthorizeResult(
        enterprise_id=enterprise,
        team_id=found.team,
        bot_user_id=found.bot_user,
        bot_id=found.bot_id,
    )


def _listener(door: Door, do: Callable[[Door, Body], Mapping[str, Any] | None]) -> Callable[..., None]:
    def listener(ack: Callable[..., BoltResponse], body: Body) -> None:
        said = retried(lambda: do(door, body))  # everything here bears being done twice
        if said:
            ack(**said)
        else:
            ack()

    return listener
