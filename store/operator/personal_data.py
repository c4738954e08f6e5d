"""Where in the database something of a person stands, table by table: what a report tells of it, and what an erasure does with it.

Whoever adds a table or a column that says something of a person adds it here; tests/store/test_personal_data.py finds what is missing. What stands in free words
(messages, titles, drafts) is found by its tickets: person_words.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, or_, select

from authz import Grant, Subject
from store import tables
from store.db.transaction import Transaction
from store.mail_in import pending_mails

FORMER: Final = "a former contact"
"""What stands in the place of an erased person's name."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A person, and all by which they can be found. `accounts`: those they are on, were on, or have tickets of (ids); `shared` are addresses and numbers that are on file
    for somebody else as well, which stay theirs."""

    id: int
    username: str
    name: str
    support_id: str
    emails: frozenset[str]
    numbers: frozenset[str]
    members: frozenset[tuple[str, str]]
    channels: frozenset[tuple[str, str]]
    accounts: frozenset[int]
    senders: frozenset[str]
    shared: frozenset[str]

    @property
    def subject(self) -> Subject:
        return Subject.of_person(self.id)


DELETE: Final = "delete"
Finds = Callable[[Whose], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class PersonalRows:
    """One table. `finds` their rows; `tells`: columns a report has; `erases`: the rows go, or these columns are overwritten; empty: they stay, and
    `why`."""

    section: str
    table: Table
    finds: Finds
    tells: tuple[str, ...]
    erases: str | Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def of_person(table: Table, column: str = "person_id") -> Finds:
    return lambda whose: table.c[column] == whose.id


def of_subject(table: Table, column: str = "subject") -> Finds:
    return lambda whose: table.c[column] == whose.subject


_IDS: Final = "ids and words of ours alone, which name nobody once the person is erased"
_t = tables
PLACES: Final[tuple[PersonalRows, ...]] = (
    PersonalRows("numbers on file", _t.phones, of_person(_t.phones), ("number", "added_at"), DELETE),
    PersonalRows("addresses replaced", _t.old_emails, of_person(_t.old_emails), ("email", "replaced_at"), DELETE),
    PersonalRows(
        "addresses that refuse mail",
        _t.mail_bounces,
        lambda whose: _t.mail_bounces.c.email.in_(whose.emails - whose.shared),
        ("email", "why", "since", "at", "times"),
        DELETE,
    ),
    PersonalRows("choices about mail", _t.mail_preferences, of_person(_t.mail_preferences), ("tickets",), DELETE),
    PersonalRows("sign-in", _t.person_logins, of_person(_t.person_logins), ("set_at",), DELETE),
    PersonalRows(
        "sessions", _t.person_sessions, of_person(_t.person_sessions), ("made_at", "seen_at", "ended_at"), DELETE
    ),
    PersonalRows(
        "passkeys", _t.passkeys, of_person(_t.passkeys), ("name", "made_at", "counts_from", "last_used_at"), DELETE
    ),
    PersonalRows(
        "authenticator", _t.authenticators, of_person(_t.authenticators), ("made_at", "confirmed_at", "ends_at"), DELETE
    ),
    PersonalRows("PIN", _t.pins, of_person(_t.pins), ("issued_at",), DELETE),
    PersonalRows(
        "attempts at the PIN",
        _t.pin_guards,
        lambda whose: _t.pin_guards.c.counter_key.in_(_counters(whose)),
        ("consecutive", "lifetime", "locked_until", "seen_at"),
        DELETE,
    ),
    PersonalRows(
        "codes and links", _t.codes, of_subject(_t.codes), ("kind", "made_at", "expires_at", "used_at"), DELETE
    ),
    PersonalRows(
        "second proofs",
        _t.step_ups,
        of_person(_t.step_ups),
        ("account_id", "channel", "factor", "reached_at", "ends_at"),
        DELETE,
    ),
    PersonalRows(
        "approvals",
        _t.approvals,
        of_person(_t.approvals),
        ("account_id", "way", "action", "made_at", "answered_at", "correct"),
        DELETE,
    ),
    PersonalRows(
        "text messages sent", _t.text_messages, of_person(_t.text_messages), ("number", "country", "at"), DELETE
    ),
    PersonalRows(
        "verifications asked by other systems",
        _t.verification_requests,
        of_person(_t.verification_requests),
        ("account_id", "asked_by", "action", "way", "state", "why", "made_at", "ended_at"),
        DELETE,
    ),
    PersonalRows(
        "Slack members",
        _t.slack_members,
        of_person(_t.slack_members),
        ("team", "member", "linked_at", "linked_by"),
        DELETE,
    ),
    PersonalRows(
        "threads in Slack",
        _t.ticket_threads,
        of_person(_t.ticket_threads),
        ("ticket", "team", "member_team", "member", "channel"),
        DELETE,
    ),
    PersonalRows("words not on a ticket", _t.early_edits, of_subject(_t.early_edits, "author"), ("body", "at"), DELETE),
    PersonalRows(
        "vouched for",
        _t.vouches,
        lambda whose: or_(_t.vouches.c.person_id == whose.id, _t.vouches.c.vouched_by == whose.id),
        ("account_id", "person_id", "vouched_by", "at", "used_at"),
        DELETE,
    ),
    PersonalRows(
        "API keys made",
        _t.api_keys,
        of_person(_t.api_keys),
        ("account_id", "name", "hint", "scope", "made_at", "ends_at", "seen_at", "ended_at", "ended_why"),
        DELETE,
    ),
    PersonalRows(
        "login details left",
        _t.login_details,
        of_person(_t.login_details),
        ("account_id", "ticket", "state", "made_at", "ends_at"),
        DELETE,
    ),
    PersonalRows(
        "calls back",
        _t.callbacks,
        of_person(_t.callbacks),
        ("account_id", "ticket", "number", "purpose", "state", "made_at", "ended_at"),
        DELETE,
    ),
    PersonalRows(
        "calls to the desk",
        _t.support_calls,
        of_subject(_t.support_calls),
        ("account_id", "started_at", "ended_at", "emergency", "service", "proof", "own_number", "ending", "about"),
        {"about": "", "own_number": False},
    ),
    PersonalRows(
        "calls they were proved in", _t.calls, of_person(_t.calls, "proved_by"), ("started_at", "ended_at"), DELETE
    ),
    PersonalRows(
        "notices sent",
        _t.notice_recipients,
        of_person(_t.notice_recipients),
        ("notice_id", "rules", "state", "why", "slack", "at"),
        DELETE,
    ),
    PersonalRows(
        "mails that came in",
        _t.pending_mails,
        lambda whose: _t.pending_mails.c.sender.in_(whose.senders),
        ("state", "automatic", "came_at"),
        {"sender": "", "sealed": None, "files": None, "state": "removed", "vouched": ""},
    ),
    PersonalRows(
        "alerts about them", _t.alerts, of_subject(_t.alerts), ("kind", "account_id", "times", "at"), {"detail": ""}
    ),
    PersonalRows(
        "requests to change contacts",
        _t.contact_requests,
        lambda whose: or_(_t.contact_requests.c.asker == whose.id, _t.contact_requests.c.person_id == whose.id),
        ("account_id", "ticket", "do", "holds", "before", "status", "why", "asked_at", "answered_at"),
        {"name": "", "email": ""},
    ),
    PersonalRows(
        "changes of what they hold",
        _t.contact_changes,
        of_person(_t.contact_changes),
        ("account_id", "at", "by", "before", "after"),
        why=_IDS,
    ),
    PersonalRows(
        "changes told to other systems",
        _t.account_changes,
        of_person(_t.account_changes),
        ("account_id", "what", "at", "by", "before", "after", "fields"),
        why=_IDS,
    ),
    PersonalRows(
        "rights lent",
        _t.delegations,
        lambda whose: or_(_t.delegations.c.lender == whose.id, _t.delegations.c.borrower == whose.id),
        ("account_id", "lender", "borrower", "cell", "lent_at", "ends_at", "ended_at", "ticket"),
        why=_IDS,
    ),
    PersonalRows(
        "rights asked for",
        _t.delegation_requests,
        lambda whose: or_(_t.delegation_requests.c.asker == whose.id, _t.delegation_requests.c.answered_by == whose.id),
        ("account_id", "asker", "cell", "status", "asked_at", "answered_by", "answered_at"),
        why=_IDS,
    ),
)
# Tables with words or files of theirs, which person_words.py reads and blanks by the tickets they are on.
IN_WORDS: Final = {
    "people": "the profile, which is blanked: erasure.py",
    "contacts": "the profile; they are taken off: erasure.py",
    "contact_rights": "the profile; they go with the contact",
    "tickets": "those they opened, with their titles",
    "ticket_words": "the words of those titles",
    "messages": "what they said, and what the desk answered",
    "recordings": "of what they spoke",
    "attachments": "of what they sent",
    "held_answers": "answers of the desk's that are not sent yet",
    "suggested_answers": "answers an assistant has drafted",
    "ledger": "entries by them and about them: report.py; ids and names of fields stay",
    "jobs": "what is still to be done with their data: erasure.py",
    "posts": "where in their direct messages something stands: erasure.py",
    "quotes": "answers that hold their words: erasure.py",
    "erased_names": "digests that keep their username and support ID from anybody else",
    "unsent_words": "what one of the staff has typed and not sent: erasure.py",
    "bulk_actions": "an answer to many tickets, kept for a day: erasure.py",
}

# Tables in which nothing says something of a person, or what does is of others, and why.
NOT_THEIRS: Final = {
    "accounts": "the account's own; whom its invoices are for is as the operator's system has it",
    "services": "what an account has, which is nobody's alone",
    "invoices": "what an account owes, and what was printed on it, which the law keeps",
    "account_teams": "whose Slack may be linked, by organisation alone",
    "change_feed": "how far other systems have read, and no more",
    "notices": "words to several, who are in notice_recipients",
    "notice_accounts": "which accounts a notice is about, by id",
    **dict.fromkeys(("staff", "staff_logins", "staff_sessions"), "the desk's own people, who are no customers"),
    **dict.fromkeys(("account_access", "dual_control", "drills"), "what the staff did, with ids alone"),
    **dict.fromkeys(("wall_displays", "queue_views", "sent_forms"), "how the staff work, with nobody's words"),
    **dict.fromkeys(("canned_answers", "opening_exceptions"), "the desk's own texts, which name no customer"),
    **dict.fromkeys(("ticket_tags", "ticket_links", "ticket_merges"), "how tickets belong together, by number"),
    **dict.fromkeys(
        ("assignments", "ticket_presence", "answer_states"), "who of the staff has a ticket, and where an answer went"
    ),
    **dict.fromkeys(("call_tickets", "agent_legs", "deliveries"), "which call was which, by Twilio's ids"),
    **dict.fromkeys(("assistants", "api_answers"), "what a program asked, which goes with its key or case"),
    **dict.fromkeys(("installations", "install_states"), "where the Slack app is installed, and no member"),
    **dict.fromkeys(("webhook_endpoints", "webhook_messages"), "what other systems were told of, by number alone"),
    **dict.fromkeys(
        ("help_desk_tickets", "help_desk_messages", "help_desk_left", "help_desk_transactions", "help_desk_positions"),
        "which ticket is which of another help desk, by number",
    ),
    **dict.fromkeys(("switches", "daily_figures", "budgets"), "of the whole desk; budgets by digest or id, for a day"),
    **dict.fromkeys(
        ("ledger_segments", "ledger_checkpoints", "write_probe", "schema_since"), "how the database is kept whole"
    ),
}


def _counters(whose: Whose) -> tuple[str, ...]:
    return (
        whose.subject,
        *(f"{what}:{whose.subject}" for what in ("step", "guard")),
        *(f"{what}:{whose.id}" for what in ("enrol", "pinpage", "join")),
        *(f"slack:{team}:{member}" for team, member in whose.members),
    )


def gather(tx: Transaction, grant: Grant, username: str) -> Whose | None:
    """None: nobody has that username, or they are erased."""
    tx.require(grant, "desk.operate")
    p, n, o, m = _t.people.c, _t.phones.c, _t.old_emails.c, _t.slack_members.c
    row = tx.connection.execute(select(_t.people).where(p.username == username, p.erased_at.is_(None))).first()
    if row is None:
        return None
    id = row.id

    def all_of(query: Any) -> list[Any]:
        return list(tx.connection.execute(query).all())

    numbers = {one.number for one in all_of(select(n.number).where(n.person_id == id))}
    numbers |= {one.number for one in all_of(select(_t.callbacks.c.number).where(_t.callbacks.c.person_id == id))}
    emails = {row.email, *(one.email for one in all_of(select(o.email).where(o.person_id == id)))}
    members = all_of(select(m.team, m.member, m.via, m.dm).where(m.person_id == id))
    threads = _t.ticket_threads.c
    places = all_of(
        select(threads.team, threads.member_team, threads.member, threads.channel).where(threads.person_id == id)
    )
    channels = {(one.via, one.dm) for one in members if one.dm and one.via}
    channels |= {(one.team, one.channel) for one in places if one.channel}
    known = {(one.team, one.member) for one in members}
    known |= {(one.member_team, one.member) for one in places if one.member and one.member_team}
    accounts = set[int]()
    for table, column in ((_t.contacts, "person_id"), (_t.contact_changes, "person_id"), (_t.tickets, "opened_by")):
        found = select(table.c.account_id).where(table.c[column] == id).distinct()
        accounts |= {one.account_id for one in all_of(found) if one.account_id is not None}
    others = all_of(select(p.email).where(p.id != id, func.lower(p.email).in_([email.lower() for email in emails])))
    shared = {email for email in emails if email.lower() in {one.email.lower() for one in others}}
    shared |= {one.number for one in all_of(select(n.number).where(n.person_id != id, n.number.in_(numbers)))}
    senders = {digest for email in emails - shared for digest in pending_mails.senders(tx, email)}
    return Whose(
        id=id,
        username=row.username,
        name=row.name,
        support_id=row.support_id,
        emails=frozenset(emails),
        numbers=frozenset(numbers),
        members=frozenset(known),
        channels=frozenset(channels),
        accounts=frozenset(accounts),
        senders=frozenset(senders),
        shared=frozenset(shared),
    )
