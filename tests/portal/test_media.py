"""On a ticket's page pictures are shown and what was spoken is played: for whoever may see the ticket, in the ledger, and harmless. T48"""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from portal.web import media
from store import tables
from store.messages import file_kinds
from tests.desk import Desk
from tests.ivr.test_spoken import FIRST, speaking
from tests.ivr.wire import Caller, Wire, change, rows
from tests.portal.browsing import Browser
from tests.portal.test_files import known, opened
from tests.portal.test_login_details import kim

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60 + b"<script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
MIA = 8


def fields_of(desk: Desk, who: str = "staff:1") -> list[str]:
    e = tables.ledger.c
    return [row[0] for row in rows(desk, select(e.fields).where(e.who == who).order_by(e.at, e.n))]


def test_a_picture_is_shown_and_all_else_is_only_saved(one_desk: Desk) -> None:
    page, agent = opened(one_desk, known(one_desk, MIA), ("up.png", PNG), ("is.png", SVG)), kim(one_desk)
    number = page.rpartition("/")[2]
    shown = agent.get(f"/desk/tickets/{number}").text
    assert shown.count("<img") == 1
    assert f'<img src="/desk/tickets/{number}/files/1"' in shown
    assert not any("ticket.file" in fields and "ticket.messages" not in fields for fields in fields_of(one_desk))
    picture, drawing = (agent.client.get(f"/desk/tickets/{number}/files/{id}") for id in (1, 2))
    assert picture.content == PNG
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"] == "inline; filename*=UTF-8''up.png"
    assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert drawing.headers["content-type"] == "application/octet-stream"
    assert drawing.headers["content-disposition"].startswith("attachment")
    for answer in (picture, drawing):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert fields_of(one_desk).count(f"ticket.number:{number} ticket.file") == 2
    assert "img-src 'self'" in agent.get(f"/desk/tickets/{number}").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", ""),
        (SVG, ""),
        (b"%PDF-1.7", ""),
        (b" GIF89a", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_one_by_its_first_bytes(content: bytes, kind: str) -> None:
    assert file_kinds.picture(content) == kind


@pytest.fixture
def spoken(one_desk: Desk) -> tuple[Browser, str]:
    """An agent, and where what was spoken on a ticket is."""
    speaking(Caller(Wire(one_desk))).say(FIRST)
    one_desk.work()
    m = tables.messages.c
    ((ticket, id),) = rows(one_desk, select(m.ticket, m.id).where(m.recording == FIRST))
    return kim(one_desk), f"/desk/tickets/{ticket}/recordings/{id}"


def test_what_was_spoken_plays_from_wherever_one_listens(one_desk: Desk, spoken: tuple[Browser, str]) -> None:
    agent, sound = spoken
    page, number = sound.partition("/recordings")[0], sound.split("/")[3]
    assert f'<audio controls preload="none" src="{sound}"' in agent.get(page).text
    assert "media-src 'self'" in agent.page.headers["content-security-policy"] if agent.page else False
    whole = agent.client.get(sound)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.content[:4] == b"RIFF"
    many = len(whole.content)
    part = agent.client.get(sound, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 100-199/{many}")
    assert part.content == whole.content[100:200]
    assert agent.client.get(sound, headers={"Range": "bytes=0-1", "If-Range": '"an older one"'}).status_code == 200
    assert f"ticket.number:{number} ticket.recording" in fields_of(one_desk)
    elsewhere = sound.replace(number, "1002")
    assert agent.get(elsewhere).status_code == agent.get(f"{page}/recordings/999").status_code == 404
    assert "/desk/sign-in" in Browser(one_desk).client.get(sound).headers["location"]


def test_what_a_machine_wrote_down_is_marked_beside_the_sound(one_desk: Desk, spoken: tuple[Browser, str]) -> None:
    agent, sound = spoken
    change(one_desk, update(tables.messages).where(tables.messages.c.recording == FIRST).values(body="The lift is out"))
    text = agent.get(sound.partition("/recordings")[0]).text
    assert "The lift is out" in text
    assert "written down by a machine" in text
    assert f'src="{sound}"' in text


def test_a_sound_that_is_quarantined_is_for_supervisors_alone(one_desk: Desk, spoken: tuple[Browser, str]) -> None:
    agent, sound = spoken
    change(one_desk, update(tables.tickets).values(status="quarantined", customer_status="open"))
    assert agent.get(sound).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "given"),
    [
        ("", 200, "0123456789"),
        ("bytes=0-", 206, "0123456789"),
        ("bytes=2-4", 206, "234"),
        ("bytes=8-99", 206, "89"),
        ("bytes=-3", 206, "789"),
        ("bytes=-99", 206, "0123456789"),
        ("bytes=10-", 416, ""),
        ("bytes=-0", 416, ""),
        ("bytes=5-4", 416, ""),
        ("bytes=0-1,4-5", 200, "0123456789"),
        ("bytes=-", 200, "0123456789"),
        ("lines=1-2", 200, "0123456789"),
        ("bytes=1-9999999999999", 200, "0123456789"),
    ],
)
def test_a_range_is_given_as_it_is_asked_for(asked: str, status: int, given: str) -> None:
    answer = media.shown("a.wav", b"0123456789", "audio/wav", asked)
    assert (answer.status_code, bytes(answer.body).decode()) == (status, given)
    assert ("content-range" in answer.headers) == (status != 200)
