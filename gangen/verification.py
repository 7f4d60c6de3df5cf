"""What a verification found, as text for people and as JSON or JUnit XML for CI."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
WORDS = {True: "ok", False: "FAILED", None: "not run"}


@dataclass(frozen=True)
class Step:
    """One step: `ok` is None when it was not run; `output` is the end of what a failed one said."""

    name: str
    ok: bool | None
    seconds: float
    message: str
    output: str = ""


@dataclass(frozen=True)
class Verification:
    """All steps; `device` is the one used, or the one asked for when none could be chosen."""

    project: Path
    ok: bool
    device: str
    steps: tuple[Step, ...]
    peak_memory_mib: float | None = None
    torch_version: str | None = None

    @property
    def seconds(self) -> float:
        """The time of all steps."""
        return sum(step.seconds for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "schema_version": 1,
            "kind": "verify",
            "project": self.project.as_posix(),
            "ok": self.ok,
            "device": self.device,
            "torch_version": self.torch_version,
            "peak_memory_mib": self.peak_memory_mib,
            "seconds": round(self.seconds, 3),
            "steps": [{**vars(step), "seconds": round(step.seconds, 3)} for step in self.steps],
        }

    def as_json(self) -> str:
        """One JSON document."""
        return json.dumps(self.as_dict(), indent=2)

    def as_junit(self) -> str:
        """One JUnit document, a test case for each step."""
        return junit([self])

    def as_text(self) -> str:
        """A line for each step, and the output of the failed ones."""
        torch = f", torch {self.torch_version}" if self.torch_version else ""
        lines = [f"{clean(str(self.project))} on {self.device}{torch}"]
        for step in self.steps:
            time = f"{step.seconds:.1f} s" if step.ok is not None else ""
            line = f"  {WORDS[step.ok]:<7}  {step.name:<13} {time:>8}  {step.message}"
            lines += [line.rstrip(), *(f"      | {said}" for said in step.output.splitlines())]
        return "\n".join([*lines, self._summary()])

    def _summary(self) -> str:
        passed, failed, not_run = (
            sum(step.ok is state for step in self.steps) for state in (True, False, None)
        )
        counts = f"{passed} passed" + (f", {failed} failed" if failed else "")
        counts += f", {not_run} not run" if not_run else ""
        memory = f", peak memory {self.peak_memory_mib:,.0f} MiB" if self.peak_memory_mib else ""
        verdict = "verified" if self.ok else "not verified"
        return f"{verdict}: {counts} in {self.seconds:.1f} s{memory}"


def junit(verifications: Sequence[Verification]) -> str:
    """JUnit XML with a suite for each project and a test case for each step."""
    root = ElementTree.Element("testsuites", name="gangen verify")
    for verification in verifications:
        steps = verification.steps
        name = _xml(verification.project.as_posix())
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(steps)),
            failures=str(sum(step.ok is False for step in steps)),
            errors="0",
            skipped=str(sum(step.ok is None for step in steps)),
            time=f"{verification.seconds:.3f}",
        )
        _add_properties(suite, verification)
        for step in steps:
            _add_case(suite, step, name)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add_properties(suite: ElementTree.Element, verification: Verification) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    for name in ("device", "torch_version", "peak_memory_mib"):
        value = getattr(verification, name)
        if value is not None:
            ElementTree.SubElement(properties, "property", name=name, value=_xml(str(value)))


def _add_case(suite: ElementTree.Element, step: Step, project: str) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=project, name=step.name, time=f"{step.seconds:.3f}"
    )
    if step.ok is False:
        failure = ElementTree.SubElement(case, "failure", message=_xml(step.message))
        failure.text = _xml(step.output)
    elif step.ok is None:
        ElementTree.SubElement(case, "skipped", message=_xml(step.message))
    else:
        ElementTree.SubElement(case, "system-out").text = _xml(step.message)


def clean(text: str) -> str:
    """What a terminal would show of a program's output: no escape sequence, no control character.

    Of a line that was overwritten, like a progress bar, the last state counts.
    """
    text = ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n")
    lines = [line.rstrip("\r").rpartition("\r")[2].expandtabs() for line in text.split("\n")]
    return "\n".join(map(_escaped, lines))


def _escaped(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _xml(text: str) -> str:
    return NOT_XML.sub("", text)
