"""B9: how fast projects train, against a bare loop of the same networks and a plain script.

`python tests/benchmarks/b9_throughput.py dcgan-32`; a minute or two per project on a CPU.

Every loop has a process of its own. They take turns, a second each, so that a busy machine slows
all of them down. A row is a project; numbers are medians, or `quiet`: of the fastest tenth.

loop      the project's own train() with its logging, without pictures and checkpoints
resident  the same with one batch over and over: loop - resident is the wait for data
bare      the same modules, losses and fused optimisers on one resident batch, and nothing else
plain     as scripts do it: DataLoader, Adam by its defaults, `.item()` at every step
bf16      the project's own train() with --bf16
compile   bare with torch.compile; graph: bare as one CUDA graph (both on CUDA only)
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from _common import HERE, Variant, build, machine, merged, read_yaml, shown

LOOPS = ("loop", "bare", "plain", "resident", "bf16")
CUDA_LOOPS = ("compile", "graph")
RATIOS = (  # name, slow loop, fast loop, what is added
    ("overhead", "loop", "bare", -1),
    ("data_wait", "loop", "resident", -1),
    ("times_plain", "plain", "loop", 0),
    ("bf16_times_plain", "plain", "bf16", 0),
    ("loop_over_graph", "loop", "graph", 0),
)
Timing = dict[str, Any]

PUBLISHED = {  # images/s of scripts with the same networks, two quiet CPU threads, batch 64
    "mnist-mlp": {"PyTorch-GAN gan.py": 3105},
    "dcgan-32": {"PyTorch-GAN dcgan.py": 206},
}


def read_variants(path: Path) -> list[Variant]:
    """The projects of the file, each over its `base`."""
    file = read_yaml(path)
    return [
        Variant(name, merged({"gangen": 1, "name": name}, file["base"], spec))
        for name, spec in file["projects"].items()
    ]


def parse_args(names: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("only", nargs="*", metavar="PROJECT", help=f"default: all of {names}")
    parser.add_argument("--rounds", type=int, default=9, help="default: 9")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a burst; default: 1")
    parser.add_argument("--warm-up", type=int, default=20, help="steps; default: 20")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; default: 1")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--loops", nargs="+", choices=[*LOOPS, *CUDA_LOOPS], help="default: all")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.jsonl"), help="rows go here")
    parser.add_argument(
        "--work", type=Path, default=Path("demo/benchmarks"), help="projects go here"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.only) - set(names)
    if unknown:
        parser.error(f"no project {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if arguments.loops is None:
        arguments.loops = [*LOOPS, *(CUDA_LOOPS if arguments.device == "cuda" else ())]
    return arguments


class Loop:
    """A loop in a process of its own, which runs a burst of steps whenever it is told to.

    Raises:
        RuntimeError: it failed; the message is the end of what it said.
    """

    def __init__(self, project: Path, name: str, arguments: argparse.Namespace) -> None:
        command = [sys.executable, str(HERE / "_loops.py"), name, str(arguments.seconds)]
        command += [str(arguments.warm_up), arguments.device]
        environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            cwd=project,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
        )
        self.result()  # the burst after the warm-up; from now on it waits for its turn

    def burst(self) -> Timing:
        """The times of one more burst."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.result()

    def result(self) -> Timing:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                found: Timing = json.loads(line)
                return found
        self.errors.seek(0)
        raise RuntimeError(self.errors.read()[-1_000:])

    def end(self) -> None:
        """Let the process end."""
        self.process.communicate()
        self.errors.close()


def interleaved(project: Path, arguments: argparse.Namespace) -> dict[str, list[Timing]]:
    """Bursts of every loop in turn; a loop that fails is left out."""
    loops = {}
    for name in arguments.loops:
        try:
            loops[name] = Loop(project, name, arguments)
        except RuntimeError as error:
            print(f"{project.name} {name}: {error}", file=sys.stderr)
    bursts: dict[str, list[Timing]] = {name: [] for name in loops}
    for _ in range(arguments.rounds):
        for name, loop in loops.items():
            bursts[name].append(loop.burst())
    for loop in loops.values():
        loop.end()
    return bursts


def ratio(bursts: Mapping[str, Sequence[Timing]], slow: str, fast: str, key: str) -> float:
    """How many times longer one loop's step takes than the other's: median over the rounds."""
    pairs = zip(bursts[slow], bursts[fast], strict=True)
    ratios = [statistics.median(a[key]) / statistics.median(b[key]) for a, b in pairs]
    return float(statistics.median(ratios))


def quiet_ratio(bursts: Mapping[str, Sequence[Timing]], slow: str, fast: str) -> float:
    """The same of their fastest tenths of steps, when nothing else ran on the machine."""
    return float(tenths(bursts[slow], "wall")[0] / tenths(bursts[fast], "wall")[0])


def tenths(bursts: Sequence[Timing], key: str) -> list[float]:
    """The nine values that part the steps of all bursts into tenths."""
    return statistics.quantiles([value for burst in bursts for value in burst[key]], n=10)


def summary(bursts: Sequence[Timing], images: int) -> dict[str, float]:
    """One loop's numbers; `images` are the real ones of a step."""
    wall, cpu = tenths(bursts, "wall"), tenths(bursts, "cpu")
    memory = {key: bursts[-1][key] for key in ("peak_mib", "gpu_mib") if key in bursts[-1]}
    found: dict[str, float] = {
        "ms": wall[4],
        "ms_p10": wall[0],
        "ms_p90": wall[8],
        "cpu_ms": cpu[4],
        **memory,
    }
    found["images_per_second"] = 1_000 * images / wall[4]
    found["steps"] = sum(len(burst["wall"]) for burst in bursts)
    return {name: round(value, 4) for name, value in found.items()}


def metrics(bursts: Mapping[str, Sequence[Timing]], images: int) -> dict[str, Any]:
    """Numbers of a project: ratios of its loops by wall, processor and quiet time; all loops."""
    found: dict[str, Any] = {}
    for name, slow, fast, offset in RATIOS:
        if slow in bursts and fast in bursts:
            found[name] = ratio(bursts, slow, fast, "wall") + offset
            found[f"{name}_cpu"] = ratio(bursts, slow, fast, "cpu") + offset
            found[f"{name}_quiet"] = quiet_ratio(bursts, slow, fast) + offset
    found = {name: round(value, 4) for name, value in found.items()}
    return {**found, "loops": {name: summary(of_one, images) for name, of_one in bursts.items()}}


def main() -> None:
    variants = read_variants(HERE / "b9_throughput.yaml")
    arguments = parse_args([variant.id for variant in variants])
    for variant in variants:
        if arguments.only and variant.id not in arguments.only:
            continue
        project = (arguments.work / variant.id).absolute()
        build(variant.spec, project)
        bursts = interleaved(project, arguments)
        images = variant.spec["training"].get("batch_size", 64)
        images *= variant.spec["training"].get("d_steps", 1)
        found = metrics(bursts, images)
        row = {"benchmark": "b9", "id": variant.id, "rounds": arguments.rounds, "metrics": found}
        row |= {"seconds": arguments.seconds, "published": PUBLISHED.get(variant.id, {})}
        row |= {"spec": variant.spec, **machine(arguments)}
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        with arguments.out.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{variant.id}: {shown(found)}", flush=True)
        for loop, timing in found["loops"].items():
            print(f"  {loop:9} {shown(timing)}", flush=True)


if __name__ == "__main__":
    main()
