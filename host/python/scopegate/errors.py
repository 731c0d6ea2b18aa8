"""What can go wrong: one class each. None of them is ever a decision."""


class LoadError(Exception):
    """The bytes are no policy of this contract."""


class InputError(Exception):
    """What was handed in is no request.

    `path` says where it is wrong, such as `scan.targets[3].url`; `$` for the whole. The path of a name that is missing, not known or given twice ends in it.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"`{path}`: {message}")
        self.path = path


class EvaluateError(Exception):
    """There is no decision: the policy cannot judge a fact, its code failed, or it contradicts itself.

    `path` is the fact that cannot be judged, `None` if it is not about one.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message if path is None else f"`{path}`: {message}")
        self.path = path
