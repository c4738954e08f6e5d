"""Beside a ticket stands what was before it, for whoever asks: other tickets of its account, what its requester was told, its own ledger. T48"""

from __future__ import annotations

import ast
import re

from sqlalchemy import select, update

from authz import CELLS, Reason
from portal.staff import ledger_words
from portal.web import page_words
from store import tables
from store.ledger.audit import AuditEntry
from tests.desk import Desk
from tests.house.test_names import ROOT
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_files import known, opened

OLIVIA, RAJ, MIA = 1, 7, 8


def signed_in(desk: Desk, name: str = "agent.kim") -> Agent:
    agent = Agent(desk, name)
    agent.sign_in()
    return agent


def test_what_was_before_is_shown_to_whoever_asks_and_the_ledger_to_those_who_lead(one_desk: Desk) -> None:
    one = opened(one_desk, known(one_desk, RAJ)).rpartition("/")[2]
    two = opened(one_desk, known(one_desk, MIA)).rpartition("/")[2]
    kim = signed_in(one_desk)
    page = f"/desk/tickets/{two}"
    assert "Other tickets" not in kim.get(page).text
    assert f'<a href="{page}?with=before">' in kim.text
    kim.get(f"{page}?with=before")
    assert re.search(r"Other tickets of Tideworks Ltd 1 #\d+ See the picture Open", kim.words)
    assert f'href="/desk/tickets/{one}"' in kim.text
    assert "What Mia Chen asked and was told" in kim.words
    assert "Mia Chen was allowed to open technical tickets. on the pages" in kim.words
    assert "ledger of this ticket" not in kim.text
    ana = signed_in(one_desk, "lead.ana")
    ana.get(f"{page}?with=before")
    assert "The ledger of this ticket" in ana.words
    assert re.search(r"agent\.kim was shown the ticket, who asked, [a-z ,]+ and [a-z ]+\. on the pages", ana.words)
    assert "mia.chen opened it. on the pages" in ana.words
    e = tables.ledger.c
    told = [row[0] for row in rows(one_desk, select(e.fields).where(e.who == "staff:1"))]
    assert sum("ledger" in fields.split() for fields in told) == 1, "once, where it was shown"


def test_of_whoever_has_not_proved_who_they_are_there_is_nothing_before(one_desk: Desk) -> None:
    number = opened(one_desk, known(one_desk, MIA)).rpartition("/")[2]
    opened(one_desk, known(one_desk, RAJ))
    t = tables.tickets.c
    change(
        one_desk, update(tables.tickets).where(t.number == int(number)).values(status="open", customer_status="open")
    )
    for who in (signed_in(one_desk), signed_in(one_desk, "lead.ana")):
        who.get(f"/desk/tickets/{number}?with=before")
        assert "Other tickets" not in who.words
        assert "asked and was told" not in who.words
    e = tables.ledger.c
    told = {
        field
        for row in rows(one_desk, select(e.fields).where(e.action == "desk.ticket.work"))
        for field in row[0].split()
    }
    assert not told & {"ledger", "ledger.none"}, "nor read, and then not shown"


def test_tickets_of_another_account_and_what_the_desk_has_not_are_not_there(one_desk: Desk) -> None:
    number, draft = (opened(one_desk, known(one_desk, MIA)).rpartition("/")[2] for _ in range(2))
    change(one_desk, update(tables.tickets).where(tables.tickets.c.number == int(draft)).values(status="quarantined"))
    kim = signed_in(one_desk)
    kim.get(f"/desk/tickets/{number}?with=before")
    assert "There are no others." in kim.words
    change(
        one_desk,
        update(tables.tickets).where(tables.tickets.c.number == int(draft)).values(status="open", account_id=1),
    )
    kim.get(f"/desk/tickets/{number}?with=before")
    assert "There are no others." in kim.words


def entries_of_tickets() -> set[str]:
    """What `store` writes down by itself about a ticket, not as told under a grant: action and outcome."""
    calls = (node for path in (ROOT / "store").rglob("*.py") for node in ast.walk(ast.parse(path.read_text())))
    found = set()
    for call in calls:
        if (
            isinstance(call, ast.Call)
            and ast.unparse(call.func) == "tx.record"
            and "ticket.number" in ast.unparse(call)
        ):
            said = [part.value for part in call.args[2:4] if isinstance(part, ast.Constant)]
            found |= {".".join(map(str, said))} if len(said) == 2 else set()
    return found


def test_whatever_is_in_the_ledger_beside_a_ticket_is_a_sentence() -> None:
    """No code of ours is left in it: what was allowed, what was refused, what was only written down."""
    told = ["ticket.number:7", "by:staff:3", "ticket.title", "ticket.messages", "contact.name", "proof", "service.name"]
    alone = entries_of_tickets()
    assert {"ticket.pending.kept", "ticket.draft.withdrawn", "retention.removed"} <= alone
    asked = [(cell, reason) for cell in CELLS if cell != "portal.login" for reason in Reason]
    asked += [
        ("desk.ticket.work", Reason.ALLOWED),
        ("desk.deliver", Reason.ALLOWED),
        ("desk.card.view", Reason.ALLOWED),
    ]
    written = [one.rpartition(".")[::2] for one in alone] + [("notice.ticket", "sent"), ("notice.ticket", "refused")]
    written += [
        ("ticket.open", "kept"),
        ("ticket.draft", "kept"),
        ("assistant", "no_such_tool"),
        ("assistant", "not_its_case"),
    ]
    written += [("contacts.request", outcome) for outcome in ("waits", "made", "turned_down", "ended")]
    for action, decision in (*asked, *written):
        for fields in (told, told[:1]):
            for who in ("agent.kim", "desk:worker", "nobody", "staff:9", "key:2", "assistant:4"):
                one = AuditEntry(0, who, None, action, decision, [], "verified", "phone", None, fields, "s", 1)
                said = ledger_words.sentence(page_words.load(), one)
                assert not re.search(r"[a-z]_[a-z]|[a-z]:[^ ]|\w\.[a-z]", said.replace("agent.kim", "Kim")), (
                    action,
                    decision,
                    said,
                )
                assert said.endswith("."), said
