"""Notices by a key: to exactly whom the schemes name, looked at first, once a day; and what became of each, for the key that wrote it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables
from tests.api.asking import RAJ, customers, operators, problem
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import count, rows

_A = tables.alerts.c
SPENT = _A.kind == "notices_spent"
WORKS = {"kind": "billing", "accounts": ["200417", "300528"], "title": "Works on Sunday", "words": "From two to three."}


def test_it_goes_to_whom_the_schemes_name_and_its_key_sees_what_became_of_it(mailing: Desk, mailbox: Mailbox) -> None:
    mailbox.says["RCPT accounts@harbourbakery.example"] = "550 5.1.1 nobody here"
    program = operators(mailing, "notices:write")
    assert program.post("/notices/preview", WORKS).json() == {"told": 4}
    assert not mailbox.mails, "nothing is sent by looking"
    sent = program.post("/notices", WORKS, Idempotency_Key="one")
    assert (sent.status_code, sent.headers["location"]) == (201, "/api/v1/notices/1")
    assert sent.json() == {"id": 1, "told": 4}
    assert program.post("/notices", WORKS, Idempotency_Key="one").headers["idempotency-replayed"] == "true"
    assert "today" in problem(program.post("/notices", WORKS, Idempotency_Key="two"), "conflict")["detail"]
    mailing.work()
    told = program.read("/notices/1")
    assert (told["kind"], told["title"], told["words"], told["accounts"]) == (
        *("billing", "Works on Sunday", "From two to three."),
        2,
    )
    assert told["states"] == {"sent": 3, "refused": 1}
    everybody = program.read("/notices/1/recipients")
    assert everybody["next"] is None
    assert {one["username"]: (one["rules"], one["state"]) for one in everybody["recipients"]} == {
        "olivia.hart": (["MT-7"], "sent"),
        "bea.lund": (["MT-20"], "refused"),
        "sam.okoro": (["D-notices.billing"], "sent"),
        "ines.costa": (["SR-10"], "sent"),
    }
    (refused,) = program.read("/notices/1/recipients?state=refused")["recipients"]
    assert refused["username"] == "bea.lund"
    assert "@" not in str(everybody), "no address of anybody is told"
    again = program.post("/notices", WORKS | {"again": True}, Idempotency_Key="three")
    assert (again.status_code, again.json()["told"]) == (201, 4)


def test_another_keys_notice_is_not_there(one_desk: Desk) -> None:
    ours, theirs = operators(one_desk, "notices:write"), operators(one_desk, "notices:write")
    assert theirs.post("/notices", WORKS).status_code == 201
    for path in ("/notices/1", "/notices/1/recipients"):
        assert theirs.get(path).status_code == 200
        assert ours.get(path).text == ours.get(path.replace("1", "9")).text
        problem(ours.get(path), "not-found")
        problem(customers(one_desk, RAJ, "400639").get(path), "not-found")
        problem(operators(one_desk, "reports:read").get(path), "denied")


def test_who_may_write_none(one_desk: Desk) -> None:
    for path in ("/notices", "/notices/preview"):
        problem(operators(one_desk, "accounts:write").post(path, WORKS), "denied")
        problem(customers(one_desk, RAJ, "400639").post(path, WORKS), "other-kind")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"accounts": ["200417", "nonsense"]}, "accounts"),
        ({"accounts": []}, "accounts"),
        ({"kind": "ticket"}, "kind"),
        ({"title": "Works\non Sunday"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"words": " \n "}, "words"),
        ({"words": "x" * 20_001}, "words"),
        ({"words": "Your PIN is 99887766."}, "words"),
        ({"title": "Your new PIN:", "words": "998 877 66"}, "words"),
        ({"more": 1}, "more"),
    ],
)
def test_what_will_not_do_is_named(one_desk: Desk, wrong: dict[str, object], field: str) -> None:
    program = operators(one_desk, "notices:write")
    program.get("/key")  # known here from now on, so that it may send much
    if "more" not in wrong:
        problem(program.post("/notices/preview", WORKS | wrong), "invalid")
    told = problem(program.post("/notices", WORKS | wrong), "invalid")
    assert [one["field"] for one in told["errors"]] == [field]
    assert program.post("/notices", WORKS).json()["id"] == 1, "nothing was written"


def test_a_leaked_key_sends_so_many_and_supervisors_are_warned(one_desk: Desk) -> None:
    program, other = operators(one_desk, "notices:write"), operators(one_desk, "notices:write")
    again = WORKS | {"again": True}
    assert program.post("/notices", WORKS).status_code == 201
    for _ in range(3):
        problem(program.post("/notices", WORKS), "conflict")
        problem(program.post("/notices", again | {"accounts": ["nonsense"]}), "invalid")
    for n in range(29):
        one_desk.pass_time(0.001)
        assert program.post("/notices", again).status_code == 201, n
    assert count(one_desk, tables.alerts, SPENT) == 1
    for _ in range(2):
        told = program.post("/notices", again)
        problem(told, "too-often")
    assert count(one_desk, tables.notices) == 30, "what is not sent counts for nothing, and what counts is sent"
    assert [tuple(row) for row in rows(one_desk, select(_A.audience, _A.detail).where(SPENT))] == [
        ("supervisors", str(program.id))
    ]
    assert program.post("/notices/preview", WORKS).status_code == 200
    one_desk.pass_time(0.001)
    assert other.post("/notices", again).status_code == 201, "it is nobody else's budget"
    one_desk.pass_time(int(told.headers["retry-after"]))
    assert program.post("/notices", again).status_code == 201
    problem(program.post("/notices", again), "too-often")


def test_a_long_list_of_recipients_comes_in_pages(one_desk: Desk) -> None:
    everybody = [{"username": f"user{n:03}", "name": "U", "email": f"u{n}@example.org"} for n in range(120)]
    program = operators(one_desk, "notices:write", "accounts:write")
    contacts = [
        {"person": one["username"], "roles": ["owner" if n == 0 else "billing"]} for n, one in enumerate(everybody)
    ]
    many = {"name": "Many", "scheme": "standard_roles", "people": everybody, "contacts": contacts}
    assert program.ask("PUT", "/accounts/F-1", many).status_code == 201
    assert program.post("/notices", WORKS | {"accounts": ["F-1"]}).json() == {"id": 1, "told": 120}
    first = program.read("/notices/1/recipients")
    second = program.read(f"/notices/1/recipients?cursor={first['next']}")
    names = [one["username"] for page in (first, second) for one in page["recipients"]]
    assert (len(first["recipients"]), second["next"]) == (100, None)
    assert sorted(names) == [one["username"] for one in everybody]
    problem(program.get(f"/notices/1/recipients?state=sent&cursor={first['next']}"), "invalid")
