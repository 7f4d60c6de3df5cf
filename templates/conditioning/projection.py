"""Projection discriminator: class and features multiplied (Miyato & Koyama 2018, arXiv:1802.05637).

Logits gain the inner product of the features with a learnt vector of the condition (eq. 4 of the
paper): its embedding for a label, a linear map of it for a vector.
"""

from torch import Tensor, nn

FLOW = "logits"  # logits = last_layer(features) + projection(features, condition)
SHAPES = {"label_projection": "in_features -> 1"}
VECTOR_SHAPES = {"vector_projection": "in_features -> 1"}
PARAMETERS = {
    "label_projection": "in_features * num_classes",
    "vector_projection": "in_features * condition_dim",
}
GIVES = ["weight"]


def label_projection(in_features: int, num_classes: int) -> nn.Module:
    """features [B, F], condition [B] -> [B], to be added to the logits."""
    return LabelProjection(num_classes, in_features)


def vector_projection(in_features: int, condition_dim: int) -> nn.Module:
    """features [B, F], condition [B, N] -> [B], to be added to the logits."""
    return VectorProjection(condition_dim, in_features, bias=False)


class LabelProjection(nn.Embedding):
    """The inner product of features with a learnt embedding of the label."""

    def reset_parameters(self) -> None:
        """Glorot uniform as in the authors' code: N(0, 1) would drown the other logits."""
        nn.init.xavier_uniform_(self.weight)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        return (features * super().forward(condition)).sum(1)


class VectorProjection(nn.Linear):
    """The inner product of features with a linear map of the condition."""

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        return (features * super().forward(condition.to(features.dtype))).sum(1)
