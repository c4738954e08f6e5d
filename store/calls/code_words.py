"""Two words that agent and customer both have, so that the desk proves itself too: made from call, agent and minute.

Whoever rings a customer in our name has no way to the words on the customer's phone or in their Slack.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

from store.db.keys import Keys

USE: Final = "two-words"
WORDS: Final = tuple(resources.files("store.calls").joinpath("code_words.txt").read_text("ascii").split())
"""256 plain nouns and colours that sound unlike each other: two of them are 16 bits, enough for somebody who may try once."""


def two_words(keys: Keys, key: str | None, call: str, agent: str, at: int) -> tuple[str, str]:
    """`call` is a call's id, `agent` whoever took it or asked for it, `at` the moment in ms, of which the minute counts. `key` is
    the id of the key they were first made with, kept beside them: they stay the same while keys are rotated. Which words belong
    to a call with the desk: `live_calls.words`; to one of ours: `callbacks.words`."""
    digest = bytes.fromhex(keys.digest(USE, call, agent, str(at // 60_000), by=key))
    return WORDS[digest[0]], WORDS[digest[1]]
