"""Ways to look around in a latent space, and from samples back at the data."""

import torch
from torch import Tensor


def interpolate(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Great arcs between noises [N, D]: [N * steps, D] (slerp; Shoemake 1985, White 2016).

    On a straight line between two normal vectors the norm would drop to where no training z was.
    """
    shares = torch.linspace(0, 1, steps, device=start.device)[:, None]
    a, b = start[:, None], end[:, None]  # [N, 1, D]
    cosine = torch.cosine_similarity(a, b, dim=2).clamp(-1 + 1e-6, 1 - 1e-6)
    angle = cosine.acos().unsqueeze(2)
    path = (((1 - shares) * angle).sin() * a + (shares * angle).sin() * b) / angle.sin()
    return path.flatten(0, 1)


def truncate(z: Tensor, limit: float) -> Tensor:
    """Noise whose values beyond +-limit are drawn again until none is (Brock et al. 2019, section 3.1).

    The smaller the limit, the more typical the samples, and the more alike.
    """
    z = z.clone()
    noise = z
    while (outside := noise.abs() > limit).any():
        noise[outside] = torch.randn(int(outside.sum()), device=z.device)
    return z


def nearest(samples: Tensor, real: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The training samples nearest to each sample: distances and rows of `real`, [N, count] each.

    L2 over all values, pixels in [-1, 1].
    """
    flat = samples.flatten(1)
    distances, rows = torch.empty(len(flat), 0), torch.empty(len(flat), 0, dtype=torch.int64)
    for part in torch.arange(len(real)).split(1_000):
        seen = real[part].float() / 127.5 - 1
        # Exact: the faster way by matrix products cannot tell a copy from something near.
        found = torch.cdist(flat, seen.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
        distances = torch.cat([distances, found], dim=1)
        rows = torch.cat([rows, part.expand(len(flat), -1)], dim=1)
        distances, kept = distances.topk(min(count, distances.shape[1]), largest=False)
        rows = rows.gather(1, kept)
    return distances, rows
