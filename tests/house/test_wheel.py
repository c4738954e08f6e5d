"""What is installed for good: the packages with their scheme files, phrases and pages, and nothing of the workshop."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.house.test_names import PACKAGES, ROOT


def test_the_wheel_holds_the_packages_whole_and_nothing_else(tmp_path: Path) -> None:
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        assert "Classifier: Private :: Do Not Upload" in archive.read(metadata).decode()
        entry_points = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
        assert "deskgate = deskgate.__main__:main" in entry_points
    ours = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"authz/__init__.py", "authz/schemes/memset.toml"} <= ours
    assert inside == ours
