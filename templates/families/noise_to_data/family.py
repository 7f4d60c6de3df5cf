"""Noise to data: a generator turns noise into samples, a discriminator tells them from real ones.

Goodfellow et al. 2014, arXiv:1406.2661. Data is an image, a vector, anything with a fixed shape;
with `condition: labels` both networks also see the label (Mirza & Osindero 2014, arXiv:1411.1784).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from gangen.catalogue import SpecModel
from gangen.contracts import Code, Family, Port, Role, Wire
from gangen.spec import Training


class Latent(SpecModel):
    """The noise that the generator starts from."""

    dim: Annotated[int, Field(ge=1, le=65_536)] = Field(
        100, description="length of the noise vector z"
    )
    distribution: Literal["normal", "uniform"] = Field(
        "normal", description="of each value of z: N(0, 1), or U(-1, 1)"
    )


class NoiseToDataTraining(Training):
    """How long, how fast and how reproducibly to train."""

    d_steps: Annotated[int, Field(ge=1, le=1_000)] = Field(
        1, description="discriminator updates per generator update, each with fresh noise and data"
    )


def ports(data: Port, sections: Mapping[str, Any]) -> Mapping[str, Port]:
    """What flows between the networks."""
    return {
        "latent": Port("latent", (sections["latent"].dim,)),
        "data": data,
        "logits": Port("logits", (1,), scalar=True),
    }


def facts(spec: Any, view: Any) -> Mapping[str, Any]:
    """What the templates of this folder ask."""
    labels = Code(", labels") if view.conditional else Code("")
    real = Code("") if view.images else Code(", samples[:2_500]")
    many = spec.training.d_steps > 1
    return {
        "labels": labels,
        "many_d_steps": many,
        "uniform": spec.latent.distribution == "uniform",
        "model_functions": ["sample_latent"],
        "latent_dim": spec.latent.dim,
        "first_batch": Code("start * config.d_steps" if many else "start"),
        "samples_per_step": Code("config.batch_size" + (" * config.d_steps" if many else "")),
        "metered": Code("d_loss=d_loss, g_loss=g_loss"),
        "fixed": Code("fixed_z" + (", fixed_labels" if view.conditional else "") + real),
        "save_parameters": Code(
            "generator: nn.Module, z: Tensor"
            + (", labels: Tensor" if view.conditional else "")
            + ("" if view.images else ", real: Tensor")
        ),
        "labels_typed": Code(", labels: Tensor") if view.conditional else Code(""),
        "saved_labels": Code(", labels=labels.cpu().numpy()") if view.conditional else Code(""),
        "averaged_note": Code(", weights averaged over training") if view.averaged else Code(""),
        "columns_or": Code(f" or {view.classes}") if view.conditional else Code(""),
        "draws": Code("(config.d_steps + 1)" if many else "2"),
        "columns": Code(f", columns={view.classes}" if view.conditional else ""),
    }


FAMILY = Family(
    doc="noise (and labels) to samples: a generator against a discriminator",
    roles={
        "generator": Role(
            ports="latent -> data",
            builder="generator",
            argument="z",
            prefix="g",
            doc="the network that turns noise into samples",
        ),
        "discriminator": Role(
            ports="data -> logits",
            builder="discriminator",
            argument="x",
            prefix="d",
            doc="the network that tells real samples from generated ones",
        ),
    },
    sections={"latent": Latent},
    training=NoiseToDataTraining,
    ports=ports,
    wires={
        "discriminator": Wire("discriminator", "partial(discriminator, labels=labels)"),
        "module": Wire("discriminator", "discriminator"),
        "real": Wire("real", "real"),
        "fake": Wire("fake.float()", "fake.float()"),
    },
    slots=("discriminator_loss", "after_discriminator_step"),
    facts=facts,
    averaged="generator",
)
