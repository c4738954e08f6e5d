"""Both doors of one desk: a ticket opened by phone is answered in Slack, and the answer heard on the next call."""

from __future__ import annotations

from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from store.verification import pins
from store.verification.pins import Pin
from tests.bot.slack_desk import AGENTS, SlackDesk


def proven(desk: SlackDesk) -> Phone:
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    phone.press("10000081#")
    phone.press("17846325#")
    return phone


def test_opened_by_phone_answered_in_slack_heard_by_phone(slack: SlackDesk) -> None:
    desk = slack
    desk.link("U0MIA", "mia.chen")
    phone = proven(desk)
    phone.press("1")
    phone.press("1")
    phone.speak("our web server is slow")
    phone.hang_up()
    desk.work()
    card = desk.said("U0KIM", AGENTS)
    assert "#1001: Miniserver tide-web: our web server is slow" in card
    assert "by phone" in card
    assert "our web server is slow" in card, "the transcript, when it comes"
    assert "Ticket #1001: Miniserver tide-web: our web server is slow" in desk.said("U0MIA")
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="We have restarted it")
    phone = proven(desk)
    phone.press("2")
    assert any("We have restarted it" in line for line in phone.heard), phone.heard
    desk.click("U0KIM", "desk_note", AGENTS)
    desk.submit("U0KIM", words="They always say that")
    phone = proven(desk)
    phone.press("2")
    assert not any("They always" in line for line in phone.heard)


def test_a_code_by_phone_links_a_member(slack: SlackDesk) -> None:
    desk = slack
    phone = proven(desk)
    phone.press("7")
    spoken = next(line for line in phone.heard if sum(c.isdigit() for c in line) == 8)
    digits = "".join(c for c in spoken if c.isdigit())
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    assert "I don't know you yet" in desk.said("U0MIA")
    desk.be("U0MIA").dm(f"link {digits}")
    desk.work()
    assert "I know you now" in desk.said("U0MIA")
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    assert "Ticket #1001" in desk.said("U0MIA")


def test_e18_a_call_under_a_threat_leaves_in_slack_what_any_call_leaves(slack: SlackDesk) -> None:
    """E18: the desk's channel alone has nothing of it. What else may be looked at: test_looked_on.py."""
    desk = slack
    desk.link("U0MIA", "mia.chen")
    with desk.store.transaction("test") as tx:
        p = tables.people.c
        mia = tx.connection.execute(select(p.id).where(p.username == "mia.chen")).scalar_one()
        pins.put(tx, pins.keep(tx.keys, mia, Pin("17846325"), Pin("40213958")))
    left = []
    for pin, number in (("17846325", "1001"), ("40213958", "1002")):
        before = len(desk.read("U0MIA"))
        phone = desk.exchange.phone("+441632960108")
        phone.dial()
        for keys in ("10000081#", f"{pin}#", "1", "1"):
            phone.press(keys)
        phone.speak("somebody is here with me")
        phone.hang_up()
        desk.pass_time(120)
        desk.work()
        left.append([words.replace(number, "N") for words in (*phone.heard, *desk.read("U0MIA")[before:])])
    assert [words.replace("1 0 0 2", "1 0 0 1") for words in left[1]] == left[0]
    assert "#N" in left[1][-1]
    assert "#1002" not in desk.said("U0KIM", AGENTS)
    with desk.store.transaction("test") as tx:
        t = tables.tickets.c
        found = tx.connection.execute(select(t.status, t.customer_status).order_by(t.number)).all()
    assert [tuple(row) for row in found] == [("open", None), ("quarantined", "open")]
