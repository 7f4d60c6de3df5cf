"""How clear and how varied the classes of fakes are (Salimans et al. 2016, arXiv:1606.03498)."""

import warnings
from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn
from torchmetrics.image.inception import InceptionScore

BETTER = {"inception_score": "higher"}


def inception_score(
    fake_class_logits: Tensor, *, splits: Annotated[int, Ge(1)] = 10
) -> dict[str, float]:
    """exp(E[KL(p(y|x) || p(y))]) of logits [N, K], from 1 to K; the mean over random splits.

    It is what papers call inception score if the logits are Inception's. It sees neither what
    classes look like nor variety within one.

    Args:
        splits: parts of the samples, each scored by itself; a part has 50 samples at least.
    """
    parts = max(1, min(splits, len(fake_class_logits) // 50))
    # A probability that underflows to 0 in a whole part would make it 0 * infinity.
    log_probabilities = fake_class_logits.double().log_softmax(dim=1).clamp(min=-600)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps them; of one part's deviation
        score = InceptionScore(nn.Identity(), splits=parts)
        score.update(log_probabilities)
        mean, _ = score.compute()
    return {"inception_score": mean.item()}
