"""`deskgate webhook`: endpoints added, listed, rotated, removed; messages listed and sent again; each mistake in one line."""

from __future__ import annotations

import re

from store.webhooks import webhook_messages
from store.webhooks.webhook_endpoints import EVENTS, MOST
from tests.cli.conftest import Shell

URL = "https://help.example/hooks"


def told(shell: Shell, event: str, at: int) -> None:
    with shell.store() as store, store.transaction("worker") as tx:
        webhook_messages.tell(tx, event, 1001, at, cause=at)


def test_an_endpoint_from_its_first_day_to_its_last(shell: Shell) -> None:
    assert shell.run("webhook") == (0, "No endpoints. Add one with `deskgate webhook add https://…`.\n", "")
    code, out, err = shell.run("webhook", "add", URL, "--events", "ticket.opened, ticket.closed")
    assert (code, err) == (0, "")
    first, secret, once = out.splitlines()
    assert first == "endpoint 1"
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert "once" in once
    assert shell.run("webhook").out == f"1  {URL}  ticket.opened,ticket.closed  0 waiting  0 failed\n"
    again = shell.run("webhook", "rotate", "1").out.splitlines()
    assert again[0] != secret
    assert "For 24 hours" in again[1]
    shown = shell.run("webhook", "--json").json
    assert (shown[0]["url"], shown[0]["events"]) == (URL, ["ticket.opened", "ticket.closed"])
    assert shown[0]["old_until"]
    assert secret not in shell.run("webhook", "--json").out
    assert shell.run("webhook", "remove", "1") == (0, "endpoint 1 is removed\n", "")
    assert shell.run("webhook", "--json").json == []


def test_what_became_of_each_and_once_more(shell: Shell) -> None:
    shell.run("webhook", "add", URL)
    assert "nothing has happened" in shell.run("webhook", "messages").out
    told(shell, "ticket.opened", 1_795_348_800_000)
    told(shell, "ticket.closed", 1_795_348_900_000)
    lines = shell.run("webhook", "messages").out.splitlines()
    assert [line.split()[1:] for line in lines] == [
        ["2026-11-22T12:01:40.000Z", "1", "ticket.closed", "1001", "waiting"],
        ["2026-11-22T12:00:00.000Z", "1", "ticket.opened", "1001", "waiting"],
    ]
    assert "2 waiting" in shell.run("webhook").out
    ids = [line.split()[0] for line in lines]
    with shell.store() as store, store.transaction("worker") as tx:
        for id in ids:
            webhook_messages.became(tx, id, webhook_messages.SENT, 204)
    assert shell.run("webhook", "messages", "--state", "sent", "--limit", "1").out.split()[-2:] == ["sent", "204"]
    assert shell.run("webhook", "messages", "--state", "failed").out == "No messages of that kind.\n"
    assert shell.run("webhook", "replay", ids[0]) == (0, "1 queued\n", "")
    assert shell.run("webhook", "replay", "--endpoint", "1", "--since", "2026-11-22T12:00Z") == (0, "1 queued\n", "")
    assert "it waits already" in shell.run("webhook", "replay", ids[0]).out
    assert {one["state"] for one in shell.run("webhook", "messages", "--json").json} == {"waiting"}


def test_each_mistake_is_named(shell: Shell) -> None:
    for words, why in (
        (("add", "http://help.example/"), "it is not encrypted"),
        (("add", "https://10.0.0.1/"), "an address inside a network: list it in WEBHOOK_NETWORKS"),
        (("add", "help.example"), "it is no address"),
        (("add", "https://a:b@help.example"), "leave them out"),
        (("add", URL, "--events", "ticket.opend"), f"there is no 'ticket.opend': there are {', '.join(EVENTS)}"),
        (("add", URL, "--events", " , "), "there is no"),
        (("rotate", "7"), "there is no endpoint 7: see `deskgate webhook`"),
        (("remove", "7"), "there is no endpoint 7"),
        (("messages", "--state", "lost"), "--state: expected waiting, sent, failed or withheld, got 'lost'"),
        (("replay",), "name one message, or an endpoint with --endpoint"),
        (("replay", "msg_1", "--endpoint", "1"), "name one message, or an endpoint"),
        (("replay", "msg_1"), "there is no message 'msg_1'"),
        (("replay", "--endpoint", "7"), "there is no endpoint 7"),
        (
            ("replay", "--endpoint", "7", "--since", "noon"),
            "--since: expected a time like 2026-11-30T09:00Z, got 'noon'",
        ),
    ):
        assert why in shell.refuses("webhook", *words), words
    for _ in range(MOST):
        assert shell.run("webhook", "add", URL).code == 0
    assert f"there are {MOST} endpoints already: remove one first" in shell.refuses("webhook", "add", URL)


def test_a_network_of_the_operators_own_is_listed(shell: Shell) -> None:
    shell.set(WEBHOOK_NETWORKS="10.0.0.0/24")
    assert shell.run("webhook", "add", "http://10.0.0.7:8080/hooks").code == 0
    assert shell.run("webhook", "add", "https://10.0.0.7/hooks").code == 0
    assert "an address inside a network" in shell.refuses("webhook", "add", "http://10.0.1.7/")
    shell.set(WEBHOOK_NETWORKS="the office")
    assert "must be addresses or networks like" in shell.refuses("webhook", "add", URL)
