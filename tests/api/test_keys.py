"""API keys: made on the account's page and shown once, good for what their maker may do at that moment, ended with what they rest on.

T51, T52
"""

from __future__ import annotations

import base64
import re

import pytest
from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof
from store import OPERATOR, Transaction, tables
from store.operator import restore
from tests.api.asking import HARBOUR, LEO, MIA, OLIVIA, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.channels.mailbox import Mailbox
from tests.desk import SECRET, Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser
from tests.portal.peopling import prove, proved
from tests.portal.test_customers import entered
from tests.rights import held
from tests.statements import watched

PAGE = f"/accounts/{TIDEWORKS}/keys"
THERE = (3, TIDEWORKS)
DAY = 24 * 3600


def makes(who: Browser, *cells: str, page: str = PAGE, **fields: str) -> str:
    """The key that the page shows; empty where it shows none."""
    who.get(page)
    typed = {"name": "billing", "days": "30", **{f"may-{cell}": "on" for cell in cells}, **fields}
    who.send(page, **typed)
    found = re.findall(r"dgk_[0-9A-Za-z]{49}", who.text)
    return found[0] if found else ""


def test_a_key_is_made_with_a_second_proof_shown_once_used_and_withdrawn(mailing: Desk, mailbox: Mailbox) -> None:
    raj = entered(mailing, RAJ)
    raj.get(PAGE)
    assert raj.page is not None
    assert raj.page.url.path == "/prove", "it takes a second proof first"
    prove(mailing, raj, THERE)
    assert "There is no key yet." in raj.read(PAGE)
    token = makes(raj, "ticket.view:technical", "billing.view")
    assert token
    assert raj.text.count(token) == 1
    assert token not in raj.read(PAGE), "shown once"
    assert f"{token[:8]}… Made by Raj Patel" in raj.words
    assert "see technical tickets and see what is owed" in raj.words
    assert "Not used yet" in raj.words
    mailing.work()
    told = [(mail["To"], mail["Subject"]) for mail in mailbox.mails]
    assert told == [("raj@tideworks.example", "An API key was made for your account")]
    program = Program(mailing, token)
    assert program.read("/key")["may"] == ["ticket.view:technical", "billing.view"]
    assert "Last used" in raj.read(PAGE)
    raj.send(f"{PAGE}/1/withdraw")
    assert "good for nothing any more" in raj.words
    problem(program.get("/key"), "no-key")
    assert "Withdrawn" in raj.read(PAGE)
    e = tables.ledger.c
    kept = rows(mailing, select(e.decision, e.fields).where(e.action == "api_key").order_by(e.at))
    assert [(row.decision, row.fields.split()[0]) for row in kept] == [
        ("made", "api_key:1"),
        ("withdrawn", "api_key:1"),
    ]


def test_the_same_form_sent_twice_makes_one_key_and_shows_it_once(one_desk: Desk) -> None:
    raj = proved(one_desk, RAJ, THERE)
    raj.get(PAGE)
    form = raj.fields(PAGE) | {"name": "twice", "days": "30", "may-billing.view": "on"}
    raj.post(PAGE, form)
    assert "dgk_" in raj.text
    raj.post(PAGE, form)
    assert "That key was made already" in raj.words
    assert not re.findall(r"dgk_[0-9A-Za-z]{20}", raj.text)
    assert len(rows(one_desk, select(tables.api_keys.c.id))) == 1


@pytest.mark.parametrize(
    ("cells", "fields", "said"),
    [
        ((), {}, "Tick at least one thing"),
        (("service.cancel",), {}, "Tick at least one thing"),
        (("billing.view", "service.manage"), {}, "Tick at least one thing"),
        (("billing.view",), {"name": " \u200b "}, "Say in a few words"),
        (("billing.view",), {"name": "x" * 81}, "Say in a few words"),
        (("billing.view",), {"days": "3650"}, "Choose for how long"),
    ],
)
def test_what_will_not_do_is_said_and_no_key_is_made(
    one_desk: Desk, cells: tuple[str, ...], fields: dict[str, str], said: str
) -> None:
    raj = proved(one_desk, RAJ, THERE)
    assert makes(raj, *cells, **fields) == ""
    assert said in raj.words
    assert rows(one_desk, select(tables.api_keys.c.id)) == []


def test_nobody_makes_a_key_for_more_than_they_may_and_who_may_not_learns_who_can_help(one_desk: Desk) -> None:
    c = tables.contacts.c
    change(one_desk, *held("manage_users,manage_support", c.account_id == 3, c.person_id == MIA))
    mia = proved(one_desk, MIA, THERE)
    mia.get(PAGE)
    offered = set(re.findall(r'name="may-([^"]+)"', mia.text))
    assert offered == {
        "contacts.view",
        "contacts.manage",
        *(f"ticket.{verb}:technical" for verb in ("view", "open", "reply")),
    }
    assert makes(mia, "billing.view") == ""
    leo = entered(one_desk, LEO)
    assert leo.get(PAGE).status_code == 403
    assert "Raj Patel" in leo.words
    assert entered(one_desk, OLIVIA).get(PAGE).status_code == 404, "another's account is no account"


