"""What any connector to a help desk has to keep (`HelpDesk`), tried on Request Tracker: another one is another case of `connector`."""

from __future__ import annotations

import secrets

import httpx2
import pytest

from api.help_desks.help_desk import Change, Enclosed, HelpDesk, Kind, NewTicket
from api.help_desks.plain_text import of_html
from api.help_desks.request_tracker import RequestTracker as Connector
from store.jobs.job_queue import RetryLaterError
from tests.api.test_request_tracker import KIM
from tests.request_tracker import OURS, PASSWORD, RequestTracker


@pytest.fixture
def connector(rt: RequestTracker) -> HelpDesk:
    http = httpx2.Client(base_url=f"{rt.url}/", trust_env=False, timeout=60)
    return Connector(http, OURS, PASSWORD, "General", token=False)


@pytest.mark.long_story
def test_it_keeps_the_contract(connector: HelpDesk, rt: RequestTracker) -> None:
    assert connector.trouble() is None
    urls = [f"https://desk.example/desk/tickets/{secrets.randbelow(10**9)}" for _ in range(2)]
    assert connector.find(urls[0]) is None
    before = connector.newest()
    first, second = (connector.open(NewTicket(url, "Gone é", "since ☃", (17, "Mia Chen"))) for url in urls)
    assert [connector.find(url) for url in urls] == [first, second]
    made = {connector.say(first, "deskgate 7/said:1", "Mia", "once", internal=False) for _ in range(2)}
    assert len(made) == 1, "one mark, said once"
    connector.say(first, "deskgate 7/file:1", "Mia", "a file", internal=True, file=Enclosed(0, "é.bin", b"\x00\xff"))
    connector.set_status(first, "closed")
    connector.set_status(first, "closed")
    connector.merge(second, first)
    connector.merge(second, first)
    rt.ask(KIM, "POST", f"ticket/{first}/correspond", {"Content": "<p>Hi</p>", "ContentType": "text/html"})
    seen: list[Change] = []
    after = before
    while True:
        ids, changes = connector.changes(after)
        if not ids:
            break
        assert ids == sorted(ids)
        assert ids[0] > after
        after, seen = ids[-1], [*seen, *changes]
    assert after == connector.newest()
    assert {(one.kind, one.ticket, one.into) for one in seen if one.kind is Kind.MERGE} == {(Kind.MERGE, second, first)}
    assert [one.status for one in seen if one.kind is Kind.STATUS and one.ours] == ["closed"]
    theirs = [one for one in seen if one.kind is Kind.ANSWER and not one.ours]
    assert [(one.ticket, one.username) for one in theirs] == [(first, KIM)]
    assert connector.read(theirs[0].id).words == "Hi"
    ours = next(one for one in seen if one.kind is Kind.NOTE)
    assert [(one.name, one.content) for one in connector.read(ours.id).files] == [("e.bin", b"\x00\xff")]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (200, "no REST 2.0 of RT's"),
        (401, "check RT_USER"),
        (403, "give it the right"),
        (500, "RT answered 500"),
        (302, "RT answered 302"),
    ],
)
def test_what_refuses_us_is_told_in_words_and_with_no_secret(status: int, says: str) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Authorization"] == "token 1-2-sesame"
        return httpx2.Response(status, headers={"Location": "http://elsewhere.example/"})

    http = httpx2.Client(base_url="https://rt.example/", transport=httpx2.MockTransport(refuse))
    with pytest.raises(RetryLaterError, match=says) as refused:
        Connector(http, OURS, "1-2-sesame", "General", token=True).newest()
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Which <b>host</b>?</p><p>Kim &amp; co</p>", "Which host?\n\nKim & co"),
        ("one<br>two<br />three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ('see <a href="https://x.example/y">here</a>', "see here (https://x.example/y)"),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<style>p{}</style><script>alert(1)</script>left", "left"),
        ("<script>never ended", ""),
        ("<b>open", "open"),
    ],
)
def test_html_becomes_plain_text(html: str, text: str) -> None:
    assert of_html(html) == text
