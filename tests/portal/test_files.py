"""Files on tickets: brought by a form of the account's pages, kept sealed, saved by whoever may see the ticket and never shown by a browser."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from portal.web import multipart
from portal.web.multipart import BrokenFormError
from store import tables
from store.sign_in import credentials
from store.sign_in.realms import CUSTOMERS
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered
from tests.portal.test_login_details import kim

OLIVIA, RAJ, MIA, LEO = 1, 7, 8, 9  # people of the sample file, by their id
SHOT = b"\x89PNG\r\n\r\n--x\r\n<script>alert(1)</script>\x00" * 400
MIB = 1024 * 1024


def known(desk: Desk, person: int) -> Browser:
    """Signed in, in a browser that somebody has signed in with before."""
    browser = entered(desk, person)
    with desk.store.transaction("test") as tx:
        browser.client.cookies.set("deskgate_account_known", credentials.mark(tx, CUSTOMERS, person))
    return browser


def sends(who: Browser, path: str, files: list[tuple[str, bytes]], **filled: str) -> int:
    """The form of the page they are on, with files."""
    fields = who.fields(path) | filled
    sent = [("files", (name, content, "image/png")) for name, content in files]
    answer = who.client.post(path, data=fields, files=sent, headers={"Origin": PUBLIC})
    who.page = answer
    if answer.status_code == 303:
        who.get(answer.headers["location"])
        return 303
    return answer.status_code


def opened(desk: Desk, who: Browser, *files: tuple[str, bytes]) -> str:
    who.get("/tickets/new")
    assert sends(who, "/tickets/new", list(files), about="400639:technical", words="See the picture", service="") == 303
    return str(who.page.url.path) if who.page is not None else ""


def test_a_file_is_kept_sealed_and_saved_by_whoever_may_see_the_ticket(one_desk: Desk) -> None:
    mia, agent = known(one_desk, MIA), kim(one_desk)
    page = opened(one_desk, mia, ("C:\\shots\\Übersicht <1>.png", SHOT), ("log.txt", b"one line"))
    assert "File: Übersicht <1>.png File: log.txt" in mia.words
    f = tables.attachments.c
    kept = rows(one_desk, select(f.id, f.sealed, f.size).order_by(f.id))
    assert [(row[2], SHOT[:40] in row[1]) for row in kept] == [(len(SHOT), False), (8, False)]
    first = int(kept[0][0])
    for who in (mia, known(one_desk, RAJ)):
        answer = who.client.get(f"{page}/files/{first}")
        assert answer.content == SHOT
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%9Cbersicht")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    number = page.rpartition("/")[2]
    assert f'href="/desk/tickets/{number}/files/{first}"' in agent.get(f"/desk/tickets/{number}").text
    assert agent.client.get(f"/desk/tickets/{number}/files/{first}").content == SHOT
    e = tables.ledger.c
    told = {row[0] for row in rows(one_desk, select(e.fields).where(e.who == "person:7"))}
    assert any("ticket.file" in fields for fields in told)
    mia.get(page)
    assert sends(mia, f"{page}/reply", [("again.txt", b"more")], words="And this") == 303
    assert "File: again.txt" in mia.words


@pytest.mark.parametrize("name", ["../..", " ", "shots\\"])
def test_a_file_without_a_name_gets_one_to_be_saved_by(one_desk: Desk, name: str) -> None:
    mia = known(one_desk, MIA)
    opened(one_desk, mia, (name, b"x"))
    assert "File: file" in mia.words


def test_nobody_else_gets_one_and_a_note_stays_with_the_desk(one_desk: Desk) -> None:
    mia = known(one_desk, MIA)
    page = opened(one_desk, mia, ("a.txt", b"one"))
    other = opened(one_desk, known(one_desk, RAJ), ("b.txt", b"two"))
    for person in (OLIVIA, LEO):
        one = entered(one_desk, person)
        answers = [
            (one.get(f"{at}/files/{id}").status_code, one.words) for at in (page, other, "/tickets/9") for id in (1, 2)
        ]
        assert set(answers) == {answers[-1]}
        assert answers[0][0] == 404
    assert mia.get(f"{other}/files/1").status_code == 404, "of another ticket"
    assert mia.get(f"{page}/files/1").status_code == 200
    stranger = Browser(one_desk)
    assert "/sign-in" in stranger.client.get(f"{page}/files/1").headers["location"]
    number = page.rpartition("/")[2]
    assert "/desk/sign-in" in stranger.client.get(f"/desk{page}/files/1").headers["location"]
    change(one_desk, update(tables.messages).where(tables.messages.c.ticket == int(number)).values(internal=True))
    assert mia.get(f"{page}/files/1").status_code == 404
    assert kim(one_desk).client.get(f"/desk/tickets/{number}/files/1").content == b"one"
    change(one_desk, update(tables.messages).values(withdrawn_at=one_desk.now))
    assert kim(one_desk).client.get(f"/desk/tickets/{number}/files/1").status_code == 404


def test_bounds_a_form_without_files_and_forged_ones(one_desk: Desk) -> None:
    mia = known(one_desk, MIA)
    mia.get("/tickets/new")
    form = {"about": "400639:technical", "words": "See", "service": ""}
    six = [(f"{n}.txt", b"x") for n in range(6)]
    assert sends(mia, "/tickets/new", six, **form) == 422
    assert "Nothing was sent: five files can go along at once." in mia.words
    assert ">\nSee</textarea>" in mia.text, "what was written is still there"
    assert sends(mia, "/tickets/new", six * 40, **form) == 400
    mia.get("/tickets/new")
    assert sends(mia, "/tickets/new", [("big.bin", b"x" * (21 * MIB))], **form) == 413
    assert "That was too large" in mia.text
    stranger = entered(one_desk, MIA)
    stranger.get("/tickets/new")
    assert sends(stranger, "/tickets/new", [("a.bin", b"x" * 8_000)], **form) == 413, "a browser nobody is known by"
    mia.get("/tickets/new")
    token = mia.fields("/tickets/new")["token"]
    forged = mia.client.post(
        "/tickets/new", data=form | {"token": token}, files=[("f", b"x")], headers={"Origin": "https://x.example"}
    )
    assert forged.status_code == 403
    without = mia.client.post("/tickets/new", data=form, files=[("f", b"x")], headers={"Origin": PUBLIC})
    assert without.status_code == 403
    elsewhere = mia.client.post("/sign-out", data={"token": token}, files=[("f", b"x")], headers={"Origin": PUBLIC})
    assert elsewhere.status_code == 415
    assert count(one_desk, tables.tickets) == 0
    mia.get("/tickets/new")
    assert sends(mia, "/tickets/new", [("", b"")], **form) == 303, "nothing chosen"
    assert count(one_desk, tables.attachments) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
        b"--b\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b'x--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="' + b"a" * 3_000 + b'"\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\n" * 40 + b"--b--\r\n",
    ],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BrokenFormError):
        multipart.read(body, b"b")


def test_what_a_browser_sends_is_read_as_it_is() -> None:
    head = (
        b'Content-Disposition: form-data; name="f"; filename="a\\"b.txt"\r\nContent-Type: text/html; charset=x\r\n\r\n'
    )
    body = (
        b'--b\r\nContent-Disposition: form-data; name="w"\r\n\r\ntwo\r\nlines\r\n--b\r\n'
        + head
        + SHOT
        + b"\r\n--b--\r\n"
    )
    fields, files = multipart.read(body, b"b")
    assert fields == [("w", "two\r\nlines")]
    assert [(one.name, one.content_type, one.content) for one in files] == [('a"b.txt', "text/html", SHOT)]
    for content_type in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b",
        "x",
        "",
        'a/b; boundary="\r\n',
    ):
        assert multipart.boundary(content_type) == b""
    assert (
        multipart.boundary("multipart/form-data; boundary=----WebKitFormBoundaryAbC123")
        == b"----WebKitFormBoundaryAbC123"
    )
