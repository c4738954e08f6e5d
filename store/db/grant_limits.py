"""How far a grant reaches: one account or the whole desk, one service, and what takes two people. Asked by the function that opens, not by its callers."""

from __future__ import annotations

from authz import Grant, Subject
from store.db.transaction import GrantRequiredError


def is_supervisor(grant: Grant) -> bool:
    """Whether it is of a supervisor: to work on tickets, without a limit."""
    return grant.cell == "desk.ticket.work" and not grant.when and grant.subject.is_staff


def takes_two(grant: Grant, asked_by: int | None) -> None:
    """Raises `GrantRequiredError` where one of the staff acts on their own wish: `asked_by` (an id of the staff) is the other one. The
    operator's shell needs nobody."""
    if grant.subject.is_staff and (asked_by is None or grant.subject == Subject.of_staff(asked_by)):
        raise GrantRequiredError("that takes two people")


def service(grant: Grant, ref: str | None) -> None:
    """Raises `GrantRequiredError` where a grant for one service, or for what an SLA covers, is used for another."""
    if (grant.service is not None or grant.when == "sla") and ref not in (None, grant.service):
        raise GrantRequiredError("not the service this grant was asked for")


def whole_desk(grant: Grant) -> None:
    """Raises `GrantRequiredError` for a grant of one account: what is asked belongs to none."""
    if grant.account is not None:
        raise GrantRequiredError("a grant for one account is not for the whole desk")
