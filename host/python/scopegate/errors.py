"""What can go wrong: one class each. None of them is ever a decision."""

from typing import TypedDict


class InputFault(TypedDict):
    """One thing that is wrong with a request: where, cut if that is long, and what."""

    path: str
    message: str


def cut(text: str) -> str:
    """What somebody handed in, cut if it is long."""
    return f"{text[:80]}…" if len(text) > 80 else text


class LoadError(Exception):
    """The bytes are no policy of this contract."""


class InputError(Exception):
    """What was handed in is no request.

    `path` says where it is wrong, such as `scan.targets[3].url`; `$` for the whole. The path of a name that is missing, not known or given twice ends in it.
    `others` has every other name that is missing or not known, in the request's order, a hundred at most.
    """

    def __init__(self, path: str, message: str, others: "list[InputFault] | None" = None) -> None:
        super().__init__(f"`{cut(path)}`: {message}")
        self.path = path
        self.others = others or []


class EvaluateError(Exception):
    """There is no decision: the policy cannot judge a fact, its code failed, or it contradicts itself.

    `path` is the fact that cannot be judged, `None` if it is not about one.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message if path is None else f"`{path}`: {message}")
        self.path = path
