"""The `--set` arguments: `a.b.0=value`, `list+=item`, `~path`."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from gangen.errors import Place, Problems, Source, did_you_mean, dotted, shown
from gangen.load import MAX_DEPTH, Reader
from gangen.marks import Document, KeyPath, Mark, Marks, copied
from gangen.yaml_text import UNPRINTABLE, Fatal


def apply_set(
    document: Document,
    assignments: Sequence[str],
    problems: Problems,
    is_choice: Callable[[KeyPath], bool] = lambda path: False,
) -> Document:
    """`document` after the `--set` assignments, in order: `a.b.0=value`, `list+=item`, `~path`.

    Where `is_choice(path)`, a mapping has one key: another one takes its place.
    """
    root = document.marks.root.copy()
    result = Document(copied(document.data), Marks(document.source, root), document.source)
    for assignment in assignments:
        _Assignment(assignment, problems, is_choice).apply(result)
    return result


class _Assignment:
    """One `--set` argument."""

    def __init__(self, text: str, problems: Problems, is_choice: Callable[[KeyPath], bool]) -> None:
        self.source, self.problems = Source("--set", text), problems
        self.is_choice = is_choice
        left, self.equals, self.right = text.partition("=")
        self.reset = left.lstrip().startswith("~")
        self.append = not self.reset and left.rstrip().endswith("+")
        self.start = len(left) - len(left.lstrip()) + self.reset
        self.left = left[self.start :].rstrip()
        if self.append:
            self.left = self.left[:-1].rstrip()

    def wrong(self, message: str, place: Place, help: str | None = None) -> NoReturn:
        """Add a problem with the path and give up."""
        self.problems.add("set-path", message, place, help=help)
        raise Fatal

    def apply(self, document: Document) -> None:
        """Change the document in place; a bad path is reported and changes nothing that counts."""
        try:
            steps = self.steps()
            data, mark, done = self.walk(document, steps)
            part, place = steps[-1]
            if self.reset:
                self.remove(data, mark, part, place, done)
            else:
                self.assign(data, mark, part, place, done)
        except Fatal:
            pass

    def steps(self) -> list[tuple[str, Place]]:
        """The parts of the path and where they stand."""
        whole = Place(self.source, 1, 1, max(1, len(self.source.text)))
        if self.reset == bool(self.equals):
            message = "`~path` takes no value" if self.reset else "this assigns nothing"
            self.wrong(message, whole, "write path=value, list+=item or ~path")
        steps, column = [], self.start + 1
        for part in self.left.split("."):
            place = Place(self.source, 1, column, max(1, len(part)))
            if not part or UNPRINTABLE.search(part) or part.split() != [part]:
                help = "write the path like training.batch_size"
                self.wrong("a part of the path is empty or no key", place, help)
            steps.append((part, place))
            column += len(part) + 1
        if len(steps) > MAX_DEPTH:
            self.wrong(f"the path has more than {MAX_DEPTH} parts", whole)
        return steps

    def walk(self, document: Document, steps: list[tuple[str, Place]]) -> tuple[Any, Mark, KeyPath]:
        """The container of the last part, its mark and its path; makes missing mappings."""
        data, mark = document.data, document.marks.root
        done: KeyPath = ()
        for part, place in steps[:-1]:
            key = self.key_in(data, part, place, done)
            self.choose(data, mark, key, place, done)
            child = data[key] if isinstance(data, list) else data.get(key)
            if isinstance(child, str) and not self.reset and self.is_choice((*done, key)):
                child = data[key] = {child: {}}  # a name alone
            if child is None:
                if self.reset:
                    self.absent(data, part, place, done)
                child = data[key] = {}
                mark.children[key] = Mark(place, place)
            mark = mark.children.setdefault(key, Mark(place, place))
            data, done = child, (*done, key)
        return data, mark, done

    def choose(self, data: Any, mark: Mark, key: Any, place: Place, done: KeyPath) -> None:
        """Take out what was chosen before, if another name is chosen now."""
        if self.is_choice(done) and isinstance(data, dict) and key not in data and not self.reset:
            data.clear()
            mark.children.clear()
            mark.key = mark.value = place

    def key_in(self, data: Any, part: str, place: Place, done: KeyPath) -> Any:
        """`part` as a key or an index of `data`, which stands at the path `done`."""
        name = dotted(done) or "the spec"
        index = int(part) if part.isascii() and part.isdecimal() and len(part) < 10 else None
        if isinstance(data, list):
            if index is not None and index < len(data):
                return index
            help = f"its items are 0 to {len(data) - 1}" if data else "it is empty; append with +="
            self.wrong(f"{name} has no item {part}", place, help)
        if not isinstance(data, dict):
            self.wrong(f"{name} is {shown(data)}, so it has no {part}", place)
        if index is not None and part not in data:
            self.wrong(f"{name} is no list, so it has no item {part}", place)
        return part

    def absent(self, data: Any, part: str, place: Place, done: KeyPath) -> NoReturn:
        """Warn that there is nothing to reset."""
        guess = did_you_mean(part, data)
        help = f"did you mean {dotted((*done, guess))}?" if guess else None
        message = f"{dotted((*done, part))} is not given, so there is nothing to reset"
        self.problems.add("set-path", message, place, help=help, severity="warning")
        raise Fatal

    def remove(self, data: Any, mark: Mark, part: str, place: Place, done: KeyPath) -> None:
        """Take a key or a list item out; the marks of later items move up."""
        key = self.key_in(data, part, place, done)
        if isinstance(data, dict) and key not in data:
            self.absent(data, part, place, done)
        del data[key]
        mark.children.pop(key, None)
        if isinstance(key, int):
            later = {int(at): child for at, child in mark.children.items()}
            mark.children = {at - (at > key): child for at, child in later.items()}

    def assign(self, data: Any, mark: Mark, part: str, place: Place, done: KeyPath) -> None:
        """Put the value in, or append it to the list that is there."""
        key = self.key_in(data, part, place, done)
        self.choose(data, mark, key, place, done)
        shift = len(self.source.text) - len(self.right)
        value = Reader(self.right, self.source, self.problems, shift).document()
        new = value.marks.root
        new.value = new.value or place
        if not self.append:
            new.key = place
            data[key], mark.children[key] = value.data, new
            return
        items = data[key] if isinstance(data, list) else data.get(key)
        if items is None:
            items = data[key] = []
        if not isinstance(items, list):
            name = dotted((*done, key))
            self.wrong(f"{name} is {shown(items)}, not a list", place, "replace it with =")
        mark.children.setdefault(key, Mark(place, place)).children[len(items)] = new
        items.append(value.data)
