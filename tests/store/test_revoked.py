"""T14 and T19: a right that is withdrawn is gone for whatever begins after that, however close; and a contact who is removed has nothing."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select

from authz import Action, Ask, Denied, Grant, Proof, Reason, Subject, Topic
from store import Keys, tables
from store.accounts import account_details
from store.codes import one_time_codes
from store.imports.file_format import read
from store.imports.import_run import run
from store.verification import step_ups, transfer_codes
from tests.desk import SECRET
from tests.rights import hold
from tests.store.clocked import Clocked

ROUNDS = int(os.environ.get("SOAK_REVOCATIONS", "60"))
READERS = 4
MIA, TIDEWORKS = 8, 3
OPENS = Ask(Subject.of_person(MIA), Action.TICKET_OPEN, TIDEWORKS, Topic.TECHNICAL, Proof.VERIFIED)


@pytest.fixture
def desk(sample_url: str) -> Iterator[Clocked]:
    opened = Clocked(sample_url, Keys.parse(SECRET))
    yield opened
    opened.close()


def test_nothing_is_told_that_was_begun_after_a_right_was_withdrawn(desk: Clocked) -> None:
    """Readers ask and read all the while; the right comes and goes. What began after a withdrawal was committed and ended
    before the right was given back may have read nothing."""
    c = tables.contacts.c
    hers = (c.person_id == MIA, c.account_id == TIDEWORKS)
    withdrawn: list[tuple[float, float]] = []  # from its commit until the right is about to come back
    told: list[tuple[float, float]] = []
    refused, over = itertools.count(), threading.Event()

    def reads() -> None:
        while not over.is_set():
            began = time.perf_counter()
            with desk.store.transaction("test") as tx:
                verdict = tx.ask(OPENS)
                if isinstance(verdict, Denied):
                    next(refused)
                    continue
                account_details.service_names(tx, verdict)
            told.append((began, time.perf_counter()))

    def comes_and_goes() -> None:
        try:
            for _ in range(ROUNDS):
                desk.do(lambda tx: hold(tx, "", *hers))
                gone = time.perf_counter()
                before = len(told)
                while len(told) < before + 1 and time.perf_counter() - gone < 0.004:
                    os.sched_yield()
                withdrawn.append((gone, time.perf_counter()))
                desk.do(lambda tx: hold(tx, "manage_support", *hers))
                until = len(told) + READERS
                while len(told) < until:
                    os.sched_yield()
        finally:
            over.set()

    with ThreadPoolExecutor(READERS + 1) as threads:
        readers = [threads.submit(reads) for _ in range(READERS)]
        threads.submit(comes_and_goes).result()
        for reader in readers:
            reader.result()
    assert len(withdrawn) == ROUNDS
    assert len(told) > ROUNDS * READERS
    assert next(refused) > 0, "nobody asked while the right was gone: the test saw nothing"
    wrong = [(began, ended) for began, ended in told for gone, back in withdrawn if gone <= began and ended <= back]
    assert not wrong


def test_a_contact_who_is_removed_has_nothing_at_the_next_request(desk: Clocked) -> None:
    """So many people with a proof, a code to carry it and one to link Slack: off the account, and every way is shut."""
    many = int(os.environ.get("SOAK_REMOVALS", "100"))
    people = desk.add_people(many)
    new = [{"person_id": one, "account_id": TIDEWORKS} for one in people]
    desk.do(lambda tx: tx.connection.execute(insert(tables.contacts), new))
    desk.do(lambda tx: hold(tx, "manage_support", tables.contacts.c.person_id.in_(people)))
    carry = {}
    for one in people:
        subject = Subject.of_person(one)
        with desk.transaction() as tx:
            assert isinstance(tx.ask(OPENS._replace(subject=subject)), Grant)
            step_ups.reached(tx, subject, TIDEWORKS, "authenticator", f"CA{one}", ends_at=tx.now + 900_000)
            one_time_codes.issue(tx, "link", subject)
            carry[one] = transfer_codes.give(
                tx, transfer_codes.TO_SLACK, subject, TIDEWORKS, f"CA{one}", Topic.TECHNICAL
            )
    assert all(carry.values())
    c = tables.contacts.c
    desk.do(lambda tx: tx.connection.execute(tables.contacts.delete().where(c.person_id.in_(people))))
    shut = 0
    for one in people:
        subject = Subject.of_person(one)
        with desk.transaction() as tx:
            tx.proved_further(subject, TIDEWORKS)
            verdict = tx.ask(OPENS._replace(subject=subject, proof=Proof.STEPPED_UP))
            nowhere = not tx.offer_accounts(subject, Proof.STEPPED_UP, [(Action.TICKET_OPEN, Topic.TECHNICAL)])
            transfer_codes.take(tx, transfer_codes.TO_SLACK, subject, carry[one] or "", "T0DESK:U0X")
            still = tx.ask(OPENS._replace(subject=subject, proof=Proof.STEPPED_UP))
        shut += nowhere and all(
            isinstance(one, Denied) and one.reason is Reason.NOT_A_CONTACT for one in (verdict, still)
        )
    assert shut == many


def test_an_import_that_leaves_somebody_out_ends_what_they_proved(desk: Clocked) -> None:
    from tests.store.importing import SAMPLE

    document = {**SAMPLE, "accounts": [dict(account) for account in SAMPLE["accounts"]]}
    tide = next(account for account in document["accounts"] if account["number"] == "400639")
    tide["contacts"] = [contact for contact in tide["contacts"] if contact["person"] != "mia.chen"]
    with desk.transaction() as tx:
        assert isinstance(tx.ask(OPENS), Grant)
    import json

    run(desk.store, read(json.dumps(document).encode()))
    with desk.transaction() as tx:
        assert isinstance(tx.ask(OPENS), Denied)
        c = tables.contacts.c
        assert not tx.connection.execute(select(c.person_id).where(c.person_id == MIA)).all()
