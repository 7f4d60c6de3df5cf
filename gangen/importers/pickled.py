"""Reads arrays, lists, tuples and numbers out of a pickle without running anything in it.

A pickle is a program for a small stack machine. This one takes only the instructions that build
plain data; of functions it knows the few by which NumPy describes an array, and those it does not
call: it reads their arguments. Everything else is refused by name.
"""

from __future__ import annotations

import io
import pickletools
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from gangen.errors import UsageError

DTYPE = re.compile(r"[|<>=]?([biuf][1248])")
RECONSTRUCT = ("multiarray", "_reconstruct")
FROM_BUFFER = ("numeric", "_frombuffer")
SCALAR = ("multiarray", "scalar")
KNOWN = {
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (RECONSTRUCT, FROM_BUFFER, SCALAR)
    ),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("_codecs", "encode"),
}
BROKEN = (ValueError, TypeError, IndexError, KeyError, AttributeError, EOFError, struct.error)
BROKEN += (OverflowError, RecursionError)  # type: ignore[assignment]
MAX_AXES = 4
HELP = "only arrays, lists, tuples and numbers are read, and nothing in the file is run"


@dataclass(frozen=True)
class Name:
    """A function that the pickle wants to call."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass
class Type:
    """A NumPy type of numbers, with its byte order."""

    code: str
    order: str = "|"

    @property
    def text(self) -> str:
        """As NumPy writes it: `<u2`."""
        return f"{'|' if self.size == 1 else self.order.replace('=', '<')}{self.code}"

    @property
    def size(self) -> int:
        """Bytes of one number."""
        return int(self.code[1])


@dataclass
class Array:
    """An array as its parts; `type` is None until the pickle has said what it is."""

    shape: tuple[int, ...] = ()
    type: Type | None = None
    data: bytes = b""
    fortran: bool = False


class Refused(Exception):
    """The pickle holds something that is not read; the message names it."""


def read_pickle(data: bytes, name: str) -> Any:
    """Plain data and Arrays. Raises UsageError for what is no such pickle."""
    machine = _Machine()
    at = 0
    try:
        for opcode, argument, position in pickletools.genops(io.BytesIO(data)):
            at = position or 0
            machine.step(opcode.name, argument)
        value = machine.stack[-1]
        _check_size(value, len(data), {})
        return value
    except Refused as error:
        raise UsageError(f"{name}: {error} (at byte {at})", help=HELP) from None
    except BROKEN:
        raise UsageError(
            f"{name}: this is no pickle, or a damaged one (at byte {at})",
            help="the toolkit's data is written by pickle.dump",
        ) from None


class _Machine:
    """The stack, the marks in it, and the memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.does: dict[str, Callable[[Any], object]] = {
            **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda argument: None),
            **dict.fromkeys(PUSHED, self.push),
            **dict.fromkeys(BYTES, lambda text: self.push(_bytes(text))),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self.remember),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda at: self.push(self.memo[at])),
            "NONE": lambda argument: self.push(None),
            "NEWTRUE": lambda argument: self.push(True),
            "NEWFALSE": lambda argument: self.push(False),
            "MARK": lambda argument: self.marks.append(len(self.stack)),
            "POP": lambda argument: self.pop(1),
            "POP_MARK": lambda argument: self.since_mark(),
            "DUP": lambda argument: self.push(self.stack[-1]),
            "MEMOIZE": lambda argument: self.remember(len(self.memo)),
            "EMPTY_LIST": lambda argument: self.push([]),
            "EMPTY_TUPLE": lambda argument: self.push(()),
            "LIST": lambda argument: self.push(self.since_mark()),
            "TUPLE": lambda argument: self.push(tuple(self.since_mark())),
            "TUPLE1": lambda argument: self.push(tuple(self.pop(1))),
            "TUPLE2": lambda argument: self.push(tuple(self.pop(2))),
            "TUPLE3": lambda argument: self.push(tuple(self.pop(3))),
            "APPEND": lambda argument: self.append(self.pop(1)),
            "APPENDS": lambda argument: self.append(self.since_mark()),
            "GLOBAL": lambda text: self.name(*text.split(" ", 1)),
            "STACK_GLOBAL": lambda argument: self.name(*self.pop(2)),
            "REDUCE": lambda argument: self.reduce(),
            "BUILD": lambda argument: self.build(),
        }

    def step(self, opcode: str, argument: Any) -> None:
        """One instruction."""
        if opcode not in self.does:
            raise Refused(f"the pickle holds {OTHERS.get(opcode, f'an object ({opcode})')}")
        self.does[opcode](argument)

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self, number: int) -> list[Any]:
        """Take values off it."""
        values = self.stack[-number:]
        if len(values) < number or (self.marks and len(self.stack) - number < self.marks[-1]):
            raise IndexError
        del self.stack[-number:]
        return values

    def since_mark(self) -> list[Any]:
        """Take off what is above the last mark."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def remember(self, at: int) -> None:
        """Keep the topmost value in the memo."""
        self.memo[at] = self.stack[-1]

    def append(self, values: list[Any]) -> None:
        """Add to the list on top."""
        if type(self.stack[-1]) is not list:
            raise Refused("the pickle appends to something that is no list")
        self.stack[-1].extend(values)

    def name(self, module: Any, name: Any) -> None:
        """A function by its name; no module is imported."""
        if (module, name) not in KNOWN:
            raise Refused(f"the pickle wants to use {module}.{name}")
        self.push(Name(module, name))

    def reduce(self) -> None:
        """What a call would give, where the call is one of NumPy's for arrays."""
        function, arguments = self.pop(2)
        known = function.name if isinstance(function, Name) else ""
        if known not in CALLS or type(arguments) is not tuple:
            raise Refused(f"the pickle wants to call {function}")
        self.push(CALLS[known](*arguments))

    def build(self) -> None:
        """The state of an array or of a type."""
        (state,) = self.pop(1)
        target = self.stack[-1]
        if type(state) is not tuple:
            raise Refused("the pickle gives something a state that is no tuple")
        if isinstance(target, Array) and target.type is None:
            shape, kind, fortran, data = state[-4:]
            _fill(target, shape, kind, data, bool(fortran))
        elif isinstance(target, Type) and state[1] in ("<", ">", "|", "=") and not any(state[2:5]):
            target.order = state[1]
        else:
            raise Refused("the pickle gives a state to something that is no plain array")


