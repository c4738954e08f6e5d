"""Telephone numbers as they are written down and as people type and paste them, codes and plain numbers likewise. The one place that reads them. Pure."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from store.text.cleaning import cleaned

_LINK: Final = re.compile(r"<?tel:([^|>]*)(?:\|[^>]*)?>?", re.I)
_FROM_ABROAD: Final = re.compile(r"^\D*00")
# What stands between digits: spaces, dashes, dots, brackets, marks that cannot be seen.
_BETWEEN: Final = ("Z", "P", "C")
_OF_NO_COUNTRY: Final = "001"
_MINUS: Final = "\u2212"
_SPOKEN: Final = r"(?:zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SAID: Final = re.compile(rf"\d(?:[\s.,-]*\d)+|\b{_SPOKEN}(?:[\s.,-]+{_SPOKEN}){{2,}}\b", re.I)
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


def is_region(word: str) -> bool:
    """Whether it is a country as `region` writes one: GB, and not UK."""
    return word in phonenumbers.SUPPORTED_REGIONS


def nobodys(word: str) -> str | None:
    """What it is where it is a number nobody rings from, and where we ring nobody; None for any other."""
    return _NOBODYS.get(phonenumbers.number_type(phonenumbers.parse(word)))


def telephone(words: str, region: str = "") -> str | None:
    """E.164 of a telephone number however it is written: `0044 …`, `(0)`, other dashes, a link. `region` (GB) is where a number
    without a country is; none: there is none. None: it is no possible number."""
    plain = " ".join(cleaned(words).split())
    if found := _LINK.search(plain):
        plain = found[1]
    for said, within in ((plain, region or None), (_FROM_ABROAD.sub("+", plain), None)):
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(said, within)
            if phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
                return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


def readable(number: str) -> str:
    """A number (E.164) in the groups in which it is read and said."""
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)


def region(number: str) -> str:
    """Where a number (E.164) is, as two letters: GB; of one that is in no use, the first country that has its code. Empty: of no
    country."""
    with suppress(phonenumbers.NumberParseException):
        parsed = phonenumbers.parse(number)
        found = phonenumbers.region_code_for_number(parsed)
        found = found or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
        return "" if found in (_OF_NO_COUNTRY, phonenumbers.UNKNOWN_REGION) else found
    return ""


def left_out(words: str) -> str:
    """With “…” in the place of each number of two digits or more, in whatever script, and of three spoken digits or more in a row."""
    return _SAID.sub("…", words)


def western(words: str) -> str:
    """With the digits of other scripts as 0 to 9, of the same length; for whoever looks for a number in what somebody typed."""
    return words if words.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in words)


def are_digits(word: str) -> bool:
    """Whether it is 0 to 9 and nothing else, and not empty."""
    return word.isascii() and word.isdigit()


def parse_int(word: str, longest: int = 15) -> int | None:
    """A number as a program writes it: ids, pages, lengths. None: it is none, begins with a nought that says nothing, or has more
    digits than it could have."""
    plain = are_digits(word) and len(word) <= longest
    return int(word) if plain and (word == "0" or word[0] != "0") else None


def digits(words: str) -> str:
    """A code or a support ID without what people put between its digits, which may be of any script. What is none is none afterwards."""
    if are_digits(words):
        return words
    return "".join(
        c for c in western(words) if not (c.isspace() or c == _MINUS or unicodedata.category(c)[0] in _BETWEEN)
    )
