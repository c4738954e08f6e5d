"""T52: whoever makes keys up keeps busy the places of their own address alone."""

from __future__ import annotations

import asyncio
import secrets
import string
import zlib
from collections import Counter
from contextlib import ExitStack

from starlette.types import Message

from tests.api.asking import HARBOUR, OLIVIA, customers
from tests.desk import Desk


def made_up_key() -> str:
    """Of the right shape, and nobody's."""
    body = "dgk_" + "".join(secrets.choice(string.digits) for _ in range(43))
    number, letters = zlib.crc32(body.encode()), string.digits + string.ascii_uppercase + string.ascii_lowercase
    return body + "".join(letters[number // 62**place % 62] for place in range(5, -1, -1))


def test_an_address_that_makes_keys_up_leaves_a_place_to_a_good_key_that_is_new(one_desk: Desk) -> None:
    """Of 150 at once most are refused; they had kept out a key that this process had not seen yet."""
    good, app = customers(one_desk, OLIVIA, HARBOUR), one_desk.app

    async def asked(address: str, key: str) -> int:
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        async def send(message: Message) -> None:
            said.append(message)

        head = {"authorization": f"Bearer {key}", "x-forwarded-for": address}
        scope = {"type": "http", "method": "GET", "path": "/api/v1/key", "raw_path": b"/api/v1/key", "root_path": ""}
        scope |= {"headers": [(name.encode(), value.encode()) for name, value in head.items()]}
        scope |= {"query_string": b"", "scheme": "https", "client": ("127.0.0.1", 9), "http_version": "1.1"}
        await app(scope, receive, send)
        return int(said[0]["status"])

    async def all_at_once(nobody_else: ExitStack) -> tuple[Counter[int], int]:
        nobody_else.enter_context(one_desk.store.transaction("shell"))  # so that all have to wait
        many = [asyncio.ensure_future(asked("203.0.113.7", made_up_key())) for _ in range(150)]
        for _ in range(100):
            await asyncio.sleep(0)
        one = asyncio.ensure_future(asked("198.51.100.1", good.key))
        for _ in range(100):
            await asyncio.sleep(0)
        nobody_else.close()
        return Counter(await asyncio.gather(*many)), await one

    with ExitStack() as nobody_else:
        many, one = asyncio.run(all_at_once(nobody_else))
    assert one == 200
    assert many[401] < 32
    assert many[401] + many[503] == 150
