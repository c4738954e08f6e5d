"""The image's steps, run here as deploy/Dockerfile has them run: what they install starts with no network, is well, and stops, and writes only where it may."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import free_port
from tests.desk import SECRET
from tests.house.test_names import PACKAGES, ROOT

LONG = 240  # s, for any one step, however busy the machine
FOLDERS = {"venv": "/srv/deskgate", "kept": "/var/lib/deskgate", "tmp": "/tmp"}  # of the image
SEALED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if os.geteuid() == 0 else []
# Brings loopback up in a network of its own, says so, and is there until nobody listens to it any more.
ALONE = """
import fcntl, socket, struct, sys
with socket.socket() as any_of_them:
    fcntl.ioctl(any_of_them, 0x8914, struct.pack("16sh14x", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP
print("alone", flush=True)
sys.stdin.read()
"""
FIRST = {
    "people": [{"username": "ada", "name": "Ada Berg", "email": "ada@customer.example", "phones": ["+441632960199"]}],
    "accounts": [
        {
            "number": "500100",
            "name": "Berg Ltd",
            "scheme": "standard_roles",
            "contacts": [{"person": "ada", "roles": ["owner"]}],
        }
    ],
}


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: each one's name and the rest, with its lines put together."""
    text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    whole = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in whole.splitlines() if line)]


SAID = dict(instructions())
ENV = dict(pair.split("=", 1) for pair in shlex.split(SAID["ENV"]))
HEALTH = json.loads(SAID["HEALTHCHECK"].partition(" CMD ")[2])
STARTS = json.loads(SAID["ENTRYPOINT"]) + json.loads(SAID["CMD"])


def test_the_builder_is_shown_every_package() -> None:
    shown = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert set(PACKAGES) <= shown, "what is not shown is not in the image, and the service does not start"


