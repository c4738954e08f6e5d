"""What tickets are made of over the wire, whoever asks: messages, files, what is sent to be said."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.v1.moments import Moment
from api.v1.requests import Answer
from desk import tickets
from store.messages.attachments import Content
from store.messages.timeline import Said, Sent
from store.text.cleaning import cleaned

LONGEST: Final = 12_000  # characters of one message
HIGHEST: Final = 2**53
Number = Annotated[int, Path(ge=1, le=HIGHEST, description="The ticket's number.")]
FileId = Annotated[int, Path(ge=1, le=HIGHEST, description="The `id` of a file of the ticket.")]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST, description="What is said, as plain text.")]


class Made(BaseModel):
    """The number of the ticket."""

    number: int


class TicketFile(BaseModel):
    """`size` in bytes. `ready`: it can be fetched."""

    id: int
    name: str
    size: int
    ready: bool


class TicketMessage(BaseModel):
    """`by` is desk, customer or program; `name` theirs: of a system of the operator's, that of its key. `event` is a word for what happened, empty for what was
    said. `withdrawn`: its author took it back."""

    id: int
    by: str
    name: str
    at: Moment
    text: str
    event: str
    edited: bool
    withdrawn: bool
    files: list[TicketFile]


class NewFile(BaseModel):
    """A file to be kept with what is said. `content` is base64 (RFC 4648, 4)."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(min_length=4, json_schema_extra={"contentEncoding": "base64"})]

    @field_validator("content")
    @classmethod
    def _base64(cls, content: str) -> str:
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("is no base64") from None
        return content


class Sending(BaseModel):
    """`words` with `files`."""

    model_config = ConfigDict(extra="forbid")
    words: Words
    files: Annotated[list[NewFile], Field(max_length=tickets.MOST_FILES)] = []

    @field_validator("words")
    @classmethod
    def _cleaned(cls, words: str) -> str:
        said = cleaned(words).strip()
        if not said:
            raise ValueError("says nothing")
        return said

    def sent(self) -> list[Sent]:
        return tickets.files_sent("api", ((one.name, base64.b64decode(one.content)) for one in self.files))


def message(said: Said) -> TicketMessage:
    by = "desk" if said.by_desk else "customer" if said.author.is_person else "program"
    files = [TicketFile(id=one.id, name=one.name, size=one.size, ready=one.fetched) for one in said.files]
    return TicketMessage(
        id=said.id,
        by=by,
        name=said.name,
        at=said.at,
        text=said.body,
        event=said.event,
        edited=said.edited,
        withdrawn=said.withdrawn,
        files=files,
    )


def download(found: Content) -> Answer:
    saved = f"attachment; filename*=UTF-8''{quote(found.name or 'file', safe='')}"
    return Answer(None, headers={"Content-Disposition": saved}, raw=(found.content, "application/octet-stream"))


def at(number: int) -> dict[str, str]:
    """The header that says where a ticket is."""
    return {"Location": f"/api/v1/tickets/{number}"}
