"""The services of an account: by a customer's key for whoever may see them (`service.view`), by the operator's with `accounts:read`."""

from __future__ import annotations

from pydantic import BaseModel

from api.v1 import cursors, problems
from api.v1.accounts import AccountService
from api.v1.cursors import Cursor
from api.v1.requests import Answer, Asking
from api.v1.written_accounts import Number
from desk import account_reading


class Services(BaseModel):
    """In the order of their refs. `next` is the cursor of the next page; null: there is none."""

    services: list[AccountService]
    next: str | None


def listed(asking: Asking, number: Number, cursor: Cursor = None) -> Answer:
    """Services with their status, a page at a time."""
    found = account_reading.services(asking.tx, asking.who, number)
    if not isinstance(found, list):
        raise problems.denied_or_absent(found)
    page, following = cursors.page(asking.tx.keys, asking.key.id, f"services:{number}", cursor, found)
    return Answer(
        Services(
            services=[AccountService(ref=one.ref, name=one.name, status=one.status) for one in page], next=following
        )
    )
