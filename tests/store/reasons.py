"""Reasons why a public function of `store` may ask for no Grant, where several share one: for ungranted.py."""

from __future__ import annotations

from typing import Final

SQL: Final = "for `store` alone, which is the only room that may speak SQL (tests/house)"
PURE: Final = "computes from what it is given; asks no database"
KEYS: Final = "keys and what they make; knows no customer"
OPENS: Final = "opens, migrates or closes the database; reads no row of a customer"
SEEN: Final = "what this machine keeps of a database: a checkpoint, and who of the desk is suspended"
LEDGER: Final = "writes or checks the chain; what it gives are numbers and MACs"
CALL: Final = "the phone's own row of a call it already serves: text the phone wrote itself"
GUARD: Final = "counts attempts; gives numbers of attempts and nothing of whose they are"
PIN: Final = "a PIN's hash, sealed: opens nothing, says nothing about a customer"
FILE: Final = "reads the operator's own file, or what `file_format.read` laid out of it beside the desk's database"
IMPORT: Final = (
    "a part of an import, inside the transaction whose Grant for desk.operate `import_run.run` has asked for"
)
DECIDES: Final = "looks up whom to decide about: an id or a subject, never a name, and nothing that is told"
QUEUE: Final = "background jobs: its payloads are ids and kinds, and what whoever enqueued it had put there"
RING: Final = "a waiting call: ids and whether it was taken; who is calling needs a Grant (`agent_briefing`)"
LEG: Final = "the desk's own phones: their numbers and whether they ring; no customer's"
POOL: Final = "runs what it is given"
ASKS: Final = "the way to a Grant: judges, registers, and writes the ledger"

MEMBER: Final = "whom a Slack member stands for, to decide: ids and a subject, never a name"
PLACE: Final = "channels, threads and time stamps of Slack; nothing of what is said there"
TOKEN: Final = "the operator's own installation and its tokens; knows no customer"
FACTOR: Final = "what somebody can be proved by, and whether they were: to decide, never shown as it is"
CODE: Final = "a code that is good once: digits, and the subject they were made for"
STAFF: Final = "how people sign in, and their sessions: of a customer who it is, and nothing of their accounts"
WORDS: Final = "for those who have asked: what its author wrote, by whom it was written and where; tells nobody else"
PAGE: Final = "a one-time page's token, and the subject it was made for: to decide"

RESTORES: Final = {  # what a restore is noticed by
    **dict.fromkeys(
        (f"last_seen.Memory.{name}" for name in ("alone", "is_new", "keep", "path", "recall", "recall_other")), SEEN
    ),
    **dict.fromkeys(
        (
            "last_seen.state_folder",
            "restore.answer",
            "restore.is_behind",
            "restore.last_seen",
            "restore.remember",
            "store.Store.suspended",
        ),
        SEEN,
    ),
    **dict.fromkeys(("checkpoints.first", "checkpoints.holds", "store.Store.holds", "store.Store.origin"), LEDGER),
    **dict.fromkeys(("reconciling.since", "reconciling.held"), "whether it is to be checked yet"),
    "service_figures.read": "counts and ages that name nobody, for /metrics",
    "own_folder.folder_of_ours": POOL,
    "staff_list.stop": STAFF,
    "job_queue.clock_set_back": QUEUE,
    "job_queue.hasten": QUEUE,
}
