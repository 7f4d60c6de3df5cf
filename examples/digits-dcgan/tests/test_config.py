"""The knobs on the command line."""

import pytest

from config import Config, changed_knobs, parse_args, to_plain


def test_no_flags_give_the_defaults() -> None:
    assert parse_args([]) == Config()


def test_flags_override_fields() -> None:
    assert parse_args(["--batch-size", "8", "--bf16"]) == Config(batch_size=8, bf16=True)


@pytest.mark.parametrize("flag", ["--batch-size=0", "--steps=-1", "--seed=x", "--device=tpu"])
def test_bad_values_are_refused(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_args([flag])
    assert "error:" in capsys.readouterr().err


def test_every_knob_has_its_comment_as_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_args(["--help"])
    assert "decides weights, data order and noise" in capsys.readouterr().out


def test_changed_knobs_are_named() -> None:
    assert changed_knobs(to_plain(Config(seed=1)), Config(seed=2)) == "seed 1 -> 2"
