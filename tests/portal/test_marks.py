"""The places a caller of the portal has, and the mark of a browser that has signed in: whose it is, until when, and what it is good for."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy import update

from desk.request_pools import FullError, RequestPool, Whose
from store import tables
from store.sign_in import credentials
from store.sign_in.realms import STAFF
from tests.desk import Desk
from tests.ivr.wire import change
from tests.portal.browsing import Agent, Browser
from tests.portal.test_shut_out import ELSEWHERE, LONG, MINUTE


def test_a2_one_address_has_a_few_places_and_leaves_the_others() -> None:
    pool, let_go = RequestPool("test", threads=1, places=3, each=2, near=9), threading.Event()

    async def told() -> list[bool]:
        """Whoever finds no place hears so before anybody is let go."""
        come = [
            asyncio.ensure_future(pool.do(Whose(address, "near"), let_go.wait, LONG))
            for address in ("a", "a", "a", "b", "c")
        ]
        refused = [
            isinstance(fault, FullError) for fault in await asyncio.gather(come[2], come[4], return_exceptions=True)
        ]
        let_go.set()
        return refused + [await one for one in (come[0], come[1], come[3])]

    assert asyncio.run(told()) == [True] * 5
    assert asyncio.run(pool.do(Whose("a", "a"), lambda: True))


def test_a2_one_network_has_some_places_and_leaves_the_others() -> None:
    """However many /64s of a /48 ask at once."""
    pool, let_go = RequestPool("test", threads=1, places=32, each=4, near=12), threading.Event()

    async def served() -> tuple[int, bool]:
        come = [asyncio.ensure_future(pool.do(Whose(f"{n}", "near"), let_go.wait, LONG)) for n in range(40)]
        other = asyncio.ensure_future(pool.do(Whose("a", "far"), lambda: True))
        refused = list(await asyncio.gather(*come[12:], return_exceptions=True))
        assert [fault.network for fault in refused if isinstance(fault, FullError)] == ["near"] * 28
        let_go.set()
        return sum([await one for one in come[:12]]), await other

    assert asyncio.run(served()) == (12, True)


def test_whoever_finds_no_place_is_told_of_the_network_that_has_them() -> None:
    """Its own, or the one that has most waiting; not one whose forms are still being read."""
    near, far, let_go = Whose("a", "near"), Whose("b", "far"), threading.Event()

    async def told(places: int, more: Whose) -> list[str]:
        pool = RequestPool("test", threads=1, places=places, each=9, near=2)
        with pool.reading(far), pool.reading(far):
            come = [asyncio.ensure_future(pool.do(near, let_go.wait, LONG)) for _ in range(places)]
            refused = await asyncio.gather(asyncio.ensure_future(pool.do(more, bool)), return_exceptions=True)
            let_go.set()
            await asyncio.gather(*come)
        return [fault.network for fault in refused if isinstance(fault, FullError)]

    assert asyncio.run(told(2, near)) == ["near"]
    let_go.clear()
    assert asyncio.run(told(1, Whose("c", "other"))) == ["near"]


def test_a2_one_of_the_staff_has_a_few_places_and_leaves_the_others(one_desk: Desk) -> None:
    kim, context, let_go = Agent(one_desk), one_desk.container.portal, threading.Event()
    mark, pool = kim.client.cookies["deskgate_known"], context.request_pools.known

    async def told() -> tuple[int, bool]:
        come = [
            asyncio.ensure_future(pool.do(Whose(context.marks.whose(STAFF, mark), ""), let_go.wait, LONG))
            for _ in range(60)
        ]
        other = asyncio.ensure_future(pool.do(Whose("staff:0", ""), lambda: True))
        await asyncio.sleep(0)
        full = sum(one.done() and isinstance(one.exception(), FullError) for one in come)
        let_go.set()
        await asyncio.gather(*come, return_exceptions=True)
        return full, await other

    assert asyncio.run(told()) == (40, True)


def test_a2_marks_end_with_the_sign_in_they_are_of(one_desk: Desk) -> None:
    """Of who is suspended, and of a password that was replaced: a stranger's places within two minutes."""
    kim, ana, marks = Agent(one_desk), Agent(one_desk, "lead.ana"), one_desk.container.portal.marks
    of_kim, of_ana = (one.client.cookies["deskgate_known"] for one in (kim, ana))
    assert (marks.whose(STAFF, of_kim), marks.whose(STAFF, of_ana)) == (f"staff:{kim.staff}", f"staff:{ana.staff}")
    change(one_desk, update(tables.staff).where(tables.staff.c.id == ana.staff).values(suspended_at=one_desk.now))
    one_desk.pass_time(2 * MINUTE)
    kim.join()
    one_desk.pass_time(2 * MINUTE)
    kim.get("/desk/sign-in")
    assert (marks.whose(STAFF, of_kim), marks.whose(STAFF, of_ana)) == ("", "")
    assert marks.whose(STAFF, kim.client.cookies["deskgate_known"]) == f"staff:{kim.staff}"


def test_a_mark_is_good_for_90_days_and_not_to_be_forged(one_desk: Desk) -> None:
    kim, keys, now = Agent(one_desk), one_desk.store.keys, one_desk.now
    mark = kim.client.cookies["deskgate_known"]
    realm, staff, at, since, seal = mark.split(".")
    assert credentials.marked(keys, mark, now) is not None
    assert credentials.marked(keys, mark, now + credentials.KNOWN_FOR) is None
    for forged in (
        "",
        mark[:-1],
        f"{realm}.{staff}0.{at}.{since}.{seal}",
        f"{realm}.{staff}.{at}0.{since}.{seal}",
        f"person.{staff}.{at}.{since}.{seal}",
        f"{mark}.x",
        "...",
    ):
        assert credentials.marked(keys, forged, now) is None


def test_a_mark_is_of_its_owner_and_of_their_password_alone(one_desk: Desk) -> None:
    """In a browser marked as Kim's somebody who tries at Ana's username is a stranger; so is who was marked before Kim joined anew."""
    kim = Agent(one_desk)
    Agent(one_desk, "lead.ana")
    old = Browser(one_desk, ELSEWHERE)
    old.client.cookies.set("deskgate_known", kim.client.cookies["deskgate_known"])
    assert [old.try_to_sign_in("lead.ana").status_code for _ in range(11)] == [403] * 10 + [429]
    one_desk.pass_time(MINUTE)
    kim.join()
    assert [old.try_to_sign_in("agent.kim").status_code for _ in range(2)] == [403, 429]
