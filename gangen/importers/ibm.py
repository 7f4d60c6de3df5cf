"""`gangen import ibm`: a configuration of the IBM GAN Toolkit becomes a spec."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from gangen.errors import Problem, Problems, Source, UsageError, printable
from gangen.importers import files
from gangen.importers.ibm_config import Config, read_config
from gangen.importers.ibm_draft import Draft
from gangen.importers.ibm_keys import FLAGS
from gangen.importers.ibm_repair import repaired
from gangen.importers.ibm_rules import check_runs
from gangen.importers.ibm_spec import data_file, faithful, ignored
from gangen.importers.json_text import load_json
from gangen.marks import Document, Marks

ALONE = "ibm-gan"  # the name of a project that comes of flags alone


def import_config(chosen: Namespace) -> files.Imported:
    """Read, repair (or not), write. Raises SpecError with every problem."""
    problems = Problems()
    flags = {flag: value for flag in FLAGS if (value := getattr(chosen, f"ibm_{flag}")) is not None}
    document = _document(chosen.config, bool(flags), problems)
    problems.raise_if_any()
    config = read_config(document, flags, problems, faithful=chosen.faithful)
    problems.raise_if_any()
    assert config is not None
    check_runs(config, problems, faithful=chosen.faithful)
    problems.raise_if_any()
    name = Path(chosen.config).stem if chosen.config else ALONE
    draft = (faithful if chosen.faithful else repaired)(config, name, problems)
    ignored(config, problems)
    problems.raise_if_any()
    text = draft.text(_header(config, chosen))
    if chosen.output == files.STANDARD:
        return files.Imported(text, problems.warnings, "\n".join(_says(draft)))
    files.write_new(Path(chosen.output), text.encode("utf-8"))
    return files.Imported(_report(draft, chosen, problems.warnings), problems.warnings)


def _document(path: str | None, has_flags: bool, problems: Problems) -> Document:
    if path is not None:
        return load_json(files.read_small(Path(path)), path, problems)
    if not has_flags:
        raise UsageError(
            "there is nothing to import: neither a configuration nor one of its flags",
            help="name a JSON file of the toolkit's, like configs/gan_gan.json",
        )
    source = Source("", "")
    return Document({}, Marks(source), source)


def _header(config: Config, chosen: Namespace) -> str:
    """What stands above the spec: where it is from, and what the toolkit makes of it."""
    named = printable(Path(chosen.config).name) if chosen.config else "flags"
    way = "as the toolkit trains it" if chosen.faithful else "repaired"
    lines = [
        f"Imported from {named} of the IBM GAN Toolkit, {way} (`gangen import ibm --help`).",
        "The toolkit's effective settings, * where its templates give the default:",
        *(f"  {line}" for line in config.lines()),
        "Convert its data once:",
        f"  {_conversion(config)}",
    ]
    return "".join(f"# {printable(line)}\n" for line in lines)


def _conversion(config: Config) -> str:
    """The command that makes the data which the spec reads."""
    labels = " --labels" if config["GAN_model.data_label"] == 1 else ""
    source, target = (_quoted(path) for path in (config["data_path"], data_file(config)))
    side = config["generator.input_shape"]
    return f"gangen import ibm-data {source} -o {target} --size {side}{labels}"


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _says(draft: Draft) -> list[str]:
    """What each flag is in the words of a spec, and the settings in force."""
    same = list(draft.assignments())
    flags = [f"--{flag} is --set {_quoted(assignment)}" for flag, assignment in same]
    given = [setting.flag for setting in draft.config.settings.values() if setting.flag]
    lost = [flag for flag in dict.fromkeys(given) if flag not in dict(same)]
    flags += [f"--{flag} has no counterpart in this spec" for flag in lost]
    return [*flags, *(f"toolkit: {line}" for line in draft.config.lines())]


def _report(draft: Draft, chosen: Namespace, warnings: tuple[Problem, ...]) -> str:
    changes = sum(problem.code in ("ibm-repaired", "ibm-signs") for problem in warnings)
    way = "as the toolkit trains it" if chosen.faithful else f"{changes} changes, each named above"
    name: Any = printable(chosen.output)
    lines = [
        *_says(draft),
        f"wrote {name} ({way}); next:",
        f"  {_conversion(draft.config)}",
        f"  gangen build {name}",
    ]
    return "".join(f"{printable(line)}\n" for line in lines)
