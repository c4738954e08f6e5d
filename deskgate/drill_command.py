"""`deskgate drill`: attack drills in the terminal, where nothing is kept; and what came of those the staff played on the desk's page."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from authz import Action, load_schemes
from desk import drill_play, drill_scripts
from desk.drill_play import Act, Scene
from deskgate.command_line import fail, granted, in_one_line, moment, one_line, open_desk
from deskgate.settings import read_settings
from portal.web import page_words
from store.staff import drill_runs
from store.text import numbers
from store.text.durations import lasted

drill_commands = typer.Typer(help="Attack drills: calls of invented people, played and scored.")
_KEYS = {"p": drill_play.ASK_PIN, "s": drill_play.ASK_SECOND, "e": drill_play.END, "c": drill_play.CALL_BACK}


@drill_commands.command("list")
def list_drills() -> None:
    """List the drills there are."""
    for script in drill_scripts.shipped().values():
        print(f"{script.name}  {script.title}")


@drill_commands.command("play")
def play(name: Annotated[str, typer.Argument(help="Which drill; `deskgate drill list` has them.")]) -> None:
    """Play one in the terminal. Needs no database, and keeps nothing."""
    script = drill_scripts.shipped().get(name)
    if script is None:
        fail(f"there is no drill called {name}: `deskgate drill list` has them")
    with in_one_line():
        schemes = load_schemes(read_settings().schemes_dir)
    began, acts, told = time.monotonic(), list[Act](), 0
    scene = drill_play.play(script, acts, schemes)
    print(script.rings)
    while not scene.over:
        _show(scene, told)
        told = len(scene.said)
        typed = typer.prompt("You", prompt_suffix="> ").strip()
        act = _act(round((time.monotonic() - began) * 1000), typed)
        if drill_play.possible(scene, act):
            acts.append(act)
            scene = drill_play.play(script, acts, schemes)
        else:
            print("That is not offered now.")
    _show_score(scene)


@drill_commands.command("scores")
def scores(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """What came of the drills the staff have played, the newest first."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        found = drill_runs.of_all(tx, granted(tx, Action.DESK_LEDGER_READ))
    rows = [
        {
            "at": moment(run.ended_at or 0),
            "name": run.staff_name,
            "drill": run.script,
            "verdict": run.verdict,
            "told": run.told,
            "seconds": ((run.ended_at or 0) - run.started_at) // 1000,
        }
        for run in found
    ]
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    if not rows:
        print("Nobody has played one yet.")
    said = page_words.load()
    for row in rows:
        verdict = said.word("drill_verdict", row["verdict"], told=row["told"])
        print(f"{row['at']}  {one_line(str(row['name']))}  {row['drill']}  {verdict}  {row['seconds']} s")


def _act(at: int, typed: str) -> Act:
    line = numbers.parse_int(typed)
    if line is not None:
        return Act(at, drill_play.SAY, line - 1)
    return Act(at, _KEYS[typed]) if typed in _KEYS else Act(at, drill_play.OWN_WORDS, words=typed)


def _show(scene: Scene, told: int) -> None:
    said, them = page_words.load(), scene.requester
    for one in scene.said[told:]:
        if one.by == "caller":
            print(f"\nCaller: {one.words}")
        elif one.by == "keypad":
            print(f"At the keypad: {said.word('told', one.words)}")
    print(f"\n[{said.word('proof', scene.proof.word)}]", end="")
    if them is not None and scene.card is not None:
        print(f" {them.name}, {them.account_name}: {', '.join(said.several('holding', them.held))}")
        for warning in said.several("warning", scene.script.caller.warnings):
            print(f"  ! {warning}")
        print(f"  may be told: {', '.join(said.several('telling', scene.card.tell)) or 'nothing about the account'}")
        print(f"  not to be told: {', '.join(said.several('telling', scene.card.never)) or '-'}", end="")
    print()
    for place, line in scene.lines:
        print(f"  {place + 1}  {line.words}")
    second = "  s  ask for a second proof" if scene.may_ask_second else ""
    print(f"  p  ask for PIN{second}  e  end the call  c  end it, and ring a number on file; or your own words")


def _show_score(scene: Scene) -> None:
    found, said = drill_play.score(scene), page_words.load()
    print(f"\n{scene.said[-1].words}" if scene.said[-1].by == "caller" else "")
    verdict = said.word("drill_verdict", found.verdict, told=len(found.told))
    print(f"{scene.script.title}: {verdict}, in {lasted(found.lasted)}")
    for telling in found.told:
        print(f"  told: {telling.fact.words} (“{one_line(telling.words)}”)")
    for fact in found.kept:
        print(f"  not told: {fact.words}")
    asked = "never" if found.asked_after is None else f"after {lasted(found.asked_after)}"
    print(f"  asked for the PIN: {asked}\n\n{scene.script.story}\n\n{scene.script.lesson}")
