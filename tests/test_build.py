"""The build: pure until it publishes, the same bytes everywhere, nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gangen.build import build, project_files, spec_digest
from gangen.catalogue import Catalogue, shipped
from gangen.compose import compile_spec
from gangen.errors import ConflictError, TemplateError
from gangen.format import format_files, run_black

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SPEC = EXAMPLES / "digits-wgan-gp.yaml"


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue((shipped(),))


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "setting",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"},
        {"PYTHONUTF8": "0", "LC_ALL": "POSIX", "TZ": "Asia/Tokyo"},
    ],
)
def test_the_same_spec_gives_the_same_bytes(tmp_path: Path, setting: dict[str, str]) -> None:
    """Over hash seed, locale, umask and working directory."""
    work = tmp_path / "a" / "b"
    work.mkdir(parents=True)
    (work / "spec.yaml").write_bytes(SPEC.read_bytes())
    umask = "0o77" if "TZ" in setting else "0o22"
    script = f"import os; os.umask({umask}); import gangen.__main__ as m; m.main()"
    command = [sys.executable, "-c", script, "build", "spec.yaml", "-o", "out"]
    subprocess.run(command, cwd=work, check=True, env={**os.environ, **setting})
    (tmp_path / "spec.yaml").write_bytes(SPEC.read_bytes())
    build(tmp_path / "spec.yaml", tmp_path / "out", Catalogue((shipped(),)))
    assert tree(work / "out") == tree(tmp_path / "out")


def test_a_second_build_finds_nothing_to_do(tmp_path: Path, catalogue: Catalogue) -> None:
    assert not build(SPEC, tmp_path / "out", catalogue).skipped
    before = tree(tmp_path / "out")
    second = build(SPEC, tmp_path / "out", catalogue)
    assert second.skipped
    assert {change.action for change in second.changes} == {"same"}
    assert tree(tmp_path / "out") == before


def test_a_no_change_build_imports_neither_jinja_nor_black(tmp_path: Path) -> None:
    build(SPEC, tmp_path / "out", Catalogue((shipped(),)))
    script = (
        "import sys; from pathlib import Path; from gangen.build import build;"
        "from gangen.catalogue import Catalogue, shipped;"
        f"assert build(Path({str(SPEC)!r}), Path({str(tmp_path / 'out')!r}),"
        " Catalogue((shipped(),))).skipped;"
        "assert not {'jinja2', 'black', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_comment_in_the_spec_is_no_drift(tmp_path: Path, catalogue: Catalogue) -> None:
    plain, commented = tmp_path / "plain.yaml", tmp_path / "commented.yaml"
    plain.write_bytes(SPEC.read_bytes())
    commented.write_text("# a comment\n" + SPEC.read_text().replace("5_000", "5000"))
    digests = {spec_digest(compile_spec(path, catalogue)) for path in (plain, commented)}
    assert len(digests) == 1


def test_an_override_changes_the_project_and_is_locked(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    build(SPEC, tmp_path / "out", catalogue)
    changed = build(SPEC, tmp_path / "out", catalogue, ["training.steps=77"])
    updates = {change.path for change in changed.changes if change.action == "update"}
    assert updates == {"config.py"}
    assert "training.steps=77" in (tmp_path / "out" / "gangen.lock").read_text()


def test_edited_and_foreign_files_are_named_and_kept(tmp_path: Path, catalogue: Catalogue) -> None:
    build(SPEC, tmp_path / "out", catalogue)
    edited = tmp_path / "out" / "train.py"
    edited.write_text("# mine\n" + edited.read_text())
    (tmp_path / "out" / "notes.txt").write_text("mine too")
    before = tree(tmp_path / "out")
    with pytest.raises(ConflictError) as error:
        build(SPEC, tmp_path / "out", catalogue, ["training.steps=77"])
    assert "train.py" in error.value.render()
    assert tree(tmp_path / "out") == before


def test_a_first_build_does_not_mix_with_foreign_files(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    (tmp_path / "spec.yaml").write_bytes(SPEC.read_bytes())
    (tmp_path / ".git").mkdir()
    build(tmp_path / "spec.yaml", tmp_path, catalogue)  # the spec's own folder is a good place

    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.tex").write_text("mine")
    with pytest.raises(ConflictError, match=r"thesis\.tex"):
        build(SPEC, other, catalogue)
    assert [path.name for path in other.iterdir()] == ["thesis.tex"]


def test_a_dry_run_writes_nothing(tmp_path: Path, catalogue: Catalogue) -> None:
    done = build(SPEC, tmp_path / "out", catalogue, dry_run=True)
    assert {change.action for change in done.changes} == {"create"}
    assert not (tmp_path / "out").exists()


def test_layers_of_any_number_are_compiled_in_linear_time(tmp_path: Path) -> None:
    """Counted in function calls, not in seconds."""
    counts = []
    for number in (100, 400):
        spec = tmp_path / f"{number}.yaml"
        layers = "\n".join("    - linear: {features: 8}\n    - relu" for _ in range(number // 2))
        spec.write_text(
            "gangen: 1\nname: deep\ndata: {source: ring}\n"
            "generator: {architecture: mlp}\n"
            f"discriminator:\n  layers:\n{layers}\n    - linear: {{features: 1}}\n"
        )
        counts.append(_calls(lambda path: compile_spec(path, Catalogue((shipped(),))), spec))
    assert counts[1] < 4.5 * counts[0]


def _calls(function: object, argument: Path) -> int:
    count = 0

    def profile(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function(argument)  # type: ignore[operator]
    finally:
        sys.setprofile(None)
    return count


def test_python_that_does_not_parse_is_the_templates_fault() -> None:
    with pytest.raises(TemplateError, match=r"wrote a\.py wrongly"):
        format_files({"a.py": "def f(:\n"}, {})


@pytest.mark.parametrize("family", Catalogue((shipped(),)).names("families"))
def test_files_that_are_copied_are_formatted_already(family: str, catalogue: Catalogue) -> None:
    from gangen.render import copied

    texts = {path: data.decode() for path, data in copied(catalogue, family).items()}
    assert texts
    assert run_black(texts, 60) == texts


def test_project_files_are_the_same_twice(catalogue: Catalogue) -> None:
    compiled = compile_spec(SPEC, catalogue)
    assert project_files(compiled, catalogue) == project_files(compiled, Catalogue((shipped(),)))
