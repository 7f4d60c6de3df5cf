"""Generated projects run in processes of their own, which start in no time.

Importing PyTorch takes seconds, so one process imports it and forks for every run.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

# Reads one line of jobs at a time, starts them all, tells their ids, waits, tells their ends.
SERVER = """
import atexit, gc, json, os, resource, runpy, sys, traceback
import PIL.Image, numpy, torch, torch._dynamo, torch.distributed, tqdm

torch.set_num_threads(1)

def run(job):
    os.chdir(job["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ |= job["environment"]
    if job["file_size"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"],) * 2)
    sys.dont_write_bytecode = True
    sys.path[0] = job["folder"]
    sys.argv = [job["script"], *job["arguments"]]
    try:
        runpy.run_path(job["script"], run_name="__main__")
        end = 0
    except SystemExit as exit:
        end = exit.code or 0
        if isinstance(end, str):
            print(end, file=sys.stderr)
            end = 1
    except BaseException:
        traceback.print_exc()
        end = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(end)  # Python would take apart all that was imported

gc.collect()
gc.freeze()  # what was imported is shared between the processes
for line in sys.stdin:
    jobs = json.loads(line)
    identities = []
    for job in jobs:
        identity = os.fork()
        if identity == 0:
            run(job)
        identities.append(identity)
    print(json.dumps(identities), flush=True)
    ends = dict(os.wait() for _ in identities)
    print(json.dumps([os.waitstatus_to_exitcode(ends[i]) for i in identities]), flush=True)
"""


@dataclass(frozen=True)
class Job:
    """One run of a script in a folder; `file_size` is the most bytes that a file may get."""

    folder: str
    arguments: Sequence[str] = ()
    script: str = "train.py"
    environment: Mapping[str, str] = field(default_factory=dict)
    file_size: int = 0
    log: str = "log.txt"

    @property
    def said(self) -> str:
        """What it wrote on the terminal."""
        return (Path(self.folder) / self.log).read_text(errors="replace")


class Server:
    """Runs jobs, all of a list at the same time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def start(self, *jobs: Job) -> list[int]:
        """Start the jobs; their process ids."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([asdict(job) for job in jobs]) + "\n")
        self.process.stdin.flush()
        return self._read()

    def wait(self) -> list[int]:
        """The exit codes of the jobs that were started, once all have ended."""
        return self._read()

    def run(self, *jobs: Job) -> list[int]:
        """Start jobs and wait."""
        self.start(*jobs)
        return self.wait()

    def _read(self) -> list[int]:
        assert self.process.stdout is not None
        answer: list[int] = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def server() -> Iterator[Server]:
    """A server for the time of the block."""
    serving = Server()
    try:
        yield serving
    finally:
        assert serving.process.stdin is not None
        with suppress(BrokenPipeError):
            serving.process.stdin.close()
        serving.process.kill()
        serving.process.wait()


def together(count: int, folder: Path, *arguments: str, script: str = "train.py") -> list[Job]:
    """`count` processes that train together, as torchrun would start them."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    return [
        Job(
            str(folder),
            arguments,
            script,
            {
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": str(count),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
            },
            log=f"log-{rank}.txt",
        )
        for rank in range(count)
    ]
