"""Reads YAML into plain data and remembers the place of every key and value.

Scalars follow YAML 1.2's core schema, not PyYAML's 1.1: `1e-4` is a number, `no` and `1:30` are
text, `010` is ten; `20_000` is a whole number too. The data is built from the parser's events, so
nothing that a document says can create an object, and an alias is counted before it is expanded.
"""

from pathlib import Path
from typing import Any, NoReturn

import yaml

from gangen.errors import Place, Problems, Source, dotted, shown
from gangen.marks import Document, Mark, Marks
from gangen.yaml_text import (
    ESCAPED_IN,
    KEY_HELP,
    MAX_NUMBER,
    NO_CHARACTER,
    SYNTAX,
    TAG,
    TAG_HELP,
    UNPRINTABLE,
    Fatal,
    decoded,
    is_number,
    place_after,
    plain_scalar,
    spec_bytes,
)

MAX_DEPTH, MAX_NODES = 64, 20_000
TEXT_PER_NODE = 256  # characters that count as one more node: aliases of one long text are capped
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both give the same events


def load_file(path: Path, problems: Problems) -> Document:
    """Read the spec at `path`. Raises UsageError when there is nothing to read."""
    return load(spec_bytes(path), str(path), problems)


def load(text: str | bytes, name: str, problems: Problems) -> Document:
    """Read one document, which must be a mapping; returns what could be read."""
    known = len(problems.errors)
    document = parse_value(text, name, problems)
    if document.data is None and len(problems.errors) == known:
        start, help = Place(document.source, 1, 1), "`gangen init` writes a spec to start from"
        problems.add("yaml-empty", "there is nothing in this document", start, help=help)
    elif document.data is not None and not isinstance(document.data, dict):
        message = f"a spec is a mapping, lines of `key: value`; this is {shown(document.data)}"
        problems.add("yaml-top", message, document.marks.value(()))
    if not isinstance(document.data, dict):
        return Document({}, Marks(document.source), document.source)
    document.marks.root.value = None  # what is missing altogether is blamed on line 1
    return document


def parse_value(text: str | bytes, name: str, problems: Problems) -> Document:
    """Read one value of any kind; nothing at all is null."""
    try:
        source = Source(name, decoded(text, name, problems))
    except Fatal:
        empty = Source(name, "")
        return Document(None, Marks(empty), empty)
    return Reader(source.text, source, problems).document()


