"""F6: what Deskgate is installed with is under licences that were looked at. docs/licences.md"""

from __future__ import annotations

import re
from email.message import Message
from importlib import metadata

from deploy.release import ELSEWHERE, OLD_WORDS
from tests.house.test_names import ROOT

FREE = {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "PSF-2.0", "Apache-2.0"}
LOOKED_AT = {  # docs/licences.md says why each is no harm
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "certifi": "MPL-2.0",
    "pathspec": "MPL-2.0",
}
PINNED = re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)


def said_of(package: str) -> Message:
    said = metadata.metadata(package)
    assert isinstance(said, Message)
    return said


def licence(of: Message) -> set[str]:
    """The SPDX names a package gives, whether all hold or one may choose."""
    said = of.get("License-Expression", "")
    if said:
        return set(re.split(r" (?:AND|OR) ", said))
    ends = [line.rpartition(" :: ")[2] for line in of.get_all("Classifier", []) if line.startswith("License :: ")]
    named = [end for end in ends if end != "OSI Approved"] or [of.get("License") or "not said"]
    return {OLD_WORDS.get(one, one) for one in named}


def test_f6_every_dependency_has_a_licence_that_was_looked_at() -> None:
    assert len(PINNED) > 40
    for name in set(PINNED) - ELSEWHERE.keys():
        found = licence(said_of(name))
        assert found <= FREE or found == {LOOKED_AT.get(name)}, f"{name}: {found}: look at it, then docs/licences.md"


def test_f6_a_licence_that_was_not_looked_at_is_seen() -> None:
    other = said_of("pytest")
    assert licence(other) == {"MIT"}
    del other["License-Expression"]
    for line in other.get_all("Classifier", []):
        assert not line.startswith("License ::")
    assert licence(other) == {"not said"}


def test_f6_the_licence_is_there_and_says_what_the_project_says() -> None:
    assert (ROOT / "LICENSE").read_text("utf-8").split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text("utf-8")
    page = (ROOT / "docs" / "licences.md").read_text("utf-8")
    for name, word in LOOKED_AT.items():
        assert name in page
        assert word in page
