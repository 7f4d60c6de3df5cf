"""Several processes train as one does: same losses, weights and data order; one of them writes."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from mix import CATALOGUE
from mix_run import loaded
from processes import Job, Server, server, together
from torch import Tensor, nn

from gangen.build import build
from gangen.compose import compile_spec
from gangen.render import render

SIZE = 60  # samples: an epoch ends within a batch
BATCH = 16
BASE = """\
gangen: 1
name: toy
data: {{source: ring, samples: {size}}}
latent: {{dim: 4}}
generator: {{architecture: mlp, hidden: [16]}}
discriminator: {{architecture: mlp, hidden: [16]}}
objective: {{loss: {loss}}}
{more}
training: {{batch_size: 16, {training}}}
evaluation: {{metrics: []}}
"""


def spec(loss: str = "hinge", training: str = "ema: 0.0", more: str = "", size: int = SIZE) -> str:
    return BASE.format(loss=loss, training=training, more=more, size=size)


PENALTY = "penalties: [gradient_penalty]"
SPECS = {
    "hinge": spec(),
    "hinge-average": spec(training="ema: 0.9"),
    "hinge-accumulated": spec(training="ema: 0.0, accumulate: 2"),
    "wgan-gp": spec("wasserstein", "ema: 0.9, d_steps: 2", PENALTY),
    "wgan-gp-accumulated": spec("wasserstein", "ema: 0.9, accumulate: 2", PENALTY),
    "clipped": spec(training="ema: 0.0, clip_grad_norm: 0.1"),
    "r1": spec("non_saturating", "ema: 0.0", "penalties: [{r1: {every: 2}}, r2]"),
    "per-epoch": spec(training="ema: 0.0, batches: per_epoch"),
    "labels": spec(more="condition: labels"),
}
OFTEN = ["hinge-average", "wgan-gp", "wgan-gp-accumulated"]
SELDOM = [name for name in SPECS if name not in OFTEN]

# Each process draws what one process would, and takes its share. In float64, where what is the
# same but for the order of additions is the same to a dozen digits.
SHARING = """\
import os
import torch
import losses
import train

torch.set_default_dtype(torch.float64)
torch.Tensor.float = torch.Tensor.double
rank, world_size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))

def share(draw):
    def drawn(count, *others, **options):
        return draw(count * world_size, *others, **options).tensor_split(world_size)[rank]
    return drawn

class Torch:
    def __getattr__(self, name):
        return share(torch.rand) if name == "rand" else getattr(torch, name)

seed, load = train.seed_everything, train.load_data
train.seed_everything = lambda *numbers: seed(*(n for i, n in enumerate(numbers) if i != 2))
train.load_data = lambda *path: tuple(
    x.double() if x.is_floating_point() else x for x in load(*path)
)
train.sample_latent = share(train.sample_latent)
losses.torch = Torch()
if hasattr(train, "draw_labels"):
    train.draw_labels = share(train.draw_labels)
