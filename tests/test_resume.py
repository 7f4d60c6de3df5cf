"""Killed at any moment, or out of disk: a run goes on to the bit, and keeps what it had."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from mix import CATALOGUE, FAMILY, KEYS, SMALL
from processes import Job, Server, server
from torch import Tensor

from gangen.build import build
from gangen.contracts import Family

PRESETS = CATALOGUE.names("presets")
# Conditional batch norm with spectral norm and hinge loss; many critic steps and a gradient
# penalty; two annealed penalties, schedules, augmentation, an average of the weights.
REPRESENTATIVE = ["biggan-cifar@brock2018", "wgan-gp-resnet@gulrajani2017", "r3gan@huang2024"]


def published(name: str) -> dict[str, Any]:
    """The spec of a preset."""
    spec: dict[str, Any] = yaml.safe_load(CATALOGUE.path("presets", name).read_text("utf-8"))[
        "spec"
    ]
    return spec


def family_of(name: str) -> Family:
    """The family of a preset's spec."""
    return CATALOGUE.family(published(name).get("family", "noise_to_data"))


# Runs of several stages are killed in test_stages.py.
SELDOM = [name for name in PRESETS if name not in REPRESENTATIVE and not family_of(name).cast]
DATA = {  # where small digits are not what the networks are made for
    "biggan@brock2018": {"source": "digits", "image_size": [64, 64]},
    "cyclegan@zhu2017": {"source": "digits", "image_size": [32, 32]},
    "pix2pix@isola2017": {"source": "digits", "image_size": [32, 32]},
    "seqgan@lantaoyu": {"source": "oracle", "vocabulary": 20, "length": 6, "samples": 64},
    "gan-3d@wu2016": {"source": "solids", "samples": 64},
    "pacgan-2d@lin2018": {"source": "grid"},
    "sagan@zhang2018": {"source": "digits", "image_size": [64, 64]},
    "sngan@miyato2018": {"source": "digits", "image_size": [32, 32]},
    "wavegan@donahue2018": {"source": "waves", "samples": 64},
    "wgan-gp-toy@gulrajani2017": {"source": "grid"},
}
NETWORKS = {  # published for other sizes
    "biggan@brock2018": {role: {"attention": [32]} for role in FAMILY.roles},
    "cyclegan@zhu2017": {"generator": {"blocks": 2}},
    "pix2pix@isola2017": {"generator": {"depth": 3}},
    "seqgan@lantaoyu": {"discriminator": {"filters": [[1, 4], [2, 4]]}},
}
SECTIONS = {  # likewise
    "cyclegan@zhu2017": {"translation": {"domains": [3, 8], "crop": [28, 28]}},
    "pix2pix@isola2017": {"translation": {"given": "outlines", "crop": [28, 28]}},
}
KNOBS: dict[str, dict[str, Any]] = {
    "cyclegan@zhu2017": {"pool_size": 11},
    "seqgan@lantaoyu": {"mle_steps": 3, "d_pretraining": 2, "d_steps": 2, "rollouts": 2},
}
WIDTHS = ("width", "max_width", "widths")
STEPS = 8
FLAGS = ["--device", "cpu", "--steps", str(STEPS), "--log-every", "1", "--sample-every", "3"]
FLAGS += ["--checkpoint-every", "2"]


@pytest.fixture(scope="module")
def serving() -> Iterator[Server]:
    with server() as running:
        yield running


def small(name: str) -> str:
    """A spec of a preset whose steps take a moment."""
    spec: dict[str, Any] = {
        "gangen": 1,
        "name": "small",
        "preset": name,
        "data": DATA.get(name, {"source": "digits", "image_size": [16, 16]}),
        "training": {"batch_size": 8, **KNOBS.get(name, {})},
        "evaluation": {"metrics": []},
        **SECTIONS.get(name, {}),
    }
    if "d_warmup" in published(name)["training"]:  # a hundred critic steps each
        spec["training"]["d_warmup"] = KEYS["d_warmup"]
    for role, contract in family_of(name).keys.items():
        said = published(name)[role]
        known = CATALOGUE.get("architectures", said["architecture"]).options(contract.builder)
        sizes = {key: SMALL["architectures"][key] for key in WIDTHS if key in known}
        sizes |= (
            {"hidden": [8] * len(said["hidden"])} if isinstance(said.get("hidden"), list) else {}
        )
        spec[role] = sizes | NETWORKS.get(name, {}).get(role, {})
    return yaml.safe_dump(spec, sort_keys=False)


