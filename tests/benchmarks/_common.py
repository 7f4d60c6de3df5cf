"""What the benchmarks share: build a project, train it, draw from it, keep one row of JSON per run.

Everything goes through the commands that a user has: `gangen build`, `python train.py` and
`python sample.py`, each in a process of its own.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image

from gangen import __version__

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SAMPLE_SEED = 1_000  # the same noise for every run, never a training seed

# sample.py draws with the averaged weights; this can use any others of a checkpoint.
DRAW = """
import sys
from pathlib import Path
import numpy, torch
from models import Generator, sample_latent
from runtime import evaluating, load_checkpoint, pick_device, seed_everything
checkpoint, key, count, seed, out, device = sys.argv[1:]
device = pick_device(device)
generator = Generator().to(device)
load_checkpoint(Path(checkpoint), {key: generator}, device)
seed_everything(int(seed))
z = sample_latent(int(count), torch.device("cpu"))
with evaluating(generator):
    samples = torch.cat([generator(part.to(device)).float().cpu() for part in z.split(1_000)])
numpy.savez(out, samples=samples.numpy(), z=z.numpy())
"""


@dataclass(frozen=True)
class Variant:
    """One row of a benchmark: a spec, and what others published for the same task."""

    id: str
    spec: Mapping[str, Any]
    published: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()  # of train.py


@dataclass(frozen=True)
class Run:
    """A trained project: where it is and which checkpoint."""

    variant: Variant
    project: Path
    checkpoint: Path
    environment: Mapping[str, str]


Score = Callable[[Run], Mapping[str, Any]]


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as plain data; 1e-4 is a number here, as in a spec."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return numbers(loaded)


def numbers(value: Any) -> Any:
    """PyYAML follows YAML 1.1 and reads 1e-4 as text: make it a number."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    if isinstance(value, str) and value[:1].isdigit() and "e" in value:
        return float(value)
    return value


def merged(*fragments: Mapping[str, Any]) -> dict[str, Any]:
    """Specs laid over one another: mappings key by key, everything else replaced by the later.

    A key that a later one sets to null is taken away.
    """
    result: dict[str, Any] = {}
    for fragment in fragments:
        for key, value in fragment.items():
            old = result.get(key)
            both = isinstance(old, dict) and isinstance(value, dict)
            result[key] = merged(old, value) if both else copy.deepcopy(value)
    return {key: value for key, value in result.items() if value is not None}


def read_variants(path: Path) -> list[Variant]:
    """Variants of a file of fragments: `base`, `tasks` and `methods`, whose products they are.

    A method may have a part for one task under `only:`, and `skip:` names tasks it is not for.
    """
    file = read_yaml(path)
    variants = []
    for task, of_task in file["tasks"].items():
        for method, of_method in file["methods"].items():
            if task in of_method.get("skip", []):
                continue
            own = of_method.get("only", {}).get(task, {})
            spec = merged(file["base"], of_task["spec"], of_method["spec"], own)
            name = f"{task}-{method}".replace("_", "-")
            spec = merged({"gangen": 1, "name": name}, spec)
            published = {**of_task.get("published", {}), **of_method.get("published", {})}
            variants.append(Variant(name, spec, published))
    return variants


