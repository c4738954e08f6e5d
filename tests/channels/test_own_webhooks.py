"""What a webhook says of who did it, for a program that is told of what it has done itself."""

from __future__ import annotations

import time

from tests.api.asking import operators
from tests.channels.endpoint import Endpoint
from tests.channels.test_webhooks import LOOPBACK, added, says, ticket_by_phone
from tests.desk import Desk
from tests.portal.browsing import Agent


def test_who_did_it_is_said_and_what_a_key_did_is_known_by_the_key(sample_sqlite: str) -> None:
    """Whoever takes webhooks and answers by a key leaves out what is its own, or both sides talk to themselves."""
    desk = Desk(sample_sqlite, **LOOPBACK)
    desk.now = int(time.time() * 1000)  # whoever checks a signature looks at the clock on the wall
    with Endpoint() as endpoint:
        secret = added(desk, endpoint.url, "ticket.answered", "ticket.closed", "ticket.reopened")
        ticket_by_phone(desk)
        ours = operators(desk, "tickets:read", "tickets:write")
        at = "/tickets/1001"
        ours.post(f"{at}/messages", {"words": "It is up again."})
        for status in ("closed", "open"):
            desk.pass_time(1)
            ours.ask("PATCH", at, {"status": status}, If_Match=ours.get(at).headers["etag"])
        kim = Agent(desk)
        kim.sign_in()
        kim.get("/desk/tickets/1001")
        kim.send("/desk/tickets/1001/take")
        kim.get("/desk/tickets/1001")
        desk.pass_time(1)
        kim.send("/desk/tickets/1001/status", status="closed")
        desk.work()
        by_key = {"kind": "key", "name": "a system of ours", "key": ours.id}
        assert [(one["type"], one["data"]["by"]) for one in says(endpoint, secret)] == [
            ("ticket.answered", by_key),
            ("ticket.closed", by_key),
            ("ticket.reopened", by_key),
            ("ticket.closed", {"kind": "desk", "name": "Kim Novak", "key": None}),
        ]
    desk.close()
