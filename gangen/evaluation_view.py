"""The evaluation as the templates print it: each metric's call, how to know the best weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gangen import evaluation
from gangen.expressions import call
from gangen.pieces import Collection
from gangen.plan import Plan
from gangen.printed import batch
from gangen.signature import Function
from gangen.spec import Chosen, Evaluation
from gangen.step_view import changed
from gangen.text import Code, literal

SPELT = {  # port -> as a function of what is observed of real samples and fakes spells it
    f"{side}_{what}": f"{side}.{what}"
    for side in ("real", "fake")
    for what in ("features", "class_logits", "labels")
} | {"real": "real.samples", "fake": "fake.samples", "generator": "generator"}


@dataclass(frozen=True)
class EvaluationView:
    """What the templates see as `plan.evaluation`."""

    plan: Plan

    @property
    def there(self) -> bool:
        """Whether anything is measured."""
        return bool(self.plan.metrics)

    @property
    def _said(self) -> Evaluation:
        return self.plan.spec.evaluation

    @property
    def samples(self) -> Code:
        """How many samples are scored."""
        return literal(self._said.samples)

    @property
    def every(self) -> Code:
        """Steps between two evaluations while training."""
        return literal(self._said.every)

    @property
    def patience(self) -> Code:
        """Evaluations without a new best that end the run."""
        return literal(self._said.patience)

    @property
    def trains(self) -> bool:
        """Whether train.py evaluates."""
        return bool(self.there and self._said.every)

    @property
    def keeps_best(self) -> bool:
        """Whether train.py keeps the best weights."""
        return self.trains and self._said.best is not None

    @property
    def stops(self) -> bool:
        """Whether the run ends when nothing gets better."""
        return self.keeps_best and self._said.patience > 0

    @property
    def best(self) -> Code:
        """The score that says which weights are best; its name is one of the catalogue's."""
        return Code(self._said.best or "")

    @property
    def badness(self) -> Code:
        """An expression that is lower where the weights are better."""
        score = f'record["scores"]["{self.best}"]'
        way = evaluation.scores(self.plan.metrics).get(self.best, "lower")
        if way in evaluation.WAYS:
            return Code(score if way == "lower" else f"-{score}")
        return Code(f"abs({score} - {float(way.removeprefix('closer to ')):g})")

    # ------------------------------------------------------------------ what is looked at

    @cached_property
    def _ports(self) -> set[str]:
        return evaluation.ports(self.plan.metrics)

    @property
    def keeps_samples(self) -> bool:
        """Whether a metric looks at the samples themselves."""
        return bool(self._ports & {"real", "fake"})

    @property
    def keeps_labels(self) -> bool:
        """Whether a metric looks at labels."""
        return bool(self._ports & evaluation.LABELS)

    @property
    def extracts(self) -> bool:
        """Whether samples go through a feature extractor."""
        return self.plan.features is not None

    @property
    def many_shape(self) -> Code:
        """Shape of all samples that are looked at."""
        return Code(batch(self.plan.ports["data"].shape).replace("B", "N"))

    @property
    def replaced(self) -> Code:
        """The knobs that evaluate.py's flags set."""
        path = ", data_path=arguments.data_path" if "path" in self.plan.data.options else ""
        return Code(f"eval_samples=arguments.samples, seed=arguments.seed{path}")

    @property
    def keeps_features(self) -> bool:
        """Whether a metric looks at features."""
        return bool(self._ports & evaluation.FEATURES)

    @property
    def classifies(self) -> bool:
        """Whether a metric looks at what the extractor says of classes."""
        return bool(self._ports & evaluation.CLASS_LOGITS)

    @property
    def learns(self) -> bool:
        """Whether the extractor is made from the data."""
        chosen = self.plan.features
        return chosen is not None and "real" in evaluation.ports([chosen])

    @property
    def carried(self) -> Code:
        """What load_data gives beside the samples, as far as it is needed."""
        return Code(self.plan.spec.condition or ("labels" if self.learns else "_"))

    @property
    def batch(self) -> Code:
        """A batch: samples, and their labels where they are looked at."""
        return Code("x, y" if self.keeps_labels else "x")

    @property
    def batch_type(self) -> Code:
        """Its type."""
        return Code("tuple[Tensor, Tensor]" if self.keeps_labels else "Tensor")

    @property
    def ignored(self) -> Code:
        """The labels of a batch where nobody wants them."""
        return Code(", _" if self.keeps_labels else "")

    @property
    def yielded(self) -> Code:
        """A batch of real samples."""
        return Code("x, self.labels[rows].to(self.device)" if self.keeps_labels else "x")

    @property
    def yielded_fake(self) -> Code:
        """A batch of fakes."""
        return Code("x, labels" if self.keeps_labels else "x")

    @property
    def observed(self) -> Code:
        """What the metrics look at, of one batch."""
        kept = {
            "samples=x": self.keeps_samples,
            "labels=y": self.keeps_labels,
            "features=self.extractor(x)": self.keeps_features,
            "class_logits=self.extractor.class_logits(x)": self.classifies,
        }
        return Code(f"Observed({', '.join(name for name, there in kept.items() if there)})")

    # ------------------------------------------------------------------ calls

    @property
    def calls(self) -> list[Code]:
        """The call of every metric that looks at samples."""
        return [self._call(chosen) for chosen in self.plan.metrics if not _asks(chosen)]

    @property
    def asking(self) -> list[Code]:
        """The call of every metric that asks the generator itself."""
        return [self._call(chosen) for chosen in self.plan.metrics if _asks(chosen)]

    @property
    def asks(self) -> bool:
        """Whether there are such metrics."""
        return bool(self.asking)

    def _call(self, chosen: Chosen) -> Code:
        own = {port: port for ports in self._known for port in ports}
        numbers = {"num_classes": self.plan.classes, "vocabulary": self.plan.vocabulary}
        numbers |= {"end": self.plan.data.component.constant("END")}
        known = {**SPELT, **own, **{name: str(value) for name, value in numbers.items()}}
        function = evaluation.function(chosen.component)
        return call(
            function.name, [known[port] for port in function.ports], changed(chosen, function)
        )

    @property
    def known(self) -> list[Code]:
        """What is known of the data, as far as metrics ask for it: `centers, std = …`."""
        return [
            Code(f"{', '.join(ports)} = {call(f.name, [], changed(self.plan.data, f))}")
            for ports, f in self._known.items()
        ]

    @property
    def extractor(self) -> Code:
        """The call that makes the extractor."""
        chosen = self.plan.features
        if chosen is None:
            return Code("")
        function = evaluation.function(chosen.component)
        known: Mapping[str, str] = {
            "shape": literal(tuple(self.plan.ports["data"].shape)),
            "real": "real",
            "real_labels": "labels",
            "num_classes": str(self.plan.classes),
            "device": "device",
        }
        wired = [known[port] for port in function.ports]
        return call(function.name, wired, changed(chosen, function))

    @property
    def extractor_name(self) -> Code:
        """Name of the extractor, quoted."""
        return literal(self.plan.features.name if self.plan.features else "")

    @property
    def imported(self) -> Code:
        """What evaluate.py imports of metrics.py."""
        own = [self.plan.features.name] if self.plan.features else []
        asking = ["generator_scores"] if self.asks else []
        return Code(", ".join(["Observed", "all_scores", *asking, *own]))

    @cached_property
    def _known(self) -> Mapping[tuple[str, ...], Function]:
        """The data's own functions that metrics need, by the ports that they give."""
        data = self.plan.data.component
        named = {
            tuple(ports.split(", ")): data.module.functions[name]
            for ports, name in data.constant("KNOWS", {}).items()
        }
        return {ports: found for ports, found in named.items() if self._ports & {*ports}}

    # ------------------------------------------------------------------ text

    @cached_property
    def pieces(self) -> Collection:
        """What metrics.py is made of."""
        pieces = Collection()
        for chosen in (*self.plan.metrics, *filter(None, [self.plan.features])):
            pieces.add(chosen.component, chosen.name)
        pieces.imports |= {f"from data import {known.name}" for known in self._known.values()}
        return pieces

    @property
    def names(self) -> Code:
        """The scores in words."""
        return Code(", ".join(evaluation.scores(self.plan.metrics)))

    @property
    def score_names(self) -> Code:
        """The scores as a list."""
        return Code(json.dumps(list(evaluation.scores(self.plan.metrics))))

    @property
    def needs_torchmetrics(self) -> bool:
        """Whether a metric is torchmetrics'."""
        return any("torchmetrics" in line for line in self.pieces.imports)


def _asks(chosen: Chosen) -> bool:
    """Whether a metric looks at the generator, not only at what it makes."""
    return "generator" in evaluation.ports([chosen])
