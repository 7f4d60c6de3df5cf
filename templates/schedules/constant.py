"""Constant learning rate."""

NEUTRAL = True  # nothing to print


def constant(step: int, steps: int) -> float:
    """The base learning rate throughout: a factor of 1."""
    return 1.0
