"""Every public function of `store` that asks for no Grant, each with the reason why it may: read this to review them."""

from __future__ import annotations

from typing import Final

_SQL: Final = "for `store` alone, which is the only room that may speak SQL (tests/house)"
_PURE: Final = "computes from what it is given; asks no database"
_KEYS: Final = "keys and what they make; knows no customer"
_OPENS: Final = "opens, migrates or closes the database; reads no row of a customer"
_LEDGER: Final = "writes or checks the chain; what it gives are numbers and MACs"
_CALL: Final = "the phone door's own row of a call it already serves: text the door wrote itself"
_GUARD: Final = "counts attempts; gives numbers of attempts and nothing of whose they are"
_PIN: Final = "a PIN's hash, sealed: opens nothing, says nothing about a customer"
_IMPORT: Final = "a part of an import, inside the transaction whose Grant for desk.operate `imports.run` has asked for"
_DECIDES: Final = "looks up whom to decide about: an id or a subject, never a name, and nothing that is told"
_QUEUE: Final = "later work: its payloads are ids and kinds, and what whoever enqueued it had put there"
_RING: Final = "a waiting call: ids and whether it was taken; who is calling needs a Grant (`whisper`)"
_LEG: Final = "the desk's own phones: their numbers and whether they ring; no customer's"
_POOL: Final = "runs what it is given"
_ASKS: Final = "the way to a Grant: judges, registers, and writes the ledger"

_MEMBER: Final = "whom a Slack member stands for, to decide: ids and a subject, never a name"
_PLACE: Final = "channels, threads and time stamps of Slack; nothing of what is said there"
_TOKEN: Final = "the operator's own installation and its tokens; knows no customer"
_FACTOR: Final = "what somebody can be proved by, and whether they were: to decide, never shown as it is"
_CODE: Final = "a code that is good once: digits, and the subject they were made for"
_STAFF: Final = "the desk's own people, their sign-in and their sessions; knows no customer"
_WORDS: Final = "for those who have asked: what its author wrote, by whom it was written and where; tells nobody else"
_PAGE: Final = "a one-time page's token, and the subject it was made for: to decide"

