"""The data as the templates print it: the loader's call, shapes and names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gangen.catalogue import Catalogue
from gangen.expressions import call
from gangen.network_view import changed_options, only
from gangen.plan import Plan
from gangen.printed import batch
from gangen.signature import Module
from gangen.text import Code, literal


@dataclass(frozen=True)
class DataView:
    """What the templates see as `plan.data`."""

    plan: Plan
    catalogue: Catalogue

    @property
    def shape(self) -> Code:
        """Shape of one sample as a tuple."""
        return literal(tuple(self.plan.stored.shape))

    @property
    def arguments(self) -> Code:
        """Parameters of load_data."""
        path = Code("path: str") if "path" in self.plan.data.options else Code("")
        return Code(f'{path}, cache: Cache = "memory"') if self.streams else path

    @property
    def streams(self) -> bool:
        """Whether the samples may be too many for memory, or for the device."""
        return "cache" in self.plan.data.options

    @property
    def values(self) -> Code:
        """What load_data is called with."""
        cache = ", config.cache" if self.streams else ""
        return Code(f"config.data_path{cache}") if self.arguments else Code("")

    @property
    def names(self) -> Code:
        """What train.py holds of the data."""
        return Code(
            f"samples, all_{self.plan.spec.condition}" if self.plan.conditional else "samples"
        )

    @property
    def call(self) -> Code:
        """The loader's call; everything but the path is part of the program."""
        options = changed_options(self.plan.data)
        if self.arguments:
            options["path"] = Code("path")
        if self.streams:
            options["cache"] = Code("cache")
        return call(only(self.plan.data.component).name, [], options)

    @property
    def vocabulary(self) -> int:
        """How many tokens samples are made of; 0 where they are numbers."""
        return self.plan.vocabulary

    @property
    def spelling(self) -> Code:
        """The call that says what the numbers of tokens stand for."""
        data = self.plan.data
        known = data.component.module.functions[data.component.constant("SPELLING")]
        options = {k: v for k, v in changed_options(data).items() if k in known.options}
        path = {"path": Code("path")} if "path" in options else {}
        return call(known.name, [], options | path)

    @property
    def summary(self) -> str:
        """What the data source is."""
        return self.plan.data.component.summary.rstrip(".")

    @property
    def unpacked(self) -> Code:
        """What a test unpacks from load_data."""
        return self.names if self.plan.conditional else Code("samples, _")

    @property
    def condition_type(self) -> Code:
        """Type and shape of what stands beside the samples."""
        count = self.plan.attributes
        return Code(f"attributes float32 [N, {count}]" if count else "labels int64 [N]")

    @property
    def condition_note(self) -> Code:
        """Shape of a batch's conditions."""
        vector = self.plan.spec.condition == "attributes"
        return Code(f"[B, {self.plan.attributes}]" if vector else "[B]")

    @property
    def test_flag(self) -> Code:
        """The data's place on the command line of a test's run."""
        return Code(', "--data-path", config.data_path') if self.stand_in else Code("")

    @property
    def stand_in(self) -> bool:
        """Whether tests need random data in place of the real one."""
        return bool(self.arguments)

    @property
    def stand_in_call(self) -> Code:
        """Arguments of write_stand_in: the data's shape."""
        known = Module(self.stand_in_path.read_text(encoding="utf-8"), "stand_in")
        options = known.functions["write_stand_in"].options
        values = {name: self.plan.data.options[name] for name in options}
        return call("", ["path"], values)

    @property
    def stand_in_path(self) -> Path:
        """The file that writes random data of the source's kind."""
        return self.catalogue.find(f"data/stand_in/{self.plan.data.name}.py")

    @property
    def stored_type(self) -> Code:
        """Type of the samples as they lie in memory."""
        if self.vocabulary:
            return Code("int64")
        return Code("uint8" if self.plan.images else "float32")

    @property
    def stored_shape(self) -> Code:
        """Type and shape of the samples as they lie in memory."""
        return Code(f"{self.stored_type} {batch(self.plan.stored.shape).replace('B', 'N')}")

    @property
    def batch_note(self) -> Code:
        """Shape and range of a batch."""
        note = batch(self.plan.stored.shape) + (" in [-1, 1]" if self.plan.images else "")
        return Code(note + (f", {self.condition_note}" if self.plan.conditional else ""))

    @property
    def batch_place(self) -> Code:
        """The device of a batch."""
        return Code("`device`" if self.streams else "the device of `samples`")

    @property
    def stored_names(self) -> Code:
        """What the loop over stored batches calls their parts."""
        return Code("real, rows" if self.plan.conditional else "real, _")

    @property
    def device_given(self) -> Code:
        """How infinite_batches is told the device, where it does not follow from the samples."""
        return Code(", device=device" if self.streams else "")

    @property
    def drawn_condition(self) -> Code:
        """Conditions for fakes, drawn from the data."""
        rows = "torch.randint(len(samples), (len(z),), device=device)"
        return Code(f"all_{self.plan.spec.condition}[{rows}]")

    @property
    def batch_type(self) -> Code:
        """What infinite_batches yields."""
        return Code("tuple[Tensor, Tensor]" if self.plan.conditional else "Tensor")
