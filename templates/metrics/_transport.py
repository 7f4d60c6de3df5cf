"""Empirical distribution functions of two sets of numbers, which may differ in size."""

import torch
from torch import Tensor


def distribution_gaps(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """|F - G| of the distribution functions of each column of real [N, L] and fake [M, L].

    Returns:
        The gap at every value of either column, in their order, [L, N + M], and how far the next
        value is, [L, N + M - 1]; the gap is constant in between.
    """
    columns = [x.double().T.contiguous().sort(dim=1).values for x in (real, fake)]
    values = torch.cat(columns, dim=1).sort(dim=1).values
    shares = [torch.searchsorted(x, values, right=True) / x.shape[1] for x in columns]
    return (shares[0].double() - shares[1].double()).abs(), values.diff(dim=1)


def wasserstein_distances(real: Tensor, fake: Tensor) -> Tensor:
    """Wasserstein-1 distance of each column of real [N, L] to that of fake [M, L], [L].

    It is the area between the two distribution functions (Vallender 1974), exact for any N and M.
    """
    gaps, steps = distribution_gaps(real, fake)
    return (gaps[:, :-1] * steps).sum(dim=1)
