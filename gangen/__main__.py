"""Entry point of the `gangen` command; answers `--version` before anything else is imported."""

import sys

from gangen import __version__


def main() -> int:
    """Run the command line; returns the exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"gangen {__version__}\n")
        return 0
    from gangen.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
