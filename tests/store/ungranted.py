"""Every public function of `store` that asks for no Grant, each with the reason why it may: read this to review them."""

from __future__ import annotations

from typing import Final

from tests.store import (
    reasons,
    ungranted_api,
    ungranted_contacts,
    ungranted_holdings,
    ungranted_imports,
    ungranted_ledger,
    ungranted_notices,
    ungranted_sign_in,
    ungranted_words,
)

REASONS: Final[dict[str, str]] = {
    **ungranted_api.REASONS,
    **ungranted_holdings.REASONS,
    **ungranted_contacts.REASONS,
    **ungranted_words.REASONS,
    **ungranted_imports.REASONS,
    **ungranted_ledger.REASONS,
    **ungranted_notices.REASONS,
    **ungranted_sign_in.REASONS,
    "account_details.naming": reasons.ASKS,
    "account_details.why_not": "asks for contacts.view itself before it names anybody",
    "billing_details.printed_now": "for the import, which writes it on new invoices, and for `printed`, under its Grant",
    **{
        f"opening_exceptions.{name}": "when the desk is open, which callers hear"
        for name in ("read", "listed", "sweep")
    },
    "daily_figures.count_days": "counts a day that is over: numbers that name nobody, for the desk to keep",
    **dict.fromkeys(("daily_figures.calls", "daily_figures.tickets"), "counts, for wall_figures, under its Grant"),
    "response_clock.covered": reasons.SQL,
    "login_details.look": "to ask for the right: ids and a state, for whoever has the link and is the one they are for",
    "login_details.not_sent": "notes on the ticket that a mail did not go out",
    "login_details.sweep": "ends what nobody opened in time",
    "ticket_presence.sweep": "drops who has looked at a ticket a while ago",
    "ticket_presence.writes": "notes that whoever has opened a ticket is typing; tells nothing",
    "bulk_actions.sweep": "drops what was done to many at once yesterday",
    "ticket_tags.tag_of": reasons.PURE,
    "held_answers.sweep": "drops words of yesterday that could not be sent",
    "alerts.alert": "writes what the desk is to be warned of; gives back whether it is new",
    "alerts.one_of_some": "the same, of several the first few by name",
    "alerts.of_late": "kinds of warnings, for a card that has its Grant already",
    "alerts.sweep": "drops warnings of long ago",
    **dict.fromkeys(("totp." + n for n in ("begin", "check", "confirm", "confirmed_at", "lock")), reasons.FACTOR),
    **dict.fromkeys(("totp." + n for n in ("end_later", "ends_at", "keep", "put", "remove")), reasons.FACTOR),
    **dict.fromkeys(("totp." + n for n in ("check_counted", "spend", "step_of", "sweep", "uri")), reasons.FACTOR),
    **reasons.RESTORES,
    **dict.fromkeys(("write_probe.beat", "store.Store.can_write"), reasons.OPENS),
    **dict.fromkeys(
        ("statements.Connected." + n for n in ("connection", "dialect")),
        "what a statement needs of a transaction, and no more",
    ),
    "hash_pool.own_folder": "a folder of this machine; knows no customer",
    "transaction.Transaction.look_at_the_clock": "reads the clock, and nothing else",
    "transaction.Transaction.forget_standings": "says that they are to be read anew; gives nothing back",
    "wakeup.Wakeup.notify": "wakes; knows nothing of what for",
    "wakeup.Wakeup.wait": "waits; knows nothing of what for",
    **dict.fromkeys(
        (
            "budgets." + n
            for n in ("charge", "free_at", "give_back", "has", "lock", "make_whole", "settle", "sweep", "take", "used")
        ),
        reasons.GUARD,
    ),
    **dict.fromkeys(("budgets.Limit.within", "daily_figures.day_of", "retrying.retried", "spans.say"), reasons.PURE),
    **{f"spans.{n}": reasons.PURE for n in ("record", "carried", "count_statements", "Recorder.begin", "Recorder.end")},
    **dict.fromkeys(
        ("sent_forms." + n for n in ("drop", "forget", "keep", "kept", "done", "led", "location_before", "sweep")),
        "forms of the desk's page: whether one was sent before, and its author's own unsent words",
    ),
    **dict.fromkeys(
        ("budgets.at_most", "credentials.SignInTry.id", "one_time_links.codes_of", "one_time_links.is_ours"),
        reasons.PURE,
    ),
    **dict.fromkeys(
        (f"call_state.{n}" for n in ("begin", "end", "lease", "load", "save", "sweep", "update_state")), reasons.CALL
    ),
    "sessions.signed_in": "the ids of whoever of one door is signed in now",
    "take_digits.places": "the ids of the staff, in their order",
    "call_state.first_delivery": "whether a webhook is new: true or false",
    "call_state.forget_delivery": "forgets that a webhook came; gives nothing back",
    "call_state.stored_response": "what the same call was told in its last turn, sealed until Twilio repeats that turn",
    "call_state.unproved": reasons.CALL,
    **dict.fromkeys(("one_time_codes." + n for n in ("digests", "issue", "redeem", "sweep")), reasons.CODE),
    **dict.fromkeys(("engine.Gate." + n for n in ("acquire", "is_open", "locked")), reasons.OPENS),
    **dict.fromkeys(("engine.Gate." + n for n in ("release", "until", "within")), reasons.OPENS),
    **dict.fromkeys(("engine.connect_by", "engine.make_engine"), reasons.OPENS),
    **dict.fromkeys(("engine.read_url", "engine.sqlite_file", "slack_members.in_order", "spans.span"), reasons.PURE),
    **dict.fromkeys(
        ("call_approvals." + n for n in ("answer", "ask", "for_draft", "outcome", "refuse")), reasons.FACTOR
    ),
    "on_behalf.on_behalf": "says by whom and in which call something is done; gives nothing",
    "call_assignment.accounts_of": "ids of accounts, for `store` alone: of which one of the staff has a call with somebody",
    "call_assignment.of_account": "whether one of the staff has a call with somebody of an account: yes or no",
    "callbacks.look": "ids, a number on file and how far the call has come: for the worker and the phone",
    "callbacks.words": reasons.PURE,
    "callbacks.asker_is_away": "whether an agent is suspended: yes or no",
    "agent_tickets.let_go": "for `staff_list.suspend`: nobody has their tickets any more; tells nothing",
    "callbacks.number_now": "the number on file that is rung now: for the worker alone",
    **dict.fromkeys(
        ("callbacks." + n for n in ("given_up", "in_vain", "reached", "not_rung", "rung", "staff_phone", "to_ring")),
        "how far a call of ours has come, and the agent's own phone: for the worker and the phone",
    ),
    "people.support_id": reasons.DECIDES,
    "callbacks.moved": "how far a call has come: yes or no",
    **dict.fromkeys(("transfer_codes.give", "transfer_codes.take", "transfer_codes.topic_of"), reasons.FACTOR),
    **dict.fromkeys(("one_time_codes.use", "one_time_codes.bound_of"), reasons.CODE),
    "one_time_codes.void": reasons.CODE,
    **dict.fromkeys(("factors.address", "factors.on_file", "factors.numbers"), reasons.FACTOR),
    "call_approvals.sweep": reasons.FACTOR,
    "callbacks.sweep": "drops calls of long ago",
    "recipients.sweep": "drops addresses that are told of nothing any more",
    "drill_runs.sweep": "drops drills of long ago",
    "dual_control.sweep": "drops what was asked long ago",
    "call_codes.bound_to": reasons.PURE,
    "step_ups.given": "whether a second proof was given in a call: yes or no",
    "live_calls.words": "the desk's own two words in a call; nothing of the caller",
    "live_calls.of_person": "which call one of the staff has with somebody: ids; the card needs a Grant of its own (`case`)",
    "standing.unlocked_by": "for `requester`, `lock` and `account_access`, which ask for the Grant of whoever is shown it",
    "standing.requester": "for ticket_summary.py and live_calls.py, which ask for the Grant of whoever is shown it",
    **dict.fromkeys(
        (
            "step_ups." + n
            for n in ("end_in", "factor", "own", "proof", "reached", "still_good", "sweep", "until", "until_own")
        ),
        reasons.FACTOR,
    ),
    "threat_mode.threat": "whether the phone takes messages only: yes or no",
    **dict.fromkeys(("code_words.two_words", "live_calls.LiveCall.unassigned", "take_digits.digits"), reasons.PURE),
    **dict.fromkeys(("passwords.normal", "passwords.trouble"), reasons.PURE),
    **dict.fromkeys(
        ("attempt_limits." + n for n in ("forget", "forget_person", "give_back", "is_disabled", "is_locked")),
        reasons.GUARD,
    ),
    **dict.fromkeys(("attempt_limits." + n for n in ("is_worn_out", "reserve", "sweep", "unlock")), reasons.GUARD),
    **dict.fromkeys(("attempt_limits.counter_of", "attempt_limits.decoy_of"), reasons.PURE),
    **dict.fromkeys(
        (
            "installations." + name
            for name in ("put", "find", "every", "end", "begin", "is_begun", "came_back", "due_to_rotate", "sweep")
        ),
        reasons.TOKEN,
    ),
    **dict.fromkeys(("installations.invite", "installations.is_invited", "installations.link_of"), reasons.TOKEN),
    **dict.fromkeys(
        (
            "answer_delivery.begin",
            "answer_delivery.written",
            "answer_delivery.given_up",
            "answer_delivery.settle",
            "failed_jobs.give_up",
            "failed_jobs.put_back",
        ),
        reasons.QUEUE,
    ),
    **dict.fromkeys(
        (
            "credentials." + n
            for n in ("begin", "drop", "enter", "finish", "hashed", "mark", "marked", "who_signs_in", "matches", "put")
        ),
        reasons.STAFF,
    ),
    "delegations.account_of": reasons.DECIDES,
    "delegations.account_of_delegation": reasons.DECIDES,
    "delegations.cell_of": reasons.DECIDES,
    "delegations.may_be_for_one": reasons.PURE,
    "delegations.take_back": "ends the asker's own loan, and no other; tells nothing",
    "delegations.end_of_those_who_lost": reasons.IMPORT,
    "delegations.end_all": "after a restore: fewer people may do something then; tells nothing",
    **dict.fromkeys(
        (
            "slack_members." + name
            for name in (
                "find",
                "of_person",
                "supervisors",
                "of_staff",
                "met",
                "link",
                "unlink",
                "is_listed",
                "unfit",
                "unlink_unfit",
                "home_of",
                "sweep",
                "may_link",
            )
        ),
        reasons.MEMBER,
    ),
    **dict.fromkeys(
        (
            "ticket_threads." + n
            for n in ("add", "of_ticket", "find", "at", "stands", "posted", "versions", "keep_post", "channel_moved")
        ),
        reasons.PLACE,
    ),
    **dict.fromkeys(
        ("one_time_links." + name for name in ("digests", "ends", "issue", "lock", "look", "use", "void")), reasons.PAGE
    ),
    **dict.fromkeys(("pin_reset." + name for name in ("attempt", "look", "put")), reasons.PAGE),
    "people.accounts_of": reasons.DECIDES,
    "people.claimed_by": reasons.DECIDES,
    **dict.fromkeys(("people." + n for n in ("check_digit", "is_support_id", "new_support_id")), reasons.PURE),
    "people.resolve": reasons.DECIDES,
    "pins.anew": reasons.PIN,
    "pins.check_duress": reasons.PURE,
    "pins.check_policy": reasons.PURE,
    "pins.compare": reasons.PIN,
    "pins.decoy": reasons.PIN,
    "pins.easy": reasons.PURE,
    "pins.find": reasons.PIN,
    "pins.is_fresh": reasons.PIN,
    "pins.is_still": reasons.PIN,
    "pins.issue": reasons.PURE,
    "pins.issue_duress": reasons.PURE,
    "pins.keep": reasons.PIN,
    "pins.put": "keeps a hash; whoever sets a PIN does so by `pin_changes.set_pin`, under a Grant, or by an import",
    "pins.renew": reasons.PIN,
    "pins.reseal": reasons.PIN,
    "hash_pool.HashPool.admit": reasons.POOL,
    "hash_pool.HashPool.close": reasons.POOL,
    "hash_pool.HashPool.leave": reasons.POOL,
    "hash_pool.HashPool.run": reasons.POOL,
    "account_access.cases": reasons.SQL,
    "account_access.has_case": "whether one of the staff has a case on an account: yes or no",
    "account_access.sweep": "drops what was counted long ago",
    **dict.fromkeys(
        ("agent_legs." + n for n in ("accepted", "add", "ended", "next_ring", "not_rung", "progress", "whose")),
        reasons.LEG,
    ),
    **dict.fromkeys(
        ("agent_legs." + n for n in ("cut_off", "is_away", "is_closed", "open_phones", "over", "rung", "stop")),
        reasons.LEG,
    ),
    **dict.fromkeys(("agent_legs.join", "agent_legs.stop_ringing", "agent_legs.to_stop"), reasons.LEG),
    **dict.fromkeys(
        ("support_calls." + n for n in ("lock", "met", "place_since", "proved", "queue", "seen", "sweep")), reasons.RING
    ),
    **dict.fromkeys(("support_calls." + n for n in ("end", "leg_gone", "look", "take")), reasons.RING),
    "support_calls.place": "where a caller stands in the queue: a number",
    "call_news.news": reasons.QUEUE,
    **{"support_calls." + n: reasons.PURE for n in ("announced", "SupportCall.announced", "room")},
    **dict.fromkeys(("schema.is_current", "schema.is_ahead", "store.Store.is_ahead", "schema.migrate"), reasons.OPENS),
    "dual_control.action_of": "which action waits for a second person: a word",
    **dict.fromkeys(
        (
            "sessions." + n
            for n in (
                "SignedIn.is_supervisor",
                "SignedIn.person",
                "SignedIn.staff",
                "begin",
                "end",
                "end_all",
                "find",
                "is_good",
                "sweep",
                "whose",
            )
        ),
        reasons.STAFF,
    ),
    **dict.fromkeys(("realms.Realm.sealed", "realms.of", "realms.staffs_app"), reasons.PURE),
    **dict.fromkeys(("invitations." + name for name in ("accept", "attempt", "look")), reasons.PAGE),
    "store.Store.unfit_links": "ids of people whose links are to end",
    "store.Store.watch": "whether anything changed: a digest",
    "store.Store.watch_all": "whether anything changed: a digest",
    "change_stamp.stamp": "whether anything changed: a digest",
    "store.Store.close": reasons.OPENS,
    "store.Store.is_ready": reasons.OPENS,
    "store.Store.is_work_due": reasons.QUEUE,
    **dict.fromkeys(("store.Store.do", "store.Store.transaction"), reasons.OPENS),
    "store.now_ms": reasons.PURE,
    "store.open_store": reasons.OPENS,
    "call_approvals.end_in": reasons.FACTOR,
    "call_approvals.give_up": reasons.FACTOR,
    "call_approvals.lately": reasons.FACTOR,
    "attempt_limits.desk_wide": reasons.PURE,
    **dict.fromkeys(("people.lock", "people.works_here"), "locks a row; whether it is there"),
    "one_time_codes.put": reasons.CODE,
    **dict.fromkeys(("message_limits.charge", "message_limits.give_back"), reasons.GUARD),
    "message_limits.is_on_file": "whether a number is anybody's; nobody hears it",
    "message_limits.take": "counts a message before it is recorded; gives back whose budget is spent",
    "caller_limits.caller": reasons.PURE,
    "caller_limits.chance_a_day": reasons.PURE,
    "caller_limits.limits": reasons.PURE,
    "call_codes.ask": "has a code shown to the one who asks, in Slack; gives back whether",
    "call_codes.counter_of": reasons.PURE,
    "call_codes.use": reasons.CODE,
    "sms_codes.ask": "has a code sent to a number on file of the one who asks; gives back whether",
    "sms_codes.country_of": reasons.PURE,
    **dict.fromkeys(("sms_codes.number_for", "sms_codes.reached"), reasons.FACTOR),
    "sms_codes.sweep": "drops what was counted long ago",
    **dict.fromkeys(
        ("grant_limits.is_supervisor", "grant_limits.service", "grant_limits.takes_two", "grant_limits.whole_desk"),
        "looks at how far a grant reaches",
    ),
    "ticket_access.ticket": "whose ticket it is, to decide whether a grant reaches it",
    "unlock.compared": reasons.CODE,
    "unlock.tried": reasons.CODE,
    "unlock.used": reasons.CODE,
    "statements.insert_together": "writes rows it is given; gives nothing back",
    "transaction.Transaction.part": "takes back what was done within; gives nothing back",
    "transaction.Transaction.write": "keeps a row for the end of the transaction; gives nothing back",
    "transaction.Transaction.ask": reasons.ASKS,
    "transaction.Transaction.connection": reasons.SQL,
    "transaction.Transaction.require": reasons.ASKS,
    "transaction.Transaction.offer": reasons.ASKS,
    "transaction.Transaction.offer_accounts": reasons.ASKS,
    "transaction.Transaction.offer_everywhere": reasons.ASKS,
    "transaction.Transaction.record": "writes an entry; reads nothing",
    "transaction.Transaction.standing": "what a decision rests on: role words and facts, for `store` and the judge",
    "transaction.Transaction.rights": "what is allowed, and what a second proof would open: cells, and no Grant for any",
    "transaction.Transaction.requests_everywhere": "what a second proof would open: actions, and no Grant for any",
    "transaction.Transaction.proved_further": "takes from `step_ups` that a second proof was read; gives nothing back",
    "transaction.Transaction.told_rights": "writes down that what was granted was said; reads nothing",
    "transaction.Transaction.told": "adds names of fields to an entry; reads nothing",
    "transaction.upsert": reasons.PURE,
    "transaction.Transaction.dialect": "the name of the database, which belongs to nobody",
    "verify.Verdict.ok": reasons.PURE,
    **dict.fromkeys(("statements.Prepared." + way for way in ("run", "first", "all", "on")), reasons.SQL),
    "statements.either": reasons.SQL,
    **dict.fromkeys(
        ("statements." + name for name in ("each", "issued", "not_beyond", "of_late", "one_of", "starting")),
        reasons.PURE,
    ),
    "verify.running": reasons.PURE,
    **dict.fromkeys(("job_queue.ordering_key_of", "job_queue.outside"), reasons.PURE),
    "job_queue.write_down": "what a delivery has left to be written, each by a function that has its own reason",
    **dict.fromkeys(
        ("store.Store.backlog", "job_queue.backlog"),
        "how many jobs are pending: numbers, and the last error, which has no customer in it",
    ),
    **dict.fromkeys(
        (f"job_queue.{n}" for n in ("done", "is_due", "enqueue", "enqueue_once", "enqueue_each_once")), reasons.QUEUE
    ),
    **dict.fromkeys(
        ("job_queue.failed", "job_queue.give_up", "job_queue.lease_again", "job_queue.lease"), reasons.QUEUE
    ),
    **dict.fromkeys(
        ("job_queue.sweep", "job_queue.waits", "job_queue.withdraw", "job_queue.withdraw_proving"), reasons.QUEUE
    ),
}