def project(folder: Path, text: str) -> Path:
    build(Path("spec.yaml"), folder, CATALOGUE, text=text)
    return folder


TOY = """\
gangen: 1
name: toy
data: {source: ring, samples: 60}
latent: {dim: 2}
generator: {architecture: mlp, hidden: [32]}
discriminator: {architecture: mlp, hidden: [32]}
objective: {loss: hinge}
training: {batch_size: 8, ema: 0.9}
evaluation: {metrics: []}
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("toy"), TOY)


def job(root: Path, run: str, *flags: str, **options: Any) -> Job:
    """train.py in a folder for its run."""
    return Job(str(root), [*FLAGS, "--out-dir", run, *flags], log=f"{run}.txt", **options)


def checkpoint(root: Path, run: str, name: str = "last.pt") -> dict[str, Any]:
    content: dict[str, Any] = torch.load(root / run / name, weights_only=True)
    return content


def assert_same(one: Any, two: Any, where: str = "checkpoint") -> None:
    """Both hold the same values, to the bit."""
    if isinstance(one, Tensor):
        assert one.dtype == two.dtype, where
        assert torch.equal(one, two), where
    elif isinstance(one, dict):
        assert one.keys() == two.keys(), where
        for key in one:
            assert_same(one[key], two[key], f"{where}[{key!r}]")
    elif isinstance(one, list | tuple):
        for index, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_same(a, b, f"{where}[{index}]")
    else:
        assert one == two, where


def assert_same_run(root: Path, one: str, two: str) -> None:
    """Two runs left the same checkpoint, metrics and pictures."""
    first, second = checkpoint(root, one), checkpoint(root, two)
    del first["config"], second["config"]  # each has its own out_dir
    assert_same(first, second)
    assert metrics(root / one) == metrics(root / two)
    pictures = [
        {p.name: p.read_bytes() for p in (root / r / "samples").iterdir()} for r in (one, two)
    ]
    assert pictures[0] == pictures[1]


def metrics(run: Path) -> list[str]:
    """The lines of metrics.jsonl without the speed, which no two runs share."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [re.sub(r', "samples_per_second": [^,}]*', "", line) for line in lines]


# ------------------------------------------------------------------ killed


@pytest.mark.parametrize("name", REPRESENTATIVE)
def test_a_killed_run_goes_on_to_the_bit(name: str, tmp_path: Path, serving: Server) -> None:
    goes_on_to_the_bit(name, tmp_path, serving)


@pytest.mark.slow
@pytest.mark.parametrize("name", SELDOM)
def test_every_preset_goes_on_to_the_bit(name: str, tmp_path: Path, serving: Server) -> None:
    goes_on_to_the_bit(name, tmp_path, serving)


def goes_on_to_the_bit(name: str, folder: Path, serving: Server, kills: int = 3) -> None:
    """Killed again and again, the run ends as if nothing had been."""
    root = project(folder, small(name))
    straight = job(root, "straight")
    began = time.monotonic()
    assert serving.run(straight) == [0], straight.said
    seconds = time.monotonic() - began

    chance = random.Random(name)
    killed, resumed = job(root, "killed"), 0
    for _ in range(kills):
        (identity,) = serving.start(killed)
        time.sleep(chance.uniform(0.1, 0.7) * seconds)
        kill(identity)
        assert serving.wait()[0] in (-signal.SIGKILL, 0), killed.said
        resumed += "resuming" in killed.said
    assert serving.run(killed) == [0], killed.said
    assert_same_run(root, "straight", "killed")
    assert not list(root.glob("killed/*.tmp"))


def kill(identity: int) -> None:
    """SIGKILL, which no program can note; it may have ended before."""
    try:
        os.kill(identity, signal.SIGKILL)
    except ProcessLookupError:
        return


def test_a_run_killed_after_each_step_goes_on(toy: Path, serving: Server) -> None:
    """Everywhere between two checkpoints; the hundreds of kills of a bad week."""
    straight = job(toy, "whole")
    assert serving.run(straight) == [0], straight.said
    (toy / "stopping.py").write_text(STOPPING)
    for step in range(1, STEPS + 1):
        stopped = Job(
            str(toy), [*FLAGS, "--out-dir", f"cut-{step}"], "stopping.py", {"AT": str(step)}
        )
        assert serving.run(stopped) == [-signal.SIGKILL], stopped.said
        again = job(toy, f"cut-{step}")
        assert serving.run(again) == [0], again.said
        assert_same_run(toy, "whole", f"cut-{step}")


