"""What customers do with tickets: open, request, hand in, reply, close, reopen, withdraw. Each is judged when it is done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

from authz import Action, Ask, Denied, Grant, Reason, Topic
from desk import choices, contact_requests
from desk.actors import Actor, NotAllowed, build_ask
from desk.choices import Kind
from desk.outcomes import Drafted, HandIn, Opened
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import Refused
from store.contacts import contact_changes
from store.messages import attachments, edits, timeline
from store.messages.attachments import Content
from store.messages.timeline import About, Sent
from store.text.cleaning import cleaned
from store.tickets import customer_lists, customer_tickets
from store.tickets.customer_tickets import Draft

MOST_FILES: Final = 5  # that come with one message of a form or of a program


class Added(Enum):
    """What became of words that were kept while their writer was asked what they are about."""

    DONE = "done"
    ALREADY = "already"  # they are on a ticket
    GONE = "gone"  # their writer took them back, or they are forgotten
    REFUSED = "refused"  # no such ticket for them


def open_ticket(
    tx: Transaction,
    who: Actor,
    account: int,
    kind: Kind,
    words: str,
    *,
    service: str | None = None,
    source: str | None = None,
    files: Sequence[Sent] = (),
    title: str | None = None,
    channel: str = "",
) -> Opened | Drafted | Refused:
    """A ticket, or a request for a change, about `service` (ref) where one was chosen. `title` where it has one of its own; `channel`: by
    which its words came, where that is not the one they are confirmed by."""
    about = choices.service(tx, who, account, kind, service)
    if isinstance(kind, Action):
        ask = build_ask(tx, who, kind, account, service=about)
        topic = str(choices.topic_of(kind))
        made = customer_tickets.request(tx, ask, topic=topic, body=words, source=source, files=files)
        if isinstance(made, Denied):
            return account_details.why_not(tx, ask, made)
        return Opened(made[0]) if made[1] else Drafted(made[0])
    ask = build_ask(tx, who, Action.TICKET_OPEN, account, kind)
    grant = tx.ask(ask)
    if isinstance(grant, Denied):
        return account_details.why_not(tx, ask, grant)
    seems = "question" if words.rstrip().endswith("?") else "problem"
    number = customer_tickets.open(
        tx, grant, title=title, body=words, kind=seems, service=about, source=source, files=files, channel=channel
    )
    return Opened(number)


def file(tx: Transaction, who: Actor, number: int, id: int) -> Content | None:
    """A file of a ticket they may see. None: none for them."""
    grant = permit(tx, who, Action.TICKET_VIEW, number)
    found = None if grant is None else customer_lists.conversation(tx, [grant], number)
    return None if grant is None or found is None else attachments.download(tx, grant, number, id)


def files_sent(by: str, came: Iterable[tuple[str, bytes]]) -> list[Sent]:
    """Files (name, content) to be kept with the words they came with: named as their sender names them, without the way to them; a link needs a name."""
    last = ((" ".join(cleaned(re.split(r"[/\\]", name)[-1]).split())[:200].strip(), content) for name, content in came)
    named = ((name if name.strip(".") else "file", content) for name, content in last)
    return [Sent(f"{by}:{n}", name, len(content), content) for n, (name, content) in enumerate(named)]


def may_reply(tx: Transaction, who: Actor, number: int) -> bool:
    return permit(tx, who, Action.TICKET_REPLY, number) is not None


def reply(
    tx: Transaction, who: Actor, number: int, words: str, *, source: str | None = None, files: Sequence[Sent] = ()
) -> bool:
    """False: no such ticket for them."""
    grant = permit(tx, who, Action.TICKET_REPLY, number)
    return grant is not None and customer_tickets.reply(tx, grant, number, body=words, source=source, files=files)


def add_kept(tx: Transaction, who: Actor, number: int, source: str, files: Sequence[Sent] = ()) -> Added:
    """Adds the words that came as `source` to a ticket, as they read now."""
    edits.lock(tx, source)
    grant = permit(tx, who, Action.TICKET_REPLY, number)
    if timeline.of_source(tx, source) is not None:
        return Added.ALREADY
    words = edits.unfiled(tx, who.subject, source)
    if words is None:
        return Added.GONE
    if grant is None or not customer_tickets.reply(tx, grant, number, body=words, source=source, files=files):
        return Added.REFUSED
    return Added.DONE


def edit(tx: Transaction, who: Actor, about: About, source: str, words: str, edited: str) -> bool:
    """A customer has edited their own words that came as `source`, on the ticket of `about`. They may, as long as they may
    reply. `edited`: when."""
    ask = build_ask(tx, who, Action.TICKET_REPLY, about.account, Topic(about.topic))
    return customer_tickets.edited(tx, ask, source, words, edited)


def lock(tx: Transaction, number: int) -> None:
    """Nobody else changes a ticket that they may see before this transaction has ended: what is compared now still holds when it is closed."""
    timeline.lock(tx, number)


def close(tx: Transaction, who: Actor, number: int) -> bool:
    """It is solved. False: no such ticket for them, or it is closed already."""
    grant = permit(tx, who, Action.TICKET_REPLY, number)
    return grant is not None and customer_tickets.close(tx, grant, number)


def reopen(tx: Transaction, who: Actor, number: int) -> bool:
    """False: no such ticket for them, or it is open."""
    grant = permit(tx, who, Action.TICKET_REPLY, number)
    return grant is not None and customer_tickets.reopen(tx, grant, number)


def withdraw(tx: Transaction, who: Actor, number: int) -> bool:
    """Takes their draft back. False: they have no such draft."""
    ask = _ask(tx, who, Action.TICKET_VIEW, timeline.about(tx, number))
    return customer_tickets.draft_withdrawn(tx, ask, number)


def draft(tx: Transaction, who: Actor, number: int) -> Draft | None:
    """What their draft asks for. None: they have no such draft."""
    return customer_tickets.draft(tx, who.subject, number)


def hand_in(tx: Transaction, who: Actor, number: int) -> HandIn | Refused:
    """Hands their draft in to the desk, if they have a second proof at this moment."""
    done = try_hand_in(tx, who, number)
    return account_details.why_not(tx, done.ask, done.denied) if isinstance(done, NotAllowed) else done


def try_hand_in(tx: Transaction, who: Actor, number: int, account: int | None = None) -> HandIn | NotAllowed:
    """The same, for a channel that says itself why not; on that account (id) alone where it is given."""
    waits = draft(tx, who, number)
    if waits is None:
        return _became(tx, who, number)
    if account not in (None, waits.account):
        return HandIn.NONE
    contacts = waits.action is Action.CONTACTS_MANAGE
    if contacts:
        contact_changes.lock(tx, waits.account)  # before the ticket, as whoever asks for a change
    ask = build_ask(tx, who, waits.action, waits.account, service=waits.service)
    done = customer_tickets.hand_in(tx, ask, number)
    if isinstance(done, Denied):
        return NotAllowed(ask, done)
    if done and contacts:
        contact_requests.handed_in(tx, who, ask, number)
    return HandIn.DONE if done else _became(tx, who, number)


def _became(tx: Transaction, who: Actor, number: int) -> HandIn:
    was = customer_tickets.draft_is(tx, who.subject, number)
    return {"handed_in": HandIn.ALREADY, "withdrawn": HandIn.WITHDRAWN}.get(was, HandIn.NONE)


def permit(tx: Transaction, who: Actor, action: Action, number: int) -> Grant | None:
    """A customer's grant to view or answer the ticket of a number. None: they may not, or there is no such ticket; nobody hears which, and
    the same is read and written in both cases."""
    if not who.is_person:
        return None
    ask = _ask(tx, who, action, timeline.about(tx, number))
    if ask.account == _NO_ACCOUNT:
        tx.standing(ask)
        tx.record(who.subject, None, ask.cell, Reason.NOT_A_CONTACT, proof=ask.proof)
        return None
    verdict = tx.ask(ask)
    return verdict if isinstance(verdict, Grant) else None


_NO_ACCOUNT: Final = 0  # an id that none has


def _ask(tx: Transaction, who: Actor, action: Action, about: About | None) -> Ask:
    """On the account of a ticket; on none where there is no such ticket, which takes the same to find out."""
    if about is None or about.account is None:
        return build_ask(tx, who, action, _NO_ACCOUNT, Topic.TECHNICAL)
    return build_ask(tx, who, action, about.account, Topic(about.topic))
