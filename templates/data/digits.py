"""1797 handwritten 8 x 8 digits, bundled (E. Alpaydin and C. Kaynak, UCI, 1998, CC BY 4.0)."""

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from annotated_types import Ge, Le
from PIL import Image
from torch import Tensor

SHAPE = "1, *image_size"
CLASSES = "10"
RANGE = "(-1.0, 1.0)"
ASSETS = ["digits.npz", "digits.txt"]


def load_digits(
    *,
    image_size: tuple[Annotated[int, Ge(8), Le(64)], Annotated[int, Ge(8), Le(64)]] = (8, 8),
) -> tuple[Tensor, Tensor]:
    """Load the digits: images uint8 [1797, 1, height, width], labels int64 [1797].

    Args:
        image_size: height and width, 8 to 64; above 8 x 8 the digits are enlarged (bicubic).
    """
    height, width = image_size
    with np.load(Path(__file__).parent / "assets" / "digits.npz", allow_pickle=False) as arrays:
        digits = [Image.fromarray(pixels) for pixels in arrays["images"]]
        labels = torch.from_numpy(arrays["labels"].astype(np.int64))
    enlarged = [digit.resize((width, height), Image.Resampling.BICUBIC) for digit in digits]
    images = torch.from_numpy(np.stack([np.asarray(digit) for digit in enlarged]))
    return images.unsqueeze(1), labels
