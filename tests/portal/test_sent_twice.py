"""E11: a form that is sent twice does once what it says; and what was typed is not lost with the session it was typed in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, func, select

from store import tables
from store.sign_in.realms import STAFF
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Agent, Browser
from tests.portal.test_insider import accounts, signed_in, talks

ANSWER = "It is <b>up</b> again;\nsee you & 'co' 👋"


def asked(desk: Desk) -> tuple[Agent, str]:
    """Kim, who looks at a ticket of Mia's."""
    mia = talks(desk)
    mia.hang_up()
    desk.work()
    (number,) = accounts(desk, 1)
    t, p = tables.tickets.c, tables.people.c
    mias = select(p.id).where(p.username == "mia.chen").scalar_subquery()
    on = select(tables.accounts.c.id).where(tables.accounts.c.number == "400639").scalar_subquery()
    change(desk, tables.tickets.update().where(t.number == number).values(opened_by=mias, account_id=on))
    kim = signed_in(desk)
    kim.get(f"/desk/tickets/{number}")
    return kim, f"/desk/tickets/{number}"


def said(desk: Desk) -> int:
    """How often, once nothing of it can be taken back."""
    desk.pass_time(10)
    desk.work()
    m = tables.messages.c
    return int(rows(desk, select(func.count()).where(m.body == ANSWER))[0][0])


def test_e11_an_answer_that_is_sent_again_is_sent_once_and_leads_where_it_led(desk: Desk) -> None:
    kim, page = asked(desk)
    form = kim.fields(f"{page}/answer") | {"words": ANSWER}
    led = [
        kim.client.post(f"{page}/answer", data=form, headers={"Origin": PUBLIC}).headers["location"] for _ in range(3)
    ]
    assert led == [f"{page}?said=answer_held"] * 3
    assert said(desk) == 1
    kim.post(f"{page}/answer", form | {"words": "and another thing"})
    assert "and another thing" in kim.words, "what is written anew on the same page is another form"
    kim.get(page)
    kim.send(f"{page}/answer", words=ANSWER)
    assert said(desk) == 2, "and the same words on a new page as well"


def test_e11_two_at_the_same_moment_are_one(desk: Desk) -> None:
    kim, page = asked(desk)
    form = kim.fields(f"{page}/answer") | {"words": ANSWER}
    with ThreadPoolExecutor(4) as threads:
        sent = [
            threads.submit(kim.client.post, f"{page}/answer", data=form, headers={"Origin": PUBLIC}) for _ in range(4)
        ]
    assert {one.result().headers["location"] for one in sent} == {f"{page}?said=answer_held"}
    assert said(desk) == 1


def test_e11_every_form_of_the_desk_carries_a_key_and_without_one_none_is_taken(one_desk: Desk) -> None:
    kim, page = asked(one_desk)
    keys = set()
    for path in ("/desk", page, "/desk/tickets", "/desk/account"):
        for _ in range(2):
            kim.get(path)
            token = kim.fields("/desk/sign-out")["token"]
            assert f'name="token" value="{token}"' in kim.text
            assert kim.text.count("<form") - kim.text.count('method="get"') == kim.text.count(f'value="{token}"')
            keys.add(token)
    assert len(keys) == 8, "each page has its own"
    for other in (token.partition(".")[0], token + "x" * 40, token.replace(".", "-")):
        assert kim.post(f"{page}/take", {"token": other}).status_code == 403
    assert count(one_desk, tables.assignments) == 0


def test_e11_what_was_not_done_may_be_sent_again(one_desk: Desk) -> None:
    kim, page = asked(one_desk)
    form = kim.fields(f"{page}/answer") | {"words": ANSWER}
    number = int(page.rpartition("/")[2])
    held = tables.tickets.update().where(tables.tickets.c.number == number)
    change(one_desk, held.values(status="quarantined"))
    kim.post(f"{page}/answer", form)
    change(one_desk, held.values(status="open"))
    assert kim.post(f"{page}/answer", form).status_code == 200
    assert said(one_desk) == 1


# --- sessions that end


