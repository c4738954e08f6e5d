"""A customer adds an authenticator on a one-time page: shown, confirmed, told of; and a link that says nothing of whose it was."""

from __future__ import annotations

from sqlalchemy import select

from authz import Subject
from store import tables
from store.codes import one_time_links
from store.verification import factors, totp
from store.verification.totp import STEP
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Browser, scanned

MIA = 8


def link_for(desk: Desk, person: int = MIA) -> str:
    with desk.store.transaction("test") as tx:
        return f"/enrol/{one_time_links.issue(tx, 'enrol', Subject.of_person(person))}"


def confirmed(desk: Desk) -> int | None:
    with desk.store.transaction("test") as tx:
        return totp.confirmed_at(tx, MIA)


def test_it_is_shown_confirmed_and_counts_after_three_days(desk: Desk) -> None:
    mia, link = Browser(desk), link_for(desk)
    for _ in range(3):
        assert mia.get(link).status_code == 200
    assert rows(desk, select(tables.authenticators)) == [], "to open it changes nothing"
    mia.send(link)
    app = scanned(mia)
    assert "<svg" in mia.text
    code = app.at(desk.now // 1000)
    mia.send(link, code=f"{code[:3]}\u2011{code[3:]}")  # E10: as it was pasted
    assert "in 72 hours it counts as a proof" in mia.words
    assert confirmed(desk) == desk.now
    work = tables.jobs.c
    assert [row.kind for row in rows(desk, select(work.kind).where(work.key.startswith("authenticator_added")))] == [
        "notice"
    ]
    with desk.store.transaction("test") as tx:
        assert not factors.on_file(tx, MIA).authenticator
    desk.pass_time(72 * 3600)
    with desk.store.transaction("test") as tx:
        assert factors.on_file(tx, MIA).authenticator


def test_e11_a_right_code_that_is_sent_again_has_gone_well(desk: Desk) -> None:
    """Or whoever presses twice would read that their link has been used, and begin anew."""
    mia, link = Browser(desk), link_for(desk)
    mia.get(link)
    mia.send(link)
    form = mia.fields(link) | {"code": scanned(mia).at(desk.now // 1000)}
    for _ in range(3):
        assert mia.post(link, form).status_code == 200
        assert "in 72 hours it counts as a proof" in mia.words
    other = Browser(desk)
    other.get("/desk/sign-in")
    assert other.post(link, form | {"token": other.fields("/desk/sign-in")["token"]}).status_code == 410
    work = tables.jobs.c
    told = select(work.kind).where(work.key.startswith("authenticator_added"))
    assert len(rows(desk, told)) == 1


def test_a_wrong_code_may_be_tried_again_and_five_times_at_most(desk: Desk) -> None:
    mia, link = Browser(desk), link_for(desk)
    mia.get(link)
    mia.send(link)
    app = scanned(mia)
    right = app.at(desk.now // 1000)
    for _ in range(5):
        assert mia.send(link, code="000000" if right != "000000" else "111111").status_code == 422
    assert mia.send(link, code=right).status_code == 422
    assert confirmed(desk) is None


def test_a_link_is_good_once_and_says_not_whose_it_was(desk: Desk) -> None:
    mia, link = Browser(desk), link_for(desk)
    mia.get(link)
    mia.send(link)
    token = {"token": mia.fields(link)["token"]}
    app = scanned(mia)
    mia.send(link, code=app.at(desk.now // 1000))
    said = set()
    for path in (link, "/enrol/" + "x" * 43, "/enrol/x"):
        assert mia.get(path).status_code == 410
        said.add(mia.words)
        assert mia.post(path, token).status_code == 410
        said.add(mia.words)
    assert len(said) == 1
    assert "Mia" not in said.pop()
    late = link_for(desk)
    desk.pass_time(10 * 60)
    assert mia.get(late).status_code == 410


def test_one_who_has_one_is_told_so(one_desk: Desk) -> None:
    mia, link = Browser(one_desk), link_for(one_desk)
    mia.get(link)
    mia.send(link)
    mia.send(link, code=scanned(mia).at(one_desk.now // 1000))
    one_desk.now += STEP
    again = link_for(one_desk)
    mia.get(again)
    assert mia.send(again).status_code == 409
    assert "You have one already" in mia.words


def test_a1_wrong_codes_at_ones_own_page_are_counted_against_nobody_else(one_desk: Desk) -> None:
    """They came out of one budget for everybody's pages."""
    mia, link = Browser(one_desk), link_for(one_desk)
    mia.get(link)
    mia.send(link)
    assert mia.send(link, code="abcdef").status_code == 422
    assert [name for (name,) in rows(one_desk, select(tables.budgets.c.name).order_by(tables.budgets.c.name))] == [
        f"page:{MIA}",
        f"tries:enrol:{MIA}",
    ]
