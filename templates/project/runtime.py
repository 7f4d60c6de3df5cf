"""What every training script needs and no paper mentions: devices, seeds, checkpoints, logs."""

import atexit
import ctypes
import gc
import hashlib
import math
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

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
    torch.set_float32_matmul_precision("high")  # TF32 on GPUs that have it, as convolutions do
    if "RANK" not in os.environ:
        return 0, 1, device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        # Gradients travel over NCCL between GPUs; gloo carries what lives on the CPU.
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        # The others wait while the first process draws pictures and evaluates.
        dist.init_process_group(backend, timeout=timedelta(hours=2))
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


def is_first_process() -> bool:
    """Whether this process is the one that writes and prints."""
    return os.environ.get("RANK", "0") == "0"


def in_any_process(flag: bool) -> bool:
    """Whether the flag is raised in one of the processes: the same answer in all of them."""
    if not dist.is_initialized():
        return flag
    raised = torch.tensor(int(flag))
    dist.all_reduce(raised, dist.ReduceOp.MAX)
    return bool(raised)


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


class Frozen:
    """Within its block gradients flow through the modules, but not into their parameters."""

    def __init__(self, *modules: nn.Module) -> None:
        # Listed once: to walk small modules at every step would take longer than their sums.
        parameters = [parameter for module in modules for parameter in module.parameters()]
        self.trainable = [parameter for parameter in parameters if parameter.requires_grad]

    def __enter__(self) -> None:
        for parameter in self.trainable:
            parameter.requires_grad = False

    def __exit__(self, *failure: object) -> None:
        for parameter in self.trainable:
            parameter.requires_grad = True


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


class WeightAverage:
    """Keeps `average` a moving average of the weights of `module`; buffers are copied."""

    def __init__(self, average: nn.Module, module: nn.Module) -> None:
        self.weights: tuple[list[Tensor], list[Tensor]]
        self.weights = [*average.parameters()], [*module.parameters()]
        self.buffers = [*average.buffers()], [*module.buffers()]

    @torch.no_grad()
    def update(self, decay: float) -> None:
        """average = decay * average + (1 - decay) * module. Never waits for the device."""
        torch._foreach_lerp_(*self.weights, 1 - decay)
        if self.buffers[0]:
            torch._foreach_copy_(*self.buffers)


def channels_last(*modules: nn.Module) -> None:
    """Lay the weights of convolutions out as images are convolved fastest: with channels last."""
    for module in modules:
        for parameter in module.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def mix_seeds(*numbers: int) -> int:
    """One 64-bit seed from several numbers; near numbers give unrelated seeds."""
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def seed_everything(*numbers: int) -> None:
    """Seed PyTorch's random numbers on every device from, say, (seed, step, rank)."""
    seed = mix_seeds(*numbers)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed also looks for absent devices
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    elif torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


def annealed(end_factor: float, step: int, steps: int) -> float:
    """A factor that goes from 1 to `end_factor` over the run, along half a cosine."""
    return end_factor + (1 - end_factor) * (1 + math.cos(math.pi * min(step / steps, 1.0))) / 2


# Checkpoints


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says which, why, and what to do."""


def save_checkpoint(path: Path, state: State, *, step: int, config: Mapping[str, str]) -> None:
    """Write everything needed to resume. `path` is the old file or the new one, never a part.

    Raises:
        CheckpointError: it cannot be written; the disk may be full.
    """
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
    except (OSError, RuntimeError) as error:
        # PyTorch fails a second time when it closes the archive, and hides the reason.
        reason = error if isinstance(error, OSError) else error.__context__ or error
        raise CheckpointError(f"{path}: not saved ({reason}); what was there is kept") from error
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
