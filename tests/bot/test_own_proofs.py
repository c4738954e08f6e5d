"""What somebody has for proving themselves, looked after in Slack: an authenticator, a code for a PIN that is locked. And
warnings: whose they are. T19"""

from __future__ import annotations

from sqlalchemy import select, update

from store import tables
from store.codes import one_time_links
from store.security import alerts
from store.verification import attempt_limits, factors, slack_members, step_ups, totp
from tests.bot.proving import SUBJECT, app, digits_in, linked_days_ago, on_the_phone, shows
from tests.bot.slack_desk import AGENTS, SlackDesk


def lock(desk: SlackDesk, person: int) -> None:
    with desk.store.transaction("test") as tx:
        for _ in range(5):
            attempt_limits.reserve(tx, attempt_limits.counter_of(person), real=True, limits=())


def link_to(desk: SlackDesk) -> str:
    blocks = desk.last("U0RAJ", holding="Set up an authenticator").blocks
    (url,) = (e["url"] for b in blocks if b["type"] == "actions" for e in b["elements"])
    return str(url)


def test_a_link_to_set_one_up_for_their_eyes_alone(slack: SlackDesk) -> None:
    desk = slack
    desk.be("U0RAJ").dm("authenticator")
    desk.work()
    token = link_to(desk).rpartition("/")[2]
    with desk.store.transaction("test") as tx:
        assert one_time_links.look(tx, "enrol", token) == (SUBJECT["raj.patel"], "")
        queued = tx.connection.execute(select(tables.jobs.c.payload)).scalars().all()
    assert not any(token in str(payload) for payload in queued), "nothing that waits has it"
    assert token not in desk.said("U0KIM", AGENTS) + desk.said("U0LEO", "help")
    desk.be("U0RAJ").dm("authenticator")
    desk.work()
    with desk.store.transaction("test") as tx:
        assert one_time_links.look(tx, "enrol", token) is None, "a newer one ends the one before"
    desk.pass_time(601)
    desk.work()
    assert "This has expired or was already used" in desk.said("U0RAJ")


def on_file(desk: SlackDesk) -> bool:
    with desk.store.transaction("test") as tx:
        return factors.on_file(tx, 7).authenticator


def test_h7_one_that_is_there_is_removed_in_three_days_and_no_sooner(slack: SlackDesk) -> None:
    """A click proves nothing but that somebody has their Slack. Until then it counts and is asked for; everybody is told now."""
    desk = slack
    made = app(desk, "raj.patel")
    desk.be("U0RAJ").dm("authenticator")
    desk.work()
    assert "You have an authenticator app since" in desk.said("U0RAJ")
    assert "It counts as a second proof" in desk.said("U0RAJ")
    desk.click("U0RAJ", "authenticator_remove")
    assert "It is to be removed at 25 Nov" in desk.said("U0RAJ")
    assert "Your authenticator is to be removed in 72 hours" in desk.said("U0RAJ")
    desk.pass_time(72 * 3600 - 1)
    desk.container.worker.sweep()
    assert on_file(desk)
    with desk.store.transaction("slack") as tx:
        assert totp.check(tx, 7, shows(desk, made))
        step_ups.reached(tx, SUBJECT["raj.patel"], 3, "authenticator", "T0DESK:U0RAJ", ends_at=tx.now + 900_000)
        page = one_time_links.issue(tx, "pin", SUBJECT["raj.patel"])
    desk.pass_time(1)
    desk.container.worker.sweep()
    desk.work()
    assert not on_file(desk)
    assert "Your authenticator was removed" in desk.said("U0RAJ")
    with desk.store.transaction("test") as tx:
        assert step_ups.until(tx, SUBJECT["raj.patel"], 3, "T0DESK:U0RAJ") is None
        assert one_time_links.look(tx, "pin", page) is None


def test_h7_its_owner_may_keep_it(slack_once: SlackDesk) -> None:
    desk = slack_once
    app(desk, "raj.patel")
    desk.be("U0RAJ").dm("authenticator")
    desk.work()
    desk.click("U0RAJ", "authenticator_remove")
    desk.pass_time(3600)
    desk.click("U0RAJ", "authenticator_keep")
    assert "You keep your authenticator app" in desk.said("U0RAJ")
    desk.pass_time(100 * 3600)
    desk.container.worker.sweep()
    assert on_file(desk)


def test_h7_what_a_member_began_with_an_authenticator_ends_with_the_member(slack_once: SlackDesk) -> None:
    """H1, H7: somebody else had their Slack. Its owner could not keep the app any more, having no Slack; and one set up there in these
    days would have been a second proof in three."""
    desk = slack_once
    app(desk, "raj.patel")
    desk.be("U0RAJ").dm("authenticator")
    desk.work()
    desk.click("U0RAJ", "authenticator_remove")
    app(desk, "sam.okoro", days=2)
    desk.pass_time(3600)
    with desk.store.transaction("slack") as tx:
        assert slack_members.unlink(tx, "T0DESK", "U0RAJ") == SUBJECT["raj.patel"]
        slack_members.link(tx, 5, "T0DESK", "U0SAM")
        assert slack_members.unlink(tx, "T0DESK", "U0SAM") == SUBJECT["sam.okoro"]
    desk.pass_time(73 * 3600)
    desk.container.worker.sweep()
    assert on_file(desk), "it was to be removed, and is not"
    with desk.store.transaction("test") as tx:
        assert not factors.on_file(tx, 5).authenticator, "it was to count by now, and is not there"
        e = tables.ledger.c
        said = tx.connection.execute(select(e.who, e.fields).where(e.action == "revoked").order_by(e.who)).all()
        assert [tuple(row) for row in said] == [
            (SUBJECT["sam.okoro"], "ground:slack authenticator_young"),
            (SUBJECT["raj.patel"], "ground:slack authenticator_removal"),
        ]
        w = tables.jobs.c
        owed = tx.connection.execute(select(w.key).where(w.kind == "notice")).scalars().all()
        assert any(key.startswith("authenticator_removed:5:") for key in owed), "and is told"


