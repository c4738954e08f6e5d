"""Strangers who keep all their places busy are in nobody's way: known browsers, one-time pages, new browsers elsewhere. T34"""

from __future__ import annotations

import threading

from tests.desk import Desk
from tests.portal.browsing import PASSWORD, Agent, Browser, invitation
from tests.portal.test_enrol import link_for
from tests.portal.test_shut_out import ELSEWHERE, LONG, alerts, crowd, until


def test_a2_three_networks_that_fill_all_places_wait_for_each_other_and_for_nobody_else(one_desk: Desk) -> None:
    context, let_go, busy, said = one_desk.container.portal, threading.Event(), threading.Event(), list[int]()

    def hold() -> None:
        busy.set()
        assert let_go.wait(LONG)

    def send(one: Browser) -> None:
        said.append(one.send("/desk/sign-in", username="x").status_code)

    def look(address: str, came: list[int]) -> None:
        came.append(Browser(one_desk, address).get("/desk/sign-in").status_code)

    assert context.strangers.admit()
    crowd_of_three = [Browser(one_desk, f"203.0.{n % 3}.{n // 3 % 3}") for n in range(32)]
    for one in crowd_of_three:
        assert one.get("/desk/sign-in").status_code == 200
    elsewhere: list[int] = []
    held = [threading.Thread(target=context.strangers.run, args=(hold,))]
    held[0].start()
    assert busy.wait(LONG)
    held += [threading.Thread(target=send, args=(one,)) for one in crowd_of_three]
    held += [threading.Thread(target=look, args=(f"198.51.{n}.5", elsewhere)) for n in range(20)]
    try:
        for thread in held[1:]:
            thread.start()
        assert until(lambda: len(said) + len(elsewhere) == 20), "as many as found no place"
        assert (said, elsewhere) == ([503] * 20, [])
    finally:
        let_go.set()
        for thread in held:
            thread.join(LONG)
    assert elsewhere == [200] * 20


def test_a2_strangers_who_keep_their_places_busy_are_in_nobodys_way(one_desk: Desk) -> None:
    """Everything strangers can keep busy is: their pool, their threads, all their places. Nobody waits for the clock here."""
    kim, context = Agent(one_desk), one_desk.container.portal
    enrol, join = link_for(one_desk), f"/desk/join/{invitation(one_desk, 'lead.ana')}"
    let_go, busy = threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        assert let_go.wait(LONG)

    assert context.strangers.admit()
    held = [threading.Thread(target=context.strangers.run, args=(hold,))]
    held[0].start()
    assert busy.wait(LONG)
    waiting = crowd(one_desk, 40)
    forms = [one for one in waiting if one.get("/desk/sign-in").status_code == 200]
    assert len(forms) == 40
    held += [threading.Thread(target=one.send, args=("/desk/sign-in",), kwargs={"username": "x"}) for one in forms]
    try:
        for one in held[1:]:
            one.start()
        late = Browser(one_desk, ELSEWHERE)
        assert until(lambda: late.get("/desk/sign-in").status_code == 503)
        assert "Too many are here at once" in late.words
        assert until(lambda: "pages_full" in [kind for kind, _, _ in alerts(one_desk)]), "supervisors are told"
        for page in (
            "/desk/join",
            "/enrol",
            "/pin",
        ):  # made-up tokens, and one of another page, take strangers' places alone
            for token in ("x" * 43, enrol.rpartition("/")[2] if page != "/enrol" else "x"):
                assert late.get(f"{page}/{token}").status_code == 503
        assert kim.sign_in().status_code == 200
        assert kim.get("/desk/tickets").status_code == 200
        assert Browser(one_desk, ELSEWHERE).get(enrol).status_code == 200
        ana = Browser(one_desk, ELSEWHERE)
        ana.get(join)
        assert ana.send(join, password=PASSWORD, again="another", code="1").status_code == 422
    finally:
        let_go.set()
        for one in held:
            one.join(LONG)
