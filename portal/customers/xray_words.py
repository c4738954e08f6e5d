"""The X-ray of an account in sentences: the same on its owner's page and in the operator's shell, which loads no web server for them."""

from __future__ import annotations

from desk.xray import Xray
from portal.web import record_words
from portal.web.page_words import Words


def sentences(words: Words, of: Xray) -> list[tuple[str, str]]:
    """Of each finding what is so, and what to do."""
    found = []
    for one in of.findings:
        if one.you:
            said = (words.word("customer_xray_found_you", one.code), words.word("customer_xray_do_you", one.code))
        else:
            each = (words.word("customer_xray_found", one.code, names=name) for name in one.names or ("",))
            said = (" ".join(each), words.word("customer_xray_do", one.code))
        found.append(said)
    return found


def question(words: Words, of: Xray) -> str:
    """Whether the right one owns the account nobody can know but they."""
    names = (words.word("customer_xray", "you"), *of.owners) if of.yours else of.owners
    return words.word("customer_xray", "owner", names=record_words.listed(words, names))