def test_whoever_may_manage_keys_and_ask_for_no_support_makes_none_that_does_anything(one_desk: Desk) -> None:
    """MS-25 and MS-32: a key asks at the support door, where only Manage Support opens."""
    c = tables.contacts.c
    change(one_desk, *held("manage_users,manage_billing", c.account_id == 3, c.person_id == MIA))
    mia = proved(one_desk, MIA, THERE)
    mia.get(PAGE)
    assert set(re.findall(r'name="may-([^"]+)"', mia.text)) == {"contacts.view"}


def refused(desk: Desk) -> dict[str, Program]:
    """Keys that are good for nothing, each in its own way; and the last day of one has passed."""
    past = customers(desk, RAJ, TIDEWORKS, ["billing.view"], days=30)
    desk.pass_time(31 * DAY)
    gone = customers(desk, RAJ, TIDEWORKS, ["billing.view"])
    change(desk, update(tables.api_keys).where(tables.api_keys.c.id == gone.id).values(ended_at=desk.now))
    unknown = customers(desk, RAJ, TIDEWORKS, ["billing.view"])
    change(desk, tables.api_keys.delete().where(tables.api_keys.c.id == unknown.id))
    return {"past": past, "withdrawn": gone, "unknown": unknown}


def test_an_unknown_an_ended_and_a_withdrawn_key_are_one_answer_and_one_statement(desk: Desk) -> None:
    found = []
    for program in refused(desk).values():
        sent: list[str] = []
        with watched(desk.store.engine, sent.append):
            answer = program.get("/key")
        found.append((answer.status_code, dict(answer.headers), answer.text, sent))
    assert found[0] == found[1] == found[2]
    assert found[0][0] == 401
    assert found[0][1]["www-authenticate"] == 'Bearer realm="deskgate"'


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic b2xpdmlhOnB3",
        "Bearer dgk_",
        "Bearer {key} x",
        "Bearer {key}x",
        "Bearer {short}",
        "Bearer {flipped}",
        "Bearer {upper}",
        "Bearer \u0669{key}",
        "Bearer " + "dgk_" + "a" * 5000,
    ],
)
def test_what_is_no_key_is_refused_before_anything_is_read(one_desk: Desk, given: str) -> None:
    good = customers(one_desk, RAJ, TIDEWORKS).key
    flipped = good[:-10] + ("a" if good[-10] != "a" else "b") + good[-9:]
    said = given.format(key=good, short=good[:-1], flipped=flipped, upper=good.upper())
    sent: list[str] = []
    with watched(one_desk.store.engine, sent.append):
        answer = one_desk.client.post("/api/v1/key", headers={b"Authorization": said.encode()}, content=b"x" * 1000)
    problem(answer, "no-key")
    assert sent == []
    assert one_desk.client.get("/api/v1/key").status_code == 401


