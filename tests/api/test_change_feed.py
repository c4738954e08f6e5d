"""What changed here, followed by another system's key: in order, nothing left out, nothing twice, whoever writes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select

from authz import Action, Ask, Grant, Proof, Subject
from desk import api_keys
from desk.api_keys import Made
from desk.people import Wish
from store import OPERATOR, Store, tables
from store.accounts import change_feed
from store.accounts.change_feed import DAY, KEPT, LATE
from store.operator import restore
from store.verification import own_details
from tests.api.asking import ACCOUNTS, LEO, MIA, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.api.test_keys import operates
from tests.desk import Desk
from tests.ivr.wire import count, rows
from tests.store.deeds_of_contacts import does, proves
from tests.store.test_two_at_once import LOOKS, WAITS

SOON = 20.0  # seconds in which what is waited for has happened, on a busy machine too
NUMBER = "+44770090{:04}"


def now_on(program: Program) -> str:
    """The cursor of what comes from now on."""
    first = program.read("/changes?start=now")
    assert (first["changes"], first["more"]) == ([], False)
    return str(first["next"])


def since(program: Program, cursor: str = "") -> list[dict[str, Any]]:
    return list(program.read(f"/changes?cursor={cursor}" if cursor else "/changes")["changes"])


def told(changes: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    return [(one["what"], one["account"], one["person"]) for one in changes]


def wishes(desk: Desk, *wish: Wish) -> None:
    """What Raj wants of his account, each done as the pages do it."""
    for one in wish:
        with desk.store.transaction("portal") as tx:
            proves(tx, RAJ, ACCOUNTS[TIDEWORKS])
            does(RAJ, ACCOUNTS[TIDEWORKS], one)(tx, {})


def adds_number(store: Store, person: int, n: int) -> None:
    with store.transaction("portal") as tx:
        assert own_details.add_number(tx, Subject.of_person(person), NUMBER.format(n), but="") is None
        assert own_details.remove_number(tx, Subject.of_person(person), NUMBER.format(n), but="")


def many_change(desk: Desk, word: str, many: int) -> None:
    """Of Leo, and nobody has looked since."""
    with desk.store.transaction("test") as tx:
        for n in range(many):
            change_feed.note(tx, "person.changed", Subject.of_person(RAJ), person=LEO, fields=(f"{word}{n}",))


def to_the_end(program: Program, cursor: str = "") -> tuple[list[str], int]:
    """The first of each change's fields, from the oldest or a cursor on, and how many pages that were."""
    found, pages = list[str](), 0
    while True:
        page = program.read(f"/changes?cursor={cursor}" if cursor else "/changes")
        found += [one["fields"][0] for one in page["changes"]]
        cursor, pages = page["next"], pages + 1
        if not page["more"]:
            return found, pages


def named(desk: Desk, name: str, *verbs: str) -> Program:
    with desk.store.transaction("shell") as tx:
        made = api_keys.make_for_operator(tx, operates(tx), name, verbs, 90)
    assert isinstance(made, Made)
    return Program(desk, made.token, made.id)


def test_what_owners_change_comes_in_order_and_says_what_it_was(desk: Desk) -> None:
    program = operators(desk, "accounts:read")
    cursor = now_on(program)
    held = frozenset({"manage_services", "manage_support"})
    wishes(desk, Wish("change", ("leo.fox",), held), Wish("remove", ("leo.fox",)))
    adds_number(desk.store, RAJ, 1)
    with desk.store.transaction("portal") as tx:
        assert own_details.change_address(tx, Subject.of_person(RAJ), "raj@new.example", but="")
    page = program.read(f"/changes?cursor={cursor}")
    assert told(page["changes"]) == [
        ("contact.changed", "400639", "leo.fox"),
        ("contact.removed", "400639", "leo.fox"),
        *[("person.changed", None, "raj.patel")] * 3,
    ]
    first, removed, *numbers, address = page["changes"]
    assert (first["before"], first["after"]) == (["manage_services"], ["manage_services", "manage_support"])
    assert (removed["before"], removed["after"]) == (["manage_services", "manage_support"], None)
    assert [one["fields"] for one in (*numbers, address)] == [["phones"], ["phones"], ["email"]]
    assert {(one["by"]["kind"], one["by"]["name"], one["own"]) for one in page["changes"]} == {
        ("person", "raj.patel", False)
    }
    assert not [word for word in ("@", "+44") if word in str(page)], "names of what changed, never what it holds"
    assert program.read(f"/changes/{removed['id']}") == removed
    assert since(program, page["next"]) == []
    assert since(program) == page["changes"], "from the oldest that is kept"


