"""A passkey's device in software: what `navigator.credentials` answers to the options of a form, and what a forger would change in it.

Our own, as a device that lies is what the tests need: packages that play one (soft-webauthn and its like) do what is right, and
the attacks are in what is not.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 1, 4, 8, 16, 64  # flags of what a device signs
_CURVE: Final = ec.SECP256R1()


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One credential at the most. `steps`: how far its count goes each time; 0 of a device that does not count. Whatever is set here is
    what it answers, right or not: `origin` and `host` for the site's own where they are None."""

    origin: str = ""
    host: str = ""
    steps: int = 1
    flags: int = PRESENT | VERIFIED
    in_frame: bool = False
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(_CURVE))

    def create(self, options: str, **changed: Any) -> str:
        """As JSON, what `navigator.credentials.create` answers."""
        asked = json.loads(options)
        self.handle, self.host = raw(asked["user"]["id"]), self.host or asked["rp"]["id"]
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        signed = self._data(ATTESTED, changed.pop("host", self.host)) + attested
        told = {
            "clientDataJSON": self._client("webauthn.create", asked["challenge"], changed),
            "transports": ["internal"],
        }
        told["attestationObject"] = b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": signed}))
        return self._answer(told)

    def get(self, options: str, **changed: Any) -> str:
        """As JSON, what `navigator.credentials.get` answers. `changed`: challenge, origin, host or flags for this time."""
        asked = json.loads(options)
        client = self._client("webauthn.get", asked["challenge"], changed)
        signed = self._data(0, changed.pop("host", self.host), changed.pop("flags", None))
        signature = self.key.sign(signed + hashlib.sha256(raw(client)).digest(), ec.ECDSA(hashes.SHA256()))
        told = {"clientDataJSON": client, "authenticatorData": b64(signed), "signature": b64(signature)}
        return self._answer(told | {"userHandle": b64(self.handle)})

    def _client(self, kind: str, challenge: str, changed: dict[str, Any]) -> str:
        said = {
            "type": kind,
            "challenge": changed.pop("challenge", challenge),
            "origin": changed.pop("origin", self.origin),
        }
        return b64(json.dumps(said | {"crossOrigin": self.in_frame}).encode())

    def _data(self, more: int, host: str, flags: int | None = None) -> bytes:
        self.count += self.steps
        flags = (self.flags if flags is None else flags) | more
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, response: dict[str, Any]) -> str:
        return json.dumps({"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response})
