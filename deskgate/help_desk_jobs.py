"""Tickets to the desk's other help desk and back: what is owed is brought there, and what was done there is done here, each once and in its order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from api.help_desks import texts
from api.help_desks.help_desk import Change, Enclosed, HelpDesk, Kind, NewTicket, Written
from desk import help_desk_inward, help_desk_outward
from desk.actors import permit_worker
from desk.help_desk_inward import Came, Incoming
from desk.help_desk_outward import Outgoing, Owed
from store import Store, Transaction
from store.help_desks import help_desk_positions, help_desk_tickets
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from store.messages.timeline import Sent

CHANGE: Final = "help_desk.change"
NOT_DONE: Final = "help_desk.not_done"
EVERY: Final = 10.0  # seconds between looks
PATIENCE: Final = 300.0  # seconds: one that is back is not kept waiting for longer
_WINDOWS: Final = 50  # of transactions in one look
log = structlog.get_logger("help_desk")


@dataclass(frozen=True)
class HelpDeskJobs:
    """`desk` is PUBLIC_URL; `minutes` how long a statement of proof is good; `phone`: whether customers can call the desk."""

    store: Store
    help_desk: HelpDesk
    desk: str
    minutes: int
    phone: bool

    def deliveries(self, news: Delivery) -> dict[str, Delivery]:
        """Kind of job → how it is done. `news` is what else is done with news of a ticket."""
        return {
            "ticket_update": partial(followed, news),
            help_desk_tickets.WORK: self._bring,
            CHANGE: self._take_in,
            NOT_DONE: self._tell,
        }

    def look(self) -> None:
        """For the worker, again and again: what is new there becomes jobs. One that does not answer is asked again at the next look."""
        with self.store.transaction("worker") as tx:
            after = help_desk_positions.position(tx)
            if after is not None and not help_desk_positions.lease(tx):
                return
        try:
            if after is None:
                newest = self.help_desk.newest()
                with self.store.transaction("worker") as tx:
                    help_desk_positions.begin(tx, newest)
                return
            for _ in range(_WINDOWS):
                ids, changes = self.help_desk.changes(after)
                if not ids:
                    break
                with self.store.transaction("worker") as tx:
                    new = help_desk_positions.see(tx, ids)
                    for change in changes:
                        if change.id in new and not change.ours:
                            _owe(tx, change)
                after = ids[-1]
        except (RetryLaterError, PermanentError) as why:
            log.warning("help_desk_unreachable", why=str(why))
        finally:
            with self.store.transaction("worker") as tx:
                help_desk_positions.see(tx, ())

    # --- there

    def _bring(self, tx: Transaction, job: Job) -> Iterator[None]:
        if help_desk_positions.position(tx) is None:  # or what is answered there at once would be missed
            raise RetryLaterError("the help desk has not been looked at yet", EVERY)
        number = int(job.payload["ticket"])
        owed = help_desk_outward.owed(tx, permit_worker(tx), number, self.desk, self.minutes)
        if owed is None:
            return
        if owed.apart:
            help_desk_tickets.begin_anew(tx, number)
            return
        yield
        with _patience(job):
            self._give(owed, job)

    def _give(self, owed: Owed, job: Job) -> None:
        """Each thing that was done is written down, whatever becomes of the next."""
        number, link = owed.number, owed.link
        theirs = link.theirs if link.theirs is not None else self._open(owed, job)
        part = f"{number}" if link.part == 1 else f"{number}.{link.part}"
        if owed.statement is not None:
            words = texts.proof_of(owed, self._url(owed), self.desk)
            self.help_desk.say(theirs, f"deskgate {part}/proof", texts.word("title", "proof"), words, internal=True)
            job.then.append(lambda tx: help_desk_tickets.gave(tx, number, "proof", "1"))
        for said in owed.says:
            mark = f"deskgate {part}/{said.key}/{said.version}"
            self._say(theirs, mark, said)
            job.then.append(partial(_gave, number, said))
        if owed.status:
            if (
                link.theirs is not None or owed.status != "open"
            ):  # RT's own word for a ticket nobody has looked at stays
                self.help_desk.set_status(theirs, owed.status)
            job.then.append(lambda tx: help_desk_tickets.told_status(tx, number, owed.status))
        if owed.merge is not None:
            self.help_desk.merge(theirs, owed.merge)
            job.then.append(lambda tx: help_desk_tickets.gave(tx, number, f"merge:{link.merged_into}", "1"))
        if owed.more:
            job.then.append(lambda tx: help_desk_tickets.owe(tx, number))

    def _open(self, owed: Owed, job: Job) -> int:
        url, first = self._url(owed), owed.first
        theirs = self.help_desk.find(url)
        if theirs is None:
            words = texts.words_of(first, "") if first is not None else texts.word("said", "notes_only")
            title = texts.line(owed.title) or f"#{owed.number}"
            who = owed.requester
            requester = (owed.person, who.name) if owed.person is not None and who is not None else None
            theirs = self.help_desk.open(NewTicket(url, title, words, requester))
        opened = theirs
        job.then.append(lambda tx: help_desk_tickets.opened(tx, owed.number, opened, owed.link.part, ""))
        if first is not None:
            job.then.append(partial(_gave, owed.number, first))
        return theirs

    def _say(self, theirs: int, mark: str, said: Outgoing) -> None:
        file = None if said.file is None else Enclosed(0, said.file.name, said.file.content)
        internal = said.internal or said.withdrawn
        words = texts.words_of(said, mark)
        self.help_desk.say(theirs, mark, texts.title_of(said), words, internal=internal, file=file)

    def _url(self, owed: Owed) -> str:
        """Where the ticket is here; another one each time it begins anew there."""
        again = f"?part={owed.link.part}" if owed.link.part > 1 else ""
        return f"{self.desk}/desk/tickets/{owed.number}{again}"

    # --- and back

    def _take_in(self, _tx: Transaction, job: Job) -> Iterator[None]:
        of = job.payload
        incoming = Incoming(int(of["id"]), int(of["ticket"]), int(of["theirs"]), str(of["username"]))
        kind, written = Kind(of["kind"]), None
        yield
        if kind in (Kind.ANSWER, Kind.NOTE):
            try:
                with _patience(job):
                    written = self.help_desk.read(incoming.id)
            except PermanentError:
                job.then.append(lambda tx: _not_done(tx, incoming, "gone"))
                raise
        job.then.append(lambda tx: self._settle(tx, kind, incoming, written, of))

    def _settle(self, tx: Transaction, kind: Kind, incoming: Incoming, written: Written | None, of: Any) -> None:
        match kind, written:
            case Kind.ANSWER, Written():
                if not (written.words or written.files):
                    return
                words = written.words or ", ".join(file.name for file in written.files)
                came = help_desk_inward.answered(tx, incoming, words, _files(written), phone=self.phone)
            case Kind.NOTE, Written():
                came = help_desk_inward.noted(tx, incoming, written.words, _files(written))
            case Kind.STATUS, _:
                came = help_desk_inward.status_set(tx, incoming, str(of["status"]))
            case _:
                words, into = texts.word("merge", "told", number=int(of["goes_on"])), int(of["goes_on"])
                came = help_desk_inward.merged(tx, incoming, into, words, phone=self.phone)
        # What RT does by itself, and what strangers do to its notes and statuses, is no news to anybody.
        if came is not Came.DONE and not (came is Came.UNKNOWN and kind is not Kind.ANSWER):
            _not_done(tx, incoming, came.value)
        if written is not None and written.too_large:
            _not_done(tx, incoming, "files", files=", ".join(written.too_large)[:500])

    def _tell(self, _tx: Transaction, job: Job) -> Iterator[None]:
        yield
        of = job.payload
        words = texts.word("not_done", str(of["why"]), username=of["username"], id=of["id"], files=of.get("files", ""))
        mark = f"deskgate/{of['why']}/{of['id']}"
        with _patience(job):
            self.help_desk.say(int(of["theirs"]), mark, texts.word("title", "news"), words, internal=True)


def followed(news: Delivery, tx: Transaction, job: Job) -> Iterator[None] | None:
    """News of a ticket is news for the help desk as well."""
    number = int(job.payload["ticket"])
    if not job_queue.waits(tx, help_desk_tickets.ordering_key(number)):
        help_desk_tickets.owe(tx, number)
    return news(tx, job)


def _owe(tx: Transaction, change: Change) -> None:
    worker = permit_worker(tx)
    payload = {"id": change.id, "kind": change.kind.value, "theirs": change.ticket, "username": change.username}
    if change.kind is Kind.MERGE:
        together = help_desk_inward.may_go_together(tx, change.ticket, change.into)
        if together is False:
            incoming = Incoming(change.id, 0, change.into, change.username)
            log.warning("help_desk_merged_apart", transaction=change.id)
            _not_done(tx, incoming, "merged_apart")
        if not together:
            return
        payload["goes_on"] = help_desk_tickets.ticket_of(tx, worker, change.into) or 0
    number = help_desk_tickets.ticket_of(tx, worker, change.ticket)
    if number is not None:
        job_queue.enqueue(
            tx,
            CHANGE,
            str(change.id),
            payload | {"ticket": number, "status": change.status},
            ordering_key=help_desk_tickets.ordering_key(number),
        )
    elif change.kind is Kind.ANSWER and help_desk_tickets.was_left(tx, change.ticket):
        _not_done(tx, Incoming(change.id, 0, change.ticket, change.username), "left")


def _not_done(tx: Transaction, incoming: Incoming, why: str, *, files: str = "") -> None:
    """Whoever did it there is told there, in a comment, that it was not done here."""
    about = {"id": incoming.id, "theirs": incoming.theirs, "username": incoming.username, "why": why}
    job_queue.enqueue(tx, NOT_DONE, f"{incoming.id}:{why}", about | ({"files": files} if files else {}))


def _gave(number: int, said: Outgoing, tx: Transaction) -> None:
    help_desk_tickets.gave(tx, number, said.key, said.version)


def _files(written: Written) -> list[Sent]:
    return [Sent(f"rt-{one.id}", one.name[:200], len(one.content), one.content) for one in written.files]


@contextmanager
def _patience(job: Job) -> Iterator[None]:
    """However long the help desk was away, a job is tried again within minutes of its coming back."""
    try:
        yield
    except RetryLaterError as why:
        if why.seconds is None:
            tries = min(job.attempts, len(job_queue.BACK_OFF)) - 1
            why.seconds = min(job_queue.BACK_OFF[tries] / 1000, PATIENCE)
        raise
