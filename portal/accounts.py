"""An account looked up by its number: shown to whoever has a case with it, refused to everybody else, and never unseen."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from authz import Action
from portal import answers
from portal.asking import asked, talking
from portal.door import Door
from portal.visit import Visit
from store import Transaction
from store.imports.field_words import ACCOUNT_NUMBER
from store.staff import account_access
from store.staff.account_access import Reading
from store.staff.sessions import SignedIn
from store.text import numbers

NUMBER: Final = re.compile(rf"(?=.{{1,32}}$){ACCOUNT_NUMBER}")


def look_up(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The form; with a number, on to that account; with anything else, that it is none."""
    number = re.sub(r"\s", "", numbers.western(visit.query.get("number", "")))
    if NUMBER.fullmatch(number):
        return answers.to(f"/desk/account/{number}")
    return answers.page(door, visit, "look_up", who=who, account=None, wrong=bool(number))


def show(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The same answer for an account without a case as for one that is not there."""
    number, asking = visit.named.get("account", ""), talking(tx, who)
    if asking is None or not NUMBER.fullmatch(number):
        return answers.not_there(door, visit)
    account = account_access.find(tx, asking, number)
    grant = asked(tx, who, Action.DESK_CARD_VIEW, account) if account is not None else None
    reading = account_access.look(tx, grant, door.accounts_an_hour) if grant is not None else Reading.NO_CASE
    if grant is None:
        account_access.missed(tx, asking, number)
    if grant is None or reading is not Reading.OPEN:
        return answers.page(door, visit, "closed_to_you", 403, who=who, said=reading)
    return answers.page(door, visit, "look_up", who=who, account=account_access.account(tx, grant), wrong=False)
