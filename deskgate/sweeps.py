"""What is deleted because its time is over: the sweeps of the rooms of `store`, which the worker goes through once a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from store import Transaction
from store.accounts import change_feed, recipients
from store.api_keys import api_keys, kept_answers
from store.assistants import assistant_sessions
from store.calls import call_state, callbacks, support_calls
from store.codes import one_time_codes
from store.contacts import contact_requests, drafted_requests
from store.jobs import job_queue
from store.mail_in import pending_mails
from store.messages import edits, opening_exceptions
from store.notices import notice_delivery
from store.security import alerts, budgets
from store.sign_in import sent_forms, sessions, vouches
from store.slack import installations, quotes
from store.staff import account_access, drill_runs, dual_control, wall_displays
from store.tickets import bulk_actions, held_answers, login_details, ticket_presence
from store.verification import (
    attempt_limits,
    call_approvals,
    slack_members,
    sms_codes,
    step_ups,
    totp,
    verification_requests,
)
from store.webhooks import webhook_messages

Sweep = Callable[[Transaction], bool | None]
SWEEPS: Final[tuple[Sweep, ...]] = (
    call_state.sweep,
    support_calls.sweep,
    attempt_limits.sweep,
    budgets.sweep,
    job_queue.sweep,
    one_time_codes.sweep,
    totp.sweep,
    slack_members.sweep,
    installations.sweep,
    edits.sweep,
    quotes.sweep,
    sessions.sweep,
    wall_displays.sweep,
    assistant_sessions.sweep,
    sent_forms.sweep,
    api_keys.sweep,
    kept_answers.sweep,
    account_access.sweep,
    step_ups.sweep,
    sms_codes.sweep,
    alerts.sweep,
    call_approvals.sweep,
    verification_requests.sweep,
    callbacks.sweep,
    dual_control.sweep,
    drill_runs.sweep,
    vouches.sweep,
    recipients.sweep,
    login_details.sweep,
    held_answers.sweep,
    opening_exceptions.sweep,
    bulk_actions.sweep,
    ticket_presence.sweep,
    notice_delivery.sweep,
    contact_requests.sweep,
    drafted_requests.sweep,
    pending_mails.sweep,
    webhook_messages.sweep,
    change_feed.sweep,
)
"""Each in a transaction of its own; in several, where it says that there is more."""
