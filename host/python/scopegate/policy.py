"""Policies: loaded once, asked often, from as many threads as you like.

What is not known to keep nothing from one decision to the next has a fresh instance for each.
"""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from copy import deepcopy
from importlib.resources import files
from itertools import islice
from typing import Any, TypedDict

from wasmtime import Engine

from . import _text
from ._component import Taken, take_apart
from ._engine import engine as engine_of
from ._explain import look_up
from ._facts import LEAST, MOST, Wrong
from ._instance import Instance
from ._manifest import unfit
from ._names import stray_names
from ._terms import Decision, PolicyId, Terms, inconsistent
from ._types import Manifest, Request
from .errors import EvaluateError, InputError, LoadError, cut

#: Requests that are decided in one call.
_TOGETHER = 64


class Fact(TypedDict):
    """A fact of a request, `None` if it is absent."""

    path: str
    value: Any


class Explanation(TypedDict):
    """The facts that decided an unmet requirement."""

    requirement: str
    facts: list[Fact]


def load_policy(component: bytes, *, reuse_instances: bool = False, clock: Callable[[], int] | None = None) -> "Policy":
    """Loads the policy that a component is; raises `LoadError`.

    `reuse_instances` says that an instance may decide more than once: it is quicker, and only right for what keeps nothing from one decision to the next, as
    all does that `scopegate build` makes. `clock` gives the time, in seconds since 1970-01-01T00:00:00Z, for requests that name none.
    """
    engine = engine_of(not reuse_instances)
    taken = take_apart(engine, component)
    clock = _checked(clock or (lambda: int(time.time())))
    try:
        manifest: Manifest = Instance(engine, taken, clock, reuse_instances).describe()
    except Exception as error:
        raise LoadError("the component failed when it was asked what it is") from error
    if wrong := unfit(manifest):
        raise LoadError(f"the component's manifest is wrong: {wrong}")
    digest = f"sha256:{hashlib.sha256(component).hexdigest()}"
    return Policy(engine, taken, Terms(manifest, digest), reuse_instances, clock)


def default_component() -> bytes:
    """The component of the default policy, `webriskops` 1.1.0."""
    return files(__package__).joinpath("default.wasm").read_bytes()


def default_policy(*, clock: Callable[[], int] | None = None) -> "Policy":
    """The default policy, `webriskops` 1.1.0."""
    return load_policy(default_component(), reuse_instances=True, clock=clock)


def _checked(clock: Callable[[], int]) -> Callable[[], int]:
    """The clock, if it says a time: what is none must not be laid out as one."""

    def now() -> int:
        said = clock()
        if type(said) is not int or not LEAST <= said <= MOST:
            raise EvaluateError(f"the clock said {said!r:.80}, expected whole seconds since 1970-01-01T00:00:00Z", "now")
        return said

    return now


