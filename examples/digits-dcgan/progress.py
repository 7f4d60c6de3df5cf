"""What a run knows of itself and tells: means of losses, metrics, its best score, its failures."""

import json
import math
import platform
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Diverged(RuntimeError):
    """The training cannot go on from `step`; the message says why and what is kept."""

    def __init__(self, message: str, step: int) -> None:
        super().__init__(message)
        self.step = step


class Progress(nn.Module):
    """What checkpoints hold of a run beside its networks. Always on the CPU."""

    best: Tensor  # the lowest badness of an evaluation so far
    stale: Tensor  # evaluations since
    retries: Tensor  # how often the run went back to an earlier checkpoint

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("best", torch.tensor(math.inf, dtype=torch.float64))
        self.register_buffer("stale", torch.tensor(0))
        self.register_buffer("retries", torch.tensor(0))

    def is_best(self, badness: float) -> bool:
        """Note an evaluation; whether it is the best one so far."""
        better = badness < self.best.item()
        self.stale = torch.tensor(0) if better else self.stale + 1
        if better:
            self.best.fill_(badness)
        return better


class CollapseWatch:
    """Notices when samples that used to differ have become one and the same."""

    def __init__(self, real: Tensor) -> None:
        self.real_spread = spread(real.float())
        self.differed = self.collapsed = False

    def look(self, samples: Tensor) -> float:
        """How much samples [N, ...] differ from each other, as a share of how much real ones do."""
        share = spread(samples.float()) / max(self.real_spread, 1e-12)
        self.differed |= share > 0.1
        self.collapsed = self.differed and share < 0.01
        return share


def spread(samples: Tensor) -> float:
    """Mean standard deviation of a coordinate over the samples; waits for the device."""
    return samples.flatten(1).std(dim=0, correction=0).mean().item()


class Meter:
    """Means of the losses since the last reading; adding never waits for the device."""

    def __init__(self, samples_per_step: int) -> None:
        self.samples_per_step = samples_per_step
        self.start()

    def start(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: Counter[str] = Counter()
        self.steps = 0
        self.since = time.perf_counter()

    def add(self, **losses: Tensor) -> None:
        """Note the scalar losses of one step."""
        for name, loss in losses.items():
            # The first is copied, or a loss that the next step writes in place would count twice.
            self.sums[name] = self.sums.get(name, 0) + loss.detach()
            self.counts[name] += 1
        self.steps += 1

    def read(self) -> dict[str, float]:
        """Means over steps and processes, and samples_per_second; waits for the device.

        A loss that some of the steps do not have is averaged over those that have it.
        """
        means = torch.stack([self.sums[name] / count for name, count in self.counts.items()])
        if dist.is_initialized():
            dist.all_reduce(means)
            means /= dist.get_world_size()
        values = dict(zip(self.sums, means.tolist(), strict=True))
        samples = self.samples_per_step * self.steps
        values["samples_per_second"] = samples / (time.perf_counter() - self.since)
        self.start()
        return values


def all_finite(*modules: nn.Module) -> bool:
    """Whether no parameter is NaN or infinite; waits for the device."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    return bool(torch.stack([parameter.isfinite().all() for parameter in parameters]).all())


class MetricWriter:
    """Appends to metrics.jsonl, one JSON object a line, and to TensorBoard if asked for."""

    def __init__(self, out_dir: Path, start: int, *, tensorboard: bool) -> None:
        self.path = out_dir / "metrics.jsonl"
        out_dir.mkdir(parents=True, exist_ok=True)
        # A run that stopped after its last checkpoint goes over some steps again.
        keep_lines(self.path, start)
        keep_lines(out_dir / "evaluation.jsonl", start)
        self.events: Any = None
        if tensorboard:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError:
                sys.exit("error: --tensorboard needs TensorBoard: pip install tensorboard")
            self.events = SummaryWriter(str(out_dir / "tensorboard"), purge_step=start + 1)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
        with self.path.open("a") as file:
            file.write(json.dumps({"step": step, **rounded}) + "\n")
        if self.events:
            for name, value in values.items():
                self.events.add_scalar(name, value, step)
            self.events.flush()


def keep_lines(path: Path, last: int) -> None:
    """Drop the lines of a file of JSON objects that are of steps after `last`, or cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        with suppress(ValueError, KeyError, TypeError):
            if last > 0 and json.loads(line)["step"] <= last:
                kept.append(line)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text("".join(kept))
    temporary.replace(path)  # a run killed meanwhile loses no line


def write_run(
    out_dir: Path, knobs: Mapping[str, str], device: torch.device, processes: int
) -> None:
    """Write out_dir/run.json: what is trained, with which knobs, where, and since when."""
    about = json.loads((Path(__file__).parent / "about.json").read_text(encoding="utf-8"))
    on_gpu = device.type == "cuda"
    about |= {
        "config": dict(knobs),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "device": torch.cuda.get_device_name(device) if on_gpu else device.type,
        "processes": processes,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    temporary = out_dir / "run.json.tmp"
    temporary.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    temporary.replace(out_dir / "run.json")
