"""What translations between images share: what the generator is given, roles, training."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from _sections import Warmup
from pydantic import Field

from gangen.catalogue import SpecModel
from gangen.contracts import Role, Shape, Unfit
from gangen.layering import apply, shape_behind
from gangen.spec import Chosen, Training

Side = Annotated[int, Field(ge=4, le=2**14)]


class Variation(SpecModel):
    """How samples are varied while training."""

    crop: tuple[Side, Side] | None = Field(
        None, description="height and width of a part of each sample, at a random place"
    )
    flip: bool = Field(False, description="whether half of the samples are mirrored, at random")


class TranslationTraining(Training):
    """How long, how fast and how reproducibly to train."""

    d_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="discriminator updates in a step, each with fresh data"
    )
    discriminator_weight: Annotated[float, Field(gt=0, le=1_000)] = Field(
        1.0, description="factor of the discriminator's loss; pix2pix and CycleGAN have 0.5"
    )
    d_warmup: ClassVar[Warmup] = Warmup()  # none
    g_steps: ClassVar[int] = 1
    g_batch_size: ClassVar[int | None] = None
    d_update: ClassVar[Literal["joint"]] = "joint"
    fake_labels: ClassVar[Literal["batch"]] = "batch"

    @property
    def shared_noise(self) -> bool:
        """Whether both updates see the same fakes: they start from the same sources."""
        return self.d_steps == 1


def part(data: Shape, crop: tuple[int, int] | None) -> Shape:
    """Shape of what is seen of a sample; raises Unfit."""
    if len(data) != 3:
        unfit = Unfit(
            f"images [channels, height, width] are translated, the data is {list(data)}",
            help="choose a data source of images",
        )
        unfit.path = ("data",)
        raise unfit
    if crop is None:
        return data
    if any(side > whole for side, whole in zip(crop, data[1:], strict=True)):
        unfit = Unfit(
            f"{crop[0]}x{crop[1]} is more than a sample of the data, {data[1]}x{data[2]}",
            help=f"use at most {data[1]}x{data[2]}, or larger images",
        )
        unfit.path = ("translation", "crop")
        raise unfit
    return (data[0], *crop)


def target_behind(given: Chosen, sample: Shape) -> Shape:
    """Shape of what is to be made of the source; raises Unfit."""
    rule = given.component.constant("TARGET")
    if rule is None:
        return sample
    try:
        return apply(given.component, {given.name: rule}, sample, given.options)[2]
    except Unfit as unfit:
        unfit.path = given.path
        raise


def source_behind(given: Chosen, sample: Shape) -> Shape:
    """Shape of what the generator is given; raises Unfit."""
    return shape_behind(given, sample)


def common_faults(spec: Any) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """What has no place where images are translated."""
    if spec.condition is not None:
        message = "what the generator is given is all that it is conditioned on"
        yield ("condition",), message, "take `condition` out"
    if spec.augment:
        message = "an augmented image would no longer fit what it is made from"
        yield ("augment",), message, "use `translation: {flip: true, crop: [64, 64]}` instead"
    if spec.training.accumulate > 1:
        message = "the generator's update looks at the last batch of the discriminator's alone"
        yield ("training", "accumulate"), message, "take it out, or use several processes"


def judge(ports: str, prefix: str, doc: str) -> Role:
    """A network that says how real something is; all of them are built alike."""
    return Role(ports, "discriminator", "x", prefix, doc, key="discriminator")


def translator(ports: str, prefix: str, doc: str) -> Role:
    """A network from images to images; all of them are built alike."""
    return Role(ports, "translator", "x", prefix, doc, key="generator")
