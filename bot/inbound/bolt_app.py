"""The Bolt app: which request goes to which room. Everything that is listened to stands here; manifest.json says the same.

Requests are verified and read before they come here (request.py). `process_before_response`: a listener runs in the thread
of its request and is acknowledged when it has committed; what fails is not acknowledged (docs/decisions/0007-slack.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from slack_bolt import App, BoltContext, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from bot.inbound import (
    agent_actions,
    call_actions,
    commands,
    contact_actions,
    customer_actions,
    events,
    mail_actions,
    submissions,
    verification_actions,
)
from bot.inbound.block_action import a_customer, clicked, one_of_the_desk
from bot.platform.context import SlackContext
from bot.platform.payloads import Click, Event, Payload
from desk import faults
from store import retried

Do = Callable[[SlackContext, Any], Mapping[str, Any] | None]
SHORTCUTS: Final = ("open_ticket",)
SUGGESTED: Final = ("about", "service", "choose_many", "prove_on")
NUMBERED: Final = (r"tell_[a-z0-9_.]+", r"add_[0-9]+")  # actions that say what they are about
CHOSEN: Final = ("about", "service", "do", "person")  # in a form, which is sent as a whole
LINKS: Final = ("link",)  # buttons that are links: Slack tells of the click all the same


def make_bolt(context: SlackContext) -> App:
    """Makes no request of its own, now or for any that comes in: where the app is installed is known (context.py)."""
    bolt = App(
        name="deskgate",  # or Bolt looks through the whole stack for one
        process_before_response=True,
        request_verification_enabled=False,
        token_verification_enabled=False,
        authorize=lambda enterprise_id, team_id: _authorized(context, enterprise_id, team_id),
        listener_executor=ThreadPoolExecutor(1),  # never used: listeners run where they are called
    )
    bolt.error(_noted)
    clicks = _clicks(context)
    bolt.event(_one_of(events.EVENTS))(_listener(context, lambda context, body: _event(body)(context, body)))
    bolt.command(_one_of(commands.NAMES))(_listener(context, commands.command))
    bolt.message_shortcut(_one_of(SHORTCUTS))(_listener(context, customer_actions.shortcut))
    whole = (name for name in clicks if not name.endswith("_"))
    bolt.block_action(_one_of(whole, *NUMBERED))(
        _listener(context, lambda context, body: _click(clicks, body)(context, body))
    )
    bolt.view(_one_of(submissions.FORMS))(_listener(context, submissions.submitted))
    bolt.options({"action_id": _one_of(SUGGESTED)})(_listener(context, submissions.suggested))
    return bolt


def _clicks(context: SlackContext) -> dict[str, Do]:
    """The action of a button or a menu, or what it begins with → what is done."""
    customers = {
        **customer_actions.CLICKS,
        **verification_actions.CLICKS,
        **contact_actions.CLICKS,
        **mail_actions.CLICKS,
        "send_text": verification_actions.send_text(context),
        "verification_yes": verification_actions.verification_yes(context),
        "tell_": customer_actions.TELL,
        "add_": customer_actions.ADD,
    }
    desks = {**agent_actions.CLICKS, **call_actions.CLICKS}
    return {
        **{action: clicked(do, a_customer) for action, do in customers.items()},
        **{action: clicked(do, one_of_the_desk) for action, do in desks.items()},
        **dict.fromkeys((*LINKS, *CHOSEN), lambda _context, _body: None),
    }


def _click(clicks: Mapping[str, Do], body: Click) -> Do:
    action = body.actions[0].action_id
    return clicks.get(action) or clicks[action.partition("_")[0] + "_"]


def _event(body: Event[Any]) -> Do:
    return events.EVENTS[body.event.type]


def _one_of(names: Iterable[str], *patterns: str) -> re.Pattern[str]:
    """Bolt looks through its listeners one after the other for every request: so there is one for each kind of request, which hears
    what our tables have."""
    return re.compile(rf"\A(?:{'|'.join([*map(re.escape, names), *patterns])})\Z")


def dispatch(bolt: App, body: dict[str, Any], payload: Payload) -> BoltResponse | None:
    """`payload` is what listeners get: the body as it was read. None for what even Bolt cannot look at: it takes ids from wherever Slack puts them, and Slack sends nothing of that."""
    try:
        request = BoltRequest(body=body, mode="socket_mode", context={"payload": payload})
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError):  # nothing of ours has run yet
        return None
    return bolt.dispatch(request)


def _authorized(context: SlackContext, enterprise: str | None, team: str | None) -> AuthorizeResult:
    """From what is known: no request to Slack, and no token, for listeners speak to nobody. Whoever came through no installation of ours is answered, and not heard."""
    found = context.installation(team) or context.installation(enterprise) or context.home
    assert found is not None  # the router looks before it dispatches
    return AuthorizeResult(
        enterprise_id=enterprise,
        team_id=found.team,
        bot_user_id=found.bot_user,
        bot_id=found.bot_id,
    )


def _noted(error: Exception) -> BoltResponse:
    """Instead of Bolt's own line, which has the exception's words: the number of the fault, for whoever answers."""
    return BoltResponse(status=500, body=faults.note(error, "slack"))


def _listener(ours: SlackContext, do: Do) -> Callable[..., None]:
    def listener(ack: Callable[..., BoltResponse], context: BoltContext) -> None:
        said = retried(lambda: do(ours, context["payload"]))  # everything here bears being done twice
        if said:
            ack(**said)
        else:
            ack()

    return listener
