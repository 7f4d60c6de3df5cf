"""What has no place where samples are tokens, which nothing can be differentiated by."""

from collections.abc import Iterable, Iterator
from typing import Any

from _sequence_facts import PORTS

Fault = tuple[tuple[Any, ...], str, str]
TOKENS = ("data:tokens", "data:oracle", "data:text")


def faults(spec: Any) -> Iterable[Fault]:
    """Every one of them: place, message, next action."""
    yield from _of_components(spec)
    yield from _of_networks(spec)
    yield from _of_training(spec.training)


def _of_components(spec: Any) -> Iterator[Fault]:
    if "discriminator:probabilities" not in spec.objective.component.constant("GIVES", []):
        message = (
            f"rewards are probabilities of being real, which {spec.objective.name} does not "
            "teach the discriminator"
        )
        yield (*spec.objective.path, "loss"), message, "choose non_saturating or minimax"
    for chosen in spec.penalties:
        reason = _unfit(chosen)
        if reason:
            yield chosen.path, f"{chosen.name} {reason}", "take it out"
    for chosen in spec.augment:
        message = f"{chosen.name} changes numbers a little, and there is nothing near a token"
        yield chosen.path, message, "take it out"
    for chosen in spec.evaluation.metrics or ():
        if not {*TOKENS} & {*chosen.component.constant("NEEDS", {})}:
            message = f"{chosen.name} measures numbers, and tokens only have names"
            yield chosen.path, message, "take it out, or choose a metric of tokens"


def _unfit(penalty: Any) -> str:
    """Why a penalty cannot act on the discriminator's loss, if it cannot."""
    slots = {slot for places in penalty.component.slots.values() for slot in places}
    if "generator_loss" in slots or "network_loss" in slots:
        return "joins the generator's loss, which is the policy gradient of drawn tokens"
    ports = {port for f in penalty.component.functions.values() for port in f.ports}
    if ports - {*PORTS}:
        return "differentiates or changes samples, and tokens cannot be changed a little"
    return ""


def _of_networks(spec: Any) -> Iterator[Fault]:
    if spec.generator.layers:
        message = "the policy keeps a state from token to token, for which layers alone do not do"
        yield ("generator", "layers"), message, "write `architecture: recurrent`"
    layers = spec.discriminator.layers
    if layers and layers[0].chosen.name != "embedding":
        message = f"{layers[0].chosen.name} is given numbers of tokens, which are no quantities"
        yield layers[0].chosen.path, message, "put `embedding: {features: 64}` first"
    for network in (spec.generator, spec.discriminator):
        for chosen in network.reparametrizations:
            message = f"{chosen.name} does not reach embeddings, filters and LSTMs"
            yield chosen.path, message, "take it out"


def _of_training(training: Any) -> Iterator[Fault]:
    place = "training"
    if training.accumulate > 1:
        message = "every update of a sequence GAN is of one batch"
        yield (place, "accumulate"), message, "take it out, or use several processes"
    if training.epochs is not None:
        message = "the phases of a sequence GAN are counted in steps, and not all see the data"
        yield (place, "epochs"), message, "take it out, and set training.steps"
    if training.cuda_graphs:
        message = "the phases of a sequence GAN have steps of three kinds, and draw token by token"
        yield (place, "cuda_graphs"), message, "take it out"
    if training.mle_steps + training.d_pretraining >= training.steps:
        before = training.mle_steps + training.d_pretraining
        message = f"of {training.steps} steps none is adversarial: {before} come before that phase"
        yield (place, "steps"), message, f"set it above {before}"
