"""gangen/verify.py on small fake projects: every outcome, and that nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gangen import child, probe
from gangen.child import Children, run_python
from gangen.verification import Step, Verification, clean, junit
from gangen.verify import NEEDS, verify

# As much of PyTorch as the probe asks for; a checkpoint is a JSON file.
TORCH = """
import json
import os
from types import SimpleNamespace

__version__ = "9.9"
present = bool(os.environ.get("FAKE_CUDA"))
cuda = SimpleNamespace(
    is_available=lambda: present and os.environ.get("CUDA_VISIBLE_DEVICES") != "",
    get_device_name=lambda: "Fake GPU",
    max_memory_allocated=lambda: 3 << 20,
)


def load(path, map_location, weights_only):
    with open(path) as file:
        return json.load(file)


def is_tensor(value):
    return False


def use_deterministic_algorithms(mode, warn_only):
    pass
"""
PYTEST = """
if __name__ == "__main__":
    print("3 passed in 0.01s")
"""
CONFIG = """
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Config:
    steps: int = 20_000
    batch_size: int = 64
    bf16: bool = False
    compile: bool = True
    checkpoint_every: int = 1_000
    out_dir: Path = Path("runs/fake")
"""
# The "weight" depends on every step and, like a learning rate's schedule, on the number of steps.
TRAIN = """
import json
import os
import sys
from pathlib import Path


def main():
    with open(os.environ["FAKE_LOG"], "a") as log:
        print(*sys.argv, file=log)
    flags = dict(zip(sys.argv[1:], sys.argv[2:]))
    steps, every = int(flags["--steps"]), int(flags["--checkpoint-every"])
    last = Path(flags["--out-dir"], "last.pt")
    content = {"step": 0, "weight": 1.0, "config": str(last)}
    if last.exists():
        content |= json.loads(last.read_text())
    for step in range(content["step"], steps):
        content["weight"] = content["weight"] * 1.5 + step / steps
        content["step"] = step + 1
        if (step + 1) % every == 0 or step + 1 == steps:
            last.parent.mkdir(parents=True, exist_ok=True)
            last.with_suffix(".tmp").write_text(json.dumps(content))
            os.replace(last.with_suffix(".tmp"), last)


if __name__ == "__main__":
    main()
"""
SAMPLE = """
import sys
from pathlib import Path

if __name__ == "__main__":
    flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    assert Path(flags["--checkpoint"]).is_file()
    for number in range(int(flags["--count"])):
        path = Path(flags["--out"], f"{number}.png")
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    Path(flags["--out"], "grid.png").write_text("")
"""
EVALUATE = """
import sys
from pathlib import Path

if __name__ == "__main__":
    flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    assert Path(flags["--checkpoint"]).is_file()
    print(flags["--samples"], "scored")
"""
FILES = {
    "gangen.lock": "{}",
    "torch.py": TORCH,
    "pytest.py": PYTEST,
    "config.py": CONFIG,
    "train.py": TRAIN,
    "sample.py": SAMPLE,
    "evaluate.py": EVALUATE,
    "tests/test_fake.py": "",
}
DATA_KNOB = '    data_path: Path = Path("photos")\n'
STAND_IN = """
import sys
from pathlib import Path

Path(sys.argv[1]).mkdir()
print("writing")
print(sys.argv[1])
"""

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A function that writes the fake project; arguments replace its files, None removes one."""
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    (tmp_path / "log").touch()

    def write(files: dict[str, str | None] | None = None) -> Path:
        for name, text in (FILES | (files or {})).items():
            path = tmp_path / "project" / name
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(textwrap.dedent(text))
        return tmp_path / "project"

    return write


def commands(project: Path) -> list[str]:
    """The command lines that the training script was called with."""
    return (project.parent / "log").read_text().splitlines()


def outcome(verification: Verification, name: str) -> Step:
    return next(step for step in verification.steps if step.name == name)


