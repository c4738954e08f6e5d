"""T53: Other systems are told of what happens here: signed, in order, again until they have it, and with the statement of who had proved what.

On the other side stands nothing of ours: the signatures are checked by the package of the specification, the statements by joserfc.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select, text
from standardwebhooks import WebhookVerificationError

from authz import Action, Ask, Grant, Proof
from deskgate import webhook_jobs
from deskgate.webhook_addresses import why_not
from store import OPERATOR, tables
from store.imports import import_run
from store.imports.file_format import read
from store.security import alerts
from store.webhooks import webhook_endpoints, webhook_messages
from tests.api.asking import operators
from tests.channels.endpoint import Endpoint
from tests.desk import Desk
from tests.ivr.test_duress import MIA, PIN, UNDER_THREAT, give
from tests.ivr.wire import Caller, Wire, rows
from tests.portal.browsing import Agent
from tests.store.importing import sample

RECORDING = "RE" + "1" * 32
WORDS = "our site is down since nine"
LOOPBACK = {"webhook_networks": "127.0.0.0/8"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as made:
        yield made


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **LOOPBACK)
    opened.now = int(time.time() * 1000)  # whoever checks a signature looks at the clock on the wall
    yield opened
    opened.close()


def operating(tx: Any) -> Grant:
    grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
    assert isinstance(grant, Grant)
    return grant


def added(desk: Desk, url: str, *events: str) -> str:
    """The secret of a new endpoint."""
    with desk.store.transaction("shell") as tx:
        return webhook_endpoints.add(tx, operating(tx), url, events or ("*",))[1]


def ticket_by_phone(desk: Desk, recording: str = RECORDING, pin: str = PIN) -> None:
    caller = Caller(Wire(desk), "anonymous")
    caller.prove(MIA, pin)
    caller.key("1")
    caller.key("0")
    caller.say(recording)
    caller.hang_up()
    caller.transcribed(WORDS, recording)
    desk.work()


def says(endpoint: Endpoint, secret: str) -> list[Any]:
    return [one.read(secret) for one in endpoint.came]


def states(desk: Desk) -> list[tuple[str, int | None]]:
    m = tables.webhook_messages.c
    return [tuple(row) for row in rows(desk, select(m.state, m.status).order_by(m.happened_at))]


def test_a_ticket_goes_out_with_who_asked_and_the_proof_of_it(desk: Desk, endpoint: Endpoint) -> None:
    secret = added(desk, f"{endpoint.url}/hooks?desk=1")
    ticket_by_phone(desk)
    opened = next(one for one in says(endpoint, secret) if one["type"] == "ticket.opened")
    ticket, message = opened["data"]["ticket"], opened["data"]["message"]
    assert (ticket["number"], ticket["account"], ticket["channel"]) == (1001, "400639", "phone")
    assert ticket["opened_by"] == {"name": "Mia Chen"}
    assert (message["words"], message["spoken"]) == (WORDS, True)
    assert opened["data"]["by"] == {"kind": "person", "name": "Mia Chen", "key": None}
    with pytest.raises(WebhookVerificationError):
        endpoint.came[0].read("whsec_" + "A" * 43 + "=")
    keys = KeySet.import_key_set(desk.client.get("/.well-known/jwks.json").json())
    with warnings.catch_warnings(action="ignore"):  # EdDSA has a new name since RFC 9864
        token = jwt.decode(opened["data"]["proof"], keys, algorithms=["EdDSA"])
    claims = token.claims
    assert token.header["typ"] == "deskgate-proof+jwt"
    assert (claims["sub"], claims["account"], claims["ticket"]) == ("mia.chen", "400639", 1001)
    assert (claims["proof"], claims["proved_by"], claims["channel"]) == ("verified", "pin", "phone")
    assert "ticket.view:technical" in claims["may_be_told"]
    assert claims["exp"] - claims["iat"] == 15 * 60
    segment, _, n = claims["entry"].rpartition("-")
    e = tables.ledger.c
    ((who, action, decision),) = rows(
        desk, select(e.who, e.action, e.decision).where(e.segment == segment, e.n == int(n))
    )
    assert (action, decision) == ("ticket.open:technical", "allowed")
    assert who.is_person


def test_what_could_not_be_kept_at_the_first_try_is_told_at_the_next(desk: Desk, endpoint: Endpoint) -> None:
    secret = added(desk, endpoint.url, "ticket.opened")
    for here, there in (("webhook_messages", "away"), ("away", "webhook_messages")):
        with desk.store.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {here} RENAME TO {there}"))
        if there == "away":
            ticket_by_phone(desk)
    desk.now += 60_000
    desk.work()
    assert [one["type"] for one in says(endpoint, secret)] == ["ticket.opened"]


def test_answers_replies_and_the_end_are_told_in_order_and_notes_never(desk: Desk, endpoint: Endpoint) -> None:
    secret = added(desk, endpoint.url)
    ticket_by_phone(desk)
    kim = Agent(desk)
    kim.sign_in()
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    desk.pass_time(1)
    kim.send("/desk/tickets/1001/note", words="she sounds odd: a secret of ours")
    desk.pass_time(1)
    endpoint.answers = [503, 204]
    kim.answers("/desk/tickets/1001", "We are looking into it.")
    assert [one["type"] for one in says(endpoint, secret)][-1] == "ticket.answered", "refused once"
    desk.pass_time(1)
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/status", status="closed")
    desk.work()
    assert endpoint.came[-1].read(secret)["type"] == "ticket.answered", "what comes after it waits behind it"
    desk.pass_time(10)
    desk.work()
    told = [(one["type"], (one["data"].get("message") or {}).get("words")) for one in says(endpoint, secret)]
    assert [one for one in told if one[0].startswith("ticket")] == [
        ("ticket.opened", WORDS),
        ("ticket.answered", "We are looking into it."),
        ("ticket.answered", "We are looking into it."),
        ("ticket.closed", None),
    ]
    ids = [one.headers["webhook-id"] for one in endpoint.came if b"ticket.answered" in one.body]
    assert len(set(ids)) == 1, "the same message, for whoever had it and could not say so"
    assert not any(b"secret of ours" in one.body for one in endpoint.came)


def test_what_is_left_under_a_threat_does_not_leave_the_house(desk: Desk, endpoint: Endpoint) -> None:
    give(desk, MIA, PIN, UNDER_THREAT)
    secret = added(desk, endpoint.url)
    ticket_by_phone(desk, pin=UNDER_THREAT)
    told = says(endpoint, secret)
    assert not [one for one in told if one["type"].startswith("ticket")]
    assert [one["data"]["alert"]["kind"] for one in told if one["type"] == "alert.raised"] in ([None], [])
    assert not any(b"duress" in one.body for one in endpoint.came)


def test_somebody_not_proven_leaves_a_message_and_nothing_is_stated_of_them(desk: Desk, endpoint: Endpoint) -> None:
    secret = added(desk, endpoint.url)
    caller = Caller(Wire(desk), "anonymous")
    caller.dial()
    caller.key(MIA)
    caller.key("*")
    caller.say(RECORDING)
    caller.hang_up()
    caller.transcribed("call me, it is Mia", RECORDING)
    desk.work()
    (told,) = [one for one in says(endpoint, secret) if one["type"] == "ticket.opened"]
    keys = KeySet.import_key_set(desk.client.get("/.well-known/jwks.json").json())
    with warnings.catch_warnings(action="ignore"):
        claims = jwt.decode(told["data"]["proof"], keys, algorithms=["EdDSA"]).claims
    assert (claims["proof"], claims["may_be_told"]) == ("none", [])
    assert not {"sub", "account", "name"} & set(claims)
    assert (told["data"]["ticket"]["account"], told["data"]["ticket"]["opened_by"]) == (None, None)
    assert told["data"]["by"] == {"kind": "person", "name": None, "key": None}


def test_a_call_that_is_over_and_who_may_do_what_from_now_on(desk: Desk, endpoint: Endpoint) -> None:
    secret = added(desk, endpoint.url, "call.ended", "contact.changed")
    caller = Caller(Wire(desk), "anonymous")
    caller.prove(MIA, PIN)
    caller.key("0")
    caller.hang_up()
    document = sample()
    house = next(one for one in document["accounts"] if one["number"] == "400639")
    leo = next(one for one in house["contacts"] if one["person"] == "leo.fox")
    before, leo["permissions"] = leo["permissions"], ["manage_support"]
    import_run.run(desk.store, read(json.dumps(document).encode()))
    desk.work()
    call, changed = (one["data"] for one in says(endpoint, secret))
    assert (call["call"]["caller"], call["call"]["proof"], call["call"]["ending"]) == (
        {"username": "mia.chen"},
        "verified",
        "caller_left",
    )
    assert changed == {
        "account": "400639",
        "changes": [{"id": 1, "username": "leo.fox", "before": sorted(before), "after": ["manage_support"]}],
    }
    followed = operators(desk, "accounts:read").read("/changes/1")
    assert (followed["person"], followed["after"]) == ("leo.fox", ["manage_support"])
    assert followed["by"] == {"kind": "operator", "name": None}


def test_of_what_is_for_supervisors_alone_it_says_no_more_than_that(desk: Desk, endpoint: Endpoint) -> None:
    secret = added(desk, endpoint.url, "alert.raised")
    with desk.store.transaction("test") as tx:
        alerts.alert(tx, "decoy", "x", detail="400639")
        alerts.alert(tx, "texts_spent", "x", detail="7")
    desk.work()
    found = [one["data"]["alert"] for one in says(endpoint, secret)]
    assert [(one["audience"], one["kind"], one["detail"]) for one in found] == [
        ("supervisors", None, None),
        ("desk", "texts_spent", "7"),
    ]


def test_two_secrets_sign_while_one_is_rotated_and_one_after(desk: Desk, endpoint: Endpoint) -> None:
    old = added(desk, endpoint.url, "alert.raised")
    with desk.store.transaction("shell") as tx:
        new = webhook_endpoints.rotate(tx, operating(tx), 1)
        assert new is not None
        assert webhook_endpoints.rotate(tx, operating(tx), 2) is None
        alerts.alert(tx, "texts_spent", "x")
    desk.work()
    assert endpoint.came[0].read(old) == endpoint.came[0].read(new)
    desk.pass_time(24 * 3600)
    with desk.store.transaction("test") as tx:
        alerts.alert(tx, "texts_spent", "y")
    desk.work()
    assert len(endpoint.came[1].headers["webhook-signature"].split()) == 1


def test_a_redirect_is_no_yes_and_leads_nowhere_and_410_is_the_end(desk: Desk, endpoint: Endpoint) -> None:
    added(desk, endpoint.url, "ticket.opened")
    endpoint.answers = [302]
    ticket_by_phone(desk)
    assert (len(endpoint.came), states(desk)) == (1, [("waiting", 302)])
    endpoint.answers = [410]
    desk.pass_time(5)
    desk.work()
    assert (len(endpoint.came), states(desk)) == (2, [("failed", 410)])
    with desk.store.transaction("shell") as tx:
        assert webhook_messages.replay(tx, operating(tx), endpoint=1) == 1
        assert webhook_messages.replay(tx, operating(tx), endpoint=1) == 0, "it waits already"
        assert webhook_messages.replay(tx, operating(tx), id="msg_none") is None
    endpoint.answers = [204]
    desk.work()
    assert states(desk)[0] == ("sent", 204)
    assert len({one.headers["webhook-id"] for one in endpoint.came}) == 1


def test_an_endpoint_that_answers_by_the_byte_is_left_when_its_time_is_over(
    desk: Desk, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and all of them never do: it would hold a thread for as long as it likes."""
    monkeypatch.setattr(webhook_jobs, "TIMEOUT", 0.4)
    added(desk, endpoint.url, "alert.raised")
    with desk.store.transaction("test") as tx:
        alerts.alert(tx, "texts_spent", "x")
    endpoint.drips = True
    began = time.monotonic()
    desk.work()
    assert time.monotonic() - began < 10
    job = rows(desk, select(tables.jobs.c.error).where(tables.jobs.c.kind == "webhook"))
    assert "did not answer within" in job[0].error
    endpoint.drips = False
    desk.pass_time(60)
    desk.work()
    assert states(desk) == [("sent", 204)]


