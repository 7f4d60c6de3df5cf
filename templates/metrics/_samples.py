"""What metrics need of the sets that they compare."""

from torch import Tensor


def require_samples(count: int, *sets: Tensor) -> None:
    """Raise ValueError where one of the sets [N, ...] has fewer than `count` samples."""
    fewest = min(len(samples) for samples in sets)
    if fewest < count:
        raise ValueError(
            f"this score needs {count} samples on either side, and one has {fewest}; evaluate "
            "more samples (the floor compares the halves of the real ones)"
        )
