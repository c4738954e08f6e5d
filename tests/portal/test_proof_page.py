"""T54: A statement of proof, checked by whoever has the ticket now: on the page and in the shell; each change in it is found."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk import proof_statements
from desk.actors import permit_worker
from store.db.keys import Keys
from store.ledger import public_keys, signed_statements
from store.ledger.signed_statements import TYPE, NoStatementError
from tests.channels.test_webhooks import ticket_by_phone
from tests.desk import Desk
from tests.portal.browsing import Browser

CLAIMS = {"iss": "https://desk.example", "iat": 1, "exp": 2, "ticket": 1001, "proof": "none", "may_be_told": []}


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite)
    yield opened
    opened.close()


@pytest.fixture
def statement(desk: Desk) -> str:
    ticket_by_phone(desk)
    with desk.store.transaction("worker") as tx:
        made = proof_statements.make(tx, permit_worker(tx), 1001, "https://desk.example", 15)
    assert made is not None
    return made


def checked(desk: Desk, text: str) -> Browser:
    """In the browser of somebody who is not signed in."""
    browser = Browser(desk)
    browser.get("/proof")
    browser.send("/proof", statement=text)
    return browser


def test_it_is_read_by_whoever_has_it_and_by_nobody_as_more_than_it_is(desk: Desk, statement: str) -> None:
    page = checked(desk, "\n".join(statement[n : n + 70] for n in range(0, len(statement), 70)))
    assert page.page is not None
    assert page.page.status_code == 200
    for words in (
        "It is genuine: this desk has signed it",
        "1001 · phone",
        "Mia Chen (mia.chen)",
        "400639 Tideworks Ltd",
        "Verified by PIN when they opened this",
        "Technical tickets",
        "whoever writes or rings now may be somebody else",
    ):
        assert words in page.words, words
    desk.pass_time(15 * 60)
    late = checked(desk, statement).words
    assert "It is genuine, but it has ended: ask this desk again" in late
    assert "Mia Chen" in late


def test_what_is_not_ours_or_was_changed_is_refused_with_the_reason(desk: Desk, statement: str) -> None:
    head, body, signature = statement.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    more = base64.urlsafe_b64encode(json.dumps({**claims, "account": "200417"}).encode()).rstrip(b"=").decode()
    kid, key = public_keys.signing_key(desk.store.keys, public_keys.PROOF)
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": TYPE, "kid": kid}).encode()).rstrip(b"=").decode()
    public = key.public_key().public_bytes_raw()
    for text, why in (
        (f"{head}.{more}.{signature}", "its signature does not fit"),
        (f"{none}.{body}.", "it is no statement of proof, or was cut off"),
        (jwt.encode(CLAIMS, public, "HS256", headers={"typ": TYPE, "kid": kid}), "it is no statement of proof"),
        (jwt.encode(CLAIMS, key, "EdDSA", headers={"kid": kid}), "it is a token of another kind"),
        (jwt.encode({"iss": "x"}, key, "EdDSA", headers={"kid": kid, "typ": TYPE}), "it is no statement of proof"),
        (signed_statements.signed(Keys([bytes(32)]), CLAIMS), "another desk's, or one that is no longer in use"),
        (
            jwt.encode(CLAIMS, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": kid, "typ": TYPE}),
            "its signature does not fit",
        ),
        (statement[:-21], "it is no statement of proof, or was cut off"),
        (statement.rpartition(".")[0], "it is no statement of proof"),
        ("Mia says hello", "it is no statement of proof"),
        ("x" * 9000, "it is too long for a statement"),
    ):
        with pytest.raises(NoStatementError, match=why):
            signed_statements.checked(text, public_keys.public_keys(desk.store.keys))
        if len(text) < 3000:
            page = checked(desk, text)
            assert page.page is not None
            assert page.page.status_code == 400
            assert "Do not rely on it:" in page.words
            assert why in page.words
            assert "Mia Chen" not in page.words


def test_an_older_key_of_the_desk_still_vouches(desk: Desk) -> None:
    older = Keys([b"x" * 32])
    both = Keys([b"y" * 32, b"x" * 32])
    assert (
        signed_statements.checked(signed_statements.signed(older, CLAIMS), public_keys.public_keys(both))["ticket"]
        == 1001
    )
