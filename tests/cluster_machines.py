"""What `make cluster` starts, for the tests that ask for it: etcd, Patroni, HAProxy, PostgreSQL 15 and network namespaces, as root.

reliability/cluster/install.sh installs them in about a minute; `.ci/run` does not. Where they are not there these tests are left out and counted.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.outer_programs import Program, counted

PATH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def found(name: str) -> str | None:
    return shutil.which(name, path=PATH)


def are_there() -> bool:
    programs = all(map(found, ("etcd", "patroni", "haproxy", "ip", "setpriv")))
    return os.geteuid() == 0 and programs and Path("/usr/lib/postgresql/15/bin/postgres").exists()


@pytest.fixture
def cluster_machines() -> str:
    """Where programs are looked for."""
    return PATH


def pytest_configure(config: pytest.Config) -> None:
    without = "not installed, or not root (reliability/cluster/install.sh)"
    counted(config, Program("Cluster", "cluster_machines", "DESKGATE_REQUIRE_CLUSTER", without, are_there))
