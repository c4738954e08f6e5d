"""People and staff as an import file says: who they are, their numbers, PINs and Slack members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select, update

from store import guard, pins, tables, work
from store.import_changes import Changes, Difference, Key, Register, Sheet, Values
from store.import_format import ImportFile, Person, StaffMember
from store.people import new_support_id, subject_of
from store.pins import EasyPin, KeptPin, Pin
from store.revoke import revoke
from store.transaction import OPERATOR, upsert

PEOPLE: Final = Register(
    tables.people, "people", "person", "username", ("name", "email", "support_id"), ("name", "email")
)
STAFF: Final = Register(
    tables.staff, "staff", "staff", "username", ("name", "email", "role", "phone"), ("name", "email", "role")
)
_PHONES: Final = Sheet(tables.phones, ("person_id", "number"), ())
_SLACK: Final = Sheet(tables.slack_members, ("team", "member"), ("person_id", "staff_id"))
_GROUND: Final = {
    "address_changed": "address",
    "numbers_changed": "number",
    "slack_linked": "slack",
    "slack_unlinked": "slack",
}
CHANGED_MEANWHILE: Final = "people were changed by others while PINs were being hashed; run the import again"


@dataclass
class PinRound:
    """PINs of one import. A dry pass fills `wanted` and `newcomers`; the pass that writes has `ids` and `kept` for them."""

    choice: bool
    reset: bool
    wanted: list[tuple[str, int, Pin]] = field(default_factory=list)
    newcomers: list[str] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    kept: dict[str, KeptPin] = field(default_factory=dict)


def bring_people(changes: Changes, first: int, people: Sequence[Person], taken: set[str], round: PinRound) -> None:
    """Entries `first`, … of the file. `taken` are the support IDs of the whole file, and those issued on the way."""
    found = PEOPLE.find(changes, people)
    check_spelling(changes, PEOPLE, first, people, found)
    _check_support_ids(changes, first, people)
    newcomers = [person for person in people if person.username not in found]
    unnamed = _issue(changes, [person.username for person in newcomers if not person.support_id], taken)
    round.newcomers += [person.username for person in newcomers]
    since = {"email_since": changes.known_since}
    issued: dict[str, dict[str, Any]] = {person.username: dict(since) for person in newcomers}
    for name, new in unnamed.items():
        issued[name]["support_id"] = new
    for name in (person.username for person in newcomers if person.username in round.ids):
        issued.setdefault(name, {})["id"] = round.ids[name]
    support_ids = {name: row.support_id for name, row in found.items()} | unnamed
    support_ids |= {person.username: person.support_id for person in people if person.support_id}
    ids = PEOPLE.bring(changes, first, people, found, issued)
    changes.meet(ids)
    changes.newcomers |= {id for username, id in ids.items() if username not in found}
    _keep_addresses(changes, people, found)

    old = [row.id for row in found.values()]
    now = {_PHONES.split(row)[0] for row in changes.rows(select(tables.phones), tables.phones.c.person_id, old)}
    numbers = _bring_phones(changes, people, ids, now)
    query = select(tables.pins.c.person_id)
    have = {row.person_id for row in changes.rows(query, tables.pins.c.person_id, old)}
    for place, person in enumerate(people, first):
        if person.pin is None:
            continue
        id = ids[person.username]
        if why := _too_easy(person.pin, round.choice, [*numbers.get(id, []), support_ids[person.username]]):
            changes.trouble("people", place, "pin", says=why)
        elif id not in have or round.reset:
            _set_pin(changes, person, id, round, existed=person.username in found)


def check_spelling(
    changes: Changes,
    register: Register,
    first: int,
    entries: Sequence[Person | StaffMember],
    found: Mapping[str, Row[Any]],
) -> None:
    """Of those who are new: that nobody is there already whose username is theirs in other capitals."""
    username = register.table.c.username
    new = {
        entry.username.lower(): (place, entry.username)
        for place, entry in enumerate(entries, first)
        if entry.username not in found
    }
    for row in changes.rows(select(username), func.lower(username), new):
        place, written = new[row.username.lower()]
        if row.username != written:
            says = f"{written} differs from {row.username}, who is there already, in capitals alone"
            changes.trouble(register.kind, place, "username", says=says)


def _check_support_ids(changes: Changes, first: int, people: Sequence[Person]) -> None:
    p = tables.people.c
    asked = {
        person.support_id: (place, person.username) for place, person in enumerate(people, first) if person.support_id
    }
    for row in changes.rows(select(p.username, p.support_id), p.support_id, asked):
        place, username = asked[row.support_id]
        if row.username != username:
            changes.trouble("people", place, "support_id", says=f"belongs to {row.username} already")


def _issue(changes: Changes, usernames: list[str], taken: set[str]) -> dict[str, str]:
    """New support IDs for those who come without one."""
    p = tables.people.c
    issued: dict[str, str] = {}
    left = usernames
    while left:
        tried: dict[str, str] = {}
        for username in left:
            while (support_id := new_support_id()) in taken:
                pass
            taken.add(support_id)
            tried[support_id] = username
        used = {row.support_id for row in changes.rows(select(p.support_id), p.support_id, tried)}
        issued |= {username: support_id for support_id, username in tried.items() if support_id not in used}
        left = [tried[support_id] for support_id in used]
    return issued


def _bring_phones(
    changes: Changes, people: Sequence[Person], ids: dict[str, int], now: set[Key]
) -> dict[int, list[str]]:
    """Every number of these people, as it will be: person → numbers. A number that stays keeps the day it was added."""
    says = {ids[person.username]: person for person in people if "phones" in person.model_fields_set}
    wanted: dict[Key, Values] = {(id, number): () for id, person in says.items() for number in person.phones}
    difference = Difference({key: () for key in now if key[0] in says}, wanted)
    for word, (id, number), _ in difference:
        changes.count(f"phones.{word}", f"person {says[id].username}: number {number} {word}")
    _PHONES.remove(changes, difference.removed)
    theirs = {key: values for key, values in difference.added.items() if key[0] in changes.newcomers}
    _PHONES.add(changes, theirs, added_at=changes.known_since)
    _PHONES.add(changes, {key: () for key in difference.added if key not in theirs}, added_at=changes.tx.now)
    _tell(changes, "numbers_changed", {id for _, (id, _), _ in difference})
    numbers: dict[int, list[str]] = {}
    for id, number in [*wanted, *(key for key in now if key[0] not in says)]:
        numbers.setdefault(id, []).append(number)
    return numbers


def _keep_addresses(changes: Changes, people: Sequence[Person], found: dict[str, Row[Any]]) -> None:
    """An address that is replaced is told of what happens for a while: whoever had it replaced may be no friend."""
    old = {
        row.id: row.email
        for person in people
        if (row := found.get(person.username)) and "email" in person.model_fields_set and person.email != row.email
    }
    if old and not changes.dry:
        replaced = {"replaced_at": changes.tx.now}
        new = upsert(changes.tx, tables.old_emails)
        again = new.on_conflict_do_update(index_elements=["person_id", "email"], set_=replaced)
        changes.write(again, [{"person_id": id, "email": email} | replaced for id, email in old.items()])
        p = tables.people
        young = update(p).where(p.c.id == bindparam("of_person")).values(email_since=changes.tx.now)
        changes.write(young, [{"of_person": id} for id in old])
    _tell(changes, "address_changed", old)


def _tell(changes: Changes, notice: str, people: Iterable[int]) -> None:
    """Whoever was there before, and their owners, of a change to what they can be proved by or told at; and what they proved
    or were sent until now ends."""
    theirs = set(people) - changes.newcomers if not changes.dry and not changes.troubles else set[int]()
    for id in theirs:
        changes.tx.record(OPERATOR, None, notice, "done", fields=(subject_of(id),))
        work.enqueue(changes.tx, "notice", f"{notice}:{id}:{changes.run}", {"notice": notice, "person": id})
    revoke(changes.tx, theirs, _GROUND[notice])


def _too_easy(pin: Pin, choice: bool, own_numbers: Iterable[str]) -> str | None:
    try:
        pins.check_policy(pin.digits, choice=choice, own_numbers=own_numbers)
    except EasyPin as easy:
        return str(easy)
    return None


def _set_pin(changes: Changes, person: Person, id: int, round: PinRound, *, existed: bool) -> None:
    """Stores what was hashed before the transaction. Somebody who was here before is told; for a newcomer it is no news."""
    assert person.pin is not None
    changes.count("pins.set", f"person {person.username}: PIN set")
    if changes.dry or changes.troubles:
        round.wanted.append((person.username, id, person.pin))
        return
    kept, tx = round.kept.get(person.username), changes.tx
    if kept is None or kept.person != id:
        changes.troubles.append(CHANGED_MEANWHILE)
        return
    pins.put(tx, kept, newcomer=not existed)
    guard.forget_person(tx, id)
    if existed:
        tx.record(OPERATOR, None, "pin_set", "done", fields=(subject_of(id),))
        work.enqueue(tx, "notice", f"pin_set:{id}:{changes.run}", {"notice": "pin_set", "person": id})


def bring_slack(changes: Changes, file: ImportFile, staff: dict[str, int]) -> None:
    """Whose Slack member is whose, over the whole file at once, so that a member can pass from one entry to another."""
    s = tables.slack_members.c
    sets: tuple[tuple[str, Sequence[Person | StaffMember], dict[str, int]], ...] = (
        ("people", file.people, changes.people),
        ("staff", file.staff, staff),
    )
    wanted: dict[Key, Values] = {}
    places: dict[Key, tuple[str | int, ...]] = {}
    owners: dict[Values, str] = {}
    for kind, entries, ids in sets:
        for i, entry in enumerate(entries):
            if "slack" not in entry.model_fields_set:
                continue
            id = ids[entry.username]
            owner: Values = (id, None) if kind == "people" else (None, id)
            owners[owner] = f"{'person' if kind == 'people' else 'staff'} {entry.username}"
            for k, member in enumerate(entry.slack):
                wanted[member.team, member.user] = owner
                places[member.team, member.user] = (kind, i, "slack", k)
    rows = changes.rows(select(tables.slack_members), s.person_id, [id for id, _ in owners if id])
    rows += changes.rows(select(tables.slack_members), s.staff_id, [id for _, id in owners if id])
    now = dict(map(_SLACK.split, rows))
    for row in changes.rows(select(tables.slack_members), s.member, {user for _, user in wanted}):
        key, owner = _SLACK.split(row)
        if key in wanted and owner not in owners:
            holder = subject_of(row.person_id) if row.person_id else f"staff:{row.staff_id}"
            changes.trouble(*places[key], says=f"is tied to {_name(changes, holder)} already")
    difference = Difference(now, wanted)
    for word, key, owner in difference:
        changes.count(f"slack.{word}", f"{owners[owner]}: Slack member {key[0]}/{key[1]} {word}")
    _SLACK.remove(changes, [*difference.removed, *difference.changed])
    theirs = {key: values for key, values in difference.added.items() if values[0] in changes.newcomers}
    others = {key: values for key, values in (difference.added | difference.changed).items() if key not in theirs}
    _SLACK.add(changes, theirs, linked_at=changes.known_since, linked_by="import")
    _SLACK.add(changes, others, linked_at=changes.tx.now, linked_by="import")
    _confirm(changes, [row for row in rows if wanted.get((row.team, row.member)) == _SLACK.split(row)[1]], owners)
    _tell(changes, "slack_linked", {id for id, _ in others.values() if id is not None})
    gone = [*difference.removed.values(), *(now[key] for key in difference.changed)]
    _tell(changes, "slack_unlinked", {id for id, _ in gone if id is not None})
    of_staff = {id for _, id in [*others.values(), *gone] if id is not None} - changes.new_staff
    for id in sorted(of_staff):
        changes.changed("staff.changed", None, (f"staff:{id}", "slack.member"), ("staff_changed", f"staff:{id}"))


def _confirm(changes: Changes, rows: Sequence[Row[Any]], owners: Mapping[Values, str]) -> None:
    """Members who linked themselves with a code and are in the file as well stand by the operator's word from now on."""
    s, by_code = tables.slack_members.c, [row for row in rows if row.linked_by != "import"]
    for row in by_code:
        whose = owners[_SLACK.split(row)[1]]
        changes.count("slack.confirmed", f"{whose}: Slack member {row.team}/{row.member} confirmed")
    theirs = update(tables.slack_members).where(s.team == bindparam("in_team"), s.member == bindparam("of_member"))
    changes.write(theirs.values(linked_by="import"), [{"in_team": r.team, "of_member": r.member} for r in by_code])


def _name(changes: Changes, subject: str) -> str:
    kind, _, id = subject.partition(":")
    table = tables.people if kind == "person" else tables.staff
    found: str = changes.tx.connection.execute(select(table.c.username).where(table.c.id == int(id))).scalar_one()
    return found
