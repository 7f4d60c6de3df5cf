"""Runs Python in a child process: nothing of it outlives the call, no output fills the memory."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gangen.verification import clean

MAX_OUTPUT, MAX_LINES = 64 << 10, 30  # bytes kept of the output, lines returned
# Not for children: the variables of a torchrun or a pytest around this process, and colours.
HIDDEN = {
    *("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
    *("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "FORCE_COLOR", "PY_COLORS"),
}


@dataclass(frozen=True)
class Outcome:
    """How a child ended: its exit code (None when it took too long) and its last lines."""

    code: int | None
    output: str

    @property
    def last_line(self) -> str:
        """Where programs say what went wrong."""
        return self.output.rpartition("\n")[2]

    def describe(self, timeout: float) -> str:
        """Why the child failed, after its name: `ended with exit code 1: ...`."""
        if self.code is None:
            return f"had not ended after {timeout:g} s and was stopped"
        if self.code < 0:
            names = {number.value: number.name for number in signal.Signals}
            hint = ", as happens when the memory runs out" if self.code == -9 else ""
            return f"was ended by {names.get(-self.code, f'signal {-self.code}')}{hint}"
        last = f": {self.last_line}" if self.last_line else ""
        return f"ended with exit code {self.code}{last}"


class Failed(Exception):
    """A step failed, with a message and the end of the output."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.message, self.output = message, output


class Children:
    """Runs the Python of one project; what its programs leave goes to `scratch`."""

    def __init__(self, folder: Path, scratch: Path, timeout: float, device: str) -> None:
        self.folder, self.scratch, self.timeout, self.device = folder, scratch, timeout, device
        (scratch / "tmp").mkdir()

    def python(self, *arguments: str) -> str:
        """Run Python in the project; the last line of its output."""
        outcome = run_python(
            arguments, folder=self.folder, environment=self.environment(), timeout=self.timeout
        )
        name = " ".join(arguments[:2] if arguments[0] == "-m" else arguments[:1])
        if outcome.code != 0:
            message = f"`python {name}` {outcome.describe(self.timeout)}"
            raise Failed(message, outcome.output)
        return outcome.last_line

    def probe(self, *arguments: str) -> tuple[Outcome, dict[str, Any]]:
        """Run the probe in the project: how it ended, and what it found until then."""
        code = Path(__file__).with_name("probe.py").read_text("utf-8")
        result = self.scratch / "finding.json"
        result.unlink(missing_ok=True)
        outcome = run_python(
            ["-c", code, arguments[0], str(result), *arguments[1:]],
            folder=self.folder,
            environment=self.environment(),
            timeout=self.timeout,
        )
        return outcome, json.loads(result.read_text("utf-8")) if result.exists() else {}

    def found(self, *arguments: str) -> dict[str, Any]:
        """What the probe found; it must end well."""
        outcome, found = self.probe(*arguments)
        name = "`python train.py`" if arguments[0] == "train" else f"`{arguments[0]}`"
        if outcome.code != 0 or not found:
            raise Failed(f"{name} {outcome.describe(self.timeout)}", outcome.output)
        return found

    def environment(self) -> dict[str, str]:
        """This process's variables; with the GPU hidden from the children when it is not wanted."""
        variables = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        variables |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.scratch / "tmp"))
        variables |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        variables |= {"PYTHONIOENCODING": "utf-8"}
        variables |= {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}  # reproducible products of matrices
        return variables | ({"CUDA_VISIBLE_DEVICES": ""} if self.device == "cpu" else {})


def run_python(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout: float
) -> Outcome:
    """Run this interpreter in `folder`; an exception, Ctrl-C above all, ends the child as well."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a group of its own, so that its children can be ended too
    )
    tail = bytearray()
    assert process.stdout is not None
    reader = threading.Thread(target=_drain, args=(process.stdout, tail), daemon=True)
    reader.start()
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        code = None
    finally:  # also what the child left running, which may hold its output open
        _end(process)
        reader.join(5)
    text = clean(bytes(tail).decode("utf-8", "replace"))
    return Outcome(code, "\n".join(text.strip().splitlines()[-MAX_LINES:]))


def _drain(stream: IO[bytes], tail: bytearray) -> None:
    """Read to the end, and keep the last bytes."""
    with stream:
        while chunk := os.read(stream.fileno(), MAX_OUTPUT):
            tail += chunk
            del tail[:-MAX_OUTPUT]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child, if it still runs, and everything that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):  # nothing is left
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
