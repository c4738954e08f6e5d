"""Request Tracker 5, by its REST 2.0: https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html.

Requesters are users of RT without an e-mail address, so that RT mails none of them; docs/decisions/0018.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx2

from api.help_desks import plain_text
from api.help_desks.help_desk import Change, Enclosed, Kind, NewTicket, Written
from store.jobs.job_queue import PermanentError, RetryLaterError

LARGEST: Final = 20 * 1024 * 1024  # bytes of a file, as anywhere here
MOST_FILES: Final = 10  # of one answer
LONGEST_WORDS: Final = 50_000  # characters
_STATUS: Final = {"open": "open", "waiting": "stalled", "closed": "resolved"}
_OURS: Final = {"new": "open", "open": "open", "stalled": "waiting", "resolved": "closed", "rejected": "closed"}
_PAGE: Final = 100  # RT gives no more at once
_AT_ONCE: Final = 1_000  # transactions
_FIELDS: Final = "Type,Creator,ObjectId,Field,NewValue,Data"
_MERGED: Final = re.compile(r"fsck\.com-rt://[^/]+/ticket/(\d+)")


class RequestTracker:
    """One RT, as one of its users, which nobody else is. Raises `RetryLaterError` where it does not answer, or refuses us."""

    def __init__(self, http: httpx2.Client, user: str, secret: str, queue: str, *, token: bool) -> None:
        """`http`'s base URL is where RT is; `secret` a token of the user's, or their password."""
        basic = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self._http, self._user, self._queue = http, user, queue
        self._headers = {"Authorization": f"token {secret}" if token else f"Basic {basic}"}

    def find(self, url: str) -> int | None:
        found = self._get("tickets", query=f"RefersTo = '{_quoted(url)}'", orderby="id")["items"]
        return int(found[0]["id"]) if found else None

    def open(self, new: NewTicket) -> int:
        about = {
            "Queue": self._queue,
            "Subject": new.title,
            "Content": new.words,
            "ContentType": "text/plain",
            "RefersTo": new.url,
        }
        if new.requester is not None:
            about["Requestor"] = self._requester(*new.requester)
        return int(self._post("ticket", about).json()["id"])

    def _requester(self, person: int, name: str) -> str:
        known = f"deskgate-person-{person}"
        if self._ask("GET", f"user/{known}", missing=True).status_code == 404:
            self._post("user", {"Name": known, "RealName": name, "Privileged": 0}, taken=True)
        return known

    def say(
        self, ticket: int, mark: str, title: str, words: str, *, internal: bool, file: Enclosed | None = None
    ) -> int:
        marked = f"[{mark}]"
        for one in self._history(ticket):
            if str(one.get("Data", "")).rstrip().endswith(marked) and self._is_own(one):
                return int(one["id"])
        about: dict[str, Any] = {"Subject": f"{title} {marked}", "Content": words, "ContentType": "text/plain"}
        if file is not None and file.content:
            about["Attachments"] = [
                {
                    "FileName": _plain_name(file.name),
                    "FileType": "application/octet-stream",
                    "FileContent": base64.b64encode(file.content).decode(),
                }
            ]
        answer = self._post(f"ticket/{ticket}/{'comment' if internal else 'correspond'}", about)
        return int(answer.headers.get("Location", "").rpartition("/")[2] or 0)

    def set_status(self, ticket: int, status: str) -> None:
        wanted = _STATUS[status]
        if self._ticket(ticket)["Status"] != wanted:
            self._ask("PUT", f"ticket/{ticket}", json={"Status": wanted})
            if self._ticket(ticket)["Status"] != wanted:  # RT answers 200 to what it does not do
                raise RetryLaterError(
                    f"RT does not make ticket {ticket} {wanted}: see its lifecycle and our rights", 3600
                )

    def merge(self, ticket: int, into: int) -> None:
        if self._ticket(ticket)["id"] == into:
            return
        self._ask("PUT", f"ticket/{ticket}", json={"MergeInto": into})
        if self._ticket(ticket)["id"] != into:
            raise RetryLaterError(f"RT does not merge ticket {ticket} into {into}: we need ModifyTicket there", 3600)

    def newest(self) -> int:
        found = self._transactions([], "DESC", 1, 1)
        return int(found[0]["id"]) if found else 0

    def changes(self, after: int) -> tuple[list[int], list[Change]]:
        upto = min(self.newest(), after + _AT_ONCE)
        within = [_limit("id", ">", after), _limit("id", "<=", upto)]
        # What we may not see is left out of a page and not made up for, so how many there are is known from their numbers alone.
        pages = range(1, -(-(upto - after) // _PAGE) + 1)
        rows = [row for page in pages for row in self._transactions(within, "ASC", _PAGE, page)]
        rows = [row for row in rows if after < int(row["id"]) <= upto]
        seen = {int(row["ObjectId"]) for row in rows if _is_merge(row)}
        found = [change for row in rows if (change := self._change(row, seen)) is not None]
        return [int(row["id"]) for row in rows] or ([upto] if upto > after else []), found

    def _change(self, row: Mapping[str, Any], merged: set[int]) -> Change | None:
        id, ticket, who = int(row["id"]), int(row["ObjectId"]), _name(row["Creator"])
        ours = self._is_own(row)
        match row["Type"]:
            case "Correspond":
                return Change(id, Kind.ANSWER, ticket, who, ours=ours)
            case "Comment":
                return Change(id, Kind.NOTE, ticket, who, ours=ours)
            case "Status" if (status := _OURS.get(str(row["NewValue"]))) is not None:
                return Change(id, Kind.STATUS, ticket, who, status=status, ours=ours)
            case "AddLink" if _is_merge(row) and (into := _MERGED.fullmatch(str(row["NewValue"]))) is not None:
                other = int(into[1])
                if ticket != other:
                    return Change(id, Kind.MERGE, ticket, who, into=other, ours=ours)
                # RT writes one on each of the two. Alone it says that the other is where we see nothing.
                return Change(id, Kind.MERGE, 0, who, into=other, ours=ours) if merged == {other} else None
        return None

    def read(self, transaction: int) -> Written:
        links = self._get(f"transaction/{transaction}")["_hyperlinks"]
        ids = [int(link["_url"].rpartition("/")[2]) for link in links if link.get("ref") == "attachment"]
        plain: list[str] = []
        html: list[str] = []
        files: list[Enclosed] = []
        too_large: list[str] = []
        for id in ids:
            part = self._get(f"attachment/{id}")
            if part.get("Content") is None:
                continue
            content, name = base64.b64decode(part["Content"]), str(part.get("Filename") or "")
            kind = str(part["ContentType"]).lower()
            if not name and kind in ("text/plain", "text/html"):
                (plain if kind == "text/plain" else html).append(content.decode("utf-8", "replace"))
            elif len(content) > LARGEST or len(files) >= MOST_FILES:
                too_large.append(name)
            elif content:
                files.append(Enclosed(id, name or f"file-{id}", content))
        words = "\n\n".join(plain) if plain else plain_text.of_html("\n".join(html))
        return Written(words[:LONGEST_WORDS].strip(), tuple(files), tuple(too_large))

    def trouble(self) -> str | None:
        try:
            version = str(self._get("rt").get("Version", ""))
            if not version.startswith("5."):
                return f"RT says that it is version {version[:20]}: this connector knows version 5"
            if self._ask("GET", f"queue/{quote(self._queue, safe='')}", missing=True).status_code == 404:
                return (
                    f"RT has no queue {self._queue} that we may see: check RT_QUEUE, and give {self._user} its rights"
                )
            token_user = self._ask("GET", f"user/{quote(self._user, safe='')}", missing=True)
            if token_user.status_code == 404:
                return f"RT knows no user {self._user}: check RT_USER, and give it AdminUsers"
        except (RetryLaterError, PermanentError) as why:
            return str(why)
        return None

    # --- how it is asked

    def _is_own(self, row: Mapping[str, Any]) -> bool:
        return _name(row["Creator"]).lower() == self._user.lower()

    def _ticket(self, ticket: int) -> dict[str, Any]:
        return self._get(f"ticket/{ticket}")

    def _history(self, ticket: int) -> Iterator[dict[str, Any]]:
        """The newest first."""
        page = 1
        while rows := self._get(
            f"ticket/{ticket}/history",
            fields="Type,Data,Creator",
            orderby="id",
            order="DESC",
            per_page=_PAGE,
            page=page,
        )["items"]:
            yield from rows
            page += 1

    def _transactions(self, limits: list[dict[str, Any]], order: str, many: int, page: int) -> list[dict[str, Any]]:
        params: dict[str, str | int] = {
            "fields": _FIELDS,
            "orderby": "id",
            "order": order,
            "per_page": many,
            "page": page,
        }
        limits = [*limits, _limit("ObjectType", "=", "RT::Ticket")]
        items: list[dict[str, Any]] = self._ask("POST", "transactions", json=limits, params=params).json()["items"]
        return items

    def _get(self, path: str, **params: str | int) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("GET", path, params=params).json()
        return answer

    def _post(self, path: str, about: Mapping[str, Any], *, taken: bool = False) -> httpx2.Response:
        return self._ask("POST", path, json=about, taken=taken)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        missing: bool = False,
        taken: bool = False,
    ) -> httpx2.Response:
        """`missing`: that it is not there is an answer; `taken`: that it is there already is one."""
        try:
            answer = self._http.request(
                method, f"REST/2.0/{path}", json=json, params=dict(params or {}), headers=self._headers
            )
        except httpx2.HTTPError as fault:
            raise RetryLaterError(f"RT cannot be reached: {type(fault).__name__}") from None
        status = answer.status_code
        if (status == 404 and missing) or (status in (400, 409) and taken):
            return answer
        if status < 300:
            if not answer.headers.get("Content-Type", "").startswith("application/json"):
                raise RetryLaterError("what answers at RT_URL is no REST 2.0 of RT's: check RT_URL", 600)
            return answer
        if status == 401:
            raise RetryLaterError("RT refuses the sign-in: check RT_USER, and RT_TOKEN or RT_PASSWORD", 600)
        if status == 403:
            raise RetryLaterError(f"RT does not let {self._user} {method} {_bare(path)}: give it the right", 600)
        if status in (404, 410):
            raise PermanentError(f"RT has no {_bare(path)} that we may see")
        raise RetryLaterError(f"RT answered {status} to {method} {_bare(path)}")


def _bare(path: str) -> str:
    return re.sub(r"[^\w/-]", "", path)[:60]


def _plain_name(name: str) -> str:
    """RT 5.0.3 breaks what is not ASCII; the name as it is stands in the words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^\w. ()-]", "_", plain).strip() or "file"


def _limit(field: str, operator: str, value: object) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, "entry_aggregator": "AND"}  # RT's own word is OR


def _is_merge(row: Mapping[str, Any]) -> bool:
    return bool(row["Type"] == "AddLink" and row["Field"] == "MergedInto")


def _name(creator: Any) -> str:
    return str(creator["id"]) if isinstance(creator, Mapping) else str(creator)


def _quoted(value: str) -> str:
    """Of TicketSQL."""
    return value.replace("\\", "\\\\").replace("'", "\\'")
