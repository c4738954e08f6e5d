"""Connections to the desk, as many as are needed at once and each kept a little: HTTP/1.1 as Twilio and Slack speak it, with the time an answer took.

lines = Lines("127.0.0.1", 8000)
answer = await lines.post("/ivr/voice", body, {"X-Twilio-Signature": …}, patience=15)     # answer.status is 0 where none came
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

IDLE: Final = 2.0  # seconds a connection rests before another is opened: uvicorn closes them after five
FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """`status` 0: none came within the patience, or the connection broke; `heard`: whether anybody was there at all. `took` in seconds."""

    status: int
    body: bytes
    took: float
    heard: bool = True


class _Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.used = reader, writer, time.monotonic()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        self.used = time.monotonic()
        return int(head[9:12]), body


class Lines:
    """To one address."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[_Line] = []
        self.open = 0  # at this moment

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Answer:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        lead = f"POST {path} HTTP/1.1\r\nHost: desk\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        began, line = time.perf_counter(), None
        try:
            async with asyncio.timeout(patience):
                line = await self._line()
                status, said = await line.ask(lead.encode() + body)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            if line is not None:
                self._drop(line)
            return Answer(0, b"", time.perf_counter() - began, line is not None)
        self._free.append(line)
        return Answer(status, said, time.perf_counter() - began)

    async def _line(self) -> _Line:
        while self._free:
            line = self._free.pop()
            if time.monotonic() - line.used < IDLE and not line.reader.at_eof():
                return line
            self._drop(line)
        line = _Line(*await asyncio.open_connection(self._host, self._port))
        self.open += 1
        return line

    def _drop(self, line: _Line) -> None:
        self.open -= 1
        with suppress(OSError, RuntimeError):
            line.writer.close()

    def close(self) -> None:
        while self._free:
            self._drop(self._free.pop())
