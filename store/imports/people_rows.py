"""People and staff as an import file says: who they are, their numbers, PINs and Slack members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, bindparam, func, select, update

from authz import Subject
from store import tables
from store.accounts import change_feed
from store.accounts.people import erased_among, new_support_id
from store.db.transaction import upsert
from store.imports.file_format import Person, Slack, StaffMember
from store.imports.giving_way import give_way
from store.imports.row_changes import CHUNK, Changes, Difference, Key, Register, Sheet, Values, pieces
from store.jobs import job_queue
from store.verification import attempt_limits, pins
from store.verification.pins import EasyPinError, KeptPin, Pin
from store.verification.revocation import revoke

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
_IN_FEED: Final = {  # an address is among the columns that changed: row_changes.py
    "numbers_changed": ("phones",),
    "slack_linked": ("slack",),
    "slack_unlinked": ("slack",),
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


def bring_people(changes: Changes, first: int, people: Sequence[Person], round: PinRound) -> None:
    """Entries `first`, … of the file."""
    give_way(changes, (person.username for person in people))
    there = PEOPLE.find(changes, people)
    found = {username: row for username, row in there.items() if row.id not in changes.given_way}
    check_spelling(changes, PEOPLE, first, people, found)
    _check_support_ids(changes, first, people)
    newcomers = [person for person in people if person.username not in found]
    _check_erased(changes, first, people, {person.username for person in newcomers})
    unnamed = _issue(changes, [person.username for person in newcomers if not person.support_id])
    if changes.file.has_pins:
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
    changes.new_people[first : first + len(people)] = bytes(person.username not in found for person in people)
    changes.newcomers = {id for username, id in ids.items() if username not in found}
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
    username, id = register.table.c.username, register.table.c.id
    new = {
        entry.username.lower(): (place, entry.username)
        for place, entry in enumerate(entries, first)
        if entry.username not in found
    }
    for row in changes.rows(select(username, id), func.lower(username), new):
        place, written = new[row.username.lower()]
        if row.username != written and not (register is PEOPLE and row.id in changes.given_way):
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


def _check_erased(changes: Changes, first: int, people: Sequence[Person], newcomers: Collection[str]) -> None:
    """Nobody gets the username or the support ID of somebody who was erased, be it they themselves."""
    names = erased_among(changes.tx, "username", newcomers)
    ids = erased_among(changes.tx, "support_id", (person.support_id for person in people if person.support_id))
    for place, person in enumerate(people, first):
        if person.username in names:
            says = (
                f"{person.username} was erased here: take them out of the file, or give somebody else another username"
            )
            changes.trouble("people", place, "username", says=says)
        elif person.support_id in ids:
            says = f"{person.support_id} was that of somebody who was erased: leave it out, and another is issued"
            changes.trouble("people", place, "support_id", says=says)


def _issue(changes: Changes, usernames: list[str]) -> dict[str, str]:
    """New support IDs for those who come without one: none that the file gives somebody, or the database has."""
    p = tables.people.c
    issued: dict[str, str] = {}
    left = usernames
    while left:
        tried: dict[str, str] = {}
        for username in left:
            while (support_id := new_support_id()) in tried or support_id in issued:
                pass
            tried[support_id] = username
        used = {row.support_id for row in changes.rows(select(p.support_id), p.support_id, tried)}
        used |= changes.file.support_ids(tried) | erased_among(changes.tx, "support_id", tried)
        issued |= {support_id: username for support_id, username in tried.items() if support_id not in used}
        left = [tried[support_id] for support_id in used]
    return {username: support_id for support_id, username in issued.items()}


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
        young = (
            update(p).where(p.c.id == bindparam("of_person")).values(email_since=changes.tx.now, email_unproved=True)
        )
        changes.write(young, [{"of_person": id} for id in old])
    _tell(changes, "address_changed", old)


def _tell(changes: Changes, notice: str, people: Iterable[int]) -> None:
    """Whoever was there before, and their owners, of a change to what they can be proved by or told at; and what they proved
    or were sent until now ends."""
    theirs = set(people) - changes.newcomers if not changes.dry and not changes.troubles else set[int]()
    for id in theirs:
        changes.tx.record(changes.by, None, notice, "done", fields=(Subject.of_person(id),))
        if notice in _IN_FEED:
            change_feed.note(changes.tx, "person.changed", changes.by, person=id, fields=_IN_FEED[notice])
        job_queue.enqueue(changes.tx, "notice", f"{notice}:{id}", {"notice": notice, "person": id})
    revoke(changes.tx, theirs, _GROUND[notice])


def _too_easy(pin: Pin, choice: bool, own_numbers: Iterable[str]) -> str | None:
    try:
        pins.check_policy(pin.digits, choice=choice, own_numbers=own_numbers)
    except EasyPinError as easy:
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
    attempt_limits.forget_person(tx, id)
    if existed:
        tx.record(changes.by, None, "pin_set", "done", fields=(Subject.of_person(id),))
        job_queue.enqueue(tx, "notice", f"pin_set:{id}", {"notice": "pin_set", "person": id})


class _Owner(NamedTuple):
    """Somebody of whom the file says which Slack members are theirs."""

    named: str
    values: Values
    path: tuple[str | int, ...]
    members: Sequence[Slack]


def bring_slack(changes: Changes, staff: Sequence[StaffMember], ids: Mapping[str, int]) -> None:
    """Whose Slack member is whose. First what anybody has no longer is taken away, over the whole file, so that a member can
    pass from one entry to another."""
    passed: set[Key] = set()
    touched: set[int] = set()
    for step in (_let_go, _tie):
        for owners in _owners(changes, staff, ids):
            touched |= {id for _, id in step(changes, owners, passed) if id is not None}
    for id in sorted(touched - changes.new_staff):
        changes.changed(
            "staff.changed", None, (Subject.of_staff(id), "slack.member"), ("staff_changed", Subject.of_staff(id))
        )


def _owners(changes: Changes, staff: Sequence[StaffMember], ids: Mapping[str, int]) -> Iterator[list[_Owner]]:
    for piece in pieces(changes.file.people.with_slack(), CHUNK):
        changes.meet(person.username for _, person in piece)
        people = changes.people
        changes.newcomers = {people[person.username] for place, person in piece if changes.new_people[place]}
        yield [_Owner(f"person {p.username}", (people[p.username], None), ("people", i), p.slack) for i, p in piece]
    changes.newcomers = set()
    yield [
        _Owner(f"staff {member.username}", (None, ids[member.username]), ("staff", i), member.slack)
        for i, member in enumerate(staff)
        if "slack" in member.model_fields_set
    ]


def _let_go(changes: Changes, owners: Sequence[_Owner], passed: set[Key]) -> set[Values]:
    """Takes from these what the file does not say is theirs; `passed` is what it says is somebody else's. Whose they were."""
    s = tables.slack_members.c
    rows = changes.rows(select(tables.slack_members), s.person_id, [o.values[0] for o in owners if o.values[0]])
    rows += changes.rows(select(tables.slack_members), s.staff_id, [o.values[1] for o in owners if o.values[1]])
    named = {owner.values: owner.named for owner in owners}
    wanted = {(m.team, m.user): owner.values for owner in owners for m in owner.members}
    now = dict(map(_SLACK.split, rows))
    gone = {key: values for key, values in now.items() if wanted.get(key) != values}
    elsewhere = changes.file.members(gone)
    passed |= elsewhere
    for key, values in gone.items():
        if key not in elsewhere:
            changes.count("slack.removed", f"{named[values]}: Slack member {key[0]}/{key[1]} removed")
    _SLACK.remove(changes, gone)
    _confirm(changes, [row for row in rows if _SLACK.split(row)[0] not in gone], named)
    _tell(changes, "slack_unlinked", {id for id, _ in gone.values() if id is not None})
    return set(gone.values())


