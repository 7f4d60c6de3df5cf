"""The examples: each builds to clean code; two are committed as they come out."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gangen.build import build, project_files
from gangen.catalogue import Catalogue, shipped
from gangen.compose import compile_spec

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SPECS = sorted(EXAMPLES.glob("*.yaml"))
GOLDEN = [path for path in SPECS if path.with_suffix("").is_dir()]
CATALOGUE = Catalogue((shipped(),))
# A project's own tests take ten seconds and more; those of the others run with `-m slow`.
OFTEN = sorted({*GOLDEN, *SPECS[::12]})
SELDOM = [path for path in SPECS if path not in OFTEN]


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


def test_two_projects_are_committed() -> None:
    assert len(GOLDEN) >= 2


@pytest.mark.parametrize("spec", GOLDEN, ids=names(GOLDEN))
def test_committed_projects_are_what_is_built(spec: Path, request: pytest.FixtureRequest) -> None:
    root = spec.with_suffix("")
    if request.config.getoption("--update-examples"):
        for path in project_files(compile_spec(spec, CATALOGUE), CATALOGUE):
            (root / path).unlink(missing_ok=True)
        build(spec, root, CATALOGUE)
    expected = project_files(compile_spec(spec, CATALOGUE), CATALOGUE)
    found = {path: (root / path).read_bytes() for path in expected if (root / path).is_file()}
    assert found == expected, "make examples writes them anew"


def test_every_preset_has_an_example() -> None:
    used = {compile_spec(spec, CATALOGUE).spec.preset for spec in SPECS}
    assert set(CATALOGUE.names("presets")) <= used


@pytest.mark.parametrize("spec", SPECS, ids=names(SPECS))
def test_the_first_comment_says_paper_data_and_what_to_expect(spec: Path) -> None:
    comment = [line for line in spec.read_text().splitlines() if line.startswith("# ")]
    assert any("arXiv:" in line for line in comment)
    assert any(line.startswith("# Data: ") for line in comment)
    assert any(line.startswith("# Expect: ") for line in comment)


def test_every_example_is_clean(tmp_path: Path) -> None:
    for spec in SPECS:
        build(spec, tmp_path / spec.stem, CATALOGUE)
    run(tmp_path, "black", "--check", "--quiet", "--line-length", "100", ".")
    run(tmp_path, "ruff", "check", "--quiet", ".")


@pytest.mark.parametrize("spec", OFTEN, ids=names(OFTEN))
def test_an_example_passes_its_own_tests(spec: Path, tmp_path: Path) -> None:
    passes_its_own_tests(spec, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("spec", SELDOM, ids=names(SELDOM))
def test_every_example_passes_its_own_tests(spec: Path, tmp_path: Path) -> None:
    passes_its_own_tests(spec, tmp_path)


def passes_its_own_tests(spec: Path, folder: Path) -> None:
    """Types too; in a process where gangen cannot be imported."""
    project, blocked = folder / "project", folder / "blocked"
    build(spec, project, CATALOGUE)
    run(project, "mypy", "--no-error-summary", ".")
    blocked.mkdir()
    (blocked / "gangen.py").write_text("raise ImportError('a project must not need gangen')\n")
    run(project, "pytest", "-q", "-p", "no:cacheprovider", PYTHONPATH=str(blocked))


def run(project: Path, module: str, *arguments: str, **environment: str) -> None:
    """python -m module in the project, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    report = textwrap.indent(done.stdout[-4000:] + done.stderr[-2000:], "    ")
    assert done.returncode == 0, f"{module} {' '.join(arguments)}\n{report}"


def test_the_spec_in_the_readme_compiles(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    spec = tmp_path / "spec.yaml"
    spec.write_text(block[1])
    assert not compile_spec(spec, CATALOGUE).problems.all


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS, ids=names(SPECS))
def test_every_example_verifies(spec: Path, tmp_path: Path) -> None:
    """Real steps, resume, bf16, samples, on the CPU."""
    from gangen.verify import verify

    build(spec, tmp_path / "project", CATALOGUE)
    verification = verify(tmp_path / "project", device="cpu")
    assert verification.ok, verification.as_text()
