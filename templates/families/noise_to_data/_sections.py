"""What families share in which samples start from noise: sections of a spec, the generator."""

from typing import Annotated, Literal

from pydantic import Field

from gangen.catalogue import SpecModel
from gangen.contracts import Role

Size = Annotated[int, Field(ge=2, le=10_000)]


class Noise(SpecModel):
    """The noise that the generator starts from."""

    dim: Annotated[int, Field(ge=1, le=65_536)] = Field(
        100, description="length of the noise vector z"
    )
    distribution: Literal["normal", "uniform", "unit_uniform", "truncated_normal"] = Field(
        "normal", description="of each value of z: N(0, 1), U(-1, 1), U(0, 1), or N(0, 1) cut off"
    )
    truncation: Annotated[float, Field(gt=0, le=10)] = Field(
        2.0, description="where truncated_normal is cut off, on both sides"
    )


class Latent(Noise):
    """The noise that the generator starts from, and codes behind it."""

    categorical: Annotated[tuple[Size, ...], Field(max_length=16)] = Field(
        (), description="numbers of categories of the categorical codes (InfoGAN)"
    )
    continuous: Annotated[int, Field(ge=0, le=4096)] = Field(
        0, description="number of continuous codes, each U(-1, 1) (InfoGAN)"
    )

    @property
    def codes(self) -> int:
        """Values of the codes, one-hot where they are categorical."""
        return sum(self.categorical) + self.continuous


class Warmup(SpecModel):
    """More discriminator updates at first, and again from time to time (WGAN's published code)."""

    steps: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="how many generator updates it lasts; 0 = none"
    )
    every: Annotated[int, Field(ge=1, le=10**9)] = Field(
        500, description="after how many generator updates it comes again, for one"
    )
    d_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="discriminator updates per generator update in it"
    )


GENERATOR = Role(
    ports="latent -> data",
    builder="generator",
    argument="z",
    prefix="g",
    doc="the network that turns noise into samples",
)
