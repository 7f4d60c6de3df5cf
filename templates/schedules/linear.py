"""Linear decay of the learning rate, as in WGAN-GP and CycleGAN (arXiv:1704.00028, 1703.10593)."""

from typing import Annotated

from annotated_types import Ge, Lt


def linear(
    step: int,
    steps: int,
    *,
    start: Annotated[float, Ge(0), Lt(1)] = 0.0,
    end_factor: Annotated[float, Ge(0)] = 0.0,
) -> float:
    """Factor on the base learning rate: 1 up to `start`, then a straight line to `end_factor`.

    Args:
        start: share of the run, in [0, 1), after which the decay begins; 0.5 in CycleGAN.
        end_factor: factor at the end of the run.
    """
    progress = max(0.0, (step / steps - start) / (1 - start))
    return 1 + (end_factor - 1) * min(progress, 1.0)
