"""The command line: streams, exit codes, documents, lazy imports, and words that help."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from gangen import __version__, cli, commands
from gangen.arguments import COMMANDS
from gangen.build import build
from gangen.catalogue import Catalogue, shipped
from gangen.errors import OutputError, TemplateError
from gangen.verification import Step, Verification

ROOT = Path(__file__).parents[1]
CATALOGUE = Catalogue((shipped(),))
HEAVY = ("pydantic", "yaml", "jinja2", "black", "torch", "annotated_types")
GOOD = """\
gangen: 1
name: tiny
data: {source: digits}
generator: {architecture: mlp, hidden: [8]}
discriminator: {architecture: mlp, hidden: [8]}
"""
BAD = GOOD.replace("hidden: [8]", "hiden: [8]", 1) + "training: {steps: 0}\n"

Run = Callable[..., SimpleNamespace]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a good and a bad spec, and no colours from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


@pytest.fixture
def gangen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process; its exit code and what it said."""

    def run(*arguments: str, stdin: bytes = b"") -> SimpleNamespace:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = cli.run(arguments)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err or "--debug" in arguments
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return run


def python(code: str, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run some code in a fresh interpreter that finds gangen."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings.pop("env", {})}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, text=True, env=environment, timeout=120, **settings)


def command(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """`gangen …` in a process of its own."""
    code = "import sys; from gangen.__main__ import main; sys.exit(main())"
    return python(code, *arguments, **{"capture_output": True, **settings})


# ------------------------------------------------------------------ what is imported


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["build", "--help"], 0),
        (["completion", "bash"], 0),
        ([], 2),
        (["biuld"], 2),
        (["verify", "."], 6),
    ],
)
def test_heavy_imports_are_left_to_the_commands_that_need_them(
    arguments: list[str], code: int
) -> None:
    script = (
        "import sys; from gangen.__main__ import main; code = main()\n"
        f"found = [name for name in {HEAVY} if name in sys.modules]\n"
        "light = 'argparse' not in sys.modules\n"
        "sys.stderr.write(f'{code} {found} {light}')"
    )
    ended = python(script, *arguments, capture_output=True)
    last = ended.stderr.splitlines()[-1]
    assert last == f"{code} [] {arguments == ['--version']}"


def test_show_needs_no_renderer_and_no_formatter() -> None:
    script = (
        "import sys; from gangen.cli import run; run(['show', 'good.yaml'])\n"
        "sys.stderr.write(str([n for n in ('jinja2', 'black', 'torch') if n in sys.modules]))"
    )
    assert python(script, capture_output=True).stderr == "[]"


# ------------------------------------------------------------------ streams and exit codes