REASONS: Final[dict[str, str]] = {
    "accounts.why_not": "asks for contacts.view itself before it names anybody",
    "alerts.alert": "writes what the desk is to be warned of; gives back whether it is new",
    "alerts.of_late": "kinds of warnings, for a card that has its Grant already",
    "alerts.sweep": "drops warnings of long ago",
    **dict.fromkeys(("authenticators." + n for n in ("begin", "check", "confirm", "confirmed_at", "remove")), _FACTOR),
    **dict.fromkeys(
        ("authenticators." + n for n in ("end_later", "ends_at", "keep", "sweep", "step_of", "uri")), _FACTOR
    ),
    "bell.Bell.ring": "rings; knows nothing of what for",
    "bell.Bell.wait": "waits; knows nothing of what for",
    **dict.fromkeys(
        ("budgets." + n for n in ("free_at", "give_back", "hold", "settle", "sweep", "take", "used")), _GUARD
    ),
    "budgets.Limit.within": _PURE,
    "logins.Attempt.staff": _PURE,
    "pages.codes_of": _PURE,
    "budgets.at_most": _PURE,
    "calls.begin": _CALL,
    "calls.claim": _CALL,
    "calls.end": _CALL,
    "calls.first_delivery": "whether a webhook is new: true or false",
    "calls.forget_delivery": "forgets that a webhook came; gives nothing back",
    "calls.load": _CALL,
    "calls.save": _CALL,
    "calls.stored_answer": "what the same call was told in its last turn, sealed until Twilio repeats that turn",
    "calls.sweep": _CALL,
    "calls.update_state": _CALL,
    "codes.digests": _CODE,
    "codes.issue": _CODE,
    "codes.redeem": _CODE,
    "codes.sweep": _CODE,
    "engine.Gate.acquire": _OPENS,
    "engine.Gate.held": _OPENS,
    "engine.Gate.is_free": _OPENS,
    "engine.Gate.is_open": _OPENS,
    "engine.Gate.release": _OPENS,
    "engine.make_engine": _OPENS,
    "engine.sqlite_file": _PURE,
    **dict.fromkeys(("approvals." + n for n in ("answer", "ask", "outcome", "refuse")), _FACTOR),
    "call_backs.look": "ids, a number on file and how far the call has come: for the worker and the phone door",
    "call_backs.words": _PURE,
    "call_backs.asker_is_away": "whether an agent is suspended: yes or no",
    "desk_tickets.let_go": "for `staff.suspend`: nobody has their tickets any more; tells nothing",
    "call_backs.number_now": "the number on file that is rung now: for the worker alone",
    **dict.fromkeys(
        ("call_backs." + n for n in ("in_vain", "not_rung", "rung", "staff_phone", "to_ring")),
        "how far a call of ours has come, and the agent's own phone: for the worker and the phone door",
    ),
    "people.support_id": _DECIDES,
    "call_backs.moved": "how far a call has come: yes or no",
    **dict.fromkeys(("carried.give", "carried.take"), _FACTOR),
    "codes.use": _CODE,
    "codes.void": _CODE,
    "factors.address": _FACTOR,
    "factors.on_file": _FACTOR,
    "factors.numbers": _FACTOR,
    "approvals.sweep": _FACTOR,
    "call_backs.sweep": "drops calls of long ago",
    "notices.sweep": "drops addresses that are told of nothing any more",
    "second_looks.sweep": "drops what was asked long ago",
    "step_codes.bound_to": _PURE,
    "live.words": "the desk's own two words in a call; nothing of the caller",
    "live.of_person": "which call one of the staff has with somebody: ids; the card needs a Grant of its own (`case`)",
    "standing.requester": "for cards.py and live.py, which ask for the Grant of whoever is shown it",
    **dict.fromkeys(
        (
            "step_ups." + n
            for n in ("end_in", "factor", "own", "proof", "reached", "standing", "sweep", "until", "until_own")
        ),
        _FACTOR,
    ),
    "switches.threat": "whether the phone takes messages only: yes or no",
    "two_words.two_words": _PURE,
    "passwords.trouble": _PURE,
    **dict.fromkeys(
        ("guard." + n for n in ("forget", "forget_person", "give_back", "is_disabled", "is_locked")), _GUARD
    ),
    **dict.fromkeys(("guard." + n for n in ("is_worn_out", "reserve", "sweep", "unlock")), _GUARD),
    "guard.counter_of": _PURE,
    "guard.decoy_of": _PURE,
    "import_accounts.bring_accounts": _IMPORT,
    **dict.fromkeys(
        ("import_changes.Changes." + n for n in ("changed", "count", "meet", "rows", "told", "trouble", "write")),
        _IMPORT,
    ),
    **dict.fromkeys(("import_changes.Register." + n for n in ("bring", "find")), _IMPORT),
    **dict.fromkeys(("import_changes.Sheet." + n for n in ("add", "change", "remove", "split")), _IMPORT),
    "import_changes.Changes.provisional_id": _IMPORT,
    "import_changes.pieces": _PURE,
    "import_format.path_of": _PURE,
    "import_format.read": "reads the operator's own file",
    "import_format.without_collecting": _PURE,
    "import_people.bring_people": _IMPORT,
    "import_people.bring_slack": _IMPORT,
    "imports.run": "for the operator's shell: asks for desk.operate itself; tells where the file differs from what is kept",
    **dict.fromkeys(
        (
            "installations." + name
            for name in ("put", "find", "every", "end", "begin", "came_back", "due_to_rotate", "sweep")
        ),
        _TOKEN,
    ),
    **dict.fromkeys(("reach.begin", "reach.given_up", "reach.settle"), _QUEUE),
    **dict.fromkeys(("jobs.give_up", "jobs.put_back"), _QUEUE),
    "keys.Key.cipher": _KEYS,
    **dict.fromkeys(
        ("keys.Keys." + n for n in ["digest", "digests", "made", "find", "for_use", "newest", "open", "parse", "seal"]),
        _KEYS,
    ),
    "ledger.Entry.row": _LEDGER,
    "ledger.Lanes.waiting": _LEDGER,
    "ledger.Lanes.give": _LEDGER,
    "ledger.Lanes.take": _LEDGER,
    **dict.fromkeys(("checkpoints.Checkpoints." + n for n in ("look", "make", "retired", "troubles")), _LEDGER),
    "checkpoints.Seal.words": _PURE,
    **dict.fromkeys(("checkpoints." + n for n in ("is_good", "newest_first", "open_heads")), _LEDGER),
    **dict.fromkeys(("verify." + n for n in ("Reading.checkpoints", "Reading.lanes", "read", "verify")), _LEDGER),
    **dict.fromkeys(("retiring.retire", "ledger.Lanes.moved", "store.Store.checkpoint"), _LEDGER),
    **dict.fromkeys(
        ("store.Store." + n for n in ("ledger_troubles", "look_at_checkpoints", "retire", "retired_keys")), _LEDGER
    ),
    "ledger.checkpoint_link": _LEDGER,
    "ledger.first_link": _LEDGER,
    "ledger.link": _LEDGER,
    "ledger.chained": "makes the next rows of a lane out of entries it is given",
    **dict.fromkeys(
        ("logins." + n for n in ("begin", "drop", "finish", "hashed", "is_marked", "mark", "matches", "put")), _STAFF
    ),
    "lent.loans_of": _DECIDES,
    "lent.hold": _DECIDES,
    "lent.may_lend": _PURE,
    "loans.account_of": _DECIDES,
    "loans.account_of_loan": _DECIDES,
    "loans.cell_of": _DECIDES,
    "loans.may_be_for_one": _PURE,
    "loans.take_back": "ends the asker's own loan, and no other; tells nothing",
    "loans.end_of_those_who_lost": _IMPORT,
    **dict.fromkeys(
        (
            "members." + name
            for name in (
                "find",
                "of_person",
                "leads",
                "of_staff",
                "met",
                "link",
                "unlink",
                "is_listed",
                "unlink_unfit",
                "home_of",
                "sweep",
                "may_link",
            )
        ),
        _MEMBER,
    ),
    **dict.fromkeys(
        (
            "places." + n
            for n in ("add", "of_ticket", "find", "at", "stands", "posted", "versions", "keep_post", "channel_moved")
        ),
        _PLACE,
    ),
    **dict.fromkeys(("pages." + name for name in ("digests", "hold", "issue", "look", "use", "void")), _PAGE),
    **dict.fromkeys(("pin_pages." + name for name in ("attempt", "look", "put")), _PAGE),
    "people.accounts_of": _DECIDES,
    "people.check_digit": _PURE,
    "people.claimed_by": _DECIDES,
    "people.is_support_id": _PURE,
    "people.new_support_id": _PURE,
    "people.person_of": _PURE,
    "people.resolve": _DECIDES,
    "people.subject_of": _PURE,
    "pins.anew": _PIN,
    "pins.check_duress": _PURE,
    "pins.check_policy": _PURE,
    "pins.compare": _PIN,
    "pins.decoy": _PIN,
    "pins.easy": _PURE,
    "pins.find": _PIN,
    "pins.is_fresh": _PIN,
    "pins.is_still": _PIN,
    "pins.issue": _PURE,
    "pins.issue_duress": _PURE,
    "pins.keep": _PIN,
    "pins.put": "keeps a hash; whoever sets a PIN does so by `shell.set_pin`, under a Grant, or by an import",
    "pins.renew": _PIN,
    "pins.reseal": _PIN,
    "pool.HashPool.admit": _POOL,
    "pool.HashPool.close": _POOL,
    "pool.HashPool.leave": _POOL,
    "pool.HashPool.run": _POOL,
    "recordings.is_wanted": "whether a recording is still to be fetched: yes or no",
    "recordings.never": "how far a recording has come, never what is on it",
    "recordings.Sound.is_nothing": "whether there is any sound on it at all",
    "recordings.transcribed": "takes words for a message and gives back whether they were wanted",
    "readings.has_case": "whether one of the staff has a case on an account: yes or no",
    "readings.sweep": "drops what was counted long ago",
    **dict.fromkeys(("legs." + n for n in ("add", "gone", "not_rung", "progress", "took", "turn", "whose")), _LEG),
    **dict.fromkeys(("legs." + n for n in ("cut_off", "is_closed", "open_phones", "rung", "stop", "to_stop")), _LEG),
    **dict.fromkeys(("rings." + n for n in ("hold", "met", "place", "proved", "queue", "seen", "sweep")), _RING),
    "rings.end": _RING,
    "rings.leg_gone": _RING,
    "rings.hold": _RING,
    "rings.look": _RING,
    "rings.place": "where a caller stands in the queue: a number",
    "rings.started_in": "how often the desk was rung in this call: a count",
    "rings.news": _QUEUE,
    "rings.room": _PURE,
    "rings.take": _RING,
    "schema.is_current": _OPENS,
    "schema.migrate": _OPENS,
    "second_looks.action_of": "which action waits for a second person: a word",
    **dict.fromkeys(
        (
            "sessions." + n
            for n in ("SignedIn.leads", "SignedIn.subject", "begin", "end", "end_all", "find", "is_good", "sweep")
        ),
        _STAFF,
    ),
    **dict.fromkeys(("staff.accept", "staff.invited"), _STAFF),
    "store.Store.watch": "whether anything changed: a digest",
    "watch.stamp": "whether anything changed: a digest",
    "store.Store.close": _OPENS,
    "store.Store.is_ready": _OPENS,
    "store.Store.is_work_due": _QUEUE,
    "store.Store.transaction": _OPENS,
    "store.now_ms": _PURE,
    "store.open_store": _OPENS,
    "tickets.draft_withdrawn": "takes back what the asker alone has seen; gives back whether it was there",
    "approvals.give_up": _FACTOR,
    "approvals.lately": _FACTOR,
    "guard.desk_wide": _PURE,
    "people.lock": "locks a row; whether it is there",
    "codes.put": _CODE,
    "message_limits.take": "counts a message before it is recorded; gives back whose budget is spent",
    "pin_limits.chance_a_day": _PURE,
    "pin_limits.limits": _PURE,
    "step_codes.ask": "has a code shown to the one who asks, in Slack; gives back whether",
    "step_codes.counter_of": _PURE,
    "step_codes.use": _CODE,
    "texts.ask": "has a code sent to a number on file of the one who asks; gives back whether",
    "texts.country_of": _PURE,
    "texts.number_for": _FACTOR,
    "texts.sweep": "drops what was counted long ago",
    "tickets.request_with_recording": "whether a request of the asker's has this very recording: its number",
    "tickets.draft": "what its author alone has written asks for; nobody else's, and no words of it",
    "tickets.hand_in": "asks for the action requested itself; gives back whether it went, or why not",
    "tickets.topic_of": _PURE,
    "tickets.edited": "asks for ticket.reply itself; changes what its author wrote, and tells nothing",
    "tickets.request": "asks for the action requested itself; gives back a number, or why not",
    "timeline.Said.by_desk": _PURE,
    **dict.fromkeys(("quotes." + name for name in ("forget", "holding", "keep")), _PLACE),
    **dict.fromkeys(("cleaning.clean", "cleaning.cleaned", "edits.title", "overheard.candidates"), _PURE),
    **dict.fromkeys(
        ("edits." + n for n in ("came", "correct", "early", "edit", "keep", "unfiled", "withdraw")), _WORDS
    ),
    **dict.fromkeys(("edits." + n for n in ("hold", "retitle", "sweep")), "locks, sweeps; tells nothing"),
    **dict.fromkeys(("edits.news", "edits.told"), _QUEUE),
    **dict.fromkeys(("overheard.hidden", "overheard.spoil"), _CODE),
    "tickets.withdrawn": _WORDS,
    "timeline.about": _DECIDES,
    "timeline.add": "writes a row of a ticket whose Grant the caller has looked at; gives nothing back",
    **dict.fromkeys(
        ("bounds.leads", "bounds.service", "bounds.takes_two", "bounds.whole_desk"), "looks at how far a grant reaches"
    ),
    "bounds.ticket": "whose ticket it is, to decide whether a grant reaches it",
    "timeline.insert_ticket": "writes a row for whoever asked; gives nothing back but its number",
    "timeline.of_source": _DECIDES,
    "tickets.has_recording": "whether some ticket has this very recording, for a door that hears of it again: yes or no",
    "unlock.tried": _CODE,
    "unlock.used": _CODE,
    "held.keep": "takes what somebody left under a threat; tells nothing but the new ticket's number",
    "tickets.leave_pending": "takes what somebody left who has no right; tells nothing but the new ticket's number",
    "together.insert_together": "writes rows it is given; gives nothing back",
    "transaction.Transaction.write": "keeps a row for the end of the transaction; gives nothing back",
    "transaction.Transaction.ask": _ASKS,
    "transaction.Transaction.connection": _SQL,
    "transaction.Transaction.good": _ASKS,
    "transaction.Transaction.offer": _ASKS,
    "transaction.Transaction.offer_accounts": _ASKS,
    "transaction.Transaction.offer_everywhere": _ASKS,
    "transaction.Transaction.record": "writes an entry; reads nothing",
    "transaction.Transaction.standing": "what a decision rests on: role words and facts, for `store` and the judge",
    "transaction.Transaction.would_allow": "what a second proof would open: actions, and no Grant for any",
    "transaction.Transaction.would_allow_everywhere": "what a second proof would open: actions, and no Grant for any",
    "transaction.Transaction.proved_further": "takes from `step_ups` that a second proof was read; gives nothing back",
    "transaction.Transaction.told_rights": "writes down that what was granted was said; reads nothing",
    "holdings.everywhere": "what decisions rest on: role words and facts, for the judge",
    "holdings.on": "what a decision rests on: role words and facts, for the judge",
    "holdings.lender": "the subject of whoever lent what a grant rests on",
    "holdings.hold": "whether what was lent still stands: yes or no",
    "tickets.own_only": _PURE,
    "transaction.Transaction.told": "adds names of fields to an entry; reads nothing",
    "transaction.upsert": _PURE,
    "transaction.Transaction.dialect": "the name of the database, which belongs to nobody",
    "verify.Verdict.ok": _PURE,
    **dict.fromkeys(("prepared.Prepared." + way for way in ("run", "first", "all", "on")), _SQL),
    "prepared.each": _PURE,
    "prepared.one_of": _PURE,
    "verify.running": _PURE,
    "revoke.hold": "locks people's rows; gives nothing back",
    "revoke.revoke": "ends what somebody was sent or has proved; gives nothing back",
    "work.is_owed": _QUEUE,
    "work.lane_of": _PURE,
    "work.withdraw": _QUEUE,
    "work.backlog": "how much later work is owed: numbers, and the last error, which has no customer in it",
    "work.done": _QUEUE,
    "work.due": _QUEUE,
    "work.enqueue": _QUEUE,
    "work.enqueue_once": _QUEUE,
    "work.failed": _QUEUE,
    "work.give_up": _QUEUE,
    "work.lease": _QUEUE,
    "work.sweep": _QUEUE,
}
