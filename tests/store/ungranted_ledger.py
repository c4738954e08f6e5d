"""Public functions of `store` that ask for no Grant and write, sign or check the ledger: for ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "ledger_chain.Entry.row": reasons.LEDGER,
    "account_records.Record.place": reasons.PURE,
    **dict.fromkeys(
        (f"{file}.{n}" for file in ("receipts", "signed_statements") for n in ("checked", "signed")), reasons.KEYS
    ),
    **dict.fromkeys(
        (
            "public_keys." + n
            for n in ("as_bytes", "as_text", "public_keys", "published", "read_published", "signing_key")
        ),
        reasons.KEYS,
    ),
    "ledger_chain.Retired.refuse": reasons.LEDGER,
    **dict.fromkeys(("ledger_chain.Segments." + n for n in ("give", "take")), reasons.LEDGER),
    **dict.fromkeys(
        ("checkpoints.Checkpoints." + n for n in ("is_strange", "look", "make", "read_retired", "troubles")),
        reasons.LEDGER,
    ),
    "checkpoints.Seal.words": reasons.PURE,
    **dict.fromkeys(("checkpoints." + n for n in ("newest_first", "open_heads")), reasons.LEDGER),
    **dict.fromkeys(
        ("retired_keys." + n for n in ("Retired.is_strange", "Retired.read", "Retired.refuse", "any_text", "is_good")),
        reasons.LEDGER,
    ),
    **dict.fromkeys(
        ("retired_keys.Retired.why_not", "store.Store.begin_key", "store.Store.why_not_begin"), reasons.LEDGER
    ),
    **dict.fromkeys(
        ("verify." + n for n in ("Reading.checkpoints", "Reading.segments", "read", "verify")), reasons.LEDGER
    ),
    **dict.fromkeys(("key_retirement.retire", "ledger_chain.Segments.moved", "store.Store.checkpoint"), reasons.LEDGER),
    **dict.fromkeys(
        (
            "store.Store." + n
            for n in ("ledger_troubles", "look_at_checkpoints", "retire", "retired_keys", "why_not_write")
        ),
        reasons.LEDGER,
    ),
    "ledger_chain.checkpoint_link": reasons.LEDGER,
    "ledger_chain.first_link": reasons.LEDGER,
    "ledger_chain.link": reasons.LEDGER,
    **dict.fromkeys(
        (f"commit.{kind}.{n}" for kind in ("Commit", "Part") for n in ("begin", "finish", "undo", "close", "chained")),
        reasons.OPENS,
    ),
    **dict.fromkeys(("commit.Commit.take", "commit.Commit.start"), reasons.OPENS),
    "commit.Commit.driver": reasons.SQL,
    **dict.fromkeys(("commit_queue.CommitQueue.do", "commit_queue.CommitQueue.shared"), reasons.OPENS),
    **dict.fromkeys(("fair.Fair.give", "fair.Fair.take", "fair.Fair.waiting"), reasons.OPENS),
    "commit.Part.connection": reasons.SQL,
    "commit.may_be_tried_again": "tells one fault of a database from another",
    "transaction.Transaction.if_undone": "keeps what is to be done in memory if nothing is kept; gives nothing back",
    "transaction.Transaction.change": "keeps what a row is to be for the end of the transaction; gives nothing back",
    "ledger_chain.chained": "makes the next rows of a segment out of entries it is given",
}
