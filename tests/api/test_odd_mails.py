"""Whatever bytes a mail is made of, it is read, in the time its length takes; and what is read can be kept, shown and made a ticket."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any, Final

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
    read, refused, slowest, began = 0, 0, 0.0, time.perf_counter()
    for raw in mails(many, SEED):
        before = time.process_time()
        try:
            fits(reading.read(raw, "x@y.example", server="mx.desk.example"))
        except reading.TooMuchError:
            refused += 1
        slowest, read = max(slowest, time.process_time() - before), read + 1
    assert read == many
    assert refused < many / 100
    print(
        f"{read} odd mails, {refused} of them too much to read, in {time.perf_counter() - began:.1f} s, the slowest in {slowest * 1000:.0f} ms"
    )


HEAD: Final = b"From: a@b.example\nMessage-ID: <a@b.example>\n"
N: Final = 1_000_000  # bytes
HOSTILE: Final = {
    "encoded words without an end": HEAD + b"Subject: " + b"=?" * (N // 2) + b"\n\nx",
    "comments within comments": b"From: " + b"(" * N + b"\n\nx",
    "a quote without an end": b"From: " + b'"\\' * (N // 2) + b"\n\nx",
    "parameters": HEAD + b"Content-Type: multipart/mixed; " + b"a=b;" * (N // 4) + b"\n\nx",
    "parts of parameters": HEAD + b"Content-Type: text/plain; " + b"name*0*=a;" * (N // 10) + b"\n\nx",
    "results of nobody": HEAD + b"Authentication-Results: " + b"(" * N + b"\n\nx",
    "references": HEAD + b"References: " + b"<a@b> " * (N // 6) + b"\n\nx",
    "tags without an end": HEAD + b"Content-Type: text/html\n\n" + b"<a b=" * (N // 5),
    "declarations without an end": HEAD + b"Content-Type: text/html\n\n" + b"<!" * (N // 2),
    "a charset for names": HEAD + b"Content-Type: text/plain; charset=idna\n\n" + b"z9." * (N // 3),
    "nothing but introductions": HEAD + b"\n" + b"On a\n" * (N // 5),
    "nothing but headers in its text": HEAD + b"\n" + b"From: a\n" * (N // 8),
}
TOO_MUCH: Final = {
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\na\n" * (N // 8),
    "parts within parts": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(900)),
    "mails within mails": HEAD + b"Content-Type: message/rfc822\n\n" * 900,
    "headers": b"A: b\n" * (N // 5) + b"\nx",
    "lines": HEAD + b"\n" * N,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_made_to_take_long_does_not(what: str) -> None:
    """Without its bound each of these holds the processor for ten seconds or for hours: 25 KB of the same take more than this."""
    before = time.process_time()
    fits(reading.read(HOSTILE[what], "x@y.example", server="mx.desk.example"))
    assert time.process_time() - before < 3


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_no_program_writes_is_not_read(what: str) -> None:
    with pytest.raises(reading.TooMuchError):
        reading.read(TOO_MUCH[what], "x@y.example")


def test_the_latest_words_are_what_is_kept() -> None:
    quoted = {
        "It works.\n\nOn Sun, 22 Nov 2026 at 12:00, Kim <kim@desk.example>\nwrote:\n> Try again.\n": "It works.",
        "Danke!\n\nAm 22.11.2026 um 12:00 schrieb Kim:\n> Nochmal.\n": "Danke!",
        "It works.\n\n-----Original Message-----\nFrom: Kim\nTry again.": "It works.",
        "It works.\n\n________________________________\nFrom: Kim\nSent: Sunday\nTry again.": "It works.",
        "It works.\n\nFrom: Kim\nSent: Sunday\nTo: Mia\nSubject: it\n\nTry again.": "It works.",
        "It works.\n-- \nMia Chen\nTideworks": "It works.",
        "It works.\n\nSent from my telephone": "It works.",
        "On Sun Kim wrote:\n> Does it work?\nYes.\n> Always?\nNo.": "On Sun Kim wrote:\nYes.\nNo.",
        "> only what somebody else wrote": "> only what somebody else wrote",
        "On a Sunday I wrote a letter: it came back.": "On a Sunday I wrote a letter: it came back.",
    }
    for text, words in quoted.items():
        read = reading.read(written("a@b.example", text).as_bytes(), "a@b.example")
        assert read.words == words
        plain = "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
        assert read.whole == ("" if plain == words else plain)


def test_html_alone_is_read_as_it_is_seen() -> None:
    mail = written("a@b.example", "")
    mail.set_content(
        "<style>p{}</style><p>It is <b>down</b>.<br>Really &amp; truly<blockquote>Try again</blockquote>", "html"
    )
    read = reading.read(mail.as_bytes(), "a@b.example")
    assert (read.words, read.whole) == ("It is down.\nReally & truly", "It is down.\nReally & truly\n> Try again")


def test_only_the_operators_own_server_is_read() -> None:
    for header, signals in {
        "mx.desk.example; dkim=pass (good) header.d=x; spf=fail; dmarc=none": (
            ("dkim", "pass"),
            ("spf", "fail"),
            ("dmarc", "none"),
        ),
        "MX.desk.example 1; spf=softfail": (("spf", "softfail"),),
        "mx.desk.example.evil.example; dkim=pass": (),
        "evil.example; dkim=pass": (),
        "evil.example (mx.desk.example); dkim=pass": (),
    }.items():
        raw = written("a@b.example", "x", Authentication_Results=header).as_bytes()
        assert reading.read(raw, "a@b.example", server="mx.desk.example").signals == signals
        assert reading.read(raw, "a@b.example").signals == ()
