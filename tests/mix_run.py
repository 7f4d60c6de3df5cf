"""Projects of mixes, run in this process: two steps of training, and which way the losses pull."""

from __future__ import annotations

import importlib
import json
import math
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from mix import BATCH, CATALOGUE, FAMILY_NAME, STEPS
from torch import Tensor, nn

from gangen.capabilities import capabilities
from gangen.compose import Compiled
from gangen.errors import SpecError
from gangen.format import tidy_imports
from gangen.render import SUFFIX, copied, make_environment
from gangen.view import View

CODES = ("conflict", "needs", "shape", "range", "condition", "conditioning", "duplicate")
PULLS = 20  # updates of one network alone
ROUNDS = 10  # of so many, at most, for the discriminator
RATE = 2e-3
ENVIRONMENT = make_environment(CATALOGUE, FAMILY_NAME)  # one for all: it keeps compiled templates
NAMES = [
    name.removesuffix(SUFFIX)
    for name in ENVIRONMENT.list_templates()
    if name.endswith(f".py{SUFFIX}") and "/" not in name and not name.startswith("_")
]
STAND_IN = f"tests/stand_in.py{SUFFIX}"


def complaints(error: SpecError, text: str) -> list[str]:
    """What is wrong with a refusal: findings have a known code, a reason, a place in the spec."""
    lines = text.split("\n")
    wrong = []
    for problem in error.problems:
        place = problem.place
        if problem.code not in CODES:
            wrong.append(f"code {problem.code}: {problem.message}")
        if len(problem.message) < 20:
            wrong.append(f"no reason: {problem.message!r}")
        if place is None or place.source.text != text:
            wrong.append(f"not placed in the spec: {problem.message}")
        elif not lines[place.line - 1][place.column - 1 :].strip():
            wrong.append(f"nothing stands at {place}: {problem.message}")
    return wrong or ([] if error.problems else ["no findings"])


@dataclass
class Project:
    """The modules of a generated project, loaded."""

    compiled: Compiled
    view: View
    config: Any
    modules: dict[str, ModuleType]

    def __getattr__(self, name: str) -> ModuleType:
        return self.modules[name]


