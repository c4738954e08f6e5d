"""What people send, as it is kept and shown: the one cleaning, which every channel gives all that comes in.

What cannot be seen but changes what is: what turns the direction of writing, control characters, marks of no width. They would make an
agent read another thing than was written, hide a code from whoever looks for one, or end a call whose words hold them.
"""

from __future__ import annotations

import re
from typing import Any, Final

_LINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters but tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # the direction of writing
    "\u00ad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # of no width; not the joiners, which make letters and emoji
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters that are drawn as nothing
    "\U000e0000-\U000e007f]"  # tags: text that nobody sees
)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what no database keeps
_INSTEAD: Final = "\ufffd"


def cleaned(text: str) -> str:
    """The same words, as they are seen. Done twice it changes nothing."""
    if text.isascii() and text.isprintable():
        return text
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _NO_TEXT.search(text) else text
    return _UNSEEN.sub("", _LINES.sub("\n", _NO_TEXT.sub(_INSTEAD, paired)))


def clean(value: Any) -> Any:
    """The same for every text in what JSON can say. In place, but for a text itself; no depth is too deep for it."""
    if isinstance(value, str):
        return cleaned(value)
    left: list[Any] = [value] if isinstance(value, dict | list) else []
    while left:
        one = left.pop()
        for key, inner in one.items() if isinstance(one, dict) else enumerate(one):
            if isinstance(inner, str):
                one[key] = cleaned(inner)
            elif isinstance(inner, dict | list):
                left.append(inner)
    return value
