"""Random lines in a text file, in place of a real one that is not at hand."""

import random
from pathlib import Path
from typing import Literal


def write_stand_in(
    path: Path, *, length: int, vocabulary: int, tokens: Literal["words", "characters"] = "words"
) -> None:
    """Write 64 lines of up to `length` random letters, apart where they are words."""
    generator = random.Random(0)
    separator = " " if tokens == "words" else ""
    letters = "abcdefghijklmnopqrstuvwxyz"[: vocabulary - 2]
    lines = [
        separator.join(generator.choices(letters, k=generator.randint(1, length)))
        for _ in range(64)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