@contextmanager
def loaded(compiled: Compiled, folder: Path) -> Iterator[Project]:
    """Write the project, neither formatted nor tested, and import it for the time of the block."""
    view = View(compiled.plan, CATALOGUE)
    texts = {name: ENVIRONMENT.get_template(name + SUFFIX).render(plan=view) for name in NAMES}
    texts["stand_in.py"] = ENVIRONMENT.get_template(STAND_IN).render(plan=view)
    plain = copied(CATALOGUE, FAMILY_NAME)
    texts |= {name: content.decode() for name, content in plain.items() if "/" not in name}
    texts = {name: text for name, text in texts.items() if text.strip()}
    own = {name.removesuffix(".py") for name in texts}
    for name, text in texts.items():
        (folder / name).write_text(tidy_imports(text, own), encoding="utf-8")
    (folder / "about.json").write_text(view.about.json, encoding="utf-8")
    for asset in compiled.spec.data.component.constant("ASSETS", []):
        (folder / "assets").mkdir(exist_ok=True)
        (folder / "assets" / asset).write_bytes(CATALOGUE.find(f"data/assets/{asset}").read_bytes())
    before = {name: sys.modules.pop(name) for name in own if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        modules = {name: importlib.import_module(name) for name in sorted(own)}
        yield Project(compiled, view, _config(modules, folder), modules)
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = writes
        for name in own:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def _config(modules: dict[str, ModuleType], folder: Path) -> Any:
    config = modules["config"].Config
    said: dict[str, Any] = {"steps": STEPS, "device": "cpu", "samples": 4}
    said["out_dir"] = folder / "run"
    if "epochs" in config.__dataclass_fields__:
        said["epochs"] = 0  # as many steps as said
    if "stand_in" in modules:
        said["data_path"] = str(modules["stand_in"].write(folder / "stand-in"))
    return config(**said)


def trained(project: Project) -> list[str]:
    """Two steps of the generated training; what is wrong with their metrics."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        try:
            project.train.train(project.config)
        except (SystemExit, project.modules["progress"].Diverged) as exit:
            return [f"train.py stopped: {exit} {said.getvalue()[-300:]}"]
    lines = (project.config.out_dir / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    wrong = [] if [step["step"] for step in steps] == [1, 2] else [f"steps {steps}"]
    for step in steps:
        bad = {name: v for name, v in step.items() if not math.isfinite(v)}
        if bad or not {"d_loss", "g_loss"} <= step.keys():
            wrong.append(f"metrics {step}")
    return wrong


# ------------------------------------------------------------------ which way the losses pull


@dataclass
class Game:
    """A fixed batch, the networks, the losses: what one step of training puts together."""

    project: Project

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        modules, view = self.project.modules, self.project.view
        self.plan = self.project.compiled.plan
        self.networks = {
            name: getattr(modules["models"], network.class_name)()
            for name, network in self.plan.networks.items()
        }
        self.names: dict[str, Any] = {**vars(modules["losses"]), "config": self.project.config}
        self.names |= vars(modules["augment"]) if "augment" in modules else {}
        self.names |= {"step": 0}
        self._remember(view)
        samples, conditions = modules["data"].load_data(*self._path())
        given = [samples, conditions] if self.plan.conditional else [samples]
        batch = next(modules["data"].infinite_batches(*given, self.project.config))
        self.real, *self.condition = batch if self.plan.conditional else [batch]
        self.z = modules["models"].sample_latent(len(self.real), torch.device("cpu"))
        self.scale = 1.0
        with torch.no_grad():
            self.fake = self.made().detach()
            largest = max(self.judged(x).abs().max().item() for x in (self.real, self.fake))
        # Losses with targets pull towards them: start well within.
        self.scale = min(1.0, 0.5 / max(largest, 1e-9))

    def _remember(self, view: View) -> None:
        if view.loss_test.memory:
            exec(view.loss_test.memory, self.names)
            logits = {"real": torch.full((BATCH,), -0.9), "fake": torch.full((BATCH,), -0.1)}
            for _ in range(200 if view.loss_test.update else 0):  # into the middle of a run
                exec(view.loss_test.update, self.names, logits)
        for memory in view.step.memories:
            if any(line.call.startswith(f"{memory.name}(") for line in view.step.augmented):
                self.names[memory.name] = eval(memory.code, self.names)

    def _path(self) -> list[str]:
        return [self.project.config.data_path] if self.project.view.data.stand_in else []

    def made(self) -> Tensor:
        """G(z)."""
        generator = self.plan.networks["generator"]
        given = self.condition if generator.takes_condition else []
        torch.manual_seed(1)
        return self.networks["generator"](self.z, *given)

    def judged(self, x: Tensor) -> Tensor:
        """D of samples, as they are shown to it; the same random numbers every time."""
        torch.manual_seed(2)
        for line in self.project.view.step.augmented:
            x = eval(line.call, self.names, {"x": x})
        judge = self.plan.networks["discriminator"]
        given = self.condition if judge.takes_condition else []
        result = self.networks["discriminator"](x, *given)
        return self.scale * (result[0] if len(judge.outputs) > 1 else result)

    def loss(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        """One of the losses of two batches of logits."""
        torch.manual_seed(3)
        call = self.project.view.loss_test.calls[name]
        return eval(call, self.names, {"real": real, "fake": fake})

    def attends_to_real(self) -> bool:
        """Whether the discriminator's loss asks far more of real samples than of fakes.

        As with an autoencoder that has hardly met fakes: both may gain at first.
        """
        real, fake = (torch.full((BATCH,), level, requires_grad=True) for level in (-0.5, -0.1))
        slopes = torch.autograd.grad(self.loss("discriminator_loss", real, fake), [real, fake])
        raised, lowered = (slope.mean().item() for slope in slopes)
        return raised < 0 < lowered < -0.5 * raised

    def agree(self, real: Tensor) -> bool:
        """Whether an endlessly small step down the generator's loss is one up D(fake).

        Fakes that are all but perfect to the discriminator already are overshot by any other step.
        """
        network = self.networks["generator"]
        loss = _slope(network, self.loss("generator_loss", real, self.judged(self.made())))
        judged = _slope(network, self.judged(self.made()).mean())
        return bool(loss @ judged < 0)

    def pull(self, network: str, loss: Callable[[], Tensor]) -> None:
        """Some updates of one network by one loss."""
        parameters = list(self.networks[network].parameters())
        optimizer = torch.optim.Adam(parameters, lr=RATE)
        for _ in range(PULLS):
            for parameter, gradient in zip(
                parameters, torch.autograd.grad(loss(), parameters, allow_unused=True), strict=True
            ):
                parameter.grad = gradient
            optimizer.step()


def _slope(network: nn.Module, value: Tensor) -> Tensor:
    parameters = list(network.parameters())
    gradients = torch.autograd.grad(value, parameters, allow_unused=True)
    return torch.cat([g.flatten() for g in gradients if g is not None])


def movable(network: nn.Module, measure: Callable[[], Tensor]) -> bool:
    """Whether a network's parameters have a say in a number at all."""
    return _slope(network, measure()).abs().max().item() > 1e-5


def signs(project: Project) -> list[str]:
    """Whether the discriminator's loss parts real and fake, and the generator's raises fakes.

    Each loss drives its network alone, on one batch, without penalties. A batch norm on one value
    per channel before the last layer fixes the mean of the logits; then there is nothing to see.
    """
    game = Game(project)
    given = {capability for capability, _ in capabilities(game.plan)}
    normed = "discriminator:batch_statistics" in given

    def apart() -> tuple[float, float]:
        with torch.no_grad():
            return game.judged(game.real).mean().item(), game.judged(game.fake).mean().item()

    def raised() -> float:
        with torch.no_grad():
            return game.judged(game.made()).mean().item()

    def fakes_rise() -> Iterator[str]:
        generator = game.networks["generator"]
        if normed and not movable(generator, lambda: game.judged(game.made()).mean()):
            return
        state = {name: value.clone() for name, value in generator.state_dict().items()}
        low = raised()
        real = game.judged(game.real).detach()
        game.pull("generator", lambda: game.loss("generator_loss", real, game.judged(game.made())))
        high = raised()
        generator.load_state_dict(state)
        if not (high > low or game.agree(real)):
            yield f"the generator's loss takes D(fake) from {low:.4g} to {high:.4g}"

    def kinds_part() -> Iterator[str]:
        def distance() -> Tensor:
            return game.judged(game.real).mean() - game.judged(game.fake).mean()

        if normed and not movable(game.networks["discriminator"], distance):
            return
        real, fake = apart()
        for _ in range(ROUNDS):  # where kinds overlap, what they have in common is learnt first
            game.pull(
                "discriminator",
                lambda: game.loss(
                    "discriminator_loss", game.judged(game.real), game.judged(game.fake)
                ),
            )
            later_real, later_fake = apart()
            if later_real - later_fake > real - fake:
                return
            if game.attends_to_real() and later_real > real:
                return
        yield (
            f"the discriminator's loss takes D(real) - D(fake) from {real:.4g} - {fake:.4g} "
            f"to {later_real:.4g} - {later_fake:.4g}"
        )

    return [*fakes_rise(), *kinds_part()]


def exempt(compiled: Compiled) -> bool:
    """Whether the loss only repeats what another tool did, be it wrong."""
    return bool(compiled.spec.objective.component.constant("FAITHFUL"))


def run(compiled: Compiled, folder: Path) -> list[str]:
    """Everything that is wrong with a project; nothing if it is sound."""
    folder.mkdir(parents=True)
    try:
        with loaded(compiled, folder) as project:
            wrong = trained(project)
            return wrong if exempt(compiled) else wrong + signs(project)
    except Exception as error:  # whatever a generated project raises is a finding
        return [described(error)]


def described(error: Exception) -> str:
    """An exception and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = "; ".join(f"{Path(f.filename).name}:{f.lineno} {f.line}" for f in frames)
    return f"{type(error).__name__}: {error} [{where}]"
