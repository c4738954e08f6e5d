"""T58. A stranger writes in somebody's name, or by the thousand: what they take are their own places, and the owner's mails come in."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select

from api.mail import signals
from desk import mail_in
from store import tables
from store.mail_in import mail_places, pending_mails
from store.mail_in.mail_places import TooManyWaitingError
from store.mail_in.pending_mails import Mail
from store.messages import ticket_mail_ids
from tests.api.mailing import SETTINGS, MailServer
from tests.api.test_mail_in import MIA, choice, mia_ticket, signed_in
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.customers import Customer

VOUCHED = "mx.desk.example; dkim=pass header.d=tideworks.example; spf=fail smtp.mailfrom=x@evil.example"
SERVER = "mx.desk.example"
_m = tables.pending_mails.c


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def any_desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **SETTINGS)
    yield opened
    opened.close()


def writes(desk: Desk, sender: str, titles: list[str], vouched_by: str = "") -> None:
    """So many mails, kept as the listener keeps them. Raises `TooManyWaitingError`."""
    for title in titles:
        with desk.store.transaction("mail") as tx:
            mail_in.keep(tx, Mail("", sender, "", title, title, vouched_by=vouched_by))


def forged(desk: Desk, many: int, first: int = 0) -> None:
    writes(desk, MIA, [f"forged {n}" for n in range(first, first + many)])


def titles(mia: Customer) -> list[str]:
    """As her page lists them."""
    mia.get("/mails")
    return re.findall(r'href="/mails/\d+"><span class="title">([^<]+)<', mia.text)


def waiting(desk: Desk) -> int:
    return int(rows(desk, select(func.count()).where(_m.state == "waiting"))[0][0])


def fill(desk: Desk, many: int, vouched: str) -> None:
    """So many of as many addresses."""
    first = waiting(desk)
    row = {"automatic": "", "state": "waiting", "came_at": desk.now, "vouched": vouched}
    change(desk, insert(tables.pending_mails).values([{"source": f"s{first}", "sender": f"d{first}", **row}]))
    with desk.store.transaction("test") as tx:
        made = ({"source": f"s{n}", "sender": f"d{n}", **row} for n in range(first + 1, first + many))
        tx.connection.execute(insert(tables.pending_mails), list(made))


def vouched_of(desk: Desk) -> dict[str, int]:
    return {row[0]: row[1] for row in rows(desk, select(_m.vouched, func.count()).group_by(_m.vouched))}


def test_who_fills_an_addresss_places_shuts_nobody_out(desk: Desk) -> None:
    """The attack: 60 in Mia's name, her own mail, and 15 more. Hers stands, before theirs."""
    mia = signed_in(desk)
    forged(desk, 60)
    with MailServer(desk) as server:
        assert server.says(MIA, "Our shop is down.", "mine", Authentication_Results=VOUCHED)[0] == 250
    forged(desk, 15, 60)
    shown = titles(mia)
    assert shown[:2] == ["mine", "forged 74"]
    forged(desk, 1, 40)
    assert titles(mia) == shown, "what is here already takes no place"
    assert waiting(desk) == mail_places.WAITING + 1


def test_where_nothing_vouches_for_anybody_the_oldest_gives_way_so_often_in_an_hour(desk: Desk) -> None:
    mia = signed_in(desk)
    forged(desk, mail_places.WAITING)
    writes(desk, MIA, ["mine"])
    assert titles(mia)[0] == "mine"
    forged(desk, mail_places.AN_HOUR - 1, 100)
    with MailServer(desk) as server:
        assert server.says(MIA, "One more")[0] == 452
        assert server.says("other@tideworks.example", "Another's")[0] == 250
        assert "mine" in titles(mia), "nobody clears places by writing"
        assert waiting(desk) == mail_places.WAITING + 1
        desk.pass_time(3600 / mail_places.AN_HOUR + 1)
        assert server.says(MIA, "One more")[0] == 250
    gave_way = select(func.count()).where(tables.ledger.c.action == "mail.in", tables.ledger.c.decision == "gave_way")
    assert rows(desk, gave_way)[0][0] == mail_places.AN_HOUR + 1
    desk.pass_time(pending_mails.KEPT / 1000 + 60)
    desk.container.worker.sweep()
    assert rows(desk, select(_m.id)) == []


@pytest.mark.parametrize("order", [("", "tideworks.example"), ("tideworks.example", "")])
def test_there_are_as_many_places_of_either_kind(desk: Desk, order: tuple[str, str]) -> None:
    for domain in order:
        writes(desk, MIA, [f"{domain} {n}" for n in range(mail_places.WAITING)], vouched_by=domain)
    assert sorted(vouched_of(desk).values()) == [mail_places.WAITING] * 2


def about_ticket(desk: Desk, customer: Customer) -> str:
    """The Message-ID of a mail about a ticket that somebody has opened."""
    customer.get("/tickets/new")
    customer.send("/tickets/new", about=choice(customer), words="The first words", service="")
    number = mia_ticket(desk)
    with desk.store.transaction("test") as tx:
        return f"<{ticket_mail_ids.made(tx.keys, number, '0123456789abcdef')}@desk.example>"


