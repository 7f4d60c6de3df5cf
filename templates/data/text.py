"""Lines of a text file, each a sequence of words or of characters."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import torch
from _files import DataError, first_ten
from annotated_types import Ge, Le
from torch import Tensor
from vocabulary import Vocabulary

SHAPE = "(length,)"
CLASSES = "0"
RANGE = "None"
VOCABULARY = "vocabulary"
SPELLING = "text_vocabulary"
GIVES = ["data:text"]
END = 0

MARKS = ("<end>", "<unknown>")  # numbers 0 and 1


def read_lines(path: str, tokens: str, lowercase: bool) -> list[list[str]]:
    """The tokens of every line.

    Raises:
        DataError: no such file, an empty one, bytes that are not UTF-8, empty lines.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        found = "a folder" if file.is_dir() else "no such file"
        raise DataError(f"{file.absolute()}: {found}; name a text file with --data-path")
    raw = file.read_bytes().removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").split(b"\n")
    lines, bad, empty = [], [], []
    for number, line in enumerate(raw, start=1):
        try:
            text = line.decode("utf-8").rstrip("\r")
        except UnicodeDecodeError as error:
            bad.append(f"line {number}, byte {error.start + 1}")
            continue
        text = text.lower() if lowercase else text
        lines.append(text.split() if tokens == "words" else list(text.strip()))
        if not lines[-1]:
            empty.append(str(number))
    if bad:
        raise DataError(f"{file}: not UTF-8 in {first_ten(bad, '; ')}; save it as UTF-8")
    count = len(lines) - len(empty)
    if count < 2:
        raise DataError(f"{file}: {count} lines with a text; put two there, or more")
    if empty:
        raise DataError(f"{file}: empty lines {first_ten(empty, ', ')}; take them out")
    return lines


def text_vocabulary(
    *,
    path: str,
    vocabulary: int,
    tokens: Literal["words", "characters"] = "words",
    lowercase: bool = False,
) -> Vocabulary:
    """The most frequent tokens of a file, equally frequent ones in order; raises DataError."""
    lines = read_lines(path, tokens, lowercase)
    counts = Counter(token for line in lines for token in line if token not in MARKS)
    common = sorted(counts, key=lambda token: (-counts[token], token))[: vocabulary - 2]
    unused = [f"<unused {number}>" for number in range(len(common) + 2, vocabulary)]
    separator = " " if tokens == "words" else ""
    return Vocabulary([*MARKS, *common, *unused], separator, 0)


def load_text(
    *,
    path: str,
    length: Annotated[int, Ge(2), Le(10_000)],
    vocabulary: Annotated[int, Ge(3), Le(1_000_000)],
    tokens: Literal["words", "characters"] = "words",
    lowercase: bool = False,
) -> tuple[Tensor, Tensor]:
    """Read a file: int64 [N, length] below `vocabulary`; the labels, int64 [N], are all 0.

    Number 0 is the end of a line and all that follows it, number 1 a token that is too rare.

    Args:
        path: a file in UTF-8, one sequence on each line.
        length: tokens of the longest line; shorter ones end in the token for the end.
        vocabulary: number of different tokens, with those for the end and for what is unknown; of
            a file that has more the most frequent ones.
        tokens: whether a line is read by words, which spaces separate, or by characters.
        lowercase: whether capitals are read as small letters.

    Raises:
        DataError: no such file, an empty one, lines that are empty, too long or not UTF-8.
    """
    lines = read_lines(path, tokens, lowercase)
    long = [f"{n} ({len(line)} {tokens})" for n, line in enumerate(lines, 1) if len(line) > length]
    if long:
        longest = max(len(line) for line in lines)
        raise DataError(
            f"{path}: longer than {length} {tokens}: line {first_ten(long, ', ')}; split or remove "
            f"them, or set `length` to {longest}"
        )
    known = text_vocabulary(path=path, vocabulary=vocabulary, tokens=tokens, lowercase=lowercase)
    number_of = {token: number for number, token in enumerate(known.tokens)}
    numbers = torch.zeros(len(lines), length, dtype=torch.int64)
    for row, line in zip(numbers, lines, strict=True):
        row[: len(line)] = torch.tensor([number_of.get(token, 1) for token in line])
    return numbers, torch.zeros(len(lines), dtype=torch.int64)
