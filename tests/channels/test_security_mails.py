"""Of somebody's own security, and of contacts that changed, exactly those are told whom the rules name, seen in a mail sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import tables
from store.jobs import job_queue
from tests.channels.mail_sink import HOLDINGS, NUMBERS, Sink, username


@pytest.fixture
def sink(sample_sqlite: str) -> Iterator[Sink]:
    made = Sink(sample_sqlite)
    with made.mailbox:
        made.told()
        yield made
        made.desk.close()


def test_of_somebodys_own_security_they_are_told_everywhere_and_their_owner_once(sink: Sink) -> None:
    """Every holding in every scheme, at an address that was replaced as well; of contacts that changed the account's
    owner alone, where they were told before as well."""
    owners = {"media_temple": "owner", "standard_roles": "owner", "memset": "admin_contact"}
    looked = 0
    for scheme, word in ((scheme, word) for scheme, holdings in HOLDINGS.items() for word in holdings):
        person, old = sink.person(scheme, word).person, f"{NUMBERS[scheme]}.old-{word.replace('_', '-')}@sink.example"
        with sink.desk.store.transaction("test") as tx:
            tx.connection.execute(tables.old_emails.insert().values(person_id=person, email=old, replaced_at=tx.now))
            job_queue.enqueue(tx, "notice", "pin_set", {"notice": "pin_set", "person": person})
        told = sink.told()
        assert {name: len(subjects) for name, subjects in told.items()} == {
            username(scheme, who): 1 for who in (word, f"old_{word}", owners[scheme])
        }, (scheme, word)
        looked += 1
    assert looked == 17
    for scheme, owner in owners.items():
        with sink.desk.store.transaction("test") as tx:
            told_of = {"notice": "contacts_changed", "account": sink.account(scheme)}
            job_queue.enqueue(tx, "notice", "contacts_changed", told_of)
        assert set(sink.told()) == {username(scheme, owner), username(scheme, f"old_{owner}")}
