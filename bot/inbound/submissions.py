"""Forms that come back: each is judged and written down now, and its answer says what became of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from authz import Action, Topic
from bot.inbound import block_action, commands, contact_actions, ticket_opening
from bot.inbound.ticket_opening import Origin
from bot.outbound import agent_forms, contact_updates, outbox, private_answers
from bot.platform.context import SlackContext
from bot.platform.identity import Who, is_old_enough, known, of_interaction
from bot.platform.payloads import Filled, Form, Submission, Suggestion
from bot.text import button_values
from bot.text.button_values import OfService, OfTicket, Opening, Opens, ToConfirm, ToProve
from bot.views import blocks as b
from bot.views import customer_messages, forms, verification_messages
from bot.views.blocks import Block
from desk import accounts, approvals, choices, ticket_work, tickets, verification
from desk.approvals import Approved, NotApproved
from desk.choices import Kind
from desk.outcomes import Drafted, HandIn, NotProved, Opened
from desk.ticket_work import Answered, AnsweredMeanwhile, NotAnswered
from store import Transaction
from store.accounts.account_details import Refused
from store.calls import call_state
from store.messages import edits
from store.text import numbers, pin_redaction
from store.verification import transfer_codes

Response = dict[str, Any]


def submitted(context: SlackContext, body: Submission) -> Response | None:
    """The response to a form: its errors, or what it turns into. None closes it."""
    via, view = context.via(body), body.view
    user = of_interaction(body, via.team) if via is not None else None
    with context.store.transaction("slack") as tx:
        if not call_state.first_delivery(tx, _key(view)):
            return None  # the first answer counts
        who = known(tx, user)
        if who is None:
            return _shown(context, customer_messages.plain(context.phrases, "stranger").blocks)
        return FORMS[view.callback_id](context, tx, who, view, body)


def _key(view: Form) -> str:
    """A form that has become another keeps its id, and is sent once more."""
    return f"slack:view:{view.id}:{view.callback_id}"


def _words(view: Form) -> str:
    return _filled(view, "words").value.strip()


def _filled(view: Form, name: str) -> Filled:
    return view.state.get("values", {}).get(name, {}).get(name) or Filled()


def _chosen(view: Form, name: str) -> str:
    return _filled(view, name).selected_option.value


def _shown(context: SlackContext, blocks: Any) -> Response:
    return {"response_action": "update", "view": forms.refused(context.phrases, blocks)}


def _open(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    p, words = context.phrases, _words(view)
    opening = button_values.parse(Opening, view.private_metadata) or Opening()
    source, files = opening.source, opening.files
    about = button_values.parse(Opens, _chosen(view, "about") or opening.only)
    account, service = button_values.parse(OfService, _chosen(view, "service")) or (0, "")
    if not words:
        return _error(tx, "words", p.plain("form.words_missing"), view)
    if pin_redaction.left_out(words) != words:
        return _error(tx, "words", p.plain("form.no_pins"), view)
    if service and about is not None and about.account != account:
        return _error(tx, "service", p.plain("form.service_elsewhere"), view)
    if service and about is not None and who.is_person and not choices.service(tx, who, *about, service):
        return _error(tx, "service", p.plain("form.service_gone"), view)
    origin = Origin(opening.channel, opening.thread) if opening.channel and opening.thread else None
    if not outbox.is_sealed(tx, who.user, f"{files}|{source}", opening.files_seal):
        files = ""
    if not outbox.is_sealed(tx, who.user, f"{source}|{words}", opening.words_seal):
        source = ""  # they are not the message's any more
    elif (said := _said_now(tx, who, source)) is None:
        return _shown(context, customer_messages.fixed(p, "words_gone").blocks)
    else:
        words = said
    if about is None or not who.is_person:
        return _shown(
            context, customer_messages.plain(p, "nothing_allowed" if who.is_person else "you_are_staff").blocks
        )
    made = ticket_opening.open_ticket(
        tx,
        who,
        about,
        words,
        service=service or None,
        origin=origin,
        source=source or None,
        files=ticket_opening.listed(files),
    )
    if not isinstance(made, Refused):
        return _update(_opened(context, tx, who, made, about, body))
    named = accounts.name(tx, who, about[0])
    return _shown(context, customer_messages.refused(p, [(named, made)] if named else []).blocks)


def _said_now(tx: Transaction, who: Who, source: str) -> str | None:
    edits.lock(tx, source)
    return edits.unfiled(tx, who.subject, source)


def _opened(
    context: SlackContext, tx: Transaction, who: Who, made: Opened | Drafted, about: tuple[int, Kind], body: Submission
) -> Block:
    """That it is open; or, for a draft, the form by which it goes to the desk."""
    p, (account, kind) = context.phrases, about
    prove = private_answers.form(tx, context, who, account, made.number) if isinstance(made, Drafted) else None
    if prove is None and kind == Action.CONTACTS_MANAGE:
        return contact_updates.form_on(tx, context, who, made.number)
    alone = accounts.billing_alone(tx, who, account) if kind == Topic.BILLING else None
    return prove or forms.opened(p, made.number, _link(body), customer_messages.billing_alone(p, alone))


def _update(view: Block) -> Response:
    return {"response_action": "update", "view": view}


def _error(tx: Transaction, block: str, words: str, view: Form) -> Response:
    """The form stays, so it may come again: it has had no effect yet."""
    call_state.forget_delivery(tx, _key(view))
    return {"response_action": "errors", "errors": {block: words}}


def _link(body: Submission) -> str:
    app, team = body.api_app_id, body.view.app_installed_team_id or body.team.id
    if not all(re.fullmatch(r"[A-Z0-9]+", id) for id in (app, team)):
        return ""
    return f"https://slack.com/app_redirect?app={app}&team={team}"


def _about(view: Form) -> OfTicket:
    """What a form is about, as we wrote it into it; ticket 0, which is none, where it does not say."""
    return button_values.parse(OfTicket, view.private_metadata) or OfTicket(0)


def _reply(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    if pin_redaction.left_out(_words(view)) != _words(view):
        return _error(tx, "words", context.phrases.plain("form.no_pins"), view)
    if tickets.reply(tx, who, _about(view).ticket, _words(view)):
        return None
    return _shown(context, customer_messages.plain(context.phrases, "not_added").blocks)


def _desk_answer(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    if not _words(view):
        return _error(tx, "words", context.phrases.plain("form.words_missing"), view)
    chosen = _filled(view, "along").selected_options
    along = [file for one in chosen if (file := block_action.number(one.value))]
    about = _about(view)
    right = ticket_work.to_work_on_shown(tx, who, about.ticket)
    if right is None:
        return _shown(context, customer_messages.plain(context.phrases, "not_yours").blocks)
    match ticket_work.answer(tx, right, _words(view), seen=about.of, phone=context.phone, along=along):
        case AnsweredMeanwhile(since):
            call_state.forget_delivery(tx, _key(view))
            return _update(agent_forms.answer(tx, context, right, since=since, typed=_words(view)))
        case NotAnswered():
            return _shown(context, customer_messages.plain(context.phrases, "not_yours").blocks)
        case Answered():
            return None


def _desk_correct(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    about = _about(view)
    if not _words(view):
        return _error(tx, "words", context.phrases.plain("form.words_missing"), view)
    ticket = ticket_work.to_work_on_shown(tx, who, about.ticket)
    done = ticket is not None and ticket_work.correct(tx, ticket, about.of, _words(view), phone=context.phone)
    return None if done else _shown(context, customer_messages.plain(context.phrases, "not_your_answer").blocks)


def _desk_note(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    ticket = ticket_work.to_work_on_shown(tx, who, _about(view).ticket)
    if ticket is None:
        return _shown(context, customer_messages.plain(context.phrases, "not_yours").blocks)
    ticket_work.note(tx, ticket, _words(view))
    return None


def _verify(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    if who.is_person:
        return _shown(context, customer_messages.plain(context.phrases, "not_yours").blocks)
    found = commands.verified(context, tx, who, _words(view))
    return {"response_action": "update", "view": forms.looked_up(context.phrases, found.blocks)}


def _prove(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    """A code from the form: what does not fit leaves the form open, and counts."""
    p = context.phrases
    about = button_values.parse(ToProve, view.private_metadata)
    on = accounts.name(tx, who, about.account) if who.is_person and about is not None else None
    if on is None or about is None:
        return _shown(
            context, customer_messages.plain(p, "nothing_allowed" if who.is_person else "you_are_staff").blocks
        )
    digits = numbers.digits(_filled(view, "code").value)
    if not numbers.are_digits(digits) or len(digits) not in (6, 8):
        return _error(tx, "code", p.plain("prove.digits"), view)
    ticket = about.ticket
    draft, minutes = tickets.draft(tx, who, ticket), context.step_up_minutes
    found = verification.prove(tx, who, digits, on.id, draft, minutes=minutes, code_kind=transfer_codes.TO_SLACK)
    if isinstance(found, NotProved):
        return _error(tx, "code", p.plain(_NOT_PROVED[found], number=ticket), view)
    done = tickets.hand_in(tx, who, ticket) if ticket else None
    if done is HandIn.DONE and draft is not None and draft.action == Action.CONTACTS_MANAGE:
        return _update(contact_updates.form_on(tx, context, who, ticket))
    return _update(verification_messages.proved(p, on, found, ticket, done))


_NOT_PROVED: Final = {
    NotProved.OTHER_TOPIC: "prove.other_topic",
    NotProved.LATER: "proof_later",
    NotProved.WRONG: "proof_wrong",
}


def _approve(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    """The number that is heard on the phone: said once. A wrong one ends it."""
    p, id = context.phrases, _about(view).ticket
    digits = numbers.digits(_filled(view, "number").value)
    if not re.fullmatch(r"[0-9]{2}", digits):
        return _error(tx, "number", p.plain("approval.two"), view)
    done: Approved | NotApproved = NotApproved.GONE
    if who.is_person and is_old_enough(tx, who):
        done = approvals.say_number(tx, who, id, digits, minutes=context.step_up_minutes)
    if done is NotApproved.GONE:
        return _shown(context, customer_messages.plain(p, "approval.gone").blocks)
    said = customer_messages.plain(p, "approval.right" if isinstance(done, Approved) else "approval.wrong")
    if isinstance(done, Approved) and done.handed_in is not None:
        said = customer_messages.plain(p, "prove.handed", number=done.handed_in)
    return _update(verification_messages.answered(p, said))


def _contact_ask(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    """Who is to be added, changed or removed, on their own ticket."""
    wanted = contact_actions.wanted(view, _filled, _chosen)
    if wanted is None or not who.is_person:
        return _shown(context, customer_messages.plain(context.phrases, "contact.not_asked").blocks)
    made = contact_actions.asked(context, tx, who, _about(view).ticket, wanted)
    return _error(tx, *made, view) if isinstance(made, tuple) else _update(made)


def _contact_confirm(context: SlackContext, tx: Transaction, who: Who, view: Form, body: Submission) -> Response | None:
    made, again = contact_actions.confirmed(context, tx, who, button_values.parse(ToConfirm, view.private_metadata))
    if again:
        call_state.forget_delivery(tx, _key(view))
    return _update(made)


def suggested(context: SlackContext, body: Suggestion) -> Response:
    """The choices that fit what somebody types, where there are too many for one list."""
    via, typed = context.via(body), body.value.casefold()
    user = of_interaction(body, via.team) if via is not None else None
    with context.store.transaction("slack") as tx:
        who = known(tx, user)
        if who is None or not who.is_person:
            return {"option_groups": []}
        found = choices.possible(tx, who)
        if body.action_id == "service":
            return {"option_groups": forms.services(context.phrases, choices.running(tx, who, found, typed))}
        if body.action_id == "prove_on":
            named = accounts.matching(tx, who, typed, most=b.MOST_OPTIONS)
            return {
                "options": [
                    b.option(customer_messages.account_label(context.phrases, one), ToProve(one.id, 0)) for one in named
                ]
            }
        fits = choices.matching(tx, found, typed, most=b.MOST_OPTIONS)
    groups = customer_messages.grouped(context.phrases, fits)
    return {"option_groups": b.option_groups(groups)}


FORMS: Final[dict[str, Callable[[SlackContext, Transaction, Who, Form, Submission], Response | None]]] = {
    "open_ticket": _open,
    "reply": _reply,
    "desk_answer": _desk_answer,
    "desk_correct": _desk_correct,
    "desk_note": _desk_note,
    "desk_verify": _verify,
    "prove": _prove,
    "approve": _approve,
    "contact_ask": _contact_ask,
    "contact_confirm": _contact_confirm,
}