def test_a_locked_out_owner_gets_a_code_and_back_in(slack: SlackDesk) -> None:
    desk = slack
    lock(desk, 1)
    desk.be("U0OLIVIA").dm("I am locked out")
    desk.work()
    told = desk.said("U0OLIVIA")
    assert "key your support ID, key *" in told
    assert len(digits_in(told)) == 8


def test_ten_wrong_ones_lock_nobody_out_and_a_pin_that_is_worn_out_needs_a_new_one(slack_once: SlackDesk) -> None:
    desk = slack_once
    for _ in range(2):
        lock(desk, 1)
        desk.pass_time(31 * 60)
    with desk.store.transaction("test") as tx:
        assert attempt_limits.is_disabled(tx, attempt_limits.counter_of(1))
    desk.be("U0OLIVIA").dm("locked out")
    desk.work()
    assert len(digits_in(desk.said("U0OLIVIA"))) == 8
    with desk.store.transaction("test") as tx:
        g = tables.pin_guards
        tx.connection.execute(update(g).where(g.c.counter_key == attempt_limits.counter_of(1)).values(lifetime=30))
        tx.connection.execute(update(tables.codes).values(used_at=tx.now))
    desk.be("U0OLIVIA").dm("locked out")
    desk.work()
    with desk.store.transaction("test") as tx:
        c = tables.codes.c
        assert tx.connection.execute(select(c.digest).where(c.kind == "unlock", c.used_at.is_(None))).first() is None


def test_a_member_of_minutes_removes_no_authenticator(slack_once: SlackDesk) -> None:
    desk = slack_once
    app(desk, "raj.patel")
    linked_days_ago(desk, "U0RAJ", 1)
    desk.be("U0RAJ").dm("authenticator")
    desk.work()
    desk.click("U0RAJ", "authenticator_remove")
    assert "less than 72 hours, so I can't remove it" in desk.said("U0RAJ")
    with desk.store.transaction("test") as tx:
        assert totp.confirmed_at(tx, 7) is not None


def test_whoever_is_not_locked_or_young_is_told_what_applies(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").dm("locked out")
    desk.work()
    assert "Your PIN is not locked" in desk.said("U0OLIVIA")
    lock(desk, 1)
    linked_days_ago(desk, "U0OLIVIA", 1)
    desk.be("U0OLIVIA").dm("locked out")
    desk.work()
    assert "I have known you here for less than 72 hours" in desk.said("U0OLIVIA")
    lock(desk, 7)
    desk.be("U0FAKE").dm("locked out")
    desk.work()
    assert "I don't know you yet" in desk.said("U0FAKE")
    with desk.store.transaction("test") as tx:
        c = tables.codes.c
        assert tx.connection.execute(select(c.digest).where(c.kind == "unlock")).first() is None


def test_a_stranger_gets_no_answer_of_any_of_these(slack_once: SlackDesk) -> None:
    desk = slack_once
    for words in ("prove", "proof 12345678", "transfer code", "authenticator", "locked out"):
        desk.be("U0FAKE").dm(words)
    desk.work()
    assert set(desk.read("U0FAKE")) >= {"prove"}
    assert desk.said("U0FAKE").count("I don't know you yet") >= 1
    assert "enrol" not in desk.said("U0FAKE")


def test_duress_reaches_those_who_lead_the_desk_and_nobody_else(slack: SlackDesk) -> None:
    desk = slack
    with desk.store.transaction("phone", call="CA" + "1" * 32) as tx:
        alerts.alert(tx, "duress", "x", subject=SUBJECT["olivia.hart"], account=1)
    desk.work()
    assert "Olivia Hart of Harbour Bakery, account 200417 may be acting under a threat" in desk.said("U0ANA")
    for user, channel in (("U0KIM", ""), ("U0KIM", AGENTS), ("U0ANA", AGENTS), ("U0OLIVIA", "")):
        assert "threat" not in desk.said(user, channel), (user, channel)


def test_a_warning_to_the_desk_is_in_its_channel_once(slack_once: SlackDesk) -> None:
    desk = slack_once
    for _ in range(2):
        with desk.store.transaction("phone", call="CA" + "1" * 32) as tx:
            alerts.alert(tx, "probing_pin", "x")
        desk.work()
    assert desk.said("U0KIM", AGENTS).count("one wrong PIN is being tried on many people") == 1
    assert "wrong PIN" not in desk.said("U0ANA")


def test_verify_shows_the_card_in_short_to_whoever_has_them_on_the_phone(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = on_the_phone(desk, "raj.patel")
    raj.press("0")
    desk.work()
    agent = desk.exchange.ringing()
    assert agent is not None
    agent.answer()
    agent.press("1")
    desk.work()
    raj.wait()
    desk.work()
    desk.be("U0KIM").command("/verify", "10000073", AGENTS)
    assert "That proves nothing yet" in desk.said("U0KIM", AGENTS), "not hers yet"
    desk.click("U0KIM", "desk_assign", AGENTS)
    desk.be("U0KIM").command("/verify", "10000073", AGENTS)
    assert desk.said("U0KIM", AGENTS).count("Raj Patel* · Tideworks Ltd, account 400639") == 2, "the card, and in short"
    desk.be("U0ANA").command("/verify", "10000073", AGENTS)
    assert desk.said("U0ANA", AGENTS).count("Raj Patel* · Tideworks Ltd") == 1, "another's call shows her nothing"
