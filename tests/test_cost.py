"""What the commands cost: CPU seconds, memory, imports.

Seconds depend on the machine, so they are printed beside their budget and only compared with a
bare import of Pydantic measured in the same rounds. Memory and imports do not, and are held.
"""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from yaml.reader import Reader

from gangen.catalogue import Catalogue, shipped
from gangen.compose import compile_spec
from gangen.format import tidy_imports
from gangen.pieces import LINE_LENGTH
from gangen.render import copied, render
from gangen.yaml_text import UNPRINTABLE

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "examples" / "digits-dcgan.yaml"
LAYERS = ROOT / "examples" / "mnist-layers.yaml"
ROUNDS = 5
MEBIBYTES = (
    48  # at most, of any process; without bytecode, as it is measured, the compiler weighs more
)

GANGEN = [sys.executable, "-c", "import sys; from gangen.__main__ import main; sys.exit(main())"]
PYDANTIC = "from pydantic import BaseModel\nclass Model(BaseModel):\n    number: int"

# Runs each command once and says what it and its children took. A process of its own, because a
# child's peak memory begins with that of the process that started it.
MEASURE = """
import json, os, sys
spent = []
for command in json.load(sys.stdin):
    nothing = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[nothing])
    _, status, usage = os.wait4(child, 0)
    assert status == 0, command
    spent.append((usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
print(json.dumps(spent))
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's resource usage")


def measured(commands: Sequence[Sequence[str]], bytecode: Path) -> list[tuple[float, float]]:
    """CPU seconds and peak MiB of each command, with bytecode as an installed package has it."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURE],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=300,
    )
    return [tuple(pair) for pair in json.loads(done.stdout)]


@on_linux
@pytest.mark.slow
def test_cpu_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def commands(number: int) -> Mapping[str, list[str]]:
        return {
            "python": [sys.executable, "-c", "pass"],
            "pydantic": [sys.executable, "-c", PYDANTIC],
            "--version": [*GANGEN, "--version"],
            "--help": [*GANGEN, "--help"],
            "validate": [*GANGEN, "validate", str(SPEC)],
            "validate layers": [*GANGEN, "validate", str(LAYERS)],
            "cold build": [*GANGEN, "build", str(SPEC), "-o", str(tmp_path / f"cold{number}")],
            "no-change build": [*GANGEN, "build", str(SPEC), "-o", str(tmp_path / "same")],
        }

    budgets = {
        "--version": 0.06,
        "--help": 0.10,
        "validate": 0.20,
        "validate layers": 0.20,
        "cold build": 0.65,
        "no-change build": 0.30,
    }
    rounds = [
        measured(list(commands(n).values()), tmp_path / "bytecode") for n in range(ROUNDS + 1)
    ]
    seconds = {
        name: statistics.median(one[index][0] for one in rounds[1:])  # the first wrote bytecode
        for index, name in enumerate(commands(0))
    }
    with capsys.disabled():
        print()
        for name, value in seconds.items():
            budget = f"  budget {budgets[name]:.2f}" if name in budgets else ""
            print(f"{name:<16}{value:7.3f} s{budget}")
    # Where the budgets were set, the import of Pydantic takes 0.12 s: twice each budget.
    for name, budget in budgets.items():
        assert seconds[name] <= 2 * budget / 0.12 * seconds["pydantic"], name


@on_linux
@pytest.mark.parametrize("spec", [SPEC, LAYERS], ids=lambda path: path.stem)
def test_peak_memory_of_a_cold_build(spec: Path, tmp_path: Path) -> None:
    command = [*GANGEN, "build", str(spec), "-o", str(tmp_path / "out")]
    ((_, peak),) = measured([command], tmp_path / "bytecode")
    assert peak <= MEBIBYTES


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--version"], "argparse ast dataclasses json pathlib pydantic typing yaml"),
        (["--help"], "email importlib.metadata json pydantic shlex subprocess yaml"),
        (["validate", str(SPEC)], "difflib gangen.build gangen.render gangen.schema subprocess"),
    ],
    ids=["version", "help", "validate"],
)
def test_what_is_not_imported(arguments: list[str], absent: str) -> None:
    never = "asyncio black click jinja2 multiprocessing numpy torch"
    code = (
        "import sys; from gangen.__main__ import main; code = main()\n"
        f"found = [n for n in {[*absent.split(), *never.split()]} if n in sys.modules]\n"
        "sys.exit(f'{code} {found}' if code or found else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_black_reads_most_files_once() -> None:
    # What it changes it formats a second time: a fifth of a cold build.
    import black
    from black.mode import TargetVersion

    from gangen import formatter

    assert formatter.LINE_LENGTH == LINE_LENGTH
    catalogue = Catalogue((shipped(),))
    compiled = compile_spec(SPEC, catalogue)
    files, family = render(compiled.plan, catalogue), compiled.spec.family
    own = {"tests"} | {
        Path(path).stem for path in [*files, *copied(catalogue, family)] if "/" not in path
    }
    mode = black.Mode(line_length=LINE_LENGTH, target_versions={TargetVersion.PY310})
    changed, lines = [], 0
    for path, text in files.items():
        if path.endswith(".py"):
            tidy = tidy_imports(f"{text.rstrip()}\n", own)
            lines += tidy.count("\n")
            changed += [(path, tidy.count("\n"))] * (black.format_str(tidy, mode=mode) != tidy)
    assert sum(count for _, count in changed) < lines / 2, changed


def test_the_short_list_of_forbidden_characters_is_that_of_yaml() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    # YAML allows the byte order mark, as the first character only.
    assert set(re.findall(UNPRINTABLE, every)) == {*Reader.NON_PRINTABLE.findall(every), "\ufeff"}
