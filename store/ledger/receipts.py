"""Receipts: what an entry of the ledger says, signed (Ed25519) so that anybody with the public key can check it, without the database and
without a secret. The keys are derived from SECRET_KEYS, as all are: `kid` is the id of one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from store.db.keys import Keys

VERSION: Final = 1
_USE: Final = "receipt"


class NoReceiptError(ValueError):
    """Why a file is no receipt of ours, in one line."""


def signed(keys: Keys, body: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt that says `body`, signed with the newest key."""
    key = keys.newest(_USE)
    said = {"receipt": VERSION, "kid": key.id, **body}
    made = Ed25519PrivateKey.from_private_bytes(key.secret).sign(_bytes(said))
    return {**said, "signature": _text(made)}


def public_keys(keys: Keys) -> dict[str, bytes]:
    """By id, newest first."""
    made = ((key.id, Ed25519PrivateKey.from_private_bytes(key.secret)) for key in keys.for_use(_USE))
    return {id: private.public_key().public_bytes_raw() for id, private in made}


def published(keys: Keys) -> dict[str, Any]:
    """The same as a JSON Web Key Set (RFC 8037)."""
    each = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id, "x": _text(public)}
        for id, public in public_keys(keys).items()
    ]
    return {"keys": each}


def read_published(document: str) -> dict[str, bytes]:
    """Public keys by id, out of such a set. Raises `NoReceiptError`."""
    try:
        each = json.loads(document)["keys"]
        found = {one["kid"]: _raw(one["x"]) for one in each if one.get("crv") == "Ed25519"}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NoReceiptError(
            "the keys cannot be read: give the file that the desk has at /.well-known/jwks.json"
        ) from None
    return found


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
        Ed25519PublicKey.from_public_bytes(public).verify(_raw(signature), _bytes(said))
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


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
