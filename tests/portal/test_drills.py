"""The practice desk: each drill can be held and can be lost, its card is judged as a real one, and nothing real is touched."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from sqlalchemy import select

from authz import Action, Ask, Proof, Subject, load_schemes
from desk import drill_play, drill_scripts
from desk.drill_play import Act, Scene, play, score
from desk.drill_scripts import DrillError, Script
from deskgate.simulator_mount import SAMPLE
from store import tables
from store.staff import drill_runs
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Agent, Browser

DAY = 24 * 3_600_000
SCRIPTS = drill_scripts.shipped()
SCHEMES = load_schemes()


def at(script: Script, *acts: tuple[str, int]) -> Scene:
    """After these: what was done, and which line."""
    return play(script, [Act(1000 * place, do, line) for place, (do, line) in enumerate(acts, 1)], SCHEMES)


def careful(script: Script) -> Scene:
    """Asks for the PIN, then tells what the card allows and nothing else, to the end."""
    acts = [("pin", 0)]
    while not (scene := at(script, *acts)).over:
        may = scene.requester.may if scene.requester else frozenset()
        right = [place for place, line in scene.lines if all(script.facts[id].cell in may for id in line.tells)]
        acts.append(("say", max(right, key=lambda place: len(dict(scene.lines)[place].tells))))
    return scene


# --- the drills as they are written


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_each_is_held_by_whoever_goes_by_the_card(script: Script) -> None:
    assert score(careful(script)).verdict == drill_play.HELD
    assert score(careful(script)).asked_after == 1000


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_each_thing_that_may_not_be_told_can_be_and_counts(script: Script) -> None:
    told = set()
    for reached, turn in enumerate(script.turns):
        for line, said in enumerate(turn.lines):
            quiet = [("say", [one.tells for one in before.lines].index(())) for before in script.turns[:reached]]
            if said.known_at is Proof.NONE:
                told |= {one.fact.id for one in score(at(script, *quiet, ("say", line))).told}
    assert told == set(script.facts)


def test_they_are_about_nobody_on_file_and_their_own_words_are_found() -> None:
    assert len(SCRIPTS) == 6
    sample = json.loads(SAMPLE.read_text())
    real = {one["name"] for one in sample["people"]} | {one["number"] for one in sample["accounts"]}
    for script in SCRIPTS.values():
        assert not {script.caller.name, script.caller.account_number} & real
        for fact in script.facts.values():
            for heard in fact.heard:
                scene = play(script, [Act(0, "own", words=f"Well, {heard.upper()}!")], SCHEMES)
                assert fact.id in {one.fact.id for one in scene.tellings}, heard


WRITTEN = """rings = "a"\ntitle = "a"\nstory = "a"\nlesson = "a"\ngives_up = "a"
caller = {name = "A", account_number = "1", account_name = "B", scheme = "memset", held = []}
pin = [{result = "failed", says = "no"}]\nfacts.x = {words = "X", cell = "never"}
turns = [{says = "a", lines = [{words = "yes", tells = ["x"]}, {words = "no"}]}]"""


def test_a_drill_that_is_written_wrong_is_refused() -> None:
    assert drill_scripts.read("good", WRITTEN).facts["x"].words == "X"
    for before, after, why in (
        ('"never"', '"billing.vew"', "no right"),
        ('["x"]', '["y"]', "none of the facts"),
        (', {words = "no"}', "", "every line tells"),
        ('"failed"', '"maybe"', "passes or fails"),
        ('title = "a"', 'titel = "a"', "titel"),
    ):
        with pytest.raises(DrillError, match=why):
            drill_scripts.read("wrong", WRITTEN.replace(before, after))


def test_the_card_is_judged_by_the_scheme_and_empties_when_a_pin_fails() -> None:
    jonas = SCRIPTS["new_colleague"]
    assert at(jonas).card is None
    passed = at(jonas, ("pin", 0))
    assert passed.card is not None
    assert "service.view" in passed.card.tell
    assert passed.card.never == ("billing.view", "ticket.view:billing")
    assert at(jonas, ("second", 0)).proof is Proof.NONE  # not offered while nothing is proved
    assert at(jonas, ("pin", 0), ("second", 0)).proof is Proof.STEPPED_UP
    assert at(SCRIPTS["rushed_executive"], ("pin", 0)).card is None
    unsure = WRITTEN.replace("pin = [", 'pin = [{result = "passed", says = "yes"}, ')
    assert [at(drill_scripts.read("unsure", unsure), *[("pin", 0)] * n).proof for n in (1, 2)] == [
        Proof.VERIFIED,
        Proof.NONE,
    ]
    priya = at(SCRIPTS["sim_swap"], ("pin", 0), ("second", 0))
    assert (priya.proof, priya.result) == (Proof.VERIFIED, "failed")
    assert score(at(jonas, ("pin", 0), ("end", 0))).verdict == drill_play.TOO_LITTLE


# --- on the page


def drilling(desk: Desk, username: str = "agent.kim") -> Agent:
    agent = Agent(desk, username)
    agent.sign_in()
    return agent


def begin(agent: Browser, name: str) -> str:
    """Where it is played."""
    agent.get("/desk/drills")
    agent.post("/desk/drills", agent.fields("/desk/drills") | {"drill": name})
    found = re.search(r'action="(/desk/drills/\d+)"', agent.text)
    assert found
    return found[1]


def does(agent: Browser, to: str, **filled: str) -> None:
    agent.post(to, agent.fields(to) | filled)


def test_one_is_played_with_its_card_and_scored_for_its_agent_and_supervisors(one_desk: Desk) -> None:
    kim, ana = drilling(one_desk), drilling(one_desk, "lead.ana")
    to = begin(kim, "rushed_executive")
    assert "Unverified: ask for proof" in kim.words
    assert "Adrian Thorne, Calder and Wren" in kim.words
    assert "executive" not in kim.words  # who it is one sees afterwards
    one_desk.now += 8000
    does(kim, to, act="pin")
    assert "PIN failed. Tell them nothing, whatever the story." in kim.words
    before = kim.fields(to)
    for _ in range(2):  # sent twice
        one_desk.now += 4000
        kim.post(to, before | {"act": "say", "line": "2"})
    assert "I pay your wages" in kim.words
    assert ana.get(to).status_code == 404  # not before it is over
    does(kim, to, own="All right, I'll make an exception.", act="")
    does(kim, to, act="callback")
    for seen in (kim, ana):
        seen.get(to)
        told = "staff.drills" in {row.fields for row in rows(one_desk, select(tables.ledger.c.fields))}
        assert told is (seen is ana)
        assert "The rushed executive" in seen.words
        assert "Told too much: 3" in seen.words
        assert "That the shop's server runs , after 12 s" in seen.words
        assert "Asked for the PIN after 8 s" in seen.words
        assert "Ask for PIN (8 s) · End it, and ring a number on file" in seen.words
        assert "to the letter" in seen.words
    assert "Everybody's" not in kim.read("/desk/drills")
    assert "Kim Novak The rushed executive Told too much: 3" in ana.read("/desk/drills")


def test_nothing_is_in_the_ledger_but_that_it_was_done_and_nobody_plays_anothers(one_desk: Desk) -> None:
    kim, ana, entries = drilling(one_desk), drilling(one_desk, "lead.ana"), select(tables.ledger.c.fields)
    before = Counter(row.fields for row in rows(one_desk, entries))
    first = begin(kim, "sim_swap")
    anas = begin(ana, "new_colleague")
    does(ana, anas, act="end")
    assert kim.get(anas).status_code == 404
    ana.post(first, form(ana) | {"act": "pin", "step": "0"})
    assert ana.page is not None
    assert ana.page.status_code == 404
    kim.get(first)
    assert "Unverified: ask for proof" in kim.words
    does(kim, first, act="pin")
    assert "Priya Menon" in kim.words
    since = Counter(row.fields for row in rows(one_desk, entries)) - before
    assert since.keys() == {"staff.drills", "drill:new_colleague"}
    assert since["drill:new_colleague"] == 1
    assert rows(one_desk, select(tables.account_access.c.id)) == []
    assert "Go on with it" in kim.read("/desk/drills")
    assert begin(kim, "supplier_invoice") != first
    assert kim.get(first).status_code == 404
    assert kim.post("/desk/drills", form(kim) | {"drill": "../x"}).status_code == 404
    assert "../x" not in {row.script for row in rows(one_desk, select(tables.drills.c.script))}
    assert [form(one)["drill"] for one in (kim, ana)] == ["friendly_technician"] * 2
    does(ana, begin(ana, "friendly_technician"), act="end")
    assert form(ana)["drill"] == "reset_at_the_desk"
    one_desk.now += drill_runs.KEPT + DAY
    with one_desk.store.transaction("worker") as tx:
        drill_runs.sweep(tx)
    assert rows(one_desk, select(tables.drills.c.id)) == []


def form(agent: Agent) -> dict[str, str]:
    agent.get("/desk/drills")
    return agent.fields("/desk/drills")


def test_what_another_has_done_meanwhile_or_what_is_anothers_is_not_written_over(one_desk: Desk) -> None:
    with one_desk.store.transaction("test") as tx:
        kim, ana = (
            tx.offer([Ask(Subject.of_staff(one), Action.DESK_PROOF_ASK, None, None, Proof.NONE)])["desk.proof.ask"]
            for one in (1, 2)
        )
        run = drill_runs.look(tx, kim, drill_runs.begin(tx, kim, "sim_swap"))
        assert run
        assert not drill_runs.keep(tx, ana, run, [[1, "pin", 0, ""]])
        assert drill_runs.keep(tx, kim, run, [[1, "pin", 0, ""]])
        assert not drill_runs.end(tx, kim, run, [[2, "end", 0, ""]], "held", 0)
