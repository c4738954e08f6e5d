"""Statements of proof as they travel: a JWT (RFC 7519) signed with EdDSA, which anybody can check with the desk's public keys and a library of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from store.db.keys import Keys
from store.ledger.public_keys import PROOF, signing_key

TYPE: Final = "deskgate-proof+jwt"  # RFC 8725, 3.11: no token for anything else is taken for one
LONGEST: Final = 8_192  # characters
_REQUIRED: Final = ("iss", "iat", "exp", "ticket", "proof", "may_be_told")


class NoStatementError(ValueError):
    """Why something is no statement of proof of ours, in one line."""


def signed(keys: Keys, claims: Mapping[str, Any]) -> str:
    """In its compact form."""
    kid, key = signing_key(keys, PROOF)
    return jwt.encode(dict(claims), key, "EdDSA", headers={"kid": kid, "typ": TYPE})


def checked(text: str, known: Mapping[str, bytes]) -> dict[str, Any]:
    """What a statement says, whether it is still good or not: `exp` (seconds) says until when. Raises `NoStatementError`."""
    text = "".join(text.split())  # a mail or a form may have broken it into lines
    if len(text) > LONGEST:
        raise NoStatementError("it is too long for a statement of proof")
    try:
        header = jwt.get_unverified_header(text)
    except jwt.InvalidTokenError:
        raise NoStatementError("it is no statement of proof, or was cut off") from None
    if header.get("typ") != TYPE:
        raise NoStatementError("it is a token of another kind, and no statement of proof")
    public = known.get(str(header.get("kid")))
    if public is None:
        raise NoStatementError(
            "it was signed with a key that is not among those given: another desk's, or one that is no longer in use"
        )
    # Until when it is good is told and not refused: whoever looks at an old ticket wants to read what it said.
    options: jwt.types.Options = {
        "require": list(_REQUIRED),
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        return dict(jwt.decode(text, key, algorithms=["EdDSA"], options={**options, "verify_aud": False}))
    except jwt.InvalidSignatureError:
        raise NoStatementError(
            "its signature does not fit: something in it was changed, or another has made it"
        ) from None
    except (jwt.InvalidTokenError, ValueError):
        raise NoStatementError("it is no statement of proof, or was cut off") from None
