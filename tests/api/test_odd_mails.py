"""Whatever bytes a mail is made of, it is read, in the time its length takes; and what is read can be kept, shown and made a ticket."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import pytest

from api.mail import automatic, reading
from store.mail_in.pending_mails import Mail
from store.text.cleaning import cleaned
from tests.api.mailing import written
from tests.api.odd_mails import mails

FEW, ALL = 400, 10_000
SEED = 20261130


def fits(mail: Mail) -> None:
    """What `store` and the pages may take for granted."""
    for one in fields(mail):
        value: Any = getattr(mail, one.name)
        if isinstance(value, str):
            assert cleaned(value) == value, one.name
            value.encode()
    assert mail.automatic in ("", *automatic.AUTOMATIC)
    assert len(mail.title) <= reading.LONGEST_TITLE
    assert len(mail.words) <= reading.LONGEST_WORDS
    assert "\n" not in mail.title + mail.sender + mail.id
    for file in mail.files:
        assert file.name
        assert "/" not in file.name
        file.name.encode()


def test_odd_mails_are_read(request: pytest.FixtureRequest) -> None:
    many = ALL if request.config.getoption("--everything") else FEW
    read, slowest, began = 0, 0.0, time.perf_counter()
    for raw in mails(many, SEED):
        before = time.perf_counter()
        fits(reading.read(raw, "x@y.example", server="mx.desk.example"))
        slowest, read = max(slowest, time.perf_counter() - before), read + 1
    assert read == many
    print(f"{read} odd mails in {time.perf_counter() - began:.1f} s, the slowest in {slowest * 1000:.0f} ms")
