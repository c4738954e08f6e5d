"""What an agent sees of the calls with the desk: who waits, who talks, and the card of their own caller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from authz import Action, Grant
from desk import assistants, call_work, calls, disclosure, queue_page
from desk.actors import Actor, permit_staff
from desk.call_work import Offered
from desk.calls import Callback
from desk.disclosure import Disclosure
from store import Transaction
from store.assistants.assistant_sessions import Assistant
from store.calls import call_tickets, callbacks, caller_names, live_calls, past_calls, support_calls
from store.calls.live_calls import Case, LiveCall
from store.calls.past_calls import PastCalls
from store.db import grant_limits
from store.security import alerts, threat_mode
from store.security.alerts import Alert
from store.staff import account_access, availability
from store.staff.account_access import AccountAccess
from store.staff.availability import Availability

NAMED: Final = 5  # of the calls of theirs that have just ended


@dataclass(frozen=True, slots=True)
class CallPage:
    """`chosen` is the call whose card is shown, `case` what is on it once the caller is verified, and `access` why not where they
    have looked at too many accounts. `offered`: what the agent can do for that caller, `in_call` the tickets it was done with, `earlier` the caller's calls before.
    `callback`: what would come of having the caller called back, None where that is not offered.
    `here`: whether whoever looks is away, and who else is. `digits`: those by which whoever looks takes each call that waits, on a phone of the desk.
    `callers`: who called, by name, in the newest of `before` that are theirs, by id.
    `free` talk on a phone of the desk and nobody has said that it is theirs; `assignable` are all such calls, by id, those just over as well.
    `assistant` is the program that helps whoever looks with that call. `counts` are tickets by status; `for_supervisors` how many warnings wait for supervisors; `read` of `budget` accounts were looked at."""

    chosen: LiveCall | None
    case: Case | None
    access: AccountAccess
    callback: Callback | None
    rights: Disclosure | None
    offered: Offered | None
    in_call: tuple[int, ...]
    earlier: PastCalls | None
    assistant: Assistant | None
    mine: tuple[LiveCall, ...]
    free: tuple[LiveCall, ...]
    waiting: tuple[LiveCall, ...]
    talking: tuple[LiveCall, ...]
    before: tuple[LiveCall, ...]
    callers: Mapping[int, str]
    assignable: tuple[int, ...]
    digits: Mapping[int, str]
    here: Availability
    callbacks: int
    counts: Mapping[str, int]
    alerts: tuple[Alert, ...]
    for_supervisors: int
    threat: bool
    reconciling: bool
    read: int
    budget: int


def call_page(
    tx: Transaction,
    who: Actor,
    wanted: int | None,
    *,
    phone: bool,
    may_call: Callable[[str], bool],
    texting: Collection[str],
    accounts_an_hour: int,
) -> CallPage | None:
    """With the card of the call `wanted`, or else of their own. None: not for them, or no such call. `phone`: whether the desk has a
    line, `may_call` which numbers it may ring, `texting` the countries to which codes go by text message."""
    grant = calls.permit_calls(tx, who)
    if grant is None:
        return None
    now, before = live_calls.calls(tx, grant), live_calls.just_over(tx, grant)
    mine = tuple(call for call in now if call.staff == who.staff)
    talking = tuple(call for call in now if call.state in ("talking", "keypad"))
    free = tuple(call for call in talking if not call.staff)
    if wanted is not None:
        chosen = live_calls.look(tx, grant, wanted)
        if chosen is None:
            return None
    else:
        # The last card gives way to a call that is nobody's yet.
        chosen = next(iter(mine or ([] if free else [call for call in before if call.staff])), None)
    tickets = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    on = threat_mode.switched_on(tx, grant)
    is_supervisor = tickets is not None and grant_limits.is_supervisor(tickets)
    switching = permit_staff(tx, who, Action.DESK_THREAT_SWITCH) if is_supervisor else None
    own = chosen if chosen is not None and chosen.staff == who.staff else None
    access, card = _card(tx, who, own, texting, accounts_an_hour) if own is not None else (AccountAccess.OPEN, None)
    case = card.case if card is not None else None
    return CallPage(
        chosen=chosen,
        case=case,
        access=access,
        callback=_callback(tx, grant, own, phone, may_call) if own is not None and own.state == "over" else None,
        rights=disclosure.to(case.requester) if case is not None and case.requester is not None else None,
        offered=call_work.offered(tx, case) if case is not None else None,
        in_call=card.tickets if card is not None else (),
        earlier=card.earlier if card is not None else None,
        assistant=assistants.in_call(tx, who, own.id, own.account) if own is not None and case is not None else None,
        mine=mine,
        free=free,
        waiting=tuple(call for call in now if call.state == "waiting"),
        talking=talking,
        before=tuple(before),
        callers=_callers(tx, who, before),
        assignable=tuple(call.id for call in (*free, *before) if call.unassigned),
        digits=calls.shown_digits(tx, grant, (call for call in now if call.state == "waiting")),
        here=availability.look(tx, grant),
        callbacks=len(callbacks.under_way(tx, grant)),
        counts=queue_page.counts(tx, tickets) if tickets is not None else {},
        alerts=tuple(alerts.news(tx, grant)),
        for_supervisors=alerts.waiting(tx, switching) if switching is not None else 0,
        threat=threat_mode.THREAT in on,
        reconciling=threat_mode.RECONCILE in on,
        read=account_access.count(tx, grant),
        budget=accounts_an_hour,
    )


def _callback(
    tx: Transaction, grant: Grant, call: LiveCall, phone: bool, may_call: Callable[[str], bool]
) -> Callback | None:
    found = support_calls.look(tx, call.id)
    return (
        None if found is None else calls.would_callback(tx, grant, found.subject.person, phone=phone, may_call=may_call)
    )


def _callers(tx: Transaction, who: Actor, before: Sequence[LiveCall]) -> dict[int, str]:
    """Under the right to the card of each, and where that is open: a list tells nothing that the card does not."""
    found: dict[int, str] = {}
    for call in [one for one in before if one.staff == who.staff][:NAMED]:
        grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, call.account)
        if grant is not None and account_access.stands_open(tx, grant):
            found[call.id] = caller_names.of_call(tx, grant, call.id)
    return found


@dataclass(frozen=True, slots=True)
class _Card:
    case: Case
    tickets: tuple[int, ...]
    earlier: PastCalls | None


def _card(
    tx: Transaction, who: Actor, call: LiveCall, texting: Collection[str], accounts_an_hour: int
) -> tuple[AccountAccess, _Card | None]:
    """The card of their own call. It shows nothing of an account while the caller has proved nothing."""
    grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, call.account)
    if grant is None or who.staff is None:
        return AccountAccess.OPEN, None
    if account_access.has_case(tx, who.staff, call.account):
        access = account_access.record_access(tx, grant, accounts_an_hour)
        if access is not AccountAccess.OPEN:
            return access, None
    case = live_calls.case(tx, grant, call.id, texting, facts=True)
    if case is None:
        return AccountAccess.OPEN, None
    person = case.subject.person if case.subject is not None and case.requester is not None else None
    earlier = None if person is None else past_calls.of_person(tx, grant, person, now=call.id)
    return AccountAccess.OPEN, _Card(case, call_tickets.of_call(tx, grant, call.id), earlier)
