"""The printed training step against the same mathematics in other words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import Job, Server, server
from test_resume import assert_same, checkpoint, project

FLAGS = ["--device", "cpu", "--steps", "4", "--log-every", "1", "--out-dir", "run"]
SPEC = """\
gangen: 1
name: shared
data: {source: digits, image_size: [16, 16]}
condition: labels
latent: {dim: 8}
generator: {architecture: mlp, hidden: [32], norm: none, conditioning: concat}
discriminator: {architecture: mlp, hidden: [32], conditioning: concat}
objective: {loss: non_saturating}
training: {batch_size: 8, shared_noise: true, fake_labels: random}
evaluation: {metrics: []}
"""


@pytest.fixture(scope="module")
def serving() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.mark.parametrize(
    "more",
    [
        "",
        "augment: [instance_noise]\n",
        "penalties: [{gradient_penalty: {weight: 1}}, feature_matching]\n",
    ],
    ids=["plain", "augmented", "penalties"],
)
def test_shared_noise_goes_through_the_generator_once(
    more: str, tmp_path: Path, serving: Server
) -> None:
    """With one update of each, the fakes themselves are shared, with the same result to the bit."""
    once = project(tmp_path / "once", SPEC + more)
    twice = Path(shutil.copytree(once, tmp_path / "twice"))
    script = twice / "train.py"
    text = script.read_text()
    before, generator_step = text.split("# Generator: raise D(G(z))")
    assert before.count("= G(z") == 1
    assert "(G(z" not in generator_step
    spelled = generator_step.replace("generated", "G(z, fake_labels)")
    assert spelled != generator_step
    script.write_text(f"{before}# Generator:{spelled}")
    for root in (once, twice):
        job = Job(str(root), FLAGS)
        assert serving.run(job) == [0], job.said
    assert_same(*({**checkpoint(root, "run"), "config": None} for root in (once, twice)))


@pytest.mark.parametrize("more", ["d_steps: 2", "g_steps: 2"])
def test_shared_noise_is_drawn_once_where_updates_repeat(more: str, tmp_path: Path) -> None:
    root = project(tmp_path, SPEC.replace("shared_noise", f"{more}, shared_noise"))
    before, generator_step = (root / "train.py").read_text().split("# Generator: ")
    assert "generated" not in before
    assert "D(G(z, fake_labels), fake_labels)" in generator_step
    assert "sample_latent" not in generator_step.partition("average")[0]
