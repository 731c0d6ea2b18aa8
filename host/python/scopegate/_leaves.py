"""How single facts are laid out, whoever lays out what they stand in."""

from collections.abc import Callable
from struct import Struct
from typing import Any

from . import _facts as facts
from ._shapes import Shape

#: Lays a value out at a place of an image, and what it points to behind the image.
Lay = Callable[[bytearray, int, Any], None]

PAIR = Struct("<II")
LONG = Struct("<q")
_WORD = Struct("<I")


def truth(image: bytearray, at: int, value: Any) -> None:
    """A truth."""
    image[at] = facts.truth(value)


def u32(image: bytearray, at: int, value: Any) -> None:
    """A whole number."""
    _WORD.pack_into(image, at, facts.whole(value, 0, 0xFFFF_FFFF))


def time(image: bytearray, at: int, value: Any) -> None:
    """A time."""
    LONG.pack_into(image, at, facts.instant(value))


def enum(shape: Shape) -> Lay:
    """A case of an enum."""

    def lay(image: bytearray, at: int, value: Any) -> None:
        image[at] = facts.case(shape, value)

    return lay


def option(inner: Lay, payload: int) -> Lay:
    """What may be absent, and is there."""

    def lay(image: bytearray, at: int, value: Any) -> None:
        image[at] = 1
        inner(image, at + payload, value)

    return lay
