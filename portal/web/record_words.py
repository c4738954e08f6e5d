"""An entry of the ledger as a sentence: who was told what, who did what, who asked and was refused. The same on the page, in an export, in a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from portal.web.page_words import Words
from store.ledger.account_records import CHANGES, NOTICES, REFUSALS, Record

_REFUSALS: Final = frozenset(map(str, REFUSALS))
_OWN: Final = (*CHANGES, "offer", "step_up", "account.changed", "desk.card.view", "account.lock")
_BY_OUTCOME: Final = {"contacts.changed": "contacts", "contacts.request": "contacts", "api_key": "api_key"}
DONE: Final = (
    *(*_OWN, "contacts.added", "contacts.changed", "contacts.removed"),
    *("api_key.made", "api_key.withdrawn", "api_key.ended"),
    *("contacts.waits", "contacts.made", "contacts.turned_down", "contacts.ended", "contacts.looked"),
)
"""What is said of an entry by its own action, whatever was told."""


def sentence(words: Words, one: Record) -> str:
    about = listed(words, one.about) if one.about else words.word("customer_record_who", "gone")
    given = {"who": one.who or words.word("customer_record_who", one.kind), "about": about}
    if one.action in NOTICES:
        kind = words.word("customer_record_notice_kind", one.action.removeprefix("notice."))
        return words.word("customer_record_notice", one.decision, notice=kind, **given)
    if one.decision in _REFUSALS:
        said = words.word("customer_record", "refused", action=_action(words, one), **given)
        return f"{said} {words.word('customer_record_why', one.decision)}"
    if one.action == "right.lend":
        return words.word("customer_record_lent", one.decision, **given)
    if one.action in (*_OWN, *_BY_OUTCOME):
        told = next((word for word in one.told if word in ("account.locked", "account.unlocked")), "")
        of = _BY_OUTCOME.get(one.action)
        code = told or (f"{of}.{one.decision}" if of else one.action)
        return words.word("customer_record_done", code, **given)
    if one.told:
        told = listed(words, dict.fromkeys(words.word("customer_told", word) for word in one.told))
        return words.word("customer_record", "told", told=told, **given)
    if one.action == "contacts.manage" and one.channel == "portal":
        return words.word("customer_record_done", "contacts.looked", **given)
    return words.word("customer_record", "allowed", action=_action(words, one), **given)


def authority(words: Words, one: Record) -> str:
    """On whose authority: a right of theirs, one that was lent to them, the desk's."""
    if one.decision in _REFUSALS:
        return words.word("customer_record_by", "refused")
    if one.lent_by:
        return words.word("customer_record_by", "lent", name=one.lent_by)
    if one.by_assistant and one.kind in ("person", "gone"):
        return words.word("customer_record_by", "assistant")
    return words.word("customer_record_by", "written_down" if one.by_desk else one.kind)


def listed(words: Words, each: Sequence[str] | dict[str, None]) -> str:
    *first, last = each or ("",)
    return f"{', '.join(first)} {words.word('customer_page', 'and')} {last}" if first else last


def _action(words: Words, one: Record) -> str:
    return words.word("customer_action", one.action)
