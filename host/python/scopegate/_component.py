"""Takes a component apart: the one core module in it."""

from collections.abc import Iterator

from wasmtime import Engine, FuncType, Module, WasmtimeError

from ._shapes import INTERFACE
from .errors import LoadError

DESCRIBE, EVALUATE, EVALUATE_BATCH, EXPLAIN = (f"{INTERFACE}#{name}" for name in ("describe", "evaluate", "evaluate-batch", "explain"))
_COMPONENT, _MODULE = b"\0asm\x0d\0\x01\0", b"\0asm\x01\0\0\0"


def core_module(engine: Engine, component: bytes) -> Module:
    """The core module of a component, which imports nothing and exports what a policy does."""
    modules = list(_modules(component))
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
    return module


def _modules(component: bytes) -> Iterator[bytes]:
    if component.startswith(_MODULE):
        raise LoadError("this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`")
    if not component.startswith(_COMPONENT):
        raise LoadError("this is not WebAssembly, expected a component: a rule set is compiled before it is loaded")
    at = len(_COMPONENT)
    while at < len(component):
        length, begin = _leb128(component, at + 1)
        end = begin + length
        if end > len(component):
            raise _broken()
        if component[at] == 1:
            yield component[begin:end]
        at = end


def _leb128(component: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 35, 7):
        if at >= len(component):
            break
        byte = component[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise _broken()


def _broken() -> LoadError:
    return LoadError("the component is broken: a section does not end where it says")
