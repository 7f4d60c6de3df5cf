"""Losses, penalties, optimizers, schedules, initializers: each against a formula of its own."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import inspect
import itertools
import math
import operator
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
import torch
import torch.nn.functional as F
import yaml
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

TEMPLATES = Path(__file__).parents[1] / "templates"
KINDS = ["losses", "penalties", "optimizers", "schedules", "initializers"]
FILES = [path for kind in KINDS for path in sorted((TEMPLATES / kind).glob("[a-z]*.py"))]
LOSSES, PENALTIES = (
    [path.stem for path in FILES if path.parent.name == kind] for kind in ("losses", "penalties")
)
LR = 3e-4


@pytest.fixture(autouse=True)
def _library_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("initializers", "losses", "penalties", "project"):
        monkeypatch.syspath_prepend(str(TEMPLATES / kind))
    torch.manual_seed(0)


def component(kind: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TEMPLATES / kind / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def public(kind: str, name: str) -> Callable[..., Any]:
    function = getattr(component(kind, name), name)
    assert callable(function)
    return function  # type: ignore[no-any-return]


# The contract of every file


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_option_is_typed_and_described_and_nothing_else_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    first_line = (ast.get_docstring(tree) or "").partition("\n")[0]
    assert first_line.endswith(".")
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for function in [*tree.body, *(method for owner in classes for method in owner.body)]:
        if not isinstance(function, ast.FunctionDef):
            continue
        doc = ast.get_docstring(function) or ""
        described = set(re.findall(r"^    (\w+): ", doc.partition("Args:")[2], re.MULTILINE))
        assert described == {argument.arg for argument in function.args.kwonlyargs}
        every = [a for a in function.args.args + function.args.kwonlyargs if a.arg != "self"]
        assert all(argument.annotation is not None for argument in every)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_defaults_lie_within_their_own_bounds(path: Path) -> None:
    for function in own_functions(component(path.parent.name, path.stem)):
        hints = get_type_hints(function, include_extras=True)
        for option in inspect.signature(function).parameters.values():
            if option.default is inspect.Parameter.empty:
                continue
            hint, value = hints[option.name], option.default
            parts = (
                zip(get_args(hint), value, strict=True)
                if isinstance(value, tuple)
                else [(hint, value)]
            )
            assert all(within(part, number) for part, number in parts), option.name


def own_functions(module: ModuleType) -> list[Callable[..., Any]]:
    """The functions that a file defines, and the constructors of its classes."""
    own = [value for value in vars(module).values() if hasattr(value, "__module__")]
    own = [value for value in own if value.__module__ == module.__name__]
    return [value.__init__ if inspect.isclass(value) else value for value in own]


def within(hint: Any, number: float) -> bool:
    """Whether a number obeys the bounds of its `Annotated` type."""
    compare = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
    bounds = [dataclasses.asdict(bound) for bound in getattr(hint, "__metadata__", ())]
    return all(compare[sign](number, limit) for b in bounds for sign, limit in b.items())


# Losses


def wire(loss: ModuleType, function: str, **ports: Any) -> Any:
    """Call a function of a loss with the ports that it asks for, as train.py does."""
    called = getattr(loss, function)
    asked = inspect.signature(called).parameters.values()
    return called(*[ports[port.name] for port in asked if port.kind is not port.KEYWORD_ONLY])


def memory(loss: ModuleType) -> dict[str, nn.Module]:
    """The state of a loss that has one, as it is somewhere in a run."""
    if not hasattr(loss, "Balance"):
        return {}
    balance = loss.Balance()
    balance.k.fill_(0.5)
    return {"balance": balance}


def test_what_the_losses_need_and_forbid() -> None:
    """Differences of logits are all that a relativistic or Wasserstein loss looks at."""
    declared = {
        name: (sorted(getattr(loss, "NEEDS", {})), sorted(getattr(loss, "FORBIDS", {})))
        for name in LOSSES
        for loss in [component("losses", name)]
    }
    bounded, energy = "discriminator:bounded_output", "discriminator:energy"
    assert declared == {
        "boundary_equilibrium": ([energy], []),
        "energy_based": ([energy], []),
        "hinge": ([], [bounded, energy]),
        "ibm": (["discriminator:bounded_output"], []),
        "least_squares": ([], [bounded, energy]),
        "minimax": ([], [bounded, energy]),
        "non_saturating": ([], [bounded, energy]),
        "relativistic_average": ([], [bounded]),
        "relativistic_average_hinge": ([], [bounded]),
        "relativistic_average_least_squares": ([], [bounded]),
        "relativistic_pairing": ([], [bounded, "training:unequal_batches"]),
        "wasserstein": (["discriminator:lipschitz"], [bounded]),
    }


@pytest.mark.parametrize("name", LOSSES)
def test_the_two_sides_pull_the_right_way(name: str) -> None:
    loss = component("losses", name)
    real = torch.rand(16, requires_grad=True)  # between least squares' labels
    fake = torch.rand(16, requires_grad=True)
    ports = {"real_logits": real, "fake_logits": fake, **memory(loss)}
    d_loss = wire(loss, "discriminator_loss", **ports)
    g_loss = wire(loss, "generator_loss", **ports)
    assert d_loss.shape == g_loss.shape == ()
    (to_real,) = torch.autograd.grad(d_loss, real, retain_graph=True)
    (to_fake,) = torch.autograd.grad(d_loss, fake)
    assert (to_real < 0).all(), "raising D(real) must lower the discriminator's loss"
    assert (to_fake > 0).all(), "raising D(G(z)) must raise the discriminator's loss"
    (to_fake,) = torch.autograd.grad(g_loss, fake)
    assert (to_fake < 0).all(), "raising D(G(z)) must lower the generator's loss"


@pytest.mark.parametrize("name", LOSSES)
def test_one_step_of_each_network_moves_the_logits_the_right_way(name: str) -> None:
    loss = component("losses", name)
    x, start = torch.tensor([[1.0], [2.0]]), torch.tensor([[-1.0], [-0.5]])
    slope, shift = torch.tensor(0.1, requires_grad=True), torch.zeros((), requires_grad=True)

    def ports() -> dict[str, Any]:
        logits = [(slope * samples).sigmoid().flatten() for samples in (x, start + shift)]
        return {"real_logits": logits[0], "fake_logits": logits[1], **memory(loss)}

    before = ports()
    (gradient,) = torch.autograd.grad(wire(loss, "discriminator_loss", **before), slope)
    with torch.no_grad():
        slope -= 0.1 * gradient
    between = ports()
    assert (between["real_logits"] > before["real_logits"]).all()
    assert (between["fake_logits"] < before["fake_logits"]).all()
    (gradient,) = torch.autograd.grad(wire(loss, "generator_loss", **between), shift)
    with torch.no_grad():
        shift -= 0.1 * gradient
    assert (ports()["fake_logits"] > between["fake_logits"]).all()


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_means_over_the_batch(name: str) -> None:
    loss = component("losses", name)
    real, fake = torch.rand(8), torch.rand(8)
    state = memory(loss)
    for function in ("discriminator_loss", "generator_loss"):
        once = wire(loss, function, real_logits=real, fake_logits=fake, **state)
        logits = {"real_logits": real.repeat(3), "fake_logits": fake.repeat(3)}
        torch.testing.assert_close(wire(loss, function, **logits, **state), once)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_cross_entropy_losses_are_the_papers_logarithms(name: str) -> None:
    loss = component("losses", name)
    real, fake = torch.randn(64, dtype=torch.float64), torch.randn(64, dtype=torch.float64)
    p_real, p_fake = torch.sigmoid(real), torch.sigmoid(fake)
    value = p_real.log().mean() + (1 - p_fake).log().mean()  # eq. 1
    torch.testing.assert_close(loss.discriminator_loss(real, fake), -value)
    g_loss = (1 - p_fake).log().mean() if name == "minimax" else -p_fake.log().mean()
    torch.testing.assert_close(loss.generator_loss(fake), g_loss)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_cross_entropy_losses_stay_finite_where_the_logarithm_does_not(name: str) -> None:
    loss = component("losses", name)
    sure = torch.tensor([1e4])
    assert loss.discriminator_loss(-sure, sure).item() == pytest.approx(2e4)
    assert loss.generator_loss(sure).isfinite()
    assert loss.generator_loss(-sure).isfinite()


def test_only_the_non_saturating_gradient_survives_a_sure_discriminator() -> None:
    def gradient(name: str) -> float:
        fake = torch.tensor([-12.0], requires_grad=True)
        component("losses", name).generator_loss(fake).backward()
        assert fake.grad is not None
        return fake.grad.item()

    assert gradient("non_saturating") == pytest.approx(-1, abs=1e-4)
    assert abs(gradient("minimax")) < 1e-4


@pytest.mark.parametrize("real_label", [1.0, 0.9])
def test_label_smoothing_is_one_sided_cross_entropy(real_label: float) -> None:
    real, fake = torch.randn(64), torch.randn(64)
    expected = F.binary_cross_entropy_with_logits(real, torch.full_like(real, real_label))
    expected += F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    loss = component("losses", "non_saturating")
    torch.testing.assert_close(loss.discriminator_loss(real, fake, real_label=real_label), expected)


def test_least_squares_has_its_halves() -> None:
    loss = component("losses", "least_squares")
    real, fake = torch.randn(64), torch.randn(64)
    expected = F.mse_loss(real, torch.ones(64)) / 2 + F.mse_loss(fake, torch.zeros(64)) / 2
    torch.testing.assert_close(loss.discriminator_loss(real, fake), expected)
    torch.testing.assert_close(loss.generator_loss(fake), F.mse_loss(fake, torch.ones(64)) / 2)


def test_least_squares_with_the_labels_of_eq_8() -> None:
    loss = component("losses", "least_squares")
    real, fake = torch.tensor([3.0]), torch.tensor([2.0])
    assert loss.discriminator_loss(real, fake, real_label=1.0, fake_label=-1.0) == (4 + 9) / 2
    assert loss.generator_loss(fake, target_label=0.0) == 2


def test_wasserstein_and_hinge_values() -> None:
    real, fake = torch.tensor([3.0, 0.5]), torch.tensor([-2.0, 0.25])
    wasserstein, hinge = component("losses", "wasserstein"), component("losses", "hinge")
    assert wasserstein.discriminator_loss(real, fake) == -0.875 - 1.75
    assert hinge.discriminator_loss(real, fake) == 0.25 + 0.625
    assert wasserstein.generator_loss(fake) == hinge.generator_loss(fake) == 0.875


def test_hinge_ignores_what_is_beyond_its_margins() -> None:
    assert component("losses", "hinge").discriminator_loss(torch.tensor([5.0]), -torch.ones(1)) == 0


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_label_smoothing_may_be_two_sided(name: str) -> None:
    real, fake = torch.randn(64), torch.randn(64)
    expected = F.binary_cross_entropy_with_logits(real, torch.full_like(real, 0.8))
    expected += F.binary_cross_entropy_with_logits(fake, torch.full_like(fake, 0.1))
    found = component("losses", name).discriminator_loss(real, fake, real_label=0.8, fake_label=0.1)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_some_labels_are_swapped_each_on_its_own(name: str) -> None:
    loss = component("losses", name)
    real = torch.full((20_000,), 3.0, requires_grad=True)
    fake = torch.full((20_000,), -3.0, requires_grad=True)
    found = loss.discriminator_loss(real, fake, flip=0.2)
    for logits, downwards in zip(torch.autograd.grad(found, [real, fake]), (0.2, 0.8), strict=True):
        share = (logits > 0).float().mean().item()
        assert share == pytest.approx(downwards, abs=0.02)
    smooth = loss.discriminator_loss(real, fake, real_label=0.8, fake_label=0.2)
    assert found.item() == pytest.approx(smooth.item(), rel=0.05), "in expectation it smooths"


def test_without_swapping_no_random_number_is_drawn() -> None:
    state = torch.get_rng_state()
    component("losses", "non_saturating").discriminator_loss(torch.randn(0), torch.randn(0))
    assert torch.get_rng_state().equal(state)


def test_relativistic_losses_against_pytorchs_criteria() -> None:
    real, fake = torch.randn(64), torch.randn(64)
    one, zero = torch.ones(64), torch.zeros(64)
    over, under = real - fake.mean(), fake - real.mean()
    entropy = F.binary_cross_entropy_with_logits
    expected = {
        "relativistic_average": (
            entropy(over, one) + entropy(under, zero),
            entropy(over, zero) + entropy(under, one),
        ),
        "relativistic_average_least_squares": (
            F.mse_loss(over, one) + F.mse_loss(under, -one),
            F.mse_loss(over, -one) + F.mse_loss(under, one),
        ),
        "relativistic_average_hinge": (
            (1 - over).clamp(min=0).mean() + (1 + under).clamp(min=0).mean(),
            (1 + over).clamp(min=0).mean() + (1 - under).clamp(min=0).mean(),
        ),
        "relativistic_pairing": (entropy(real - fake, one), entropy(fake - real, one)),
    }
    for name, (d_loss, g_loss) in expected.items():
        loss = component("losses", name)
        torch.testing.assert_close(loss.discriminator_loss(real, fake), d_loss)
        torch.testing.assert_close(loss.generator_loss(fake, real), g_loss)
        shifted = loss.discriminator_loss(real + 7, fake + 7)
        torch.testing.assert_close(shifted, d_loss)


def test_energy_based_loss_has_a_margin_for_fakes_only() -> None:
    loss = component("losses", "energy_based")
    real, fake = -torch.tensor([0.5, 1.5]), -torch.tensor([2.0, 5.0])
    assert loss.discriminator_loss(real, fake, margin=3.0) == 1.0 + 0.5
    assert loss.generator_loss(fake) == 3.5


def test_boundary_equilibrium_follows_the_papers_control() -> None:
    loss = component("losses", "boundary_equilibrium")
    balance = loss.Balance(gamma=0.5, k_step=0.1)
    real, fake = -torch.tensor([2.0, 4.0]), -torch.tensor([0.5, 1.5])
    assert loss.discriminator_loss(real, fake, balance) == 3.0, "k starts at 0"
    loss.after_discriminator_step(balance, real, fake)
    assert balance.k.item() == pytest.approx(0.1 * (0.5 * 3 - 1))
    assert loss.discriminator_loss(real, fake, balance).item() == pytest.approx(3 - 0.05)
    before = balance.metrics()
    assert before["convergence"].item() == pytest.approx(3 + 0.5)
    for _ in range(100):
        loss.after_discriminator_step(balance, real, fake)
    assert balance.k == 1, "never above"
    assert before["k"].item() == pytest.approx(0.05), "what was logged stays"
    loss.after_discriminator_step(balance, real, 1000 * fake)
    assert balance.k == 0, "never below"
    assert list(balance.state_dict()) == ["k", "convergence"]
    assert not list(balance.parameters())


def test_boundary_equilibrium_is_the_same_in_every_process() -> None:
    loss = component("losses", "boundary_equilibrium")
    others = {3.0: 5.0, 1.0: 2.0}  # what the other process has where this one has the key
    loss.average_over_processes = lambda value: (value + others[value.item()]) / 2
    balance = loss.Balance(gamma=0.5, k_step=0.1)
    balance.update(-torch.full((4,), 3.0), -torch.ones(4))
    assert balance.k.item() == pytest.approx(0.1 * (0.5 * 4 - 1.5))


IBM = ["bce", "mse", "mean"]


@pytest.mark.parametrize("w_loss", [0, 1])
@pytest.mark.parametrize(("discriminator", "generator"), [*itertools.product(IBM, IBM)])
def test_the_ibm_toolkits_pairs_as_its_trainer_writes_them(
    w_loss: int, discriminator: str, generator: str
) -> None:
    criteria: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "bce": nn.BCELoss(),
        "mse": nn.MSELoss(),
        "mean": lambda values, _: values.mean(),
    }
    real, fake = torch.rand(8), torch.rand(8)
    one, zero = torch.ones(8), torch.zeros(8)
    d, g = criteria[discriminator], criteria[generator]
    expected = -d(real, one) + d(fake, zero) if w_loss else (d(real, one) + d(fake, zero)) / 2
    loss = component("losses", "ibm")
    found = loss.discriminator_loss(real, fake, w_loss=w_loss, discriminator=discriminator)
    torch.testing.assert_close(found, expected)
    found = loss.generator_loss(fake, w_loss=w_loss, generator=generator)
    torch.testing.assert_close(found, -g(fake, one) if w_loss else g(fake, one))


# Penalties

BATCH, LIPSCHITZ = "discriminator:batch_statistics", "discriminator:lipschitz"
DISCRIMINATOR = "discriminator_loss"


def test_what_the_penalties_declare() -> None:
    found = {}
    for name in PENALTIES:
        module = component("penalties", name)
        found[name] = (
            module.WHERE,
            getattr(module, "GIVES", []),
            sorted([*getattr(module, "NEEDS", {}), *getattr(module, "FORBIDS", {})]),
            getattr(module, "LAZY", False),
        )
    assert found == {
        "balanced_consistency": (DISCRIMINATOR, [], ["data:images"], False),
        "consistency": (DISCRIMINATOR, [], ["data:images"], False),
        "dragan": (DISCRIMINATOR, [], [BATCH], False),
        "drift": (DISCRIMINATOR, [], [], False),
        "feature_matching": ("generator_loss", [], [], False),
        "gradient_penalty": (DISCRIMINATOR, [LIPSCHITZ], [BATCH], False),
        "historical_averaging": ("network_loss", [], [], False),
        "ibm_gradient_penalty": (DISCRIMINATOR, [], [], False),
        "latent_consistency": (
            {
                "discriminator_latent_consistency": DISCRIMINATOR,
                "generator_latent_consistency": "generator_loss",
            },
            [],
            ["discriminator:packs", "latent:noise"],
            False,
        ),
        "lecam": (DISCRIMINATOR, [], [], False),
        "mutual_information": (
            {"mutual_information": [DISCRIMINATOR, "generator_loss"]},
            [],
            ["discriminator:packs", "latent:codes"],
            False,
        ),
        "orthogonal": ("network_loss", [], [], False),
        "path_length": ("generator_loss", [], ["generator:batch_statistics", "latent:noise"], True),
        "pull_away": ("generator_loss", [], [], False),
        "r1": (DISCRIMINATOR, [], [BATCH], True),
        "r2": (DISCRIMINATOR, [], [BATCH], True),
        "weight_clipping": ("after_discriminator_step", [LIPSCHITZ], [], False),
    }


@pytest.mark.parametrize("name", PENALTIES)
def test_every_penalty_brings_a_test_that_passes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "losses", component("penalties", name))
    tests = vars(component("penalties/tests", name))
    names = [test for test in tests if test.startswith("test_")]
    assert names
    for test in names:
        tests[test]()


def linear_critic(weight: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda x: (x * weight).flatten(1).sum(1)


def small_critic() -> nn.Sequential:
    """Of images [3, 2, 2]; smooth, so that its gradient has a gradient."""
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))


def weight_gradients(network: nn.Module) -> list[Tensor]:
    found = [layer.weight.grad for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert all(gradient is not None for gradient in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("shape", [(2,), (3, 4, 5)])
@pytest.mark.parametrize(("weight", "target"), [(10.0, 1.0), (0.1, 0.0)])
def test_gradient_penalty_of_a_linear_critic(
    shape: tuple[int, ...], weight: float, target: float
) -> None:
    slope = torch.randn(shape)
    real, fake = torch.randn(6, *shape), torch.randn(6, *shape)
    penalty = public("penalties", "gradient_penalty")
    found = penalty(linear_critic(slope), real, fake, weight=weight, target=target)
    norm = math.sqrt(sum(value**2 for value in slope.flatten().tolist()))
    assert found.shape == ()
    assert found.item() == pytest.approx(weight * (norm - target) ** 2, rel=1e-5)


def test_gradient_penalty_takes_the_norm_of_each_sample_over_all_its_values() -> None:
    """D(x) = a * sum(x) with another a per sample: norms a * sqrt(12), squared apart from 1."""
    slopes = torch.tensor([0.1, 0.5, 2.0])
    x = torch.zeros(3, 3, 2, 2)

    def critic(images: Tensor) -> Tensor:
        return slopes * images.flatten(1).sum(1)

    found = public("penalties", "gradient_penalty")(critic, x, x + 1, weight=1.0).item()
    norms = slopes * math.sqrt(12)
    assert found == pytest.approx(((norms - 1) ** 2).mean().item(), rel=1e-5)
    gradient = slopes.reshape(3, 1, 1, 1).expand(3, 3, 2, 2)
    over_channels = ((gradient.norm(dim=1) - 1) ** 2).mean().item()
    over_batch = (gradient.norm() - 1).square().item()
    assert found != pytest.approx(over_channels, rel=0.05)
    assert found != pytest.approx(over_batch, rel=0.05)


def test_gradient_penalty_looks_between_each_pair_at_a_place_of_its_own() -> None:
    seen: list[Tensor] = []

    def critic(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return x.flatten(1).sum(1)

    public("penalties", "gradient_penalty")(
        critic, torch.zeros(64, 3, 4, 4), torch.ones(64, 3, 4, 4)
    )
    (x,) = seen
    assert x.min() >= 0
    assert x.max() <= 1
    places = x.flatten(1)
    assert (places == places[:, :1]).all(), "one place on the line for all values of a sample"
    assert len(set(places[:, 0].tolist())) == 64, "and another for every sample"


@pytest.mark.parametrize("name", ["gradient_penalty", "ibm_gradient_penalty", "dragan", "r1", "r2"])
def test_penalties_of_gradients_can_be_differentiated_again(name: str) -> None:
    critic = small_critic()
    fake = torch.randn(5, 3, 2, 2, requires_grad=True)
    ports = {"discriminator": critic, "real": torch.randn(5, 3, 2, 2), "fake": fake}
    ports["fake_discriminator"] = critic
    penalty = public("penalties", name)
    asked = inspect.signature(penalty).parameters
    penalty(**{port: value for port, value in ports.items() if port in asked}).backward()
    assert all(g.isfinite().all() and g.any() for g in weight_gradients(critic))
    assert fake.grad is None, "the generator's graph has no part in it"


@pytest.mark.parametrize(("sided", "expected"), [("two", 0.25), ("one", 0.0)])
def test_gradient_penalty_may_be_one_sided(sided: str, expected: float) -> None:
    penalty = public("penalties", "gradient_penalty")
    x = torch.zeros(4, 1)
    flat, steep = linear_critic(torch.tensor([0.5])), linear_critic(torch.tensor([3.0]))
    assert penalty(flat, x, x, weight=1.0, sided=sided).item() == pytest.approx(expected)
    assert penalty(steep, x, x, weight=1.0, sided=sided).item() == pytest.approx(4)


def test_gradient_penalty_survives_a_critic_without_slope() -> None:
    critic = nn.Linear(2, 1)
    nn.init.zeros_(critic.weight)
    penalty = public("penalties", "gradient_penalty")
    penalty(lambda x: critic(x).squeeze(1), torch.randn(4, 2), torch.randn(4, 2)).backward()
    assert critic.weight.grad is not None
    assert critic.weight.grad.isfinite().all()


@pytest.mark.parametrize("shape", [(2,), (3, 4, 5)])
def test_r1_of_a_quadratic_critic(shape: tuple[int, ...]) -> None:
    """D(x) = |x|^2 has gradient 2x: gamma / 2 * E|2x|^2."""
    real = torch.randn(6, *shape)
    found = public("penalties", "r1")(lambda x: x.square().flatten(1).sum(1), real, weight=3.0)
    expected = 3.0 / 2 * sum((2 * v) ** 2 for v in real.flatten().tolist()) / 6
    assert found.item() == pytest.approx(expected, rel=1e-5)
    assert not real.requires_grad, "the batch itself is left alone"


def test_r1_can_be_differentiated_again() -> None:
    scale = torch.tensor(2.0, requires_grad=True)
    real = torch.randn(7, 3)
    public("penalties", "r1")(lambda x: scale * x.sum(1), real, weight=1.0).backward()
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(6)  # d/ds of s^2 * 3 / 2


def test_weight_clipping_clamps_every_parameter_in_place() -> None:
    first = nn.Conv2d(3, 4, 3)
    critic = nn.Sequential(first, nn.BatchNorm2d(4), nn.Linear(4, 1))
    kept = [parameter.data_ptr() for parameter in critic.parameters()]
    assert public("penalties", "weight_clipping")(critic, limit=0.05) is None
    assert kept == [parameter.data_ptr() for parameter in critic.parameters()]
    assert max(parameter.abs().max().item() for parameter in critic.parameters()) <= 0.05 + 1e-9
    assert first.weight.abs().min() < 0.05, "what is inside stays as it is"


def test_r2_is_r1_of_the_fakes() -> None:
    fake = torch.randn(6, 3, 4)
    critic = linear_critic(torch.randn(3, 4))
    r1, r2 = public("penalties", "r1"), public("penalties", "r2")
    torch.testing.assert_close(r2(critic, fake, weight=3.0), r1(critic, fake, weight=3.0))


def test_dragan_looks_around_real_samples_as_far_as_half_a_deviation() -> None:
    seen: list[Tensor] = []

    def critic(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return x.flatten(1).sum(1)

    real = torch.randn(2_000, 3, 4)
    found = public("penalties", "dragan")(critic, real, weight=10.0, target=2.0)
    assert found.item() == pytest.approx(10 * (math.sqrt(12) - 2) ** 2, rel=1e-4)
    noise = (seen[0] - real) / (0.5 * real.std())
    assert 0 <= noise.min() < 0.01
    assert 0.95 < noise.max() <= 1
    assert noise.mean().item() == pytest.approx(0.25, abs=0.01)  # two factors of mean 1/2
    assert noise.std(dim=(1, 2)).min() > 0, "other noise for every value"
    largest = noise.amax((1, 2))
    assert largest.std() > 0.2, "and another reach for every sample"


def test_drift_draws_scores_of_real_samples_to_zero() -> None:
    logits = torch.tensor([2.0, -4.0], requires_grad=True)
    found = public("penalties", "drift")(logits)
    assert found.item() == pytest.approx(0.001 * 10)
    found.backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == pytest.approx([0.002, -0.004])


def test_lecam_by_hand() -> None:
    module = component("penalties", "lecam")
    lecam = module.LeCam(weight=0.3, decay=0.9, start=3)
    real, fake = torch.tensor([2.0, 4.0], requires_grad=True), torch.tensor([-2.0, 0.0])
    for step in range(3):
        assert lecam(real + step, fake - step, step) == 0
    averages = [lecam.real_average.item(), lecam.fake_average.item()]
    assert averages == [5, -3], "until it starts they are those of the newest batch"
    found = lecam(real, fake, 3)
    real_average, fake_average = 0.9 * 5 + 0.1 * 3, 0.9 * -3 + 0.1 * -1
    expected = ((2 - fake_average) ** 2 + (4 - fake_average) ** 2) / 2
    expected += ((real_average + 2) ** 2 + real_average**2) / 2
    assert found.item() == pytest.approx(0.3 * expected, rel=1e-5)
    found.backward()
    assert real.grad is not None
    assert (real.grad > 0).all(), "real logits are drawn down"
    wrong_way_round = lecam(torch.full((2,), -50.0), torch.full((2,), 50.0), 4)
    assert wrong_way_round == 0
    assert list(lecam.state_dict()) == ["real_average", "fake_average"]
    before = lecam.metrics()["real_average"]
    lecam(real, fake, 5)
    assert before != lecam.real_average, "what was logged stays"


@pytest.mark.parametrize("name", ["lecam", "path_length"])
def test_averages_are_over_all_processes(name: str) -> None:
    module = component("penalties", name)
    module.average_over_processes = lambda value: torch.full_like(value, 8.0)
    if name == "lecam":
        lecam = module.LeCam(start=1)
        lecam(torch.randn(4), torch.randn(4), 0)
        assert (lecam.real_average, lecam.fake_average) == (8, 8)
    else:
        path_length = module.PathLength(decay=0.5)
        path_length(lambda z: z[:, :, None], torch.randn(4, 3))
        assert path_length.average == 4


def test_flip_and_shift_moves_each_image_on_its_own() -> None:
    change = importlib.import_module("_flip_and_shift").flip_and_shift
    size, count = (7, 9), 4_000
    x = torch.arange(63.0).reshape(1, 1, *size).expand(count, 2, *size)
    found = change(x, 2)
    assert found.shape == x.shape
    assert found[:, 0].equal(found[:, 1]), "channels move together"
    assert change(x, 0)[:, :, :, 4].equal(x[:, :, :, 4]), "the middle of a mirrored image"
    differences = {tuple(image) for image in found[:, 0].flatten(1).tolist()}
    assert len(differences) == 5 * 5 * 2
    image = found[0, 0]
    rows, columns = (image[:, 0] // 9).tolist(), (image[0] % 9).tolist()
    assert sorted(rows) == rows, "never upside down"
    assert columns in (sorted(columns), sorted(columns, reverse=True))


def test_consistency_by_hand() -> None:
    """An even image stays as it is; of a ramp D sees the shift and the mirroring."""
    consistency = public("penalties", "consistency")
    ramp = torch.arange(8.0).expand(5_000, 1, 8, 8)

    def edge(x: Tensor) -> Tensor:
        return x[:, 0, 0, 0]

    assert consistency(edge, torch.ones(4, 1, 8, 8), torch.ones(4)) == 0
    found = consistency(edge, ramp, edge(ramp), weight=2.0, shift=0).item()
    assert found == pytest.approx(2 * 49 / 2, rel=0.1)
    found = consistency(edge, ramp, edge(ramp), weight=1.0, shift=1).item()
    expected = [0, 0, 1, 49, 49, 36]  # offsets -1, 0, 1; then mirrored, where they go the other way
    assert found == pytest.approx(sum(expected) / 6, rel=0.1)


def test_consistency_trains_the_discriminator_from_both_sides() -> None:
    critic = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0))
    real = torch.randn(4, 1, 8, 8)
    logits = critic(real)
    logits.retain_grad()
    public("penalties", "consistency")(critic, real, logits).backward()
    assert logits.grad is not None
    assert logits.grad.any()
    assert all(g.any() for g in weight_gradients(critic))


def test_balanced_consistency_weighs_its_halves() -> None:
    balanced = public("penalties", "balanced_consistency")
    x = torch.arange(8.0).expand(5_000, 1, 8, 8)
    fake = (2 * x).requires_grad_()

    def edge(x: Tensor) -> Tensor:
        return x[:, 0, 0, 0]

    found = balanced(
        edge, edge, x, fake, edge(x), edge(2 * x), real_weight=1.0, fake_weight=10.0, shift=0
    )
    assert found.item() == pytest.approx(49 / 2 + 10 * 4 * 49 / 2, rel=0.1)
    assert not found.requires_grad, "the generator's graph has no part in it"


def test_latent_consistency_trains_one_network_at_a_time() -> None:
    module = component("penalties", "latent_consistency")
    generator, critic = nn.Linear(3, 2), nn.Linear(2, 1)
    z = torch.randn(64, 3)
    d_term = module.discriminator_latent_consistency(
        lambda x: critic(x).flatten(), generator, z, sigma=0.5
    )
    d_term.backward()
    assert d_term > 0
    assert generator.weight.grad is None
    assert weight_gradients(critic)[0].any()
    g_term = module.generator_latent_consistency(generator, z, sigma=0.5)
    g_term.backward()
    assert g_term < 0
    product = (weight_gradients(generator)[0] * generator.weight).sum()
    assert product < 0, "larger weights lower it: fakes move apart"


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(5, 4),
        nn.Conv2d(3, 4, 3),
        nn.ConvTranspose2d(3, 4, 3),
        spectral_norm(nn.Linear(5, 4)),
        weight_norm(nn.Linear(5, 4)),
    ],
    ids=["linear", "conv", "conv_transpose", "spectral_norm", "weight_norm"],
)
def test_orthogonal_counts_products_of_different_filters(layer: nn.Module) -> None:
    stored = dict(layer.named_parameters())
    keys = ["weight", "parametrizations.weight.original", "parametrizations.weight.original1"]
    weight = next(stored[key] for key in keys if key in stored)
    filters = list(weight.unbind(1 if isinstance(layer, nn.ConvTranspose2d) else 0))
    assert len(filters) == 4
    pairs = itertools.permutations(filters, 2)
    expected = sum((one * other).sum().item() ** 2 for one, other in pairs)
    network = nn.ModuleList([nn.Embedding(9, 9), nn.BatchNorm1d(4), nn.Sequential(layer)])
    orthogonal = public("penalties", "orthogonal")
    assert orthogonal(network, weight=0.5).item() == pytest.approx(0.5 * expected, rel=1e-4)


def test_orthogonal_leaves_lengths_free() -> None:
    layer = nn.Linear(8, 4)
    nn.init.orthogonal_(layer.weight, gain=3)
    assert public("penalties", "orthogonal")(layer, weight=1.0).item() == pytest.approx(0, abs=1e-8)


def test_path_length_of_a_linear_generator() -> None:
    """For samples A z the length is |A^T y|, y over the square root of the number of pixels."""
    matrix = torch.randn(3 * 4 * 5, 6)
    path_length = component("penalties", "path_length").PathLength(weight=2.0, decay=0.25)

    def generator(z: Tensor) -> Tensor:
        return (z @ matrix.t()).reshape(-1, 3, 4, 5)

    torch.manual_seed(1)
    found = path_length(generator, torch.randn(7, 6))
    torch.manual_seed(1)
    torch.randn(7, 6)
    y = torch.randn(7, 3, 4, 5).flatten(1) / math.sqrt(4 * 5)
    lengths = (y @ matrix).norm(dim=1)
    average = 0.25 * lengths.mean()
    assert path_length.average.item() == pytest.approx(average.item(), rel=1e-5)
    expected = 2 * (lengths - average).square().mean()
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)


def test_path_length_trains_the_generator_and_remembers_its_average() -> None:
    generator = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 6), nn.Unflatten(1, (3, 2)))
    path_length = component("penalties", "path_length").PathLength()
    z = torch.randn(16, 4)
    for _ in range(2):  # the average changes in place while a graph may hold it
        path_length(generator, z).backward()
    assert all(g.isfinite().all() and g.any() for g in weight_gradients(generator))
    assert not z.requires_grad, "the batch itself is left alone"
    assert list(path_length.state_dict()) == ["average"]
    assert not path_length.average.requires_grad
    before = path_length.metrics()["path_length"]
    path_length(generator, z)
    assert before != path_length.average, "what was logged stays"


def test_feature_matching_pulls_the_generator_only() -> None:
    real = torch.randn(8, 5, requires_grad=True)
    fake = torch.randn(4, 5, requires_grad=True)
    found = public("penalties", "feature_matching")(real, fake, weight=3.0)
    expected = 3 * sum((real.mean(0) - fake.mean(0))[i].item() ** 2 for i in range(5))
    assert found.item() == pytest.approx(expected, rel=1e-5)
    found.backward()
    assert real.grad is None
    assert fake.grad is not None
    assert fake.grad.any()


def test_historical_averaging_pulls_back_to_the_mean() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    history = component("penalties", "historical_averaging").HistoricalAveraging(
        network, weight=0.5
    )
    assert not list(history.parameters())
    start = [parameter.detach().clone() for parameter in network.parameters()]
    seen = []
    for move in (0.0, 3.0, -1.0):
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), start, strict=True):
                parameter.copy_(value + move)
        seen.append(history(network).item())
    count = sum(parameter.numel() for parameter in start)
    expected = [0, 0.5 * count * 3**2, 0.5 * count * (-1 - 1.5) ** 2]
    assert seen == pytest.approx(expected, rel=1e-4)
    again = component("penalties", "historical_averaging").HistoricalAveraging(network, weight=0.5)
    again.load_state_dict(history.state_dict())
    found = again(network)
    found.backward()
    assert found.item() == pytest.approx(0.5 * count * (-1 - 2 / 3) ** 2, rel=1e-4)
    assert all((parameter.grad < 0).all() for parameter in network.parameters())


def test_pull_away_by_hand() -> None:
    features = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]], requires_grad=True)
    pull_away = public("penalties", "pull_away")
    found = pull_away(features, weight=1.0)
    assert found.item() == pytest.approx((0 + 0.5 + 0.5) * 2 / 6)
    found.backward()
    assert pull_away(features[:1]) == 0, "one fake has no other"
    assert pull_away(torch.zeros(3, 2)).isfinite()


def test_mutual_information_by_hand() -> None:
    module = component("penalties", "mutual_information")
    noise, values = torch.randn(6, 5), 2 * torch.rand(6, 2) - 1
    first, second = torch.randint(3, (6,)), torch.randint(4, (6,))
    z = torch.cat([noise, F.one_hot(first, 3), F.one_hot(second, 4), values], dim=1)
    guesses = torch.randn(6, 9, requires_grad=True)
    found = module.mutual_information(guesses, z, (3, 4), 2, weight=2.0, continuous_weight=0.1)
    likelihood = torch.distributions.Normal(guesses[:, 7:], 1).log_prob(values)
    constant = math.log(2 * math.pi) / 2
    expected = 2 * F.cross_entropy(guesses[:, :3], first)
    expected += 2 * F.cross_entropy(guesses[:, 3:7], second)
    expected -= 0.1 * (likelihood + constant).sum(1).mean()
    torch.testing.assert_close(found, expected)
    found.backward()
    assert guesses.grad is not None
    assert guesses.grad.any(dim=0).all()


@pytest.mark.parametrize(("categorical", "continuous"), [((10,), 0), ((), 3), ((2, 5), 1)])
def test_mutual_information_of_codes_of_one_kind(
    categorical: tuple[int, ...], continuous: int
) -> None:
    module = component("penalties", "mutual_information")
    size = sum(categorical) + continuous
    z = torch.cat([torch.randn(8, 4), torch.eye(max(size, 8))[:8, :size]], dim=1)
    guesses = torch.randn(8, size, requires_grad=True)
    found = module.mutual_information(guesses, z, categorical, continuous)
    assert found.shape == ()
    (gradient,) = torch.autograd.grad(found, guesses)
    assert gradient.isfinite().all()
    assert gradient.any()


@pytest.mark.parametrize("hidden", [0, 16])
def test_the_code_head_is_as_large_as_it_says(hidden: int) -> None:
    module = component("penalties", "mutual_information")
    sizes = {"in_features": 12, "categorical": (10, 3), "continuous": 2, "hidden": hidden}
    head = module.code_head(12, (10, 3), 2, hidden=hidden)
    assert head(torch.randn(4, 12)).shape == (4, eval(module.HEAD_OUTPUTS, {}, sizes))
    parameters = sum(parameter.numel() for parameter in head.parameters())
    assert parameters == eval(module.HEAD_PARAMETERS, {}, sizes)
    assert module.HEAD == "code"


def test_the_ibm_toolkits_penalty_is_not_the_papers() -> None:
    slope = torch.full((3, 4, 4), 1 / math.sqrt(48))
    x = torch.zeros(2, 3, 4, 4)
    right = public("penalties", "gradient_penalty")(linear_critic(slope), x, x)
    theirs = public("penalties", "ibm_gradient_penalty")(linear_critic(slope), x, x)
    assert right.item() == pytest.approx(0, abs=1e-6)
    assert theirs.item() == pytest.approx(10 * (math.sqrt(3 / 48) - 1) ** 2, rel=1e-4)


# Optimizers


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("rmsprop", torch.optim.RMSprop),
        ("sgd", torch.optim.SGD),
    ],
)
def test_optimizer_options_are_torchs_with_torchs_defaults(
    name: str, kind: type[torch.optim.Optimizer]
) -> None:
    function = public("optimizers", name)
    options = dict(inspect.signature(function).parameters)
    assert list(options)[:2] == ["parameters", "lr"]
    assert options["lr"].default is inspect.Parameter.empty
    torchs = inspect.signature(kind).parameters
    for option in list(options)[2:]:
        assert options[option].default == torchs[option].default, option
    layer = nn.Linear(2, 1)
    built = function(layer.parameters(), lr=LR)
    plain = kind(layer.parameters(), lr=LR)  # type: ignore[call-arg]
    assert type(built) is kind
    fused = {} if kind is torch.optim.RMSprop else {"fused": True}  # torch has no fused RMSprop
    assert built.defaults == plain.defaults | fused


def test_optimizer_options_arrive() -> None:
    parameters = list(nn.Linear(2, 1).parameters())
    adam = public("optimizers", "adam")(parameters, lr=LR, betas=(0.5, 0.9), weight_decay=0.1)
    sgd = public("optimizers", "sgd")(parameters, lr=LR, momentum=0.9, nesterov=True)
    rmsprop = public("optimizers", "rmsprop")(parameters, lr=LR, alpha=0.9, centered=True)
    assert (adam.defaults["betas"], adam.defaults["weight_decay"]) == ((0.5, 0.9), 0.1)
    assert (sgd.defaults["momentum"], sgd.defaults["nesterov"]) == (0.9, True)
    assert (rmsprop.defaults["alpha"], rmsprop.defaults["centered"]) == (0.9, True)


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_optimizer_bodies_are_one_return_that_can_be_inlined(name: str) -> None:
    tree = ast.parse((TEMPLATES / "optimizers" / f"{name}.py").read_text(encoding="utf-8"))
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    _docstring, statement = function.body
    assert isinstance(statement, ast.Return)
    assert isinstance(statement.value, ast.Call)
    passed = {k.arg: getattr(k.value, "id", None) for k in statement.value.keywords}
    passed.pop("fused", None)
    assert passed == {argument.arg: argument.arg for argument in function.args.kwonlyargs}


# Schedules


def test_constant_is_one() -> None:
    assert [public("schedules", "constant")(step, 10) for step in (0, 5, 10)] == [1.0, 1.0, 1.0]


def test_linear_holds_then_falls_to_its_end() -> None:
    linear = public("schedules", "linear")
    found = [linear(step, 100, start=0.5, end_factor=0.1) for step in (0, 50, 75, 100, 120)]
    assert found == pytest.approx([1, 1, 0.55, 0.1, 0.1])
    assert [linear(step, 4) for step in range(5)] == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_cosine_is_half_a_period() -> None:
    cosine = public("schedules", "cosine")
    found = [cosine(step, 100, end_factor=0.2) for step in (0, 50, 100, 120)]
    assert found == pytest.approx([1, 0.6, 0.2, 0.2])


def test_cosine_warms_up_without_a_step_that_learns_nothing() -> None:
    cosine = public("schedules", "cosine")
    found = [cosine(step, 100, warmup=0.1) for step in range(101)]
    assert found[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert found[10] == 1
    assert found[55] == pytest.approx(0.5)
    assert found[100] == pytest.approx(0)
    assert all(before >= after for before, after in itertools.pairwise(found[10:]))
    assert cosine(0, 15, warmup=0.1) <= 1


@pytest.mark.parametrize("name", ["constant", "linear", "cosine"])
def test_schedules_drive_torchs_lambda_lr(name: str) -> None:
    schedule = public("schedules", name)
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=2.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: schedule(step, 4))
    assert optimizer.param_groups[0]["lr"] == 2.0
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(2.0 if name == "constant" else 0.0)


# Initializers

PARAMETRIZED = "_parametrized_weights"

LAYERS: list[Callable[[], nn.Module]] = [
    lambda: nn.Linear(96, 64),
    lambda: nn.Conv1d(96, 64, 3),
    lambda: nn.Conv2d(48, 64, 4),
    lambda: nn.Conv3d(24, 32, 3),
    lambda: nn.ConvTranspose1d(96, 64, 3),
    lambda: nn.ConvTranspose2d(64, 48, 4),
    lambda: nn.ConvTranspose3d(24, 32, 3),
]


def initialized(layer: nn.Module, name: str, library: str = "_weights", **options: float) -> Any:
    """The layer after `apply`; `library` is the one that the compiler copies in its case."""
    function = public("initializers", name)
    function.__globals__["initialize"] = importlib.import_module(library).initialize
    return layer.apply(lambda module: function(module, **options))


@pytest.mark.parametrize("make", LAYERS, ids=lambda make: type(make()).__name__)
@pytest.mark.parametrize(
    ("wrap", "library"),
    [(lambda layer: layer, "_weights"), (spectral_norm, PARAMETRIZED)],
    ids=["plain", "spectral"],
)
def test_normal_has_its_deviation(
    make: Callable[[], nn.Module], wrap: Callable[[nn.Module], nn.Module], library: str
) -> None:
    layer = initialized(nn.Sequential(wrap(make())), "normal", library, std=0.05)[0]
    stored = dict(layer.named_parameters())
    weight = stored.get("weight", stored.get("parametrizations.weight.original"))
    assert weight is not None
    assert weight.mean().item() == pytest.approx(0, abs=0.003)
    assert weight.std().item() == pytest.approx(0.05, rel=0.05)
    assert not stored["bias"].any()
    assert all(parameter.requires_grad for parameter in stored.values())


@pytest.mark.parametrize("name", ["normal", "xavier", "orthogonal", "kaiming"])
def test_spectral_norm_is_right_after_initialization_in_eval_mode_too(name: str) -> None:
    """Its power iteration had settled on the first weight, and eval mode does not iterate."""
    layer = initialized(spectral_norm(nn.Conv2d(16, 32, 3)), name, PARAMETRIZED).eval()
    largest = torch.linalg.svdvals(layer.weight.flatten(1))[0].item()
    assert largest == pytest.approx(1, rel=0.1)


def test_weight_norm_keeps_its_two_halves_in_step() -> None:
    layer = initialized(weight_norm(nn.Linear(200, 100)), "normal", PARAMETRIZED)
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)


def test_normal_scales_batch_norm_around_one() -> None:
    norm = initialized(nn.BatchNorm2d(4000), "normal")
    assert norm.weight.mean().item() == pytest.approx(1, abs=0.002)
    assert norm.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not norm.bias.any()
    initialized(nn.BatchNorm1d(4, affine=False), "normal")  # nothing to draw, nothing raised


@pytest.mark.parametrize("name", ["xavier", "orthogonal", "kaiming"])
def test_other_initializers_leave_norms_and_embeddings_alone(name: str) -> None:
    for layer in (nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.Embedding(5, 8)):
        before = layer.weight.detach().clone()
        torch.testing.assert_close(initialized(layer, name).weight, before)


def test_xavier_is_uniform_within_its_bound() -> None:
    weight = initialized(nn.Linear(300, 100), "xavier", gain=2.0).weight
    bound = 2 * math.sqrt(6 / 400)
    assert weight.abs().max().item() == pytest.approx(bound, rel=0.01)
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize(
    "layer", [nn.Linear(20, 8), nn.Conv2d(3, 8, 3), nn.ConvTranspose2d(8, 3, 3)]
)
def test_orthogonal_has_one_singular_value(layer: nn.Module) -> None:
    values = torch.linalg.svdvals(initialized(layer, "orthogonal", gain=1.5).weight.flatten(1))
    torch.testing.assert_close(values, torch.full_like(values, 1.5))


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_kaiming_keeps_the_scale_of_activations(slope: float) -> None:
    weight = initialized(nn.Conv2d(32, 64, 3), "kaiming", slope=slope).weight
    expected = math.sqrt(2 / ((1 + slope**2) * 32 * 9))
    assert weight.std().item() == pytest.approx(expected, rel=0.03)


def test_initialization_is_reproducible() -> None:
    def draw() -> Tensor:
        torch.manual_seed(7)
        weight: Tensor = initialized(spectral_norm(nn.Linear(6, 4)), "normal").weight
        return weight

    torch.testing.assert_close(draw(), draw(), rtol=0, atol=0)


# Presets

PRESETS = sorted((TEMPLATES / "presets").glob("*.yaml"))


def choices(node: Any) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        return [(name, options or {}) for name, options in node.items()]
    return [(node, {})]


def options_of(module: ModuleType) -> set[str]:
    """The options of a component: of all its functions, and of its class."""
    return {
        option.name
        for function in own_functions(module)
        for option in inspect.signature(function).parameters.values()
        if option.kind is option.KEYWORD_ONLY
    }


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_name_components_and_options_that_exist(path: Path) -> None:
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    named = [
        ("initializers", c)
        for role in ("generator", "discriminator")
        for c in choices(spec[role].get("init", {}))
    ]
    named += [("penalties", c) for item in spec.get("penalties", []) for c in choices(item)]
    for kind in ("optimizer", "schedule"):
        for value in spec["training"].get(kind, {}).values():
            named += [(f"{kind}s", c) for c in choices(value)]
    for kind, (name, options) in named:
        compiled = {"every", "network", "anneal"} if kind == "penalties" else set()
        assert set(options) <= options_of(component(kind, name)) | compiled, (kind, name)
    objective = dict(spec["objective"])
    loss = component("losses", objective.pop("loss"))
    assert set(objective) <= options_of(loss)
    penalties = [component(kind, name) for kind, (name, _) in named if kind == "penalties"]
    given = {word for module in penalties for word in getattr(module, "GIVES", [])}
    assert LIPSCHITZ in given or LIPSCHITZ not in getattr(loss, "NEEDS", {})
