"""Takes a component apart: the one core module in it, and how it is wired.

What is called in the module is what the component exports, of the contract's types, as any host of components would call it.
"""

import hashlib
from collections.abc import Iterator

from wasmtime import Engine, FuncType, Module, WasmtimeError

from ._shapes import CONTRACT, INTERFACE
from .errors import LoadError

DESCRIBE, EVALUATE, EVALUATE_BATCH, EXPLAIN = (f"{INTERFACE}#{name}" for name in ("describe", "evaluate", "evaluate-batch", "explain"))
_COMPONENT, _MODULE = b"\0asm\x0d\0\x01\0", b"\0asm\x01\0\0\0"
_CUSTOM, _CORE_MODULE, _ALIAS, _CANONICAL, _IMPORT = 0, 1, 6, 8, 10
_WIRING = CONTRACT["wiring"]


def core_module(engine: Engine, component: bytes) -> Module:
    """The core module of a component, which imports nothing and exports what a policy does."""
    sections = list(_sections(component))
    modules = [content for kind, content in sections if kind == _CORE_MODULE]
    if len(modules) != 1:
        raise LoadError(
            f"the component has {len(modules)} core modules, and this package takes those of one: build the policy as one module, or have the Rust host decide"
        )
    try:
        module = Module(engine, modules[0])
    except WasmtimeError as error:
        raise LoadError("the component is broken or uses WebAssembly features that policies may not") from error
    for imported in module.imports:
        raise LoadError(f"the component imports `{imported.module}`, but a policy imports nothing")
    exported = {export.name: export.type for export in module.exports}
    for name in (DESCRIBE, EVALUATE, EVALUATE_BATCH, EXPLAIN):
        if not isinstance(exported.get(name), FuncType):
            raise LoadError(f"the component does not export `{name}`")
    if "memory" not in exported:
        raise LoadError("the component does not export `memory`")
    _check_wiring(sections)
    return module


def _check_wiring(sections: list[tuple[int, bytes]]) -> None:
    """Checks that the component exports the contract's functions, of its types, and that each is the module's of that name."""
    said = hashlib.sha256()
    functions: list[str] = []
    memories: list[str] = []
    lifted = 0
    for kind, content in sections:
        if kind in _WIRING["sections"]:
            said.update(bytes([kind]) + len(content).to_bytes(4, "little") + content)
        elif kind == _ALIAS:
            _read_aliases(_Reader(content), functions, memories)
        elif kind == _CANONICAL:
            lifted = _read_lifts(_Reader(content), functions, memories, lifted)
        elif kind == _IMPORT:
            raise LoadError("the component imports something, but a policy imports nothing")
        elif kind not in (_CUSTOM, _CORE_MODULE):
            raise _miswired()
    if lifted != len(_WIRING["functions"]) or f"sha256:{said.hexdigest()}" != _WIRING["digest"]:
        raise _miswired()


def _read_aliases(reader: "_Reader", functions: list[str], memories: list[str]) -> None:
    """Notes which functions and memories of the module have a number from here on."""
    for _ in range(reader.number()):
        core, kind, target, instance = reader.byte(), reader.byte(), reader.byte(), reader.number()
        if core != 0 or target != 1 or instance != 0:
            raise _miswired()
        name = reader.text()
        if kind == 0:
            functions.append(name)
        elif kind == 2:
            memories.append(name)
        else:
            raise _miswired()
    reader.end()


def _read_lifts(reader: "_Reader", functions: list[str], memories: list[str], lifted: int) -> int:
    """Checks the functions that become the component's, of which there were `lifted` before; gives how many there are now."""

    def is_named(names: list[str], index: int, name: str) -> bool:
        return index < len(names) and names[index] == name

    for _ in range(reader.number()):
        if lifted == len(_WIRING["functions"]):
            raise _miswired()
        name = f"{INTERFACE}#{_WIRING['functions'][lifted]}"
        if reader.byte() != 0 or reader.byte() != 0 or not is_named(functions, reader.number(), name):
            raise _miswired()
        has_memory = False
        may = {3: (memories, "memory"), 4: (functions, "cabi_realloc"), 5: (functions, f"cabi_post_{name}")}
        for _ in range(reader.number()):
            option = reader.byte()
            if option == 0:
                continue
            if option not in may:
                raise _miswired()
            names, expected = may[option]
            if not is_named(names, reader.number(), expected):
                raise _miswired()
            has_memory = has_memory or option == 3
        if not has_memory or reader.number() != _WIRING["types"][lifted]:
            raise _miswired()
        lifted += 1
    reader.end()
    return lifted


def _miswired() -> LoadError:
    return LoadError("the component does not export what the contract says, or in a way that this package does not know: have the Rust host decide")


def _sections(component: bytes) -> Iterator[tuple[int, bytes]]:
    if component.startswith(_MODULE):
        raise LoadError("this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`")
    if not component.startswith(_COMPONENT):
        raise LoadError("this is not WebAssembly, expected a component: a rule set is compiled before it is loaded")
    reader = _Reader(component, len(_COMPONENT))
    while not reader.is_done:
        yield reader.byte(), reader.bytes(reader.number())


class _Reader:
    """Reads bytes as the binary format of WebAssembly has them."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self._content = content
        self._at = at

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._content)

    def end(self) -> None:
        if not self.is_done:
            raise _broken()

    def byte(self) -> int:
        return self.bytes(1)[0]

    def number(self) -> int:
        """An unsigned number."""
        number = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise _broken()

    def bytes(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._content):
            raise _broken()
        content = self._content[self._at : end]
        self._at = end
        return content

    def text(self) -> str:
        return self.bytes(self.number()).decode("latin-1")


def _broken() -> LoadError:
    return LoadError("the component is broken: a section does not end where it says")