def test_an_answer_to_a_mail_about_a_ticket_has_places_of_its_own(desk: Desk) -> None:
    """Of its requester, or of another contact of its account."""
    ours = about_ticket(desk, signed_in(desk, "raj.patel"))
    mia = signed_in(desk)
    forged(desk, mail_places.WAITING + 10)
    with MailServer(desk) as server:
        assert server.says(MIA, "It works.", "Re: mine", In_Reply_To=ours)[0] == 250
        assert server.says(MIA, "It works.", "forged", In_Reply_To=ours.replace(".", ".1", 1))[0] == 250
        assert server.says("RAJ@Tideworks.example", "It works.", "Re: his", In_Reply_To=ours)[0] == 250
    forged(desk, 10, 60)
    assert titles(mia)[0] == "Re: mine"
    assert len(rows(desk, select(_m.id).where(_m.vouched != ""))) == 2


@pytest.mark.parametrize("whose", ["sam.okoro", "mia.chen"])
def test_a_ticket_vouches_for_nobody_but_those_it_concerns_and_never_against_the_mail_server(
    desk: Desk, whose: str
) -> None:
    """The attack: 60 in Mia's name that answer a mail about Sam's ticket; or one about hers, which was handed on to him. Her own stands, and the next is taken."""
    mia = signed_in(desk)
    ours = about_ticket(desk, mia if whose == "mia.chen" else signed_in(desk, whose))
    results = {"Authentication_Results": f"{SERVER}; spf=pass smtp.mailfrom=x@evil.example; dmarc=fail"}
    if whose == "mia.chen":
        results["Authentication_Results"] = f"{SERVER}; spf=pass smtp.helo=evil.example; spf=fail smtp.mailfrom={MIA}"
    with MailServer(desk) as server:
        assert server.says(MIA, "Our shop is down.", "mine", Authentication_Results=VOUCHED)[0] == 250
        said = {"In_Reply_To": ours} | (results if whose == "mia.chen" else {})
        for n in range(30):
            assert server.says(MIA, f"{n}", f"forged {n}", **said)[0] == 250
        for n in range(30, 60):
            assert server.says(MIA, f"{n}", f"forged {n}", **results, In_Reply_To=ours)[0] == 250
        assert server.says(MIA, "Still down.", "mine too", Authentication_Results=VOUCHED)[0] == 250
    assert titles(mia)[:3] == ["mine too", "mine", "forged 59"]


@pytest.mark.both_databases
def test_of_many_at_once_no_more_wait_than_there_are_places(any_desk: Desk) -> None:
    """Five pairs, at the bound and just below it."""
    forged(any_desk, mail_places.WAITING - 2)
    with ThreadPoolExecutor(5) as pool:
        for many in range(5):
            both = [pool.submit(forged, any_desk, 1, 100 + 2 * many + n) for n in range(2)]
            assert [one.result() for one in both] == [None, None]
            assert waiting(any_desk) == mail_places.WAITING
        five = [pool.submit(forged, any_desk, 1, 200 + n) for n in range(5)]
        assert [one.result() for one in five] == [None] * 5
    assert waiting(any_desk) == mail_places.WAITING


def test_where_all_places_are_taken_the_oldest_of_whoever_has_most_gives_way(desk: Desk) -> None:
    mia = signed_in(desk)
    fill(desk, 300, "honest")
    fill(desk, mail_places.ALL_WAITING - 300, "")
    writes(desk, MIA, ["mine"], vouched_by="tideworks.example")
    writes(desk, "raj@other.example", ["nothing vouches for it"])
    had = vouched_of(desk)
    assert (had.pop("honest"), had.pop("")) == (300, mail_places.ALL_WAITING - 301)
    assert list(had.values()) == [1]
    assert titles(mia) == ["mine"]


def test_whoever_has_a_domain_takes_no_places_of_others_with_it(desk: Desk) -> None:
    fill(desk, mail_places.ALL_WAITING - 400, "evil")
    fill(desk, 400, "honest")
    writes(desk, MIA, ["mine"], vouched_by="tideworks.example")
    writes(desk, "raj@other.example", ["nothing vouches for it"])
    had = vouched_of(desk)
    assert (had["evil"], had["honest"], waiting(desk)) == (mail_places.ALL_WAITING - 402, 400, mail_places.ALL_WAITING)
    writes(desk, "a@evil.example", [str(n) for n in range(30)], vouched_by="evil.example")
    assert vouched_of(desk)["honest"] == 400


