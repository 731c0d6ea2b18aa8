"""Lays requests out from text as the decoder hands their names and values over, without a `dict` between: for batches.

What is out of the ordinary is not laid: it is read once more by who says what is wrong.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from . import _facts as facts
from . import _leaves as leaves
from ._facts import Wrong
from ._leaves import LONG, PAIR, Lay
from ._shapes import LIST, REQUEST, SCALARS, TEXT_BYTES, Shape, list_limit


def _refuse(_: object = None) -> NoReturn:
    raise Wrong("it is out of the ordinary")


#: Objects are tuples of pairs, so that a name that is there twice is seen; lists are lists.
_decoder = json.JSONDecoder(object_pairs_hook=tuple, parse_float=_refuse, parse_constant=_refuse)


class PairLayer:
    """Lays texts out for memory that begins at `base`, a multiple of 8."""

    def __init__(self, base: int, clock: Callable[[], int]) -> None:
        self._base = base
        self._clock = clock
        self._texts = self._list(SCALARS["string"], "attributes")
        self._request = self._record(REQUEST, "")

    def lay(self, image: bytearray, at: int, text: str) -> str:
        """Lays the request that `text` is out at `at` and behind the image, and gives its action; raises `Wrong` if it is out of the ordinary."""
        try:
            pairs = _decoder.decode(text)
        except (ValueError, RecursionError):
            _refuse()
        self._request(image, at, pairs)
        action: str = next(given for name, given in pairs if name == "action")
        return action

    def _of(self, shape: Shape, path: str) -> Lay:
        kind = shape.kind
        if kind == "option":
            return leaves.option(self._of(shape.inner, path), shape.payload)
        if kind == "list":
            return self._list(shape.inner, path)
        if kind == "record":
            return self._record(shape, path)
        if kind == "enum":
            return leaves.enum(shape)
        if kind == "attributes":
            return self._attributes
        return {"string": self._text, "bool": leaves.truth, "u32": leaves.u32, "time": leaves.time}[kind]

    def _record(self, shape: Shape, path: str) -> Lay:
        table, required, now = {}, 0, None
        for number, field in enumerate(shape.fields):
            kind, bit = field.shape.kind, 1 << number
            inner = self._of(field.shape, f"{path}.{field.name}" if path else field.name)
            may_lack = kind == "option" or field.lacks is not None
            cases = field.shape.index if kind == "enum" else None
            table[field.name] = (bit, field.offset, inner, may_lack, kind == "string", cases, kind == "bool")
            required |= 0 if may_lack else bit
            if field.lacks == "now":
                now = bit, field.offset
        base, clock, pack, find = self._base, self._clock, PAIR.pack_into, table.get

        def lay(image: bytearray, at: int, value: Any) -> None:
            if type(value) is not tuple:
                _refuse()
            seen = nulls = 0
            for name, given in value:
                field = find(name)
                if field is None:
                    _refuse()
                bit, offset, inner, may_lack, is_text, cases, is_truth = field
                if seen & bit:
                    _refuse()
                seen |= bit
                if is_text:
                    if type(given) is str and len(given) < TEXT_BYTES and given.isascii():
                        pack(image, at + offset, base + len(image), len(given))
                        image += given.encode()
                        continue
                elif cases is not None:
                    if type(given) is str and given in cases:
                        image[at + offset] = cases[given]
                        continue
                elif is_truth:
                    if type(given) is bool:
                        image[at + offset] = given
                        continue
                elif given is None and may_lack:
                    nulls |= bit
                    continue
                inner(image, at + offset, given)
            if required & ~seen:
                _refuse()
            if now is not None and not seen & ~nulls & now[0]:
                LONG.pack_into(image, at + now[1], clock())

        return lay

    def _text(self, image: bytearray, at: int, value: Any) -> None:
        encoded = facts.utf8(value)
        PAIR.pack_into(image, at, self._base + len(image), len(encoded))
        image += encoded

    def _list(self, shape: Shape, path: str) -> Lay:
        inner, limit, size, align, base = self._of(shape, path), list_limit(path), shape.size, shape.align, self._base

        def lay(image: bytearray, at: int, value: Any) -> None:
            if type(value) is not list or len(value) > limit:
                _refuse()
            image += bytes(-len(image) % align)
            place = len(image)
            PAIR.pack_into(image, at, base + place, len(value))
            image += bytes(size * len(value))
            for element in value:
                inner(image, place, element)
                place += size

        return lay

    def _attributes(self, image: bytearray, at: int, value: Any) -> None:
        if type(value) is not tuple or len(value) > LIST or len({name for name, _ in value}) < len(value):
            _refuse()
        image += bytes(-len(image) % 8)
        place = len(image)
        PAIR.pack_into(image, at, self._base + place, len(value))
        image += bytes(24 * len(value))
        for name, given in value:
            self._text(image, place, name)
            kind = type(given)
            if kind is str:
                self._text(image, place + 16, given)
            elif kind is bool:
                image[place + 8], image[place + 16] = 2, given
            elif kind is int:
                image[place + 8] = 1
                LONG.pack_into(image, place + 16, facts.whole(given, facts.LEAST, facts.MOST))
            else:
                image[place + 8] = 3
                self._texts(image, place + 16, given)
            place += 24
