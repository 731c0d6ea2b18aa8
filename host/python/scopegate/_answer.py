"""Reads answers from a policy's memory, as if they were hostile."""

from struct import Struct, unpack_from
from typing import Any

from ._shapes import Shape, list_of, shape

RESULT_BYTES = 16 << 20

_PAIR = Struct("<II")
_WORD = Struct("<I")
_LONG = Struct("<Q")

DECISION = shape("decision")
ERROR = shape("evaluation-error")
MANIFEST = shape("manifest")
EXPLANATIONS = list_of(shape("explanation"))


class Reader:
    """Reads one answer from a view of the whole memory."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._left = RESULT_BYTES

    def results(self, ok: Shape, at: int, count: int) -> list[tuple[bool, Any]]:
        """A list of `count` results."""
        _aligned(at, 4)
        place, found = _PAIR.unpack_from(self._memory, at)
        if found != count:
            raise ValueError(f"there are {found} results, expected {count}")
        align = max(ok.align, ERROR.align)
        _aligned(place, align)
        size = -(-(align + max(ok.size, ERROR.size)) // align) * align
        return [self.result(ok, place + index * size) for index in range(count)]

    def result(self, ok: Shape, at: int) -> tuple[bool, Any]:
        """Whether the `result` at `at` is in its first case, and what it holds."""
        payload = max(ok.align, ERROR.align)
        _aligned(at, payload)
        tag = self._memory[at]
        if tag > 1:
            raise ValueError(f"a result has the case {tag}")
        return tag == 0, self.value(ERROR if tag else ok, at + payload)

    def value(self, shape: Shape, at: int) -> Any:
        """The value at `at`."""
        kind, memory = shape.kind, self._memory
        if kind == "record":
            return {field.name: self.value(field.shape, at + field.offset) for field in shape.fields}
        if kind == "list":
            place, count = _PAIR.unpack_from(memory, at)
            inner = shape.inner
            _aligned(place, inner.align)
            self._spend(place, count * inner.size)
            if inner.kind == "u32":
                return list(unpack_from(f"<{count}I", memory, place))
            return [self.value(inner, place + index * inner.size) for index in range(count)]
        if kind == "string":
            place, count = _PAIR.unpack_from(memory, at)
            self._spend(place, count)
            return str(memory[place : place + count], "utf-8")
        if kind == "u32":
            return _WORD.unpack_from(memory, at)[0]
        if kind == "u64":
            return _LONG.unpack_from(memory, at)[0]
        if kind == "enum":
            return shape.names[memory[at]]
        return memory[at] != 0

    def whole(self, shape: Shape, at: int) -> Any:
        """The value that is all of an answer."""
        _aligned(at, shape.align)
        return self.value(shape, at)

    def _spend(self, at: int, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise ValueError(f"the policy's result takes more than {RESULT_BYTES} bytes")
        if at + count > len(self._memory):
            raise ValueError("the policy points outside its memory")


def _aligned(at: int, align: int) -> None:
    if at % align:
        raise ValueError("the policy's answer has an address that is not aligned")
