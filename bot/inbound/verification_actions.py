"""Clicks of people who prove themselves: the form for it, a text message, what is asked for a call, an authenticator removed."""

from __future__ import annotations

from typing import Any, Final

from authz import Reason
from bot.inbound.block_action import Do, number_of, stands_there, value_of, where
from bot.outbound import outbox
from bot.platform.context import SlackContext
from bot.platform.identity import Who, is_old_enough
from bot.platform.payloads import Click, Pressed
from bot.text import button_values
from bot.text.button_values import ToProve
from bot.text.replies import AboutTicket, Fixed, Named, Reply, Why
from desk import approvals, own_security, tickets, verification, verification_requests
from desk.outcomes import HandIn
from store import Transaction
from store.accounts.account_details import Refused


def _prove(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """For a draft: handed in at once where they are proved further already. An account is for no draft."""
    on, number = button_values.parse(ToProve, value_of(action)), number_of(action)
    if on is not None:
        outbox.form(tx, who.user, "prove", body.trigger_id, where(body), account=on.account, ticket=0)
        return None
    draft = tickets.draft(tx, who, number)
    done = tickets.hand_in(tx, who, number)
    if done is HandIn.DONE:
        return None if stands_there(tx, who, body) else AboutTicket("handed", number)
    if draft is None or isinstance(done, HandIn) or done.denied.reason != Reason.STEP_UP:
        return not_handed_in(done, number)
    outbox.form(tx, who.user, "prove", body.trigger_id, where(body), account=draft.account, ticket=number)
    return None


def not_handed_in(done: HandIn | Refused, number: int) -> Reply:
    """What to tell of a draft that was not handed in."""
    if isinstance(done, Refused):
        return Why(done.cell)
    if done is HandIn.ALREADY:
        return AboutTicket("prove.handed_in", number)
    return AboutTicket("prove.withdrawn", number) if done is HandIn.WITHDRAWN else Fixed("no_draft")


def send_text(context: SlackContext) -> Do:
    """From the form: a code goes to their number on file, and the form says so."""

    def send(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
        about = button_values.parse(ToProve, body.view.private_metadata) or ToProve(0, 0)
        sent = "sent" if verification.send_text(tx, who, about.account, context.texting) else "not_sent"
        shown: dict[str, Any] = {**about._asdict(), "view": body.view.id, "sent": sent}
        outbox.form(tx, who.user, "prove", body.trigger_id, **shown)
        return None

    return send


def _approve_say(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    if not is_old_enough(tx, who):
        return Fixed("approval.gone")
    outbox.form(tx, who.user, "approve", body.trigger_id, where(body), approval=number_of(action))
    return None


def _approve_not_me(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """Somebody else is on the phone as them: the desk is warned at once, and everybody on file told."""
    done = is_old_enough(tx, who) and approvals.not_me(tx, who, number_of(action))
    return Fixed("approval.not_me") if done else Fixed("approval.gone")


def verification_yes(context: SlackContext) -> Do:
    """The member of somebody whom another system asks for says that it is them."""

    def yes(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
        minutes = context.step_up_minutes
        done = is_old_enough(tx, who) and verification_requests.in_slack(tx, who, number_of(action), minutes=minutes)
        return Fixed("verification.yes") if done else Fixed("verification.gone")

    return yes


def _verification_not_me(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    done = is_old_enough(tx, who) and verification_requests.not_me(tx, who.subject, number_of(action))
    return Fixed("verification.not_me") if done else Fixed("verification.gone")


def _remove(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """In 72 hours: a click proves nothing but that somebody has their Slack. Not by a member who has come just now."""
    if not is_old_enough(tx, who):
        return Fixed("authenticator.young")
    return Named("authenticator") if own_security.remove_authenticator(tx, who) else Fixed("authenticator.none")


def _keep(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    if not is_old_enough(tx, who):
        return Fixed("authenticator.young")
    return Fixed("authenticator.kept") if own_security.keep_authenticator(tx, who) else Named("authenticator")


CLICKS: Final[dict[str, Do]] = {
    "prove": _prove,
    "prove_on": _prove,
    "approve_say": _approve_say,
    "approve_not_me": _approve_not_me,
    "verification_not_me": _verification_not_me,
    "authenticator_keep": _keep,
    "authenticator_remove": _remove,
}