def states(verification: Verification) -> dict[str, bool | None]:
    return {step.name: step.ok for step in verification.steps}


def expect(verification: Verification, failed: str, *not_run: str) -> Step:
    """Exactly one step failed, and these (with torch.compile) were not run; the failed step."""
    wanted: dict[str, bool | None] = dict.fromkeys(NEEDS, True)
    wanted |= dict.fromkeys(["torch.compile", *not_run]) | {failed: False}
    assert states(verification) == wanted
    assert not verification.ok
    return outcome(verification, failed)


AFTER_TRAIN = ("resume", "bf16", "sample", "evaluate")
AFTER_IMPORT = ("tests", "train", *AFTER_TRAIN)


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_a_good_project(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RANK", "3")  # must not make the children wait for other processes
    project = make({"train.py": "import os\nassert 'RANK' not in os.environ\n" + TRAIN})
    before = snapshot(project)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    said: list[str] = []
    result = verify(project, progress=said.append)

    assert result.ok
    assert states(result) == dict.fromkeys(NEEDS, True) | {"torch.compile": None}
    assert said == list(NEEDS)
    assert result.device == "cpu"
    assert result.torch_version == "9.9"
    assert result.peak_memory_mib is not None
    assert 1 < result.peak_memory_mib < 500
    assert all(step.seconds > 0 for step in result.steps)
    assert outcome(result, "tests").message == "3 passed in 0.01s"
    assert outcome(result, "train").message == "6 steps of batch size 16"
    assert "bit for bit" in outcome(result, "resume").message
    assert "minutes" in outcome(result, "torch.compile").message
    assert outcome(result, "sample").message == "4 samples"
    assert outcome(result, "evaluate").message == "200 scored"
    assert snapshot(project) == before
    assert list((tmp_path / "temporary").iterdir()) == []

    straight, resumed, bf16 = commands(project)
    assert "--steps 6 " in straight
    assert "--device cpu --checkpoint-every 3 --batch-size 16 --no-compile" in straight
    assert "--steps 6 " in resumed  # not 3 and then 6: a schedule depends on their number
    assert bf16.endswith("--no-compile --bf16")
    assert "--log-every" not in straight  # this config has no such knob


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, gangen.verify; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "pydantic", "yaml", "jinja2", "black", "numpy"} & set(loaded)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"gangen.lock": None}, "has no gangen.lock; `gangen build"),
        ({"sample.py": None, "config.py": None}, "config.py and sample.py missing"),
    ],
)
def test_no_project(make: Make, files: dict[str, str | None], words: str) -> None:
    result = verify(make(files))
    step = expect(result, "project", "environment", "compile", "import", *AFTER_IMPORT)
    assert words in step.message
    assert outcome(result, "train").message == "because `import` was not run"


def test_no_folder(tmp_path: Path) -> None:
    result = verify(tmp_path / "nowhere")
    assert "nowhere is no folder" in outcome(result, "project").message
    assert result.device == "auto"


def test_an_unknown_device(make: Make) -> None:
    with pytest.raises(ValueError, match="'tpu' is none of auto, cpu, cuda"):
        verify(make(), device="tpu")


def test_cuda_is_absent(make: Make) -> None:
    result = verify(make(), device="cuda")
    step = expect(result, "environment", "import", *AFTER_IMPORT)
    assert step.message.startswith("CUDA was asked for, but PyTorch 9.9 finds no CUDA device here")
    assert "--device cpu" in step.message
    assert result.device == "cuda"