train.main()
"""


@pytest.fixture(scope="module")
def serving() -> Iterator[Server]:
    with server() as running:
        yield running


def project(folder: Path, text: str) -> Path:
    build(Path("spec.yaml"), folder, CATALOGUE, text=text)
    (folder / "sharing.py").write_text(SHARING)
    return folder


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("toy"), SPECS["hinge-average"])


def flags(run: str, steps: int = 10, *more: str) -> list[str]:
    said = ["--device", "cpu", "--steps", str(steps), "--log-every", "1", "--out-dir", run]
    return [*said, "--sample-every", "5", "--checkpoint-every", "5", *more]


def alone(root: Path, run: str, *more: str, steps: int = 10, script: str = "sharing.py") -> Job:
    return Job(str(root), flags(run, steps, *more), script, log=f"{run}.txt")


def shared(
    count: int, root: Path, run: str, *more: str, steps: int = 10, script: str = "sharing.py"
) -> list[Job]:
    return together(count, root, *flags(run, steps, *more), script=script)


def done(serving: Server, *jobs: Job) -> None:
    """The jobs end well."""
    ends = serving.run(*jobs)
    assert not any(ends), "\n".join(job.said for job in jobs)


def checkpoint(root: Path, run: str) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(root / run / "last.pt", weights_only=True)
    return content


def losses_of(root: Path, run: str) -> list[list[float]]:
    lines = (root / run / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    assert [step["step"] for step in steps] == list(range(1, len(steps) + 1))
    return [[step["d_loss"], step["g_loss"]] for step in steps]


def assert_close(one: Any, two: Any, where: str) -> None:
    """Both hold the same numbers but for rounding."""
    if isinstance(one, Tensor):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-12, msg=lambda m: f"{where}: {m}")
    elif isinstance(one, Mapping):
        assert one.keys() == two.keys(), where
        for key in one:
            assert_close(one[key], two[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        for index, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_close(a, b, f"{where}.{index}")
    else:
        assert one == two, where


def assert_same_run(root: Path, one: str, two: str) -> None:
    first, second = checkpoint(root, one), checkpoint(root, two)
    del first["config"], second["config"]  # each has its own out_dir
    assert_close(first, second, "checkpoint")
    for a, b in zip(losses_of(root, one), losses_of(root, two), strict=True):
        assert a == pytest.approx(b, rel=1e-5)  # metrics.jsonl has six digits


# ------------------------------------------------------------------ as one process


@pytest.mark.parametrize("name", OFTEN)
def test_two_processes_train_as_one(name: str, tmp_path: Path, serving: Server) -> None:
    train_as_one(name, 2, tmp_path, serving)


@pytest.mark.slow
@pytest.mark.parametrize("name", SELDOM)
def test_two_processes_train_as_one_elsewhere(name: str, tmp_path: Path, serving: Server) -> None:
    train_as_one(name, 2, tmp_path, serving)


@pytest.mark.slow
@pytest.mark.parametrize("name", OFTEN)
def test_four_processes_train_as_one(name: str, tmp_path: Path, serving: Server) -> None:
    train_as_one(name, 4, tmp_path, serving)


def train_as_one(name: str, count: int, folder: Path, serving: Server) -> None:
    """The same losses and weights as with the whole batch in one process."""
    root = project(folder, SPECS[name])
    done(serving, alone(root, "one"))
    done(serving, *shared(count, root, "many"))
    assert_same_run(root, "one", "many")


# ------------------------------------------------------------------ the order of the data


@pytest.mark.parametrize("accumulate", [1, 2])
def test_shares_add_up_to_the_batch(accumulate: int, tmp_path: Path) -> None:
    """Whatever the number of processes, and across the ends of epochs."""
    text = spec(training=f"accumulate: {accumulate}")
    with loaded(compile_spec(Path("spec.yaml"), CATALOGUE, (), text), tmp_path) as made:
        data, config = made.modules["data"], made.config
        samples = data.load_data()[0]
        batches = 3 * SIZE * accumulate // BATCH
        whole = list(islice(data.infinite_batches(samples, config), batches))
        for world_size in (2, 4, 8):
            shares = [
                list(
                    islice(
                        data.infinite_batches(samples, config, rank=rank, world_size=world_size),
                        batches,
                    )
                )
                for rank in range(world_size)
            ]
            for number, batch in enumerate(whole):
                parts = [share[number] for share in shares]
                assert {len(part) for part in parts} == {BATCH // accumulate // world_size}
                assert torch.equal(torch.cat(parts), batch)
        for epoch in torch.cat(whole).split(SIZE)[:2]:
            assert len(epoch.unique(dim=0)) == len(samples)  # each once


def test_the_last_batch_of_an_epoch_is_shared_or_refused(tmp_path: Path) -> None:
    """60 samples in batches of 16, 16, 16 and 12."""
    text = SPECS["per-epoch"]
    with loaded(compile_spec(Path("spec.yaml"), CATALOGUE, (), text), tmp_path) as made:
        data, config = made.modules["data"], made.config
        samples = data.load_data()[0]

        def batches(rank: int, world_size: int) -> list[Tensor]:
            shares = data.infinite_batches(samples, config, rank=rank, world_size=world_size)
            return list(islice(shares, 8))

        whole = batches(0, 1)
        assert [len(batch) for batch in whole] == 2 * [16, 16, 16, 12]
        for world_size in (2, 4):
            shares = [batches(rank, world_size) for rank in range(world_size)]
            for batch, *parts in zip(whole, *shares, strict=True):
                assert {len(part) for part in parts} == {len(batch) // world_size}
                assert torch.equal(torch.cat(parts), batch)
        said = r"leaves 12 of 60 samples .* split over 8 processes; start fewer \(a divisor of 4\)"
        with pytest.raises(data.DataError, match=said):
            batches(0, 8)


def test_processes_and_micro_batches_are_named(tmp_path: Path) -> None:
    text = spec(training="accumulate: 2")
    with loaded(compile_spec(Path("spec.yaml"), CATALOGUE, (), text), tmp_path) as made:
        data = made.modules["data"]
        samples = data.load_data()[0]
        with pytest.raises(data.DataError, match="16 processes of 2 micro-batches each; choose"):
            next(data.infinite_batches(samples, made.config, world_size=16))


def test_changing_the_number_of_processes_loses_no_sample(tmp_path: Path) -> None:
    """Four batches by one process, three by two, five by four: whole epochs all the same."""
    text = spec()
    with loaded(compile_spec(Path("spec.yaml"), CATALOGUE, (), text), tmp_path) as made:
        data, config = made.modules["data"], made.config
        samples = data.load_data()[0]
        seen, first = [], 0
        for world_size, batches in ((1, 4), (2, 3), (4, 8)):
            ranks = [
                data.infinite_batches(
                    samples, config, first_batch=first, rank=rank, world_size=world_size
                )
                for rank in range(world_size)
            ]
            seen += [torch.cat([next(rank) for rank in ranks]) for _ in range(batches)]
            first += batches
        straight = islice(data.infinite_batches(samples, config), first)
        assert torch.equal(torch.cat(seen), torch.cat(list(straight)))
        for epoch in torch.cat(seen).split(SIZE)[:-1]:
            assert len(epoch.unique(dim=0)) == SIZE


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_a_run_goes_on_with_other_processes(
    toy: Path, serving: Server, first: int, second: int
) -> None:
    straight, changed = f"straight-{first}", f"from-{first}-to-{second}"
    done(serving, alone(toy, straight))
    for count, steps in ((first, 5), (second, 10)):
        jobs = shared(count, toy, changed, steps=steps)
        done(serving, *(jobs if count > 1 else [alone(toy, changed, steps=steps)]))
    assert_same_run(toy, straight, changed)


def test_a_batch_that_does_not_split_is_refused(toy: Path, serving: Server) -> None:
    """In one line, from one process, before a step is made; what was trained stays."""
    done(serving, alone(toy, "refused", steps=5))
    before = (toy / "refused" / "last.pt").read_bytes()
    jobs = shared(3, toy, "refused")
    assert serving.run(*jobs) == [1, 1, 1]
    said = "".join(job.said for job in jobs)
    assert said.count("error: batch_size 16 does not split over 3 processes") == 1
    assert "Traceback" not in said
    assert (toy / "refused" / "last.pt").read_bytes() == before


def test_different_checkpoints_are_refused(toy: Path, serving: Server) -> None:
    """As when the folder for runs is not on a disk that all nodes share."""
    done(serving, alone(toy, "own-1", steps=5))
    first, second = together(2, toy)
    jobs = [
        Job(str(toy), flags("own-0"), "train.py", first.environment, log="own-0.txt"),
        Job(str(toy), flags("own-1"), "train.py", second.environment, log="own-1.txt"),
    ]
    assert all(serving.run(*jobs)), [job.said for job in jobs]
    assert "error: the processes found different checkpoints" in jobs[0].said


# ------------------------------------------------------------------ who writes, who fails

WATCHING = """\
import os, sys
import train

