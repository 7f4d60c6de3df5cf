"""Reads JSON into plain data and remembers the place of every key and value.

Strict: what `json.load` would let pass in silence (a key given twice, NaN) is reported.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, NoReturn

from gangen.errors import LINE_BREAK, Place, Problems, Source, dotted
from gangen.marks import Document, Mark, Marks
from gangen.yaml_text import Fatal, decoded

MAX_DEPTH, MAX_DIGITS = 64, 100
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WORD = re.compile(r"[^\s,:\[\]{}\"]+")
CONSTANTS = {"true": True, "false": False, "null": None}
COMMENT_HELP = "JSON knows no comments: take it out"


def load_json(text: bytes, name: str, problems: Problems) -> Document:
    """One JSON object; an empty one after problems that leave nothing to read."""
    try:
        source = Source(name, decoded(text, name, problems))
    except Fatal:
        return Document({}, Marks(Source(name, "")), Source(name, ""))
    reader, mark = _Reader(source, problems), Mark()
    try:
        data = reader.document(mark)
    except Fatal:
        return Document({}, Marks(source), source)
    mark.value = None  # what is missing altogether is blamed on line 1
    return Document(data, Marks(source, mark), source)


class _Reader:
    """A recursive reader; `at` is where it stands in the text."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source, self.text, self.problems, self.at = source, source.text, problems, 0
        self.starts = [0, *(found.end() for found in LINE_BREAK.finditer(self.text))]
        self.path: list[str | int] = []

    def document(self, mark: Mark) -> dict[str, Any]:
        """The object that the whole text is."""
        if self.peek() != "{":
            if not self.text.strip():
                self.fail("there is nothing in this file", self.at)
            self.fail("a configuration is a JSON object: it begins with {", self.at)
        data: dict[str, Any] = self.value(mark)
        if self.peek():
            self.fail("nothing may follow the object's last }", self.at)
        return data

    def place(self, start: int, end: int = 0) -> Place:
        """The place of a stretch of the text, or of what of it is on its first line."""
        line = bisect_right(self.starts, start) - 1
        stop = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else len(self.text)
        length = max(1, min(end, stop) - start)
        return Place(self.source, line + 1, start - self.starts[line] + 1, length)

    def fail(self, message: str, at: int, help: str | None = None) -> NoReturn:
        """Add a problem after which nothing more can be read."""
        place = self.place(min(at, len(self.text)))
        self.problems.add("json-syntax", message, place, help=help)
        raise Fatal

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        found = SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def value(self, mark: Mark) -> Any:
        """The value that begins here; sets its place and the marks below it."""
        first, start = self.peek(), self.at
        if len(self.path) > MAX_DEPTH:
            self.fail(f"values are nested more than {MAX_DEPTH} deep", start)
        if first == "{":
            data: Any = self.object(mark)
        elif first == "[":
            data = self.array(mark)
        elif first == '"':
            data = self.string()
        else:
            data = self.scalar(first)
        mark.value = self.place(start, self.at)
        return data

    def object(self, mark: Mark) -> dict[str, Any]:
        """The entries up to the closing brace; of equal keys the first counts."""
        start = self.at
        entries: dict[str, Any] = {}
        self.at += 1
        while self.peek() != "}":
            if entries or mark.children:
                self.comma(start, "}")
            if self.peek() != '"':
                self.fail(
                    "a key in double quotes is missing here", self.at, self.help("a comma too many")
                )
            begin, key = self.at, self.string()
            child = Mark(self.place(begin, self.at))
            if self.peek() != ":":
                self.fail("a `:` is missing behind this key", begin, 'write "key": value')
            self.at += 1
            self.path.append(key)
            value = self.value(child)
            if key in entries:
                line = self.place_line(mark, key)
                message = f"{dotted(self.path)} is given twice (first at line {line})"
                self.problems.add("duplicate-key", message, child.key)
            else:
                entries[key], mark.children[key] = value, child
            self.path.pop()
        self.at += 1
        return entries

    def place_line(self, mark: Mark, key: str) -> int:
        """The line of a key that was read already."""
        place = mark.children[key].key
        return place.line if place else 1

    def array(self, mark: Mark) -> list[Any]:
        """The items up to the closing bracket."""
        start, items = self.at, list[Any]()
        self.at += 1
        while self.peek() != "]":
            if items:
                self.comma(start, "]")
            self.path.append(len(items))
            child = mark.children[len(items)] = Mark()
            items.append(self.value(child))
            self.path.pop()
        self.at += 1
        return items

    def comma(self, start: int, closing: str) -> None:
        """Step over the comma between two entries."""
        found = self.peek()
        if not found:
            self.fail(f"what is opened here lacks its {closing}", start)
        if found != ",":
            self.fail(f"a `,` or the closing {closing} is missing here", self.at, self.help())
        comma = self.at
        self.at += 1
        if self.peek() == closing:
            self.fail(f"no comma may stand before the closing {closing}", comma, "take it out")

    def help(self, other: str = "") -> str | None:
        """What to do about the character that stands here."""
        if self.text[self.at : self.at + 1] in ("/", "#"):
            return COMMENT_HELP
        if self.text[self.at : self.at + 1] == "'":
            return "JSON has double quotes only"
        return f"or there is {other}" if other else None

    def string(self) -> str:
        """The text in quotes that begins here."""
        start = self.at
        try:
            text, self.at = scanstring(self.text, start + 1, True)
        except ValueError as error:
            at = int(getattr(error, "pos", start))
            words = str(getattr(error, "msg", "this text cannot be read")).rstrip(" at:")
            self.fail(words[:1].lower() + words[1:], at)
        if re.search("[\x00\ud800-\udfff]", text):
            self.fail("no text may contain a NUL or half a character", start)
        return str(text)

    def scalar(self, first: str) -> Any:
        """A number, true, false or null."""
        start = self.at
        found = NUMBER.match(self.text, start)
        word = WORD.match(self.text, start)
        text = word[0] if word else first
        if found and found[0] == text:
            if len(text) > MAX_DIGITS:
                self.fail(f"a number of {len(text)} characters is too long", start)
            self.at = found.end()
            return float(text) if set(text) & set(".eE") else int(text)
        if text in CONSTANTS:
            self.at += len(text)
            return CONSTANTS[text]
        if not first:
            self.fail("the file ends where a value should stand", len(self.text.rstrip()))
        help = self.help() or "write a number, true, false, null, or a text in double quotes"
        self.fail(f"this is no JSON value: {text[:40]}", start, help)
