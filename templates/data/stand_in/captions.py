"""Random images with captions and an encoder that counts letters, in place of real ones."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

WORDS = ("red", "small", "round", "bright", "dark")


class Letters(nn.Module):
    """The mean of random vectors of a caption's bytes: int64 [N, length] -> [N, attributes]."""

    def __init__(self, attributes: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(256, attributes)

    def forward(self, captions: Tensor) -> Tensor:
        seen = (captions > 0).unsqueeze(2)
        return (self.vectors(captions) * seen).sum(1) / seen.sum(1)


def write_stand_in(
    path: Path,
    *,
    image_size: tuple[int, int],
    attributes: int,
    channels: int = 3,
    encoder: str = "encoder.pt2",
    length: int = 201,
) -> None:
    """Write 64 random PNG files, two captions beside each, and the encoder."""
    path.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    for index in range(64):
        pixels = generator.integers(256, size=(*image_size, channels), dtype=np.uint8)
        Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(
            path / f"{index:04}.png"
        )
        words = [" ".join(generator.choice(WORDS, 2))[:length] for _ in range(2)]
        (path / f"{index:04}.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(0)
    captions = torch.randint(256, (2, length))
    shapes = ({0: torch.export.Dim("captions")},)
    program = torch.export.export(Letters(attributes).eval(), (captions,), dynamic_shapes=shapes)
    torch.export.save(program, path / encoder)
