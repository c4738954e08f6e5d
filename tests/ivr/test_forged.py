"""T10: webhooks Twilio never sent, made of dice: none accepted, none a fault, nothing written. `make soak` makes 100,000."""

from __future__ import annotations

import os
import random
from urllib.parse import urlencode

from tests.desk import PUBLIC, Desk
from tests.ivr.test_webhooks import ROUTES, form_for
from tests.ivr.wire import Form, Wire, kept

MANY = int(os.environ.get("SOAK_FORGED", "600"))


def signature(dice: random.Random, wire: Wire, route: str, form: Form) -> str:
    """Anything but the right one: made of noise, nearly right, or right for something else."""
    good = wire.sign(route, form)
    cut = dice.randrange(len(good))
    other = wire.sign(route, [*form, ("Digits", str(dice.randrange(10)))])
    return dice.choice(
        [
            "",
            "A" * dice.randrange(1, 60),
            good[:cut] + ("B" if good[cut] != "B" else "C") + good[cut + 1 :],
            good[:-1],
            good.lower(),
            f"{good},{good}",
            f"sha1={good}",
            "ä" + good[1:],
            other,
            wire.sign(
                route, form, dice.choice(["https://evil.example", PUBLIC.replace("http:", "https:"), PUBLIC + "0"])
            ),
            wire.sign(dice.choice([one for one in ROUTES if one != route]), form),
        ]
    )


def body(dice: random.Random, form: Form) -> bytes:
    """The form, or less of it, or more, or noise."""
    shuffled = form[:]
    dice.shuffle(shuffled)
    return dice.choice(
        [
            urlencode(form).encode(),
            urlencode(shuffled).encode(),
            urlencode([*form, dice.choice(form)]).encode(),
            urlencode(form[: dice.randrange(len(form))]).encode(),
            dice.randbytes(dice.randrange(200)),
            b"",
        ]
    )


def headers(dice: random.Random) -> dict[str, str]:
    """What would have another host, scheme or method signed for, if anybody believed it."""
    return dice.choice(
        [
            {},
            {"Host": "evil.example"},
            {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
            {"X-Original-URL": "/ivr/voice"},
            {"X-HTTP-Method-Override": "GET"},
            {"X-Twilio-Signature-Algorithm": "none"},
            {"Content-Type": dice.choice(["application/json", "text/plain", "multipart/form-data; boundary=x", ""])},
        ]
    )


def test_nothing_forged_is_accepted_and_nothing_is_written(long_desk: Desk) -> None:
    dice, wire, met = random.Random(10), Wire(long_desk), set()
    before = kept(long_desk, but=())
    for _ in range(MANY):
        route = dice.choice(ROUTES)
        form = form_for(wire, route)
        asked = route + dice.choice(["", "?t=" + "a" * dice.randrange(40), "?" + "x=1&" * dice.randrange(5)])
        answer = wire.send(
            asked, body(dice, form), **headers(dice) | {"X-Twilio-Signature": signature(dice, wire, route, form)}
        )
        assert 400 <= answer.status < 500, (asked, answer)
        assert answer.said == ["Goodbye."]
        met.add(answer.status)
    assert 403 in met
    assert kept(long_desk, but=()) == before


def test_the_same_request_rightly_signed_is_accepted(long_desk: Desk) -> None:
    """Or the test above would prove nothing."""
    wire = Wire(long_desk)
    assert wire.post("/ivr/voice", form_for(wire, "/ivr/voice")).status == 200
