"""One timed training loop in a process of its own, run in the folder of a generated project.

`python _loops.py LOOP SECONDS WARM_UP DEVICE` prints the times of a burst of steps as JSON, then
those of another for every line that comes in. LOOP is one of LOOPS.
"""

from __future__ import annotations

import inspect
import itertools
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

NEVER = 10**9
sys.path.insert(0, "")  # the project's modules are those of the present folder


class Enough(Exception):
    """Nobody wants this loop to go on."""


class Clock:
    """Milliseconds per step, by the wall and by the processor, in bursts.

    After each burst its result is printed, and the loop stands still until a line comes in: so
    several loops can take turns.
    """

    def __init__(self, seconds: float, warm_up: int, device: torch.device) -> None:
        self.seconds, self.device = seconds, device
        # A step's end is known on a GPU only by waiting for it, which would slow the loop down.
        self.block = 20 if device.type == "cuda" else 1
        self.start(warm_up)

    def start(self, warm_up: int) -> None:
        """Begin a burst whose first steps do not count."""
        self.step = -warm_up
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def tick(self) -> None:
        """Call between two steps; raises Enough when there is no other burst."""
        if self.step >= 0 and self.step % self.block == 0:
            if self.device.type == "cuda":
                torch.cuda.synchronize()
            now, cpu = time.perf_counter(), time.process_time()
            if self.step == 0:
                self.began = now
            else:
                self.wall.append(1_000 * (now - self.last) / self.block)
                self.cpu.append(1_000 * (cpu - self.last_cpu) / self.block)
            self.last, self.last_cpu = now, cpu
            if now - self.began > self.seconds and len(self.wall) >= 3:
                print(json.dumps(self.result()), flush=True)
                if not sys.stdin.readline():
                    raise Enough
                self.start(warm_up=2)
        self.step += 1

    def result(self) -> dict[str, Any]:
        """Every step's time, and the most memory that the process ever had."""
        unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kibibytes elsewhere
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        found: dict[str, Any] = {"wall": self.wall, "cpu": self.cpu, "peak_mib": peak}
        if self.device.type == "cuda":
            found["gpu_mib"] = torch.cuda.max_memory_allocated() / 2**20
        return found


class Bar:
    """The project's progress bar, with a clock in it."""

    def __init__(self, bar: Any, clock: Clock) -> None:
        self.bar, self.clock = bar, clock

    def __iter__(self) -> Iterator[int]:
        for step in self.bar:
            self.clock.tick()
            yield step

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bar, name)


def settings(device: torch.device, **more: Any) -> Any:
    """The project's defaults: logging as usual, neither pictures nor checkpoints."""
    from config import Config

    values = {"steps": NEVER, "epochs": 0.0, "device": device.type, **more}
    values |= {"sample_every": NEVER, "checkpoint_every": NEVER, "eval_every": NEVER}
    values |= {"out_dir": Path(tempfile.mkdtemp())}
    known = {field.name for field in fields(Config)}
    return Config(**{name: value for name, value in values.items() if name in known})


def own_loop(clock: Clock, **more: Any) -> None:
    """The project's own train()."""
    import train

    bar = train.trange
    train.trange = lambda *arguments, **options: Bar(bar(*arguments, **options), clock)
    train.train(settings(clock.device, **more))


def resident_loop(clock: Clock) -> None:
    """The project's own train() with one batch over and over: what is missing is the data."""
    import train

    batches = train.infinite_batches
    train.infinite_batches = lambda *data, **options: itertools.repeat(
        next(batches(*data, **options))
    )
    own_loop(clock)


