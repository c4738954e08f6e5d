"""What may read a table of the database from end to end, and why: for plans.py."""

from __future__ import annotations

from typing import Final

FEW: Final = {  # tables that do not grow with use, or hold what is of this minute
    *(
        "staff",
        "staff_logins",
        "staff_sessions",
        "switches",
        "installations",
        "install_states",
        "write_probe",
        "schema_since",
    ),
    *("unsent_words", "queue_views", "daily_figures", "canned_answers", "held_answers", "change_feed"),
    *("ticket_presence", "bulk_actions", "opening_exceptions", "wall_displays", "webhook_endpoints"),
    *("help_desk_positions", "help_desk_transactions", "help_desk_left", "assistants", "suggested_answers"),
}
SHORT: Final = {  # indices of what is not over, which are short however much there was: they may be read whole
    *("ix_jobs_due", "ix_jobs_kind_due", "ix_jobs_ordering_key", "ix_jobs_given_up"),
    *("ix_calls_response", "ix_agent_legs_live", "ix_login_details_sealed"),
    "ix_verification_requests_waiting",
    *("ix_pending_mails_waiting", "ix_pending_mails_vouched"),  # 20,000 of all together at most (mail_places.py)
    *("ix_delegations_live", "ix_codes_live", "ix_slack_members_staff", "ix_pin_guards_locked_until"),
    *("ix_ledger_checkpoints_retiring", "ix_ledger_checkpoints_over"),
}
ALLOWED: Final = {  # file and function, and why it may read all there is
    r"(import_run|people_rows|giving_way|account_rows|row_changes):.*": "the operator's import is compared with all there is",
    r"(verify|key_retirement|schema|lookups|standing|report_figures):.*": "a command of the operator's",
    r"(person_lookup|account_lookup|suspension):.*": "a command of the operator's, about one of them or a page of them",
    r"(personal_data|person_words|person_report|erasure):.*": "a command of the operator's: all of one person, in pieces",
    r"audit:entries": "the audit, of which all is asked",
    r"(restore|verification_requests):end_all|delegations:_end_each|restore:.*|revocation:(_not_confirmed|_not_called|_kept|owed_to_anybody)": "once after a restore",
    r"slack_members:unfit": "once a night every link is looked at, by a read that nobody waits for",
    r"alerts:shown": "from the newest on, and fifty are enough",
    r"operator_tickets:listed|failed_jobs:(listed|given_up|failing)": "a command of the operator's",
    r"checkpoints:_all_heads": "before the first checkpoint there is no other",
    r"retired_keys:is_strange": "one row is enough, and is asked for once in each process",
    r"checkpoints:_check|pins:reseal": "commands of the operator's, who has another key",
    r"queue_lists:listed on too many rows": "a window of 2,000 for a page of a list that is narrowed down, however many there are",
    r"ticket_search:_by_words on too many rows": "of each of five words 2,000 tickets at most, and 500 that have them all",
    r"ticket_search:_by_case on too many rows": "the 500 tickets that one of the staff took last",
    r"agent_tickets:workload": "all tickets that are not closed, where somebody leads",
    r"daily_figures:_open": "all tickets that are open: once a day, and where somebody leads",
    r"daily_figures:.* on too many rows": "all of a day",
    r"account_access:lift": "a click of a supervisor: the looks of one of the staff, of which a day's are kept",
    r"webhook_messages:(listed|_again)|webhook_endpoints:(every|remove)": "commands of the operator's, about messages of 30 days",
    r"staff_invitations:withdraw on too many rows": "who never joined has done nothing; in these databases they have",
    r"drill_runs:of_own on drills": "PostgreSQL goes through the newest of half a year, which people have played, for a hundred of one's own",
    r"alerts:seen_of": "those that nobody has looked into yet",
}
