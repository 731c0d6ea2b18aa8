"""Finds every name of a request that is missing or not known, once it is known that something is wrong."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ._facts import Wrong
from ._shapes import REQUEST, Shape, list_limit
from .errors import InputFault, cut

#: The most names that are told.
_MOST = 100


def stray_names(request: Any) -> list[InputFault]:
    """The names in a request, a value or a text, that are missing or not known; none if they cannot be told."""
    try:
        value = json.loads(request) if isinstance(request, str | bytes) else request
        return list(islice(_look(REQUEST, value, ()), _MOST))
    except (ValueError, RecursionError):
        # The first error says what is wrong.
        return []


def _look(shape: Shape, value: Any, steps: tuple[str | int, ...]) -> Iterator[InputFault]:
    if shape.kind == "option":
        yield from _look(shape.inner, value, steps)
    elif shape.kind == "list" and type(value) is list:
        limit = list_limit(".".join(step for step in steps if isinstance(step, str)))
        for number, element in enumerate(islice(value, limit)):
            yield from _look(shape.inner, element, (*steps, number))
    elif shape.kind == "record" and type(value) is dict:
        for name, given in value.items():
            index = shape.index.get(name)
            if index is not None:
                yield from _look(shape.fields[index].shape, given, (*steps, name))
            elif isinstance(name, str):
                yield InputFault(path=cut(Wrong("", *steps, name).path), message="this name is not known here")
        for field in shape.fields:
            if field.name not in value and not field.lacks and field.shape.kind != "option":
                yield InputFault(path=cut(Wrong("", *steps, field.name).path), message="this name is missing")
