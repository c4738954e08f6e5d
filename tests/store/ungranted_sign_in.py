"""Public functions of `store/sign_in` that ask for no Grant, about passkeys: a part of ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "factors.has_any": reasons.FACTOR,
    **dict.fromkeys(
        ("passkeys." + n for n in ("check", "keep", "use", "remove", "remove_all", "rename")), reasons.FACTOR
    ),
    **dict.fromkeys(("passkeys.to_add", "passkeys.listed"), "somebody's own, for themselves: what they called theirs"),
    "passkeys.to_use": reasons.KEYS,
    **dict.fromkeys(("passkey_answers." + n for n in ("opened", "to_use", "to_add")), reasons.KEYS),
    **dict.fromkeys(("passkey_answers." + n for n in ("faults", "made", "parsed", "verified")), reasons.PURE),
    "passkey_answers.once": "whether a challenge was answered before: yes or no",
}
