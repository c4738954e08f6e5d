"""A code by mail: the desk asks somebody for proof, and they alone learn the code, at their address on file.

The queue holds whom it is for and never a code: it is made when the mail is sent, so a mail sent twice has two codes, of
which the newer one is good.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from authz import Grant, Subject
from store import tables
from store.accounts.people import is_support_id, lock, resolve
from store.codes import one_time_codes
from store.db.statements import of_late
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.staff import account_access
from store.staff.account_access import AccountAccess
from store.text import numbers
from store.verification import factors

KIND: Final = "proof_code"
APART: Final = 5 * 60_000  # ms from one mail to the next, whoever asks
A_DAY, DAY = 5, 24 * 3_600_000  # shorter than job_queue.KEPT, which is how far back can be counted


@dataclass(frozen=True, slots=True)
class ProofMail:
    """To be sent at once and kept nowhere. The code hides itself from logs."""

    to: str
    name: str
    code: str = field(repr=False)


def find(tx: Transaction, grant: Grant, words: str, region: str = "") -> int | AccountAccess | None:
    """The person whose support ID this is, or who alone has this telephone number on file, however it was typed (numbers.py): whether
    there is one, and nothing of who it is, may be told. Counted: `account_access.looks_up`."""
    tx.require(grant, "desk.proof.ask")
    if not account_access.looks_up(tx, grant):
        return AccountAccess.SPENT
    id = numbers.digits(words)
    known = is_support_id(id)
    person, _ = resolve(tx, id if known else None, None if known else numbers.telephone(words, region))
    tx.told(grant, "found:nobody" if person is None else f"found:{Subject.of_person(person)}")
    return person


def ask(tx: Transaction, grant: Grant, person: int) -> bool:
    """Has a code sent to them. False: one was just now, or enough of them today, or they are there no more, or their address is
    too young."""
    tx.require(grant, "desk.proof.ask")
    asked = (
        not is_young(tx, grant, person)
        and _may_be_sent(tx, person)
        and job_queue.enqueue_once(
            tx, KIND, f"{person}:{tx.now}", {"person": person}, ordering_key=job_queue.ordering_key_of(KIND, person)
        )
    )
    tx.told(grant, f"{'asked_proof_of' if asked else 'asked_no_proof_of'}:{Subject.of_person(person)}")
    return asked


def is_young(tx: Transaction, grant: Grant, person: int) -> bool:
    """Whether their address came on file so lately that nothing that proves is sent there."""
    tx.require(grant, "desk.proof.ask", "desk.pin.reissue")
    to = factors.address(tx, person)
    return to is not None and not to.good


def address(tx: Transaction, grant: Grant, person: int) -> ProofMail | None:
    """A new code and where it goes; the ones before it are no longer valid. None: they are there no more, or their address is too
    young by now."""
    tx.require(grant, "desk.deliver")
    to = factors.address(tx, person)
    if to is None or not to.good:
        return None
    tx.told(grant, "contact.name", "contact.email", f"code_sent_to:{Subject.of_person(person)}")
    return ProofMail(to.email, to.name, one_time_codes.issue(tx, "link", Subject.of_person(person)))


def _may_be_sent(tx: Transaction, person: int) -> bool:
    w = tables.jobs.c
    if not lock(tx, person):
        return False
    sent = select(func.count(), func.max(w.created_at)).where(
        w.kind == KIND, w.key.startswith(f"{person}:"), of_late(w.created_at, tx.now, DAY)
    )
    today, last = tx.connection.execute(sent).one()
    return today < A_DAY and (last is None or last <= tx.now - APART)
