"""The folder names are the import names, and no other distribution may stand in their place."""

import importlib.metadata
import importlib.util
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_name_means_our_folder(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.origin == str(ROOT / name / "__init__.py")


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_brings_the_name(name: str) -> None:
    distributions = importlib.metadata.packages_distributions()
    assert "pytest" in distributions, "the list of distributions is empty, so this test sees nothing"
    assert set(distributions.get(name, [])) <= {"deskgate"}


def test_tools_look_at_every_package() -> None:
    tools = PROJECT["tool"]
    assert set(PACKAGES) >= {"authz", "store", "deskgate"}
    assert set(PACKAGES) == set(tools["importlinter"]["root_packages"])
    assert set(PACKAGES) == set(tools["coverage"]["run"]["source_pkgs"])
    assert {*PACKAGES, "benchmarks", "tests"} == set(tools["mypy"]["files"])
    assert set(PACKAGES) == {path.parent.name for path in ROOT.glob("*/__init__.py")}


def test_no_package_hides_among_the_tests() -> None:
    # With an __init__.py, a folder tests/authz would take the place of authz itself.
    assert list((ROOT / "tests").rglob("test_*.py"))
    assert not list((ROOT / "tests").rglob("__init__.py"))
