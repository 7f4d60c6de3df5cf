"""What the numbers of tokens stand for; kept beside the checkpoints of a run."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from runtime import CheckpointError

FILE = "vocabulary.json"


class Vocabulary(NamedTuple):
    """The tokens by their numbers, what stands between them, and the number that ends a text."""

    tokens: Sequence[str]
    separator: str
    end: int | None

    def text(self, numbers: Iterable[int]) -> str:
        """The text of a sequence, up to its end."""
        words = []
        for number in numbers:
            if number == self.end:
                break
            words.append(self.tokens[number])
        return self.separator.join(words)

    def numbers(self, text: str) -> list[int]:
        """The tokens of a text; raises ValueError if one of them is not known."""
        known = {token: number for number, token in enumerate(self.tokens)}
        words = text.split(self.separator) if self.separator else list(text)
        for word in words:
            if word not in known:
                raise ValueError(f"{word!r} is none of the {len(known)} tokens in {FILE}")
        return [known[word] for word in words]


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of the run in a folder.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    path = folder / FILE
    try:
        return Vocabulary(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file; train first: python train.py") from None
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: no vocabulary ({error}); restore the file") from error


def write_vocabulary(vocabulary: Vocabulary, folder: Path) -> None:
    """Write the vocabulary into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{FILE}.tmp"
    temporary.write_text(json.dumps(vocabulary._asdict(), indent=0) + "\n", encoding="utf-8")
    temporary.replace(folder / FILE)


def check_vocabulary(vocabulary: Vocabulary, folder: Path) -> None:
    """Raise a CheckpointError if the run in a folder has learnt tokens of another meaning."""
    if (folder / FILE).exists() and read_vocabulary(folder) != vocabulary:
        raise CheckpointError(
            f"{folder / FILE}: the data has another vocabulary by now, and what was learnt would "
            "mean something else; restore the data, or train anew in another --out-dir"
        )
