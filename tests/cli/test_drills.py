"""`deskgate drill`: which there are, one played in the terminal without a database, and what came of those the staff played."""

from __future__ import annotations

from authz import Proof, Subject
from desk.actors import Actor
from desk.drills import act, begin
from tests.cli.conftest import Shell

KIM = Actor(Subject.of_staff(1), Proof.NONE)


def test_one_is_played_in_the_terminal_and_says_what_came_of_it(light: Shell) -> None:
    assert "rushed_executive  The rushed executive\n" in light.run("drill", "list").out
    assert "no drill called nobody" in light.refuses("drill", "play", "nobody")
    held = light.run("drill", "play", "new_colleague", stdin="s\np\n3\n2\n2\n1\n").out
    assert "That is not offered now." in held  # a second proof before a first
    assert "[Verified by PIN] Jonas Weil, Brightwater Clinics: support contact" in held
    assert "The new colleague: Well held, in 0 s" in held
    told = light.run("drill", "play", "rushed_executive", stdin="just this once\n3\nc\n").out
    assert "The rushed executive: Told too much: 2, in 0 s" in told
    assert "asked for the PIN: never" in told


def test_what_came_of_those_the_staff_played(light: Shell) -> None:
    assert light.run("drill", "scores").out == "Nobody has played one yet.\n"
    with light.store() as store, store.transaction("test") as tx:
        drill = begin(tx, KIM, "sim_swap")
        assert drill
        assert act(tx, KIM, drill, 0, "end")
    (row,) = light.run("drill", "scores", "--json").json
    assert (row["name"], row["drill"], row["verdict"], row["told"]) == ("Kim Novak", "sim_swap", "held", 0)
    assert "  Kim Novak  sim_swap  Well held  0 s\n" in light.run("drill", "scores").out