class Policy:
    """A policy: decides requests, and says what it is."""

    def __init__(self, engine: Engine, taken: Taken, terms: Terms, reuses: bool, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._taken = taken
        self._terms = terms
        self._reuses = reuses
        self._clock = clock
        #: Instances that wait; taking and giving back is atomic.
        self._idle: deque[Instance] = deque()

    @property
    def id(self) -> PolicyId:
        """Its name, version and digest."""
        return self._terms.id.copy()

    def describe(self) -> Manifest:
        """What it says it is: actions, requirements, ready states, attributes."""
        return deepcopy(self._terms.manifest)

    def evaluate(self, request: Request | str | bytes) -> Decision:
        """Decides a request, given as a value or as JSON text; raises `InputError` or `EvaluateError`."""
        value, judged = self._ask(request, Instance.evaluate)
        return self._terms.decision(judged, value["action"])

    def evaluate_batch(self, requests: Iterable[Request | str | bytes]) -> list[Decision | InputError | EvaluateError]:
        """Decides each request by itself, in order. One that has no decision leaves the others unharmed."""
        decided: list[Decision | InputError | EvaluateError] = []
        given = iter(requests)
        while chunk := list(islice(given, _TOGETHER)):
            together = self._together(chunk) if self._reuses and len(chunk) > 1 else None
            decided += map(self._alone, chunk) if together is None else together
        return decided

    def _alone(self, request: Request | str | bytes) -> Decision | InputError | EvaluateError:
        try:
            return self.evaluate(request)
        except (InputError, EvaluateError) as error:
            return error

    def _together(self, requests: list[Any]) -> list[Decision | InputError | EvaluateError] | None:
        """Decides the requests in one call, which costs as much as one; `None` if that goes wrong, so that each gets its own answer."""
        try:
            instance = self._instance()
        except EvaluateError:
            return None
        if not instance.has_region:
            self._idle.append(instance)
            return None
        try:
            image, actions = instance.images(requests)
        except EvaluateError:
            self._idle.append(instance)
            return None
        try:
            answers = iter(instance.evaluate_batch(image, len(actions) - actions.count(None)))
        except Exception:  # noqa: BLE001 - whatever it ends in, each request is asked by itself then
            return None
        self._idle.append(instance)
        decided: list[Decision | InputError | EvaluateError] = []
        for request, action in zip(requests, actions, strict=True):
            # What is wrong with a text shows when it is read in its order.
            decided.append(self._alone(request) if action is None else self._decided(action, next(answers)))
        return decided

    def _decided(self, action: str, answer: tuple[bool, Any]) -> Decision | EvaluateError:
        decides, judged = answer
        if not decides:
            return EvaluateError(judged["message"], judged["path"])
        try:
            return self._terms.decision(judged, action)
        except EvaluateError as error:
            return error

    def explain(self, request: Request | str | bytes) -> list[Explanation]:
        """Tells for each requirement that a request does not meet which facts decided it; raises as `evaluate` does."""
        value, explained = self._ask(request, Instance.explain)
        naming = self._terms.naming.get(value["action"], set())
        explanations, before = [], -1
        for each in explained:
            index = each["requirement"]
            if index <= before:
                raise inconsistent("it explains its requirements out of order")
            if index >= len(self._terms.manifest["requirements"]):
                raise inconsistent(f"it explains requirement {index}, which there is not")
            before, required = index, self._terms.manifest["requirements"][index]
            if index not in naming:
                raise inconsistent(f"it explains the requirement `{required['id']}`, which does not name the action")
            facts = [Fact(path=path, value=look_up(value, path)) for path in each["facts"]]
            explanations.append(Explanation(requirement=required["id"], facts=facts))
        return explanations

    def _ask(self, request: Any, work: Callable[[Instance, bytearray], tuple[bool, Any]]) -> tuple[dict[str, Any], Any]:
        instance = self._instance()
        try:
            value, image = _laid(instance, request)
        except Wrong as wrong:
            if self._reuses:
                self._idle.append(instance)
            others = [other for other in stray_names(request) if other["path"] != cut(wrong.path)]
            raise InputError(wrong.path, wrong.message, others) from None
        try:
            decides, answer = work(instance, image)
        except Exception as error:
            raise EvaluateError("the policy's code failed") from error
        if self._reuses:
            self._idle.append(instance)
        if not decides:
            raise EvaluateError(answer["message"], answer["path"])
        return value, answer

    def _instance(self) -> Instance:
        """One that waits, or another."""
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return Instance(self._engine, self._taken, self._clock, self._reuses)
        except Exception as error:
            raise EvaluateError("the policy's code failed") from error


def _laid(instance: Instance, request: Any) -> tuple[dict[str, Any], bytearray]:
    """The value of a request, and its image."""
    if isinstance(request, bytes):
        try:
            request = request.decode()
        except UnicodeDecodeError:
            # To see which fact it is that is no text.
            _text.read(request.decode(errors="surrogateescape"))
            raise Wrong("this is not UTF-8") from None
    if not isinstance(request, str):
        return request, instance.image(request)
    try:
        value = _text.quick(request)
        return value, instance.image(value)
    except (ValueError, Wrong):
        # It says where, and is right where the two differ.
        value = _text.read(request)
        return value, instance.image(value)
