"""What GANs with an encoder share: noise and codes, the way of training, the encoder's role."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from _sections import Noise, Warmup
from pydantic import Field

from gangen.contracts import Port, Role
from gangen.spec import Training


class Latent(Noise):
    """The noise that the generator starts from and the encoder ends in."""

    codes: ClassVar[int] = 0
    categorical: ClassVar[tuple[int, ...]] = ()
    continuous: ClassVar[int] = 0
    drawn: bool = Field(
        False,
        description="whether the encoder draws its codes, from a normal distribution of which it "
        "gives mean and log-variance (ALI), or gives the codes themselves (BiGAN)",
    )


class CodingTraining(Training):
    """How long, how fast and how reproducibly to train."""

    d_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="discriminator updates in a step, each with fresh noise and data"
    )
    d_warmup: ClassVar[Warmup] = Warmup()  # none
    g_steps: ClassVar[int] = 1
    g_batch_size: ClassVar[int | None] = None
    shared_noise: ClassVar[bool] = False
    d_update: ClassVar[Literal["joint"]] = "joint"
    fake_labels: ClassVar[Literal["batch"]] = "batch"


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    latent = sections["latent"]
    return {
        "latent": Port("latent", (latent.dim,)),
        "data": data,
        "code": Port("code", (latent.dim * (2 if latent.drawn else 1),)),
        "logits": Port("logits", (1,), scalar=True),
    }


def coding_faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """What has no place where samples have codes."""
    if spec.augment:
        message = "an augmented sample would no longer be the partner of its code"
        yield ("augment",), message, "take `augment` out"
    if spec.training.accumulate > 1:
        message = "the encoder's update would see the last micro-batch alone"
        yield ("training", "accumulate"), message, "take it out, or use several processes"


ENCODER = Role(
    ports="data -> code",
    builder="discriminator",
    argument="x",
    prefix="e",
    doc="the network that says from which noise a sample could have come",
)