def test_version_goes_to_standard_output(gangen: Run) -> None:
    assert command("--version").stdout == f"gangen {__version__}\n"
    assert gangen("--color", "never", "--version").out == f"gangen {__version__}\n"


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_every_help_is_a_result(gangen: Run, name: str | None) -> None:
    ended = gangen(*([name] if name else []), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("usage: gangen")


def test_valid_and_invalid_specs(gangen: Run) -> None:
    ended = gangen("validate", "good.yaml")
    assert (ended.code, ended.out, ended.err) == (0, "good.yaml: valid\n", "")
    ended = gangen("validate", "good.yaml", "bad.yaml", "absent.yaml")
    assert ended.code == 2
    assert ended.out == "good.yaml: valid\n"
    assert "error[usage]: there is no spec absent.yaml" in ended.err
    assert "bad.yaml:4:32: error[unknown-key]" in ended.err
    assert ended.err.count("error[") == 3
    assert "3 errors in 1 file." in ended.err


def test_build_writes_once_and_reports_by_file(gangen: Run, here: Path) -> None:
    dry = gangen("build", "good.yaml", "--dry-run")
    assert dry.code == 0
    assert "Nothing was written." in dry.out
    assert not (here / "tiny").exists()
    first = gangen("build", "good.yaml")
    assert (first.code, first.err) == (0, "")
    assert re.search(r"  create  tiny/train\.py +\+\d+\n", first.out)
    again = gangen("build", "good.yaml", "-o", "tiny")
    assert re.fullmatch(
        r"  same    \d+\n0 changed, \d+ unchanged in .* s\. Project: tiny\n", again.out
    )
    changed = gangen("build", "good.yaml", "--set", "training.steps=7")
    assert re.search(r"  update  tiny/config\.py +\+1 -1\n1 changed", changed.out)


def test_build_refuses_to_lose_an_edit(gangen: Run, here: Path) -> None:
    gangen("build", "good.yaml")
    with (here / "tiny" / "train.py").open("a") as file:
        file.write("# mine\n")
    ended = gangen("build", "good.yaml", "--set", "training.d_steps=2", "--format", "json")
    assert ended.code == 3
    error = json.loads(ended.out)["error"]
    assert (error["code"], error["conflicts"]) == ("conflict", ["train.py"])
    assert "train.py" in ended.err


def test_standard_input_is_a_dash(gangen: Run, here: Path) -> None:
    assert gangen("validate", "-", stdin=GOOD.encode()).out == "-: valid\n"
    assert "-:4:32: error[unknown-key]" in gangen("show", "-", stdin=BAD.encode()).err
    assert gangen("build", "-", stdin=GOOD.encode()).code == 0
    assert (here / "tiny" / "spec.yaml").read_text() == GOOD
    for stdin in (b"", b"\xff\xfe\x00", b"gangen: \xff", b"\x00", b"[", b"- 1", b"x" * 2_000_000):
        ended = gangen("validate", "-", stdin=stdin)
        assert ended.code == 2, stdin[:20]
        assert ended.err.startswith("-:")


def test_missing_standard_input(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.run(["show", "-"]) == 2
    assert "there is no standard input" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (TemplateError("t.py: broken"), 4, "t.py: broken"),
        (OutputError("disk full"), 5, "disk full"),
        (PermissionError(13, "Permission denied", "x"), 5, "x: Permission denied"),
        (ZeroDivisionError("oh"), 70, "this is a bug in gangen: ZeroDivisionError: oh"),
        (RecursionError("deep\x1b[31m\n"), 70, r"deep\x1b[31m\n"),
        (MemoryError(), 70, "MemoryError"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_have_their_code_and_no_traceback(
    gangen: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, words: str
) -> None:
    def fail(chosen: object, note: object) -> None:
        raise error

    monkeypatch.setattr(commands, "COMMANDS", {**commands.COMMANDS, "show": fail})
    ended = gangen("show", "good.yaml")
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err
    if code != 130:
        assert ended.err.startswith("error: ")
        document = json.loads(gangen("show", "good.yaml", "--format", "json").out)
        assert document["ok"] is False
        assert document["error"]["exit_code"] == code
    if code == 70:
        assert "--debug" in ended.err
        assert len(ended.err.splitlines()) == 2
    assert "Traceback (most recent call last)" in gangen("show", "good.yaml", "--debug").err
    assert "Traceback (most recent call last)" in gangen("--debug", "show", "good.yaml").err


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", ""],
        ["validate", "."],
        ["validate", "good.yaml/x"],
        ["validate", "n\udcff\x1b[31m.yaml"],
        ["validate", "x" * 5000],
        ["validate", "good.yaml", "--set", "="],
        ["validate", "good.yaml", "--set", "generator=[[["],
        ["validate", "good.yaml", "--set", "family=nowhere"],
        ["validate", "good.yaml", "--set", "preset=nothing"],
        ["validate", "good.yaml", "--set", "training.steps=.nan"],
        ["validate", "good.yaml", "--set", "training.ema=.inf"],
        ["validate", "good.yaml", "--set", "data=7"],
        ["validate", "good.yaml", "--set", "~data"],
        ["build", "good.yaml", "-o", "good.yaml"],
        ["build", "good.yaml", "-o", "good.yaml/deeper"],
        ["build", "good.yaml", "--catalogue", "nowhere"],
        ["build", "good.yaml", "--dry-run", "--verify"],
        ["build"],
        ["build", "good.yaml", "good.yaml"],
        ["build", "good.yaml", "--set"],
        ["verify", "absent"],
        ["verify", "good.yaml", "--device", "tpu"],
        ["show", "absent.yaml"],
        ["list", "nothing"],
        ["list", "\x1b[31m"],
        ["explain", ""],
        ["explain", "..."],
        ["explain", "a" * 5000],
        ["explain", "generator.[3].\udcff"],
        ["init", "nothing"],
        ["init", "-o", "good.yaml"],
        ["init", "-o", "absent/spec.yaml"],
        ["schema", "-o", "good.yaml"],
        ["schema", "-o", "."],
        ["completion", "csh"],
        ["--color", "pink", "list"],
        ["--frobnicate"],
        ["-"],
    ],
)
def test_whatever_is_asked_ends_in_one_clean_error(gangen: Run, arguments: list[str]) -> None:
    ended = gangen(*arguments)
    assert ended.code in (2, 3, 5)
    assert ended.out == ""
    assert "error" in ended.err
    assert "\x1b" not in ended.err


def test_what_goes_wrong_says_what_to_do(gangen: Run) -> None:
    for arguments, words in {
        (): "Its commands are init, validate",
        ("biuld",): "did you mean build?",
        ("build", "good.yaml", "--dryrun"): "did you mean --dry-run?",
        ("show", "good.yaml", "--format", "jsn"): "did you mean json?",
        ("show",): "`gangen show --help`",
        ("init", "dcgan@radfrod2015"): "did you mean dcgan@radford2015?",
        ("list", "presetz"): "did you mean presets?",
        ("explain", "training.stepz"): "did you mean training.steps?",
        ("build", "absent.yaml"): "`gangen init -o absent.yaml` makes one",
    }.items():
        ended = gangen(*arguments)
        assert ended.code == 2
        assert words in ended.err


def test_a_reader_that_goes_away_is_no_error() -> None:
    for arguments in (["schema"], ["--help"], ["init", "-o", "-"]):
        read, write = os.pipe()
        os.close(read)
        ended = command(*arguments, capture_output=False, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_output_error() -> None:
    with open("/dev/full", "w") as full:
        ended = command("schema", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 5
    assert ended.stderr.startswith("error: cannot write the result")
    assert len(ended.stderr.splitlines()) == 2


def test_a_terminal_without_unicode(here: Path) -> None:
    (here / "spéc.yaml").write_text(BAD)
    ended = command("validate", "spéc.yaml", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ended.returncode == 2
    assert r"sp\xe9c.yaml:4" in ended.stderr


# ------------------------------------------------------------------ colours


def test_colours(gangen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[31m" in gangen("validate", "bad.yaml", "--color", "always").err
    assert "\x1b[31m" in gangen("--color", "always", "validate", "bad.yaml").err
    assert "\x1b" not in gangen("validate", "bad.yaml").err
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)
    terminal = SimpleNamespace(isatty=lambda: True)
    assert cli.colored("auto", terminal)  # type: ignore[arg-type]
    assert not cli.colored("never", terminal)  # type: ignore[arg-type]
    monkeypatch.setenv("TERM", "dumb")
    assert not cli.colored("auto", terminal)  # type: ignore[arg-type]
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not cli.colored("auto", terminal)  # type: ignore[arg-type]
    assert cli.colored("always", terminal)  # type: ignore[arg-type]
    assert not cli.colored("auto", None)


# ------------------------------------------------------------------ documents


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "good.yaml", "bad.yaml"],
        ["build", "good.yaml", "--dry-run"],
        ["build", "bad.yaml"],
        ["show", "good.yaml"],
        ["show", "absent.yaml"],
        ["list"],
        ["list", "layers"],
        ["list", "nothing"],
        ["verify", "."],
    ],
)
def test_json_is_exactly_one_document(gangen: Run, arguments: list[str]) -> None:
    ended = gangen(*arguments, "--format", "json")
    document = json.loads(ended.out)
    assert document["schema_version"] == 1
    assert document["kind"] == arguments[0]
    assert document["ok"] is (ended.code == 0)
    assert ended.out.isascii()


def test_problems_in_json(gangen: Run) -> None:
    document = json.loads(gangen("validate", "bad.yaml", "--format", "json").out)
    (spec,) = document["specs"]
    assert (spec["spec"], spec["ok"]) == ("bad.yaml", False)
    first = spec["problems"][0]
    assert (first["code"], first["line"], first["column"]) == ("unknown-key", 4, 32)


def test_problems_for_github(gangen: Run, here: Path) -> None:
    (here / "a,b%.yaml").write_text(BAD)
    out = gangen("validate", "a,b%.yaml", "--format", "github").out
    assert out.startswith("::error file=a%2Cb%25.yaml,line=4,col=32,endColumn=37,title=gangen ")
    assert len(out.splitlines()) == 2


def test_problems_as_sarif(gangen: Run, here: Path) -> None:
    (here / "a b.yaml").write_text(BAD)
    log = json.loads(gangen("validate", "a b.yaml", "--format", "sarif").out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    result = run["results"][0]
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.yaml"
    assert place["region"] == {"startLine": 4, "startColumn": 32, "endColumn": 37}
    assert (
        json.loads(gangen("validate", "good.yaml", "--format", "sarif").out)["runs"][0]["results"]
        == []
    )


# ------------------------------------------------------------------ verify


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str, bool]]:
    """A `verify` that only looks whether there is a project; what it was called with."""
    calls: list[tuple[Path, str, bool]] = []

    def verify(project: Path, *, device: str, progress: Callable[[str], None]) -> Verification:
        progress("tests")
        is_project = (project / "train.py").is_file()
        calls.append((project, device, is_project))
        steps = (Step("tests", is_project, 1.0, "3 passed"), Step("bf16", None, 0.0, "why"))
        return Verification(project, is_project, "cpu", steps, 12.5, "2.9")

    monkeypatch.setattr("gangen.verify.verify", verify)
    return calls


def test_verify_of_folders_and_specs(gangen: Run, here: Path, verified: list[Any]) -> None:
    build(here / "good.yaml", here / "tiny", CATALOGUE)
    ended = gangen("verify", "tiny", "good.yaml", "--device", "cpu", "--format", "json")
    assert ended.code == 0
    assert [(device, found) for _, device, found in verified] == [("cpu", True)] * 2
    assert not verified[1][0].exists()
    assert "verify tiny: tests\n" in ended.err
    projects = json.loads(ended.out)["projects"]
    assert [project["project"] for project in projects] == ["tiny", "good.yaml"]
    assert projects[0]["peak_memory_mib"] == 12.5
    text = gangen("verify", "tiny")
    assert "tests" in text.out
    suites = ElementTree.fromstring(gangen("verify", "tiny", "--format", "junit").out)
    assert [case.get("name") for case in suites.iter("testcase")] == ["tests", "bf16"]


def test_failed_verification(gangen: Run, here: Path, verified: list[Any]) -> None:
    (here / "empty").mkdir()
    assert gangen("verify", "empty").code == 6
    assert gangen("verify", "bad.yaml").code == 2
    ended = gangen("build", "good.yaml", "--verify", "--format", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["ok"], document["verification"]["ok"]) == (0, True, True)
    shutil.rmtree(here / "tiny")


def test_verify_refuses_a_folder_that_is_no_project(gangen: Run, here: Path) -> None:
    (here / "empty").mkdir()
    ended = gangen("verify", "empty")
    assert ended.code == 6
    assert "gangen.lock" in ended.out


# ------------------------------------------------------------------ init, list, completion


@pytest.mark.parametrize("preset", [None, *CATALOGUE.names("presets")])
def test_init_writes_a_valid_spec(gangen: Run, here: Path, preset: str | None) -> None:
    ended = gangen("init", *([preset] if preset else []), "-o", "new.yaml")
    assert (ended.code, ended.err) == (0, "")
    text = (here / "new.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=gangen.schema.json\n")
    assert gangen("validate", "new.yaml").code == 0
    values = json.loads(gangen("show", "new.yaml", "--format", "json").out)["values"]
    # With every comment undone the spec says the same: the comments show what is in force.
    everything = re.sub(r"(?m)^( *)# ( *(?:- )?[\w@]+:(?: |$))", r"\1\2", text)
    (here / "all.yaml").write_text(everything)
    again = json.loads(gangen("show", "all.yaml", "--format", "json").out)["values"]
    assert [(v["path"], v["value"]) for v in again] == [(v["path"], v["value"]) for v in values]
    said = {v["path"]: v["origin"] for v in again}
    brought = [v["path"] for v in values if v["origin"] == "preset"]
    assert bool(brought) == (preset is not None)
    assert all(said[path] == "spec" for path in brought)
    if preset is None:
        assert set(said.values()) == {"spec"}


def test_init_overwrites_nothing(gangen: Run, here: Path) -> None:
    (here / "spec.yaml").write_text("mine")
    ended = gangen("init")
    assert (ended.code, ended.out) == (3, "")
    assert "exists already" in ended.err
    assert (here / "spec.yaml").read_text() == "mine"
    assert gangen("init", "-o", "-").out.startswith("# yaml-language-server")


def test_list(gangen: Run) -> None:
    kinds = [line.split()[0] for line in gangen("list").out.splitlines()]
    assert kinds[:4] == ["presets", "families", "architectures", "layers"]
    for kind in kinds:
        ended = gangen("list", kind)
        assert ended.code == 0
        assert all(len(line.split(maxsplit=1)) == 2 for line in ended.out.splitlines())
    assert gangen("list", "blocks").out == gangen("list", "layer").out != ""


def test_own_catalogue_comes_first(gangen: Run, here: Path) -> None:
    for folder in ("one", "two"):
        (here / folder / "losses").mkdir(parents=True)
        text = (shipped() / "losses" / "hinge.py").read_text()
        _, _, rest = text.removeprefix('"""').partition('"""')
        (here / folder / "losses" / "mine.py").write_text(f'"""From {folder}."""{rest}')
    out = gangen("--catalogue", "one", "list", "losses", "--catalogue", "two").out
    assert re.search(r"(?m)^mine +From one\.$", out)
    (here / "own.yaml").write_text(GOOD + "objective: mine\n")
    assert gangen("validate", "own.yaml").code == 2
    assert gangen("validate", "own.yaml", "--catalogue", "two").code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_everything(gangen: Run, shell: str) -> None:
    out = gangen("completion", shell).out
    assert all(name in out for name in COMMANDS)
    assert "dry-run" in out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gangen", "v"], "validate verify"),
        (["gangen", "build", "--dr"], "--dry-run"),
        (["gangen", "build", "--format", ""], "text json"),
        (["gangen", "show", "--format", "y"], "yaml"),
        (["gangen", "show", "goo"], "good.yaml"),
        (["gangen", "--debug", "completion", "z"], "zsh"),
    ],
)
def test_bash_completes(gangen: Run, here: Path, words: list[str], expected: str) -> None:
    (here / "complete.bash").write_text(gangen("completion", "bash").out)
    script = 'source complete.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gangen; '
    script += 'echo "${COMPREPLY[@]}"'
    command = ["bash", "-c", script, "bash", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.stdout.strip(), ended.stderr) == (expected, "")
