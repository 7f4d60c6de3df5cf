"""A run as the templates print it: its length, batches, and the average of the weights."""

from __future__ import annotations

from dataclasses import dataclass

from gangen.spec import Training
from gangen.text import Code, literal


@dataclass(frozen=True)
class RunView:
    """What the templates see as `plan.run`."""

    training: Training

    @property
    def shares(self) -> Code:
        """Into how many parts a batch is split."""
        return Code("world_size * config.accumulate" if self.accumulates else "world_size")

    @property
    def sync_batch_norm(self) -> bool:
        """Whether batch norm is over the shares of all GPUs."""
        return self.training.sync_batch_norm

    @property
    def cuda_graphs(self) -> bool:
        """Whether steps are recorded and replayed."""
        return self.training.cuda_graphs

    @property
    def accumulates(self) -> bool:
        """Whether an update sums the gradients of several micro-batches."""
        return self.training.accumulate > 1

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped."""
        return self.training.clip_grad_norm > 0

    @property
    def per_epoch(self) -> bool:
        """Whether every epoch has its own last batch."""
        return self.training.batches == "per_epoch"

    @property
    def parts_said(self) -> Code:
        """What a batch is split over beside the processes, in an f-string."""
        said = " of {config.accumulate} micro-batches each"
        return Code(said if self.accumulates else "")

    @property
    def whole_batch(self) -> Code:
        """A batch size whose micro-batches are `length` long."""
        return Code("length * config.accumulate" if self.accumulates else "length")

    @property
    def epochs(self) -> bool:
        """Whether the length of a run is given in passes over the data."""
        return self.training.epochs is not None

    @property
    def length(self) -> Code:
        """The knob that says how long a run is."""
        return Code("epochs" if self.epochs else "steps")

    @property
    def epochs_text(self) -> Code:
        """Passes over the data, as a default."""
        return literal(float(self.training.epochs or 0))

    @property
    def batches_per_epoch(self) -> Code:
        """How many batches of real samples an epoch has; a whole number if epochs end in one."""
        share = "len(samples) / config.batch_size"
        return Code(f"math.ceil({share})" if self.per_epoch else share)

    @property
    def decay(self) -> Code:
        """The decay of the weights' average at a step."""
        # Early on the average is short, or it would be of the weights before training.
        decay = "min(config.ema_decay, (step + 1) / (step + 10))"
        start = self.training.ema_start
        return Code(f"{decay} if step >= config.ema_start else 0.0" if start else decay)

    @property
    def starts_late(self) -> bool:
        """Whether the average begins some steps into the run."""
        return self.training.ema_start > 0