def test_a_hand_over_is_what_each_of_the_two_holds(one_desk: Desk) -> None:
    program = operators(one_desk, "accounts:read")
    every = frozenset(("manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"))
    wishes(
        one_desk, Wish("change", ("mia.chen",), every), Wish("hand_over", ("mia.chen",), frozenset({"admin_contact"}))
    )
    _, *both = since(program)
    held = {one["person"]: ("admin_contact" in one["before"], "admin_contact" in one["after"]) for one in both}
    assert held == {"raj.patel": (True, False), "mia.chen": (False, True)}


def test_what_a_system_brought_itself_is_marked(one_desk: Desk) -> None:
    ours = operators(one_desk, "accounts:read", "accounts:write")
    theirs = named(one_desk, "the shop", "accounts:read", "accounts:write")
    ours.ask(
        "PUT", "/accounts/400639", {"name": "Tideworks GmbH", "people": [{"username": "mia.chen", "name": "Mia C"}]}
    )
    theirs.ask(
        "PUT", "/accounts/400639", {"people": [{"username": "mia.chen", "email": "mia@new.example", "phones": []}]}
    )
    changes = since(ours)
    assert [(one["what"], one["fields"], one["own"], one["by"]["name"]) for one in changes] == [
        ("person.changed", ["name"], True, "a system of ours"),
        ("account.changed", ["name"], True, "a system of ours"),
        ("person.changed", ["email"], False, "the shop"),
        ("person.changed", ["phones"], False, "the shop"),
    ]
    assert [one["own"] for one in since(theirs)] == [False, False, True, True]
    newer = operators(one_desk, "accounts:read")
    assert since(newer) == changes, "a new key of the same name is the same system"


def test_a_cursor_goes_on_with_another_key_and_is_nobody_elses(one_desk: Desk) -> None:
    ours = operators(one_desk, "accounts:read")
    cursor = now_on(ours)
    adds_number(one_desk.store, MIA, 1)
    assert len(since(named(one_desk, "newer", "accounts:read"), cursor)) == 2
    for wrong in (cursor[:-2], "x" * 60, ours.read("/accounts/400639/people")["next"] or "x"):
        problem(ours.get(f"/changes?cursor={wrong}"), "invalid")
    problem(ours.get("/changes?start=then"), "invalid")
    problem(ours.get("/changes/999"), "not-found")
    for path in ("/changes", "/changes/1"):
        problem(operators(one_desk, "accounts:write").get(path), "denied")
        problem(customers(one_desk, RAJ, "400639").get(path), "other-kind")


def test_many_come_in_pages(desk: Desk) -> None:
    program = operators(desk, "accounts:read")
    many_change(desk, "f", 450)
    assert to_the_end(program) == ([f"f{n}" for n in range(450)], 3)


@pytest.mark.both_databases
def test_now_is_after_all_that_was_however_much_nobody_has_looked_at(desk: Desk) -> None:
    program = operators(desk, "accounts:read")
    many_change(desk, "old", 450)
    cursor = now_on(program)
    assert since(program, cursor) == []
    many_change(desk, "new", 3)
    assert [one["fields"] for one in since(program, cursor)] == [["new0"], ["new1"], ["new2"]]
    assert to_the_end(program)[0] == [*(f"old{n}" for n in range(450)), "new0", "new1", "new2"], "in their order"


@pytest.mark.both_databases
def test_the_oldest_that_are_given_can_be_read_on_from(desk: Desk) -> None:
    """Whoever begins with the oldest has a day to read on in, and what is too old for that is not given at all."""
    program = operators(desk, "accounts:read", days=366)
    many_change(desk, "old", 450)
    desk.pass_time((KEPT - DAY) / 1000)
    first = program.read("/changes")
    assert (len(first["changes"]), first["more"]) == (200, True)
    desk.pass_time(DAY / 1000 - 60)
    assert to_the_end(program, first["next"])[0] == [f"old{n}" for n in range(200, 450)]
    many_change(desk, "unseen", 450)
    desk.pass_time((KEPT - DAY) / 1000 + 60)
    for _ in range(2):
        many_change(desk, "new", 1)
        assert program.read("/changes")["changes"][0]["fields"] == ["new0"]
        desk.pass_time(3_660)
    assert to_the_end(program) == (["new0", "new0"], 1)
    assert since(program, program.read("/changes")["next"]) == []


def test_after_so_long_or_after_a_restore_a_cursor_is_past(one_desk: Desk) -> None:
    adds_number(one_desk.store, MIA, 1)
    program = operators(one_desk, "accounts:read", days=366)
    cursor = program.read("/changes")["next"]
    one_desk.pass_time(KEPT / 1000)
    assert since(program, cursor) == []
    one_desk.pass_time(3_601)
    assert problem(program.get(f"/changes?cursor={cursor}"), "cursor-past")["status"] == 410
    one_desk.container.worker.sweep()
    assert count(one_desk, tables.account_changes) == 2, "kept a day longer than a cursor is good"
    one_desk.pass_time(LATE / 1000)
    one_desk.container.worker.sweep()
    assert count(one_desk, tables.account_changes) == 0
    cursor = now_on(program)
    assert restore.answer(one_desk.store, "shell", operates) is not None
    newer = operators(one_desk, "accounts:read")
    problem(newer.get(f"/changes?cursor={cursor}"), "cursor-past")
    cursor = now_on(newer)
    adds_number(one_desk.store, MIA, 2)
    assert len(since(newer, cursor)) == 2


