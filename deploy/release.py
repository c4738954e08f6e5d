"""What a release is: a wheel, the source, a bill of materials and their checksums, the same bytes whoever makes them. `make release VERSION=0.1.0`

It looks first whether there is anything that would make the release untrue, and says what to do. Nothing is published, and no tag is set unless `--tag` asks for it.
docs/releasing.md
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import Final

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hatchling.builders.wheel import WheelBuilder
from packageurl import PackageURL

SCHEMA: Final = SchemaVersion.V1_6
OLD_WORDS: Final = {  # classifiers, of those who do not say an SPDX expression yet
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Pinned for other platforms and never installed on Linux, where nobody can ask them: as their own metadata has it.
ELSEWHERE: Final = {"colorama": "BSD-3-Clause", "httpx2-jsfetch": "BSD-3-Clause", "pywin32": "PSF-2.0"}


class NotYetError(Exception):
    """Why there is no release, and what to do: a line for each."""


def told(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def look(version: str, *, tag: bool) -> None:
    """Raises `NotYetError`."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise NotYetError(f"VERSION={version}: three numbers, as in 0.1.0")
    wrong = []
    if changed := told("git", "status", "--porcelain"):
        wrong.append(
            f"the tree is not clean: commit or remove {', '.join(sorted(line.split()[-1] for line in changed.splitlines()))}"
        )
    project, chart = Path("pyproject.toml"), Path("deploy/helm/deskgate/Chart.yaml")
    if tomllib.loads(project.read_text("utf-8"))["project"]["version"] != version:
        _put(project, r'(?m)^version = ".*"$', f'version = "{version}"')
        _put(chart, r"(?m)^version: \S+", f"version: {version}")
        _put(chart, r"(?m)^appVersion: \S+", f"appVersion: {version}")
        wrong.append(f"{project} and {chart} were of another version, and now say {version}: commit them")
    heading = re.search(r"^## \[(.+?)\](.*)$", Path("CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    if heading is None or heading[1] != version:
        wrong.append(
            f"CHANGELOG.md: what is new is to stand first, under ## [{version}] - {datetime.now(UTC):%Y-%m-%d}"
        )
    elif not re.fullmatch(r" - \d{4}-\d\d-\d\d", heading[2]):
        wrong.append(f"CHANGELOG.md: write the day in place of “{heading[2].removeprefix(' - ')}” after [{version}]")
    if tag and told("git", "tag", "--list", f"v{version}"):
        wrong.append(f"the tag v{version} is there already: choose another version")
    if wrong:
        raise NotYetError("\n".join(wrong))


def _put(file: Path, pattern: str, line: str) -> None:
    text, times = re.subn(pattern, line, file.read_text("utf-8"), count=1)
    assert times == 1, f"{file}: {pattern}"
    file.write_text(text, "utf-8")


@contextmanager
def source() -> Iterator[Path]:
    """What is committed, and nothing else, in a folder."""
    packed = subprocess.run(["git", "archive", "--format=tar", "HEAD"], check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        yield Path(folder)


def make(version: str, into: Path) -> list[Path]:
    """Writes the files of a release and gives them. Times in them are those of the commit."""
    made_at = int(told("git", "log", "-1", "--format=%ct"))
    os.environ["SOURCE_DATE_EPOCH"] = str(made_at)
    into.mkdir(parents=True, exist_ok=True)
    with source() as folder:
        wheel = Path(next(WheelBuilder(str(folder)).build(directory=str(into), versions=["standard"])))
        lock = (folder / "requirements.txt").read_text("utf-8")
    archive, bill = into / f"deskgate-{version}.tar.gz", into / f"deskgate-{version}.cdx.json"
    prefixed = ["git", "archive", "--format=tar", f"--prefix=deskgate-{version}/", "HEAD"]
    packed = subprocess.run(prefixed, check=True, capture_output=True).stdout
    with archive.open("wb") as to, gzip.GzipFile(filename="", mode="wb", fileobj=to, mtime=made_at) as pressed:
        pressed.write(packed)
    bill.write_text(bill_of_materials(version, lock, digest(wheel), made_at), "utf-8")
    files = sorted((wheel, archive, bill))
    sums = into / "SHA256SUMS"
    sums.write_text("".join(f"{digest(file)}  {file.name}\n" for file in files), "utf-8")
    return [*files, sums]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def locked(lock: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Name, version, marker and the digests of its files, of each package that is pinned."""
    for entry in lock.replace("\\\n", " ").splitlines():
        if pin := re.match(r"([a-z0-9.-]+)==([^ ;]+)(?: ; ([^-]+?))?\s+--hash", entry):
            yield pin[1], pin[2], pin[3] or "", re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)


def licence(package: str) -> str:
    """An SPDX expression. Raises `NotYetError` where a package says nothing that is one."""
    if package in ELSEWHERE:
        return ELSEWHERE[package]
    said = metadata.metadata(package)
    assert isinstance(said, Message)
    if expression := said.get("License-Expression"):
        return str(expression)
    ends = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith("License :: ")]
    named = [end for end in ends if end != "OSI Approved"] or [said.get("License") or "not said"]
    words = sorted({OLD_WORDS.get(one, one) for one in named})
    if not all(re.fullmatch(r"[A-Za-z0-9.+-]+", word) for word in words):
        raise NotYetError(f"the licence of {package} is “{' '.join(words)}”: add to OLD_WORDS what that is in SPDX")
    return " OR ".join(words)


def bill_of_materials(version: str, lock: str, wheel: str, made_at: int) -> str:
    """CycloneDX, checked against its own schema: every package that is installed beside Deskgate, with the digests that the lock allows. Raises `NotYetError`."""
    desk = Component(
        type=ComponentType.APPLICATION,
        name="deskgate",
        version=version,
        bom_ref=f"deskgate@{version}",
        licenses=[LicenseExpression("Apache-2.0")],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel)],
    )
    bill = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"deskgate:{version}:{wheel}"))
    bill.metadata.component, bill.metadata.timestamp = desk, datetime.fromtimestamp(made_at, UTC)
    for name, at, marker, digests in locked(lock):
        url = PackageURL(type="pypi", name=name, version=at)
        bill.components.add(
            Component(
                type=ComponentType.LIBRARY,
                name=name,
                version=at,
                purl=url,
                bom_ref=url.to_string(),
                licenses=[LicenseExpression(licence(name))],
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in digests],  # one of them
                properties=[Property(name="deskgate:only-where", value=marker)] if marker else [],
            )
        )
    bill.register_dependency(desk, bill.components)
    written = make_outputter(bill, OutputFormat.JSON, SCHEMA).output_as_string(indent=2) + "\n"
    if fault := JsonStrictValidator(SCHEMA).validate_str(written):
        raise NotYetError(f"the bill of materials is not as CycloneDX has it: {fault}")
    return written


def main() -> None:
    reads = argparse.ArgumentParser(description="Makes a release of what is committed.")
    reads.add_argument("version")
    reads.add_argument("--into", type=Path, default=Path("dist"))
    reads.add_argument("--tag", action="store_true", help="sets the tag vVERSION as well")
    given = reads.parse_args()
    try:
        look(given.version, tag=given.tag)
        for file in make(given.version, given.into):
            print(file)
    except NotYetError as why:
        sys.exit(f"No release:\n{why}")
    if given.tag:
        told("git", "tag", "--annotate", f"v{given.version}", "--message", f"Deskgate {given.version}")
    else:
        print(
            f"No tag was set. When all is well: git tag --annotate v{given.version} --message 'Deskgate {given.version}'"
        )


if __name__ == "__main__":
    main()
