"""Accounts as the system that owns the truth brings them and reads them: by its key, or by the operator's command."""

from __future__ import annotations

from collections.abc import Iterable

from authz import Action, Ask, Grant
from desk.actors import Actor, NotAllowed, judge
from store import Transaction
from store.accounts import whole_accounts
from store.accounts.whole_accounts import WholeAccount
from store.contacts import contact_changes
from store.imports import account_lines, import_run
from store.imports.account_lines import Brought, NumberedLine

__all__ = ["Brought", "NotAllowed", "WholeAccount", "before", "permit", "read", "read_after", "write"]


def read(tx: Transaction, who: Actor, number: str) -> WholeAccount | NotAllowed | None:
    """None: there is no such account."""
    on = permit(tx, who, number, Action.DESK_ACCOUNTS_READ)
    return whole_accounts.whole(tx, on) if isinstance(on, Grant) else on


def read_after(tx: Transaction, who: Actor, number: str, most: int) -> list[WholeAccount] | NotAllowed:
    """In the order of their numbers, the next accounts after that one; an empty one begins. None are left: an empty list."""
    grant = judge(tx, Ask(who.subject, Action.DESK_ACCOUNTS_READ, None, None, who.proof))
    if isinstance(grant, NotAllowed):
        return grant
    found = (read(tx, who, one) for one in whole_accounts.numbers_after(tx, grant, number, most))
    return [one for one in found if isinstance(one, WholeAccount)]


def before(tx: Transaction, who: Actor, number: str) -> WholeAccount | NotAllowed | None:
    """How it stands for whoever may write it, to compare a version: nobody else changes it before this transaction has ended. None: it would be a new one."""
    on = permit(tx, who, number, Action.DESK_ACCOUNTS_WRITE)
    if not isinstance(on, Grant):
        return on
    assert on.account is not None, "it is of one account"
    import_run.one_at_a_time(tx)  # before the account, as what is written does
    contact_changes.lock(tx, on.account)
    whole_accounts.lock_people(tx, on)
    return whole_accounts.whole(tx, on)


def write(
    tx: Transaction,
    who: Actor,
    lines: Iterable[NumberedLine],
    *,
    known_since: int | None = None,
    over_locks: bool = False,
    home: str = "",
    notices: bool = True,
) -> Brought | NotAllowed:
    """Each line whole or not at all. `home` is the desk's own Slack workspace, as the settings name it; the other options are those of an import, and none of
    them is a program's to choose. Raises `MetOthersError`."""
    grant = judge(tx, Ask(who.subject, Action.DESK_ACCOUNTS_WRITE, None, None, who.proof))
    if isinstance(grant, NotAllowed):
        return grant
    return account_lines.bring(
        tx, grant, lines, known_since=known_since, over_locks=over_locks, home=home, notices=notices
    )


def permit(tx: Transaction, who: Actor, number: str, action: Action) -> Grant | NotAllowed | None:
    """For an account of whatever number. None: there is no such account; whoever may not hears it of none."""
    grant = judge(tx, Ask(who.subject, action, None, None, who.proof))
    if isinstance(grant, NotAllowed):
        return grant
    account = whole_accounts.account_numbered(tx, grant, number)
    return None if account is None else judge(tx, Ask(who.subject, action, account, None, who.proof))
