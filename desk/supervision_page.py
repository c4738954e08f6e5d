"""What supervisors see: what the desk is warned of, quarantined tickets, threat mode, and what waits for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from authz import Action
from desk.actors import Actor, permit_staff
from store import Transaction
from store.security import alerts, reconcile_mode, threat_mode
from store.security.alerts import Alert, Named
from store.security.threat_mode import Switched
from store.staff import dual_control, staff_list
from store.staff.dual_control import Wanted
from store.tickets import ticket_queue
from store.tickets.queue_lists import Queued


@dataclass(frozen=True, slots=True)
class SupervisionPage:
    """`names` says whom each of `alerts` is about, by its id; `others` are the names of those who could agree to what takes two."""

    alerts: tuple[Alert, ...]
    names: Mapping[int, Named]
    switch: Switched | None
    reconciling: int | None
    others: tuple[str, ...]
    quarantined: tuple[Queued, ...]
    wanted: tuple[Wanted, ...]


def supervision_page(tx: Transaction, who: Actor) -> SupervisionPage | None:
    """None: not for them."""
    switching = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    pins = permit_staff(tx, who, Action.DESK_PIN_REISSUE)
    tickets = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if switching is None or pins is None or tickets is None:
        return None
    warned = alerts.shown(tx, switching)
    return SupervisionPage(
        tuple(warned),
        {one.id: alerts.named(tx, switching, one) for one in warned},
        threat_mode.look(tx, switching),
        reconcile_mode.since(tx),
        tuple(staff_list.other_supervisors(tx, switching)),
        tuple(ticket_queue.quarantined(tx, tickets)),
        (*dual_control.waiting(tx, switching), *dual_control.waiting(tx, pins)),
    )