class Step:
    """The project's networks, losses, penalties and optimisers, and one update of both."""

    def __init__(self, device: torch.device, *, fused: bool) -> None:
        import losses
        from models import Discriminator, Generator, sample_latent

        self.losses, self.sample_latent, self.device = losses, sample_latent, device
        self.config = settings(device)
        self.G, self.D = Generator().to(device), Discriminator().to(device)
        self.generator, self.discriminator = self.G, self.D  # or what is compiled of them
        options: dict[str, Any] = {"betas": (0.5, 0.999), "fused": True if fused else None}
        if fused and device.type == "cuda":
            options["capturable"] = True
        self.g_opt = torch.optim.Adam(self.G.parameters(), lr=self.config.g_lr, **options)
        self.d_opt = torch.optim.Adam(self.D.parameters(), lr=self.config.d_lr, **options)
        self.d_steps = getattr(self.config, "d_steps", 1)
        self.reuses_fake = "generated = G(z" in Path("train.py").read_text()
        parameters = inspect.signature(losses.generator_loss).parameters
        self.compares = "real_logits" in parameters
        self.penalties = [
            (getattr(losses, name), getattr(self.config, f"{name}_weight"), takes)
            for name, takes in (("gradient_penalty", 2), ("r1", 0), ("r2", 1))
            if hasattr(losses, name)
        ]

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        loss: Tensor = self.losses.discriminator_loss(
            self.discriminator(real), self.discriminator(fake)
        )
        for penalty, weight, takes in self.penalties:  # double backward: never compiled
            samples = ((real,), (fake,), (real, fake))[takes]
            loss = loss + penalty(self.D, *samples, weight=weight)
        return loss

    def made(self, count: int) -> Tensor:
        fake: Tensor = self.generator(self.sample_latent(count, self.device))
        return fake

    def generator_loss(self, real: Tensor, made: Tensor) -> Tensor:
        fake_logits = self.discriminator(made if self.reuses_fake else self.made(len(real)))
        if not self.compares:
            return self.losses.generator_loss(fake_logits)  # type: ignore[no-any-return]
        with torch.no_grad():
            real_logits = self.discriminator(real)
        return self.losses.generator_loss(fake_logits, real_logits)  # type: ignore[no-any-return]

    def bare(self, real: Tensor) -> None:
        """As little as the mathematics needs; D's parameters get no gradient in G's update."""
        for _ in range(self.d_steps):
            with torch.set_grad_enabled(self.reuses_fake):
                made = self.made(len(real))
            self.d_opt.zero_grad()
            self.discriminator_loss(real, made.detach()).backward()
            self.d_opt.step()
        self.D.requires_grad_(False)
        self.g_opt.zero_grad()
        self.generator_loss(real, made).backward()
        self.g_opt.step()
        self.D.requires_grad_(True)

    def plain(self, batches: Iterator[Tensor]) -> tuple[float, float]:
        """As scripts do it: D is not frozen, and both losses are read at every step."""
        for _ in range(self.d_steps):
            real = next(batches).to(self.device)
            made = self.made(len(real))
            self.d_opt.zero_grad()
            d_loss = self.discriminator_loss(real, made.detach())
            d_loss.backward()
            self.d_opt.step()
        self.g_opt.zero_grad()
        g_loss = self.generator_loss(real, made)
        g_loss.backward()
        self.g_opt.step()
        return d_loss.item(), g_loss.item()


def first_batch(config: Any, device: torch.device) -> Tensor:
    """One batch as the project makes it, on the device."""
    from data import infinite_batches, load_data

    batch: Tensor = next(infinite_batches(load_data()[0], config))
    return batch.to(device)


def bare_loop(clock: Clock, prepare: Callable[[Step, Tensor], Callable[[Tensor], object]]) -> None:
    """The same modules, losses and optimisers on one resident batch, and nothing else."""
    import runtime

    runtime.init_process_group(clock.device.type)  # the allocator and TF32 as in the project
    step = Step(clock.device, fused=True)
    runtime.channels_last(step.G, step.D)
    real = first_batch(step.config, clock.device)
    run = prepare(step, real)
    while True:
        clock.tick()
        run(real)


def compiled(step: Step, real: Tensor) -> Callable[[Tensor], object]:
    step.generator, step.discriminator = torch.compile(step.G), torch.compile(step.D)
    return step.bare


def captured(step: Step, real: Tensor) -> Callable[[Tensor], object]:
    """The whole step as one CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # allocates the optimisers' state outside of the graph
        for _ in range(3):
            step.bare(real)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step.bare(real)
    return lambda _: graph.replay()


class Transformed(Dataset[Tensor]):
    """Samples one by one; images by way of Pillow to floats in [-1, 1].

    That is what torchvision's data sets do with ToTensor and Normalize, operation by operation.
    """

    def __init__(self, samples: Tensor) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Tensor:
        sample = self.samples[index]
        if sample.dtype is not torch.uint8:
            return sample
        picture = Image.fromarray(sample.movedim(0, -1).squeeze(-1).numpy())
        pixels = torch.from_numpy(np.array(picture, copy=True))
        pixels = pixels.view(*picture.size[::-1], len(picture.getbands())).permute(2, 0, 1)
        scaled = pixels.contiguous().to(torch.get_default_dtype()).div(255)
        mean, std = torch.as_tensor([0.5]), torch.as_tensor([0.5])
        return scaled.clone().sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1))


def endless(loader: DataLoader[Tensor]) -> Iterator[Tensor]:
    while True:
        yield from loader


def plain_loop(clock: Clock) -> None:
    """A DataLoader, Adam by its defaults, `.item()` at every step, the allocator as it is."""
    from tqdm import tqdm

    from data import load_data

    step = Step(clock.device, fused=False)
    data = Transformed(load_data()[0])
    loader = DataLoader(data, batch_size=step.config.batch_size, shuffle=True, drop_last=True)
    batches = endless(loader)
    bar = tqdm()
    while True:
        clock.tick()
        d_loss, g_loss = step.plain(batches)
        bar.update()
        bar.set_postfix(d_loss=d_loss, g_loss=g_loss, refresh=False)


LOOPS: dict[str, Callable[[Clock], None]] = {
    "loop": own_loop,
    "resident": resident_loop,
    "bare": lambda clock: bare_loop(clock, lambda step, _: step.bare),
    "plain": plain_loop,
    "bf16": lambda clock: own_loop(clock, bf16=True),
    "compile": lambda clock: bare_loop(clock, compiled),
    "graph": lambda clock: bare_loop(clock, captured),
}


def main() -> None:
    loop, seconds, warm_up, device = sys.argv[1:]
    clock = Clock(float(seconds), int(warm_up), torch.device(device))
    torch.manual_seed(0)
    with suppress(Enough):
        LOOPS[loop](clock)


if __name__ == "__main__":
    main()
