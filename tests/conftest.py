"""Flags of the test run."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-messages",
        action="store_true",
        help="rewrite tests/bad_specs/*.txt with the messages of today (then read the diff)",
    )
    parser.addoption(
        "--update-examples",
        action="store_true",
        help="write the committed projects of examples/ anew (then read the diff)",
    )
    parser.addoption(
        "--update-compatibility",
        action="store_true",
        help="rewrite templates/COMPATIBILITY.md (with `-m slow`: all of it; then read the diff)",
    )
