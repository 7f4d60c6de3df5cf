"""What each token of a sequence is worth: how real that looks which can become of it.

Monte-Carlo roll-outs and the policy gradient of SeqGAN (Yu et al. 2017, arXiv:1609.05473).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import Generator


@torch.no_grad()
def token_rewards(
    tokens: Tensor, policy: Generator, discriminator: nn.Module, count: int
) -> Tensor:
    """Rewards [B, T] in [0, 1] of tokens [B, T] (Yu et al. 2017, eq. 3 and 4).

    That of the last token is the probability, by the discriminator, that the sequence is real. That
    of any other is the mean of this over `count` sequences which begin alike up to the token and
    which the policy completes.
    """
    length = tokens.shape[1]
    rewards = []
    token, state = torch.zeros_like(tokens[:, :1]), None
    for end in range(1, length):
        _, state = policy.proceed(token, state)
        token = tokens[:, end - 1 : end]
        begun = [part.repeat_interleave(count, dim=1) for part in state]
        rest = policy.complete(
            token.repeat_interleave(count, dim=0), (begun[0], begun[1]), length - end
        )
        whole = torch.cat([tokens[:, :end].repeat_interleave(count, dim=0), rest], dim=1)
        rewards.append(discriminator(whole).float().sigmoid().view(-1, count).mean(dim=1))
    rewards.append(discriminator(tokens).float().sigmoid())
    return torch.stack(rewards, dim=1)


def policy_loss(logits: Tensor, tokens: Tensor, rewards: Tensor) -> Tensor:
    """Its gradient is minus that of the expected reward: REINFORCE (Yu et al. 2017, eq. 7).

    Args:
        logits: of each token, given those before it, [B, T, V].
        tokens: what was drawn from them, [B, T].
        rewards: of each token, [B, T]; constants.
    """
    surprise = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none")
    return (surprise.view_as(rewards) * rewards).mean()
