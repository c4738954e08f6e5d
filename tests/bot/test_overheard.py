"""C1: whoever says a code where others read it, in whatever words and markup, it is no longer valid, and nobody there learns anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from authz import Subject
from bot.platform.allowance import AN_HOUR, Allowance
from store import tables
from store.codes import exposed_codes, one_time_codes, one_time_links
from tests.bot.by_hand import HELP, Json, event, mention, message, send
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.statements import watched

ARABIC, WIDE = (str.maketrans("0123456789", digits) for digits in ("٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"))
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LOG = "\n".join(f"2026-11-29 13:{n:02d}:{n * 7 % 60:02d} ERROR worker {100 + n} exited with {n}" for n in range(25))
ORDERS = " ".join(f"{20260000 + n}" for n in range(50))


def words(make: Callable[[str], str]) -> Callable[[SlackDesk, str], Json]:
    return lambda desk, code: message(desk, make(code), "U0LEO")


def more(**given: Any) -> Callable[[SlackDesk, str], Json]:
    """In another part of a message than its text; CODE stands for it."""

    def made(desk: SlackDesk, code: str) -> Json:
        def put(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: put(one) for name, one in value.items()}
            if isinstance(value, list):
                return [put(one) for one in value]
            if value == "KEYS":
                return [{"type": "emoji", "name": NAMES[int(d)], "unicode": f"003{d}-fe0f-20e3"} for d in code]
            halves = {"HALF": code[:4], "REST": code[4:]}
            return halves.get(value, value.replace("CODE", code)) if isinstance(value, str) else value

        return message(desk, **{"text": "", "user": "U0LEO", **put(given)})

    return made


def edit(desk: SlackDesk, code: str) -> Json:
    said = {"ts": "1.000001", "text": f"it is {code}", "user": "U0LEO", "team": "T0DESK", "edited": {"ts": "2.000001"}}
    return event(
        desk,
        type="message",
        subtype="message_changed",
        channel=HELP,
        channel_type="channel",
        ts="2.1",
        message=said,
        previous_message={**said, "text": "it is"},
    )


def deletion(desk: SlackDesk, code: str) -> Json:
    before = {"ts": "1.000001", "text": f"it is {code}", "user": "U0LEO", "team": "T0DESK"}
    there = {"channel": HELP, "channel_type": "channel", "ts": "2.1"}
    return event(desk, type="message", subtype="message_deleted", previous_message=before, **there)


def two(digits: str) -> str:
    """As people say a number of two digits."""
    tens = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    teens = (
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    )
    first, second = int(digits[0]), int(digits[1])
    if first < 2:
        return teens[second] if first else f"oh {NAMES[second]}"
    return f"{tens[first]}-{NAMES[second]}" if second else tens[first]


def rich(*pieces: Json) -> list[Json]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(pieces)}]}]


SAID: dict[str, Callable[[SlackDesk, str], Json]] = {
    "as it was asked for": words(lambda c: f"link {c}"),
    "in a sentence": words(lambda c: f"my code is {c}, does it still work?"),
    "in another language": words(lambda c: f"Mein Code lautet {c}."),
    "alone": words(lambda c: c),
    "to us": lambda desk, c: mention(message(desk, f"<@U0DESKGATE> here you are: {c}", "U0LEO")),
    "as a number of Slack's": words(lambda c: f"<tel:{c}|{c}>"),
    "as a number with a prefix": words(lambda c: f"<tel:+44{c}|{c}>"),
    "in pieces": words(lambda c: f"{c[:4]} {c[4:]}"),
    "digit by digit": words(lambda c: "-".join(c)),
    "with words between": words(lambda c: f"first {c[:4]} and then {c[4:]} at 9"),
    "in a code span": words(lambda c: f"`{c}`"),
    "in bold": words(lambda c: f"*{c[:3]}*{c[3:]}"),
    "with zero-width marks": words(lambda c: "\u200b".join(c)),
    "full-width": words(lambda c: c.translate(WIDE)),
    "Arabic-Indic": words(lambda c: c.translate(ARABIC)),
    "spelt out": words(lambda c: " ".join(NAMES[int(d)] for d in c)),
    "spelt out, by twos": words(lambda c: f"{c[:-2]} double {NAMES[int(c[-1])]}"),
    "as numbers of two digits": words(lambda c: ", ".join(two(c[n : n + 2]) for n in (0, 2, 4, 6))),
    "with the letter O for 0": words(lambda c: c.replace("0", "O")),
    "in entities": words(lambda c: "".join(f"&#{ord(d)};" for d in c)),
    "in entities that Slack has escaped": words(lambda c: "".join(f"&amp;#x{ord(d):x};" for d in c)),
    "around a mention": words(lambda c: f"{c[:4]} <@U0123ABCD> <#C0456|help> {c[4:]}"),
    "around a number's emoji": words(lambda c: f"{c[:4]} :100: {c[4:]}"),
    "in a list of equations": words(lambda c: ", ".join(f"{n}={d}" for n, d in enumerate(c, 1))),
    "in numbered lines": words(lambda c: "```\n" + "\n".join(f"{n:02d}  {d}" for n, d in enumerate(c, 1)) + "\n```"),
    "as emoji": words(lambda c: "".join(f":{NAMES[int(d)]}:" for d in c)),
    "with something typed against it": words(lambda c: f"{c}10 minutes"),
    "within a link": words(lambda c: f"<https://desk.example/?c={c}|here>"),
    "in an attachment": more(attachments=[{"fallback": "x", "fields": [{"title": "Code", "value": "CODE"}]}]),
    "forwarded": more(attachments=[{"is_share": True, "text": "link CODE", "author_name": "Mia"}]),
    "in a block": more(blocks=rich({"type": "text", "text": "CODE", "style": {"bold": True}})),
    "in blocks around a mention": more(
        blocks=rich(
            {"type": "text", "text": "HALF"},
            {"type": "user", "user_id": "U012345678"},
            {"type": "text", "text": "REST"},
        )
    ),
    "in a block alone, forwarded": more(
        attachments=[{"message_blocks": [{"message": {"blocks": rich({"type": "text", "text": "CODE"})}}]}]
    ),
    "as the name of a file": more(subtype="file_share", files=[{"id": "F1", "title": "CODE", "name": "x.png"}]),
    "in a comment to a file": more(files=[{"id": "F1", "initial_comment": {"comment": "here: CODE"}}]),
    "in a thread, and to the channel": more(subtype="thread_broadcast", thread_ts="1.000009", text="CODE"),
    "as the topic of the channel": more(subtype="channel_topic", topic="today's code: CODE"),
    "by another app": more(subtype="bot_message", bot_id="B0OTHER", text="CODE"),
    "after a long log, in pieces": words(lambda c: f"```{LOG}```\nit says {c[:4]} {c[4:]}"),
    "after a long log, after its name": words(lambda c: f"```{LOG}```\n{ORDERS}\nlink {c[:3]}.{c[3:]}"),
    "after many order numbers": words(lambda c: f"{ORDERS} and {c[:4]} {c[4:]}"),
    "in a list": words(lambda c: f"1. {c[:4]}\n2. {c[4:]}"),
    "in a list, digit by digit": words(lambda c: "\n".join(f"{n}) {d}" for n, d in enumerate(c, 1))),
    "in counted halves": words(lambda c: f"first (1/2): {c[:4]}, then (2/2): {c[4:]}"),
    "in pieces with a digit against the first": words(lambda c: f"v2{c[:4]} {c[4:]}"),
    "in pieces with a digit against the last": words(lambda c: f"{c[:2]} {c[2:4]} {c[4:]}9"),
    "in an address within another": words(lambda c: f"https://m.example/?u=https%253A%252F%252Fx%252F{c}"),
    "as emoji with their characters": more(
        attachments=[{"message_blocks": [{"message": {"blocks": [{"elements": "KEYS"}]}}]}]
    ),
    "as where its author's name leads": more(attachments=[{"author_name": "x", "author_link": "https://x/?CODE"}]),
    "beside its author's name": more(attachments=[{"author_name": "x", "author_subname": "CODE"}]),
    "as where a file is": more(files=[{"id": "F1", "name": "x", "permalink": "https://x/files/U/F/CODE.png"}]),
    "edited into a message": edit,
    "in what was deleted": deletion,
}


def live(desk: SlackDesk, kind: str = "link") -> bool:
    """Whether a code of this kind is still good."""
    c = tables.codes.c
    with desk.store.transaction("test") as tx:
        return tx.connection.execute(select(c.digest).where(c.kind == kind, c.used_at.is_(None))).first() is not None


def code_for(desk: SlackDesk, how: str) -> str:
    """A code that can be said in this way."""
    for _ in range(1_000):
        code = desk.code("mia.chen")
        if code[-1] == code[-2] if "by twos" in how else "0" in code if "the letter O" in how else True:
            return code
    raise AssertionError("no code like that")


@pytest.mark.parametrize("how", SAID)
def test_c1_a_code_that_others_read_is_spoilt(slack_once: SlackDesk, how: str) -> None:
    desk = slack_once
    code, before = code_for(desk, how), desk.said("U0LEO", "help")
    assert send(desk, SAID[how](desk, code)).status_code == 200
    assert not live(desk)
    desk.be("U0LEO").command("/link", code)
    assert "That code is wrong" in desk.said("U0LEO")
    if how != "to us":
        desk.work()
        assert desk.said("U0LEO", "help") == before, "nobody there is told anything"


def test_c1_in_the_name_of_a_file_that_comes_to_the_desk(slack_once: SlackDesk) -> None:
    """Whoever sends it to us alone has it shown on the desk's card."""
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    code = desk.code("leo.fox")
    send(desk, message(desk, "our site is down", "U0MIA", "D0MIA", files=[{"id": "F0GONE", "name": f"{code}.txt"}]))
    desk.work()
    assert not live(desk)
    assert "••••••••.txt" in desk.said("U0KIM", AGENTS)


