"""Tokens: sources of sequences name what is wrong with a file; scores of sequences."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from loading_module import loading
from torch import Tensor, nn

TEMPLATES = Path(__file__).parents[1] / "templates"
FOLDERS = [TEMPLATES / name for name in ("data", "metrics", "families/sequence", "project")]
OPTIONS: dict[str, Any] = {"length": 4, "vocabulary": 6}


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    loading()
    before = set(sys.modules)
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(str(folder))
    yield
    for name in set(sys.modules) - before:
        if str(TEMPLATES) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def load(tmp_path: Path, content: bytes, **options: Any) -> Tensor:
    """What the source reads of a file."""
    file = tmp_path / "lines.txt"
    file.write_bytes(content)
    text = importlib.import_module("text")
    samples: Tensor = text.load_text(path=str(file), **{**OPTIONS, **options})[0]
    return samples


def test_lines_become_tokens_by_frequency(tmp_path: Path) -> None:
    found = load(tmp_path, b"b a\na b a\r\nc a\n")
    assert found.tolist() == [[3, 2, 0, 0], [2, 3, 2, 0], [4, 2, 0, 0]]
    known = importlib.import_module("text").text_vocabulary(
        path=str(tmp_path / "lines.txt"), vocabulary=6
    )
    assert list(known.tokens) == ["<end>", "<unknown>", "a", "b", "c", "<unused 5>"]
    assert known.text(found[1].tolist()) == "a b a"


def test_rare_tokens_are_unknown_and_characters_can_be_tokens(tmp_path: Path) -> None:
    assert load(tmp_path, b"a b c\na b\n", vocabulary=4).tolist()[0] == [2, 3, 1, 0]
    found = load(tmp_path, b"ab c\nAB\n", tokens="characters", lowercase=True)
    assert found.tolist() == [[2, 3, 4, 5], [2, 3, 0, 0]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 lines with a text"),
        (b"\n\n", "0 lines with a text"),
        (b"one\n", "1 lines with a text"),
        (b"a\n\nb\n \n", "empty lines 2, 4"),
        (b"a b\na b c d e\n", r"longer than 4 words: line 2 \(5 words\); .*`length` to 5"),
        (b"a\nb \xff\n", "not UTF-8 in line 2, byte 3"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, content: bytes, said: str) -> None:
    error = importlib.import_module("_files").DataError
    with pytest.raises(error, match=said):
        load(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    text, error = importlib.import_module("text"), importlib.import_module("_files").DataError
    for path, said in ((tmp_path, "a folder"), (tmp_path / "no.txt", "no such file")):
        with pytest.raises(error, match=said):
            text.load_text(path=str(path), **OPTIONS)


def test_the_oracle_draws_by_its_own_probabilities() -> None:
    oracle = importlib.import_module("oracle")
    options = {"vocabulary": 7, "features": 4, "seed": 3}
    samples, _ = oracle.load_oracle(length=2, samples=20_000, **options)
    again, _ = oracle.load_oracle(length=2, samples=20_000, **options)
    assert torch.equal(samples, again)
    network = oracle.oracle_network(**options)
    first = network(torch.zeros(1, 1, dtype=torch.int64))[0, 0].softmax(0)
    shares = torch.bincount(samples[:, 0], minlength=7) / len(samples)
    assert torch.allclose(shares, first, atol=0.02)
    common = int(first.argmax())
    second = network(torch.tensor([[common, 0]]))[0, 1].softmax(0)
    of_common = samples[samples[:, 0] == common, 1]
    shares = torch.bincount(of_common, minlength=7) / len(of_common)
    assert torch.allclose(shares, second, atol=0.03)


def test_the_oracles_parameters_are_normal() -> None:
    oracle = importlib.import_module("oracle").Oracle(5_000, 32, 0)
    drawn = torch.cat([p.flatten() for n, p in oracle.named_parameters() if "bias_hh" not in n])
    assert drawn.mean().abs() < 0.01
    assert drawn.std() == pytest.approx(1, abs=0.01)


class Uniform(nn.Module):
    """Finds all of 5 tokens equally likely."""

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.zeros(*tokens.shape, 5)


def test_likelihoods_are_nats_per_token() -> None:
    tokens = torch.randint(5, (30, 4))
    nll = importlib.import_module("nll_test").nll_test(tokens, Uniform())
    assert nll == {"nll_test": pytest.approx(math.log(5), abs=1e-5)}


def test_real_sequences_close_the_gap_and_uniform_ones_do_not() -> None:
    oracle, metric = importlib.import_module("oracle"), importlib.import_module("nll_oracle")
    options = {"vocabulary": 50, "features": 8, "seed": 0}
    real, other = oracle.load_oracle(length=6, samples=2_000, **options)[0].chunk(2)
    network = oracle.oracle_network(**options)
    found = metric.nll_oracle(real, other, network, 50)
    assert found["gap_closed"] == pytest.approx(1, abs=0.05)
    assert metric.nll_oracle(real, torch.randint(50, (1_000, 6)), network, 50)[
        "gap_closed"
    ] == pytest.approx(0, abs=0.05)


def test_distinct_counts_different_ngrams() -> None:
    distinct = importlib.import_module("distinct").distinct
    tokens = torch.tensor([[1, 2, 1, 2, 1], [1, 2, 0, 0, 0]])
    assert distinct(tokens, 0) == {"distinct_2": 2 / 5, "distinct_4": 1.0}
    assert distinct(tokens, None)["distinct_2"] == 4 / 8
    assert distinct(tokens, None, sequences=1)["distinct_2"] == 2 / 4


def test_bleu_of_a_reference_is_one_and_of_nothing_alike_small() -> None:
    bleu = importlib.import_module("bleu").bleu
    real = torch.tensor([[1, 2, 3, 4, 5, 6], [7, 8, 9, 1, 2, 0]])
    assert bleu(real, real, 0) == {"bleu": pytest.approx(1)}
    assert bleu(real, torch.full((1, 6), 11), 0)["bleu"] < 0.2
    # Papineni et al. (2002, example 2): clipped unigrams 2 of 7, here with the end cut off.
    reference = torch.tensor([[1, 2, 3, 4, 1, 5, 0]])
    candidate = torch.tensor([[1, 1, 1, 1, 1, 1, 1]])
    assert bleu(reference, candidate, 0, order=1)["bleu"] == pytest.approx(2 / 7)
    short = torch.tensor([[1, 2, 3, 0, 0, 0]])  # half as long as the nearest reference
    assert bleu(real[:1], short, 0, order=1)["bleu"] == pytest.approx(math.exp(1 - 6 / 3))
