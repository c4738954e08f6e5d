"""What an import brings to an account that was there before, told to those whom its scheme names: invoices, payments, how services are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from authz import NoticeKind
from store.imports.row_changes import Changes, Difference, Key, Values
from store.jobs import job_queue

MOST: Final = 50  # things that one mail lists
_KINDS: Final = {
    "invoices": NoticeKind.BILLING,
    "payments": NoticeKind.BILLING,
    "overdue": NoticeKind.BILLING,
    "services": NoticeKind.TECHNICAL,
}


def tell(changes: Changes, kind: str, now: Mapping[Key, Values], difference: Difference, existed: set[int]) -> None:
    """One notice for each account and kind of news. Whatever comes with an account's first import is no news."""
    if changes.dry or changes.troubles or not changes.notices:
        return
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for account, what, item in _NEWS[kind](now, difference) if kind in _NEWS else ():
        if account in existed:
            found.setdefault((account, what), []).append(item)
    for (account, what), items in found.items():
        told = {"kind": _KINDS[what], "what": what, "account": account, "items": items[:MOST]}
        job_queue.enqueue(changes.tx, "account_news", f"{what}:{account}", told)


def _of_invoices(now: Mapping[Key, Values], difference: Difference) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for (account, number), (_amount, _currency, due, _status) in difference.added.items():
        yield account, "invoices", {"number": number, "due": due}
    for (account, number), (_amount, _currency, due, status) in difference.changed.items():
        if status != now[account, number][3] and status in ("paid", "overdue"):
            yield account, "payments" if status == "paid" else "overdue", {"number": number, "due": due}


def _of_services(now: Mapping[Key, Values], difference: Difference) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for (account, ref), (name, status, _sla) in difference.changed.items():
        before = now[account, ref][1]
        if status != before:
            yield account, "services", {"name": name, "was": before, "now": status}


_NEWS: Final = {"invoices": _of_invoices, "services": _of_services}