def test_cuda_is_chosen_and_compiled_for(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CUDA", "1")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    result = verify(make())
    assert result.device == "cuda"
    assert result.ok
    assert set(states(result).values()) == {True}
    assert outcome(result, "environment").message.endswith("Fake GPU")
    assert result.peak_memory_mib == 3
    assert "--device cuda" in commands(make())[0]
    assert commands(make())[-1].endswith("--compile")
    assert "--no-compile" not in commands(make())[-1]


def test_cpu_hides_a_present_gpu(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CUDA", "1")
    train = "import os\nassert os.environ['CUDA_VISIBLE_DEVICES'] == ''\n" + TRAIN
    assert verify(make({"train.py": train}), device="cpu").ok


def test_torch_is_missing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"python": "3.11", "torch": None, "cuda": False, "gpu": None, "pytest": True}
    monkeypatch.setattr(Children, "found", lambda self, *arguments: facts)
    step = expect(verify(make()), "environment", "import", *AFTER_IMPORT)
    assert "has no PyTorch; pip install 'gangen[torch]'" in step.message


def test_torch_is_broken(make: Make) -> None:
    result = verify(make({"torch.py": "raise OSError('libcudart.so.12: cannot open')"}))
    step = expect(result, "environment", "import", *AFTER_IMPORT)
    assert "libcudart.so.12: cannot open" in step.message
    assert "Traceback" in step.output


def test_pytest_is_missing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Children.found

    def found(self: Children, *arguments: str) -> dict[str, Any]:
        return real(self, *arguments) | {"pytest": False}

    monkeypatch.setattr(Children, "found", found)
    step = expect(verify(make()), "tests")
    assert "has no pytest; pip install pytest" in step.message


@pytest.mark.parametrize(
    ("text", "words"),
    [("x = 1\ndef f(:\n", "losses.py:2: "), ("x = '\0'\n", "losses.py"), ("é", "losses.py")],
)
def test_a_syntax_error(make: Make, text: str, words: str) -> None:
    project = make()
    (project / "losses.py").write_bytes(text.encode("latin-1"))
    step = expect(verify(project), "compile", "import", *AFTER_IMPORT)
    assert words in step.message


def test_a_syntax_error_in_a_test_but_not_in_an_environment(make: Make) -> None:
    bad = {".venv/lib/bad.py": "(", "env/pyvenv.cfg": "", "env/bad.py": "("}
    assert verify(make(bad)).ok
    step = outcome(verify(make({"tests/deep/test_bad.py": "a = ("})), "compile")
    assert step.message.startswith("tests/deep/test_bad.py:1: ")
    assert step.output == "a = ("


def test_a_module_that_cannot_be_imported(make: Make) -> None:
    step = expect(verify(make({"models.py": "import no_such_package"})), "import", *AFTER_IMPORT)
    assert step.message.startswith("`import models` ended with exit code 1: ModuleNotFoundError")
    assert "pip install -e" in step.message
    assert "import no_such_package" in step.output


@pytest.mark.parametrize("text", ["import sys\nsys.exit()", "import os\nos._exit(0)"])
def test_a_module_that_ends_the_program(make: Make, text: str) -> None:
    step = expect(verify(make({"models.py": text})), "import", *AFTER_IMPORT)
    assert step.message == "`import models` ends the program"


def test_what_is_no_module_is_not_imported(make: Make) -> None:
    files = {"setup.py": "1 / 0", "conftest.py": "1 / 0", "my-notes.py": "1 / 0"}
    assert verify(make(files)).ok


def test_failing_tests_with_the_real_pytest(make: Make) -> None:
    lines = "".join(f"    print('line {number}')\n" for number in range(100))
    text = f"def test_good(): pass\ndef test_bad():\n{lines}    assert 1 == 2\n"
    project = make({"pytest.py": None, "tests/test_fake.py": text})
    before = snapshot(project)
    step = expect(verify(project), "tests")
    assert "ended with exit code 1: 1 failed, 1 passed" in step.message
    assert "line 99" in step.output
    assert len(step.output.splitlines()) == child.MAX_LINES
    assert snapshot(project) == before


def test_no_tests(make: Make) -> None:
    project = make({"tests/test_fake.py": None})
    assert not (project / "tests").exists()
    assert "tests/ is missing" in expect(verify(project), "tests").message
    step = expect(verify(make({"pytest.py": None, "tests/test_fake.py": ""})), "tests")
    assert "exit code 5: no tests ran" in step.message


def test_a_training_that_fails(make: Make) -> None:
    text = TRAIN.replace("def main():\n", "def main():\n    sys.exit('error: it diverged')\n")
    step = expect(verify(make({"train.py": text})), "train", *AFTER_TRAIN)
    assert step.message == "`python train.py` ended with exit code 1: error: it diverged"
    assert step.output == "error: it diverged"


@pytest.mark.parametrize("end", ["return", "os._exit(0)"])
def test_a_training_without_a_checkpoint(make: Make, end: str) -> None:
    text = TRAIN.replace("def main():\n", f"def main():\n    {end}\n")
    step = expect(verify(make({"train.py": text})), "train", *AFTER_TRAIN)
    assert "ended" in step.message


def test_a_training_that_is_killed(make: Make) -> None:
    text = TRAIN.replace("def main():\n", "def main():\n    os.kill(os.getpid(), 9)\n")
    step = expect(verify(make({"train.py": text})), "train", *AFTER_TRAIN)
    assert step.message.startswith(
        "`python train.py` was ended by SIGKILL, as happens when the mem"
    )


def test_a_training_that_hangs(make: Make) -> None:
    hang = "def main():\n    print('epoch 1'); import time; time.sleep(60)\n"
    result = verify(make({"train.py": TRAIN.replace("def main():\n", hang)}), timeout=2)
    step = expect(result, "train", *AFTER_TRAIN)
    assert step.message == "`python train.py` had not ended after 2 s and was stopped"
    assert step.output == "epoch 1"
    assert step.seconds < 10


def test_a_resume_that_loses_state(make: Make) -> None:
    text = TRAIN.replace("json.loads(last.read_text())", "{'step': 3}")
    step = expect(verify(make({"train.py": text})), "resume")
    assert "1 value of the checkpoint differ, first weight" in step.message


def test_a_resume_that_starts_anew(make: Make) -> None:
    step = expect(verify(make({"train.py": TRAIN.replace("last.exists()", "False")})), "resume")
    assert step.message == "train.py starts anew although its --out-dir holds a last.pt"


def test_a_script_that_saves_otherwise(make: Make) -> None:
    text = TRAIN.replace("/ steps", "/ 7").replace(".with_suffix('.tmp')", "")
    text = text.replace("os.replace(", "os.link(").replace(
        "last.parent.m", "last.unlink(True); last.parent.m"
    )
    project = make({"train.py": text})
    assert verify(project).ok
    assert ["--steps 3 " in line for line in commands(project)] == [False, True, False, False]


@pytest.mark.parametrize(("relative", "ok"), [(1e-5, True), (0.1, False), (None, False)])
def test_a_resume_on_cuda_may_differ_a_little(
    make: Make, monkeypatch: pytest.MonkeyPatch, relative: float | None, ok: bool
) -> None:
    monkeypatch.setenv("FAKE_CUDA", "1")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    real = Children.found

    def found(self: Children, *arguments: str) -> dict[str, Any]:
        if arguments[0] == "compare":
            return {"unequal": ["G.weight", "G.bias"], "relative": relative}
        return real(self, *arguments)

    monkeypatch.setattr(Children, "found", found)
    step = outcome(verify(make()), "resume")
    assert step.ok is ok
    assert "2 values of the checkpoint differ" in step.message
    if relative:
        assert f"relative difference {relative:.1e}" in step.message


def test_a_switch_that_fails(make: Make) -> None:
    text = TRAIN.replace("def main():\n", "def main():\n    assert '--bf16' not in sys.argv\n")
    step = expect(verify(make({"train.py": text})), "bf16")
    assert "`python train.py` ended with exit code 1: AssertionError" in step.message


def test_a_switch_that_is_not_there(make: Make) -> None:
    result = verify(make({"config.py": CONFIG.replace("bf16", "half")}))
    assert result.ok
    assert outcome(result, "bf16") == Step(
        "bf16", None, outcome(result, "bf16").seconds, "config.py has no knob `bf16`"
    )


def test_too_few_samples(make: Make) -> None:
    step = expect(
        verify(make({"sample.py": SAMPLE.replace("range(int", "range(-1 + int")})), "sample"
    )
    assert step.message == "sample.py was asked for 4 samples and wrote 3"


def test_samples_in_one_file(make: Make) -> None:
    text = """
        import sys
        import numpy

        if __name__ == "__main__":
            folder, count = sys.argv[sys.argv.index("--out") + 1], int(sys.argv[4])
            numpy.savez(folder + ".npz", samples=numpy.zeros((count, 2)))
            import os; os.mkdir(folder); os.replace(folder + ".npz", folder + "/samples.npz")
        """
    assert outcome(verify(make({"sample.py": text})), "sample").message == "4 samples"


def test_sampling_on_the_device(make: Make) -> None:
    text = SAMPLE + '\n    print("--device")\n    assert flags["--device"] == "cpu"\n'
    assert verify(make({"sample.py": text})).ok


def test_stand_in_data(make: Make) -> None:
    files = {"config.py": CONFIG + DATA_KNOB, "tests/stand_in.py": STAND_IN}
    project = make(files)
    result = verify(project)
    assert result.ok
    assert outcome(result, "train").message.endswith(", on stand-in data: photos is not here")
    paths = [line.split("--data-path ")[1].split()[0] for line in commands(project)]
    assert len(set(paths)) == 1
    assert Path(paths[0]).is_absolute()

    (project / "photos").mkdir()
    (project.parent / "log").write_text("")
    assert outcome(verify(project), "train").message == "6 steps of batch size 16"
    assert not any("--data-path" in line for line in commands(project))


def test_stand_in_data_that_cannot_be_made(make: Make) -> None:
    step = expect(verify(make({"config.py": CONFIG + DATA_KNOB})), "train", *AFTER_TRAIN)
    assert step.message.startswith("photos is not here, and tests/stand_in.py is missing")
    result = verify(make({"config.py": CONFIG + DATA_KNOB, "tests/stand_in.py": "1 / 0"}))
    step = expect(result, "train", *AFTER_TRAIN)
    assert step.message.startswith("`python tests/stand_in.py` ended with exit code 1: ZeroDiv")


def alive(number: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("waited in vain")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
def test_ctrl_c_ends_the_children(make: Make, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    spawn = f"""def main():
    import subprocess, time
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path({str(pids)!r}).write_text(f"{{os.getpid()}} {{other.pid}} ")
    time.sleep(60)
"""
    project = make({"train.py": TRAIN.replace("def main():\n", spawn)})
    (tmp_path / "temporary").mkdir()
    # A shell's background job, as CI may be one, is started with Ctrl-C ignored.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += "import sys, pathlib, gangen.verify as v; v.verify(pathlib.Path(sys.argv[1]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(project)],
        env=os.environ | {"TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: pids.exists() and pids.read_text().endswith(" "))
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=120)[1]
    numbers = [int(number) for number in pids.read_text().split()]
    wait_for(lambda: not any(map(alive, numbers)))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_child_cannot_flood_the_memory_or_the_terminal(tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(20_000): print('x' * 100)\n"
    code += r"print('\x1b[31mred\x1b[0m \x1b]0;title\x07 10%\r100%\nbell \x07 \u202e é')"
    found = run_python(
        ["-c", code], folder=tmp_path, environment=os.environ | {"PYTHONUTF8": "1"}, timeout=60
    )
    assert found.code == 0
    lines = found.output.splitlines()
    assert len(lines) == child.MAX_LINES
    assert lines[-2:] == ["100%", r"bell \x07 \u202e é"]


def test_a_child_that_leaves_a_process_with_its_output(tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input(); print()'])"
    code = code.replace("input()", "import time; time.sleep(60)") + "; print('done')"
    started = time.monotonic()
    found = run_python(["-c", code], folder=tmp_path, environment=os.environ, timeout=30)
    assert (found.code, found.output) == (0, "done")
    assert time.monotonic() - started < 10


def test_clean() -> None:
    assert clean("a\r\n 1/2\r 2/2\r\n\tb") == "a\n 2/2\n        b"
    assert clean("\x1b[1;31mred\x1b[m \ud800") == "red \\ud800"


def example(**changes: Any) -> Verification:
    steps = (
        Step("tests", False, 1.23456, "1 failed \x00\x1b", "assert <1>\n\x0b& more"),
        Step("train", True, 2.0, "6 steps"),
        Step("torch.compile", None, 0.0, "only on CUDA"),
    )
    given: dict[str, Any] = {"project": Path("a & b"), "ok": False, "device": "cpu", "steps": steps}
    return Verification(**{**given, "peak_memory_mib": 1234.5, "torch_version": "2.6", **changes})


def test_text() -> None:
    assert example().as_text().splitlines() == [
        "a & b on cpu, torch 2.6",
        "  FAILED   tests            1.2 s  1 failed \x00\x1b",
        "      | assert <1>",
        "      | ",
        "      | & more",
        "  ok       train            2.0 s  6 steps",
        "  not run  torch.compile           only on CUDA",
        "not verified: 1 passed, 1 failed, 1 not run in 3.2 s, peak memory 1,234 MiB",
    ]
    good = example(ok=True, steps=(), peak_memory_mib=None, torch_version=None)
    assert good.as_text() == "a & b on cpu\nverified: 0 passed in 0.0 s"


def test_json() -> None:
    data = json.loads(example().as_json())
    assert (data["schema_version"], data["kind"], data["ok"]) == (1, "verify", False)
    assert (data["project"], data["device"], data["torch_version"]) == ("a & b", "cpu", "2.6")
    assert [step["ok"] for step in data["steps"]] == [False, True, None]
    assert data["steps"][0]["seconds"] == 1.235
    assert set(data["steps"][0]) == {"name", "ok", "seconds", "message", "output"}


def test_junit() -> None:
    root = ElementTree.fromstring(example().as_junit())
    suite = root.find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped")] == [
        *("a & b", "3", "1", "0", "1")
    ]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("1 failed ", "assert <1>\n& more")
    assert [case.get("name") for case in suite.findall("testcase[skipped]")] == ["torch.compile"]
    assert len(ElementTree.fromstring(junit([example(), example()])).findall("testsuite")) == 2


def test_compare(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    def compared(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
        for name, content in (("a", first), ("b", second)):
            torch.save(content, tmp_path / name)
        return next(probe.compare(str(tmp_path / "a"), str(tmp_path / "b")))

    def content(**weights: Any) -> dict[str, Any]:
        return {"G": {"w": torch.tensor([3.0, 4.0]), "n": torch.tensor(7), **weights}, "step": 6}

    same = {"unequal": [], "relative": 0.0}
    assert compared(content() | {"config": {"a": 1}}, content() | {"config": {"a": 2}}) == same
    near = compared(content(), content(w=torch.tensor([3.0, 4.001])))
    assert near["unequal"] == ["G.w"]
    assert near["relative"] == pytest.approx(0.001 / (25 + 49) ** 0.5, rel=1e-2)
    for other in (
        content(w=torch.tensor([3.0, float("nan")])),
        content(w=torch.tensor([3.0])),
        content(w=None),
        content(more=torch.tensor(0.0)),
        content() | {"step": 5},
        content() | {"D": {"w": 1}},
    ):
        found = compared(content(), other)
        assert len(found["unequal"]) == 1
        assert found["relative"] is None
