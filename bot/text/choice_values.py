"""What may be opened, as a button, a list or a form says it: `account:kind`. Whatever comes back is asked for again."""

from __future__ import annotations

from authz import REQUESTS, Action, Topic
from desk.choices import Kind
from store.text import numbers


def value(account: int, kind: Kind) -> str:
    return f"{account}:{kind}"


def read(said: str) -> tuple[int, Kind] | None:
    """→ account (id) and kind. None: it is none of ours."""
    id, _, kind = said.partition(":")
    account = numbers.parse_int(id)
    if account is None:
        return None
    if kind in tuple(Topic):
        return account, Topic(kind)
    return (account, Action(kind)) if kind in REQUESTS else None