STOPPING = """\
import os, signal
import train

update, steps = train.WeightAverage.update, []

def die(*arguments, **options):
    update(*arguments, **options)
    steps.append(1)
    if len(steps) == int(os.environ["AT"]):
        os.kill(os.getpid(), signal.SIGKILL)

train.WeightAverage.update = die
train.main()
"""


# ------------------------------------------------------------------ trouble while saving

# Saves three times: the third write breaks, after so many bytes or at a call.
BREAKING = """\
import errno, os, signal, sys
from pathlib import Path
import torch
import train

how, saves = os.environ["HOW"], []
save, replace, fsync = torch.save, os.replace, os.fsync
full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

class Filling:
    \"\"\"A file on a disk with little room.\"\"\"

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(memoryview(data).cast("B"))
        if self.room < 0:
            self.file.flush()
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise full
        return self.file.write(data)

    def flush(self):
        self.file.flush()

def saving(content, file):
    saves.append(1)
    if len(saves) < 3 or how in ("fsync", "before rename", "after rename"):
        return save(content, file)
    return save(content, Filling(file, int(os.environ["ROOM"])))

def syncing(descriptor):
    if len(saves) == 3 and how == "fsync":
        raise full
    fsync(descriptor)

def renaming(source, target):
    if len(saves) == 3 and how == "before rename":
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
    if len(saves) == 3 and how == "after rename":
        os.kill(os.getpid(), signal.SIGKILL)

torch.save, os.fsync, os.replace = saving, syncing, renaming
train.main()
"""


def broken(root: Path, run: str, how: str, room: int = 0) -> Job:
    (root / "breaking.py").write_text(BREAKING)
    return Job(
        str(root),
        [*FLAGS, "--out-dir", run],
        "breaking.py",
        {"HOW": how, "ROOM": str(room)},
        log=f"{run}.txt",
    )


@pytest.fixture(scope="module")
def whole(toy: Path, serving: Server) -> str:
    """The name of a run that nothing happened to."""
    straight = job(toy, "undisturbed")
    assert serving.run(straight) == [0], straight.said
    return "undisturbed"


@pytest.mark.parametrize(
    ("how", "room"), [("full", 0), ("full", 100), ("full", 7000), ("fsync", 0)]
)
def test_a_full_disk_keeps_the_last_good_checkpoint(
    toy: Path, serving: Server, whole: str, how: str, room: int
) -> None:
    run = f"{how}-{room}"
    failing = broken(toy, run, how, room)
    assert serving.run(failing) == [1], failing.said
    reason = "[Errno 28] No space left on device"
    assert (
        error_of(failing) == f"error: {run}/last.pt: not saved ({reason}); what was there is kept"
    )
    assert "Traceback" not in failing.said
    assert checkpoint(toy, run)["step"] == 4
    assert [path.name for path in (toy / run).glob("*.pt*")] == ["last.pt"]

    again = job(toy, run)  # there is room again
    assert serving.run(again) == [0], again.said
    assert "after step 4" in again.said
    assert_same_run(toy, whole, run)


def error_of(failed: Job) -> str:
    """The one line that says what went wrong."""
    (line,) = (line for line in failed.said.splitlines() if line.startswith("error:"))
    return line


@pytest.mark.parametrize(
    ("how", "room", "step"),
    [("killed", 0, 4), ("killed", 7000, 4), ("before rename", 0, 4), ("after rename", 0, 6)],
)
def test_killed_while_saving_leaves_the_old_or_the_new(
    toy: Path, serving: Server, whole: str, how: str, room: int, step: int
) -> None:
    run = f"{how}-{room}".replace(" ", "-")
    failing = broken(toy, run, how, room)
    assert serving.run(failing) == [-signal.SIGKILL], failing.said
    assert checkpoint(toy, run)["step"] == step
    again = job(toy, run)
    assert serving.run(again) == [0], again.said
    assert_same_run(toy, whole, run)
    assert [path.name for path in (toy / run).glob("*.pt*")] == ["last.pt"]