def _tie(changes: Changes, owners: Sequence[_Owner], passed: set[Key]) -> set[Values]:
    """Gives these what the file says is theirs, if nobody has it whom the file does not name. Whose it is now."""
    wanted: dict[Key, Values] = {(m.team, m.user): owner.values for owner in owners for m in owner.members}
    places = {(m.team, m.user): (*owner.path, "slack", k) for owner in owners for k, m in enumerate(owner.members)}
    named = {owner.values: owner.named for owner in owners}
    query, member = select(tables.slack_members), tables.slack_members.c.member
    for row in changes.rows(query, member, {user for _, user in wanted}):
        key, values = _SLACK.split(row)
        if wanted.get(key) == values:
            del wanted[key]
        elif key in wanted and key not in passed:
            holder = Subject.of_person(row.person_id) if row.person_id else Subject.of_staff(row.staff_id)
            changes.trouble(*places[key], says=f"is tied to {_name(changes, holder)} already")
    for key, values in wanted.items():
        word = "changed" if key in passed else "added"
        changes.count(f"slack.{word}", f"{named[values]}: Slack member {key[0]}/{key[1]} {word}")
    theirs = {key: values for key, values in wanted.items() if values[0] in changes.newcomers and key not in passed}
    others = {key: values for key, values in wanted.items() if key not in theirs}
    _SLACK.add(changes, theirs, linked_at=changes.known_since, linked_by="import")
    _SLACK.add(changes, others, linked_at=changes.tx.now, linked_by="import")
    _tell(changes, "slack_linked", {id for id, _ in others.values() if id is not None})
    return set(others.values())


def _confirm(changes: Changes, rows: Sequence[Row[Any]], owners: Mapping[Values, str]) -> None:
    """Members who linked themselves with a code and are in the file as well stand by the operator's word from now on."""
    s, by_code = tables.slack_members.c, [row for row in rows if row.linked_by != "import"]
    for row in by_code:
        whose = owners[_SLACK.split(row)[1]]
        changes.count("slack.confirmed", f"{whose}: Slack member {row.team}/{row.member} confirmed")
    theirs = update(tables.slack_members).where(s.team == bindparam("in_team"), s.member == bindparam("of_member"))
    changes.write(theirs.values(linked_by="import"), [{"in_team": r.team, "of_member": r.member} for r in by_code])


def _name(changes: Changes, subject: Subject) -> str:
    table, id = (tables.people, subject.person) if subject.is_person else (tables.staff, subject.staff)
    found: str = changes.tx.connection.execute(select(table.c.username).where(table.c.id == id)).scalar_one()
    return found
