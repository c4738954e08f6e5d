"""What the worker does in Slack, by kind of job. Whatever is told is read anew, under the rights of whom it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from authz import Subject
from bot.outbound import (
    agent_forms,
    call_updates,
    contact_updates,
    delegation_updates,
    edited_answers,
    file_downloads,
    notices,
    outbox,
    private_answers,
    responses,
    ticket_updates,
    verification_prompts,
)
from bot.outbound.posting import GONE, Posting
from bot.platform.context import SlackContext, ask_who_we_are
from bot.platform.identity import SlackUser, Who, known
from bot.platform.web_api import SlackError, WebApi
from bot.text import replies
from bot.text.button_values import Opening
from bot.text.replies import Fixed, Named, Unclear
from bot.views import blocks as b
from bot.views import customer_messages, forms, home, verification_messages
from bot.views.blocks import Block, Message
from desk import accounts, choices, mail_in, ticket_lists, ticket_work, verification
from desk.actors import permit_worker
from store import Transaction
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from store.messages import edits, retention
from store.slack import ticket_threads
from store.verification import call_approvals, totp

TRIGGER: Final = 3_000  # ms a trigger is good for
PROMPTS: Final = ("bills", "services", "contacts", "tickets")  # four at most
Do = Callable[[Posting, Transaction, Job], Iterator[None] | None]
Deliveries = dict[str, Delivery]


def make_deliveries(context: SlackContext, api: WebApi) -> Deliveries:
    """Kind of job → how it is done. Each bears being done twice."""
    posting = Posting(context, api)
    return {kind: _with(posting, do, "slack") for kind, do in IN_SLACK.items()} | {
        kind: _with(posting, do, "worker") for kind, do in BY_WORKER.items()
    }


def _with(posting: Posting, do: Do, channel: str) -> Delivery:
    """`channel`: as which one the ledger has what is told by it."""

    def deliver(tx: Transaction, job: Job) -> Iterator[None] | None:
        tx.channel = channel
        posting.context.look_in(tx)
        return do(posting, tx, job)

    return deliver


def _user(job: Job) -> SlackUser:
    return SlackUser(str(job.payload["team"]), str(job.payload["user"]), str(job.payload["via"]))


# --- answers


def tell(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """An answer to somebody: beside what they wrote, for their eyes alone, or in direct messages."""
    user, where = _user(job), job.payload.get("where") or {}
    reply = replies.from_payload(job.payload["what"])
    if replies.is_private(reply) and (where.get("only") or not str(where.get("channel")).startswith("D")):
        where = {}
    message = _answer(tx, posting.context, user, job.payload)
    yield
    channel = where.get("channel") or posting.direct(user.team, user.user, user.via)
    thread = where.get("thread")
    if thread and channel.startswith("D") and job.attempts == 1:
        _busy(posting, user.via, channel, thread)
    if where.get("replace") and not where.get("only"):
        posting.change(ticket_threads.Post(user.via, channel, str(where["message"])), message)
    elif where.get("only"):
        _only_to(posting, user, channel, thread, message, job)
    else:
        post = posting.post(f"tell:{job.key}", user.via, channel, message, job, thread=thread)
        if replies.fades(reply):
            _shown_once(posting, post, message, job)
        else:
            edited_answers.keep(job, f"tell:{job.key}", job.payload, message)


def _shown_once(posting: Posting, post: ticket_threads.Post, message: Message, job: Job) -> None:
    """A code of the try before was made invalid by this one; and in ten minutes this one is over."""
    if job.attempts > 1:
        posting.change(post, message)
    job.then.append(lambda tx: verification_prompts.fades(tx, f"tell:{job.key}"))


def answer_anew(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """An answer that holds words which have changed: made anew where it stands, under the rights of this moment."""
    key, asked = str(job.payload["post"]), job.payload["asked"]
    stands = ticket_threads.posted(tx, key)
    user = SlackUser(str(asked["team"]), str(asked["user"]), str(asked["via"]))
    message = _answer(tx, posting.context, user, asked)
    if stands is not None:
        yield
        posting.change(stands, message)
        edited_answers.keep(job, key, asked, message)


def _busy(posting: Posting, team: str, channel: str, thread: str) -> None:
    """Shows that an answer is being made, until it is posted. No answer fails for want of that."""
    said = posting.context.phrases.plain("looking")
    with suppress(RetryLaterError, PermanentError):
        posting.api.call(team, "assistant.threads.setStatus", channel_id=channel, thread_ts=thread, status=said)


def _answer(tx: Transaction, context: SlackContext, user: SlackUser, asked: Mapping[str, Any]) -> Message:
    reply, p = replies.from_payload(asked["what"]), context.phrases
    if isinstance(reply, Fixed):
        return customer_messages.fixed(p, reply.key)
    who = known(tx, user)
    if replies.is_private(reply):
        return private_answers.answer(tx, context, who, reply)
    if isinstance(reply, Unclear) and who is not None and who.is_person:
        words = edits.unfiled(tx, who.subject, edited_answers.source(asked))
        if words is None:
            return customer_messages.fixed(p, "words_gone")
        return responses.asked(tx, p, who, reply.meaning, words, str(asked["from"]))
    return responses.respond(tx, p, who, reply)


def _only_to(posting: Posting, user: SlackUser, channel: str, thread: str | None, message: Message, job: Job) -> None:
    """For the eyes of one member; in direct messages where they are not in that channel."""
    try:
        posting.api.call(
            user.via,
            "chat.postEphemeral",
            channel=channel,
            user=user.user,
            thread_ts=thread,
            **message.sent() | {"unfurl_links": None, "unfurl_media": None},
        )
    except SlackError as said:
        if said.error not in (*GONE, "user_not_in_channel"):
            raise
        posting.post(f"tell:{job.key}", user.via, posting.direct(user.team, user.user, user.via), message, job)


# --- forms


def form(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Opens a form. When the trigger is too old by now, whoever clicked is told to click again."""
    user, context = _user(job), posting.context
    who = known(tx, user)
    view = FORMS[str(job.payload["form"])](tx, context, who, job.payload) if who is not None else None
    late = tx.now - int(job.payload["at"]) > TRIGGER
    if view is None:
        return
    yield
    if open_one := job.payload.get("view"):
        with suppress(SlackError):  # closed meanwhile
            posting.api.call(user.via, "views.update", view_id=open_one, view=view)
        return
    if not late:
        try:
            posting.api.call(user.via, "views.open", trigger_id=job.payload["trigger"], view=view)
            return
        except SlackError as said:
            if said.error not in ("expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"):
                raise
        except RetryLaterError:
            if job.attempts == 1:
                raise
    again = customer_messages.plain(context.phrases, "click_again")
    where = job.payload.get("where") or {}
    channel = where.get("channel")
    if channel and where.get("only"):
        _only_to(posting, user, channel, where.get("thread"), again, job)
    else:
        to = channel or posting.direct(user.team, user.user, user.via)
        posting.post(f"form:{job.key}", user.via, to, again, job)


