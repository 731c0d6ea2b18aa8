"""Takes a component apart: the one core module in it, and how it is wired.

What is called in the module is what the component exports, of the contract's types, as any host of components would call it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from wasmtime import Engine, FuncType, MemoryType, Module, WasmtimeError

from ._binary import COMPONENT, MODULE, Reader, sections
from ._features import check
from ._shapes import CONTRACT, INTERFACE
from .errors import LoadError

DESCRIBE, EVALUATE, EVALUATE_BATCH, EXPLAIN = (f"{INTERFACE}#{name}" for name in ("describe", "evaluate", "evaluate-batch", "explain"))
_CUSTOM, _CORE_MODULE, _ALIAS, _CANONICAL, _IMPORT = 0, 1, 6, 8, 10
_WIRING = CONTRACT["wiring"]


_I32 = "i32"
#: The types of the functions of a module: parameters and results, all addresses or lengths.
_SIGNATURES = {DESCRIBE: (0, 1), EVALUATE: (1, 1), EVALUATE_BATCH: (2, 1), EXPLAIN: (1, 1), "cabi_realloc": (4, 1)}
_UTF8, _MEMORY, _REALLOC, _POST = 0, 3, 4, 5


@dataclass(slots=True, frozen=True)
class Taken:
    """A policy's module, and which of its functions are told that their result was read."""

    module: Module
    posts: frozenset[str]


def take_apart(engine: Engine, component: bytes) -> Taken:
    """Takes apart a component which imports nothing and exports what a policy does."""
    found = _sections(component)
    modules = [content for kind, content in found if kind == _CORE_MODULE]
    if len(modules) != 1:
        raise LoadError(
            f"the component has {len(modules)} core modules, and this package takes those of one: build the policy as one module, or have the Rust host decide"
        )
    check(modules[0])
    try:
        module = Module(engine, modules[0])
    except WasmtimeError as error:
        raise LoadError("the component is broken or uses WebAssembly features that this engine has not") from error
    for imported in module.imports:
        raise LoadError(f"the component imports `{imported.module}`, but a policy imports nothing")
    exported = {export.name: export.type for export in module.exports}
    for name, signature in _SIGNATURES.items():
        if not _is_function(exported.get(name), *signature):
            raise LoadError(f"the component does not export `{name}`, of the contract's type")
    if not isinstance(exported.get("memory"), MemoryType):
        raise LoadError("the component does not export `memory`")
    posts = _Wiring(exported).check(found)
    for name in posts:
        if not _is_function(exported.get(f"cabi_post_{name}"), 1, 0):
            raise LoadError(f"the component's `cabi_post_{name}` is not of the contract's type")
    return Taken(module, posts)


def _is_function(found: object, parameters: int, results: int) -> bool:
    if not isinstance(found, FuncType):
        return False
    given, gives = [str(one) for one in found.params], [str(one) for one in found.results]
    return given == [_I32] * parameters and gives == [_I32] * results


class _Wiring:
    """How a component wires the contract's functions to its module."""

    def __init__(self, exported: Mapping[str, object]) -> None:
        self._exported = exported
        #: The functions and memories of the module that have a number in the component, in order.
        self._functions: list[str] = []
        self._memories: list[str] = []
        self._posts: set[str] = set()
        self._lifted = 0

    def check(self, sections: list[tuple[int, bytes]]) -> frozenset[str]:
        """Checks that the component exports the contract's functions, of its types, and that each is the module's of that name."""
        said = hashlib.sha256()
        for kind, content in sections:
            if kind == _CUSTOM:
                Reader(content).text()
                continue
            said.update(bytes([kind]))
            if kind in _WIRING["sections"]:
                said.update(len(content).to_bytes(4, "little") + content)
            elif kind == _ALIAS:
                self._aliases(Reader(content))
            elif kind == _CANONICAL:
                self._lifts(Reader(content))
            elif kind == _IMPORT:
                raise LoadError("the component imports something, but a policy imports nothing")
            elif kind != _CORE_MODULE:
                raise _miswired()
        if self._lifted != len(_WIRING["functions"]) or f"sha256:{said.hexdigest()}" != _WIRING["digest"]:
            raise _miswired()
        return frozenset(self._posts)

    def _aliases(self, reader: Reader) -> None:
        """Notes which functions and memories of the module have a number from here on."""
        for _ in range(reader.number()):
            core, kind, target, instance = reader.byte(), reader.byte(), reader.byte(), reader.number()
            if core != 0 or target != 1 or instance != 0:
                raise _miswired()
            name = reader.text()
            if kind == 0 and isinstance(self._exported.get(name), FuncType):
                self._functions.append(name)
            elif kind == 2 and isinstance(self._exported.get(name), MemoryType):
                self._memories.append(name)
            else:
                raise _miswired()
        reader.end()

    def _lifts(self, reader: Reader) -> None:
        """Checks functions that become the component's."""
        for _ in range(reader.number()):
            if self._lifted == len(_WIRING["functions"]):
                raise _miswired()
            name = f"{INTERFACE}#{_WIRING['functions'][self._lifted]}"
            if reader.byte() != 0 or reader.byte() != 0 or not _is_named(self._functions, reader.number(), name):
                raise _miswired()
            may = {_MEMORY: (self._memories, "memory"), _REALLOC: (self._functions, "cabi_realloc"), _POST: (self._functions, f"cabi_post_{name}")}
            options: set[int] = set()
            for _ in range(reader.number()):
                option = reader.byte()
                if option in options or option not in (_UTF8, *may):
                    raise _miswired()
                options.add(option)
                if option != _UTF8 and not _is_named(may[option][0], reader.number(), may[option][1]):
                    raise _miswired()
            needed = {_MEMORY} if name == DESCRIBE else {_MEMORY, _REALLOC}
            if not needed <= options or reader.number() != _WIRING["types"][self._lifted]:
                raise _miswired()
            if _POST in options:
                self._posts.add(name)
            self._lifted += 1
        reader.end()


def _is_named(names: list[str], index: int, name: str) -> bool:
    return index < len(names) and names[index] == name


def _miswired() -> LoadError:
    return LoadError("the component does not export what the contract says, or in a way that this package does not know: have the Rust host decide")


def _sections(component: bytes) -> list[tuple[int, bytes]]:
    if component.startswith(MODULE):
        raise LoadError("this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`")
    if not component.startswith(COMPONENT):
        raise LoadError("this is not WebAssembly, expected a component: a rule set is compiled before it is loaded")
    return list(sections(component))
