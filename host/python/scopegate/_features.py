"""What a core module may use of WebAssembly: what the Rust host's validator allows, by a table that is made from that.

What the table does not name is refused before anything is compiled. That the rest is valid, the engine sees.
"""

import json
import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import NoReturn

from ._binary import MODULE, Reader, sections
from .errors import LoadError

_TABLE = json.loads(files(__package__).joinpath("_webassembly.json").read_text())
_LIMITS = _TABLE["limits"]
MEMORY_PAGES, TABLES, TABLE_ELEMENTS = _LIMITS["memory_pages"], _LIMITS["tables"], _LIMITS["table_elements"]
_VALUE_TYPES, _REFERENCE_TYPES = bytes(_TABLE["value_types"]), bytes(_TABLE["reference_types"])

#: The sections that hold nothing to look at: names, exports, the function to start with, and how many data there are.
_SKIPPED = frozenset((0, 7, 8, 12))
_FUNCTION_TYPE, _END, _GLOBAL_GET, _BR_TABLE, _TYPED_SELECT = 0x60, 0x0B, 0x23, 0x0E, 0x1C


def _any_of(found: Iterable[int]) -> bytes:
    """A pattern of one of these bytes."""
    return b"[" + b"".join(re.escape(bytes([byte])) for byte in found) + b"]"


_NUMBER = rb"[\x80-\xff]*+[\x00-\x7f]"
#: What stands behind an operator. Lists do not, which are read apart: labels, and the types of a choice.
_IMMEDIATES = {
    "index": _NUMBER,
    "i32": _NUMBER,
    "i64": _NUMBER,
    # In other proposals a bit of its first number says that a memory is named.
    "memory": rb"(?:[\x00-\x3f]|[\x80-\xbf]" + _NUMBER + rb")" + _NUMBER,
    "zero": rb"\x00",
    "byte": rb"[\x00-\xff]",
    "bytes4": rb"[\x00-\xff]{4}",
    "bytes8": rb"[\x00-\xff]{8}",
    "bytes16": rb"[\x00-\xff]{16}",
    # Nothing, the type of a value, or the number of a function's, which has no sign.
    "block": rb"(?:[\x00-\x40]|" + _any_of(_VALUE_TYPES) + rb"|[\x80-\xff]++[\x00-\x3f])",
    "reference": _any_of(_REFERENCE_TYPES),
}


def _code(written: str) -> bytes:
    """An operator in bytes, such as `0xfc 0x08`."""
    first, *second = (int(part, 16) for part in written.split())
    return bytes([first, *(part for number in second for part in ([number] if number < 0x80 else [number & 0x7F | 0x80, number >> 7]))])


def _pattern() -> bytes:
    """An operator that is allowed, and not read apart."""
    plain: dict[bytes, list[int]] = {}
    others: list[bytes] = []
    for written, said in _TABLE["operators"].items():
        code = _code(written)
        if said.startswith("!") or code[0] in (_BR_TABLE, _TYPED_SELECT):
            continue
        behind = b"".join(_IMMEDIATES[one] for one in said.split())
        if len(code) == 1:
            plain.setdefault(behind, []).append(code[0])
        else:
            others.append(re.escape(code) + behind)
    either = [_any_of(found) + behind for behind, found in plain.items()]
    return b"(?:" + b"|".join(either + others) + b")"


_OPERATOR = re.compile(_pattern(), re.DOTALL)
_OPERATORS = re.compile(_pattern() + b"++", re.DOTALL)
_PREFIXES = frozenset(_code(written)[0] for written in _TABLE["operators"] if " " in written)
_FEATURES = {_code(written): said[1:] for written, said in _TABLE["operators"].items() if said.startswith("!")}


def check(module: bytes) -> None:
    """Checks that the core module uses only what policies may; raises `LoadError`."""
    if not module.startswith(MODULE):
        raise LoadError("the component is broken: its core module does not begin as one does")
    checker = _Checker()
    for kind, content in sections(module):
        checker.section(kind, Reader(content))