def test_an_endpoint_that_is_removed_is_told_nothing_more(desk: Desk, endpoint: Endpoint) -> None:
    added(desk, endpoint.url, "alert.raised")
    with desk.store.transaction("test") as tx:
        alerts.alert(tx, "texts_spent", "x")
    desk.container.worker.do_one(["alert"])
    with desk.store.transaction("shell") as tx:
        assert webhook_endpoints.remove(tx, operating(tx), 1)
    desk.work()
    j = tables.jobs.c
    assert (endpoint.came, states(desk)) == ([], [])
    assert rows(desk, select(j.id).where(j.kind == "webhook", j.done_at.is_(None))) == [], "nothing waits for nobody"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://127.0.0.1/",
            "https://10.1.2.3/",
            "https://192.168.0.9/",
            "https://169.254.169.254/latest/meta-data",
        ),
        *(
            "https://[::1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://0.0.0.0/",
        ),
        *("https://100.64.0.1/", "https://224.0.0.1/", "https://[64:ff9b::7f00:1]/"),
        *("https://[64:ff9b:1::a00:1]/", "https://[::ffff:0:127.0.0.1]/", "https://[::127.0.0.1]/"),
        *("https://[fec0::1]/", "https://[5f00::1]/", "https://[3fff::1]/", "https://[2002:7f00:1::1]/"),
        *(
            "http://help.example/",
            "ftp://help.example/",
            "https://",
            "https://u:p@help.example/",
            "https://help.example/#x",
        ),
        *("help.example", "https://help.example:99999/", "https://help.example/" + "x" * 500),
    ],
)
def test_no_address_inside_the_network_and_nothing_in_the_clear(address: str) -> None:
    assert why_not(address, ()) is not None
    assert why_not("https://help.example/hooks", ()) is None
    assert why_not("https://[2606:4700::1111]/hooks", ()) is None


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_a_name_that_leads_inside_is_found_out_when_it_is_looked_up(
    sample_sqlite: str, endpoint: Endpoint, name: str
) -> None:
    """Whatever it led to when it was added; and what a name leads to is asked once."""
    desk = Desk(sample_sqlite)
    port = endpoint.url.rpartition(":")[2]
    added(desk, f"https://{name}:{port}/", "alert.raised")
    with desk.store.transaction("test") as tx:
        alerts.alert(tx, "texts_spent", "x")
    desk.work()
    job = rows(desk, select(tables.jobs.c.error).where(tables.jobs.c.kind == "webhook"))
    assert "inside a network" in job[0].error
    assert endpoint.came == []
    assert why_not(f"https://{name}:{port}/", ()) is None
    desk.close()
