"""The keys that sign what others check (Ed25519): receipts and statements of proof. Derived from SECRET_KEYS, as all are; the public halves are published."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.db.keys import Keys

RECEIPT: Final = "receipt"
PROOF: Final = "proof"


class UnreadableKeysError(ValueError):
    """Why a file of public keys cannot be read, in one line."""


def signing_key(keys: Keys, use: str) -> tuple[str, Ed25519PrivateKey]:
    """The newest of a use, with its id: what is signed names it as `kid`."""
    key = keys.newest(use)
    return key.id, Ed25519PrivateKey.from_private_bytes(key.secret)


def public_keys(keys: Keys) -> dict[str, bytes]:
    """Of both uses, by id, the newest of each first."""
    each = (key for use in (RECEIPT, PROOF) for key in keys.for_use(use))
    return {key.id: Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw() for key in each}


def published(keys: Keys) -> dict[str, Any]:
    """The same as a JSON Web Key Set (RFC 8037)."""
    each = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id, "x": as_text(public)}
        for id, public in public_keys(keys).items()
    ]
    return {"keys": each}


def read_published(document: str) -> dict[str, bytes]:
    """Public keys by id, out of such a set. Raises `UnreadableKeysError`."""
    try:
        each = json.loads(document)["keys"]
        return {one["kid"]: as_bytes(one["x"]) for one in each if one.get("crv") == "Ed25519"}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnreadableKeysError(
            "the keys cannot be read: give the file that the desk has at /.well-known/jwks.json"
        ) from None


def as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def as_bytes(text: str) -> bytes:
    """Raises `ValueError`."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
