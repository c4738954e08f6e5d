"""Accounts as an import file says: what they are, have and owe, who stands for them, and whether a scheme allows that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, String, insert, select, type_coerce

from authz import Scheme, Subject, miscounted
from store import tables
from store.accounts import billing_details, change_feed, recipients
from store.contacts import contact_changes
from store.db.holdings import held_by, in_order, words_of
from store.imports import account_news
from store.imports.file_format import Account, Contact
from store.imports.row_changes import Changes, Difference, Key, Register, Sheet, Values
from store.jobs import job_queue
from store.verification.revocation import revoke, rights_changed

ACCOUNTS: Final = Register(
    *(tables.accounts, "accounts", "account", "number"),
    ("name", "scheme", "status", "decoy", "billing"),
    ("name", "scheme"),
    ("locked_at",),
)
_LOCKED: Final = "the account's owner has locked it against changes; they can unlock it, or give --over-locks"
_CONTACTS: Final = Sheet(tables.contacts, ("account_id", "person_id"), ())
_RIGHTS: Final = Sheet(tables.contact_rights, ("account_id", "person_id", "right"), ())
_SERVICES: Final = Sheet(tables.services, ("account_id", "ref"), ("name", "status", "managed_sla"))
_TEAMS: Final = Sheet(tables.account_teams, ("account_id", "team"), ())
_INVOICES: Final = Sheet(tables.invoices, ("account_id", "number"), ("amount", "currency", "due", "status"))
_ISSUED: Final = Sheet(tables.invoices, _INVOICES.key, (*_INVOICES.values, "billed"))


def bring_accounts(changes: Changes, first: int, accounts: Sequence[Account]) -> None:
    """Entries `first`, … of the file; everybody in its `people` is written by now, if anything is."""
    found = ACCOUNTS.find(changes, accounts, lock=True)  # so that nobody else changes contacts until we are done
    changes.meet(contact.person for account in accounts for contact in account.contacts)
    ids = ACCOUNTS.bring(changes, first, accounts, found)
    old = [row.id for row in found.values()]
    names = {ids[account.number]: account.number for account in accounts}
    _bring_contacts(changes, first, accounts, found, ids)
    _close(changes, accounts, found)
    for kind, sheet, wanted in (
        ("services", _SERVICES, _services(accounts, ids)),
        ("invoices", _INVOICES, _invoices(accounts, ids)),
        ("slack_teams", _TEAMS, {(ids[a.number], team): () for a in accounts for team in a.slack_teams}),
    ):
        said = {ids[account.number] for account in accounts if kind in account.model_fields_set}
        now = {key: values for key, values in _now(changes, sheet, old) if key[0] in said}
        difference = Difference(now, wanted)
        for word, (id, ref), _values in difference:
            changes.count(f"{kind}.{word}", f"account {names[id]}: {kind[:-1]} {ref} {word}")
        _record(changes, kind, sheet, now, difference, set(old))
        account_news.tell(changes, kind, now, difference, set(old))
        if sheet is _INVOICES:
            _issue(changes, difference)
        _write(changes, sheet, difference)


def _record(
    changes: Changes, kind: str, sheet: Sheet, now: Mapping[Key, Values], difference: Difference, existed: set[int]
) -> None:
    """What was added to, changed of or taken from an account that was there before: one entry for each of the three. Its owner
    is told where it is about an SLA, or about whose Slack may be linked."""
    found: dict[tuple[int, str], tuple[int, set[str]]] = {}
    for word, key, values in difference:
        many, fields = found.setdefault((key[0], word), (0, set()))
        before = now[key] if word == "changed" else (None,) * len(values)
        fields |= {name for name, old, new in zip(sheet.values, before, values, strict=True) if old != new}
        found[key[0], word] = (many + 1, fields)
    for (account, word), (many, fields) in found.items():
        if account in existed:
            concerns = kind == "slack_teams" or (word == "changed" and "managed_sla" in fields)
            notice = ("account_changed", f"account:{account}") if concerns else None
            named = (f"{kind}:{many}", *sorted(fields)) if word == "changed" else (f"{kind}:{many}",)
            changes.changed(f"{kind}.{word}", account, named, notice)


def _issue(changes: Changes, difference: Difference) -> None:
    """Invoices that are new print what stands on file now, whatever becomes of it."""
    if not changes.dry and not changes.troubles:
        prints = billing_details.printed_now(changes.tx, {account for account, _ in difference.added})
        _ISSUED.add(changes, {key: (*values, prints[key[0]]) for key, values in difference.added.items()})
    difference.added.clear()


def _close(changes: Changes, accounts: Sequence[Account], found: dict[str, Row[Any]]) -> None:
    """What was proved or sent for an account that is closed now ends."""
    for account in accounts:
        before = found.get(account.number)
        if before and account.status == "closed" != before.status and not changes.dry and not changes.troubles:
            c = tables.contacts.c
            contacts = changes.tx.connection.execute(select(c.person_id).where(c.account_id == before.id))
            revoke(changes.tx, contacts.scalars().all(), "account", account=before.id)


def _services(accounts: Sequence[Account], ids: dict[str, int]) -> dict[Key, Values]:
    return {(ids[a.number], s.id): (s.name, s.status, s.managed_sla) for a in accounts for s in a.services}


def _invoices(accounts: Sequence[Account], ids: dict[str, int]) -> dict[Key, Values]:
    return {(ids[a.number], i.number): (i.amount, i.currency, i.due, i.status) for a in accounts for i in a.invoices}


def _now(changes: Changes, sheet: Sheet, accounts: Iterable[int]) -> Iterator[tuple[Key, Values]]:
    query: Select[*tuple[Any, ...]] = select(sheet.table)
    return map(sheet.split, changes.rows(query, sheet.table.c.account_id, accounts))


def _write(changes: Changes, sheet: Sheet, difference: Difference) -> None:
    sheet.remove(changes, difference.removed)
    sheet.change(changes, difference.changed)
    sheet.add(changes, difference.added)


# --- contacts, and what must hold among them


def _bring_contacts(
    changes: Changes, first: int, accounts: Sequence[Account], found: dict[str, Row[Any]], ids: dict[str, int]
) -> None:
    now = _contacts_now(changes, found.values())
    of_pages = _added_on_pages(changes, accounts, ids, now)
    all_now: dict[Key, Values] = {}
    all_wanted: dict[Key, Values] = {}
    news: list[tuple[Key, str]] = []
    for place, account in enumerate(accounts, first):
        id, before = ids[account.number], found.get(account.number)
        name = account.scheme or (before.scheme if before else "")
        says = "contacts" in account.model_fields_set
        if not name or (before and not says and name == before.scheme):
            continue  # a scheme is missing, which has been told, or nothing here touches the contacts
        scheme = changes.tx.schemes.get(name)
        if scheme is None or scheme.owner is None:
            known = ", ".join(sorted(s.name for s in changes.tx.schemes.values() if s.owner is not None))
            changes.trouble("accounts", place, "scheme", says=f"there is no scheme {name}; there are {known}")
            continue
        wanted, troubles = now.get(id, {}), len(changes.troubles)
        locked = before is not None and before.locked_at is not None and not changes.over_locks
        if before is not None and locked and name != before.scheme:
            changes.trouble(
                "accounts", place, "scheme", says=f"{_LOCKED}: its contacts would hold other rights under {name}"
            )
            continue
        if says:
            wanted = {}
            for k, contact in enumerate(account.contacts):
                if _check_contact(changes, place, k, contact, scheme):
                    held = {*contact.roles, *contact.permissions} if contact.permissions else contact.roles
                    wanted[id, changes.people[contact.person]] = in_order(scheme, held)
            _check_not_of_pages(changes, place, id, wanted.keys() - now.get(id, {}).keys(), of_pages)
        else:
            _check_kept(changes, place, scheme, wanted)
        if len(changes.troubles) == troubles:
            _check_invariants(changes, place, scheme, wanted)
        if locked and wanted != now.get(id, {}):
            changes.locked.append(account.number)
            continue
        if before is not None:
            news += _news(changes.tx.schemes.get(before.scheme), scheme, now.get(id, {}), wanted)
        all_now |= now.get(id, {})
        all_wanted |= wanted
    existed = {row.id for row in found.values()}
    _tell(changes, all_now, Difference(all_now, all_wanted), {id: number for number, id in ids.items()}, existed)
    for (account, person), notice in news:
        if not changes.dry and not changes.troubles:
            told = {"notice": notice, "account": account, "person": person}
            job_queue.enqueue(changes.tx, "notice", f"{notice}:{account}:{person}", told)


def _news(
    old: Scheme | None, scheme: Scheme, now: Mapping[Key, Values], wanted: Mapping[Key, Values]
) -> Iterator[tuple[Key, str]]:
    """Whoever has more or less on an account than before, with each notice that tells them."""
    for key in {**now, **wanted}:
        before, after = now.get(key), wanted.get(key)
        if old is not None and (old is not scheme or before != after):
            had = None if before is None else frozenset(before)
            has = None if after is None else frozenset(after)
            yield from ((key, notice) for notice in recipients.of_change(old, scheme, had, has))


def _contacts_now(changes: Changes, accounts: Iterable[Row[Any]]) -> dict[int, dict[Key, Values]]:
    """The contacts of these accounts: by account, and each with all that they hold, in the order of its scheme."""
    c, scheme_of = tables.contacts.c, {row.id: changes.tx.schemes.get(row.scheme) for row in accounts}
    held = select(c.account_id, c.person_id, held_by(c.account_id, c.person_id).label("held"))
    now: dict[int, dict[Key, Values]] = {}
    for row in changes.rows(held, c.account_id, scheme_of):
        words = in_order(scheme_of[row.account_id], words_of(row.held))
        now.setdefault(row.account_id, {})[row.account_id, row.person_id] = words
    return now


def _check_contact(changes: Changes, place: int, k: int, contact: Contact, scheme: Scheme) -> bool:
    """Whether the person is known; words a scheme does not have, and roles that lack what they require, are told."""
    here = ("accounts", place, "contacts", k)
    for key, words, known in (
        ("roles", contact.roles, scheme.roles),
        ("permissions", contact.permissions, scheme.permissions),
    ):
        for word in words:
            if word not in known:
                there_are = f"it has {', '.join(known)}" if known else "it has none"
                changes.trouble(*here, key, says=f"{word} is none of the {key} of {scheme.name}; {there_are}")
    for role, lack in scheme.missing([*contact.roles, *contact.permissions]).items():
        needed = ", ".join(word for word in scheme.roles + scheme.permissions if word in lack)
        changes.trouble(*here, "roles", says=f"{role} requires {needed}, which {contact.person} does not hold")
    if contact.person not in changes.people:
        changes.trouble(*here, "person", says=f"nobody called {contact.person} is in the file or in the database")
        return False
    return True


def _added_on_pages(
    changes: Changes, accounts: Sequence[Account], ids: dict[str, int], now: Mapping[int, Mapping[Key, Values]]
) -> dict[int, tuple[str, set[int]]]:
    """Of the people who come to one of these accounts: who was added on an account's pages, by their username, and on which accounts (ids)."""
    h, p = tables.contact_changes.c, tables.people.c
    query = select(p.id, p.username, h.account_id).distinct().join(tables.contact_changes, h.person_id == p.id)
    added = query.where(h.before.is_(None), type_coerce(h.by, String).like("person:%"))
    come = {
        person
        for account in accounts
        for one in account.contacts
        if (person := changes.people.get(one.person, 0)) > 0
        and (ids[account.number], person) not in now.get(ids[account.number], {})
    }
    found: dict[int, tuple[str, set[int]]] = {}
    for row in changes.rows(added, p.id, sorted(come)):
        found.setdefault(row.id, (row.username, set()))[1].add(row.account_id)
    return found


