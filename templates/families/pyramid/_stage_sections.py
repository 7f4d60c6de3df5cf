"""What families of several stages share: sections of a spec, sizes, ways of training, refusals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from _sections import GENERATOR, Noise, Warmup
from pydantic import Field

from gangen.catalogue import SpecModel
from gangen.contracts import Port, Role, Unfit
from gangen.spec import NetworkSection, Training

Side = Annotated[int, Field(ge=1, le=8192)]
Size = tuple[int, int]
Fault = tuple[tuple[str, ...], str, str]

SIZES = ("stages", "sizes")
COMMON = 2  # stages of a spec that does not say their sizes

DISCRIMINATOR = Role(
    ports="data_1 -> logits",
    builder="discriminator",
    argument="x",
    prefix="d",
    doc="the network that tells real images of the first stage's size from generated ones",
)
SECOND_JUDGE = "the network that tells real images from generated ones, in each further stage"


class Latent(Noise):
    """The noise that the first stage starts from."""

    codes: ClassVar[int] = 0
    categorical: ClassVar[tuple[int, ...]] = ()
    continuous: ClassVar[int] = 0


class Stages(SpecModel):
    """The stages, which make larger and larger images."""

    sizes: Annotated[tuple[Side | tuple[Side, Side], ...], Field(max_length=16)] = Field(
        (),
        description="of the images that each stage makes: a side, or [height, width]; the last is "
        "the size of the data; by default there are two stages, the first with half of it",
    )


class Refinement(SpecModel):
    """The networks of each stage but the first."""

    generator: Annotated[Any, NetworkSection("generator", "translator")] = Field(
        description="the network that makes something larger of the image before"
    )
    discriminator: Annotated[Any, NetworkSection("discriminator", "discriminator")] = Field(
        description=SECOND_JUDGE
    )


class StageTraining(Training):
    """How long, how fast and how reproducibly to train each stage."""

    d_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="discriminator updates in a step, each with fresh noise and data"
    )
    g_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="generator updates in a row, each with fresh noise"
    )
    d_warmup: ClassVar[Warmup] = Warmup()  # none
    g_batch_size: ClassVar[int | None] = None
    shared_noise: ClassVar[bool] = False
    d_update: ClassVar[Literal["joint"]] = "joint"
    fake_labels: ClassVar[Literal["batch"]] = "batch"


def count_of(stages: Any) -> int:
    """How many stages there are."""
    return len(stages.sizes) or COMMON


def sizes_of(stages: Any, data: Port) -> list[Size]:
    """Height and width of the images that each stage makes.

    Raises:
        Unfit: they do not grow up to the size of the data, or that is no image.
    """
    if len(data.shape) != 3:
        message = f"stages make images [channels, height, width], here is {list(data.shape)}"
        help = "choose data of images, or `family: noise_to_data`"
        raise misfit(message, ("data",), help)
    _, height, width = data.shape
    if not stages.sizes:
        return [(-(-height // 2), -(-width // 2)), (height, width)]
    sizes = [(size, size) if isinstance(size, int) else size for size in stages.sizes]
    if len(sizes) == 1:
        help = "put a smaller size before it, or choose `family: noise_to_data`"
        raise misfit("has one stage", SIZES, help)
    if sizes[-1] != (height, width):
        message = f"ends in images of {by(sizes[-1])}, the data are {by((height, width))}"
        help = f"end stages.sizes in {list(data.shape[1:])}, or change the data's size"
        raise misfit(message, SIZES, help)
    for small, large in pairwise(sizes):
        if small == large or small[0] > large[0] or small[1] > large[1]:
            message = f"has a stage of {by(large)} behind one of {by(small)}"
            raise misfit(message, SIZES, "let the sizes grow from stage to stage")
    return sizes


def misfit(message: str, path: tuple[str, ...], help: str) -> Unfit:
    """What is wrong at a place of the spec."""
    unfit = Unfit(message, help=help)
    unfit.path = path
    return unfit


def by(size: Sequence[int]) -> str:
    """(4, 6) -> "4x6"."""
    return "x".join(map(str, size))


def image_ports(data: Port, sizes: Sequence[Size]) -> dict[str, Port]:
    """The images that each stage makes, the last those of the data."""
    ports = {
        f"data_{number}": replace(data, shape=(data.shape[0], *size))
        for number, size in enumerate(sizes, 1)
    }
    return {"data": data, **ports, "logits": Port("logits", (1,), scalar=True)}


def cast(count: int, refine: Mapping[str, str], first: str = "latent -> data_1") -> dict[str, Role]:
    """The networks of all stages; `refine` describes the generators of all but the first."""
    roles = {
        "generator_1": replace(GENERATOR, ports=first, key="generator", section=("generator",)),
        "discriminator_1": replace(DISCRIMINATOR, key="discriminator", section=("discriminator",)),
    }
    for number in range(2, count + 1):
        roles[f"generator_{number}"] = Role(
            ports=refine["ports"].format(before=number - 1, this=number),
            builder="translator",
            argument="x",
            prefix="g",
            doc=refine["doc"],
            given=refine.get("given", ""),
            key="generator",
            section=("refinement", "generator"),
        )
        roles[f"discriminator_{number}"] = replace(
            DISCRIMINATOR,
            ports=f"data_{number} -> logits",
            doc=f"the network that tells real images of stage {number}'s size from generated ones",
            key="discriminator",
            section=("refinement", "discriminator"),
        )
    return roles


def stage_faults(spec: Any) -> Iterable[Fault]:
    """What has no place where one stage is trained after the other."""
    for chosen in spec.augment:
        if chosen.component.constant("SHAPE") or chosen.component.constant("BATCH"):
            message = f"{chosen.name} changes shapes, and every stage has another one"
            yield ("augment",), message, f"take {chosen.name} out"
    if spec.evaluation.every:
        message = "scores are of whole images, and a run trains one stage"
        help = "take `every` out; `python evaluate.py` scores all stages together"
        yield ("evaluation", "every"), message, help
    if spec.training.accumulate > 1:
        message = "the generator's update would see the last micro-batch alone"
        yield ("training", "accumulate"), message, "take it out, or use several processes"
    judges = (spec.discriminator, spec.refinement.discriminator)
    for judge in judges if spec.condition else ():
        if judge.conditioning is not None and judge.conditioning.component.constant("HEAD"):
            name = judge.conditioning.name
            message = f"{name} adds one term to the step, and every stage has its own discriminator"
            yield (*judge.path, "conditioning"), message, "choose another conditioning"
    if spec.condition and len({judge.conditioning is None for judge in judges}) > 1:
        message = "the discriminators of some stages take the condition, those of others do not"
        yield ("refinement", "discriminator"), message, "give all of them a conditioning, or none"
