"""Learning rate that falls in steps, as in BEGAN (Berthelot et al. 2017, arXiv:1703.10717)."""

from typing import Annotated

from annotated_types import Ge, Gt, Le


def step(
    step: int,
    steps: int,
    *,
    every: Annotated[int, Ge(1)] = 100_000,
    factor: Annotated[float, Gt(0), Le(1)] = 0.5,
    end_factor: Annotated[float, Ge(0), Le(1)] = 0.0,
) -> float:
    """Factor on the base learning rate: `factor` to the power of the number of full periods.

    Args:
        every: length of a period in steps.
        factor: what the rate is multiplied by after every period.
        end_factor: factor below which the rate does not fall.
    """
    return max(end_factor, factor ** (step // every))
