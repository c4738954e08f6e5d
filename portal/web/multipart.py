"""A form that brings files (multipart/form-data, RFC 7578): its fields and files, out of a body that is here whole and within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

MOST_PARTS: Final = 200
_FORM: Final = "multipart/form-data"
_LONGEST_BOUNDARY: Final = 70  # RFC 2046 5.1.1
# Whole in memory, as the body is: nothing that a customer sends is written to a disk before it is sealed.
_CONFIG: Final = {"MAX_MEMORY_FILE_SIZE": 1 << 30, "MAX_HEADER_SIZE": 2_048, "UPLOAD_ERROR_ON_BAD_CTE": True}


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
    kind, given = parse_options_header(content_type)
    found: bytes = given.get(b"boundary", b"")
    return found if kind == _FORM.encode() and len(found) <= _LONGEST_BOUNDARY else b""


def read(body: bytes, parted_by: bytes) -> tuple[list[tuple[str, str]], list[Upload]]:
    """Raises `BrokenFormError`. A file field in which nothing was chosen is no file."""
    fields: list[tuple[str, str]] = []
    files: list[Upload] = []
    ended: list[bool] = []

    def is_there_room() -> None:
        if len(fields) + len(files) >= MOST_PARTS:
            raise BrokenFormError("too many parts")

    def on_field(field: Field) -> None:
        is_there_room()
        fields.append((_text(field.field_name), _text(field.value)))

    def on_file(file: File) -> None:
        is_there_room()
        file.file_object.seek(0)
        content = file.file_object.read()
        file.close()
        if file.file_name or content:
            kind, _ = parse_options_header(file.content_type)
            files.append(Upload(_text(file.file_name), _text(kind) or "text/plain", content))

    try:
        parser = FormParser(_FORM, on_field, on_file, lambda: ended.append(True), boundary=parted_by, config=_CONFIG)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise BrokenFormError("no form") from None
    if not ended:
        raise BrokenFormError("a form that is cut off")
    return fields, files


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
