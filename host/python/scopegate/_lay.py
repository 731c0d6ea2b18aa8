"""Lays a request out as the canonical ABI's image, in one pass: what is wrong with it shows on the way."""

from collections.abc import Callable, Sequence
from typing import Any

from . import _facts as facts
from . import _leaves as leaves
from ._facts import Wrong, expected
from ._leaves import LONG, PAIR, Lay
from ._pairs import PairLayer
from ._shapes import LIST, REQUEST, SCALARS, TEXT_BYTES, Shape, list_limit

_MISSING = object()


class Layer:
    """Lays requests out for memory that begins at `base`, a multiple of 8."""

    def __init__(self, base: int, clock: Callable[[], int]) -> None:
        self._base = base
        self._clock = clock
        #: Where pointers stand, and the begin, bytes and alignment of what they point to; only kept if somebody wants to move it.
        self.blocks: list[tuple[int, int, int, int]] | None = None
        self._request = self._of(REQUEST, "")
        self._pairs = PairLayer(base, clock)

    def lay(self, request: Any) -> bytearray:
        """The image of `request`."""
        image = bytearray(REQUEST.size)
        self._request(image, 0, request)
        return image

    def lay_all(self, requests: Sequence[Any]) -> tuple[bytearray, list[str | None]]:
        """The image of those requests that are ordinary ones, one behind the other, and the action of each; `None` for the others."""
        image = bytearray(REQUEST.size * len(requests))
        actions: list[str | None] = []
        at = 0
        for request in requests:
            end = len(image)
            try:
                if type(request) is bytes:
                    request = request.decode()
                if type(request) is str:
                    action = self._pairs.lay(image, at, request)
                else:
                    self._request(image, at, request)
                    action = request["action"]
            except (Wrong, UnicodeDecodeError):
                actions.append(None)
                del image[end:]
                image[at : at + REQUEST.size] = bytes(REQUEST.size)
            else:
                actions.append(action)
                at += REQUEST.size
        return image, actions

    def _of(self, shape: Shape, path: str) -> Lay:
        kind = shape.kind
        if kind == "string":
            return self._text()
        if kind == "bool":
            return leaves.truth
        if kind == "u32":
            return leaves.u32
        if kind == "time":
            return leaves.time
        if kind == "enum":
            return leaves.enum(shape)
        if kind == "option":
            return leaves.option(self._of(shape.inner, path), shape.payload)
        if kind == "list":
            return self._list(shape.inner, path)
        if kind == "attributes":
            return self._attributes()
        return self._record(shape, path)

    def _record(self, shape: Shape, path: str) -> Lay:
        fields = []
        for field in shape.fields:
            inner = self._of(field.shape, f"{path}.{field.name}" if path else field.name)
            kind = field.shape.kind
            cases = field.shape.index if kind == "enum" else None
            fields.append((field.name, field.offset, inner, field.lacks, kind == "option", kind == "string", cases, kind == "bool"))
        index, clock, base, pack = shape.index, self._clock, self._base, PAIR.pack_into

        def lay(image: bytearray, at: int, value: Any) -> None:
            if type(value) is not dict:
                expected("an object", value)
            found, get, is_region = 0, value.get, self.blocks is None
            for name, offset, inner, lacks, is_option, is_text, cases, is_truth in fields:
                given = get(name, _MISSING)
                # Most facts are short texts in ASCII, cases of enums or truths, and this is most of the work.
                if is_text:
                    if is_region and type(given) is str and len(given) < TEXT_BYTES and given.isascii():
                        found += 1
                        pack(image, at + offset, base + len(image), len(given))
                        image += given.encode()
                        continue
                elif cases is not None:
                    if type(given) is str and given in cases:
                        found += 1
                        image[at + offset] = cases[given]
                        continue
                elif is_truth and type(given) is bool:
                    found += 1
                    image[at + offset] = given
                    continue
                if given is _MISSING or (given is None and (is_option or lacks)):
                    found += given is None
                    if is_option or lacks == "attributes":
                        continue
                    if lacks is None:
                        raise Wrong("this name is missing", name)
                    LONG.pack_into(image, at + offset, clock())
                    continue
                found += 1
                try:
                    inner(image, at + offset, given)
                except Wrong as wrong:
                    wrong.steps.append(name)
                    raise
            if found != len(value):
                raise Wrong("this name is not known here", str(next(name for name in value if name not in index)))

        return lay

    def _text(self) -> Lay:
        base, utf8, pack = self._base, facts.utf8, PAIR.pack_into

        def lay(image: bytearray, at: int, value: Any) -> None:
            encoded = utf8(value)
            if self.blocks is not None:
                self.blocks.append((at, len(image), len(encoded), 1))
            pack(image, at, base + len(image), len(encoded))
            image += encoded

        return lay

    def _room(self, image: bytearray, at: int, shape: Shape, count: int) -> int:
        """Room for the elements of a list; tells the list at `at` where it is."""
        image += bytes(-len(image) % shape.align)
        place = len(image)
        if self.blocks is not None:
            self.blocks.append((at, place, shape.size * count, shape.align))
        PAIR.pack_into(image, at, self._base + place, count)
        image += bytes(shape.size * count)
        return place

    def _list(self, shape: Shape, path: str) -> Lay:
        inner, limit, size = self._of(shape, path), list_limit(path), shape.size

        def lay(image: bytearray, at: int, value: Any) -> None:
            if type(value) is not list:
                expected("a list", value)
            if len(value) > limit:
                raise facts.too_many(limit)
            place = self._room(image, at, shape, len(value))
            for index, element in enumerate(value):
                try:
                    inner(image, place + index * size, element)
                except Wrong as wrong:
                    wrong.steps.append(index)
                    raise

        return lay

    def _attributes(self) -> Lay:
        text = self._text()
        texts = self._list(SCALARS["string"], "attributes")
        attribute = Shape("attribute", 24, 8)

        def one(image: bytearray, at: int, value: Any) -> None:
            kind = type(value)
            if kind is str:
                text(image, at + 8, value)
            elif kind is bool:
                image[at], image[at + 8] = 2, value
            elif kind is int:
                image[at] = 1
                LONG.pack_into(image, at + 8, facts.whole(value, facts.LEAST, facts.MOST))
            elif kind is list:
                image[at] = 3
                texts(image, at + 8, value)
            else:
                expected("a text, a whole number, a truth or a list of texts", value)

        def lay(image: bytearray, at: int, value: Any) -> None:
            if type(value) is not dict:
                expected("an object", value)
            if len(value) > LIST:
                raise facts.too_many_attributes()
            place = self._room(image, at, attribute, len(value))
            for index, (name, given) in enumerate(value.items()):
                try:
                    text(image, place + index * 24, name)
                    one(image, place + index * 24 + 8, given)
                except Wrong as wrong:
                    wrong.steps.append(str(name))
                    raise

        return lay
