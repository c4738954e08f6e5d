"""The wall: what all at the desk may read from across the room. It names no customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from authz import Action
from desk.actors import Actor, permit_staff
from desk.calls import permit_calls
from store import Transaction
from store.calls import live_calls
from store.calls.live_calls import LiveCall
from store.messages import opening_exceptions
from store.messages.opening_exceptions import OpeningException
from store.reports import daily_figures, wall_figures
from store.reports.daily_figures import Figures
from store.reports.wall_figures import Standing, There
from store.security import threat_mode


@dataclass(frozen=True, slots=True)
class Agent:
    """`state` is talking, keypad (their caller is at it), there (signed in, and free) or away. `since` when they took the call, `back_at` when
    they say that they are back, in ms."""

    name: str
    state: str
    since: int | None = None
    back_at: int | None = None


@dataclass(frozen=True, slots=True)
class WallPage:
    """`unassigned`: so many talk on a phone of the desk, and nobody has said who. `calls` and `tickets` are today's figures; `today` how it is open where
    that is not as usual."""

    waiting: tuple[LiveCall, ...]
    talking: int
    unassigned: int
    agents: tuple[Agent, ...]
    calls: Figures
    tickets: Figures
    standing: Standing
    threat: bool
    reconciling: bool
    today: OpeningException | None


def wall_page(tx: Transaction, who: Actor, zone: ZoneInfo) -> WallPage | None:
    """None: not for them. `zone`: where it is midnight."""
    calls, tickets = permit_calls(tx, who), permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if calls is None or tickets is None:
        return None
    now = live_calls.calls(tx, calls)
    talking = [call for call in now if call.state in ("talking", "keypad")]
    on = threat_mode.switched_on(tx, calls)
    day = daily_figures.day_of(tx.now, zone).date
    return WallPage(
        waiting=tuple(call for call in now if call.state == "waiting"),
        talking=len(talking),
        unassigned=sum(call.unassigned for call in talking),
        agents=tuple(_agents(wall_figures.there(tx, calls), talking)),
        calls=wall_figures.calls(tx, calls, zone),
        tickets=wall_figures.tickets(tx, tickets, zone),
        standing=wall_figures.standing(tx, tickets),
        threat=threat_mode.THREAT in on,
        reconciling=threat_mode.RECONCILE in on,
        today=next((one for one in opening_exceptions.listed(tx) if one.day == day), None),
    )


def _agents(there: Sequence[There], talking: Sequence[LiveCall]) -> list[Agent]:
    """Those who talk first, for as long as they have, and those who are away last; who talks without being signed in is there too."""
    busy = {call.staff: Agent(call.agent, call.state, call.taken_at) for call in talking if call.staff is not None}
    free = [one for one in there if one.staff not in busy]
    return [
        *sorted(busy.values(), key=lambda one: one.since or 0),
        *(Agent(one.name, "there") for one in free if not one.away),
        *(Agent(one.name, "away", back_at=one.back_at) for one in free if one.away),
    ]
