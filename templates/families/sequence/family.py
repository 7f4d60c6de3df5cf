"""Sequences of tokens: a policy draws them one by one, and a discriminator's judgement rewards it.

The generator first learns by maximum likelihood, the discriminator then to tell what it draws from
real sequences, and both go on against each other by policy gradient. SeqGAN: Yu, Zhang, Wang & Yu
2017, arXiv:1609.05473.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from _sequence_facts import facts, wires
from _sequence_faults import faults
from pydantic import Field

from gangen.contracts import Family, Port, Role
from gangen.spec import Training


class SequenceTraining(Training):
    """How long, how fast and how reproducibly to train; a step is an update of one network."""

    steps: Annotated[int, Field(ge=1, le=10**9)] = Field(
        30_000, description="updates in a full run, those before the adversarial phase included"
    )
    mle_steps: Annotated[int, Field(ge=0, le=10**9)] = Field(
        10_000, description="first steps: generator updates by maximum likelihood"
    )
    d_pretraining: Annotated[int, Field(ge=0, le=10**9)] = Field(
        1_000, description="steps after those: discriminator updates alone"
    )
    g_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="generator updates at the start of every round of the adversarial phase"
    )
    d_steps: Annotated[int, Field(ge=1, le=100_000)] = Field(
        15, description="discriminator updates after them in the round"
    )
    rollouts: Annotated[int, Field(ge=1, le=1_000)] = Field(
        16, description="completions of a sequence from each of its tokens on, for the rewards"
    )
    rollout_decay: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.8,
        description="how much the policy that completes sequences keeps of itself at a generator "
        "update; the rest it takes from the generator",
    )
    baseline: bool = Field(
        False,
        description="whether the rewards of a batch are held against their mean at each place, "
        "which makes the gradient less noisy",
    )
    held_out: Annotated[int, Field(ge=2, le=1_000_000)] = Field(
        10, description="one of so many sequences is kept out of training, for evaluation"
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    return {
        "data": data,
        "token_logits": Port("token_logits", (*data.shape, data.vocabulary)),
        "logits": Port("logits", (1,), scalar=True),
    }


FAMILY = Family(
    doc="tokens one after the other: a policy that a discriminator's judgement rewards",
    roles={
        "generator": Role(
            ports="data -> token_logits",
            builder="sequence_generator",
            argument="tokens",
            prefix="g",
            doc="the network that says of every token how likely it is after those before it",
        ),
        "discriminator": Role(
            ports="data -> logits",
            builder="sequence_discriminator",
            argument="tokens",
            prefix="d",
            doc="the network that tells real sequences from drawn ones",
        ),
    },
    training=SequenceTraining,
    ports=ports,
    faults=faults,
    wires=wires,
    slots=("discriminator_loss", "after_discriminator_step", "generator_loss"),
    facts=facts,
    losses=("discriminator_loss",),
    title=lambda spec: "A sequence GAN",
    sources=lambda spec: ["Sequence GAN, SeqGAN (Yu et al. 2017, arXiv:1609.05473)"],
    averaged="generator",
    takes=("data:tokens",),
)