def _check_not_of_pages(
    changes: Changes, place: int, account: int, added: Iterable[Key], of_pages: Mapping[int, tuple[str, set[int]]]
) -> None:
    """Whoever was added on the pages of an account was given their username by its contacts, who may have foreseen one of this file's: nobody
    comes to another account by it."""
    for _, person in added:
        username, on = of_pages.get(person, ("", set[int]()))
        if on - {account}:
            says = (
                f"{username} was added on the pages of another account, by its contacts: if this is somebody else, give them in people,"
                " and on no account of the other's"
            )
            changes.trouble("accounts", place, "contacts", says=says)


def _check_kept(changes: Changes, place: int, scheme: Scheme, contacts: dict[Key, Values]) -> None:
    """A scheme that changes under contacts who are left as they are."""
    held = [frozenset(values) for values in contacts.values()]
    strange = frozenset().union(*held) - scheme.words
    if strange or any(scheme.missing(words) for words in held):
        says = f"the contacts there are do not fit {scheme.name}: the account's contacts must be given as well"
        changes.trouble("accounts", place, "scheme", says=says)


def _check_invariants(changes: Changes, place: int, scheme: Scheme, contacts: dict[Key, Values]) -> None:
    """Always an owner; under Memset rules one admin contact and one billing contact."""
    for word, many in miscounted(scheme, map(frozenset, contacts.values())):
        how_many, found = ("exactly one", str(many)) if word in scheme.exactly_one else ("at least one", "none")
        says = f"an account under {scheme.name} always has {how_many} {word}, and here it would have {found}"
        changes.trouble("accounts", place, "contacts", says=says)


