"""Who else is on an account, as they stand at this moment: to judge who could give, lend or do something for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import Executable, bindparam, exists, literal, select

from authz import LOCKED, Action, Ask, At, Grant, Proof, Standing, Status, Subject, judge
from store import tables
from store.db.holdings import facts_of, held_by, words_of
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
        """The same at their pages. Their names are what `contacts.view` tells."""
        return self.decides_at(At.PAGES)

    def decides_at(self, at: At) -> bool:
        """Whether they may manage contacts there, once the account is active and unlocked."""
        subject, account, *_ = self.standing
        asked = Ask(subject, Action.CONTACTS_MANAGE, account, None, Proof.STEPPED_UP, at=at)
        later = self.standing._replace(status=Status.ACTIVE, facts=self.standing.facts - {LOCKED})
        return isinstance(judge(asked, later), Grant)

    @property
    def owns(self) -> bool:
        """Whether the account is theirs: what is the owner's alone they may do."""
        return self.standing.scheme.owner in self.standing.held


def who_might(
    tx: Transaction, account: int | None, *cells: str, facts: frozenset[str] = _NOTHING
) -> Iterator[Colleague]:
    """The contacts of an account, by name, who are not suspended and hold a word that can allow one of these cells; each with what is their own and not
    lent to them, to be judged. Nothing is told."""
    schemes = [scheme for scheme in tx.schemes.values() if scheme.owner]
    words = _NOTHING.union(*(scheme.words_allowing(cell) for scheme in schemes for cell in cells))
    for row in tx.connection.execute(_holding(words), {"account": account}).all():
        known = facts | facts_of(sla=False, locked=row.locked_at is not None)
        standing = Standing(
            Subject.of_person(row.id), account, tx.schemes[row.scheme], Status(row.status), words_of(row.held), known
        )
        yield Colleague(row.id, row.name, bool(row.member), standing)


@cache
def _holding(words: frozenset[str]) -> Executable:
    return _CONTACTS.where(tables.people.c.id.in_(_OF_ACCOUNT.where(_r.right.in_(map(literal, sorted(words))))))


_r, _c = tables.contact_rights.c, tables.contacts.c
_OF_ACCOUNT = select(_r.person_id).where(_r.account_id == bindparam("account"))
_CONTACTS = (
    select(
        tables.people.c.id,
        tables.people.c.name,
        held_by(_c.account_id, _c.person_id).label("held"),
        tables.accounts.c.scheme,
        tables.accounts.c.status,
        tables.accounts.c.locked_at,
        exists().where(tables.slack_members.c.person_id == tables.people.c.id).label("member"),
    )
    .join(tables.contacts, _c.person_id == tables.people.c.id)
    .join(tables.accounts, tables.accounts.c.id == _c.account_id)
    .where(_c.account_id == bindparam("account"), tables.people.c.suspended_at.is_(None))
    .order_by(tables.people.c.name)
)
