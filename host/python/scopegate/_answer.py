"""Reads answers from a policy's memory, as if they were hostile."""

from struct import Struct
from typing import Any, Protocol

from ._shapes import Shape, list_of, shape

RESULT_BYTES = 16 << 20

_PAIR = Struct("<II")
_LONG = Struct("<Q")

DECISION = shape("decision")
ERROR = shape("evaluation-error")
MANIFEST = shape("manifest")
EXPLANATIONS = list_of(shape("explanation"))


class Memory(Protocol):
    """Gives bytes of a policy's memory."""

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from `at`; a `ValueError` if they lie outside."""


class Reader:
    """Reads one answer."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._left = RESULT_BYTES

    def result(self, ok: Shape, at: int) -> tuple[bool, Any]:
        """Whether the `result` at `at` is in its first case, and what it holds."""
        payload = max(ok.align, ERROR.align)
        tag = self._memory.read(at, 1)[0]
        if tag > 1:
            raise ValueError(f"a result has the case {tag}")
        return tag == 0, self.value(ERROR if tag else ok, at + payload)

    def value(self, shape: Shape, at: int) -> Any:
        """The value at `at`."""
        return self._within(shape, self._memory.read(at, shape.size), 0)

    def _within(self, shape: Shape, image: bytes, at: int) -> Any:
        kind = shape.kind
        if kind == "record":
            return {field.name: self._within(field.shape, image, at + field.offset) for field in shape.fields}
        if kind == "list":
            place, count = _PAIR.unpack_from(image, at)
            elements = self._read(place, count * shape.inner.size)
            return [self._within(shape.inner, elements, index * shape.inner.size) for index in range(count)]
        if kind == "string":
            place, count = _PAIR.unpack_from(image, at)
            return self._read(place, count).decode()
        if kind == "u32":
            return _PAIR.unpack_from(image[at : at + 4] + b"\0\0\0\0")[0]
        if kind == "u64":
            return _LONG.unpack_from(image, at)[0]
        if kind == "enum":
            return shape.names[image[at]]
        return image[at] != 0

    def _read(self, at: int, count: int) -> bytes:
        self._left -= count
        if self._left < 0:
            raise ValueError(f"the policy's result takes more than {RESULT_BYTES} bytes")
        return self._memory.read(at, count) if count else b""
