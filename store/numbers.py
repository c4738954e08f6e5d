"""Telephone numbers as they are written down: E.164, possible, and of a kind that people ring from and are rung on."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_NOBODYS: Final = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.PAGER: "a pager's number",
    PhoneNumberType.VOICEMAIL: "the number of a voice mailbox",
}


def is_number(word: str) -> bool:
    """Whether it is written as we keep numbers. Ranges kept for fiction are possible, and may be."""
    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(word)
        same = phonenumbers.format_number(number, PhoneNumberFormat.E164) == word
        return same and phonenumbers.is_possible_number(number)
    return False


def nobodys(word: str) -> str | None:
    """What it is where it is a number nobody rings from, and where we ring nobody; None for any other."""
    return _NOBODYS.get(phonenumbers.number_type(phonenumbers.parse(word)))