def _tell(
    changes: Changes, now: Mapping[Key, Values], difference: Difference, numbers: dict[int, str], existed: set[int]
) -> None:
    """Writes the contacts. On an account that was there before each change is in the ledger, and its owner is told."""
    p = tables.people.c
    gone = {person for _, person in difference.removed}
    usernames = {row.id: row.username for row in changes.rows(select(p.id, p.username), p.id, gone)}
    touched: dict[int, None] = {}
    history: list[dict[str, Any]] = []
    feed: list[dict[str, Any]] = []
    for word, (account, person), held in difference:
        who = usernames.get(person) or changes.usernames[person]
        changes.count(
            f"contacts.{word}",
            f"account {numbers[account]}: contact {who} {word} ({','.join(held) or 'holds nothing'})",
        )
        if account in existed:
            touched[account] = None
            changes.tx.record(changes.by, account, "contacts.changed", word, fields=(Subject.of_person(person),))
            before, after = now.get((account, person)), None if word == "removed" else held
            history.append(contact_changes.row(changes.tx, changes.by, account, person, before, after))
            about: dict[str, Any] = {"account": account, "person": person, "before": before, "after": after}
            feed.append(change_feed.row(changes.tx, f"contact.{word}", changes.by, **about))
    _write_contacts(changes, difference, now)
    changes.write(insert(tables.contact_changes), history)
    changes.write(insert(tables.account_changes), feed)
    if not changes.dry and not changes.troubles:
        rights_changed(changes.tx, {person for _, (_, person), _ in difference} - changes.newcomers)
    for account in touched:
        if not changes.dry and not changes.troubles:
            revoke(changes.tx, [one for on, one in difference.removed if on == account], "contact", account=account)
            told = {"notice": "contacts_changed", "account": account}
            job_queue.enqueue(changes.tx, "notice", f"contacts_changed:{account}", told)


def _write_contacts(changes: Changes, difference: Difference, now: Mapping[Key, Values]) -> None:
    """Contacts, and a row for each word that they hold: the words of whoever is taken off go with them."""
    c, on = tables.contacts.c, {account for account, _ in difference.changed}
    # Whoever lends just now what is taken away here has done so before, or finds it gone: delegations.py, `_stay`.
    changes.rows(
        select(c.person_id).order_by(c.account_id, c.person_id).with_for_update(key_share=True), c.account_id, on
    )
    _CONTACTS.remove(changes, difference.removed)
    _CONTACTS.add(changes, dict.fromkeys(difference.added, ()))
    held: dict[Key, Values] = {
        (*key, word): () for key, words in (difference.added | difference.changed).items() for word in words
    }
    before: dict[Key, Values] = {(*key, word): () for key in difference.changed for word in now[key]}
    _write(changes, _RIGHTS, Difference(before, held))
