"""Clicks of people who prove themselves: the form for it, a text message, what is asked for a call, an authenticator removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from authz import Reason
from bot.inbound.block_action import Click, number, number_of, stands_there, value_of, where
from bot.outbound import outbox, private
from bot.platform.context import Door
from bot.platform.identity import Who
from bot.usecases import verification
from desk import tickets
from desk.tickets import HandIn
from store import Transaction
from store.accounts.people import person_of
from store.jobs import job_queue
from store.security import alerts
from store.tickets import customer_tickets
from store.verification import call_codes, factors, slack_approvals, sms_codes, totp

Body = Mapping[str, Any]


def _prove(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    """For a draft: handed in at once where they are proved further already. `account:…` is for no draft."""
    kind, _, id = value_of(action).partition(":")
    if kind == "account":
        outbox.form(tx, who.user, "prove", str(body["trigger_id"]), where(body), account=number(id), ticket=0)
        return None
    draft = customer_tickets.draft(tx, who.subject, number(kind))
    done = tickets.hand_in(tx, who, number(kind))
    if done is HandIn.DONE:
        return None if stands_there(tx, who, body) else f"handed:{number(kind)}"
    if draft is None or isinstance(done, HandIn) or done.denied.reason != Reason.STEP_UP:
        return verification.not_handed_in(done, number(kind))
    outbox.form(tx, who.user, "prove", str(body["trigger_id"]), where(body), account=draft.account, ticket=number(kind))
    return None


def send_text(door: Door) -> Click:
    """From the form: a code goes to their number on file, and the form says so."""

    def send(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
        view = body.get("view") or {}
        account, _, ticket = str(view.get("private_metadata") or "").partition(":")
        bound = call_codes.bound_to(who.bound, number(account))
        sent = sms_codes.ask(tx, who.subject, bound, door.texting)
        shown: dict[str, Any] = {
            "account": number(account),
            "ticket": number(ticket),
            "view": str(view.get("id") or ""),
        }
        shown["sent"] = "sent" if sent else "not_sent"
        outbox.form(tx, who.user, "prove", str(body["trigger_id"]), **shown)
        return None

    return send


def _approve_say(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    if not private.is_old_enough(tx, who):
        return "fixed:approval.gone"
    outbox.form(tx, who.user, "approve", str(body["trigger_id"]), where(body), approval=number_of(action))
    return None


def _approve_not_me(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    """Somebody else is on the phone as them: the desk is warned at once, and everybody on file told."""
    id = number_of(action)
    account = slack_approvals.refuse(tx, who.subject, id) if private.is_old_enough(tx, who) else None
    if account is None:
        return "fixed:approval.gone"
    alerts.alert(tx, "probing_account", f"approval:{id}", subject=who.subject, account=account)
    told = {"notice": "not_me", "person": person_of(who.subject)}
    job_queue.enqueue_once(tx, "notice", f"not_me:{id}", told)
    job_queue.enqueue_once(tx, slack_approvals.KIND, f"{id}:answered", {"approval": id})
    return "fixed:approval.not_me"


def _remove(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    """In 72 hours: a click proves nothing but that somebody has their Slack. Not by a member who has come just now."""
    if not private.is_old_enough(tx, who):
        return "fixed:authenticator.young"
    person = person_of(who.subject)
    totp.end_later(tx, person, factors.COOLING)
    return "authenticator" if totp.ends_at(tx, person) is not None else "fixed:authenticator.none"


def _keep(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    if not private.is_old_enough(tx, who):
        return "fixed:authenticator.young"
    return "fixed:authenticator.kept" if totp.keep(tx, person_of(who.subject)) else "authenticator"


CLICKS: Final[dict[str, Click]] = {
    "prove": _prove,
    "prove_on": _prove,
    "approve_say": _approve_say,
    "approve_not_me": _approve_not_me,
    "authenticator_keep": _keep,
    "authenticator_remove": _remove,
}
