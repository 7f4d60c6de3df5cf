"""Exponential decay of the learning rate, as in the first GAN (Goodfellow et al. 2014)."""

from typing import Annotated

from annotated_types import Ge, Gt, Le


def exponential(
    step: int,
    steps: int,
    *,
    factor: Annotated[float, Gt(0), Le(1)] = 0.999996000016,
    end_factor: Annotated[float, Ge(0), Le(1)] = 0.0,
) -> float:
    """Factor on the base learning rate: factor^step, but never less than `end_factor`.

    Args:
        factor: what the rate is multiplied by at every step; the default is 1 / 1.000004, as in
            the code of the first GAN.
        end_factor: factor below which the rate does not fall; 1e-5 in the first GAN, from 0.1.
    """
    return max(end_factor, factor**step)
