"""What /api asks of `store` without a Grant, and what keys are made with, each with the reason why it may: for ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "api_keys.is_well_formed": reasons.PURE,
    "assistant_sessions.is_ours": reasons.PURE,
    "assistant_sessions.find": "whose assistant it is, and its case, to decide: ids, for whoever has the token",
    "assistant_sessions.asks": "counts what an assistant asks; says whether it may once more",
    "assistant_sessions.Assistant.subject": reasons.PURE,
    "assistant_sessions.sweep": "drops assistants that ended long ago, with what they drafted",
    "account_access.is_case": reasons.SQL,
    "api_keys.find": "whose key it is, to decide: ids and what it was made for, for whoever has the key",
    "api_keys.act": "from here on its maker asks by it, and within its scope; gives why they may not have one",
    "api_keys.own": "what a program may know of the key by which it asks",
    "api_keys.FoundKey.subject": reasons.PURE,
    "api_keys.sweep": "drops keys that ended long ago",
    "change_feed.row": reasons.PURE,
    "change_feed.note": "writes down that something changed, by names; gives nothing back",
    "change_feed.begin_anew": "after a restore nobody goes on from where they were; gives nothing back",
    "change_feed.sweep": "drops changes that are over and gives others their places; gives nothing back",
    "kept_answers.kept_answer": "what the same key was answered to the same request, sealed until it sends that again",
    "kept_answers.keep_answer": "keeps what a key was answered; gives nothing back",
    "kept_answers.sweep": "drops what was kept for a day",
    "budgets.left": reasons.GUARD,
    "keys.Key.cipher": reasons.KEYS,
    **dict.fromkeys(
        ("keys.Keys." + n for n in ["digest", "digests", "made", "find", "for_use", "newest", "open", "parse", "seal"]),
        reasons.KEYS,
    ),
    "holdings.Judging.scopes": reasons.PURE,
}
