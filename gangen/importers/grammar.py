"""The grammar of `gangen import`: which tools it knows, and their arguments."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gangen.importers.ibm_keys import FLAGS

if TYPE_CHECKING:
    from gangen.importers.files import Imported

IBM_EPILOG = """\
The toolkit's own flags (github.com/IBM/gan-toolkit, agant/main.py) override the file, which they do
not in the toolkit; each is answered with the `--set` that does the same to the spec. Without a file
they are the configuration, and the discriminator's take those of the generator as their defaults.
With --faithful and without a file they are overruled by them, as in the toolkit.
"""


def _ibm(parser: ArgumentParser) -> None:
    parser.epilog = IBM_EPILOG
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="JSON file of the toolkit")
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--repair",
        action="store_false",
        dest="faithful",
        help="training that can work, with a warning for each change (default)",
    )
    way.add_argument(
        "--faithful",
        action="store_true",
        help="the toolkit's own step, also where it is wrong",
    )
    parser.set_defaults(faithful=False)
    parser.add_argument(
        "-o", "--output", default="spec.yaml", metavar="FILE", help="default: spec.yaml; - prints"
    )
    group = parser.add_argument_group("the toolkit's flags")
    for flag, key in FLAGS.items():
        group.add_argument(f"--{flag}", dest=f"ibm_{flag}", metavar="X", help=key)


def _ibm_data(parser: ArgumentParser) -> None:
    parser.add_argument("pickle", metavar="PICKLE", help="the toolkit's data; nothing in it is run")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="default: the pickle's name with .npz"
    )
    parser.add_argument("--labels", action="store_true", help="it is a pair [images, labels]")
    parser.add_argument(
        "--size", type=_side, metavar="N", help="resize to NxN, as the toolkit would"
    )


def _side(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 4096:
        raise ArgumentTypeError(f"must be a whole number from 1 to 4096, not {text[:20]}")
    return int(text)


def _run_ibm(chosen: Namespace) -> Imported:
    from gangen.importers.ibm import import_config

    return import_config(chosen)


def _run_ibm_data(chosen: Namespace) -> Imported:
    from gangen.importers.ibm_data import import_data

    return import_data(chosen)


Grammar = tuple[str, Callable[[ArgumentParser], None], Callable[[Namespace], "Imported"]]

TOOLS: Mapping[str, Grammar] = {
    "ibm": ("a configuration of the IBM GAN Toolkit, as a spec", _ibm, _run_ibm),
    "ibm-data": ("its pickled images, as a NumPy file", _ibm_data, _run_ibm_data),
}