class Reader:
    """Builds one document from the parser's events; `shift` is the text's column in line 1."""

    def __init__(self, text: str, source: Source, problems: Problems, shift: int = 0) -> None:
        self.text, self.source, self.problems, self.shift = text, source, problems, shift
        self.path: list[str | int] = []
        # The value behind each anchor and its number of nodes; None while it is being read.
        self.anchors: dict[str, tuple[Any, int] | None] = {}
        self.nodes = 0

    def document(self) -> Document:
        """The document; its data is None after a fatal problem."""
        mark = Mark()
        try:
            data = self._document(mark)
        except Fatal:
            data, mark = None, Mark()
        return Document(data, Marks(self.source, mark), self.source)

    def _document(self, mark: Mark) -> Any:
        bad = UNPRINTABLE.search(self.text)
        if bad:
            place = place_after(self.source, self.text[: bad.start()], self.shift)
            message = f"the character U+{ord(bad[0]):04X} is not allowed in YAML"
            self.fail("yaml-encoding", message, place, "remove it")
        self.parser = LOADER(self.text)
        try:
            self.event()  # the stream starts
            if isinstance(self.event(), yaml.StreamEndEvent):
                return None
            data = self.node(self.event(), mark, 1)
            self.event()  # the document ends
            more = self.event()
            if not isinstance(more, yaml.StreamEndEvent):
                message = "a second document begins here; one file holds one spec"
                self.fail("yaml-documents", message, self.place(more))
            return data
        finally:
            self.parser.dispose()

    def fail(self, code: str, message: str, place: Place, help: str | None = None) -> NoReturn:
        """Add a problem after which nothing more can be read."""
        self.problems.add(code, message, place, help=help)
        raise Fatal

    def event(self) -> Any:
        """The parser's next event; its errors in plain words."""
        try:
            return self.parser.get_event()
        except yaml.MarkedYAMLError as error:
            self.syntax(error)
        except (ValueError, OverflowError):  # the Python parser's chr() of an escape beyond Unicode
            self.fail("yaml-encoding", NO_CHARACTER, self.place_at(self.parser.get_mark()))

    def syntax(self, error: yaml.MarkedYAMLError) -> NoReturn:
        """Report what the parser could not read."""
        words = error.problem or "this cannot be read"
        mark = error.problem_mark or error.context_mark
        place = self.place_at(mark)
        line = self.source.line(place.line)
        tab = line[: len(line) - len(line.lstrip())].find("\t")
        if tab >= 0 and not self.shift:
            place, message = Place(self.source, place.line, tab + 1), "a tab indents this line"
            self.fail("yaml-syntax", message, place, "replace it by spaces")
        if "Unicode character escape" in words:
            self.fail("yaml-encoding", NO_CHARACTER, place)
        if "undefined tag handle" in words:
            self.fail("yaml-tag", "this tag is unknown", place, TAG_HELP)
        for known, meaning, help, at_start in SYNTAX:
            if known in words:
                begin = error.context_mark if at_start and error.context_mark else mark
                self.fail("yaml-syntax", meaning, self.place_at(begin), help)
        self.fail("yaml-syntax", f"{words} {error.context or ''}".strip(), place)

    def place_at(self, start: Any, end: Any = None) -> Place:
        """The place from one mark to another, or to the end of the line if that comes first."""
        shift = 0 if start.line else self.shift
        length = 1
        if end is not None:
            same = end.line == start.line
            stop = end.column if same else len(self.source.line(start.line + 1).rstrip()) - shift
            length = max(1, stop - start.column)
        return Place(self.source, start.line + 1, start.column + 1 + shift, length)

    def place(self, event: Any) -> Place:
        """The place of one event."""
        return self.place_at(event.start_mark, event.end_mark)

    def node(self, event: Any, mark: Mark, depth: int) -> Any:
        """The value that begins with `event`; sets its place and the marks below it."""
        before = self.nodes
        self.nodes += 1 + len(getattr(event, "value", "")) // TEXT_PER_NODE
        self.check_limits(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, mark, depth)
        if event.anchor:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
            nothing = not event.value and not event.style  # has no place: show its key
            mark.value = (mark.key if nothing else None) or self.place(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self.check_tag(event, "seq")
            value = self.sequence(event, mark, depth)
        else:
            self.check_tag(event, "map")
            value = self.mapping(event, mark, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.nodes - before)
        return value

    def check_limits(self, event: Any, depth: int) -> None:
        """Stop at the first node too many or too deep."""
        if self.nodes > MAX_NODES:
            message = f"there are more than {MAX_NODES:,} values, aliases counted at every use"
            self.fail("yaml-nodes", message, self.place(event))
        if depth > MAX_DEPTH:
            message = f"values are nested more than {MAX_DEPTH} deep"
            self.fail("yaml-depth", message, self.place(event))

    def check_tag(self, event: Any, kind: str) -> None:
        """Report a tag that is not the standard one of the collection."""
        if event.tag not in (None, TAG + kind):
            self.unknown_tag(event)

    def unknown_tag(self, event: Any) -> None:
        """Report a tag that does not fit its value or that no spec needs."""
        tag = event.tag.replace(TAG, "!!")
        message = f"the tag {tag} cannot be used here"
        self.problems.add("yaml-tag", message, self.place(event), help=TAG_HELP)

    def alias(self, event: Any, mark: Mark, depth: int) -> Any:
        """A copy of the anchored value, every part of it placed at the alias."""
        place = mark.value = self.place(event)
        if event.anchor not in self.anchors:
            help = "a text that begins with `*` needs quotes"
            self.fail("yaml-alias", f"no value is marked &{event.anchor}", place, help)
        anchored = self.anchors[event.anchor]
        if anchored is None:
            message = f"*{event.anchor} is used inside the value that it stands for"
            self.fail("yaml-alias", message, place)
        value, nodes = anchored
        self.nodes += nodes - 1
        self.check_limits(event, depth)
        return self.expand(event, place, value, mark, depth)

    def expand(self, event: Any, place: Place, value: Any, mark: Mark, depth: int) -> Any:
        """Copy an anchored value and mark it."""
        self.check_limits(event, depth)
        if not isinstance(value, dict | list):
            return value
        pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
        copies = []
        for part, child in pairs:
            below = mark.children[part] = Mark(place, place)
            copies.append((part, self.expand(event, place, child, below, depth + 1)))
        return dict(copies) if isinstance(value, dict) else [copy for _, copy in copies]

    def sequence(self, start: Any, mark: Mark, depth: int) -> list[Any]:
        """The items up to the end of the sequence."""
        items: list[Any] = []
        while not isinstance(event := self.event(), yaml.SequenceEndEvent):
            child = mark.children[len(items)] = Mark()
            self.path.append(len(items))
            items.append(self.node(event, child, depth + 1))
            self.path.pop()
        end = event.end_mark if start.flow_style else None
        mark.value = self.place_at(start.start_mark, end)
        return items

    def mapping(self, start: Any, mark: Mark, depth: int) -> dict[str, Any]:
        """The entries up to the end of the mapping; of equal keys the first counts."""
        entries: dict[str, Any] = {}
        first: Place | None = None
        while not isinstance(event := self.event(), yaml.MappingEndEvent):
            place = self.place(event)
            first = first or place
            key = self.key(event, place, depth)
            child = Mark(place)
            self.path.append(key if key is not None else "?")
            value = self.node(self.event(), child, depth + 1)
            if key is not None and key in entries:
                earlier = mark.children[key].key or place
                message = f"{dotted(self.path)} is given twice (first at line {earlier.line})"
                self.problems.add("duplicate-key", message, place)
            elif key is not None:
                entries[key], mark.children[key] = value, child
            self.path.pop()
        flow = start.flow_style or first is None
        mark.value = self.place_at(start.start_mark, event.end_mark) if flow else first
        return entries

    def key(self, event: Any, place: Place, depth: int) -> str | None:
        """The text of a key, or None after reporting what else it is."""
        key = self.node(event, Mark(place), depth + 1)
        if isinstance(event, yaml.AliasEvent):
            self.problems.add("yaml-key", "a key must be written out, not be an alias", place)
        elif not isinstance(key, str):
            help = None if isinstance(key, dict | list) else KEY_HELP
            self.problems.add("yaml-key", f"a key must be text, not {shown(key)}", place, help=help)
        elif key == "<<" and not event.style:
            help = "write the keys out, or start from a preset with `preset:`"
            self.problems.add("yaml-key", "the merge key << is not supported", place, help=help)
        else:
            return key
        return None

    def scalar(self, event: Any) -> Any:
        """The value of a scalar: by its tag; else text when quoted; else what it looks like."""
        text, tag = event.value, event.tag
        if (tag is None and event.style) or tag == TAG + "str":
            value = text
        else:
            value = self.resolved(text, event)
            kind = {bool: "bool", int: "int", float: "float", str: "str"}.get(type(value), "null")
            if tag == TAG + "float" and kind == "int":
                value = float(value)
            elif tag not in (None, TAG + kind):
                self.unknown_tag(event)
        if isinstance(value, str) and (bad := ESCAPED_IN.search(value)):
            message = f"no text may contain the character U+{ord(bad[0]):04X}"
            self.problems.add("yaml-encoding", message, self.place(event))
        return value

    def resolved(self, text: str, event: Any) -> Any:
        """What a plain scalar means in YAML 1.2's core schema."""
        if len(text) > MAX_NUMBER and is_number(text):
            message = f"a number of {len(text):,} characters is too long"
            self.problems.add("yaml-number", message, self.place(event), help=KEY_HELP)
            return 0
        return plain_scalar(text)
