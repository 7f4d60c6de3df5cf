"""black, run as a program: {path: Python source} as JSON on stdin, the same formatted on stdout.

It works on our strings only, with a mode of our own: never a folder, never a user's configuration.
"""

import gc
import json
import sys

import black
from black.mode import TargetVersion

LINE_LENGTH = 100


def main() -> None:
    """Format every file; a ValueError of black's ends the program and names the file."""
    mode = black.Mode(line_length=LINE_LENGTH, target_versions={TargetVersion.PY310})
    files = json.load(sys.stdin)
    gc.disable()  # but after each file, for black's syntax trees are cyclic;
    gc.freeze()  # that is cheap when what is here now is not looked at
    for path, text in files.items():
        try:
            files[path] = black.format_str(text, mode=mode)
        except ValueError as error:
            sys.exit(f"{path}: {error}")
        gc.collect()
    json.dump(files, sys.stdout)


if __name__ == "__main__":
    main()
