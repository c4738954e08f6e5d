"""Opening a ticket, whatever it was asked by: a form, a message, a button. The right is judged here, when it is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authz import Action, Denied, Topic
from bot.usecases import choices
from bot.usecases.identity import Who
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import WhyNot
from store.accounts.people import person_of
from store.messages.timeline import Sent
from store.slack import ticket_threads
from store.tickets import customer_tickets


@dataclass(frozen=True, slots=True)
class Origin:
    """The thread somebody began in. Theirs alone when it is direct messages."""

    channel: str
    thread: str

    @property
    def direct(self) -> bool:
        return self.channel.startswith("D")


@dataclass(frozen=True, slots=True)
class Opened:
    """`drafted`: it waits for a further proof, and the desk has not got it."""

    number: int
    drafted: bool = False


def open_ticket(
    tx: Transaction,
    who: Who,
    value: str,
    words: str,
    *,
    service: str | None = None,
    origin: Origin | None = None,
    source: str | None = None,
    files: Sequence[Sent] = (),
) -> Opened | WhyNot | None:
    """Opens what `value` (of a choice) says, about `service` where one was chosen; or why not. None: it says nothing we offer."""
    parsed = choices.parse(value)
    if parsed is None:
        return None
    account, kind = parsed
    about = choices.service(tx, who, account, kind, service)
    if kind not in tuple(Topic):
        ask = who.ask(tx, Action(kind), account)._replace(service=about)
        made = customer_tickets.request(
            tx, ask, topic=str(choices.topic_of(kind)), body=words, source=source, files=files
        )
        if isinstance(made, Denied):
            return account_details.why_not(tx, ask, made)
        opened = Opened(made[0], not made[1])
    else:
        ask = who.ask(tx, Action.TICKET_OPEN, account, Topic(kind))
        grant = tx.ask(ask)
        if isinstance(grant, Denied):
            return account_details.why_not(tx, ask, grant)
        is_question = "question" if words.rstrip().endswith("?") else "problem"
        opened = Opened(
            customer_tickets.open(tx, grant, body=words, kind=is_question, service=about, source=source, files=files)
        )
    _remember(tx, who, opened.number, origin)
    return opened


def _remember(tx: Transaction, who: Who, number: int, origin: Origin | None) -> None:
    """The thread it began in belongs to it, unless that is another ticket's already."""
    if origin is None or ticket_threads.at(tx, who.actor.via, origin.channel, origin.thread) is not None:
        return
    if not origin.direct:
        ticket_threads.add(
            tx, number, ticket_threads.ORIGIN, who.actor.via, channel=origin.channel, thread=origin.thread
        )
    elif origin.channel == who.actor.dm:
        ticket_threads.add(
            tx,
            number,
            ticket_threads.CUSTOMER,
            who.actor.via,
            channel=origin.channel,
            thread=origin.thread,
            person=person_of(who.subject),
            member=(who.actor.team, who.actor.user),
        )


def sent(files: object) -> list[Sent]:
    """The files of a message as an event tells of them; of those in a shared channel it says no more than the id."""
    found = []
    for file in files if isinstance(files, list) else ():
        if isinstance(file, Mapping) and isinstance(file.get("id"), str) and len(file["id"]) < 32:
            found.append(Sent(file["id"], _text(file, "name")[:200], _text(file, "mimetype")[:100], _size(file)))
    return found[:20]


def listed(files: str) -> list[Sent]:
    """Those whose ids travelled with a message or a form of ours (outbox.files)."""
    return sent([{"id": file} for file in files.split(",") if file])


def _text(file: Mapping[str, Any], name: str) -> str:
    return value if isinstance(value := file.get(name), str) else ""


def _size(file: Mapping[str, Any]) -> int:
    return value if isinstance(value := file.get("size"), int) else 0