def test_a_limit_on_files_is_no_end_of_the_world(toy: Path, serving: Server) -> None:
    """The kernel refuses the bytes, in the middle of a write."""
    failing = job(toy, "limited", file_size=9000)
    assert serving.run(failing) == [1], failing.said
    assert "File too large); what was there is kept" in error_of(failing)
    assert "Traceback" not in failing.said
    assert not list((toy / "limited").glob("*.pt*"))
    again = job(toy, "limited")
    assert serving.run(again) == [0], again.said
    assert checkpoint(toy, "limited")["step"] == STEPS


def test_a_checkpoint_cut_short_is_refused_and_kept(toy: Path, serving: Server) -> None:
    assert serving.run(job(toy, "cut")) == [0]
    path = toy / "cut" / "last.pt"
    damaged = path.read_bytes()[:-500]
    path.write_bytes(damaged)
    failing = job(toy, "cut")
    assert serving.run(failing) == [1], failing.said
    assert "last.pt" in error_of(failing)
    assert path.read_bytes() == damaged


# ------------------------------------------------------------------ after divergence

# The losses of some steps are no numbers: at those calls, counted over the whole life of the run.
DIVERGING = """\
import os
import train

loss, calls = train.generator_loss, []

def failing(*logits, **knobs):
    calls.append(1)
    value = loss(*logits, **knobs)
    return value * float("nan") if str(len(calls)) in os.environ["AT"].split() else value

train.generator_loss = failing
train.main()
"""


def diverging(root: Path, run: str, at: str, *flags: str) -> Job:
    (root / "diverging.py").write_text(DIVERGING)
    arguments = [*FLAGS, "--out-dir", run, *flags]
    return Job(str(root), arguments, "diverging.py", {"AT": at}, log=f"{run}.txt")


def test_a_run_that_went_back_resumes_to_the_bit(toy: Path, serving: Server) -> None:
    """It diverges at step 6, goes back to 4, and ends at 8; or is stopped after 6 and goes on."""
    straight = diverging(toy, "retried", "6")
    assert serving.run(straight) == [0], straight.said
    assert "going back" in straight.said
    assert int(checkpoint(toy, "retried")["progress"]["retries"]) == 1

    first = diverging(toy, "retried-twice", "6", "--steps", "6")
    assert serving.run(first) == [0], first.said
    assert int(checkpoint(toy, "retried-twice")["progress"]["retries"]) == 1
    again = job(toy, "retried-twice")
    assert serving.run(again) == [0], again.said
    one, two = checkpoint(toy, "retried"), checkpoint(toy, "retried-twice")
    del one["config"], two["config"]
    assert_same(one, two)


def test_killed_after_going_back_it_resumes_to_the_bit(toy: Path, serving: Server) -> None:
    straight = diverging(toy, "back", "6")
    assert serving.run(straight) == [0], straight.said
    first = diverging(toy, "back-killed", "6", "--steps", "6")
    assert serving.run(first) == [0], first.said
    (toy / "stopping.py").write_text(STOPPING)
    flags = [*FLAGS, "--out-dir", "back-killed"]
    killed = Job(str(toy), flags, "stopping.py", {"AT": "1"}, log="back-killed.txt")
    assert serving.run(killed) == [-signal.SIGKILL], killed.said
    again = job(toy, "back-killed")
    assert serving.run(again) == [0], again.said
    one, two = checkpoint(toy, "back"), checkpoint(toy, "back-killed")
    del one["config"], two["config"]
    assert_same(one, two)


def test_other_noise_is_drawn_after_going_back(toy: Path, serving: Server, whole: str) -> None:
    straight = diverging(toy, "other", "6")
    assert serving.run(straight) == [0], straight.said
    one, two = checkpoint(toy, whole), checkpoint(toy, "other")
    assert not all(
        torch.equal(one["generator"][key], two["generator"][key]) for key in one["generator"]
    )


def test_a_run_that_always_diverges_gives_up_in_one_line(toy: Path, serving: Server) -> None:
    failing = diverging(toy, "never", " ".join(map(str, range(5, 100))))
    assert serving.run(failing) == [1], failing.said
    assert "keeps the last good step" in error_of(failing)
    assert "Traceback" not in failing.said
    assert checkpoint(toy, "never")["step"] == 4
