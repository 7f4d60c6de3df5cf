"""Feature extractors: what they are determined by, and that they tell what they should."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

TEMPLATES = Path(__file__).parents[1] / "templates"
NAMES = sorted(path.stem for path in (TEMPLATES / "features").glob("[a-z]*.py"))


def component(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"features_{name}", TEMPLATES / "features" / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TEMPLATES / "features"))  # for private libraries
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TEMPLATES / "features"))
    return module


MODULES = {name: component(name) for name in NAMES}
SHAPES = [(1, 28, 28), (3, 32, 20), (1, 8, 8), (2, 1, 3), (1, 40), (3, 7), (1, 12, 12, 9)]
VECTORS = [(1,), (6,)]


def labelled(shape: tuple[int, ...], samples: int) -> tuple[Tensor, Tensor]:
    """Noise around one picture per class, in [-1, 1]."""
    generator = torch.Generator().manual_seed(1)
    pictures = torch.rand(3, *shape, generator=generator) * 2 - 1
    labels = torch.arange(samples) % 3
    noise = 0.2 * torch.randn(samples, *shape, generator=generator)
    return (pictures[labels] + noise).clamp(-1, 1), labels


def extractor(name: str, shape: tuple[int, ...], **options: Any) -> nn.Module:
    make = getattr(MODULES[name], name)
    if name == "classifier":
        x, labels = labelled(shape, 30)
        module = make(x, labels, 3, **{"epochs": 1, **options})
    else:
        module = make(*[shape] * (name != "pixels"), **options)
    assert isinstance(module, nn.Module)
    return module


PLAIN = [name for name in NAMES if name != "inception"]
CASES = [
    (name, shape)
    for name in PLAIN
    for shape in [*SHAPES, *(VECTORS if name != "random_convolutions" else [])]
]


@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_features_of_every_shape(name: str, shape: tuple[int, ...]) -> None:
    module = extractor(name, shape)
    x = torch.rand(5, *shape) * 2 - 1
    features = module(x)
    assert features.shape[0] == 5
    assert features.dim() == 2
    assert features.dtype == torch.float32
    assert features.isfinite().all()
    assert module.resize == "none"
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())
    # Each sample on its own: the parts of a batch can be looked at one after the other.
    torch.testing.assert_close(torch.cat([module(x[:2]), module(x[2:])]), features)
    assert hasattr(MODULES[name], "CLASS_LOGITS") == hasattr(module, "class_logits")
    if hasattr(module, "class_logits"):
        assert module.class_logits(x).shape == (5, 3)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["classifier", "random_convolutions"])
def test_the_seed_alone_determines_them(name: str) -> None:
    x = torch.rand(4, 1, 8, 8)
    torch.manual_seed(1)
    first = extractor(name, (1, 8, 8))
    state = torch.get_rng_state()
    torch.manual_seed(2)
    second = extractor(name, (1, 8, 8))
    assert torch.equal(first(x), second(x))
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state()), "torch's own generator is left as it was"
    assert not torch.allclose(first(x), extractor(name, (1, 8, 8), seed=1)(x))


def test_one_extractor_is_the_default_of_images_and_of_vectors() -> None:
    default = {name: m.DEFAULT for name, m in MODULES.items() if hasattr(m, "DEFAULT")}
    maps = ["data:images", "data:signals", "data:voxels"]
    assert default == {"pixels": ["data:vectors"], "random_convolutions": maps}
    assert "data:vectors" in MODULES["random_convolutions"].FORBIDS


def test_pixels_are_the_samples() -> None:
    x = torch.rand(3, 2, 4, 5)
    assert torch.equal(extractor("pixels", (2, 4, 5))(x), x.reshape(3, 40))


def test_random_convolutions_keep_the_size_of_what_they_see() -> None:
    """Features neither vanish nor explode with depth, or the deep ones would not count."""
    module = extractor("random_convolutions", (3, 64, 64))
    parts = module(torch.randn(20, 3, 64, 64)).split([32, 64, 128, 256], dim=1)
    sizes = [part.square().mean().item() for part in parts]
    assert all(0.1 < size < 2 for size in sizes), sizes


def test_random_convolutions_tell_stripes_from_their_transpose() -> None:
    stripes = (torch.arange(16) // 2 % 2 * 2.0 - 1).expand(40, 1, 16, 16)
    x, y = (s + 0.1 * torch.randn(40, 1, 16, 16) for s in (stripes, stripes.transpose(2, 3)))
    module = extractor("random_convolutions", (1, 16, 16))
    means = [module(v).mean(dim=0) for v in (x, y)]
    spread = module(x).std(dim=0)
    assert ((means[0] - means[1]).abs() > 3 * spread).double().mean() > 0.5


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 16), (4,)])
def test_the_classifier_learns_and_says_how_well(shape: tuple[int, ...]) -> None:
    x, labels = labelled(shape, 400)
    judge = MODULES["classifier"].classifier(x, labels, 3, epochs=4)
    assert judge.accuracy > 0.95
    fresh, known = labelled(shape, 60)
    assert (judge.class_logits(fresh).argmax(dim=1) == known).double().mean() > 0.95


def test_the_accuracy_is_of_samples_that_were_held_out() -> None:
    """Labels by chance can be learnt by heart, and are not known of others."""
    generator = torch.Generator().manual_seed(0)
    x, labels = torch.rand(300, 4, generator=generator), torch.arange(300) % 3
    judge = MODULES["classifier"].classifier(x, labels, 3, epochs=30)
    assert judge.accuracy < 0.67
    with pytest.raises(ValueError, match="10 labelled samples at least, there are 9"):
        MODULES["classifier"].classifier(x[:9], labels[:9], 3)


def test_a_classifier_of_nobody_has_no_accuracy() -> None:
    assert math.isnan(sys.modules["_classifier"].Classifier((4,), 3, 0).accuracy)


def stacked(samples: int) -> tuple[Tensor, Tensor]:
    """Channels that are each noise around one of three pictures; the label in base 3."""
    pictures, digits = labelled((1, 6, 6), 2 * samples)
    order = torch.randperm(2 * samples, generator=torch.Generator().manual_seed(2))
    pairs = digits[order].reshape(samples, 2)
    return pictures[order].reshape(samples, 2, 6, 6), 3 * pairs[:, 0] + pairs[:, 1]


def test_channels_that_are_classified_one_by_one() -> None:
    x, labels = stacked(200)
    judge = MODULES["classifier"].classifier(x, labels, 9, channels="apart", epochs=4)
    assert judge.accuracy > 0.95
    assert (judge.class_logits(x).argmax(dim=1) == labels).double().mean() > 0.95
    assert judge.class_logits(x).exp().sum(dim=1).tolist() == pytest.approx([1.0] * 200, rel=1e-4)
    assert judge(x).shape == (200, 2 * 128)
    # Classes that it never saw together are made up of channels that it knows.
    seen = labels != 7
    partly = MODULES["classifier"].classifier(x[seen], labels[seen], 9, channels="apart", epochs=4)
    assert (partly.class_logits(x[~seen]).argmax(dim=1) == 7).double().mean() > 0.9


def test_channels_have_to_make_up_the_classes() -> None:
    x, labels = stacked(20)
    with pytest.raises(ValueError, match=r"10 classes are not made up of 2 channels .*together"):
        MODULES["classifier"].classifier(x, labels, 10, channels="apart")


# Inception, whose weights are not here: its surroundings


class Network(nn.Module):
    """Stands in for torch-fidelity's; remembers what it was given."""

    def __init__(self, name: str, outputs: list[str], path: str) -> None:
        super().__init__()
        self.arguments = (outputs, path)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        assert x.dtype == torch.uint8
        assert x.shape[1:] == (3, 4, 4)
        return x.float().flatten(1), x.float().mean(dim=(2, 3))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that passes for the weights."""
    path = tmp_path / "weights.pth"
    torch.save({"weight": torch.zeros(2)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(MODULES["inception"], "INCEPTION_DIGEST", digest[:8])
    return path


def inception(channels: int = 1, weights: str = "") -> Any:
    device = torch.device("cpu")
    return MODULES["inception"].inception((channels, 4, 4), device, weights=weights)


@pytest.mark.parametrize("channels", [1, 3])
def test_inception_sees_bytes_of_three_channels(
    weights: Path, monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    library = SimpleNamespace(FeatureExtractorInceptionV3=Network)
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", library)
    module = inception(channels, str(weights))
    assert module.network.arguments == (["2048", "logits_unbiased"], str(weights))
    x = torch.tensor([-1.0, 0.0, 1.0, 1.5]).repeat(2, channels, 4, 1)
    assert module(x)[0, :4].tolist() == [0, 128, 255, 255]
    assert module.class_logits(x).shape == (2, 3)
    assert "299" in module.resize


def test_inception_says_what_is_missing(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(ValueError, match=r"hub.checkpoints.*no Inception weights; download https"):
        inception()
    with pytest.raises(ValueError, match="1 or 3 channels, the data has 2"):
        inception(channels=2)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(ValueError, match=r"needs torch-fidelity .* pip install torch-fidelity"):
        inception(weights=str(weights))


def test_inception_refuses_other_weights(weights: Path) -> None:
    """They would give other scores under the same name."""
    weights.write_bytes(b"something else")
    with pytest.raises(ValueError, match="not the weights that papers use"):
        inception(weights=str(weights))


def test_inception_refuses_code(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch-fidelity would run it."""
    torch.save(nn.Identity(), weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    monkeypatch.setattr(MODULES["inception"], "INCEPTION_DIGEST", digest)
    with pytest.raises(ValueError, match="holds code instead of weights"):
        inception(weights=str(weights))
