"""The desk's tickets on a page: the queue, one ticket, and what can be done with it. All under `desk.ticket.work`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from fastapi import Response

from authz import Refusal
from desk import assistants, calls, canned_answers, contact_requests, held_answers, login_details, ticket_work
from desk.calls import Callback
from desk.people import NotAdded
from desk.ticket_page import ticket_page
from desk.ticket_work import (
    AnsweredMeanwhile,
    Barred,
    HandedOver,
    Linked,
    Merged,
    NotAnswered,
    Released,
    StatusSet,
    Taken,
    TicketRight,
)
from portal.staff import ledger_words
from portal.staff.call_pages import CALLBACK, offered
from portal.staff.signed_in import acting
from portal.web import record_words, responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.contacts.contact_requests import NotAsked, Wanted
from store.contacts.request_rows import Do
from store.messages.response_clock import Priority
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.text import numbers
from store.tickets import ticket_tags
from store.tickets.login_details import DAY, LIVES, NotDeposited

LONGEST: Final = 12_000  # characters somebody writes on the page
# What is said of each outcome, in words of words.toml.
TAKEN: Final = {Taken.TAKEN: "taken", Taken.ALREADY: "taken_already", Taken.ANOTHER: "taken_another"}
HANDED_OVER: Final = {
    HandedOver.HANDED_OVER: "handed_over",
    HandedOver.ALREADY: "handed_over_already",
    HandedOver.ANOTHER: "taken_another",
    HandedOver.AWAY: "handed_over_away",
}
THEN: Final = {"wait": "waiting", "close": "closed", "open": "open"}  # a button of the answer → the status afterwards
DO: Final[dict[str, Do]] = {"add": "add", "change": "change", "remove": "remove"}
NOT_ASKED: Final = {
    NotAsked.NOT_PROVED: "ask_not_proved",
    NotAsked.NOBODY: "ask_nobody",
    NotAsked.THERE: "ask_there",
    NotAsked.HOLDS: "ask_holds",
    NotAsked.SAME: "ask_same",
    NotAsked.WAITS: "ask_waits",
    NotAsked.TOO_MANY: "ask_too_many",
}
NOT_FIT: Final = {
    NotAdded.NAME: "ask_name",
    NotAdded.EMAIL: "ask_email",
}
LINKED: Final = {
    Linked.CHANGED: "linked",
    Linked.NOT_CHANGED: "link_not",
    Linked.ITSELF: "link_itself",
    Linked.NOT_THERE: "link_none",
}
MERGED: Final = {
    Merged.MERGED: "merged",
    Merged.OTHERS: "merge_others",
    Merged.NOT_OPEN: "merge_not_open",
    Merged.NOBODY: "merge_nobody",
    Merged.MEANWHILE: "merge_late",
    Merged.ITSELF: "link_itself",
    Merged.NOT_THERE: "link_none",
}
STATUS: Final = {
    StatusSet.CHANGED: "status",
    StatusSet.ALREADY: "status_already",
    StatusSet.NO_SUCH_STATUS: "not_yours",
}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = ticket_page(
        tx,
        acting(who),
        visit.number("number"),
        phone=context.phone,
        may_call=context.may_call,
        accounts_an_hour=context.accounts_an_hour,
        before=visit.query.get("with") == "before",
    )
    if found is Barred.TOO_MANY_ACCOUNTS:
        return responses.page(context, visit, "staff/closed_to_you", 403, who=who, said="spent")
    if isinstance(found, Barred):
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "card": found.card, "callback": offered(found.callback)}
    given |= {"longest_login": login_details.LONGEST, "record": partial(record_words.sentence, context.words)}
    given["entry"] = partial(ledger_words.sentence, context.words)
    chosen = (one.words for one in found.canned if str(one.id) == visit.query.get("answer"))
    given["inserted"] = canned_answers.filled(next(chosen, ""), found.card)
    drafted = (one.words for one in found.suggested if str(one.id) == visit.query.get("suggested"))
    given["inserted"] = next(drafted, given["inserted"])
    given |= {"assistants": context.assistants}
    given |= {"longest_tag": ticket_tags.LONGEST, "longest": LONGEST, "unsent": sent_forms.kept(tx, who.staff)}
    return responses.live_page(context, visit, "staff/ticket", given)


def _on(
    do: Callable[[PortalContext, Transaction, TicketRight, Visit], str],
) -> Callable[[PortalContext, Visit, Transaction, SignedIn], Response]:
    """Something is done with one ticket, as far as it may be: back to it, with a word about what came of it."""

    def handler(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        page = f"/desk/tickets/{visit.number('number')}"
        match ticket_work.to_work(tx, acting(who), visit.number("number"), accounts_an_hour=context.accounts_an_hour):
            case Barred.NOT_THERE:
                return responses.not_there(context, visit)
            case Barred.TOO_MANY_ACCOUNTS:
                return responses.to(page)
            case Barred.QUARANTINED:
                return responses.to(f"{page}?said=quarantined")
            case ticket:
                return responses.to(f"{page}?said={do(context, tx, ticket, visit)}")

    return handler


def _take(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    """From whom the page says has it, and from nobody else."""
    return TAKEN[ticket_work.take(tx, ticket, numbers.parse_int(visit.field("had")))]


def _hand_over(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    """From whom the page says has it, as `_take`."""
    to, had = numbers.parse_int(visit.field("to")) or 0, numbers.parse_int(visit.field("had"))
    return HANDED_OVER[ticket_work.hand_over(tx, ticket, to, had)]


def _put_back(_context: PortalContext, tx: Transaction, ticket: TicketRight, _visit: Visit) -> str:
    return "put_back" if ticket_work.put_back(tx, ticket) else "not_put_back"


def _answer(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    words, seen = visit.form.get("words", "").strip(), numbers.parse_int(visit.field("seen")) or 0
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    if canned_answers.has_gap(words):
        return "answer_gap"
    match held_answers.hold(tx, ticket, words, seen=seen, then=THEN.get(visit.field("then"), THEN["wait"])):
        case None:
            return "answer_held"
        case AnsweredMeanwhile():
            return "answered_meanwhile"
        case NotAnswered.NO_REQUESTER:
            return "not_yours"


def _take_back(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    """Its words are a draft again, before what has been written since."""
    words = held_answers.take_back(tx, ticket, numbers.parse_int(visit.field("held")) or 0)
    if words is None:
        return "undone_late"
    staff, form = ticket.grant.subject.staff, f"/desk/tickets/{ticket.number}/answer"
    since = sent_forms.kept(tx, staff).get(form, {}).get("words", "")
    sent_forms.keep(tx, staff, form, {"words": "\n\n".join(filter(None, (words, since)))})
    return "undone"


def _note(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    words = visit.form.get("words", "").strip()
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    ticket_work.note(tx, ticket, words)
    return "noted"


def _status(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    return STATUS[ticket_work.set_status(tx, ticket, visit.field("status"))]


def _priority(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    priority = numbers.parse_int(visit.field("priority"), 1)
    if priority is None or priority not in tuple(Priority):
        return "not_yours"
    return "priority" if ticket_work.set_priority(tx, ticket, Priority(priority)) else "status_already"


def _tag(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    tag = ticket_tags.tag_of(visit.field("tag"))
    if not tag:
        return "empty"
    return "tagged" if ticket_work.tag(tx, ticket, tag) else "tag_not"


def _untag(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    return "tagged" if ticket_work.untag(tx, ticket, visit.field("tag")) else "status_already"


def _drop_suggested(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    id = numbers.parse_int(visit.field("suggested")) or 0
    return "suggestion_dropped" if assistants.drop_suggested(tx, ticket, id) else "status_already"


def _withdraw_assistant(_context: PortalContext, tx: Transaction, ticket: TicketRight, _visit: Visit) -> str:
    return "assistant_withdrawn" if assistants.withdraw_on_ticket(tx, ticket) else "status_already"


def _link(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit, *, off: bool = False) -> str:
    other = numbers.parse_int(visit.field("other").lstrip("#")) or 0
    return LINKED[ticket_work.link(tx, ticket, other, off=off)]


def _merge(context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    into = numbers.parse_int(visit.field("into").lstrip("#")) or 0
    words, seen = context.words.word("merge", "told", number=into), numbers.parse_int(visit.field("seen")) or 0
    return MERGED[ticket_work.merge(tx, ticket, into, words, seen=seen, phone=context.phone)]


def _undo_merge(_context: PortalContext, tx: Transaction, ticket: TicketRight, _visit: Visit) -> str:
    return "merge_undone" if ticket_work.undo_merge(tx, ticket) else "merge_late"


def _leave_login(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    """Its field has a name of its own: what is typed in it is kept nowhere, whatever becomes of the session."""
    words, days = visit.form.get("details", "").strip(), numbers.parse_int(visit.field("days"), 2)
    if not words or len(words) > login_details.LONGEST:
        return "too_long" if words else "empty"
    life = next((life for life in LIVES if days == life // DAY), LIVES[0])
    match login_details.deposit(tx, ticket, words, life):
        case NotDeposited.NOT_ASKED:
            return "login_not_asked"
        case NotDeposited.YOUNG:
            return "login_young"
        case None:
            return "login_sent"


def _withdraw_login(_context: PortalContext, tx: Transaction, ticket: TicketRight, _visit: Visit) -> str:
    return "login_withdrawn" if login_details.withdraw(tx, ticket) else "login_none"


leave_login, withdraw_login = _on(_leave_login), _on(_withdraw_login)


def _ask_account(_context: PortalContext, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    """A change of contacts that its requester asked for is written down, and the account is asked to confirm it."""
    do = DO.get(visit.field("do"))
    if do is None:
        return "ask_which"
    words = (name.removeprefix("hold-") for name in visit.form if name.startswith("hold-"))
    holds = frozenset(words) if do != "remove" else frozenset[str]()
    wanted = Wanted(do, visit.field("person", 254), visit.field("email", 254), holds)
    made = contact_requests.write_down(tx, ticket, wanted)
    if isinstance(made, int):
        return "ask_sent"
    if isinstance(made, Refusal):
        return "ask_not_theirs"
    return NOT_ASKED[made] if isinstance(made, NotAsked) else NOT_FIT[made]


ask_account = _on(_ask_account)
take, put_back, hand_over = _on(_take), _on(_put_back), _on(_hand_over)
answer, take_back, note = _on(_answer), _on(_take_back), _on(_note)
set_status, set_priority = _on(_status), _on(_priority)
tag, untag = _on(_tag), _on(_untag)
merge, undo_merge = _on(_merge), _on(_undo_merge)
link, unlink = _on(_link), _on(partial(_link, off=True))
drop_suggested, withdraw_assistant = _on(_drop_suggested), _on(_withdraw_assistant)
DEEDS: Final = {
    "tags": tag,
    "tags/remove": untag,
    "merge": merge,
    "merge/undo": undo_merge,
    "links": link,
    "links/remove": unlink,
    "take": take,
    "put-back": put_back,
    "hand-over": hand_over,
    "answer": answer,
    "take-back": take_back,
    "ask-account": ask_account,
    "note": note,
    "status": set_status,
    "priority": set_priority,
    "suggested/drop": drop_suggested,
    "assistant/withdraw": withdraw_assistant,
}


def callback(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Who asks for it may come to have the ticket, so it takes what a look at the account takes."""
    number = visit.number("number")
    seen = ticket_work.to_see(tx, acting(who), number, accounts_an_hour=context.accounts_an_hour)
    if seen is Barred.TOO_MANY_ACCOUNTS:
        return responses.to(f"/desk/tickets/{number}")
    made = calls.callback_requester(tx, acting(who), number, phone=context.phone)
    if made in (Callback.NOT_PERMITTED, Callback.NOBODY):
        return responses.not_there(context, visit)
    return responses.to(f"/desk/tickets/{number}?said={CALLBACK[made]}")


def release(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.number("number")
    came = ticket_work.release(tx, acting(who), number)
    if came is Released.NOT_THERE:
        return responses.not_there(context, visit)
    return responses.to(f"/desk/tickets/{number}?said={'released' if came is Released.RELEASED else 'status_already'}")
