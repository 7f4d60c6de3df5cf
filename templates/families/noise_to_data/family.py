"""Noise to data: a generator turns noise into samples, a discriminator tells them from real ones.

Goodfellow et al. 2014, arXiv:1406.2661. Data is an image, a vector, anything with a fixed shape;
with `condition` both networks also learn of labels (Mirza & Osindero 2014, arXiv:1411.1784) or of
attributes; with codes in the latent the generator's factors get names (Chen et al. 2016, InfoGAN,
arXiv:1606.03657).
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from _facts import facts, wires
from _sections import GENERATOR, Latent, Warmup
from pydantic import Field

from gangen.contracts import Family, Port, Role
from gangen.spec import Training


class NoiseToDataTraining(Training):
    """How long, how fast and how reproducibly to train."""

    d_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="discriminator updates per generator update, each with fresh noise and data"
    )
    d_warmup: Warmup = Field(default_factory=Warmup, description=Warmup.__doc__)
    g_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="generator updates in a row, each with fresh noise; a step has one otherwise"
    )
    d_update: Literal["joint", "separate"] = Field(
        "joint", description="one update on real and fake samples, or one on each of them"
    )
    g_batch_size: Annotated[int, Field(ge=1, le=2**20)] | None = Field(
        None, description="fakes per generator update; by default as many as batch_size"
    )
    shared_noise: bool = Field(
        False,
        description="whether the generator's update sees the discriminator's last noise again; "
        "with one update of each it goes back through the same fakes, which saves a pass",
    )
    fake_labels: Literal["batch", "random", "mismatched"] = Field(
        "batch",
        description="what fakes are conditioned on: the real batch's labels, or labels drawn from "
        "the data; mismatched: drawn, but judged with the real batch's (the IBM toolkit's mistake)",
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    return {
        "latent": Port("latent", (sections["latent"].dim + sections["latent"].codes,)),
        "data": data,
        "logits": Port("logits", (1,), scalar=True),
    }


def names(sections: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sizes of the codes, for components with a head that guesses them."""
    latent = sections["latent"]
    return {"categorical": latent.categorical, "continuous": latent.continuous}


def gives(spec: Any) -> Mapping[str, tuple[str, ...]]:
    """Capabilities of this family's own sections."""
    training, found = spec.training, {"latent:noise": ("latent",)}
    if spec.latent is not None and spec.latent.codes:
        found["latent:codes"] = ("latent",)
    if training is not None and training.g_batch_size not in (None, training.batch_size):
        found["training:unequal_batches"] = ("training", "g_batch_size")
    return found


def faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """Keys of `training` that do not go together."""
    training = spec.training
    parts = training.accumulate
    if parts > 1 and training.batches == "per_epoch":
        message = f"the last batch of an epoch may not split into {parts} micro-batches"
        yield ("training", "batches"), message, "write straddle, or take training.accumulate out"
    for key in ("batch_size", "g_batch_size"):
        size = getattr(training, key)
        if size is not None and size % parts:
            nearest = max(size // parts, 1) * parts
            message = f"{key} {size} does not split into {parts} equal micro-batches"
            yield ("training", "accumulate"), message, f"set training.{key} to {nearest}"
    if training.d_update == "separate":
        place = ("training", "d_update")
        if parts > 1:
            yield place, "separate updates cannot be accumulated", "set training.accumulate to 1"
        judge = spec.discriminator.conditioning if spec.condition else None
        terms = [*spec.penalties, *([judge] if judge else [])]
        names = [chosen.name for chosen in terms if "discriminator_loss" in _slots(chosen)]
        if names:
            message = f"separate updates leave no place for {names[0]}, which needs both batches"
            yield place, message, "set training.d_update to joint"
    if training.shared_noise and (training.g_batch_size or parts > 1):
        key = "g_batch_size" if training.g_batch_size else "accumulate"
        said = f"{key} is {getattr(training, key)}"
        message = f"one batch of noise cannot serve both networks where {said}"
        help = f"take training.{key} out, or write false"
        yield ("training", "shared_noise"), message, help
    if training.fake_labels != "batch" and spec.condition is None:
        message = f"fake_labels is {training.fake_labels}, but there is no condition"
        yield ("training", "fake_labels"), message, "take it out, or add `condition: labels`"


def _slots(chosen: Any) -> list[str]:
    return [slot for slots in chosen.component.slots.values() for slot in slots]


FAMILY = Family(
    doc="noise (and labels) to samples: a generator against a discriminator",
    roles={
        "generator": GENERATOR,
        "discriminator": Role(
            ports="seen -> logits",
            builder="discriminator",
            argument="x",
            prefix="d",
            doc="the network that tells real samples from generated ones",
        ),
    },
    sections={"latent": Latent},
    training=NoiseToDataTraining,
    ports=ports,
    names=names,
    gives=gives,
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    averaged="generator",
)
