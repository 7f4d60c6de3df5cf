"""What every training script needs and no paper mentions: devices, seeds, checkpoints, logs."""

import atexit
import ctypes
import gc
import json
import math
import os
import pickle
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

State = Mapping[str, nn.Module | torch.optim.Optimizer]


# Devices and processes


def pick_device(name: str) -> torch.device:
    """The device called `name`; "auto" is CUDA, then MPS, then the CPU."""
    present = {
        "cuda": torch.cuda.is_available(),
        # Several processes cannot share an MPS device.
        "mps": torch.backends.mps.is_available() and "RANK" not in os.environ,
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind in present if present[kind])
    if not present[name]:
        sys.exit(f"error: no {name} device that this PyTorch can use; try --device auto")
    return torch.device(name)


def init_process_group(device_name: str) -> tuple[int, int, torch.device]:
    """Join the other processes if torchrun started this one: (rank, world size, device)."""
    device = pick_device(device_name)
    if device.type == "cpu":
        keep_freed_memory()
    if "RANK" not in os.environ:
        return 0, 1, device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    # Gradients travel over NCCL between GPUs; gloo carries what lives on the CPU.
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    atexit.register(leave_process_group)
    return dist.get_rank(), dist.get_world_size(), device


def keep_freed_memory() -> None:
    """Have glibc keep the memory that a step frees, for the next one; elsewhere do nothing.

    By default large activations are mapped anew at every step, and to map them page by page can
    take longer than the arithmetic on them.
    """
    mmap_max, trim_threshold, top_pad, arena_max = -4, -1, -2, -8  # from malloc.h
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # not Linux, or another C library
        return
    for parameter, value in (
        (mmap_max, 0),
        (trim_threshold, 2**31 - 1),
        (top_pad, 256 * 2**20),
        (arena_max, 1),
    ):
        mallopt(parameter, value)


def leave_process_group() -> None:
    """End the process group and its threads before Python ends, once nothing refers to it.

    A thread of gloo's that still held a tensor then would abort the whole process.
    """
    gc.collect()
    dist.destroy_process_group()


def prepare(module: nn.Module, *, compile: bool) -> nn.Module:
    """The module as the training step calls it: compiled if asked for, and in step with others."""
    prepared: Any = torch.compile(module) if compile else module
    if dist.is_initialized():
        with warnings.catch_warnings():
            # PyTorch 2.13 renames the argument; the new name does not exist before.
            warnings.simplefilter("ignore", FutureWarning)
            # Batch-norm statistics stay local: training does not use them, and a broadcast
            # between D(real) and D(fake) would overwrite them before backward.
            prepared = DistributedDataParallel(prepared, broadcast_buffers=False)
    return prepared


def agree_on(step: int) -> int:
    """The step to start from, the same in every process.

    Raises:
        CheckpointError: the processes found different checkpoints.
    """
    if dist.is_initialized():
        bounds = torch.tensor([step, -step])
        dist.all_reduce(bounds, dist.ReduceOp.MAX)
        if bounds.sum() != 0:
            raise CheckpointError(
                "the processes found different checkpoints; --out-dir must be on a disk that all "
                "of them share"
            )
    return step


def average_over_processes(value: Tensor) -> Tensor:
    """The mean of a tensor over all processes; what it is when there is one. Without gradients."""
    if not dist.is_initialized():
        return value.detach()
    mean = value.detach().clone()
    dist.all_reduce(mean)
    return mean / dist.get_world_size()


