"""Notices to exactly those whom the schemes of some accounts name: written with an operator's key for `notices:write`, and what became of each."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.v1 import cursors, problems
from api.v1.cursors import Cursor
from api.v1.moments import Moment
from api.v1.problems import ProblemError, invalid
from api.v1.requests import SEEN, Answer, Asking
from desk import notices
from desk.actors import NotAllowed
from desk.notices import HOUR, MOST_ACCOUNTS, OF_A_KEY, NoticePage, NotSent, UnknownAccounts
from store.notices.notice_delivery import LONGEST_BODY, LONGEST_TITLE

WAIT: Final = 2 * HOUR // OF_A_KEY // 1000  # s: after which one more may go
NAMED: Final = 20  # unknown account numbers that are told
T = TypeVar("T")
State = Literal["queued", "sent", "refused", "withheld", "unsent"]
AccountNumber = Annotated[str, Field(min_length=1, max_length=40, pattern=SEEN)]
Id = Annotated[int, Path(ge=1, le=2**53, description="The notice's id.")]
OfState = Annotated[State | None, Query(description="Those alone who are in it.")]


class NoticeDraft(BaseModel):
    """`kind`: what it is about decides who is told."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["billing", "technical", "account"]
    accounts: Annotated[list[AccountNumber], Field(min_length=1, max_length=MOST_ACCOUNTS)]
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE, pattern=SEEN)]
    words: Annotated[str, Field(min_length=1, max_length=LONGEST_BODY)]


class NewNotice(NoticeDraft):
    """`again`: even if the same words went to the same accounts today."""

    again: bool = False


class NoticePreview(BaseModel):
    """`told`: how many people it would go to."""

    told: int


class WrittenNotice(BaseModel):
    """`told`: how many people it goes to, one mail each."""

    id: int
    told: int


class Notice(BaseModel):
    """`accounts`: how many it is about. `states`: how many of its recipients are in each (docs/notices.md); none of those is left out."""

    id: int
    kind: Literal["billing", "technical", "account"]
    title: str
    words: str
    at: Moment
    accounts: int
    states: dict[State, int]


class NoticeRecipient(BaseModel):
    """`rules`: by which they are told. `why` says more of a state, or is empty; `slack`: they have it in a direct message as well; `at`: since when it is so."""

    username: str
    rules: list[str]
    state: State
    why: str
    slack: bool
    at: Moment


class NoticeRecipients(BaseModel):
    """`next` is the cursor of the next page; null: there is none."""

    recipients: list[NoticeRecipient]
    next: str | None


def write(asking: Asking, notice: NewNotice) -> Answer:
    """Writes a notice to everybody whom the schemes of these accounts name for its kind, once each."""
    _operators(asking)
    found = _unless(notices.write(asking.tx, asking.who, *_words(notice), again=notice.again))
    headers = {"Location": f"/api/v1/notices/{found.id}"}
    return Answer(WrittenNotice(id=found.id, told=len(found.recipients)), 201, headers, is_object=False)


def preview(asking: Asking, notice: NoticeDraft) -> Answer:
    """How many people a notice would go to. Nothing is sent."""
    _operators(asking)
    found = _unless(notices.preview(asking.tx, asking.who, *_words(notice)))
    return Answer(NoticePreview(told=len(found.recipients)), is_object=False)


def read(asking: Asking, id: Id) -> Answer:
    """A notice that this key has written, and how many of its recipients have it."""
    found = _written(asking, id, None, 0).notice
    return Answer(
        Notice.model_validate(
            {
                "id": found.id,
                "kind": found.kind,
                "title": found.title,
                "words": found.body,
                "at": found.at,
                "accounts": found.accounts,
                "states": found.states,
            }
        )
    )


def recipients(asking: Asking, id: Id, state: OfState = None, cursor: Cursor = None) -> Answer:
    """To whom it goes, and what became of it for each, a page at a time."""
    keys, key, of = asking.tx.keys, asking.key.id, f"notice:{id}:{state}"
    found = _written(asking, id, state, int(cursors.read(keys, key, of, cursor)) if cursor else 0)
    following = None if found.after is None else cursors.made(keys, key, of, found.after)
    given = [
        NoticeRecipient.model_validate(
            {
                "username": one.username,
                "rules": list(one.rules),
                "state": one.state,
                "why": one.why,
                "slack": one.slack,
                "at": one.at,
            }
        )
        for one in found.people
    ]
    return Answer(NoticeRecipients(recipients=given, next=following))


def _written(asking: Asking, id: int, state: str | None, after: int) -> NoticePage:
    if asking.key.account is not None:
        raise ProblemError("not-found")
    found = notices.written(asking.tx, asking.who, id, state or "", after)
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if found is None:
        raise ProblemError("not-found")
    return found


def _operators(asking: Asking) -> None:
    if asking.key.account is not None:
        raise ProblemError("other-kind", "Notices are written with an operator's key.")


def _words(notice: NoticeDraft) -> tuple[str, list[str], str]:
    return notice.kind, notice.accounts, f"{notice.title}\n{notice.words}"


def _unless(found: T | UnknownAccounts | NotSent | NotAllowed) -> T:
    """Raises `ProblemError` for what is not sent."""
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if isinstance(found, UnknownAccounts):
        raise invalid("accounts", f"there is no account {', '.join(found.numbers[:NAMED])}")
    if isinstance(found, NotSent):
        raise _why(found)
    return found


def _why(found: NotSent) -> ProblemError:
    match found:
        case NotSent.SENT_TODAY:
            return ProblemError(
                "conflict", "The same words went to these accounts today: `again` sends them once more."
            )
        case NotSent.TOO_OFTEN:
            said = "This key has written too many notices within the hour. Supervisors are warned."
            return ProblemError("too-often", said, headers={"Retry-After": str(WAIT)})
        case NotSent.PIN:
            return invalid("words", "there is a PIN in the title or the words: leave it out, none passes through here")
        case NotSent.NOBODY:
            return invalid("accounts", "nobody on these accounts is told of this kind")
        case NotSent.TOO_LONG:
            return invalid("words", f"a title has {LONGEST_TITLE} characters at most, the words {LONGEST_BODY}")
        case _:
            return invalid("words", "there have to be a title and words below it")