def test_of_all_so_many_give_way_in_an_hour_for_each_domain(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    mia = signed_in(desk)
    monkeypatch.setattr(mail_places, "ALL_AN_HOUR", 20)  # a small one is as good
    fill(desk, mail_places.ALL_WAITING, "")
    for n in range(mail_places.ALL_AN_HOUR):
        writes(desk, f"a{n}@evil.example", ["x"], vouched_by="evil.example")
    with pytest.raises(TooManyWaitingError):
        writes(desk, "b@evil.example", ["x"], vouched_by="evil.example")
    writes(desk, MIA, ["mine"], vouched_by="tideworks.example")
    assert titles(mia) == ["mine"]


@pytest.mark.parametrize(
    ("header", "sender", "domain"),
    [
        ("dkim=pass header.d=tideworks.example", MIA, "tideworks.example"),
        ("dkim=pass header.i=@tideworks.example header.d=Tideworks.Example (2048-bit)", MIA, "tideworks.example"),
        ('dkim=pass reason="1024-bit key; insecure" header.d=tideworks.example', MIA, "tideworks.example"),
        ("dkim=fail header.d=x.example; dkim=pass header.d=tideworks.example", MIA, "tideworks.example"),
        ("spf=pass smtp.mailfrom=mia@tideworks.example", MIA, "tideworks.example"),
        ("spf=pass smtp.mailfrom=tideworks.example", MIA, "tideworks.example"),
        ("dmarc=pass (p=none) header.from=tideworks.example", MIA, "tideworks.example"),
        ("dkim=pass header.d=tideworks.example", "mia@mail.tideworks.example", "tideworks.example"),
        ("dkim=pass header.d=a.evil.example", "x@b.a.evil.example", "evil.example"),
        ("dkim=pass header.d=evil.example", MIA, ""),
        ("dkim=pass header.d=mail.tideworks.example", MIA, ""),
        ("dkim=pass header.d=works.example", MIA, ""),
        ("dkim=pass header.d=example", MIA, ""),
        ("dkim=pass", MIA, ""),
        ("dkim=none header.d=tideworks.example", MIA, ""),
        ("spf=softfail smtp.mailfrom=mia@tideworks.example", MIA, ""),
        ("spf=pass smtp.helo=tideworks.example", MIA, ""),
        ("spf=pass smtp.mailfrom=x@evil.example", MIA, ""),
        ("dkim=pass header.from=tideworks.example", MIA, ""),
        ("dkim=pass header.d=tideworks.example; dmarc=fail header.from=tideworks.example", MIA, ""),
        ('spf=pass smtp.mailfrom="x; dkim=pass header.d=tideworks.example"@evil.example', MIA, ""),
        ("spf=pass smtp.mailfrom=x\\; dkim=pass header.d=tideworks.example", MIA, ""),
        ("spf=pass (a comment; dkim=pass header.d=tideworks.example ; it goes on)", MIA, ""),
        ("dkim=pass header.d=tideworks.example", "", ""),
        ("spf=fail (a note (y) ; dkim=pass header.d=tideworks.example ) smtp.mailfrom=x@evil.example", MIA, ""),
        ("spf=fail (a (b (c) ; dkim=pass header.d=tideworks.example", MIA, ""),
        ("spf=fail a) ; dkim=pass header.d=tideworks.example", MIA, ""),
        ("dkim=pass (a (b (c)) d) header.d=tideworks.example (e)", MIA, "tideworks.example"),
        ("dkim=pass header.d=evil.example header.d=tideworks.example", MIA, ""),
        ("dkim=pass header.d=tideworks.example header.d=evil.example", MIA, ""),
        ("dkim=pass header.d=tideworks.example header.d=tideworks.example", MIA, ""),
    ],
)
def test_what_vouches_for_an_address(header: str, sender: str, domain: str) -> None:
    assert signals.vouched_by([f"{SERVER} 1; {header}"], SERVER, sender) == domain
    assert signals.vouched_by([f"mx.evil.example; {header}"], SERVER, sender) == ""
    assert signals.vouched_by([f"{SERVER}; {header}"], "", sender) == ""


@pytest.mark.parametrize(
    ("header", "refuted"),
    [
        ("dkim=fail header.d=x.example; spf=none", False),
        ("spf=pass smtp.mailfrom=x@evil.example; dkim=none", False),
        ("spf=pass smtp.helo=x.example; spf=fail smtp.mailfrom=mia@tideworks.example", True),
        ("spf=softfail smtp.mailfrom=mia@tideworks.example", True),
        ("dkim=pass header.d=x.example; dmarc=fail", True),
        ("spf=pass (a (b) ; dmarc=fail", True),
        ('spf=pass smtp.mailfrom="x; dkim=none"@evil.example', True),
    ],
)
def test_what_speaks_against_an_address(header: str, refuted: bool) -> None:
    assert signals.refutes([f"{SERVER}; {header}"], SERVER) is refuted


def test_many_brackets_cost_no_time() -> None:
    started = time.process_time()
    for odd in ("(" * 20_000, "(" * 10_000 + ")" * 10_000, "()" * 10_000):
        assert signals.vouched_by([f"{SERVER}; spf=fail {odd}"], SERVER, MIA) == ""
    assert time.process_time() - started < 1
