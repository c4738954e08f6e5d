"""A mail as it came over the wire, read into what is kept of it. Whatever the bytes are, something comes of them, or it is more than anybody writes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32, Policy
from typing import Final

from api.mail import automatic, headers, html_text, quotes, signals
from store.mail_in.pending_mails import Mail, MailFile
from store.text import addresses
from store.text.cleaning import cleaned

LONGEST_TITLE: Final = 200  # characters
LONGEST_WORDS: Final = 12_000  # as on the pages
LONGEST_WHOLE: Final = 100_000  # as many as are looked at for codes
MOST_FILES: Final = 10  # as on the pages
LARGEST_FILES: Final = 20 * 1024 * 1024  # bytes, of all together
MOST_PARTS: Final = 500
MOST_HEADERS: Final = 2_000  # of all parts together
MOST_LINES: Final = 600_000  # 30 MB as mail programs write them are 400,000
LONGEST_PARAMETERS: Final = 2_000
DEEPEST: Final = 20


class TooMuchError(ValueError):
    """More parts, headers or lines than any mail program writes, or parts within parts: reading it would take too long."""


def read(raw: bytes, returns_to: str, *, server: str = "", ours: frozenset[str] = frozenset()) -> Mail:
    """`returns_to`: the address of the SMTP session's MAIL FROM, empty for `<>`; `server`: whose Authentication-Results are read; `ours` as in
    automatic.py. Raises `TooMuchError`."""
    mail = _parsed(raw)
    parts = list(_parts(mail))
    sender = headers.sender(mail)
    whole = _text(parts)
    words = quotes.new_words(whole)[:LONGEST_WORDS]
    files, left_out = _files(parts)
    results = headers.values(mail, "Authentication-Results")
    return Mail(
        id=next(iter(headers.ids(mail, "Message-ID")), ""),
        sender=sender,
        returns_to=returns_to if addresses.is_address(returns_to) else "",
        title=headers.text(mail, "Subject")[:LONGEST_TITLE],
        words=words,
        whole=whole if whole != words else "",
        refers=headers.ids(mail, "References", "In-Reply-To"),
        automatic=automatic.why(mail, returns_to, addresses.folded(sender), ours),
        signals=signals.read(results, server),
        vouched_by=signals.vouched_by(results, server, sender),
        refuted=signals.refutes(results, server),
        files=files,
        left_out=left_out,
    )


def _parsed(raw: bytes) -> Message:
    if raw.count(b"\n") > MOST_LINES:
        raise TooMuchError
    left = MOST_PARTS

    def part(policy: Policy[Message] | None = None) -> Message:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooMuchError
        return Message(policy=policy) if policy is not None else Message()

    try:
        policy = _Bounds(seen=_Seen())  # type: ignore[call-arg] # a policy takes what it has
        return BytesParser(part, policy=policy).parsebytes(raw)
    except RecursionError:
        raise TooMuchError from None


def _parts(mail: Message, depth: int = 0) -> Iterator[Message]:
    """Those that hold something, in their order. Not the mails that come inside it: they are files."""
    if mail.get_content_type() == "message/rfc822" or not mail.is_multipart() or depth >= DEEPEST:
        yield mail
        return
    for part in mail.get_payload():
        if isinstance(part, Message):
            yield from _parts(part, depth + 1)


def _text(parts: list[Message]) -> str:
    """The plain parts, or where they say nothing the HTML."""
    shown = [part for part in parts if _name(part) == "" and part.get_content_disposition() != "attachment"]
    for kind, read_as in (("text/plain", str), ("text/html", html_text.text_of)):
        found = (read_as(_decoded(_payload(part), part)) for part in shown if part.get_content_type() == kind)
        text = "\n\n".join(filter(str.strip, found))[:LONGEST_WHOLE]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in cleaned(text).split("\n"))).strip("\n")
        if text.strip():
            return text
    return ""


def _files(parts: list[Message]) -> tuple[tuple[MailFile, ...], tuple[str, ...]]:
    kept: list[MailFile] = []
    left_out: list[str] = []
    size = 0
    for part in parts:
        is_text = part.get_content_type() in ("text/plain", "text/html")
        if is_text and not _name(part) and part.get_content_disposition() != "attachment":
            continue
        content, name = _payload(part), _name(part) or "file"
        if not content:
            continue
        if len(kept) == MOST_FILES or size + len(content) > LARGEST_FILES:
            left_out.append(name)
            continue
        size += len(content)
        kept.append(MailFile(name, content))
    return tuple(kept), tuple(left_out[:MOST_FILES])


def _name(part: Message) -> str:
    """As its sender names a file, without the way to it; empty: it has none."""
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):  # of parameters nobody can read
        return "file"
    raw = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    last = " ".join(re.split(r"[/\\]", cleaned(raw))[-1].split())[:200].strip()
    return last if last.strip(".") else "file" if name else ""


def _payload(part: Message) -> bytes:
    """The bytes of a part; of a mail inside this one, that mail."""
    if part.is_multipart():
        inner = part.get_payload()
        held = inner[0] if isinstance(inner, list) and inner else None
        try:
            return held.as_bytes() if isinstance(held, Message) else b""
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # it cannot be written again
            return b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(content: bytes, part: Message | None) -> str:
    charset = "utf-8"
    if part is not None:
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            charset = str(part.get_content_charset("utf-8"))
    return headers.decoded(content, charset)


@dataclass
class _Seen:
    headers: int = 0


class _Bounds(Compat32):
    """How a mail is parsed: each header so far as it is looked at, and no more of them than a mail has. Python's parser takes the square of the time
    for what is longer."""

    seen: _Seen | None = None

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        assert self.seen is not None
        self.seen.headers += 1
        if self.seen.headers > MOST_HEADERS:
            raise TooMuchError
        name, _, value = sourcelines[0].partition(":")
        most = LONGEST_PARAMETERS if name.lower().startswith("content-") else headers.LONGEST
        whole = value.lstrip(" \t") + "".join(sourcelines[1:])
        return name, whole[:most].rstrip("\r\n")
