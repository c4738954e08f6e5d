"""What is kept of somebody's words: all of them but digits that they call their PIN, in whatever script these are."""

from __future__ import annotations

from bot.text import intents
from bot.text.phrases import Phrases
from store.text import numbers


def kept(p: Phrases, words: str) -> str:
    """The words as they may be kept and shown: with a mark in the place of each number that may be a PIN."""
    made, at, mark = "", 0, p.plain("digits_left_out")
    for begins, ends in intents.pins(numbers.western(words)):
        made, at = made + words[at:begins] + mark, max(at, ends)
    return made + words[at:]
