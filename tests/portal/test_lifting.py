"""Nobody lifts themselves: every form about people, its fields forged, sent by whoever may not, and by whoever may manage all but themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from sqlalchemy import select

from authz import Scheme, gained, load_schemes
from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.crossing import ACCOUNTS, PEOPLE, Visitor
from tests.sizes import is_everything

SCHEME: Final = {"200417": "media_temple", "300528": "standard_roles", "400639": "memset"}
Everybody = dict[tuple[int, int], frozenset[str]]
# Who sends them, on which account, and what they hold beside what the sample file says: a manager of contacts who is not the owner.
FEW: Final = (("leo.fox", "400639", "manage_users"),)
ALL: Final = (*FEW, *((one, number, "") for one, (_, on) in PEOPLE.items() for number in sorted(on)))


def holdings(desk: Desk) -> Everybody:
    c, r = tables.contacts.c, tables.contact_rights.c
    found: Everybody = {
        (row.account_id, row.person_id): frozenset() for row in rows(desk, select(c.account_id, c.person_id))
    }
    for row in rows(desk, select(r.account_id, r.person_id, r.right)):
        found[row.account_id, row.person_id] |= {row.right}
    return found


def forged(scheme: Scheme, number: str, one: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Where to, and what: each holding and all of them for themselves and for others; each role handed to themselves; others taken off;
    somebody new who has their name."""
    base, words = f"/accounts/{number}/people", scheme.roles + scheme.permissions
    others = [name for name, (_, on) in PEOPLE.items() if number in on and name != one]
    for ticked in (*((word,) for word in words), words, (*words, "root", "*", "contacts.manage")):
        yield f"{base}/{one}", {f"hold-{word}": "on" for word in ticked}
        yield f"{base}/{one.upper()}", {f"hold-{word}": "on" for word in ticked}
    for role in (*words, "", "root", ",".join(words)):
        yield f"{base}/{one}/hand-over", {"role": role}
    for other in others:
        yield base, {f"delete-{other}": "on", f"hold-{words[0]}": "on"}
        yield f"{base}/{other}", {f"hold-{word}": "on" for word in words} | {"username": one, "person": "1"}
    for word in words:  # to a friend, who would hand it on
        yield f"{base}/{others[-1]}", {f"hold-{word}": "on"}
    yield base, {f"delete-{name}": "on" for name in (one, *others)}
    new = {"name": "Eve Hill", "email": "eve@evil.example", "phone": "", "save": "1"}
    for username in (one, others[0], "eve.hill"):
        yield f"/accounts/{number}/new-person", {**new, "username": username} | {f"hold-{word}": "on" for word in words}


def put_back(desk: Desk, account: int, person: int, words: frozenset[str]) -> None:
    key = {"account_id": account, "person_id": person}
    for table in (tables.contact_rights, tables.contacts):
        change(desk, table.delete().where(table.c.account_id == account, table.c.person_id == person))
    change(desk, tables.contacts.insert().values(**key))
    change(desk, tables.contact_rights.insert().values([{**key, "right": word} for word in words]))


@pytest.mark.parametrize(("one", "number", "more"), ALL if is_everything() else FEW)
def test_nobody_lifts_themselves(one_desk: Desk, one: str, number: str, more: str) -> None:
    person, account = PEOPLE[one][0], ACCOUNTS[number]
    if more:
        row = {"account_id": account, "person_id": person, "right": more}
        change(one_desk, tables.contact_rights.insert().values(**row))
    scheme, before = load_schemes()[SCHEME[number]], holdings(one_desk)
    mine = before[account, person]
    passed = {*scheme.exactly_one, *filter(None, (scheme.owner,))}
    visitor = Visitor(one_desk, one)
    now = before
    for path, fields in forged(scheme, number, one):
        answer = visitor.sends(path, fields)
        stamp = re.search(r'name="stamp" value="([^"]+)"', answer.text)
        visitor.sends(path, fields | {"stamp": stamp[1] if stamp else "0" * 43})
        now = holdings(one_desk)
        assert not gained(scheme, mine, now.get((account, person), frozenset())), (path, fields)
        if now.get((account, person)) != mine:  # they have given something up: back to what they had
            put_back(one_desk, account, person, mine)
        if not visitor.is_in:
            visitor = Visitor(one_desk, one)
    now = holdings(one_desk)
    manages = scheme.ruling(mine, "contacts.manage", frozenset()).allowed
    if not manages:
        assert now == before
    for (of, who), held in now.items():
        had = before.get((of, who), frozenset())
        assert of == account or held == had, "on another account"
        if scheme.owner not in mine:
            assert passed & held == passed & had, "a role that is the owner's to hand on"
            assert all(scheme.ruling(mine, cell, frozenset()).allowed for cell in gained(scheme, had, held)), who
