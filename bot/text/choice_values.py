"""What may be opened, as a button, a list or a form says it: `account:kind`. Whatever comes back is asked for again."""

from __future__ import annotations

from authz import REQUESTS, Action, Topic
from desk.choices import Kind


def value(account: int, kind: Kind) -> str:
    return f"{account}:{kind}"


def read(said: str) -> tuple[int, Kind] | None:
    """→ account (id) and kind. None: it is none of ours."""
    account, _, kind = said.partition(":")
    if not account.isascii() or not account.isdigit() or len(account) > 18:
        return None
    if kind in tuple(Topic):
        return int(account), Topic(kind)
    return (int(account), Action(kind)) if kind in REQUESTS else None