def test_c1_its_owner_is_told_and_nobody_else(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    code, told = desk.code("mia.chen"), "was written where others could read it"
    desk.be("U0LEO").says("help", f"Mia's code is {code}")
    desk.work()
    assert desk.said("U0MIA").count(told) == 1
    assert not any(told in desk.said(user) for user in ("U0LEO", "U0KIM", "U0RAJ"))
    with desk.store.transaction("test") as tx:
        w = tables.jobs.c
        mails = tx.connection.execute(select(w.payload).where(w.kind == "notice", w.key.like("code_overheard:%"))).all()
        kept = tx.connection.execute(text("SELECT decision FROM ledger WHERE action = 'code'")).all()
    assert len(mails) == 1
    assert [one.decision for one in kept] == ["said_aloud"]


@pytest.mark.parametrize("kind", one_time_codes.KINDS)
def test_c1_of_every_kind_of_code(slack_once: SlackDesk, kind: str) -> None:
    with slack_once.store.transaction("test") as tx:
        code = one_time_codes.issue(tx, kind, Subject("person:1"), "bound")
    slack_once.be("U0LEO").says("help", f"try {code[:2]}.{code[2:]}")
    assert not live(slack_once, kind)


@pytest.mark.parametrize("kind", one_time_links.KINDS)
def test_c1_of_one_time_links_too(slack_once: SlackDesk, kind: str) -> None:
    desk = slack_once
    for said in (
        "open this for me: https://desk.example/{}",
        "https://mail.example/?u=https%3A%2F%2Fdesk.example%2F{}&amp;d=1",
        "https://mail.example/?u=https%253A%252F%252Fdesk.example%252F{}",
        "https://mail.example/v2/url?u=https-3A__desk.example_{}&amp;d=1",
        "_https://desk.example/{}_",
        "it is {}-",
    ):
        with desk.store.transaction("test") as tx:
            token = one_time_links.issue(tx, kind, Subject("person:1"))
        send(desk, message(desk, said.format(token), "U0LEO"))
        with desk.store.transaction("test") as tx:
            assert one_time_links.look(tx, kind, token) is None, said
            token = one_time_links.issue(tx, kind, Subject("person:1"))
    send(desk, message(desk, f"&gt; https://desk.example/{token[:20]}=\n&gt; {token[20:]}", "U0LEO"))
    with desk.store.transaction("test") as tx:
        assert one_time_links.look(tx, kind, token) is None, "over two lines"


def test_c1_in_the_desks_channel_and_in_its_threads(slack_once: SlackDesk) -> None:
    desk = slack_once
    for thread in ("", "1.000009"):
        code = desk.code("mia.chen")
        send(desk, message(desk, f"she says {code}", "U0KIM", AGENTS, **({"thread_ts": thread} if thread else {})))
        assert not live(desk)


def test_c1_in_direct_messages_a_code_is_used_by_link_alone(slack_once: SlackDesk) -> None:
    desk = slack_once
    code = desk.code("mia.chen")
    for said in (f"my code is {code}", f"is {code[:4]} {code[4:]} right?", f"proof {code}"):
        desk.be("U0MIA").dm(said)
        desk.work()
        assert live(desk), "nobody but us reads that"
    desk.be("U0MIA").dm(f"link {code}")
    desk.work()
    assert "I know you now" in desk.said("U0MIA")


def test_c1_whoever_guesses_learns_nothing(slack_once: SlackDesk) -> None:
    """The same answers, in the channel and to whoever says it, whether there is such a code or not."""
    desk, heard = slack_once, []
    code = desk.code("mia.chen")
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for user, said in (("U0LEO", code), ("U0DEV", wrong)):
        desk.now += 120_000
        there, own = desk.said(user, "help"), desk.said(user)
        desk.be(user).says("help", f"@Deskgate link {said}")
        desk.work()
        heard.append(
            [
                now.removeprefix(before).strip().replace(said, "…")
                for now, before in ((desk.said(user, "help"), there), (desk.said(user), own))
            ]
        )
    assert heard[0] == heard[1]


def steps(do: Callable[[str], object], words: str) -> int:
    """How many calls of functions it takes, on whatever machine."""
    count = 0

    def one_more(_frame: object, kind: str, _what: object) -> None:
        nonlocal count
        count += "call" in kind

    sys.setprofile(one_more)
    try:
        do(words)
    finally:
        sys.setprofile(None)
    return count


def test_c1_forty_thousand_digits_cost_little_and_spoil_few(slack_once: SlackDesk) -> None:
    """However much somebody writes, no more than some codes are looked up: of a message, and of a member in an hour."""
    desk = slack_once
    code = desk.code("mia.chen")
    for many in (
        "7" * 40_000,
        "7 " * 20_000,
        "7" * 11 + " 7" * 10_000,
        " ".join(f"{n:08d}" for n in range(4_000)),
        "a\n" * 20_000,
        "%25" * 20_000,
        "-_" * 20_000,
        "link 4 " * 9_000,
        "O " * 40_000,
        ":1" * 40_000,
        "&#52;" * 15_000,
        "four " * 20_000,
        "1 = " * 20_000,
    ):
        assert len(exposed_codes.candidates(many)) <= exposed_codes.MOST
        assert steps(exposed_codes.candidates, many) < 45_000
    numbers = [f"{n:08d}" for n in range(90_000_000, 90_000_000 + AN_HOUR + exposed_codes.MOST) if str(n) != code]
    for at in range(0, len(numbers), exposed_codes.MOST):
        send(desk, message(desk, " ".join(numbers[at : at + exposed_codes.MOST]), "U0LEO"))
    send(desk, message(desk, code, "U0LEO"))
    assert live(desk), "this member's allowance for the hour is spent"
    seen: list[str] = []
    with watched(desk.store.engine, seen.append):
        send(desk, message(desk, code, "U0LEO"))
    assert not [one for one in seen if "codes" in one or one.startswith("BEGIN IMMEDIATE")], (
        "nothing waits on their account"
    )
    send(desk, message(desk, code, "U0DEV"))
    assert not live(desk), "another's is not"


def test_c1_a_member_is_heard_again_in_the_next_hour() -> None:
    allowance = Allowance()
    assert allowance.take("U1", 1, AN_HOUR + 1) == AN_HOUR
    assert allowance.take("U1", 1, 1) == 0
    assert allowance.take("U2", 1, 1) == 1
    assert allowance.take("U1", 2, 1) == 1


def test_c1_what_is_no_code_is_nothing() -> None:
    for said in ("ring 0207 946 0001", "ticket 1042 of 2026-11-29 at 13:05", "1795348000.000001", "our shop is down"):
        assert all(len(one.said) == one_time_codes.DIGITS for one in exposed_codes.candidates(said))
    assert exposed_codes.candidates("our shop is down since nine") == []
    assert [one.said for one in exposed_codes.candidates("support ID 10000016")] == ["10000016"]