def _open_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    possible = choices.possible(tx, who)
    found, running = choices.named(tx, possible), choices.running(tx, who, possible)
    if not found:
        return forms.refused(context.phrases, responses.respond(tx, context.phrases, who, replies.OPEN).blocks)
    words, source, files = (str(asked.get(name) or "") for name in ("words", "source", "files"))
    opening = Opening(*asked.get("origin", ()))
    if not source:
        return forms.open_ticket(context.phrases, found, words, opening, running=running, copied="copied" in asked)
    said = edits.unfiled(tx, who.subject, source)
    if said is None:
        return forms.refused(context.phrases, customer_messages.fixed(context.phrases, "words_gone").blocks)
    prefilled = said[: b.MOST_WORDS].strip()
    seals = (outbox.sealed(tx, who.user, one) for one in (f"{files}|{source}", f"{source}|{prefilled}"))
    opening = Opening(*opening[:2], source, files, *seals)
    return forms.open_ticket(context.phrases, found, said, opening, running=running, about=asked.get("about", ""))


def _ticket_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    number, form = int(asked["ticket"]), str(asked["form"])
    ticket = ticket_work.to_work_on_shown(tx, who, number) if form == "desk_answer" else None
    if ticket is None:
        return forms.words(context.phrases, form, number)
    return agent_forms.answer(tx, context, ticket)


def _correct_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    return agent_forms.correct(tx, context, who, int(asked["ticket"]), int(asked["message"]))


def _prove_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    made = private_answers.form(
        tx, context, who, int(asked["account"]), int(asked["ticket"]), str(asked.get("sent") or "")
    )
    return made or forms.refused(context.phrases, customer_messages.plain(context.phrases, "nothing_allowed").blocks)


def _approve_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    found = call_approvals.to_ask(tx, permit_worker(tx), int(asked["approval"]))
    if found is None or found.over or Subject.of_person(found.person) != who.subject:
        return forms.refused(context.phrases, customer_messages.plain(context.phrases, "approval.gone").blocks)
    return verification_messages.number_form(context.phrases, found.id)


