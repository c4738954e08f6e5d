"""Opening a ticket from Slack: the files of a message, and the thread somebody began in, which belongs to the ticket from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.platform.identity import Who
from bot.platform.payloads import File
from desk import tickets
from desk.choices import Kind
from desk.outcomes import Drafted, Opened
from store import Transaction
from store.accounts.account_details import Refused
from store.messages.timeline import Sent
from store.slack import ticket_threads


@dataclass(frozen=True, slots=True)
class Origin:
    """The thread somebody began in. Theirs alone when it is direct messages."""

    channel: str
    thread: str

    @property
    def direct(self) -> bool:
        return self.channel.startswith("D")


def open_ticket(
    tx: Transaction,
    who: Who,
    about: tuple[int, Kind],
    words: str,
    *,
    service: str | None = None,
    origin: Origin | None = None,
    source: str | None = None,
    files: Sequence[Sent] = (),
) -> Opened | Drafted | Refused:
    """`about`: on which account (id), and what."""
    made = tickets.open_ticket(tx, who, *about, words, service=service, source=source, files=files)
    if not isinstance(made, Refused):
        _remember(tx, who, made.number, origin)
    return made


def _remember(tx: Transaction, who: Who, number: int, origin: Origin | None) -> None:
    """The thread it began in belongs to it, unless that is another ticket's already."""
    if origin is None or ticket_threads.at(tx, who.user.via, origin.channel, origin.thread) is not None:
        return
    side = ticket_threads.CUSTOMER if origin.direct else ticket_threads.ORIGIN
    person = who.subject.person if origin.direct else None
    member = (who.user.team, who.user.user) if origin.direct else None
    if origin.channel == who.user.dm or not origin.direct:
        ticket_threads.add(
            tx,
            number,
            side,
            who.user.via,
            channel=origin.channel,
            thread=origin.thread,
            person=person,
            member=member,
        )


def sent(files: Sequence[File]) -> list[Sent]:
    """The files of a message as an event tells of them; of those in a shared channel it says no more than the id."""
    return [Sent(file.id, file.name[:200], file.size) for file in files if len(file.id) < 32][:20]


def listed(files: str) -> list[Sent]:
    """Those whose ids travelled with a message or a form of ours (outbox.files)."""
    return sent([File(id=file) for file in files.split(",") if file])
