"""Which service a ticket or a request is about, in Slack: kept and shown whatever it is asked for; searched for where there are many."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select

from bot.views import blocks as b
from simulator.slack import View
from simulator.slack.elements import elements, options
from store import tables
from tests.bot.proving import app, shows
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.rights import hold

TIDEWORKS = 3


def form(desk: SlackDesk, user: str = "U0RAJ") -> View:
    desk.be(user).command("/ticket", "about this one", "help")
    desk.work()
    return desk.form(user)


def offered(view: View, field: str) -> dict[str, str]:
    """Value → label of the choices of a select."""
    found = next(element for _, element in elements(view.blocks) if element["action_id"] == field)
    return {one["value"]: one["text"]["text"] for one in options(found)}


def test_e1_the_service_that_was_chosen_is_kept_and_shown_for_every_kind(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    kinds = list(offered(form(desk), "about"))
    assert {f"{TIDEWORKS}:{kind}" for kind in ("technical", "billing", "service.cancel", "account.close")} < set(kinds)
    for n, value in enumerate(kinds):
        form(desk)
        left = desk.submit("U0RAJ", about=value, service=f"{TIDEWORKS}:ms-2")
        if ":service.order" in value:
            assert "is a draft" in desk.text_of(left)
            desk.submit("U0RAJ", code=shows(desk, raj))
        number = 1001 + n
        assert "Miniserver tide-dev" in desk.last("U0RAJ", holding=f"Ticket #{number}").text, value
        assert "Service: Miniserver tide-dev" in desk.last("U0KIM", AGENTS, holding=f"#{number}: ").text, value
    t = tables.tickets.c
    with desk.store.transaction("test") as tx:
        kept = tx.connection.execute(select(t.kind, t.service).where(t.status == "open")).all()
    assert [row.service for row in kept] == ["ms-2"] * len(kinds), kept


def test_e1_the_only_service_is_what_it_is_about(slack_once: SlackDesk) -> None:
    """As by phone, which does not ask for the one there is."""
    desk = slack_once
    desk.be("U0SAM").command("/ticket", "we want out", "help")
    desk.work()
    desk.submit("U0SAM", about="2:service.cancel")
    assert "Cancel a service: VPS northlight" in desk.said("U0SAM")


def test_e1_one_that_is_there_no_more_leaves_the_form_open(slack_once: SlackDesk) -> None:
    desk = slack_once
    form(desk)
    with desk.store.transaction("test") as tx:
        tx.connection.execute(delete(tables.services).where(tables.services.c.ref == "ms-2"))
    left = desk.submit("U0RAJ", about=f"{TIDEWORKS}:service.cancel", service=f"{TIDEWORKS}:ms-2")
    assert left is not None
    assert left.errors == {"service": "That service is no longer on the account. Please choose again."}
    desk.submit("U0RAJ", service=f"{TIDEWORKS}:ms-1")
    assert "Cancel a service: Miniserver tide-web" in desk.said("U0RAJ")


LONG = "Managed application cluster for the online shop of Tideworks in the data centre at Reading, node"


def test_e9_where_there_are_many_services_they_are_searched_for(slack_once: SlackDesk) -> None:
    desk = slack_once
    many = [
        {"account_id": TIDEWORKS, "ref": f"x-{n}", "name": f"{LONG} {n:03}", "status": "running", "managed_sla": False}
        for n in range(130)
    ]
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.services), many)
    view = form(desk)
    first = desk.be("U0RAJ").suggestions(view, "service", "")
    assert len(first) == 100
    assert [one["value"].rpartition("-")[2] for one in first[2:14]] == [str(n) for n in range(12)], (
        "in the order of their numbers"
    )
    found = desk.be("U0RAJ").suggestions(view, "service", "NODE 129")
    assert [one["value"] for one in found] == [f"{TIDEWORKS}:x-129"]
    assert found[0]["text"]["text"].endswith("node 129"), "what tells them apart is not cut off"
    desk.submit("U0RAJ", about=f"{TIDEWORKS}:service.cancel", service=f"{TIDEWORKS}:x-129")
    assert f"{LONG} 129" in desk.said("U0RAJ")
    assert desk.be("U0DEV").suggestions(form(desk, "U0DEV"), "service", "nothing like it") == []


@pytest.mark.parametrize("made", [b.option("a" * 80 + " 7", "v"), b.button("Ask " + "a" * 80 + " 7", "ask")])
def test_e9_what_people_choose_by_is_cut_in_the_middle(made: b.Block) -> None:
    said = made["text"]["text"]
    assert (len(said), said[-2:], "…" in said) == (75, " 7", True)


def test_e9_where_there_are_many_accounts_the_one_to_prove_on_is_searched_for(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    with desk.store.transaction("test") as tx:
        a, c = tables.accounts, tables.contacts
        r = tables.contact_rights.c
        held = ",".join(tx.connection.execute(select(r.right).where(r.person_id == 7)).scalars())
        for n in range(30):
            row = {"number": f"9000{n:02}", "name": f"Subsidiary {n:02}", "scheme": "memset", "status": "active"}
            id = tx.connection.execute(insert(a).values(**row).returning(a.c.id)).scalar_one()
            tx.connection.execute(insert(c).values(account_id=id, person_id=7))
            hold(tx, held, c.c.account_id == id)
    desk.be("U0RAJ").dm("prove")
    desk.work()
    message = desk.last("U0RAJ", holding="A second proof of who you are")
    found = desk.be("U0RAJ").suggestions(message, "prove_on", "SUBSIDIARY 29")
    assert [one["text"]["text"] for one in found] == ["Subsidiary 29 (900029)"]
    desk.click("U0RAJ", "prove_on", value=found[0]["value"])
    assert "it is good here until" in desk.text_of(desk.submit("U0RAJ", code=shows(desk, raj)))