class StopSignal:
    """Notes SIGINT and SIGTERM, so that the step in progress ends and can be saved."""

    def __init__(self) -> None:
        self.number = 0
        signals = (signal.SIGINT, signal.SIGTERM)
        self.previous = {number: signal.signal(number, self.note) for number in signals}

    def note(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        if not dist.is_initialized():  # torchrun repeats the signal
            self.restore()  # a second Ctrl-C ends the program at once

    def restore(self) -> None:
        """Put the handlers of before back."""
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def received(self, step: int) -> int:
        """The signal to obey after `step`, or 0: the same answer in every process."""
        if not dist.is_initialized():
            return self.number
        if step % 10 > 0:  # agreeing costs a message
            return 0
        number = torch.tensor(self.number)
        dist.all_reduce(number, dist.ReduceOp.MAX)
        return int(number)


# Modules and random numbers


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within the block gradients flow through `module`, but not into its parameters."""
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trainable:
            parameter.requires_grad_(True)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[nn.Module]:
    """`module` in eval mode and without gradients; the mode of before returns at the end."""
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            yield module
    finally:
        module.train(training)


@torch.no_grad()
def update_ema(average: nn.Module, module: nn.Module, decay: float) -> None:
    """average = decay * average + (1 - decay) * module; buffers are copied. Never waits."""
    torch._foreach_lerp_(list(average.parameters()), list(module.parameters()), 1 - decay)
    for kept, current in zip(average.buffers(), module.buffers(), strict=True):
        kept.copy_(current)


def mix_seeds(*numbers: int) -> int:
    """One 64-bit seed from several numbers, none negative; near numbers give unrelated seeds."""
    # NumPy pads with zeros; with their count behind them (0,) and (0, 0) differ.
    sequence = np.random.SeedSequence([*numbers, len(numbers)])
    return int(sequence.generate_state(1, np.uint64)[0])


def seed_everything(*numbers: int) -> None:
    """Seed PyTorch's random numbers on every device from, say, (seed, step, rank)."""
    torch.manual_seed(mix_seeds(*numbers))


def annealed(end_factor: float, step: int, steps: int) -> float:
    """A factor that goes from 1 to `end_factor` over the run, along half a cosine."""
    return end_factor + (1 - end_factor) * (1 + math.cos(math.pi * min(step / steps, 1.0))) / 2


# Checkpoints


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says which, why, and what to do."""


def save_checkpoint(path: Path, state: State, *, step: int, config: Mapping[str, str]) -> None:
    """Write everything needed to resume. `path` is the old file or the new one, never a part."""
    content: dict[str, Any] = {name: item.state_dict() for name, item in state.items()}
    content |= {"step": step, "config": dict(config)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())  # on the disk before it takes the name
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path: Path, state: State, device: torch.device) -> tuple[int, dict[str, str]]:
    """Load the items of `state` in place.

    Returns:
        The step of the checkpoint and the knobs of the run that wrote it.

    Raises:
        CheckpointError: the file is missing, damaged, foreign, or of other networks.
    """
    advice = "restore the file, move it away, or choose another --out-dir to start anew"
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint; train first: python train.py") from None
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: refused, it is damaged or holds code instead of weights; {advice}"
        ) from error
    except Exception as error:  # damaged bytes fail in any way they like
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{path}: damaged or no checkpoint ({reason}); {advice}") from error

    expected = ["step", "config", *state]
    if not isinstance(content, dict) or any(name not in content for name in expected):
        found = sorted(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise CheckpointError(
            f"{path}: not a checkpoint of this project: expected {expected}, found {found}; "
            f"{advice}"
        )
    for name, item in state.items():
        try:
            item.load_state_dict(content[name])
        except Exception as error:  # KeyError, ValueError, RuntimeError ... by kind of difference
            lines = [line.strip() for line in str(error).splitlines()]
            reason = lines[min(1, len(lines) - 1)] if lines else type(error).__name__
            raise CheckpointError(
                f"{path}: its {name} does not fit the present code ({reason}); {advice}"
            ) from error
    return content["step"], content["config"]


# Logs


class Meter:
    """Means of the losses since the last reading; adding never waits for the device."""

    def __init__(self, samples_per_step: int) -> None:
        self.samples_per_step = samples_per_step
        self.start()

    def start(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.steps = 0
        self.since = time.perf_counter()

    def add(self, **losses: Tensor) -> None:
        """Note the scalar losses of one step."""
        for name, loss in losses.items():
            self.sums[name] = self.sums[name] + loss.detach() if self.steps else loss.detach()
        self.steps += 1

    def read(self) -> dict[str, float]:
        """Means over steps and processes, and samples_per_second; waits for the device."""
        means = torch.stack(list(self.sums.values())) / self.steps
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
        kept = []
        if start > 0 and self.path.exists():
            for line in self.path.read_text().splitlines(keepends=True):
                with suppress(ValueError, KeyError, TypeError):  # a line cut short
                    if json.loads(line)["step"] <= start:
                        kept.append(line)
        self.path.write_text("".join(kept))
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
