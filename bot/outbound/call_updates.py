"""What the worker shows the desk of calls: one card for each in the agents' channel, changed where it stands; and warnings."""

from __future__ import annotations

from collections.abc import Iterator

from bot.outbound.posting import GONE, Posting
from bot.platform.web_api import OPERATORS, SlackError
from bot.views import call_cards
from bot.views.blocks import Message
from desk.actors import permit_worker
from store import Transaction
from store.calls import callbacks, live_calls
from store.jobs.job_queue import Job, RetryLaterError
from store.security import alerts
from store.slack import quotes, ticket_threads
from store.slack.ticket_threads import Post
from store.verification import slack_members


def case(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """The card of a call as it is now: posted once, and changed from then on."""
    support_call, context = int(job.payload["support_call"]), posting.context
    if not context.agent_channel:
        return
    key = f"case:{support_call}"
    found = live_calls.case(tx, permit_worker(tx), support_call, context.texting)
    stands = ticket_threads.posted(tx, key)
    if found is None:
        return
    message = call_cards.card(context.phrases, found)
    if stands is not None and stands.version == message.version:
        return
    yield
    if stands is None:
        _in_the_channel(posting, key, message, job)
    else:
        posting.rewrite(key, stands, message, message.version, job)
    about = [f"ticket:{ticket.number}" for ticket in found.tickets]  # what it says of these changes with them
    job.then.append(lambda tx: quotes.keep(tx, key, {"support_call": support_call}, about))


def alert(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """To the agents' channel; or, what is for supervisors, to their direct messages and nowhere else."""
    id, context = int(job.payload["alert"]), posting.context
    grant = permit_worker(tx)
    found = alerts.to_deliver(tx, grant, id)
    if found is None:
        return
    named = alerts.named(tx, grant, found)
    supervisors = slack_members.supervisors(tx) if found.audience == alerts.SUPERVISORS else []
    yield
    message = call_cards.alert(context.phrases, found, named)
    if found.audience == alerts.DESK:
        if context.agent_channel:
            _in_the_channel(posting, f"alert:{id}", message, job)
        return
    for member in supervisors:
        posting.post_to_member(f"alert:{id}:{member.team}:{member.user}", member, message, job)


def called(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """A callback that reached nobody: whoever asked for it is told, in direct messages."""
    context = posting.context
    found = callbacks.look(tx, int(job.payload["callback"]))
    them = slack_members.of_staff(tx, found.staff) if found is not None and found.staff is not None else []
    if found is None or found.state not in callbacks.ENDED:
        return
    yield
    message = call_cards.not_reached(context.phrases, found)
    for member in them:
        posting.post_to_member(f"called:{job.key}:{member.team}:{member.user}", member, message, job)


def _in_the_channel(posting: Posting, key: str, message: Message, job: Job) -> Post:
    context = posting.context
    if not context.home_id:
        raise RetryLaterError("Slack has not told us who we are yet", 15)
    try:
        return posting.post(key, context.home_id, context.agent_channel, message, job, version=message.version)
    except SlackError as said:
        if said.error in GONE:
            raise RetryLaterError(
                f"SLACK_AGENT_CHANNEL: Slack answers {said.error}: invite the app into it", OPERATORS
            ) from said
        raise