class _Checker:
    def __init__(self) -> None:
        #: Functions and globals that are imported, and tables, their elements and memories of both kinds.
        self._functions = self._globals = self._tables = self._elements = self._memories = 0
        self._where = ""
        self._read: dict[int, Callable[[Reader], None]] = {
            1: self._type,
            2: self._import,
            3: _skip_number,
            4: self._table,
            5: self._memory,
            6: self._global,
            9: self._element,
            11: self._data,
        }

    def section(self, kind: int, reader: Reader) -> None:
        self._where = f"section {kind}"
        if kind in _SKIPPED:
            return
        if kind == 10:
            for index in range(reader.number()):
                self._where = f"the code of function {self._functions + index}"
                self._body(Reader(reader.bytes(reader.number())))
        elif kind in self._read:
            for _ in range(reader.number()):
                self._read[kind](reader)
        else:
            self._refuse("exceptions" if kind == 13 else "a section that is not known")
        reader.end()

    def _refuse(self, feature: str, what: str | None = None) -> NoReturn:
        where = f"{what} in {self._where}" if what else self._where
        raise LoadError(f"the component uses a feature of WebAssembly that policies may not, {feature} ({where} of its core module): build it without")

    def _value(self, reader: Reader, types: bytes = _VALUE_TYPES) -> None:
        byte = reader.byte()
        if byte not in types:
            self._refuse("types of other proposals", f"the type {byte:#04x}")

    def _type(self, reader: Reader) -> None:
        if reader.byte() != _FUNCTION_TYPE:
            self._refuse("gc", "a type that is no function's")
        for _ in range(2):
            for _ in range(reader.number()):
                self._value(reader)

    def _import(self, reader: Reader) -> None:
        reader.text()
        reader.text()
        kind = reader.byte()
        if kind == 0:
            self._functions += 1
            reader.number()
        elif kind == 1:
            self._table(reader)
        elif kind == 2:
            self._memory(reader)
        elif kind == 3:
            self._globals += 1
            self._global_type(reader)
        else:
            self._refuse("imports of other proposals", f"the kind {kind:#04x}")

    def _table(self, reader: Reader) -> None:
        self._value(reader, _REFERENCE_TYPES)
        self._elements += self._limits(reader)
        self._tables += 1
        if self._tables > TABLES:
            raise LoadError(f"the component has more than {TABLES} tables")
        if self._elements > TABLE_ELEMENTS:
            raise LoadError(f"the component's tables begin with more than {TABLE_ELEMENTS} elements")

    def _memory(self, reader: Reader) -> None:
        pages = self._limits(reader)
        self._memories += 1
        if self._memories > _LIMITS["memories"]:
            self._refuse("multi_memory")
        if pages > MEMORY_PAGES:
            raise LoadError(f"the component's memory begins with {pages} pages, at most {MEMORY_PAGES} are allowed")

    def _limits(self, reader: Reader) -> int:
        """Reads limits, and gives the lower one."""
        flags = reader.byte()
        if flags > 1:
            names = {4: "memory64", 2: "threads", 8: "custom_page_sizes"}
            self._refuse(next((name for bit, name in names.items() if flags & bit), "limits of other proposals"), f"the flags {flags:#04x}")
        least = reader.number()
        if flags == 1:
            reader.number()
        return least

    def _global_type(self, reader: Reader) -> None:
        self._value(reader)
        flags = reader.byte()
        if flags > 1:
            self._refuse("shared_everything_threads", f"the flags {flags:#04x}")

    def _global(self, reader: Reader) -> None:
        self._global_type(reader)
        self._constant(reader)

    def _element(self, reader: Reader) -> None:
        flags = reader.number()
        if flags > 7:
            self._refuse("elements of other proposals", f"the flags {flags:#04x}")
        is_inactive, is_explicit, has_expressions = flags & 1, flags & 2, flags & 4
        if not is_inactive:
            if is_explicit:
                reader.number()
            self._constant(reader)
        if is_inactive or is_explicit:
            if has_expressions:
                self._value(reader, _REFERENCE_TYPES)
            elif reader.byte() != 0:
                self._refuse("elements of other proposals")
        for _ in range(reader.number()):
            if has_expressions:
                self._constant(reader)
            else:
                reader.number()

    def _data(self, reader: Reader) -> None:
        flags = reader.number()
        if flags > 2:
            self._refuse("data of other proposals", f"the flags {flags:#04x}")
        if flags == 2 and reader.number() != 0:
            self._refuse("multi_memory")
        if flags != 1:
            self._constant(reader)
        reader.bytes(reader.number())

    def _constant(self, reader: Reader) -> None:
        while (first := reader.peek()) != _END:
            if first == _GLOBAL_GET:
                reader.byte()
                # Before other globals could be named, only imported ones could.
                if reader.number() >= self._globals:
                    self._refuse("gc", "a constant of a global that is not imported")
            elif not reader.match(_OPERATOR):
                self._apart(reader)
        reader.byte()

    def _body(self, reader: Reader) -> None:
        for _ in range(reader.number()):
            reader.number()
            self._value(reader)
        while not reader.is_done:
            if not reader.match(_OPERATORS):
                self._apart(reader)

    def _apart(self, reader: Reader) -> None:
        """Reads an operator with a list, or says what is wrong with the one that comes next."""
        first = reader.byte()
        if first == _BR_TABLE:
            for _ in range(reader.number() + 1):
                reader.number()
        elif first == _TYPED_SELECT:
            for _ in range(reader.number()):
                self._value(reader)
        else:
            self._refuse_operator(first, reader)

    def _refuse_operator(self, first: int, reader: Reader) -> NoReturn:
        if first not in _PREFIXES:
            self._refuse(_FEATURES.get(bytes([first]), "an operator or what stands behind it"), f"the operator {first:#04x}")
        second = reader.number()
        self._refuse(_FEATURES.get(_code(f"{first:#x} {second:#x}"), "an operator or what stands behind it"), f"the operator {first:#04x} {second:#04x}")


def _skip_number(reader: Reader) -> None:
    reader.number()
