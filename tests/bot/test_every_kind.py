"""H1: every kind of thing that can be out and every ground that can go, as the code has them, against the lists of the tests.

T19
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from store import tables
from store.codes import one_time_codes, one_time_links
from store.jobs import job_queue
from store.verification.revocation import GROUNDS
from tests.bot.slack_desk import SlackDesk
from tests.bot.taking_away import TAKEN
from tests.bot.test_taken_away import ENDS, STAYS, THINGS

TABLES: Final = {  # every table that names a person: "ends", or why nothing of it is out
    **dict.fromkeys(
        (
            "codes",
            "step_ups",
            "approvals",
            "calls",
            "callbacks",
            "authenticators",
            "login_details",
            "person_sessions",
            "delegations",
            "delegation_requests",
            "api_keys",
        ),
        "ends",
    ),
    **dict.fromkeys(("phones", "pins", "passkeys", "slack_members", "contacts", "people"), "the grounds themselves"),
    "person_logins": "a password, which opens nothing without the app; whoever is signed in by it is not any more",
    "old_emails": "told of changes, and sent nothing that proves",
    "erased_names": "digests of names that nobody gets again: proves nothing",
    "text_messages": "counted; the code is among the codes",
    "pin_guards": "counters: whoever is guessed at does not begin anew",
    "support_calls": "a call under way: judged anew at every key, and its second proofs end",
    "dual_control": STAYS["second look"],
    "bulk_actions": "names nobody: what it is about is a tag",
    "api_keys": "does what its maker may do, judged at every request; proves nothing",
    "vouches": "opens nothing without two of the desk",
    **dict.fromkeys(
        ("tickets", "messages", "ticket_threads", "early_edits", "quotes"),
        "what was said; seen under rights that are read anew",
    ),
    **dict.fromkeys(("ledger", "alerts", "contact_changes", "account_changes"), "what has happened"),
    "verification_requests": "ended by `revocation`, with what was proved by it: tests/api/test_verification_ends.py",
    "contact_requests": "changes nothing until it is confirmed, judged then; ends when its asker may no longer ask",
    **dict.fromkeys(("notice_recipients", "mail_preferences"), "who is told by mail, judged when it is sent"),
}
MADE_WHEN_DONE: Final = {  # background jobs that shows or begins something that proves, and why it need not be withdrawn
    "callback": "does nothing for a callback that was withdrawn",
    "slack.code_words": "likewise",
    "slack.verification": "asks nothing that is answered or over already",
    "slack.approve": "asks nothing that is answered or over already",
    "login_details": "makes no link to what is gone",
    "recovery": "its link goes to whoever can be helped so when it is made",
    "staff_invitation": "makes no link where the invitation was withdrawn, or whoever it is for is suspended",
    "slack.reply": "an answer to a member as they are known when it is given",
    "slack.form": "likewise",
    "slack.refresh_answer": "likewise",
}
PROVES_NOTHING: Final = {
    *(
        "alarm",
        "alert",
        "announce_result",
        "callback_timeout",
        "call_card",
        "fetch_recording",
        "keypad_timeout",
        "late_recording",
    ),
    *(
        "late_transcript",
        "announce_hangup",
        "stop_agent_leg",
        "mail",
        "ticket_update",
        "notice",
        "ring_agent",
        "ring_returned",
        "held_answer",
        "check_waiting_caller",
        "slack.refresh_answers",
        "sign_in_tried",
        "slack.alert",
        "slack.callback_failed",
    ),
    *(
        "slack.expire",
        "slack.fetch_file",
        "slack.first_message",
        "slack.check_token",
        "slack.home",
        "slack.contact_request",
        "slack.contact_request_ask",
        "slack.delegation_ask",
        "slack.delegation_update",
    ),
    *(
        "slack.delegation_request",
        "slack.notice",
        "slack.notice_to_member",
        "slack.prompts",
        "slack.react",
        "slack.message",
    ),
    *("webhook", "call_ended", "verification_over", "verification_ended", "mail_answer"),
    *("account_news", "notice_mail", "ticket_event", "slack.announcement", "slack.announcement_to_member"),
    *(
        "remove_recording",
        "slack.remove_file",
        "slack.send_file",
        "slack.welcome",
        "recall_to_keypad",
        "unlink_unfit",
        "message_not_left",
    ),
}


def test_h1_every_kind_and_every_ground_is_listed(slack_once: SlackDesk) -> None:
    """Whoever adds a kind of code, of page, of background jobs, or a table about people says here what becomes of it."""
    kinds: dict[str, set[str]] = {"code": set(), "page": set(), "work": set()}
    for what, _, kind in (name.partition(":") for name in THINGS):
        kinds.setdefault(what, set()).add(kind)
    assert (kinds["code"], kinds["page"]) == (set(one_time_codes.KINDS), set(one_time_links.KINDS))
    assert kinds["work"] == set(job_queue.PROVING)
    done = set(slack_once.container.deliveries)
    assert done == kinds["work"] | set(MADE_WHEN_DONE) | PROVES_NOTHING, "a kind of background jobs"
    about = {table.name for table in tables.Base.metadata.sorted_tables if _names_a_person(table)}
    assert about == set(TABLES), "a table about people"
    assert {ground.partition(" ")[0] for ground in TAKEN} == set(GROUNDS)
    assert set(TAKEN) == set(ENDS)


def _names_a_person(table: Table) -> bool:
    words = {"subject", "about", "who", "counter_key", "author"}
    refers = any(key.column.table.name == "people" for column in table.columns for key in column.foreign_keys)
    return refers or table.name == "people" or bool(words & set(table.columns.keys()))
