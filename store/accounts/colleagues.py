"""Who else is on an account, as they stand at this moment: to judge who could give, lend or do something for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, select

from authz import Action, Ask, Grant, Proof, Standing, Status, judge
from store import tables
from store.accounts.people import subject_of
from store.db.statements import Prepared
from store.db.transaction import Transaction

_NOTHING: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Colleague:
    """A contact. `member`: they can be written to in Slack."""

    person: int
    name: str
    member: bool
    standing: Standing

    @property
    def decides(self) -> bool:
        """Whether they may manage contacts, once the account is active. Their names are what `contacts.view` tells."""
        asked = Ask(self.standing.subject, Action.CONTACTS_MANAGE, self.standing.account, None, Proof.STEPPED_UP)
        return isinstance(judge(asked, self.standing._replace(status=Status.ACTIVE)), Grant)


def everybody(tx: Transaction, account: int | None, facts: frozenset[str] = _NOTHING) -> Iterator[Colleague]:
    """All contacts of an account by name, with what is their own and not lent to them; nothing is told."""
    for row in _CONTACTS.all(tx, account=account):
        held, subject = frozenset(filter(None, row.held.split(","))), subject_of(row.id)
        standing = Standing(subject, account, tx.schemes[row.scheme], Status(row.status), held, facts)
        yield Colleague(row.id, row.name, bool(row.member), standing)


_member = (
    select(func.count()).where(tables.slack_members.c.person_id == tables.people.c.id).scalar_subquery() > 0
).label("member")
_CONTACTS = Prepared(
    select(
        tables.people.c.id,
        tables.people.c.name,
        tables.contacts.c.held,
        tables.accounts.c.scheme,
        tables.accounts.c.status,
        _member,
    )
    .join(tables.contacts, tables.contacts.c.person_id == tables.people.c.id)
    .join(tables.accounts, tables.accounts.c.id == tables.contacts.c.account_id)
    .where(tables.contacts.c.account_id == bindparam("account"))
    .order_by(tables.people.c.name)
)
