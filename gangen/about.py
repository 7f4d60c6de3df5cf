"""What a project is, in words and as data: for its README, its report, its model card."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from gangen.evaluation import scores
from gangen.network_view import NetworkView
from gangen.plan import Plan
from gangen.text import Code


@dataclass(frozen=True)
class About:
    """What the templates see as `plan.about`."""

    plan: Plan
    networks: Iterable[NetworkView]

    @property
    def title(self) -> str:
        """What it is, in one line: networks and loss."""
        spec = self.plan.spec
        networks = [network.architecture for network in self.plan.networks.values()]
        names = dict.fromkeys(chosen.name if chosen else "own layers" for chosen in networks)
        given = f" conditioned on {spec.condition}" if self.plan.conditional else ""
        parts = f"{', '.join(names)}; {spec.objective.name} loss"
        return f"{self.plan.family.title(spec)} ({parts}){given} on {spec.data.name} data"

    @property
    def sources(self) -> list[str]:
        """Titles of the components used: papers and equations."""
        spec, networks = self.plan.spec, self.plan.networks.values()
        chosen = [network.architecture for network in networks]
        chosen += [spec.objective, *spec.penalties, *spec.augment]
        chosen += [n.conditioning.chosen for n in networks if n.conditioning is not None]
        chosen += [wrapper for network in networks for wrapper in network.reparametrizations]
        chosen += [*spec.training.optimizer.values(), spec.data]  # type: ignore[attr-defined]
        chosen += [*self.plan.metrics, self.plan.features]
        titles = [x.component.summary.rstrip(".") for x in chosen if x]
        return list(dict.fromkeys([*self.plan.family.sources(spec), *titles]))

    @property
    def launchers(self) -> list[Code]:
        """Files that start the training on a cluster; their names are the catalogue's."""
        return [Code(chosen.component.constant("FILE")) for chosen in self.plan.spec.launch]

    @property
    def json(self) -> Code:
        """Name, title, description, sources, and the layers of every network."""
        tables = [
            {
                "name": network.name,
                "key": network.network.key,
                "title": f"{network.class_name}: {network.reads} → {network.writes}",
                "parameters": network.parameters,
                "layers": [[row.layer, row.shape, row.parameters] for row in network.rows],
            }
            for network in self.networks
        ]
        content = {
            "name": self.plan.spec.name,
            "title": self.title,
            "description": self.plan.spec.description,
            "sources": self.sources,
            "networks": tables,
            "better": dict(scores(self.plan.metrics)),  # which way each score gets better
        }
        return Code(json.dumps(content, indent=1))