def test_a_key_shrinks_with_its_maker_at_once(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    assert set(program.read("/key")["may"]) > {"billing.view", "ticket.view:technical"}
    c = tables.contacts.c
    change(one_desk, *held("manage_users,manage_support", c.account_id == 3, c.person_id == RAJ))
    assert "billing.view" not in program.read("/key")["may"]
    change(one_desk, *held("manage_users", c.account_id == 3, c.person_id == RAJ))
    assert program.read("/key")["may"] == ["contacts.view"]
    change(one_desk, *held("manage_support", c.account_id == 3, c.person_id == RAJ))
    problem(program.get("/key"), "no-key")


@pytest.mark.parametrize("takes", ["right", "contact"])
def test_a_key_whose_maker_loses_the_right_to_have_one_ends_for_good(one_desk: Desk, takes: str) -> None:
    """Given back, the right brings no key back."""
    c = tables.contacts.c
    change(one_desk, *held("manage_users,manage_support", c.account_id == 3, c.person_id == MIA))
    program = customers(one_desk, MIA, TIDEWORKS)
    raj = proved(one_desk, RAJ, THERE)
    raj.get(f"/accounts/{TIDEWORKS}/people/mia.chen")
    if takes == "right":
        raj.send(f"/accounts/{TIDEWORKS}/people/mia.chen", **{"hold-manage_support": "on"})
        raj.send(f"/accounts/{TIDEWORKS}/people/mia.chen")
    else:
        raj.get(f"/accounts/{TIDEWORKS}/people")
        raj.send(f"/accounts/{TIDEWORKS}/people", **{"delete-mia.chen": "on"})
        raj.send(f"/accounts/{TIDEWORKS}/people")
    (row,) = rows(one_desk, select(tables.api_keys.c.ended_at, tables.api_keys.c.ended_why))
    assert (row.ended_at, row.ended_why) == (one_desk.now, "maker")
    if takes == "right":
        change(one_desk, *held("manage_users,manage_support", c.account_id == 3, c.person_id == MIA))
    problem(program.get("/key"), "no-key")
    assert "Ended, as its maker may no longer look after keys" in raj.read(PAGE)


def test_while_an_account_is_locked_no_key_does_anything_and_its_owner_can_withdraw_one(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    change(one_desk, update(tables.accounts).where(tables.accounts.c.id == 3).values(locked_at=one_desk.now))
    told = problem(program.get("/key"), "denied")
    assert (told["reason"], told["rules"], told["next"]) == ("account_locked", ["D-account.locked"], "unlock_account")
    raj = proved(one_desk, RAJ, THERE)
    assert "no key does anything and none can be made" in raj.read(PAGE)
    assert "Make the key" not in raj.words
    raj.send(f"{PAGE}/{program.id}/withdraw")
    assert "good for nothing any more" in raj.words
    change(one_desk, update(tables.accounts).where(tables.accounts.c.id == 3).values(locked_at=None))
    problem(program.get("/key"), "no-key")


def test_a_key_of_a_closed_account_is_none(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    change(one_desk, update(tables.accounts).where(tables.accounts.c.id == 3).values(status="closed"))
    problem(program.get("/key"), "no-key")


def test_no_key_is_good_after_a_restore(one_desk: Desk) -> None:
    """One that was withdrawn since the backup would be good again."""
    keys = customers(one_desk, RAJ, TIDEWORKS), operators(one_desk)
    answered = restore.answer(one_desk.store, "shell", operates)
    assert answered is not None
    assert answered.ended["API keys"] == 2
    for program in keys:
        problem(program.get("/key"), "no-key")


def operates(tx: Transaction) -> Grant:
    verdict = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
    assert isinstance(verdict, Grant)
    return verdict


def test_when_a_key_was_used_last_is_written_once_a_minute(one_desk: Desk) -> None:
    program = operators(one_desk)
    seen = []
    for seconds in (0, 59, 2, 30):
        one_desk.pass_time(seconds)
        program.get("/key")
        seen.append((rows(one_desk, select(tables.api_keys.c.seen_at))[0][0] - one_desk.now) // 1000)
    assert seen == [0, -59, 0, -30]


def test_a_key_may_ask_so_often_and_another_is_not_held_up_by_it(one_desk: Desk) -> None:
    busy, other = customers(one_desk, RAJ, TIDEWORKS), customers(one_desk, OLIVIA, HARBOUR)
    answers = [busy.get("/key") for _ in range(61)]
    assert [one.status_code for one in answers] == [200] * 60 + [429]
    assert answers[0].headers["ratelimit"] == '"key";r=59;t=0'
    assert answers[-1].headers["ratelimit-policy"] == '"key";q=120;w=60'
    problem(answers[-1], "too-often")
    assert other.get("/key").status_code == 200
    one_desk.pass_time(int(answers[-1].headers["retry-after"]))
    assert busy.get("/key").status_code == 200


def test_an_account_has_twenty_five_keys_at_most(one_desk: Desk) -> None:
    for _ in range(25):
        customers(one_desk, RAJ, TIDEWORKS, ["billing.view"])
    raj = proved(one_desk, RAJ, THERE)
    assert makes(raj, "billing.view") == ""
    assert "25 keys that are good" in raj.words


def test_a_key_made_by_somebody_else_is_told_to_the_owner_and_to_whoever_made_it(
    mailing: Desk, mailbox: Mailbox
) -> None:
    c = tables.contacts.c
    change(mailing, *held("manage_users,manage_support", c.account_id == 3, c.person_id == MIA))
    customers(mailing, MIA, TIDEWORKS)
    mailing.work()
    assert sorted((str(mail["To"]), str(mail["Subject"])) for mail in mailbox.mails) == [
        ("mia@tideworks.example", "An API key was made in your name"),
        ("raj@tideworks.example", "An API key was made for your account"),
    ]


def test_a_key_that_is_used_outlives_the_secret_it_was_kept_under(sample_sqlite: str) -> None:
    newer = base64.b64encode(b"a newer key for tests, 32 bytes.").decode()
    first = Desk(sample_sqlite)
    used, unused = operators(first), operators(first)
    first.close()
    both = Desk(sample_sqlite, secret_keys=f"{newer},{SECRET}")
    assert Program(both, used.key).get("/key").status_code == 200
    both.close()
    last = Desk(sample_sqlite, secret_keys=newer)
    assert Program(last, used.key).get("/key").status_code == 200
    problem(Program(last, unused.key).get("/key"), "no-key")
    last.close()