written = []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int):
        flags, path = arguments[2], str(arguments[0])
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not path.startswith("/dev"):
            written.append(path)
    elif event in ("os.mkdir", "os.rename", "os.remove"):
        written.append(str(arguments[0]))

sys.addaudithook(watch)
train.main()
print("written:", *sorted(set(written)))
"""


def test_only_the_first_process_writes(toy: Path, serving: Server) -> None:
    (toy / "watching.py").write_text(WATCHING)
    jobs = shared(2, toy, "written", script="watching.py")
    done(serving, *jobs)
    first, second = (job.said.splitlines()[-1].split()[1:] for job in jobs)
    assert any("last.pt" in path for path in first)
    assert any("metrics.jsonl" in path for path in first)
    assert [path for path in second if "written" in path] == []


FAILING = """\
import errno, os, signal
import runtime
import train

loss, calls = train.discriminator_loss, []
rank, how = os.environ["RANK"], os.environ["HOW"]

def failing(*logits, **knobs):
    calls.append(1)
    if len(calls) == 4 and rank == os.environ["WHO"] and how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if len(calls) == 4 and rank == os.environ["WHO"] and how == "error":
        raise KeyError("something unforeseen")
    return loss(*logits, **knobs)

def full(descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

if how == "full":
    os.fsync = full
train.discriminator_loss = failing
train.main()
"""
FAILURES = [("killed", 1), ("killed", 0), ("error", 1), ("error", 0), ("full", 0)]


@pytest.mark.parametrize(("how", "who"), FAILURES)
def test_no_process_waits_for_one_that_failed(
    toy: Path, serving: Server, how: str, who: int
) -> None:
    (toy / "failing.py").write_text(FAILING)
    run = f"failed-{how}-{who}"
    jobs = [
        Job(
            job.folder,
            job.arguments,
            job.script,
            {**job.environment, "HOW": how, "WHO": str(who)},
            log=f"{run}-{rank}.txt",
        )
        for rank, job in enumerate(shared(2, toy, run, steps=1000, script="failing.py"))
    ]
    identities, began = serving.start(*jobs), time.monotonic()
    timer = signal.signal(signal.SIGALRM, lambda *_: [os.kill(i, 9) for i in identities])
    signal.alarm(90)
    ends = serving.wait()
    signal.alarm(0)
    signal.signal(signal.SIGALRM, timer)
    assert time.monotonic() - began < 80, "they waited"
    assert all(ends), [job.said for job in jobs]
    if how == "full":
        assert "No space left on device" in jobs[0].said.splitlines()[-1]
        assert not list((toy / run).glob("*.pt*"))


# ------------------------------------------------------------------ batch norm over all processes

IMAGES = """\
gangen: 1
name: small
data: {source: digits, image_size: [16, 16]}
latent: {dim: 4}
generator: {architecture: dcgan, width: 4, norm: batch}
discriminator: {architecture: dcgan, width: 4, norm: batch}
objective: {loss: hinge}
training: {batch_size: 8, sync_batch_norm: SYNC}
evaluation: {metrics: []}
"""


def test_batch_norm_is_in_step_only_where_asked() -> None:
    def train(said: str) -> str:
        text = IMAGES.replace("SYNC", said)
        return render(compile_spec(Path("s"), CATALOGUE, (), text).plan, CATALOGUE)["train.py"]

    assert "SyncBatchNorm" not in train("false")
    assert train("true").count("convert_sync_batchnorm(") == 2  # both networks


def test_batch_norm_in_step_keeps_keys_and_parameters(tmp_path: Path) -> None:
    """So checkpoints, optimisers and the average of the weights do not see a difference."""
    text = IMAGES.replace("SYNC", "true")
    with loaded(compile_spec(Path("spec.yaml"), CATALOGUE, (), text), tmp_path) as made:
        for name in ("Generator", "Discriminator"):
            network: nn.Module = getattr(made.modules["models"], name)()
            before = dict(network.named_parameters())
            state = {key: value.clone() for key, value in network.state_dict().items()}
            assert nn.SyncBatchNorm.convert_sync_batchnorm(network) is network
            assert any(isinstance(module, nn.SyncBatchNorm) for module in network.modules())
            after = dict(network.named_parameters())
            assert before.keys() == after.keys()
            assert all(before[key] is after[key] for key in before)
            kept = network.state_dict()
            assert state.keys() == kept.keys()
            assert all(torch.equal(state[key], kept[key]) for key in state)


def test_batch_norm_in_step_is_left_out_on_a_cpu(tmp_path: Path, serving: Server) -> None:
    """Where PyTorch has no such thing; and a run goes on where it is left out."""
    root = project(tmp_path, IMAGES.replace("SYNC", "true"))
    done(serving, *shared(2, root, "run", steps=5, script="train.py"))
    done(serving, alone(root, "run", steps=6, script="train.py"))
    assert checkpoint(root, "run")["step"] == 6
