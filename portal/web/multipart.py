"""A form that brings files (multipart/form-data, RFC 7578): its fields and files, out of a body that is here whole and within bounds.

Thirty lines rather than a library: what libraries do well, streams and spooled files, is what a bounded body has no need of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from typing import Final

MOST_FILES: Final = 5
MOST_PARTS: Final = 25
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
_LONGEST_HEAD: Final = 2_048  # bytes


class BrokenFormError(ValueError):
    """It is no such form, or has more parts than any of ours."""


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """A file as a browser sent it. Its name and type are what the sender says, and nothing is believed of them."""

    name: str
    content_type: str
    content: bytes


def boundary(content_type: str) -> bytes:
    """Empty where it is no such form."""
    head = _head(b"Content-Type: " + content_type.encode("latin-1", "replace"))
    found = head.get_param("boundary") if head.get_content_type() == "multipart/form-data" else ""
    return found.encode() if isinstance(found, str) and _BOUNDARY.fullmatch(found) else b""


def read(body: bytes, parted_by: bytes) -> tuple[list[tuple[str, str]], list[Upload]]:
    """Raises `BrokenFormError`. A file field in which nothing was chosen is no file."""
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + parted_by, MOST_PARTS + 2)
    if first or len(parts) > MOST_PARTS or not parts or parts[-1].rstrip(b"\r\n") != b"--":
        raise BrokenFormError("no form, or too many parts")
    fields: list[tuple[str, str]] = []
    files: list[Upload] = []
    for part in parts[:-1]:
        lines, gap, content = part.partition(b"\r\n\r\n")
        head = _head(lines.removeprefix(b"\r\n"))
        name = head.get_param("name", header="content-disposition")
        if not gap or len(lines) > _LONGEST_HEAD or not isinstance(name, str):
            raise BrokenFormError("a part without its head")
        filename = head.get_param("filename", header="content-disposition")
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        elif isinstance(filename, str) and (filename or content):
            files.append(Upload(filename, head.get_content_type(), content))
    if len(files) > MOST_FILES:
        raise BrokenFormError("too many files")
    return fields, files


def _head(lines: bytes) -> Message:
    """What stands before the content; browsers write names in it as UTF-8."""
    made = Message()
    for line in lines.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        made[name.strip() or "X"] = value.strip().replace("\r", " ").replace("\n", " ")
    return made
