"""`make release`, in a copy of this tree: the same bytes whoever makes it, a bill of materials that names all there is, and a refusal that says what to do."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from deploy.release import ELSEWHERE, NotYetError, locked, look
from tests.house.test_licences import FREE, LOOKED_AT
from tests.house.test_locks import pins
from tests.house.test_names import PROJECT, ROOT

VERSION = PROJECT["project"]["version"]
WHO = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@desk.example",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@desk.example",
}
WHEN = {"GIT_AUTHOR_DATE": "2026-11-30T12:00:00Z", "GIT_COMMITTER_DATE": "2026-11-30T12:00:00Z"}


def run(tree: Path, *words: str, umask: int = 0o022, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tree.parent), **WHO, **WHEN, **more}
    return subprocess.run(
        words, cwd=tree, env=environment, capture_output=True, text=True, timeout=240, check=False, umask=umask
    )


def release(
    tree: Path, version: str = VERSION, *more: str, umask: int = 0o022, **environment: str
) -> subprocess.CompletedProcess[str]:
    return run(tree, sys.executable, "deploy/release.py", version, *more, umask=umask, **environment)


def commit(tree: Path) -> None:
    for words in (("git", "add", "--all", "--force"), ("git", "commit", "--quiet", "--message", "A change")):
        done = run(tree, *words)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands in this tree, committed, with a day in the changelog."""
    copy = tmp_path_factory.mktemp("release") / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    changes = copy / "CHANGELOG.md"
    changes.write_text(changes.read_text("utf-8").replace("- unreleased", "- 2026-11-30", 1), "utf-8")
    assert run(copy, "git", "init", "--quiet", "--initial-branch", "main").returncode == 0
    commit(copy)
    return copy


@pytest.fixture(scope="module")
def made(tree: Path) -> Path:
    into = tree.parent / "first"
    done = release(tree, VERSION, "--into", str(into))
    assert done.returncode == 0, done.stderr
    assert "No tag was set" in done.stdout
    return into


@pytest.fixture(scope="module")
def again(tree: Path) -> Path:
    """A tree elsewhere, of somebody whose machine is set up otherwise, who released it into its own dist/ and had it tagged."""
    copy = shutil.copytree(tree, tree.parent / "elsewhere" / "tree", symlinks=True)
    into = str(copy.parent / "dist")
    done = release(copy, VERSION, "--into", into, "--tag", umask=0o077, TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    return copy


def test_the_same_bytes_whoever_makes_it(again: Path, made: Path) -> None:
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    assert len(files) == 4
    assert files == {path.name: path.read_bytes() for path in (again.parent / "dist").iterdir()}


def test_the_checksums_are_those_of_the_files(made: Path) -> None:
    lines = [line.partition("  ") for line in (made / "SHA256SUMS").read_text().splitlines()]
    said = {name: digest for digest, _, name in lines}
    assert said == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.iterdir() if path.name != "SHA256SUMS"
    }
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=made, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_what_is_in_the_wheel_and_in_the_source(made: Path, tree: Path) -> None:
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {"authz/schemes/memset.toml", "deskgate/app.py"} <= set(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 30, 12, 0, 0)}
    with tarfile.open(made / f"deskgate-{VERSION}.tar.gz") as source:
        names = {name.removeprefix(f"deskgate-{VERSION}/") for name in source.getnames()}
    assert {
        "requirements.txt",
        "deploy/image.sh",
        "deploy/helm/deskgate/Chart.yaml",
        "Makefile",
        "docs/README.md",
    } <= names
    assert not {name for name in names if name.startswith((".venv", ".git/", ".env")) and name != ".env.example"}


def test_the_bill_names_every_locked_package_with_version_licence_and_digests(made: Path) -> None:
    bill = json.loads((made / f"deskgate-{VERSION}.cdx.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    (wheel,) = made.glob("*.whl")
    of_the_wheel = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    assert bill["metadata"]["component"]["hashes"] == of_the_wheel
    parts = {part["name"]: part for part in bill["components"]}
    assert {name: part["version"] for name, part in parts.items()} == pins("requirements.txt")
    lock = {name: digests for name, _, _, digests in locked((ROOT / "requirements.txt").read_text("utf-8"))}
    for name, part in parts.items():
        words = set(re.split(r" (?:AND|OR) ", part["licenses"][0]["expression"]))
        assert words <= FREE or words == {LOOKED_AT.get(name)}, f"{name}: {words}"
        assert {one["content"] for one in part["hashes"]} == set(lock[name])
        assert part["purl"] == f"pkg:pypi/{name}@{part['version']}"
    (whole,) = [one for one in bill["dependencies"] if one["ref"] == f"deskgate@{VERSION}"]
    assert len(whole["dependsOn"]) == len(parts) > 40
    marked = {name for name, part in parts.items() if part.get("properties")}
    assert marked >= ELSEWHERE.keys(), "what is for other platforms says so"


@pytest.fixture
def other(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(tree, tmp_path / "tree", symlinks=True)
    monkeypatch.chdir(copy)
    return copy


def refused(version: str = VERSION, *, tag: bool = False) -> str:
    with pytest.raises(NotYetError) as why:
        look(version, tag=tag)
    return str(why.value)


def test_what_is_not_committed_is_no_release(other: Path) -> None:
    (other / "README.md").write_text("mine")
    (other / "new.txt").touch()
    assert refused() == "the tree is not clean: commit or remove README.md, new.txt"
    said = release(other)
    assert (said.returncode, said.stderr) == (1, f"No release:\n{refused()}\n")
    assert not (other / "dist").exists()


def test_a_changelog_without_its_heading_is_no_release(other: Path) -> None:
    changes = other / "CHANGELOG.md"
    changes.write_text(changes.read_text("utf-8").replace("- 2026-11-30", "- unreleased", 1), "utf-8")
    commit(other)
    assert refused() == f"CHANGELOG.md: write the day in place of “unreleased” after [{VERSION}]"


def test_another_version_is_written_in_its_place_and_committed_first(other: Path) -> None:
    said = refused("9.8.7")
    assert "now say 9.8.7: commit them" in said
    assert "under ## [9.8.7] - 20" in said
    assert 'version = "9.8.7"' in (other / "pyproject.toml").read_text("utf-8")
    chart = (other / "deploy/helm/deskgate/Chart.yaml").read_text("utf-8")
    assert ("version: 9.8.7 " in chart, "appVersion: 9.8.7" in chart) == (True, True)
    assert refused("1.2") == "VERSION=1.2: three numbers, as in 0.1.0"


def test_a_tag_is_never_set_twice(again: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(again, "git", "cat-file", "-t", f"v{VERSION}").stdout == "tag\n"
    monkeypatch.chdir(again)
    assert refused(tag=True) == f"the tag v{VERSION} is there already: choose another version"
