"""Odd mails: bytes as broken programs and bored people send them, drawn anew from a seed."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Final

CHARSETS: Final = (
    "utf-8",
    "iso-8859-1",
    "windows-1252",
    "utf-16",
    "shift_jis",
    "koi8-r",
    "utf-7",
    "no-such-charset",
    "",
    "\x00",
    "unknown-8bit",
    "idna",
    "rot13",
    "base64",
)
ENCODINGS: Final = ("7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "binary", "none", "", "BASE64 ")
KINDS: Final = (
    *(
        "text/plain",
        "text/html",
        "text",
        "/",
        "multipart/mixed",
        "multipart/alternative",
        "message/rfc822",
        "message/delivery-status",
    ),
    *(
        "multipart/report; report-type=delivery-status",
        "application/octet-stream",
        "image/png; name*=utf-8''a%ff.png",
        "message/partial; id=a",
    ),
    *(
        "text/plain; charset",
        "text/calendar",
        "multipart/signed",
        "application/ms-tnef",
        "message/external-body; access-type=url",
    ),
)
DISPOSITIONS: Final = (
    *("inline", 'attachment; filename="../../etc/passwd"', "attachment; filename*=x''%"),
    *("attachment; filename*0=a; filename*2=b", ""),
)
RESULTS: Final = (*("mx.desk.example; dkim=pass; spf=fail", "(" * 200, "mx.desk.example", "other; dkim=pass", ";=;="),)
NAMES: Final = (
    *(
        "From",
        "To",
        "Subject",
        "Message-ID",
        "References",
        "In-Reply-To",
        "Date",
        "Auto-Submitted",
        "Precedence",
        "List-Id",
        "Received",
    ),
    *(
        "Authentication-Results",
        "Content-Type",
        "Content-Disposition",
        "Content-Transfer-Encoding",
        "MIME-Version",
        "X-\xff",
        "Reply-To",
    ),
)
ADDRESSES: Final = (
    *(
        "mia@tideworks.example",
        "Mia <mia@tideworks.example>",
        "<>",
        "",
        "@",
        "a@b@c",
        "Mia <mia@tideworks.example>, Leo <leo@x.example>",
        "mia@[127.0.0.1]",
    ),
    *(
        "=?utf-8?q?M=C3=ADa?= <mia@tideworks.example>",
        "=?utf-8?b?////?= <x@y.example>",
        '"quo\\"ted" <q@x.example>',
        "undisclosed:;",
        "mia@exämple.example",
    ),
    *(
        "(a comment (nested) <mia@tideworks.example>",
        "mia@tideworks.example\x00",
        "<" * 400,
        ",".join(f"a{n}@x.example" for n in range(300)),
        "=?x?y?z?=",
    ),
)
WORDS: Final = (
    *(
        "It is down.",
        "",
        "\x00\x01\x02",
        "é" * 50,
        "\u202eabc",
        ">" * 200,
        "On Monday Sam wrote:\n> a\n",
        "-- \nMia",
        "a" * 5_000,
        "\n" * 300,
    ),
    *(
        "<p>Hello<br>world",
        "<" * 500,
        "<!-- " * 50,
        "<blockquote>" * 60 + "x",
        "&#x110000;&#0;&bogus;",
        "<script>alert(1)</script>",
        "On " * 200,
        "From: a\n" * 40,
    ),
    *(
        ".",
        "..\r\n.",
        "begin 644 x\nM",
        "=\n==3D=ZZ=",
        base64.b64encode(b"words " * 30).decode(),
        "-----Original Message-----\nFrom: a",
        "\ud800" * 3,
    ),
)


def mails(many: int, seed: int) -> Iterator[bytes]:
    draw = random.Random(seed)
    for _ in range(many):
        yield _mail(draw)


def _mail(draw: random.Random) -> bytes:
    end = draw.choice(("\r\n", "\r\n", "\n", "\r"))
    head = [_header(draw, name) for name in draw.sample(NAMES, draw.randint(0, 9))]
    head += [_header(draw, "From"), _header(draw, "Subject")] if draw.random() < 0.8 else []
    if draw.random() < 0.02:
        head += [f"X-Many-{n}: {'x' * 200}" for n in range(500)]
    if draw.random() < 0.02:
        head.append("Subject: " + "=?" * 4_000)
    if draw.random() < 0.02:
        head.append("References: " + "<a@b.example> " * 2_000)
    if draw.random() < 0.05:
        head.append(
            draw.choice(("no colon here", ": nothing", " continued from nowhere", "\x00: \x00", "From mia@x Mon"))
        )
    draw.shuffle(head)
    raw = end.join([*head, "", _body(draw, draw.randint(0, 4))])
    found = raw.encode("utf-8", "surrogatepass")
    if draw.random() < 0.3:
        found = _broken(draw, found)
    return found


def _header(draw: random.Random, name: str) -> str:
    match name:
        case "From":
            value = draw.choice(ADDRESSES)
        case "Content-Type":
            edge = draw.choice(("=b", '"', "", "x" * 90))
            value = f"{draw.choice(KINDS)}; charset={draw.choice(CHARSETS)}; boundary={edge}"
        case "Content-Transfer-Encoding":
            value = draw.choice(ENCODINGS)
        case "Content-Disposition":
            value = draw.choice(DISPOSITIONS)
        case "Authentication-Results":
            value = draw.choice(RESULTS)
        case _:
            value = draw.choice((*WORDS[:6], *ADDRESSES))
    return f"{name}: {value}"


def _body(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.4:
        return "\n".join(draw.sample(WORDS, draw.randint(0, 4)))
    edge = draw.choice(("=b", "x" * 90, ""))
    parts = []
    for _ in range(draw.randint(0, 4)):
        names = draw.sample(("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"), draw.randint(0, 3))
        parts.append("\n".join((f"--{edge}", *(_header(draw, name) for name in names), "", _body(draw, depth - 1))))
    return "\n".join((*parts, f"--{edge}--" if draw.random() < 0.7 else ""))


def _broken(draw: random.Random, raw: bytes) -> bytes:
    """Bytes changed, taken out or put in; or its end is missing."""
    made = bytearray(raw)
    for _ in range(draw.randint(1, 20)):
        if made:
            at = draw.randrange(len(made))
            made[at : at + draw.randint(0, 3)] = bytes(draw.randrange(256) for _ in range(draw.randint(0, 3)))
    return bytes(made[: draw.randrange(len(made) + 1)]) if draw.random() < 0.3 else bytes(made)
