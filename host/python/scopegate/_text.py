"""Reads a request from JSON text: strictly.

The standard library reads what is right, and quickly. What it or a fact refuses is read once more in the document's order, so that the first thing wrong is
the one that is reported, also where the text breaks later.
"""

import json
import re
from collections.abc import Callable, Iterator
from json import decoder
from typing import Any, NoReturn

from . import _facts as facts
from ._facts import Wrong, expected
from ._shapes import LIST, REQUEST, SCALARS, Shape, list_limit

_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
_GOES_ON = frozenset("0123456789.eE")
#: Reads a text from behind its first quote, as the decoder itself does.
_scanstring: Callable[[str, int, bool], tuple[str, int]] = vars(decoder)["scanstring"]
_WORDS = {"true": True, "false": False, "null": None}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name is given twice")
    return read


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no whole number")


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse)


def quick(text: str) -> Any:
    """The value of `text`, or a `ValueError` if it is not what a request may be: then ask `read`, which says where."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read(text: str) -> Any:
    """The request that `text` is, or what is wrong with it first."""
    reader = _Reader(text)
    value = reader.value(REQUEST, "")
    if reader.at != len(text):
        reader.no_json()
    return value


class _Number(str):
    """A number as it is written."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.blanks()

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def no_json(self) -> NoReturn:
        raise Wrong("the JSON text ends too early" if self.at >= len(self.text) else "this is not JSON")

    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def takes(self, mark: str) -> bool:
        if self.next() != mark:
            return False
        self.at += 1
        self.blanks()
        return True

    def value(self, shape: Shape, path: str) -> Any:
        kind = shape.kind
        if kind == "record":
            return self.record(shape, path)
        if kind == "list":
            return self.elements(shape.inner, path)
        if kind == "option":
            if self.text.startswith("null", self.at):
                return self.scalar()
            return self.value(shape.inner, path)
        if kind == "attributes":
            return self.attributes()
        found = self.scalar()
        if kind == "string":
            facts.utf8(found)
        elif kind == "bool":
            facts.truth(found)
        elif kind == "u32":
            return self.whole(found, 0, 0xFFFF_FFFF)
        elif kind == "time":
            facts.instant(found)
        else:
            facts.case(shape, found)
        return found

    def scalar(self) -> Any:
        """The next value, if it is a text, a number or a word; of a list or an object only that it is one."""
        mark = self.next()
        if mark == "{":
            return {}
        if mark == "[":
            return []
        if mark == '"':
            return self.string()
        if found := _NUMBER.match(self.text, self.at):
            self.at = found.end()
            # What goes on as no number does, such as `5e` or `01`, is wrong as a whole.
            if self.next() in _GOES_ON:
                self.no_json()
            self.blanks()
            return _Number(found[0])
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                self.blanks()
                return value
        self.no_json()

    def string(self, is_whole: bool = True) -> str:
        try:
            text, self.at = _scanstring(self.text, self.at + 1, True)
            if is_whole:
                text.encode()
        except ValueError:
            self.no_json()
        self.blanks()
        return text

    def whole(self, found: Any, least: int, most: int) -> int:
        if not isinstance(found, _Number) or not found.lstrip("-").isdigit():
            expected("a whole number", found)
        if len(found) > 20:
            raise Wrong(f"{facts.quoted(found)} is out of range, expected {least} to {most}")
        return facts.whole(int(found), least, most)

    def names(self) -> Iterator[str]:
        """Each name of an object, standing at its colon; what is wrong between two is at the object."""
        if not self.takes("{"):
            expected("an object", self.scalar())
        if self.takes("}"):
            return
        while True:
            if self.next() != '"':
                self.no_json()
            yield self.string()
            if self.takes("}"):
                return
            if not self.takes(","):
                self.no_json()

    def colon(self) -> None:
        if not self.takes(":"):
            self.no_json()

    def record(self, shape: Shape, path: str) -> Any:
        read: dict[str, Any] = {}
        for name in self.names():
            index = shape.index.get(name)
            if index is None:
                raise Wrong("this name is not known here", name)
            if name in read:
                raise Wrong("this name is given twice", name)
            field = shape.fields[index]
            try:
                self.colon()
                if field.lacks and self.text.startswith("null", self.at):
                    read[name] = self.scalar()
                else:
                    read[name] = self.value(field.shape, f"{path}.{name}" if path else name)
            except Wrong as wrong:
                wrong.steps.append(name)
                raise
        for field in shape.fields:
            if field.name not in read and not field.lacks and field.shape.kind != "option":
                raise Wrong("this name is missing", field.name)
        return read

    def elements(self, shape: Shape, path: str) -> Any:
        if not self.takes("["):
            expected("a list", self.scalar())
        limit = list_limit(path)
        read: list[Any] = []
        while True:
            try:
                if read:
                    if self.takes("]"):
                        return read
                    if not self.takes(","):
                        self.no_json()
                elif self.takes("]"):
                    return read
                if len(read) < limit:
                    read.append(self.value(shape, path))
                    continue
            except Wrong as wrong:
                wrong.steps.append(len(read))
                raise
            raise facts.too_many(limit)

    def attributes(self) -> Any:
        read: dict[str, Any] = {}
        for name in self.names():
            if name in read:
                raise Wrong("this name is given twice", name)
            if len(read) == LIST:
                raise facts.too_many_attributes()
            try:
                facts.utf8(name)
                self.colon()
                read[name] = self.attribute()
            except Wrong as wrong:
                wrong.steps.append(name)
                raise
        return read

    def attribute(self) -> Any:
        if self.next() in ("{", "["):
            begin = self.at
            self.skim()
            if self.text[begin] == "{":
                expected("a text, a whole number, a truth or a list of texts", {})
            self.at = begin
            return self.elements(SCALARS["string"], "attributes")
        found = self.scalar()
        if isinstance(found, _Number):
            return self.whole(found, facts.LEAST, facts.MOST)
        if isinstance(found, str):
            facts.utf8(found)
        elif not isinstance(found, bool):
            expected("a text, a whole number, a truth or a list of texts", found)
        return found

    def skim(self) -> None:
        """Goes over a value, whatever it is, if it is JSON."""
        open_: list[str] = []
        while True:
            mark = self.next()
            if mark in ("{", "[") and mark:
                self.takes(mark)
                close = "}" if mark == "{" else "]"
                if not self.takes(close):
                    open_.append(close)
                    self.key(close)
                    continue
            elif mark == '"':
                # Half of a surrogate pair is seen to where the text is read.
                self.string(is_whole=False)
            else:
                self.scalar()
            while open_ and not self.takes(","):
                if not self.takes(open_[-1]):
                    self.no_json()
                open_.pop()
            if not open_:
                return
            self.key(open_[-1])

    def key(self, close: str) -> None:
        if close == "}":
            if self.next() != '"':
                self.no_json()
            self.string(is_whole=False)
            self.colon()
