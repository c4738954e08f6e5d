"""What single words of an import file may be: patterns, checks, and what is said of a word that does not fit."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from store.accounts.people import is_support_id
from store.text import addresses, numbers
from store.text.addresses import EMAIL, is_domain
from store.text.cleaning import cleaned


def _phone(word: str) -> str:
    if not numbers.is_number(word):
        raise PydanticCustomError("phone", "is no possible phone number in the form +441632960101")
    if (kind := numbers.nobodys(word)) is not None:
        words = "is {kind}: nobody rings from there, and we ring nobody there"
        raise PydanticCustomError("phone", words, {"kind": kind})
    return word


def _seen(word: str) -> str:
    """Nothing that the channels clean away: a file is an operator's, who is told where it stands instead."""
    if cleaned(word) != word:
        raise PydanticCustomError("seen", PATTERN_WORDS[_LINE])
    return word


def _readable(word: str) -> str:
    """Not only blanks, dashes or dots: it is read out to people, and they choose by it."""
    if not any(letter.isalnum() for letter in word):
        raise PydanticCustomError("readable", "has no letter and no digit, so that nobody could read or hear it")
    return word


def _address(word: str) -> str:
    if not addresses.is_plain(word):
        raise PydanticCustomError(
            "address", "is no e-mail address: write it with plain letters, no wide or joined ones"
        )
    if not is_domain(word.rpartition("@")[2]):
        raise PydanticCustomError("address", "is no e-mail address: there can be no such domain")
    return word


def _support_id(word: str) -> str:
    if not is_support_id(word):
        raise PydanticCustomError("support_id", "must be 8 digits, the last of them Luhn's check digit")
    return word


def _due(word: str) -> str:
    good = False
    with suppress(ValueError):
        good = date.fromisoformat(word).isoformat() == word
    if not good:
        raise PydanticCustomError("due", "must be a date like 2026-12-01")
    return word


_BAD: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"  # not in one line
_LINE: Final = rf"^[^{_BAD}\s](?:[^{_BAD}]*[^{_BAD}\s])?$"
_USERNAME: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9._@+-]*[A-Za-z0-9])?$"
# One part of a page's address: `..` would lead elsewhere, and with a `/` one account's page could be another's.
ACCOUNT_NUMBER: Final = r"^[A-Za-z0-9]+(?:(?:\.|[_-]+)[A-Za-z0-9]+)*$"
SLACK_TEAM: Final = r"^[TE][A-Z0-9]{2,30}$"
_SLACK_MEMBER: Final = r"^[UW][A-Z0-9]{2,30}$"
_AMOUNT: Final = r"^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,3})?$"
_CURRENCY: Final = r"^[A-Z]{3}$"
PATTERN_WORDS: Final = {
    _LINE: "must be one line of text, without control characters or marks that cannot be seen, and without spaces around it",
    _USERNAME: "may have letters, digits and . _ @ + - and begins and ends with a letter or digit",
    ACCOUNT_NUMBER: "may have letters, digits and . _ - between them, of . one at a time; write - for /",
    EMAIL: "is no e-mail address",
    SLACK_TEAM: "is no id of a Slack workspace or organisation, like T0DESK or E0GRID: capitals and digits, from its address in a browser",
    _SLACK_MEMBER: "is no id of a Slack member, like U0KIM: capitals and digits, by Copy member ID in a profile",
    _AMOUNT: 'must be a decimal string like "20.00": not negative, at most three decimals',
    _CURRENCY: "must be three capital letters, like EUR",
}

Username = Annotated[str, StringConstraints(max_length=64, pattern=_USERNAME)]
Name = Annotated[
    str, StringConstraints(max_length=200, pattern=_LINE), AfterValidator(_seen), AfterValidator(_readable)
]
Email = Annotated[
    str, StringConstraints(max_length=addresses.LONGEST, pattern=EMAIL), AfterValidator(_seen), AfterValidator(_address)
]
Ref = Annotated[str, StringConstraints(max_length=64, pattern=_LINE), AfterValidator(_seen), AfterValidator(_readable)]
Word = Annotated[str, StringConstraints(max_length=40, pattern=_LINE), AfterValidator(_seen), AfterValidator(_readable)]
SlackTeam = Annotated[str, StringConstraints(pattern=SLACK_TEAM)]
SlackMember = Annotated[str, StringConstraints(pattern=_SLACK_MEMBER)]
Phone = Annotated[str, AfterValidator(_phone)]
SupportId = Annotated[str, AfterValidator(_support_id)]
AccountNumber = Annotated[str, StringConstraints(max_length=32, pattern=ACCOUNT_NUMBER)]
Amount = Annotated[str, StringConstraints(pattern=_AMOUNT)]
Currency = Annotated[str, StringConstraints(pattern=_CURRENCY)]
Due = Annotated[str, AfterValidator(_due)]
