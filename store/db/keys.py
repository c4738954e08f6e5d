"""The secrets: one key for each use, derived from SECRET_KEYS, and the sealing of what must not lie open.

The first key of the list is the newest: it signs and seals. The older ones only verify and open.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MOST: Final = 4  # digests that something may have been kept under: a key is not rotated more often than what lives ends
_SHORTEST: Final = 20
MAKE_A_KEY: Final = "make one with `openssl rand -base64 32`"


class SecretKeysError(ValueError):
    """A key of SECRET_KEYS is missing or unusable."""


@dataclass(frozen=True, repr=False)
class Key:
    """`id` (8 hex digits) may be stored beside what the key made; `secret` (32 bytes) never."""

    id: str
    secret: bytes

    @cached_property
    def cipher(self) -> AESGCM:
        return AESGCM(self.secret)


class Keys:
    """All keys of one installation. `Keys.parse` reads the setting, `for_use` gives the keys of one use."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise SecretKeysError("SECRET_KEYS is empty")
        for place, secret in enumerate(secrets, 1):
            if len(secret) < 32:
                raise SecretKeysError(
                    f"SECRET_KEYS: key {place} has {len(secret)} bytes, at least 32 are needed; {MAKE_A_KEY}"
                )
        if len(secrets) > MOST:
            raise SecretKeysError(
                f"SECRET_KEYS: key {MOST + 1} is one too many, only {MOST} are read: "
                "take out the oldest that `deskgate doctor` no longer needs"
            )
        self._secrets = tuple(secrets)
        self._derived = lru_cache(maxsize=64)(self._derive)

    @classmethod
    def parse(cls, setting: str) -> Keys:
        """From a comma list of base64 keys. Raises `SecretKeysError`, which never quotes a key."""
        secrets = []
        for place, word in enumerate(setting.split(","), 1):
            try:
                secrets.append(base64.b64decode(word.strip(), validate=True))
            except ValueError:  # what is not ASCII as well
                raise SecretKeysError(f"SECRET_KEYS: key {place} is not base64; {MAKE_A_KEY}") from None
        return cls(secrets)

    def _derive(self, use: str) -> tuple[Key, ...]:
        found = []
        for secret in self._secrets:
            made = HKDF(SHA256(), 36, salt=None, info=b"deskgate/" + use.encode()).derive(secret)
            found.append(Key(made[:4].hex(), made[4:]))
        return tuple(found)

    def for_use(self, use: str) -> tuple[Key, ...]:
        """The keys of one use, newest first."""
        return self._derived(use)

    def newest(self, use: str) -> Key:
        return self._derived(use)[0]

    def find(self, use: str, id: str) -> Key | None:
        """The key of that id, or None when it is no longer in SECRET_KEYS."""
        return next((key for key in self._derived(use) if key.id == id), None)

    def digest(self, use: str, *parts: str, by: str | None = None) -> str:
        """A keyed digest of words, as 64 hex digits, for what is made now. The parts cannot run into one another. `by` is the id
        of the key it was made with before; where that has gone, it cannot be made again."""
        key = self.find(use, by) if by is not None else None
        return _digest(key or self.newest(use), parts)

    def digests(self, use: str, *parts: str) -> tuple[str, ...]:
        """The same under every key it may have been made with, newest first, to look for what was made before: always MOST,
        however many keys there are, so that a statement looks the same and takes the same time for all. Older keys than that
        made nothing that still lives."""
        made = [_digest(key, parts) for key in self.for_use(use)[:MOST]]
        return tuple(made + made[-1:] * (MOST - len(made)))

    def made(self, digest: str, use: str, *parts: str) -> bool:
        """Whether one of the keys made this digest of these words, or the beginning of one, 20 characters at the least."""
        given, fits = digest.encode("utf-8", "replace"), False
        for one in self.digests(use, *parts):
            fits |= len(given) >= _SHORTEST and hmac.compare_digest(one[: len(given)].encode(), given)
        return fits

    def seal(self, use: str, plain: bytes, bound_to: str) -> bytes:
        """AES-256-GCM: key id (4 bytes), nonce (12), ciphertext. Opens only with the same `bound_to`."""
        key, nonce = self.newest(use), os.urandom(12)
        return bytes.fromhex(key.id) + nonce + key.cipher.encrypt(nonce, plain, bound_to.encode())

    def open(self, use: str, sealed: bytes, bound_to: str) -> bytes | None:
        """What `seal` sealed, or None if the key is gone or anything was changed."""
        key = self.find(use, sealed[:4].hex())
        if key is None:
            return None
        try:
            return key.cipher.decrypt(sealed[4:16], sealed[16:], bound_to.encode())
        except InvalidTag:
            return None


def _digest(key: Key, parts: Sequence[str]) -> str:
    packed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return hmac.digest(key.secret, packed, "sha256").hex()
