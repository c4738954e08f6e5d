"""A PIN that a page has just shown, once more for the same form: whoever presses again while the desk is slow is shown the same one.

In the same browser, for ten minutes. What is kept for that can be read with that browser's cookie and form alone, which we do not keep.
"""

from __future__ import annotations

import re
from typing import Final

from store import Transaction
from store.sign_in import sent_forms

AGAIN: Final = 10 * 60_000  # ms
_LONGEST: Final = 21
_DIGITS: Final = re.compile(r"[0-9]{6,10}( [0-9]{6,10})?")  # a PIN, and the one for a threat where it was made with it


def put(tx: Transaction, key: tuple[str, ...], digits: str) -> None:
    """As long whether there is one for a threat or not: what is kept does not tell."""
    sent_forms.done(tx, key, _veiled(tx, key, digits.ljust(_LONGEST).encode()).hex())


def before(tx: Transaction, key: tuple[str, ...]) -> str:
    """What this very form has made a moment ago; empty where it has made nothing."""
    digits = _veiled(tx, key, bytes.fromhex(sent_forms.led(tx, key, AGAIN) or "")).decode("ascii", "replace")
    return digits.rstrip() if _DIGITS.fullmatch(digits.rstrip()) else ""


def _veiled(tx: Transaction, key: tuple[str, ...], digits: bytes) -> bytes:
    """Under a pad that is used once and kept nowhere; done twice it is as before."""
    pad = bytes.fromhex(tx.keys.digest("pin-shown", *key))
    return bytes(a ^ b for a, b in zip(digits, pad, strict=False))
