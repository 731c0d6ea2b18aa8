"""What each kind of fact may be, whatever it is read from."""

from typing import Any, NoReturn

from ._shapes import LIST, TEXT_BYTES, Shape
from ._time import seconds
from .errors import cut

LEAST, MOST = -(2**63), 2**63 - 1


class Wrong(Exception):
    """Something that is wrong; each reader it passes adds its step to the path."""

    def __init__(self, message: str, *steps: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.steps: list[str | int] = list(reversed(steps))

    @property
    def path(self) -> str:
        """Where it is, such as `scan.targets[3].url`; `$` for the whole."""
        text = ""
        for step in reversed(self.steps):
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text or "$"


def expected(what: str, value: Any) -> NoReturn:
    """Refuses a value of another kind."""
    kind = type(value)
    found = {dict: "an object", list: "a list", type(None): "`null`"}.get(kind)
    if found is None:
        found = quoted(shown(value)) if kind in (bool, int, float, str) else f"a {kind.__name__}"
    raise Wrong(f"expected {what}, found {found}")


def shown(value: bool | float | str) -> str:
    """A value as text: Python writes down no number of thousands of digits."""
    if type(value) is bool:
        return str(value).lower()
    try:
        return str(value)
    except ValueError:
        return f"a number of {int(value).bit_length()} bits"


def quoted(text: str) -> str:
    """Somebody's input in backticks, cut if it is long."""
    return f"`{cut(text)}`"


def utf8(value: Any) -> bytes:
    """The bytes of a text that is within its limit."""
    if type(value) is not str:
        expected("a text", value)
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise Wrong("this text has half of a surrogate pair") from None
    if len(encoded) > TEXT_BYTES:
        raise Wrong(f"this text has {len(encoded)} bytes, at most {TEXT_BYTES} are allowed")
    return encoded


def truth(value: Any) -> bool:
    """A truth."""
    if type(value) is not bool:
        expected("`true` or `false`", value)
    return value


def whole(value: Any, least: int, most: int) -> int:
    """A whole number in a range."""
    if type(value) is not int:
        expected("a whole number", value)
    if not least <= value <= most:
        raise Wrong(f"{quoted(shown(value))} is out of range, expected {least} to {most}")
    return value


def instant(value: Any) -> int:
    """A time."""
    if type(value) is not str:
        expected("a text", value)
    found = seconds(value)
    if isinstance(found, str):
        raise Wrong(f"{quoted(value)} is not a time here: {found}")
    return found


def case(shape: Shape, value: Any) -> int:
    """The index of an enum's case."""
    if type(value) is not str:
        expected("a text", value)
    index = shape.index.get(value)
    if index is None:
        raise Wrong(f"{quoted(value)} is not known here, expected one of {', '.join(shape.names)}")
    return index


def too_many(limit: int) -> Wrong:
    """A list of too many elements."""
    return Wrong(f"this list has more than {limit} elements")


def too_many_attributes() -> Wrong:
    """Too many attributes."""
    return Wrong(f"there are more than {LIST} attributes")
