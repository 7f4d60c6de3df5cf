"""Entry point of the `gangen` command; answers `--version` before anything else is imported."""

import gc
import os
import sys

from gangen import __version__


def main() -> int:
    """Run the command line; returns the exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"gangen {__version__}\n")
        return 0
    # Plugins watch other programs' models; Pydantic reads every installed package to find them.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from gangen.cli import run

    gc.disable()  # a run is short, and what it leaves in cycles is little
    try:
        return run(sys.argv[1:])
    finally:
        gc.freeze()  # the process ends: no last collection either


if __name__ == "__main__":
    sys.exit(main())