def test_the_dockerfile_is_the_script_and_says_who_runs_what_it_made() -> None:
    assert [name for name, _ in instructions()] == [
        *("FROM", "RUN", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD")
    ]
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", SAID["FROM"])
    venv, kept, user = shlex.split(SAID["RUN"].partition("deploy/image.sh ")[2])
    assert (venv, kept) == (FOLDERS["venv"], FOLDERS["kept"])
    assert SAID["USER"] == f"{user}:{user}"
    assert int(user) >= 10000, "a user of no machine's own"
    assert kept == SAID["VOLUME"] == SAID["WORKDIR"] == ENV["STATE_DIRECTORY"]


def ignored(path: str) -> bool:
    """As Docker reads .dockerignore: the last pattern that fits a path, or a folder it is in, decides."""
    out = False
    for pattern in filter(None, (ROOT / ".dockerignore").read_text("utf-8").splitlines()):
        body = re.escape(pattern.lstrip("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if not pattern.startswith("#") and re.fullmatch(f"{body}(/.*)?", path):
            out = not pattern.startswith("!")
    return out


def test_the_builder_sees_what_the_image_is_made_of_and_no_secret() -> None:
    for path in (
        *(".env", "deploy/.env", "deskgate/.env", ".git/config", "deskgate.db", "deskgate.db.key", "store/x.db-wal"),
        *(".venv/bin/python", "tests/conftest.py", "bot/__pycache__/x.pyc", "deploy/compose.yaml", ".env.example"),
    ):
        assert ignored(path), path
    for path in ("authz/schemes/memset.toml", "deskgate/app.py", "deploy/image.sh", "requirements.txt", "LICENSE"):
        assert not ignored(path), path


@pytest.fixture
def alone() -> Iterator[list[str]]:
    """What a command begins with that is to reach no network but its own loopback. Where a machine gives out no networks (root in a
    container, anybody else), nothing: the rest is tried all the same."""
    typed = ["unshare", "--net", sys.executable, "-c", ALONE]
    pipe = subprocess.PIPE
    with subprocess.Popen(typed, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        is_alone = holder.stdout.readline() == "alone\n"
        yield ["nsenter", f"--net=/proc/{holder.pid}/ns/net"] if is_alone else []
        holder.stdin.close()


@pytest.fixture
def image(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where the image's folders are here. The venv can be written to by nobody: as root, only by whoever has capabilities."""
    here = {name: str(tmp_path / name) for name in FOLDERS}
    (tmp_path / "tmp").mkdir()
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    steps = ["sh", str(ROOT / "deploy" / "image.sh"), here["venv"], here["kept"], str(os.geteuid())]
    subprocess.run(steps, env=os.environ | {"PATH": path}, check=True, timeout=LONG)
    subprocess.run(["chmod", "-R", "a-w", here["venv"]], check=True, timeout=LONG)
    yield here
    subprocess.run(["chmod", "-R", "u+w", here["venv"]], check=True, timeout=LONG)


def settings(image: dict[str, str]) -> dict[str, str]:
    """The image's environment, for folders that are elsewhere; and three settings, as compose.yaml brings them."""
    there = {name: value.replace("$PATH", os.defpath) for name, value in ENV.items()}
    for name, folder in FOLDERS.items():
        there = {key: re.sub(f"^{folder}(?=/|$)", image[name], value) for key, value in there.items()}
    del there[
        "PYTHONDONTWRITEBYTECODE"
    ]  # the image is compiled as it is built, which costs more than all the rest here
    there["PYTHONPYCACHEPREFIX"] = f"{image['tmp']}/compiled"
    url = f"sqlite:///{image['kept']}/desk.db"
    return there | {"DATABASE_URL": url, "SECRET_KEYS": SECRET, "PUBLIC_URL": "https://desk.example"}


def sealed(
    image: dict[str, str], alone: list[str], words: list[str], input: str | None = None
) -> subprocess.CompletedProcess[str]:
    """As in the container: by the image's own environment, with no capability and nothing of ours; and with no network."""
    return subprocess.run(
        [*alone, *SEALED, *found(image, words)],
        env=settings(image),
        cwd=image["kept"],
        input=input,
        timeout=LONG,
        text=True,
        capture_output=True,
        check=False,
    )


def found(image: dict[str, str], words: list[str]) -> list[str]:
    return [f"{image['venv']}/bin/{words[0]}", *words[1:]]


@contextmanager
def running(image: dict[str, str], alone: list[str], port: int) -> Iterator[subprocess.Popen[str]]:
    words = [word.replace("0.0.0.0", "127.0.0.1") for word in STARTS]
    typed = [*alone, *SEALED, *found(image, words), "--port", str(port)]
    service = subprocess.Popen(
        typed,
        env=settings(image),
        cwd=image["kept"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert service.stdout is not None
    try:
        for line in service.stdout:
            if "listens" in line:
                break
        else:
            raise AssertionError("it ended before it listened")
        yield service
    finally:
        service.kill()
        service.wait()
        service.stdout.close()


def files(below: str) -> set[str]:
    return {str(path.relative_to(below)) for path in Path(below).rglob("*") if path.is_file()}


@pytest.mark.begins_first
def test_what_the_steps_install_starts_is_well_and_stops_with_no_network(
    image: dict[str, str], alone: list[str]
) -> None:
    installed, port = files(image["venv"]), free_port()
    asks = [word.replace("8000", str(port)) for word in HEALTH]
    assert asks != HEALTH
    assert sealed(image, alone, ["python", "-c", f"open({image['venv'] + '/x'!r}, 'w')"]).returncode == 1, (
        "not read-only"
    )
    if alone:
        away = sealed(image, alone, ["python", "-c", "import socket; socket.create_connection(('192.0.2.1', 443), 5)"])
        assert "Network is unreachable" in away.stderr, "it reaches a network"
    assert not {path for path in installed if "/pytest/" in path or "/mypy/" in path}, "for the tests alone"
    assert sealed(image, alone, asks).returncode == 1, "well, with nobody there"

    with running(image, alone, port) as service:
        for _ in range(600):  # as Docker asks: again and again, until it is well
            if not (asked := sealed(image, alone, asks)).returncode:
                break
            assert service.poll() is None, asked.stderr
        else:
            raise AssertionError(f"never well: {asked.stderr}")
        doctor = sealed(image, alone, ["deskgate", "doctor"])
        assert (doctor.returncode, doctor.stderr) == (0, ""), doctor
        assert "ok   database reachable and migrated (sqlite)" in doctor.stdout.splitlines()
        imported = sealed(image, alone, ["deskgate", "import", "/dev/stdin"], input=json.dumps(FIRST))
        assert imported.stdout.startswith("Imported: 1 "), imported
        service.send_signal(signal.SIGTERM)
        said = service.communicate(timeout=LONG)[0]
    assert service.returncode in (0, -signal.SIGTERM), said
    assert "Traceback" not in said
    verified = sealed(image, alone, ["deskgate", "audit", "verify"])
    assert ", 0 came after" in verified.stdout, f"a clean stop leaves nothing without a checkpoint: {verified}"
    assert files(image["venv"]) == installed
    assert {path.partition("/")[0].partition("-")[0] for path in files(image["kept"])} <= {
        "desk.db",
        "desk.db.gate",
        "deskgate",
    }
