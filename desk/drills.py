"""Drills: calls of invented people, played against an agent who has nothing to lose in them. Nothing real is read or changed.

A drill rests on what its agent has done alone (drill_play.py), and is judged by the schemes as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import Action, Ask, Grant, Proof
from desk import drill_play, drill_scripts
from desk.actors import Actor
from desk.drill_play import Act, Scene, Score
from desk.drill_scripts import Script
from store import Transaction
from store.staff import drill_runs
from store.staff.drill_runs import Run

LONGEST: Final = 500  # of what they say in their own words


@dataclass(frozen=True, slots=True)
class DrillsPage:
    """Every drill there is; `next` is the one they have not played for longest. `own` are theirs that are over, the newest first,
    `under_way` the one that is not; `all` everybody's, for supervisors, None for others."""

    scripts: tuple[Script, ...]
    next: str
    own: tuple[Run, ...]
    under_way: int | None
    all: tuple[Run, ...] | None


@dataclass(frozen=True, slots=True)
class DrillPage:
    """One drill. `own`: it is theirs to play. `score` once it is over."""

    run: Run
    scene: Scene
    score: Score | None
    own: bool


def drills_page(tx: Transaction, who: Actor) -> DrillsPage | None:
    """None: not for them. So below."""
    grant, leading = _permit(tx, who), _permit(tx, who, Action.DESK_LEDGER_READ)
    if grant is None:
        return None
    scripts, own = drill_scripts.shipped(), drill_runs.of_own(tx, grant)
    last = {run.script: run.id for run in reversed(own)}
    return DrillsPage(
        tuple(scripts.values()),
        min(scripts, key=lambda name: last.get(name, 0)),
        tuple(run for run in own if run.ended_at is not None and run.script in scripts),
        next((run.id for run in own if run.ended_at is None and run.script in scripts), None),
        None if leading is None else tuple(run for run in drill_runs.of_all(tx, leading) if run.script in scripts),
    )


def begin(tx: Transaction, who: Actor, script: str) -> int | None:
    grant = _permit(tx, who)
    return None if grant is None or script not in drill_scripts.shipped() else drill_runs.begin(tx, grant, script)


def drill_page(tx: Transaction, who: Actor, id: int) -> DrillPage | None:
    """One of their own; a supervisor's also of others, once it is over."""
    grants = (_permit(tx, who), _permit(tx, who, Action.DESK_LEDGER_READ))
    found = (drill_runs.look(tx, grant, id) for grant in grants if grant is not None)
    run = next((one for one in found if one is not None), None)
    scene = None if run is None else _scene(tx, run)
    if run is None or scene is None:
        return None
    return DrillPage(run, scene, drill_play.score(scene) if scene.over else None, run.staff == who.staff)


def act(tx: Transaction, who: Actor, id: int, step: int, do: str, *, line: int = 0, words: str = "") -> bool:
    """Does the next thing in a drill of theirs; `step` is how many they saw done. False: not theirs to do, or done already."""
    grant = _permit(tx, who)
    run = None if grant is None else drill_runs.look(tx, grant, id)
    scene = None if run is None else _scene(tx, run)
    if grant is None or run is None or scene is None or step != len(run.acts):
        return False
    done = Act(tx.now - run.started_at, do, line, words[:LONGEST])
    if not drill_play.possible(scene, done):
        return False
    acts = [*_acts(run), done]
    after = drill_play.play(scene.script, acts, tx.schemes)
    if not after.over:
        return drill_runs.keep(tx, grant, run, acts)
    found = drill_play.score(after)
    return drill_runs.end(tx, grant, run, acts, found.verdict, len(found.told))


def _permit(tx: Transaction, who: Actor, action: Action = Action.DESK_PROOF_ASK) -> Grant | None:
    """Whoever may talk to callers may practise it. Nothing of anybody is told by that, so it is no entry of its own."""
    if who.staff is None:
        return None
    ask = Ask(who.subject, action, None, None, Proof.NONE)
    return tx.offer([ask]).get(ask.cell)


def _acts(run: Run) -> list[Act]:
    return [Act(*one) for one in run.acts]


def _scene(tx: Transaction, run: Run) -> Scene | None:
    script = drill_scripts.shipped().get(run.script)
    return None if script is None else drill_play.play(script, _acts(run), tx.schemes)
