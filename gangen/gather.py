"""What each generated module takes from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gangen.catalogue import Catalogue
from gangen.fold import containers
from gangen.network_view import only, schedule_name
from gangen.pieces import Collection
from gangen.plan import Plan
from gangen.signature import Module


@dataclass(frozen=True)
class Pieces:
    """What the templates see as `plan.pieces`."""

    plan: Plan
    catalogue: Catalogue

    @cached_property
    def models(self) -> Collection:
        """What models.py needs of the catalogue."""
        networks = self.plan.networks.values()
        wrappers = [chosen for network in networks for chosen in network.reparametrizations]
        helpers = [chosen.component.constant("HELPERS", {}) for chosen in wrappers]
        pieces = Collection(helpers={name: to for found in helpers for name, to in found.items()})
        for network in networks:
            for layer in (inside for outer in network.layers for inside in outer.walk()):
                pieces.add_expression(layer.component, layer.function.call)
            for chosen in network.reparametrizations:
                pieces.add_expression(chosen.component, only(chosen.component).call)
            for name in containers(network):
                pieces.add_from(self.catalogue.find("blocks/_conditional.py"), name)
            if network.initializer is not None:
                initializer = network.initializer
                pieces.add(initializer.component, initializer.name, f"{initializer.name}_init")
        return pieces

    @cached_property
    def losses(self) -> Collection:
        """What losses.py is made of."""
        pieces = Collection()
        for name in self.plan.loss_functions:
            pieces.add(self.plan.spec.objective.component, name)
        for term in self.plan.terms:
            pieces.add(term.chosen.component, term.function.name)
        return pieces

    @cached_property
    def augment(self) -> Collection:
        """What augment.py is made of."""
        pieces = Collection()
        for chosen in self.plan.spec.augment:
            pieces.add(chosen.component, only(chosen.component).name)
        return pieces

    @cached_property
    def data(self) -> Collection:
        """What data.py needs of the catalogue."""
        pieces = Collection()
        pieces.add_from(self.catalogue.find("data/_files.py"), "DataError")
        data = self.plan.data.component
        known = [*data.constant("KNOWS", {}).values(), data.constant("SPELLING")]
        for name in (only(data).name, *filter(None, known)):
            pieces.add(data, name)
        return pieces

    @cached_property
    def stand_in(self) -> Collection:
        """What tests/stand_in.py is made of."""
        pieces = Collection()
        pieces.add_from(
            self.catalogue.find(f"data/stand_in/{self.plan.data.name}.py"), "write_stand_in"
        )
        return pieces

    @cached_property
    def penalty_tests(self) -> Collection:
        """The tests that the penalties bring along."""
        pieces = Collection()
        for chosen in self.plan.spec.penalties:
            path = self.catalogue.find(f"penalties/tests/{chosen.name}.py")
            for name in Module(path.read_text(encoding="utf-8"), str(path)).functions:
                pieces.add_from(path, name)
        return pieces

    @cached_property
    def schedules(self) -> Collection:
        """The learning-rate schedules of train.py."""
        pieces = Collection()
        for schedule in self.plan.spec.training.schedule.values():  # type: ignore[attr-defined]
            if not schedule.component.constant("NEUTRAL", False):
                pieces.add(schedule.component, schedule.name, schedule_name(schedule))
        return pieces

    @cached_property
    def pictures(self) -> Collection:
        """What draws samples."""
        pieces = Collection()
        rank = len(self.plan.ports["data"].shape)
        fitting = (c for c in self.catalogue.all("pictures") if c.constant("RANK") == rank)
        pieces.add(next(fitting), "save_picture")
        return pieces
