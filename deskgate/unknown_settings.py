"""Settings nobody reads: names in `.env` and in the environment that are none of ours but look like one, with the nearest that is."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from deskgate import env_file
from deskgate.env_file import ENV_FILE
from deskgate.settings import Settings

_NAME: Final = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=", re.MULTILINE)
_OURS: Final = ("DESKGATE_", "TWILIO_", "SLACK_", "SMTP_", "MAIL_", "SECRET_KEY")


def unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each, with its fix: every unknown name of `.env`, and of the environment those that look like ours."""
    known = {name.upper() for name in Settings.model_fields}
    written = _written()
    elsewhere = [name for name in environment if name.upper() not in written and _looks_like_ours(name.upper(), known)]
    for where, names in ((".env", sorted(written)), ("the environment", sorted(elsewhere))):
        for name in names:
            if name.upper() in known:
                continue
            near = get_close_matches(name.upper(), known, n=1, cutoff=0.6)
            fix = f"did you mean {near[0]}?" if near else "remove it; docs/settings.md has every setting"
            yield f"{name} in {where} is no setting of Deskgate's, and nobody reads it: {fix}"


def readable_by_others() -> bool:
    """Whether anybody else on this machine may read `.env`, which holds keys and tokens."""
    return ENV_FILE.is_file() and bool(ENV_FILE.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _written() -> set[str]:
    return {name.upper() for name in _NAME.findall(env_file.text())}


def _looks_like_ours(name: str, known: set[str]) -> bool:
    return name not in known and (name.startswith(_OURS) or bool(get_close_matches(name, known, n=1, cutoff=0.9)))