def _dtype(code: Any, *flags: Any) -> Type:
    found = DTYPE.fullmatch(code) if isinstance(code, str) else None
    if not found:
        raise Refused(f"the pickle holds an array of {code!r:.40}, not of numbers")
    return Type(found[1], code[0] if code[0] in "<>|=" else "|")


def _empty(kind: Any, shape: Any, code: Any) -> Array:
    if kind != Name("numpy", "ndarray"):
        raise Refused(f"the pickle wants to make a {kind}")
    return Array()


def _buffer(data: Any, kind: Any, shape: Any, order: Any) -> Array:
    return _fill(Array(), shape, kind, data, order == "F")


def _scalar(kind: Any, data: Any) -> Array:
    return _fill(Array(), (), kind, data, False)


def _encode(text: Any, encoding: Any) -> bytes:
    if encoding not in ("latin1", "latin-1") or not isinstance(text, str):
        raise Refused("the pickle encodes a text as something else than bytes")
    return text.encode("latin-1")


CALLS: dict[str, Callable[..., Any]] = {
    "dtype": _dtype,
    "_reconstruct": _empty,
    "_frombuffer": _buffer,
    "scalar": _scalar,
    "encode": _encode,
}


def _fill(array: Array, shape: Any, kind: Any, data: Any, fortran: bool) -> Array:
    """Give an array its parts, after a look whether they fit together."""
    data = data.encode("latin-1") if isinstance(data, str) else data
    if not isinstance(kind, Type) or not isinstance(data, bytes | bytearray):
        raise Refused("the pickle holds an array of objects, not of numbers")
    if type(shape) is not tuple or any(type(side) is not int or side < 0 for side in shape):
        raise ValueError
    if len(shape) > MAX_AXES:
        raise Refused(f"the pickle holds an array with {len(shape)} axes")
    shape = (0,) if 0 in shape else shape
    if prod(shape) * kind.size != len(data):
        raise Refused(f"the pickle holds an array {list(shape)} of {len(data)} bytes: damaged")
    array.shape, array.type, array.data, array.fortran = shape, kind, bytes(data), fortran
    return array


def _check_size(value: Any, most: int, seen: dict[int, int | None]) -> int:
    """The numbers in it, every use of a shared part counted: a bomb has more than its bytes."""
    if not isinstance(value, list | tuple):
        return max(prod(value.shape), 1) if isinstance(value, Array) else 1
    if id(value) not in seen:
        seen[id(value)] = None
        seen[id(value)] = sum(_check_size(item, most, seen) for item in value)
    size = seen[id(value)]
    if size is None:
        raise Refused("the pickle holds a list that is inside itself")
    if size > most:
        raise Refused("the pickle uses the same parts over and over, more than any data would")
    return size


def _bytes(text: Any) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else bytes(text)


PUSHED = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING"),
    "SHORT_BINSTRING",
)
BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8")
OTHERS = {
    **dict.fromkeys(("EMPTY_DICT", "DICT", "SETITEM", "SETITEMS"), "a dictionary"),
    **dict.fromkeys(("EMPTY_SET", "ADDITEMS", "FROZENSET"), "a set"),
    **dict.fromkeys(("PERSID", "BINPERSID"), "a reference to something outside of it"),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), "a registered extension"),
    **dict.fromkeys(("NEXT_BUFFER", "READONLY_BUFFER"), "a buffer that is not in the file"),
}