def end(desk: Desk, how: str) -> None:
    """Of all: by doing nothing, by the clock, by the operator."""
    if how == "ended":
        change(desk, tables.staff_sessions.update().values(ended_at=desk.now))
    desk.pass_time({"idle": STAFF.idle, "whole": STAFF.whole + 60_000, "ended": 0}[how] / 1000)


@pytest.mark.parametrize("how", ["idle", "whole", "ended"])
def test_e11_what_was_typed_comes_back_after_signing_in_again(one_desk: Desk, how: str) -> None:
    kim, page = asked(one_desk)
    other = kim.fields(f"{page}/note")
    form = kim.fields(f"{page}/answer") | {"words": ANSWER}
    end(one_desk, how)
    assert kim.post(f"{page}/answer", form).status_code == 401
    assert "You were signed out before this was sent" in kim.words
    kim.send("/desk/sign-in", username=kim.username, password="wrong", code="000000")
    assert "That did not match" in kim.words
    one_desk.now += 30_000
    kim.send("/desk/sign-in", username=kim.username, password="seven lamps over the harbour", code=kim.code())
    assert str(kim.page and kim.page.url.path) == page
    assert "What you wrote is back in its field" in kim.words
    assert (
        f">{ANSWER.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace(chr(39), '&#39;')}<"
        in kim.text
    )
    assert said(one_desk) == 0
    kim.send(f"{page}/answer", words=ANSWER)
    assert said(one_desk) == 1
    assert count(one_desk, tables.unsent_words) == 0
    assert kim.post(f"{page}/note", other | {"words": "x"}).status_code == 403, "forms of the old session are no forms"


def test_e11_the_page_hands_over_what_was_typed_when_it_finds_out(one_desk: Desk) -> None:
    """As desk.js does when its look is answered with 401: no try at the sign-in is counted."""
    kim, page = asked(one_desk)
    token = kim.fields(f"{page}/answer")["token"]
    end(one_desk, "idle")
    assert kim.client.get(page, headers={"X-By-Itself": "1"}).status_code == 401
    unsent = (
        '{"%s/answer": {"words": "half an ans"}, "%s/note": {"words": "and a note"}, "/evil": {"words": "x"}, "x": 3}'
    )
    before = count(one_desk, tables.ledger)
    kim.post("/desk/sign-in", {"token": token, "to": page, "unsent": unsent.replace("%s", page)})
    assert count(one_desk, tables.ledger) == before
    one_desk.now += 30_000
    kim.send("/desk/sign-in", username=kim.username, password="seven lamps over the harbour", code=kim.code())
    assert ">half an ans</textarea>" in kim.text
    assert ">and a note</textarea>" in kim.text
    assert count(one_desk, tables.unsent_words) == 2
    one_desk.pass_time(24 * 3600 + 1)
    one_desk.container.worker.sweep()
    assert count(one_desk, tables.unsent_words) == count(one_desk, tables.sent_forms) == 0


def test_e11_nobody_else_gets_what_was_typed(one_desk: Desk) -> None:
    ana = Agent(one_desk, "lead.ana")
    kim, page = asked(one_desk)
    form = kim.fields(f"{page}/answer") | {"words": ANSWER}
    end(one_desk, "idle")
    kim.post(f"{page}/answer", form)
    one_desk.now += 30_000
    kim.send("/desk/sign-in", username="lead.ana", password="seven lamps over the harbour", code=ana.code())
    assert str(kim.page and kim.page.url.path) == page
    assert ANSWER[-5:] not in kim.words
    assert count(one_desk, tables.unsent_words) == 0


def test_e11_a_button_pressed_after_the_session_leads_back_to_its_page(one_desk: Desk) -> None:
    kim, page = asked(one_desk)
    form = kim.fields(f"{page}/take")
    change(one_desk, delete(tables.staff_sessions))
    answer = kim.client.post(f"{page}/take", data=form, headers={"Origin": PUBLIC})
    assert answer.headers["location"] == f"/desk/sign-in?to={page}"
    stranger = Browser(one_desk)
    stranger.get("/desk/sign-in")
    assert "unsent" not in stranger.text
