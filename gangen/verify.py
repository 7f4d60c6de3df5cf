"""Runs a generated project in earnest: imports, tests, trains, resumes and samples it.

All of it happens in child processes of the same Python, in the project's folder, which stays as
it is: what they write goes to a temporary folder. This process imports neither PyTorch nor the
project.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gangen.child import MAX_LINES, Children, Failed
from gangen.project_source import knobs, sources, tested_batch
from gangen.verification import Step, Verification, clean

DEVICES = ("auto", "cpu", "cuda")
SCRIPTS = ("config.py", "train.py", "sample.py")
STEPS, RESUME_AT, BATCH, SAMPLES, SCORED = 6, 3, 16, 4, 200
CHECKPOINT = "last.pt"
NOT_MODULES = ("conftest", "setup")  # pytest's own; importing the other would run it
# Sums on a GPU may come out in another order; a resume that loses any state is off by far more.
CUDA_TOLERANCE = 1e-3
# Each step with the earlier ones that it cannot do without.
NEEDS = {
    "project": (),
    "environment": ("project",),
    "compile": ("project",),
    "import": ("environment", "compile"),
    "tests": ("import",),
    "train": ("import",),
    "resume": ("train",),
    "bf16": ("train",),
    "torch.compile": ("train",),
    "sample": ("train",),
    "evaluate": ("train",),
}


class NotRun(Exception):
    """A step does not apply here; the reason."""


def verify(
    project: Path,
    *,
    device: str = "auto",
    timeout: float = 900,
    progress: Callable[[str], None] = lambda step: None,
) -> Verification:
    """Verify the project in a folder; whatever is wrong with it is in the result.

    Args:
        device: auto (CUDA if there is any, else the CPU), cpu or cuda.
        timeout: seconds that one child process may take.
        progress: called with the name of each step before it starts.

    Raises:
        ValueError: there is no such device.
        OSError: the temporary folder cannot be written.
    """
    if device not in DEVICES:
        raise ValueError(f"{device!r} is none of {', '.join(DEVICES)}")
    with tempfile.TemporaryDirectory(prefix="gangen-verify-", ignore_cleanup_errors=True) as folder:
        return _Run(project, device, timeout, Path(folder).resolve()).all(progress)


class _Run:
    """One verification; every step is a method that returns its message."""

    def __init__(self, project: Path, device: str, timeout: float, scratch: Path) -> None:
        self.project, self.device, self.scratch = project, device, scratch
        self.folder = project.resolve()
        self.children = Children(self.folder, scratch, timeout, device)
        self.facts: dict[str, Any] = {}
        self.knobs: dict[str, object] = {}
        self.data: list[str] = []  # the flags that name the data
        self.trained: dict[str, Any] = {}

    def all(self, progress: Callable[[str], None]) -> Verification:
        done: dict[str, Step] = {}
        for name, needs in NEEDS.items():
            missing = [need for need in needs if done[need].ok is not True]
            if missing:
                state = "failed" if done[missing[0]].ok is False else "was not run"
                done[name] = Step(name, None, 0.0, f"because `{missing[0]}` {state}")
            else:
                progress(name)
                done[name] = self.step(name)
        return Verification(
            self.project,
            all(step.ok is not False for step in done.values()),
            self.device,
            tuple(done.values()),
            self.trained.get("peak_memory_mib"),
            self.facts.get("torch"),
        )

    def step(self, name: str) -> Step:
        started = time.perf_counter()
        ok: bool | None
        try:
            run: Callable[[], str] = getattr(self, name.replace(".", "_") + "_step")
            ok, message, output = True, run(), ""
        except Failed as error:
            ok, message, output = False, error.message, error.output
        except NotRun as reason:
            ok, message, output = None, str(reason), ""
        return Step(name, ok, time.perf_counter() - started, clean(message), output)

    def project_step(self) -> str:
        if not (self.folder / "gangen.lock").is_file():
            what = "has no gangen.lock" if self.folder.is_dir() else "is no folder"
            raise Failed(f"{self.project} {what}; `gangen build SPEC -o DIR` makes a project")
        missing = [name for name in SCRIPTS if not (self.folder / name).is_file()]
        if missing:
            raise Failed(f"{' and '.join(missing)} missing; restore or build the project anew")
        return "every script is there"

    def environment_step(self) -> str:
        self.facts = facts = self.children.found("environment")
        if facts["torch"] is None:
            raise Failed(f"{sys.executable} has no PyTorch; pip install 'gangen[torch]'")
        if self.device == "cuda" and not facts["cuda"]:
            raise Failed(
                f"CUDA was asked for, but PyTorch {facts['torch']} finds no CUDA device here; "
                "use --device cpu, or install a driver and a CUDA build of PyTorch"
            )
        if self.device == "auto":
            self.device = self.children.device = "cuda" if facts["cuda"] else "cpu"
        where = facts["gpu"] if self.device == "cuda" else "the CPU"
        return f"Python {facts['python']}, PyTorch {facts['torch']}, {where}"

    def compile_step(self) -> str:
        count = 0
        for path in sources(self.folder):
            name = path.relative_to(self.folder).as_posix()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compile(path.read_bytes(), name, "exec", dont_inherit=True)
            except SyntaxError as error:
                line = clean((error.text or "").strip())
                raise Failed(f"{name}:{error.lineno}: {error.msg}", line) from None
            except (OSError, ValueError, RecursionError, MemoryError) as error:
                raise Failed(f"{name}: {error}") from None
            count += 1
        self.knobs = knobs(self.folder / "config.py")
        return f"{count} files"

    def import_step(self) -> str:
        stems = [path.stem for path in sorted(self.folder.glob("*.py"))]
        names = [stem for stem in stems if stem.isidentifier() and stem not in NOT_MODULES]
        outcome, found = self.children.probe("modules", *names)
        name = found.get("importing")
        if outcome.code == 0 and name is None:
            return ", ".join(names)
        if outcome.code == 0:
            raise Failed(f"`import {name}` ends the program", outcome.output)
        advice = ""
        if "No module named" in outcome.last_line:
            advice = f"; what the project needs: pip install -e {self.project}"
        message = f"`import {name}` {outcome.describe(self.children.timeout)}{advice}"
        raise Failed(message, outcome.output)

    def tests_step(self) -> str:
        if not (self.folder / "tests").is_dir():
            raise Failed("the folder tests/ is missing; restore it or build the project anew")
        if not self.facts["pytest"]:
            raise Failed(f"{sys.executable} has no pytest; pip install pytest")
        return self.children.python(
            "-m", "pytest", "-q", "-o", f"cache_dir={self.scratch / 'pytest'}"
        )

    def train_step(self) -> str:
        stand_in = self.find_data()
        self.trained = self.train("straight", STEPS, keep="resumed")
        batch = self.knobs.get("batch_size")
        small = tested_batch(self.folder, BATCH)
        size = f" of batch size {min(batch, small)}" if isinstance(batch, int) else ""
        return f"{STEPS} steps{size}{stand_in}"

    def find_data(self) -> str:
        """Let the runs use a stand-in when the data is not here; says so."""
        if "data_path" not in self.knobs:
            return ""
        real = self.knobs["data_path"]
        if isinstance(real, str) and real and (self.folder / real).exists():
            return ""
        script = Path("tests") / "stand_in.py"
        if not (self.folder / script).is_file():
            raise Failed(
                f"{real} is not here, and {script.as_posix()} is missing, which replaces it"
            )
        self.data = ["--data-path", self.children.python(str(script), str(self.scratch / "data"))]
        return f", on stand-in data: {real} is not here"

    def resume_step(self) -> str:
        resumed = self.scratch / "resumed" / CHECKPOINT
        observed = self.trained["saves"] > 1  # else the script saves otherwise than ours do
        if not observed:
            shutil.rmtree(resumed.parent, ignore_errors=True)
            self.train("resumed", RESUME_AT)
        again = self.train("resumed", STEPS)
        if observed and again["saves"] >= self.trained["saves"]:
            raise Failed(f"train.py starts anew although its --out-dir holds a {CHECKPOINT}")
        straight = self.scratch / "straight" / CHECKPOINT
        found = self.children.found("compare", str(resumed), str(straight))
        count, relative = len(found["unequal"]), found["relative"]
        if count == 0:
            return f"a resumed run ends as one of {STEPS} steps at a stretch does, bit for bit"
        size = "" if relative is None else f", relative difference {relative:.1e}"
        differ = f"{count} {'value' if count == 1 else 'values'} of the checkpoint differ{size}"
        if self.device == "cuda" and relative is not None and relative <= CUDA_TOLERANCE:
            return f"{differ}: within {CUDA_TOLERANCE}, as sums on a GPU are not reproducible"
        message = f"a resumed run is not the straight run: {differ}, first {found['unequal'][0]}"
        raise Failed(message, "\n".join(found["unequal"][:MAX_LINES]))

    def bf16_step(self) -> str:
        return self.short("bf16")

    def torch_compile_step(self) -> str:
        if self.device != "cuda":
            raise NotRun("only on CUDA: on a CPU the first compiled step takes minutes")
        return self.short("compile")

    def short(self, knob: str) -> str:
        """Two steps with a switch on."""
        if knob not in self.knobs:
            raise NotRun(f"config.py has no knob `{knob}`")
        flags = [flag for flag in self.flags(knob, 2) if flag != f"--no-{knob}"]
        self.children.python("train.py", *flags, f"--{knob}")
        return f"2 steps with --{knob}"

    def sample_step(self) -> str:
        folder, checkpoint = self.scratch / "samples", self.scratch / "straight" / CHECKPOINT
        flags = ["--checkpoint", str(checkpoint), "--count", str(SAMPLES), "--out", str(folder)]
        # Else it takes the fastest device, which may not be the one to verify.
        text = (self.folder / "sample.py").read_text("utf-8", "replace")
        flags += ["--device", self.device] if '"--device"' in text else []
        flags += self.data if '"--data-path"' in text else []
        self.children.python("sample.py", *flags)
        count = self.children.found("samples", str(folder))["count"]
        if count != SAMPLES:
            raise Failed(f"sample.py was asked for {SAMPLES} samples and wrote {count}")
        return f"{count} samples"

    def evaluate_step(self) -> str:
        if not (self.folder / "evaluate.py").is_file():
            raise NotRun("the project has no evaluate.py")
        flags = ["--checkpoint", str(self.scratch / "straight" / CHECKPOINT), *self.data]
        flags += ["--device", self.device, "--samples", str(SCORED)]
        return self.children.python("evaluate.py", *flags)

    def train(self, name: str, steps: int, keep: str = "unused") -> dict[str, Any]:
        """Train in the folder `name`, keep the first checkpoint in another; what was found."""
        places = [str(self.scratch / folder) for folder in (keep, name)]
        flags = [self.device, "train.py", *self.flags(name, steps)]
        found = self.children.found("train", *places, CHECKPOINT, *flags)
        if not (self.scratch / name / CHECKPOINT).is_file():
            raise Failed(f"train.py ended well, but wrote no {CHECKPOINT} to its --out-dir")
        return found

    def flags(self, name: str, steps: int) -> list[str]:
        """The flags of train.py, as far as its config has them."""
        out = self.scratch / name
        flags = ["--steps", str(steps), "--out-dir", str(out), "--device", self.device, *self.data]
        wanted = {"log_every": 1, "sample_every": steps, "checkpoint_every": RESUME_AT}
        batch = self.knobs.get("batch_size")
        small = tested_batch(self.folder, BATCH)  # samples may have to be shared out evenly
        if isinstance(batch, int) and batch > small:
            wanted["batch_size"] = small
        for knob, value in wanted.items():
            if knob in self.knobs:
                flags += ["--" + knob.replace("_", "-"), str(value)]
        return flags + (["--no-compile"] if self.knobs.get("compile") is True else [])
