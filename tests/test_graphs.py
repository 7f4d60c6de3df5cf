"""StepGraphs against a stand-in for CUDA: what is recorded, replayed, compared, and given up.

The stand-in "records" by running the step and taking it back, and "replays" by running it again on
the batches that it was recorded with. It says nothing of what a GPU can record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from test_resume import TOY, project
from torch import Tensor, nn

CPU = torch.device("cpu")
BATCHES = [torch.full((2, 3), float(number)) for number in range(1, 40)]
Update = Callable[[int, Iterator[Tensor]], dict[str, Tensor]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = TOY.replace("ema: 0.9", "ema: 0.9, cuda_graphs: true")
    return project(tmp_path_factory.mktemp("graphs"), text)


@pytest.fixture
def graphs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(folder))
    import graphs  # type: ignore[import-not-found]

    yield graphs
    for name in ("graphs", "runtime"):
        del sys.modules[name]


class Machine:
    """A network with its training step, and what stands in for CUDA."""

    def __init__(self, graphs: ModuleType, optimizer: str = "Adam", spoil: str = "") -> None:
        torch.manual_seed(0)
        self.net = nn.Linear(3, 1)
        options = {"fused": True} if optimizer == "Adam" else {}
        self.optimizer = getattr(torch.optim, optimizer)(self.net.parameters(), lr=0.1, **options)
        self.noise = torch.Generator()  # that of the GPU
        self.calls: list[tuple[int, list[Tensor]]] = []
        self.replays, self.recordings, self.recording, self.spoil = 0, 0, False, spoil
        state = {"net": self.net, "optimizer": self.optimizer}
        self.graphs = graphs.StepGraphs(self.update, state, CPU, enabled=True)

    def update(self, step: int, batches: Iterator[Tensor]) -> dict[str, Tensor]:
        taken = list(islice(batches, 2))
        if not self.recording:
            taken = [x.clone() for x in taken]  # a replay writes into those that were recorded
        elif self.spoil == "fails":
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        self.calls.append((step, taken))
        if self.spoil == "draws on the CPU":
            torch.rand(1)
        loss = sum((self.net(x) ** 2).mean() for x in taken) * (10 if step % 4 == 0 else 1)
        loss = loss + torch.rand(1, generator=self.noise) * self.net.weight.sum()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses = {"loss": loss.detach()}
        return self.losses

    @contextmanager
    def record(self, graph: Any, **_: Any) -> Iterator[None]:
        """torch.cuda.graph"""
        self.recordings += 1
        before, noise = self.graphs.copies(), self.noise.get_state()
        self.recording = True
        try:
            yield
        finally:
            self.recording = False
        (step, held), losses = self.calls.pop(), self.losses
        self.graphs.put_back(before)
        self.noise.set_state(noise)
        graph.replay = lambda: self.replay(losses, step, held)

    def replay(self, losses: dict[str, Tensor], step: int, held: Sequence[Tensor]) -> None:
        self.replays += 1
        if self.spoil == "differs":
            self.update(step, iter(held))
        for name, value in self.update(step, iter(held)).items():
            losses[name].copy_(value)

    def run(self, steps: int) -> list[float]:
        """Steps on two batches each; their losses."""
        losses, batches = [], iter(BATCHES)
        for step in range(steps):
            self.optimizer.param_groups[0]["lr"] = 0.1 / (1 + step)
            self.noise.manual_seed(step)  # as the training loop does
            kind = (step % 4 == 0,)
            losses.append(float(self.graphs.step(step, batches, count=2, kind=kind)["loss"]))
        return losses


@pytest.fixture
def machine(graphs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Machine]:
    def make(*arguments: str, enabled: bool = True) -> Machine:
        made = Machine(graphs, *arguments)
        made.graphs.enabled = enabled
        monkeypatch.setattr(torch.cuda, "graph", made.record)
        monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: made.noise.get_state())
        monkeypatch.setattr(
            torch.cuda, "set_rng_state", lambda noise, device: made.noise.set_state(noise)
        )
        generator = SimpleNamespace(clone_state=lambda: None, graphsafe_set_state=lambda _: None)
        monkeypatch.setattr(torch.cuda, "default_generators", [generator])
        return made

    monkeypatch.setattr(torch.cuda, "Stream", lambda _: SimpleNamespace(wait_stream=lambda _: None))
    monkeypatch.setattr(torch.cuda, "current_stream", torch.cuda.Stream)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: None)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", SimpleNamespace)
    for name in ("adam", "rmsprop"):
        optimizer = sys.modules[f"torch.optim.{name}"]
        monkeypatch.setattr(optimizer, "_get_capturable_supported_devices", lambda **_: ["cpu"])
    return make


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop"])
def test_replayed_steps_are_those_that_python_makes(
    machine: Callable[..., Machine], optimizer: str
) -> None:
    eager = machine(optimizer, enabled=False)
    expected = eager.run(16)
    replaying = machine(optimizer)
    assert replaying.run(16) == pytest.approx(expected, rel=1e-4)  # rates are float32
    assert torch.allclose(replaying.net.weight, eager.net.weight, rtol=1e-4)
    assert replaying.recordings == 2  # a kind each
    assert replaying.replays == 16 - 2 * 3  # three of each kind were made by Python


def test_a_rate_that_no_tensor_can_hold_is_a_part_of_the_kind(
    machine: Callable[..., Machine],
) -> None:
    eager = machine("SGD", enabled=False)
    expected = eager.run(8)
    replaying = machine("SGD")
    assert replaying.run(8) == pytest.approx(expected)
    assert replaying.recordings == 0  # every step had another rate


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("fails", "operation not permitted when stream is capturing\n"),
        ("draws on the CPU", "the step draws random numbers on the CPU\n"),
        ("differs", "a replayed step ended "),
    ],
)
def test_what_cannot_be_replayed_is_said_once_and_made_by_python(
    machine: Callable[..., Machine], capsys: pytest.CaptureFixture[str], spoil: str, reason: str
) -> None:
    eager = machine(enabled=False)
    expected = eager.run(16)
    replaying = machine("Adam", spoil)
    assert replaying.run(16) == pytest.approx(expected, rel=1e-4)  # rates are float32
    assert torch.allclose(replaying.net.weight, eager.net.weight, rtol=1e-4)
    said = capsys.readouterr().err
    assert said.startswith(f"warning: training without CUDA graphs: {reason}")
    assert said.count("\n") == 1
    assert not replaying.graphs.enabled


def test_a_batch_of_another_shape_is_another_kind(machine: Callable[..., Machine]) -> None:
    replaying = machine()
    for _ in range(5):
        for rows in (2, 3):
            batches = iter([torch.ones(rows, 3)] * 2)
            replaying.graphs.step(1, batches, count=2, kind=())
    assert replaying.recordings == 2


def test_a_run_without_graphs_takes_over_the_checkpoint_of_one_with_them(
    machine: Callable[..., Machine],
) -> None:
    replaying = machine()
    replaying.run(4)
    later = machine(enabled=False)
    later.optimizer.load_state_dict(replaying.optimizer.state_dict())
    type(later.graphs)(
        later.update, {"optimizer": later.optimizer}, CPU, enabled=False
    )  # says so to the optimiser
    assert later.optimizer.param_groups[0]["capturable"] is False
