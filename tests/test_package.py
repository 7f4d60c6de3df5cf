"""The wheel: complete, light, typed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    zipfile.ZipFile(path).extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_carries_the_catalogue(wheel: Path) -> None:
    def files(root: Path) -> set[str]:
        paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        return {path.as_posix() for path in paths if "__pycache__" not in path.parts}

    assert files(wheel / "gangen" / "templates") == files(ROOT / "templates")
    assert (wheel / "gangen" / "py.typed").is_file()


def test_the_wheel_builds_a_project_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text((ROOT / "examples" / "digits-dcgan.yaml").read_text())
    command = [sys.executable, "-m", "gangen", "build", "spec.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    subprocess.run(command, cwd=tmp_path, check=True, env=environment, capture_output=True)
    built = (tmp_path / "digits-dcgan" / "train.py").read_text()
    assert built == (ROOT / "examples" / "digits-dcgan" / "train.py").read_text()


def test_plain_gangen_does_not_bring_torch(wheel: Path) -> None:
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    needed = [x for x in metadata.read_text().splitlines() if x.startswith("Requires-Dist")]
    assert any("torch" in line and "extra ==" in line for line in needed)
    assert not [line for line in needed if "torch" in line and "extra ==" not in line]
