"""The contract's types, ready to be followed."""

import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

CONTRACT: dict[str, Any] = json.loads(files(__package__).joinpath("_contract.json").read_text())
TEXT_BYTES: int = CONTRACT["limits"]["text_bytes"]
LIST: int = CONTRACT["limits"]["list"]
LAST_INSTANT: int = CONTRACT["limits"]["last_instant"]
INTERFACE: str = CONTRACT["interface"]


def list_limit(path: str) -> int:
    """The most elements of the list at a path without indices."""
    limit: int = CONTRACT["limits"]["lists"].get(path, LIST)
    return limit


@dataclass(slots=True)
class Shape:
    """A type, and where it stands in memory."""

    kind: str
    size: int
    align: int
    of: "Shape | None" = None
    names: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    fields: "list[Field]" = field(default_factory=list)
    payload: int = 0

    @property
    def inner(self) -> "Shape":
        """What a list or an option is of."""
        assert self.of is not None
        return self.of


@dataclass(slots=True)
class Field:
    """A field of a record; `lacks` says what JSON may leave out although the contract requires it."""

    name: str
    shape: Shape
    offset: int
    lacks: str | None


SCALARS = {
    "string": Shape("string", 8, 4),
    "bool": Shape("bool", 1, 1),
    "u32": Shape("u32", 4, 4),
    "u64": Shape("u64", 8, 8),
    "time": Shape("time", 8, 8),
}
ATTRIBUTES = Shape("attributes", 8, 4)
_known: dict[str, Shape] = {}


def shape(name: str) -> Shape:
    """The type of that name, such as `request`."""
    if name in SCALARS:
        return SCALARS[name]
    if name not in _known:
        _known[name] = _make(name, CONTRACT["types"][name])
    return _known[name]


def list_of(inner: Shape) -> Shape:
    """A list of such values."""
    return Shape("list", 8, 4, inner)


def _make(name: str, described: dict[str, Any]) -> Shape:
    made = Shape("enum", described["size"], described["align"])
    if "enum" in described:
        made.names = described["enum"]
        made.index = {case: index for index, case in enumerate(made.names)}
        return made
    made.kind = "record"
    for each in described["record"]:
        lacks = each["name"] if name == "request" and each["name"] in ("now", "attributes") else None
        inner = ATTRIBUTES if lacks == "attributes" else _written(each["type"])
        made.fields.append(Field(each["name"], inner, each["offset"], lacks))
    made.index = {each.name: index for index, each in enumerate(made.fields)}
    return made


def _written(written: Any) -> Shape:
    if isinstance(written, str):
        return shape(written)
    if "list" in written:
        return list_of(_written(written["list"]))
    inner = _written(written["option"])
    payload = max(1, inner.align)
    size = -(-(payload + inner.size) // inner.align) * inner.align
    return Shape("option", size, inner.align, inner, payload=payload)


REQUEST = shape("request")
