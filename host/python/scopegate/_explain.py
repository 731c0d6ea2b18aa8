"""Finds facts by their paths, as explanations name them."""

import re
from typing import Any

from ._time import seconds, written

_ELEMENT = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)
_TIMES = ("now", "_at")


def look_up(request: dict[str, Any], path: str) -> Any:
    """The value at `path` of a request, such as `scan.targets[3].url`; `None` if there is none. Times are in UTC."""
    if path.startswith("attributes."):
        # An attribute may be named anything, even `a.b[0]`.
        attributes, name = request.get("attributes") or {}, path.removeprefix("attributes.")
        return attributes[name] if name in attributes else _step(attributes, name)
    value: Any = request
    for name in path.split("."):
        value = _step(value, name)
    if isinstance(value, str) and path.endswith(_TIMES) and isinstance(found := seconds(value), int):
        return written(found)
    return value


def _step(value: Any, name: str) -> Any:
    if found := _ELEMENT.fullmatch(name):
        inner = value.get(found[1]) if isinstance(value, dict) else None
        index = int(found[2])
        return inner[index] if isinstance(inner, list) and index < len(inner) else None
    return value.get(name) if isinstance(value, dict) else None
