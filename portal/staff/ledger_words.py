"""An entry of the ledger that names a ticket, as a sentence for supervisors: who did what with it, who was told what of it."""

from __future__ import annotations

from typing import Final

from authz import REASON_WORDS, Reason
from portal.web.page_words import Words
from portal.web.record_words import listed
from store import NOBODY
from store.ledger.audit import AuditEntry

_TELLING: Final = (
    "ticket.view",
    "desk.ticket.work",
    "desk.deliver",
)  # what they told says more than what they are called


def sentence(words: Words, one: AuditEntry) -> str:
    """A refusal says why, in the words of docs/reasons.md; whatever was told is named; all else has a word of its own."""
    who = _who(words, one.who)
    action = one.action.partition(":")[0]
    if one.decision in set(Reason) - {Reason.ALLOWED}:
        asked = words.word("customer_action", one.action)
        return words.word("ledger_entry", "refused", who=who, action=asked, why=REASON_WORDS[Reason(one.decision)])
    told = dict.fromkeys(_told(words, field) for field in one.fields if ":" not in field)
    if told and action in _TELLING:
        code = "delivered" if action == "desk.deliver" else "told"
        return words.word("ledger_entry", code, who=who, told=listed(words, told))
    for code in (f"{action}.{one.decision}", action):
        if code in words.known("ledger_entry"):
            return words.word("ledger_entry", code, who=who)
    return words.word("ledger_entry", "allowed", who=who, action=words.word("customer_action", one.action))


def _told(words: Words, field: str) -> str:
    return words.word("ledger_told" if field in words.known("ledger_told") else "customer_told", field)


def _who(words: Words, who: str) -> str:
    """Whoever has a username, in which no colon stands, is called by it."""
    kind, colon, number = who.partition(":")
    if not colon and who != NOBODY:
        return who
    return words.word("ledger_who", who if who in words.known("ledger_who") else kind, number=number)