@pytest.fixture
def beside(sample_postgres: str) -> Iterator[tuple[Desk, Desk]]:
    """Two processes of one desk."""
    desks = Desk(sample_postgres), Desk(sample_postgres)
    yield desks
    for desk in desks:
        desk.close()


def test_what_is_committed_late_is_not_passed_over(beside: tuple[Desk, Desk]) -> None:
    """On PostgreSQL: Raj's change has its number, and stands still before it is committed; Mia's has the next number, and is read."""
    desk, slow = beside
    program = operators(desk, "accounts:read")
    cursor = now_on(program)
    written, go_on, new = threading.Event(), threading.Event(), tables.account_changes.c

    @event.listens_for(slow.store.engine, "commit")
    def waits(connection: Connection) -> None:
        if connection.execute(select(new.id).where(new.place.is_(None))).first() is not None:
            written.set()
            assert go_on.wait(SOON)

    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(adds_number, slow.store, RAJ, 1)
        assert written.wait(SOON)
        adds_number(desk.store, MIA, 2)
        first = program.read(f"/changes?cursor={cursor}")
        go_on.set()
        late.result(SOON)
    second = program.read(f"/changes?cursor={first['next']}")
    assert [told(page["changes"]) for page in (first, second)] == [
        [("person.changed", None, "mia.chen")] * 2,
        [("person.changed", None, "raj.patel")] * 2,
    ]
    assert min(one["id"] for one in first["changes"]) > max(one["id"] for one in second["changes"])
    assert since(program, cursor) == first["changes"] + second["changes"], "and the order stays"


def test_two_who_look_at_once_are_given_one_order(beside: tuple[Desk, Desk]) -> None:
    """While the first looks, what has lower numbers is committed. The second waits, and puts that behind what the first was given."""
    desk, slow = beside
    program = operators(desk, "accounts:read")
    now_on(program)
    with desk.store.transaction("test") as tx:
        made = change_feed.row(tx, "person.changed", Subject.of_person(RAJ), person=RAJ, fields=("email",))
        tx.connection.execute(insert(tables.account_changes).values(id=100, **made))
    with ThreadPoolExecutor(1) as threads:
        with slow.store.transaction("api") as tx:
            grant = tx.ask(Ask(OPERATOR, Action.DESK_ACCOUNTS_READ, None, None, Proof.NONE))
            assert isinstance(grant, Grant)
            first = change_feed.following(tx, grant, None, many=5)
            adds_number(desk.store, MIA, 1)
            later = threads.submit(since, program)
            assert any(rows(desk, WAITS) for _ in range(LOOKS) if not later.done()), "it did not wait"
        second = later.result(SOON)
    assert first is not None
    assert [one.id for one in first.changes] == [100]
    assert [one["id"] for one in second] == [100, 1, 2]


@pytest.mark.both_databases
def test_whoever_follows_while_others_write_has_each_once(desk: Desk) -> None:
    """Two who follow, four who write, and each of these stands in their own order."""
    programs = [operators(desk, "accounts:read") for _ in range(2)]
    cursors = [now_on(program) for program in programs]
    found: list[list[dict[str, Any]]] = [[], []]
    people, many = {MIA: "mia.chen", RAJ: "raj.patel", LEO: "leo.fox", 1: "olivia.hart"}, 12
    done = threading.Event()

    def writes(person: int) -> None:
        for n in range(many):
            with desk.store.transaction("portal") as tx:
                about = {"person": person, "fields": (f"f{n}",)}
                change_feed.note(tx, "person.changed", Subject.of_person(person), **about)

    def follows(n: int) -> None:
        last = False
        while not last:
            last = done.is_set()
            page = programs[n].read(f"/changes?cursor={cursors[n]}")
            found[n] += page["changes"]
            cursors[n] = page["next"]

    with ThreadPoolExecutor(6) as threads:
        following = [threads.submit(follows, n) for n in range(2)]
        for one in [threads.submit(writes, person) for person in people]:
            one.result(SOON)
        done.set()
        for one in following:
            one.result(SOON)
    assert found[0] == found[1], "in one order for everybody"
    for username in people.values():
        assert [one["fields"] for one in found[0] if one["person"] == username] == [[f"f{n}"] for n in range(many)]
    assert len({one["id"] for one in found[0]}) == len(found[0]) == many * len(people)
