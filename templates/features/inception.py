"""Features of Inception-v3 as in published FIDs (weights of 2015, through torch-fidelity)."""

import hashlib
import importlib
import os
from pathlib import Path

import torch
from torch import Tensor, nn

NEEDS = {"data:images": "it was trained on photographs"}
CLASS_LOGITS = True
INCEPTION_DIGEST = "6726825d"  # start of the file's SHA-256
INCEPTION_FILE = f"weights-inception-2015-12-05-{INCEPTION_DIGEST}.pth"
INCEPTION_URL = (
    f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{INCEPTION_FILE}"
)


class Inception(nn.Module):
    """Images [B, 1 or 3, H, W] in [-1, 1] -> features [B, 2048]; logits of 1008 classes."""

    resize = "bilinear to 299 x 299, as TensorFlow 1 does it"

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self._outputs(x)[0]

    def class_logits(self, x: Tensor) -> Tensor:
        """Logits [B, 1008] without their biases, as inception scores use them."""
        return self._outputs(x)[1]

    def _outputs(self, x: Tensor) -> tuple[Tensor, Tensor]:
        pixels = ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        features, logits = self.network(pixels.expand(-1, 3, -1, -1))
        return features, logits


def inception(shape: tuple[int, ...], device: torch.device, *, weights: str = "") -> nn.Module:
    """The network that published FID, KID and inception scores use; images of 1 or 3 channels.

    It needs the packages torch-fidelity and torchvision (of the version that fits this PyTorch) and
    a file of 91 MB, which is not downloaded here. Grey images become three equal channels.

    Args:
        weights: path of the file; empty takes it from where torch.hub keeps its downloads.

    Raises:
        ValueError: a package or the file is missing, or the images have other channels; the message
            says what to do.
    """
    if shape[0] not in (1, 3):
        raise ValueError(f"Inception takes 1 or 3 channels, the data has {shape[0]}")
    cache = os.environ.get("TORCH_HOME", "~/.cache/torch")
    path = Path(weights or Path(cache, "hub", "checkpoints", INCEPTION_FILE)).expanduser()
    if not path.is_file():
        raise ValueError(
            f"{path}: no Inception weights; download {INCEPTION_URL} to there, or set the option "
            "`weights` of the features `inception` to where they are"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(INCEPTION_DIGEST):
        raise ValueError(f"{path}: not the weights that papers use; download {INCEPTION_URL} again")
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"{path}: refused, it holds code instead of weights") from error
    try:
        library = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    except Exception as error:  # torchvision of another PyTorch fails with a RuntimeError
        raise ValueError(
            f"Inception needs torch-fidelity and a torchvision that fits PyTorch "
            f"{torch.__version__} ({error}); pip install torch-fidelity"
        ) from error
    outputs = ["2048", "logits_unbiased"]
    network = library.FeatureExtractorInceptionV3("inception", outputs, str(path))
    return Inception(network).to(device).eval()