FORMS: Final[dict[str, Callable[[Transaction, SlackContext, Who, Mapping[str, Any]], Block]]] = {
    "open": _open_form,
    **dict.fromkeys(("reply", "desk_answer", "desk_note"), _ticket_form),
    "desk_correct": _correct_form,
    "verify": lambda tx, context, who, asked: forms.verify(context.phrases),
    "prove": _prove_form,
    "approve": _approve_form,
    **contact_updates.FORMS,
}


# --- the app's own place


def show_home(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    user, p = _user(job), posting.context.phrases
    who = known(tx, user)
    if who is None or not who.is_person:
        view = home.stranger(p, "stranger" if who is None else "home_staff")
    else:
        page = int(job.payload["page"])
        found = ticket_lists.page(tx, who, first=page * customer_messages.PAGE, many=customer_messages.PAGE)
        account = responses.respond(tx, p, who, Named("account"))
        since = totp.confirmed_at(tx, who.subject.person)
        proved = verification.proved_on(tx, who, private_answers.MOST)
        offers = found is not None or not accounts.without_support(tx, who)
        mails = mail_in.waiting_count(tx, who)
        view = home.home(p, account, found, page, proved, since, offers=offers, mails=mails)
    yield
    posting.api.call(user.via, "views.publish", user_id=user.user, view=view)
    edited_answers.keep(job, f"home:{user.team}:{user.user}", job.payload, view)


def prompts(posting: Posting, _tx: Transaction, job: Job) -> Iterator[None]:
    """What one may ask, suggested in the messages tab. Without a thread, or Slack fails silently."""
    yield
    p, user = posting.context.phrases, _user(job)
    channel = job.payload.get("channel")
    if channel:
        suggested = [{"title": p.plain(f"prompt.{name}"), "message": p.plain(f"prompt.{name}")} for name in PROMPTS]
        with suppress(RetryLaterError, PermanentError):  # no harm without; an app of before the agent view has none
            posting.api.call(
                user.via,
                "assistant.threads.setSuggestedPrompts",
                channel_id=channel,
                title=p.plain("prompts"),
                prompts=suggested,
            )


def welcome(posting: Posting, _tx: Transaction, job: Job) -> Iterator[None]:
    """In a channel the app came into: what it is good for, pinned."""
    yield
    p, team, channel = posting.context.phrases, str(job.payload["via"]), str(job.payload["channel"])
    said = b.message(b.section(p.say("welcome")), b.actions(b.button(p.plain("button.open"), "open", style="primary")))
    post = posting.post(f"welcome:{team}:{channel}", team, channel, said, job)
    try:
        posting.api.call(team, "pins.add", channel=channel, timestamp=post.ts)
    except SlackError as refused:
        if refused.error not in ("already_pinned", "not_pinnable", "permission_denied", *GONE):
            raise


def react(posting: Posting, _tx: Transaction, job: Job) -> Iterator[None]:
    """A lock on what an agent wrote in a card's thread: it is kept, and stays inside."""
    yield
    try:
        posting.api.call(
            str(job.payload["via"]),
            "reactions.add",
            channel=job.payload["channel"],
            timestamp=job.payload["ts"],
            name="lock",
        )
    except SlackError as said:
        if said.error not in ("already_reacted", "message_not_found", *GONE):
            raise


def hello(posting: Posting, _tx: Transaction, _piece: Job) -> Iterator[None]:
    """Who the token of the settings belongs to."""
    yield
    ask_who_we_are(posting.context, posting.api)


IN_SLACK: Final[dict[str, Do]] = {
    "slack.first_message": ticket_updates.head,
    "slack.message": ticket_updates.say,
    "slack.send_file": ticket_updates.send_file,
    "slack.reply": tell,
    "slack.form": form,
    "slack.home": show_home,
    "slack.prompts": prompts,
    "slack.welcome": welcome,
    "slack.react": react,
    **verification_prompts.JOBS,
    "call_card": call_updates.case,
    "slack.alert": call_updates.alert,
    "slack.callback_failed": call_updates.called,
    "slack.refresh_answer": answer_anew,
}
BY_WORKER: Final[dict[str, Do]] = {
    "ticket_update": ticket_updates.news,
    "slack.fetch_file": file_downloads.fetch_file,
    retention.IN_SLACK: file_downloads.remove_file,
    "slack.delegation_request": delegation_updates.request,
    "slack.delegation_ask": delegation_updates.ask,
    "slack.delegation_update": delegation_updates.news,
    **contact_updates.JOBS,
    **notices.JOBS,
    "slack.check_token": hello,
    edits.SAYS: edited_answers.again,
}