def parse_args(description: str, variants: Sequence[Variant], *more: str) -> argparse.Namespace:
    """The command line of a benchmark; `more` are required file arguments."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    names = [variant.id for variant in variants]
    parser.add_argument("only", nargs="*", metavar="VARIANT", help=f"default: all of {names}")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], metavar="SEED")
    parser.add_argument("--steps", type=int, help="generator updates; default: those of the spec")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.jsonl"), help="rows go here")
    parser.add_argument(
        "--work", type=Path, default=Path("demo/benchmarks"), help="projects go here"
    )
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; default: 1")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    for name in more:
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    unknown = set(arguments.only) - set(names)
    if unknown:
        parser.error(f"no variant {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


def benchmark(
    name: str,
    variants: Sequence[Variant],
    score: Score,
    floor: Callable[[Variant], Mapping[str, Any]],
    arguments: argparse.Namespace,
) -> None:
    """Run every chosen variant with every seed, append the rows, print medians."""
    chosen = [v for v in variants if not arguments.only or v.id in arguments.only]
    for variant in chosen:
        rows = []
        for seed in arguments.seeds:
            try:
                run, cost = train(variant, seed, arguments)
            except subprocess.CalledProcessError as error:
                print(f"{variant.id} seed {seed}: {error.stderr[-1_000:]}", file=sys.stderr)
                break
            row = {"benchmark": name, "id": variant.id, "seed": seed, **cost}
            row |= {"metrics": score(run), "floor": floor(variant)}
            row |= {"published": variant.published, "spec": variant.spec, **machine(arguments)}
            arguments.out.parent.mkdir(parents=True, exist_ok=True)
            with arguments.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{variant.id} seed {seed}: {shown(row['metrics'])}", flush=True)
            rows.append(row)
        if rows:
            print(f"{variant.id} median of {len(rows)}: {shown(medians(rows))}", flush=True)


def train(
    variant: Variant, seed: int, arguments: argparse.Namespace
) -> tuple[Run, dict[str, float]]:
    """Build the project if it is not there, train it with this seed: the run and what it took.

    Raises:
        subprocess.CalledProcessError: a command failed; what it said is in `stderr`.
    """
    project = (arguments.work / variant.id).absolute()
    environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
    build(variant.spec, project)
    steps = arguments.steps or variant.spec["training"]["steps"]
    folder = project / "runs" / f"seed-{seed}-{steps}"
    command = [sys.executable, "train.py", *variant.arguments, "--device", arguments.device]
    command += ["--seed", str(seed), "--steps", str(steps), "--out-dir", str(folder)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    call(command, project, environment)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cost = {"steps": steps, "seconds": round(seconds, 1), "cpu_seconds": round(cpu_seconds, 1)}
    return Run(variant, project, folder / "last.pt", environment), cost


def build(spec: Mapping[str, Any], project: Path) -> None:
    """`gangen build` of a spec into a folder."""
    project.parent.mkdir(parents=True, exist_ok=True)
    path = project.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(dict(spec), sort_keys=False))
    call([sys.executable, "-m", "gangen", "build", str(path), "-o", str(project)], project.parent)


def call(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run a command in a folder; raises CalledProcessError if it fails."""
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)


def averaged_samples(run: Run, count: int, *more: str) -> NDArray[Any]:
    """What the project's sample.py draws: float [count, D], or images uint8 [count, H, W].

    In a conditional project the labels are 0, 1, 2 … in turn.
    """
    out = run.checkpoint.parent / f"samples-{count}"
    command = [sys.executable, "sample.py", "--checkpoint", str(run.checkpoint), "--out", str(out)]
    command += ["--count", str(count), "--seed", str(SAMPLE_SEED), "--device", "cpu", *more]
    call(command, run.project, run.environment)
    if (out / "samples.npz").is_file():
        with np.load(out / "samples.npz") as arrays:
            samples: NDArray[Any] = arrays["samples"]
            return samples
    files = sorted(path for path in out.glob("*.png") if path.stem.isdecimal())
    return np.stack([np.asarray(Image.open(path)) for path in files])


def raw_samples(run: Run, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the last weights draw, not averaged, of the same noise: samples and the noise itself."""
    return drawn(run, count, "generator")


def drawn(run: Run, count: int, key: str, device: str = "cpu") -> tuple[NDArray[Any], NDArray[Any]]:
    """Samples [count, ...] by the weights that the checkpoint keeps as `key`, and their noise."""
    out = run.checkpoint.parent / f"{key}-{count}.npz"
    command = [sys.executable, "-c", DRAW, str(run.checkpoint), key, str(count)]
    call([*command, str(SAMPLE_SEED), str(out), device], run.project, run.environment)
    with np.load(out) as arrays:
        samples, z = arrays["samples"], arrays["z"]
    out.unlink()  # they can be large, and the checkpoint draws the same again
    return samples, z


def both_weights(
    run: Run, count: int, metrics: Callable[[NDArray[Any]], Mapping[str, Any]]
) -> dict[str, Any]:
    """Metrics of the averaged weights, and below `raw` those of the last ones."""
    result = dict(metrics(averaged_samples(run, count)))
    if run.variant.spec["training"].get("ema"):
        result["raw"] = dict(metrics(raw_samples(run, count)[0]))
    return result


def machine(arguments: argparse.Namespace) -> dict[str, Any]:
    """Where and with what a row was made."""
    on_gpu = arguments.device != "cpu" and torch.cuda.is_available()
    device = torch.cuda.get_device_name() if on_gpu else f"cpu {processor()}"
    return {
        "device": device,
        "threads": arguments.threads,
        "torch": torch.__version__,
        "gangen": __version__,
    }


def processor() -> str:
    """The processor's name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def medians(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Median over the rows of every metric that is a number."""
    first = rows[0]["metrics"]
    found = {name: [row["metrics"][name] for row in rows] for name in first}
    numeric = {k: v for k, v in found.items() if all(isinstance(x, int | float) for x in v)}
    return {name: statistics.median(values) for name, values in numeric.items()}


def shown(metrics: Mapping[str, Any]) -> str:
    """Numbers in one line."""
    numeric = {k: v for k, v in metrics.items() if isinstance(v, int | float)}
    return ", ".join(f"{name} {value:.4g}" for name, value in numeric.items())
