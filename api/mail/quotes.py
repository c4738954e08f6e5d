"""What is new in a mail: its text without what it quotes and without a signature. Pure, and in the time its length takes: every pattern sees one line.

Written here because of what others cost: docs/decisions has the figures.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST_LINE: Final = 400  # characters of a line that are looked at
WRAPPED: Final = 3  # lines over which a program breaks "On … wrote:"
_BEGINS: Final = re.compile(r"(on|am|le|il|el|op|den|em|w dniu|dne)\b", re.I)
_ENDS: Final = re.compile(
    r"\b(wrote|writes|schrieb|a écrit|ha scritto|escribió|escreveu|schreef|skrev|napisał\(a\)|napsal\(a\))\b[^:]{0,80}:$",
    re.I,
)
_DIVIDES: Final = re.compile(
    r"-{3,} ?(original message|forwarded message|ursprüngliche nachricht|message d'origine)\b", re.I
)
_UNDERSCORES: Final = re.compile(r"_{20,}$")
_HEADER: Final = re.compile(
    r"\*?(from|sent|to|cc|date|subject|von|gesendet|an|betreff|datum|de|envoyé|à|objet|enviado|para|asunto) ?:", re.I
)
_FROM: Final = re.compile(r"\*?(from|von|de) ?:", re.I)
_SENT_BY: Final = re.compile(
    r"(sent from my|sent from outlook|get outlook for|von meinem|envoyé de mon|enviado desde)\b", re.I
)


def new_words(text: str) -> str:
    """Without quoted lines, what stands below the line that introduces a quoted mail, and the signature. All of it where nothing else would be left."""
    lines = text.split("\n")
    looked = [line.strip()[:LONGEST_LINE] for line in lines]
    last_new = max((n for n, line in enumerate(looked) if line and not line.startswith(">")), default=-1)
    end = next((n for n in range(len(lines)) if _is_over(looked, n, last_new)), len(lines))
    kept = [line for line, look in zip(lines[:end], looked[:end], strict=True) if not look.startswith(">")]
    while kept and (not kept[-1].strip() or _SENT_BY.match(kept[-1].strip()[:LONGEST_LINE])):
        kept.pop()
    return "\n".join(kept).strip("\n") or text.strip("\n")


def _is_over(lines: list[str], n: int, last_new: int) -> bool:
    """Whether what follows is not the writer's: a quoted mail below its introduction, or a signature."""
    line = lines[n]
    if line == "--" or _DIVIDES.match(line):
        return True
    if _BEGINS.match(line) and (ends := _introduces(lines, n)):
        # Words below a quotation are the writer's own: what is quoted goes line by line then.
        by_line = any(one.startswith(">") for one in lines[ends : ends + WRAPPED])
        return not by_line or last_new < ends
    if _UNDERSCORES.match(line):
        return any(_FROM.match(one) for one in lines[n + 1 : n + 3])
    return bool(_FROM.match(line)) and sum(bool(_HEADER.match(one)) for one in lines[n : n + 6]) >= 3


def _introduces(lines: list[str], n: int) -> int:
    """Where what is introduced by that line and the next ones begins; 0: they introduce nothing."""
    for many in range(1, WRAPPED + 1):
        if _ENDS.search(" ".join(lines[n : n + many])[-LONGEST_LINE:]):
            return n + many
    return 0
