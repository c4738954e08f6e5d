"""The records of an account: page by page, chosen by person and month; as a file, row by row; and a receipt of one entry."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import StreamingResponse

from desk import records
from desk.records import RecordsPage, Wanted
from portal.customers import refused_page
from portal.customers.signed_in import Customers, acting
from portal.web import record_words, responses
from portal.web.context import PortalContext
from portal.web.page_words import in_month
from portal.web.visit import Visit
from store import Transaction
from store.accounts.account_details import AccountName, Refused
from store.ledger import receipts
from store.ledger.account_records import Place, Record
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from store.sign_in.sessions import SignedIn

MONTHS: Final = 24  # to choose from
AT_ONCE: Final = 500  # rows of a file that one transaction reads
COLUMNS: Final = ("at", "who", "what", "authority", "rules", "channel", "proof", "action", "decision", "told", "entry")
_PLACE: Final = re.compile(r"([0-9]{1,15})-([0-9a-f]{16})-([0-9]{1,15})")


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    wanted = _wanted(visit)
    found = records.records(tx, acting(who), visit.named["account"], wanted)
    if not isinstance(found, RecordsPage):
        return refused_page.show(context, visit, who, found)
    chosen = {"person": wanted.person, "month": wanted.month}
    given: dict[str, Any] = responses.fields_of(found) | {"who": who, "chosen": chosen, "months": _months(tx.now)}
    given["records"] = [_row(context, one) for one in found.records]
    given["older"] = f"{visit.path}?{urlencode({**chosen, 'after': _word(found.older)})}" if found.older else ""
    given |= {"first": wanted.after is None, "desk": records.DESK, "query": urlencode(chosen)}
    return responses.page(context, visit, "customers/records", **given)


def receipt(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    place = _place("0-" + visit.query.get("entry", ""))
    _, segment, n = place or (0, "", 0)
    found = records.receipt(tx, acting(who), visit.named["account"], segment, n)
    if found is None:
        return responses.not_there(context, visit)
    account, made = found
    if isinstance(made, Refused):
        return refused_page.show(context, visit, who, (account, made))
    if made is None:
        return responses.not_there(context, visit)
    ledger = {"segment": segment, "n": n, "mac": made.mac, "checkpoint": made.checkpoint, "digest": made.digest}
    body: dict[str, Any] = {
        "desk": context.origin,
        "account": account.number,
        "name": account.name,
        "made_at": _moment(tx.now),
    }
    body |= {"entry": _row(context, made.record), "ledger": ledger}
    text = json.dumps(receipts.signed(context.store.keys, body), indent=1, ensure_ascii=False)
    return _file([text + "\n"], f"receipt-{account.number}-{segment}-{n}.json", "application/json")


def as_csv(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _exported(context, visit, tx, who, _csv, "csv", "text/csv")


def as_json(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _exported(context, visit, tx, who, _json, "json", "application/json")


def _exported(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, written: Any, kind: str, media: str
) -> Response:
    """The first rows are read here; the others, each some at a time, while the file is on its way: so whoever loses the right meanwhile gets
    no more."""
    wanted, number = _wanted(visit), visit.named["account"]
    found = records.records(tx, acting(who), number, wanted, AT_ONCE)
    if not isinstance(found, RecordsPage):
        return refused_page.show(context, visit, who, found)

    def rows(page: RecordsPage) -> Iterator[dict[str, Any]]:
        while True:
            yield from (_row(context, one) for one in page.records)
            if page.older is None:
                return
            further = _further(context, visit, Wanted(wanted.person, wanted.month, page.older))
            if not isinstance(further, RecordsPage):
                raise RightLostError  # the file ends in the middle, and the browser says so
            page = further

    return _file(written(rows(found)), f"records-{found.account.number}.{kind}", media)


class RightLostError(RuntimeError):
    """Whoever takes the file may read no more of it."""


def _further(context: PortalContext, visit: Visit, wanted: Wanted) -> RecordsPage | tuple[AccountName, Refused] | None:
    with context.store.transaction("portal") as tx:
        who = sessions.find(tx, CUSTOMERS, visit.session, does=False)
        return None if who is None else records.records(tx, acting(who), visit.named["account"], wanted, AT_ONCE)


def _csv(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "\ufeff" + ",".join(COLUMNS) + "\r\n"
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([_cell(row[name]) for name in COLUMNS])
        yield line.getvalue()


def _cell(value: Any) -> str:
    """What a spreadsheet would take for a formula is no formula."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _json(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


def _row(context: PortalContext, one: Record) -> dict[str, Any]:
    words = context.words
    return {
        "at": _moment(one.at),
        "ms": one.at,
        "who": one.who or words.word("customer_record_who", one.kind),
        "what": record_words.sentence(words, one),
        "authority": record_words.authority(words, one),
        "rules": list(one.rules),
        "channel": one.channel,
        "proof": one.proof,
        "action": one.action,
        "decision": one.decision,
        "told": list(one.told),
        "entry": f"{one.segment}-{one.n}",
    }


def _file(parts: Iterable[str], name: str, media: str) -> Response:
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    headers = {**responses.HEADERS, "Content-Disposition": f'attachment; filename="{safe}"'}
    return StreamingResponse((part.encode() for part in parts), media_type=f"{media}; charset=utf-8", headers=headers)


def _wanted(visit: Visit) -> Wanted:
    query = visit.query
    return Wanted(query.get("person", "")[:200], query.get("month", "")[:7], _place(query.get("after", "")))


def _place(word: str) -> Place | None:
    found = _PLACE.fullmatch(word)
    return None if found is None else (int(found[1]), found[2], int(found[3]))


def _word(place: Place) -> str:
    return f"{place[0]}-{place[1]}-{place[2]}"


def _months(now: int) -> dict[str, str]:
    """The last so many, the newest first: as they are asked for, and in words."""
    today = datetime.fromtimestamp(now / 1000, UTC)
    months = (today.year * 12 + today.month - 1 - back for back in range(MONTHS))
    return {f"{month // 12}-{month % 12 + 1:02}": in_month(month // 12, month % 12 + 1) for month in months}


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


PAGES: Final[dict[tuple[str, str], Customers]] = {
    ("GET", "/accounts/{account}/records"): show,
    ("GET", "/accounts/{account}/records.csv"): as_csv,
    ("GET", "/accounts/{account}/records.json"): as_json,
    ("GET", "/accounts/{account}/records/receipt"): receipt,
}
