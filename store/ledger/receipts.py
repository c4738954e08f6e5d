"""Receipts: what an entry of the ledger says, signed (Ed25519) so that anybody with the public key can check it, without the database and
without a secret: `kid` names the key (public_keys.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from store.db.keys import Keys
from store.ledger.public_keys import RECEIPT, as_bytes, as_text, signing_key

VERSION: Final = 1


class NoReceiptError(ValueError):
    """Why a file is no receipt of ours, in one line."""


def signed(keys: Keys, body: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt that says `body`, signed with the newest key."""
    kid, key = signing_key(keys, RECEIPT)
    said = {"receipt": VERSION, "kid": kid, **body}
    return {**said, "signature": as_text(key.sign(_bytes(said)))}


def checked(document: str, known: Mapping[str, bytes]) -> dict[str, Any]:
    """What a receipt says. Raises `NoReceiptError`."""
    try:
        said = json.loads(document, parse_constant=_no_number, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise NoReceiptError("it is not JSON, or has a field twice: it is no receipt, or was cut off") from None
    if not isinstance(said, dict) or "receipt" not in said:
        raise NoReceiptError("it is no receipt: the field receipt is missing")
    if said["receipt"] != VERSION or isinstance(said["receipt"], bool):
        raise NoReceiptError("it is a receipt of another version of Deskgate")
    signature, kid = said.pop("signature", None), said.get("kid")
    if not isinstance(signature, str):
        raise NoReceiptError("its signature is missing")
    public = known.get(kid) if isinstance(kid, str) else None
    if public is None:
        raise NoReceiptError(
            "it was signed with a key that is not among those given: another desk's, or one that is no longer in use"
        )
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(as_bytes(signature), _bytes(said))
    except (InvalidSignature, ValueError):
        raise NoReceiptError(
            "its signature does not fit: something in it was changed, or another has made it"
        ) from None
    return said


def _bytes(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _no_number(word: str) -> float:
    raise ValueError(word)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A field that comes twice would be signed in one wording and read in the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field comes twice")
    return found
