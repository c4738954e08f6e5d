"""A desk that has been at work for long: as many tickets, entries, calls and jobs as are wanted, written by the database itself.

Of everything all but a little is over. `now` is in ms; the newest of each is of just then, the oldest of a month before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from benchmarks import filling_contacts, filling_keys, filling_ledger, filling_notices, filling_staff
from store import Store, tables

DAY: Final = 24 * 3_600_000  # ms
LAST: Final = 10  # so many of the newest are not over

# Table -> column -> what it holds, in words both databases know. `n` counts from 1 to {many}, {now} is the time, {at} when the
# n-th came to be, {new} whether it is one of the last; {accounts} and {people} are how many there are.
_PERSON, _ACCOUNT = "1 + n % {people}", "1 + n % {accounts}"
_OVER: Final = "CASE WHEN {new} THEN NULL ELSE {at} END"
PAST: Final[dict[Any, dict[str, str]]] = {
    tables.tickets: {
        "number": "n",
        "account_id": _ACCOUNT,
        "opened_by": "2 * (n % {accounts}) + 1",
        "topic": "'technical'",
        "kind": "'problem'",
        "title": "'It is slow'",
        "priority": "CASE WHEN n % 50 = 0 THEN 0 ELSE 1 + n % 3 END",
        **dict.fromkeys(("waiting_since", "due_at"), "CASE WHEN {new} THEN {at} ELSE NULL END"),
        "channel": "'phone'",
        "status": "CASE WHEN {new} THEN 'open' ELSE 'closed' END",
        "opened_at": "{at}",
    },
    tables.ticket_words: {"word": "CASE n % 2 WHEN 0 THEN 'slow' ELSE 'word' || (n % 500) END", "ticket": "n"},
    tables.ticket_links: {"ticket": "n", "other": "n"},
    tables.ticket_merges: {
        "ticket": "n",
        "into": "n",
        "at": "{at}",
        "waiting_since": "{at}",
        "into_waiting_since": "{at}",
        "into_priority": "2",
        "assigned": "false",
        **dict.fromkeys(("status", "into_status"), "'open'"),
    },
    tables.ticket_tags: {"tag": "'tag' || (n % 500)", "ticket": "n"},
    tables.messages: {
        "id": "n",
        "ticket": "n",
        "author": "'person:' || (2 * (n % {accounts}) + 1)",
        "body": "'It is slow'",
        "at": "{at}",
        "source": "'C' || (n % 100) || ':' || n",
        "event": "CASE n % 5 WHEN 0 THEN 'closed' ELSE '' END",
        "internal": "n < 0",
        "earlier": "'[]'",
        "recording": "'RE' || n",
        "written_by": "CASE WHEN n % 50 = 0 THEN 1 + n / 50 % 5 END",
    },
    tables.answer_states: dict.fromkeys(("at", "first_at"), "{at}")
    | {"message": "n", "state": "'reached'", "why": "''", "took": "n % 90 * 600000", "in_time": "n % 9 > 0"},
    tables.assignments: {"ticket": "n", "staff_id": "1 + n % 5", "at": "{at}"},
    tables.ticket_threads: {
        "id": "n",
        "ticket": "n",
        "side": "'desk'",
        "team": "'T1'",
        "channel": "'C' || (n % 100)",
        "thread": "'t' || n",
    },
    tables.posts: {
        "key": "'say:' || (n / 10) || ':' || n",
        "team": "'T1'",
        "channel": "'C' || (n % 100)",
        "ts": "'1.1'",
        "at": "{at}",
    },
    tables.quotes: {
        "id": "n",
        "about": "'source:C1:' || n",
        "post": "'told:' || n",
        "asked": "'{{}}'",
        "at": "{at}",
    },
    tables.attachments: {
        **dict.fromkeys(("id", "message"), "n"),
        "slack_id": "'F' || n",
        "name": "'log.txt'",
        "content_type": "''",
        "size": "1",
        "sealed": "CASE WHEN n > {many} / 2 THEN {bytes} END",
        "came_at": "{at}",
    },
    tables.login_details: {
        **(dict.fromkeys(("id", "ticket", "link"), "n") | dict.fromkeys(("made_at", "ends_at", "state_at"), "{at}")),
        "account_id": _ACCOUNT,
        "person_id": _PERSON,
        "state": "'opened'",
    },
    tables.recordings: {
        "sid": "'RE' || n",
        "seconds": "7",
        "state": "'here'",
        "recorded_at": "{at}",
        "removed_at": "CASE WHEN n < {many} / 2 THEN {at} END",
    },
    tables.early_edits: {"source": "'C1:early' || n", "author": "'person:1'", "edited": "'1'", "at": "{at}"},
    tables.calls: {
        "sid": "'CA' || n",
        "step": "1",
        "state": "{bytes}",
        "fingerprint": "''",
        "started_at": "{at} - 60000",
        "ended_at": _OVER,
        "response": "CASE WHEN {new} THEN {bytes} ELSE NULL END",
    },
    tables.support_calls: {
        "id": "n",
        "call": "'CA' || n",
        "subject": "'person:' || (" + _PERSON + ")",
        "account_id": _ACCOUNT,
        "emergency": "n < 0",
        "proof": "2",
        "legs": "2",
        "legs_ended": "1",
        "taken_by": "'CB' || n",
        "ended_at": _OVER,
        "started_at": "{at} - 60000",
        "staff_id": "1 + n % 5",
        "ending": "'caller_left'",
    },
    tables.agent_legs: {
        "support_call": "n",
        "leg": "0",
        "number": "'+44163296000' || (n % 5)",
        "rung_at": "{at}",
        "ended_at": _OVER,
    },
    tables.call_tickets: {"support_call": "n", "ticket": "n"},
    tables.callbacks: {
        "id": "n",
        "person_id": _PERSON,
        "account_id": _ACCOUNT,
        "number": "'+441632960001'",
        "purpose": "'talk'",
        "staff_id": "1 + n % 5",
        "state": "CASE WHEN {new} THEN 'owed' ELSE 'over' END",
        "made_at": "{at}",
        "call": "'CC' || n",
        "ended_at": _OVER,
    },
    tables.deliveries: {"key": "'d' || n", "at": "{at}"},
    tables.sent_forms: {"digest": "'d' || n", "location": "'/desk'", "at": "{at}"},
    tables.jobs: {
        "id": "n",
        "kind": "CASE n % 3 WHEN 0 THEN 'ticket_update' WHEN 1 THEN 'call_card' ELSE 'slack.message' END",
        "key": "'k' || n",
        "ordering_key": "'order:' || (n % 1000)",
        "payload": "'{{}}'",
        "run_at": "{at}",
        "attempts": "1",
        "created_at": "{at}",
        "done_at": _OVER,
        "given_up": "n % {many} = 1",
    },
    tables.alerts: {
        "id": "n",
        "kind": "'no_case'",
        "audience": "'desk'",
        "subject": "'staff:' || (n % 5)",
        "account_id": _ACCOUNT,
        "detail": "''",
        "dedupe_key": "'s' || n",
        "at": "{at}",
        "seen_at": _OVER,
    },
    tables.codes: {
        "digest": "'d' || n",
        "kind": "'link'",
        "subject": "'person:' || n",
        "bound": "''",
        "made_at": "{at}",
        "expires_at": "{at} + 600000",
        "used_at": _OVER,
    },
    tables.step_ups: {
        "id": "n",
        "person_id": _PERSON,
        "account_id": _ACCOUNT,
        "channel": "'phone'",
        "bound": "'CA' || n",
        "factor": "'authenticator'",
        "topic": "''",
        "reached_at": "{at}",
        "ends_at": "{at}",
    },
    tables.approvals: {
        "id": "n",
        "person_id": _PERSON,
        "account_id": _ACCOUNT,
        "call": "'CA' || n",
        "digest": "'d' || n",
        "made_at": "{at}",
        "expires_at": "{at}",
        "answered_at": _OVER,
    }
    | {"way": "'passkey'", "ending": "'08'", "on_file": "n > 0", "action": "''"},
    tables.vouches: {"id": "n", "person_id": _PERSON, "account_id": _ACCOUNT, "used_at": _OVER}
    | {"vouched_by": "1 + (n + 1) % {people}", "at": "{at}"},
    tables.text_messages: {
        "id": "n",
        "person_id": _PERSON,
        "number": "'+4416' || n",
        "country": "'GB'",
        "at": "{at}",
    },
    tables.budgets: {"name": "'tries:person:' || n || ':'", "full_at": "{at}"},
    tables.pin_guards: {
        "counter_key": "'k' || n",
        "window_attempts": "0",
        "consecutive": "0",
        "lifetime": "0",
        "generation": "0",
        "real": "n > {many} / 2",
        "seen_at": "{at}",
        "locked_until": "CASE WHEN {new} THEN {at} ELSE NULL END",
    },
    **filling_contacts.PAST,
    **filling_ledger.PAST,
    **filling_notices.PAST,
    **filling_staff.PAST,
}
_OF_PEOPLE: Final[dict[Any, dict[str, str]]] = {  # one for each person, or for each account
    tables.slack_members: {
        "team": "'T' || (n % 50)",
        "member": "'U' || n",
        "linked_at": "0",
        "linked_by": "'code'",
        "person_id": "CASE WHEN n > 5 THEN n END",
        "staff_id": "CASE WHEN n <= 5 THEN n END",
    },
    tables.pins: {"person_id": "n", "pepper": "'k'", "salt": "{bytes}", "sealed": "{bytes}", "issued_at": "0"},
    tables.authenticators: {"person_id": "n", "sealed": "{bytes}", "confirmed_at": "1"}
    | dict.fromkeys(("made_at", "last_step"), "0"),
    tables.passkeys: {"person_id": "n", "credential_id": "{number}"}
    | dict.fromkeys(("public_key", "handle"), "{bytes}")
    | dict.fromkeys(("transports", "name"), "''")
    | dict.fromkeys(("backup_eligible", "backed_up"), "false")
    | dict.fromkeys(("sign_count", "made_at", "counts_from"), "0"),
    tables.person_logins: {"person_id": "n", "set_at": "0"},
    tables.person_sessions: {"digest": "'d' || n", "person_id": "n", **dict.fromkeys(("made_at", "seen_at"), "{at}")},
    tables.old_emails: {"person_id": "n", "email": "'old.' || n", "replaced_at": "{now} - n * {apart}"},
    tables.erased_names: {"digest": "'e' || n", "kind": "'username'", "person_id": "n"},
} | filling_keys.OF_PEOPLE
_OF_ACCOUNTS: Final[dict[Any, dict[str, str]]] = {tables.account_teams: {"account_id": "n", "team": "'T' || (n % 50)"}}
SPAN: Final = {  # ms for which they are kept; all else is of a month
    **dict.fromkeys((tables.jobs, tables.deliveries), 3 * DAY),
    **dict.fromkeys((tables.calls, tables.early_edits, tables.person_sessions), 7 * DAY),
    **dict.fromkeys(
        (tables.approvals, tables.codes, tables.account_access, tables.step_ups, tables.text_messages), DAY
    ),
    **dict.fromkeys((tables.pin_guards, tables.api_answers), DAY),
    tables.pending_mails: 14 * DAY,
    **dict.fromkeys((tables.budgets, tables.sent_forms), DAY // 24),
}
# Of these, one for so many.
LESS: Final = {
    tables.jobs: 3,
    **dict.fromkeys((tables.support_calls, tables.agent_legs, tables.call_tickets), 5),
}


def past(store: Store, accounts: int, many: int, now: int, *, without: Collection[Any] = ()) -> None:
    """Into a desk whose accounts and people are there, two of these an account: so many tickets, and of all else by that."""
    wanted = [(tables.staff, filling_staff.STAFF, 5), (tables.webhook_endpoints, filling_notices.ENDPOINTS, 5)]
    wanted += [
        (table, columns, max(many // LESS.get(table, 1), 1)) for table, columns in PAST.items() if table not in without
    ]
    wanted += [(tables.segments, filling_ledger.SEGMENTS, filling_ledger.segments(many))]
    wanted += [(table, columns, 2 * accounts) for table, columns in _OF_PEOPLE.items()]
    wanted += [(table, columns, accounts) for table, columns in _OF_ACCOUNTS.items()]
    sqlite = store.engine.dialect.name == "sqlite"
    with store.gate.locked(), store.engine.begin() as connection:
        for table, columns, count in wanted:
            connection.exec_driver_sql(
                _insert(table, columns, count, now, accounts, sqlite), None, {"no_parameters": True}
            )
            id = table.autoincrement_column
            if id is not None and not sqlite:  # or the next one would be given a number that is taken
                whose = f"pg_get_serial_sequence('{table.name}', '{id.name}')"
                connection.exec_driver_sql(f'SELECT setval({whose}, max("{id.name}")) FROM {table.name}')
    with store.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if sqlite:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            raw.autocommit = True
            raw.execute("VACUUM ANALYZE")  # as autovacuum does soon; SQLite has nothing that does it
            raw.autocommit = False


def _insert(table: Any, columns: dict[str, str], many: int, now: int, accounts: int, sqlite: bool) -> str:
    apart = SPAN.get(table, 30 * DAY) // many
    known = {
        "now": f"{now}",
        "many": f"{many}",
        "apart": f"{apart}",
        "accounts": f"{accounts}",
        "people": f"{2 * accounts}",
        "at": f"({now} - ({many} - n) * {apart})",
        "new": f"n > {many} - {LAST}",
        "number": "CAST(n AS BLOB)" if sqlite else "convert_to(CAST(n AS TEXT), 'UTF8')",
        "bytes": "x'00'" if sqlite else "'\\x00'::bytea",
    }
    given = dict(columns)
    for column in table.c:  # what the tables say of themselves, for what has no default in the database
        if (
            column.name not in given
            and not column.nullable
            and column.server_default is None
            and not column.primary_key
        ):
            raise AssertionError(f"{table.name}.{column.name}: say what it holds")
    names = ", ".join(f'"{name}"' for name in given)
    values = ", ".join(said.format(**known) for said in given.values())
    series = (
        f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {many}) "
        if sqlite
        else f"WITH s(n) AS (SELECT n::bigint FROM generate_series(1, {many}) AS n) "
    )
    return f"INSERT INTO {table.name} ({names}) {series} SELECT {values} FROM s"
