"""`deskgate staff`: who works here, invited by a link that is printed once, suspended and back again, all of it in the ledger."""

from __future__ import annotations

import re

from sqlalchemy import select

from store import tables
from tests.cli.conftest import Shell


def test_who_works_here_is_listed(shell: Shell) -> None:
    said = shell.run("staff", "list")
    assert said.out.splitlines() == [
        "agent.kim  agent  not joined  Kim Novak",
        "lead.ana  supervisor  not joined  Ana Brandt",
    ]
    first = shell.run("staff", "list", "--json").json[0]
    assert (first["username"], first["joined_at"], first["suspended_at"]) == ("agent.kim", None, None)


def test_an_invitation_is_a_link_and_is_kept_as_a_digest(shell: Shell) -> None:
    said = shell.run("staff", "invite", "agent.kim")
    assert re.match(r"http://localhost:8000/desk/join/[\w-]{43}\n", said.out)
    assert "For Kim Novak alone" in said.out
    token = said.out.splitlines()[0].rpartition("/")[2]
    (code,) = shell.rows(select(tables.codes))
    assert token not in repr(code)
    assert "page:join" in repr(code)


def test_suspended_and_back_again(shell: Shell) -> None:
    assert shell.run("staff", "suspend", "agent.kim").out == "agent.kim is suspended.\n"
    assert shell.run("staff", "suspend", "agent.kim").out == "agent.kim was suspended already.\n"
    assert "agent.kim  agent  suspended" in shell.run("staff", "list").out
    assert "is suspended" in shell.refuses("staff", "invite", "agent.kim")
    assert shell.run("staff", "resume", "agent.kim").out == "agent.kim may work again.\n"
    assert shell.run("staff", "resume", "agent.kim").out == "agent.kim was not suspended.\n"
    told = [fields for (fields,) in shell.rows(select(tables.ledger.c.fields))]
    assert [word for word in told if "suspended:staff:" in word]


def test_nobody_of_that_name(light: Shell) -> None:
    for command in ("invite", "suspend", "resume"):
        refused = light.refuses("staff", command, "kim")
        assert "nobody of the staff called kim" in refused
        assert "deskgate import" in refused
