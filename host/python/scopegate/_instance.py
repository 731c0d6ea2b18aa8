"""A running instance of a policy's core module, used by one thread at a time."""

from collections.abc import Callable, Sequence
from ctypes import addressof, c_ubyte, memmove
from struct import Struct
from typing import Any, cast

from wasmtime import Engine, Func, Global, Memory, Store
from wasmtime import Instance as CoreInstance

from ._answer import DECISION, EXPLANATIONS, MANIFEST, Reader
from ._component import DESCRIBE, EVALUATE, EVALUATE_BATCH, EXPLAIN, Taken
from ._engine import TICKS
from ._features import MEMORY_PAGES, TABLE_ELEMENTS
from ._lay import Layer
from ._shapes import REQUEST, Shape

MEMORY_BYTES = MEMORY_PAGES << 16
#: The work a call of a policy that is not known to be bounded may do, in units of about one instruction.
FUEL = 2_000_000_000

_PAGE = 65_536
_PAIR = Struct("<I")


class Instance:
    """One instance, and its memory."""

    def __init__(self, engine: Engine, taken: Taken, clock: Callable[[], int], is_trusted: bool) -> None:
        """Only if its policy is trusted to be one of Scopegate's compiler is what such a one says about itself looked at."""
        self._store = Store(engine)
        self._store.set_limits(memory_size=MEMORY_BYTES, table_elements=TABLE_ELEMENTS, instances=1)
        self._counts_fuel = not is_trusted
        self._allot()
        self._exports = CoreInstance(self._store, taken.module, []).exports(self._store)
        self._posts = taken.posts
        self._functions: dict[str, Func] = {}
        self._memory = cast(Memory, self._exports["memory"])
        begin, end = self._exports.get("request-begin"), self._exports.get("request-end")
        self._region: tuple[int, int] | None = None
        if is_trusted and isinstance(begin, Global) and isinstance(end, Global):
            self._region = begin.value(self._store) & 0xFFFF_FFFF, end.value(self._store) & 0xFFFF_FFFF
        self._layer = Layer(self._region[0] if self._region else 0, clock)

    def _allot(self) -> None:
        if self._counts_fuel:
            self._store.set_fuel(FUEL)
        else:
            self._store.set_epoch_deadline(TICKS)

    def _call(self, name: str, *parameters: int) -> int:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = cast(Func, self._exports[name])
        at = function(self._store, *parameters)
        return int(at) & 0xFFFF_FFFF

    def _done(self, name: str, at: int) -> None:
        if name in self._posts:
            cast(Func, self._exports[f"cabi_post_{name}"])(self._store, at)

    def _view(self) -> memoryview:
        """All of its memory, until it grows."""
        length = self._memory.data_len(self._store)
        return memoryview((c_ubyte * length).from_address(addressof(self._memory.data_ptr(self._store).contents))).cast("B")

    def _write(self, image: bytes | bytearray, at: int) -> None:
        lacking = at + len(image) - self._memory.data_len(self._store)
        if lacking > 0:
            self._memory.grow(self._store, -(-lacking // _PAGE))
        memmove(addressof(self._memory.data_ptr(self._store).contents) + at, bytes(image), len(image))

    def image(self, request: Any) -> bytearray:
        """The image of `request`; says what is wrong with it."""
        self._layer.blocks = None if self._region else []
        return self._layer.lay(request)

    def _lay(self, image: bytearray) -> int:
        """Puts the image into the memory, and says where it stands."""
        if self._region is None:
            return self._move(image)
        begin, end = self._region
        self._write(image, begin)
        self._write(_PAIR.pack(begin + len(image)), end)
        return begin

    def _move(self, image: bytearray) -> int:
        """Puts each part of the image where the policy finds room for it."""
        blocks = self._layer.blocks or []
        at = self._room(REQUEST.align, REQUEST.size)
        places = [(0, at, REQUEST.size)]
        for slot, begin, count, align in blocks:
            # Also for what is empty: every host asks alike.
            place = self._room(align, count)
            _PAIR.pack_into(image, slot, place)
            places.append((begin, place, count))
        length = self._memory.data_len(self._store)
        for begin, place, count in places:
            if place + count > length:
                raise ValueError("the policy gives room that is not there")
            self._write(image[begin : begin + count], place)
        return at

    def _room(self, align: int, count: int) -> int:
        """Room that the policy finds."""
        place = self._call("cabi_realloc", 0, 0, align, count)
        if place % align:
            raise ValueError("the policy gives room that is not aligned")
        return place

    def describe(self) -> Any:
        """What it says it is."""
        self._allot()
        at = self._call(DESCRIBE)
        manifest = Reader(self._view()).whole(MANIFEST, at)
        self._done(DESCRIBE, at)
        return manifest

    def evaluate(self, image: bytearray) -> tuple[bool, Any]:
        """Whether it decides, and the decision or the error."""
        return self._answer(EVALUATE, DECISION, image)

    def explain(self, image: bytearray) -> tuple[bool, Any]:
        """Whether it explains, and the explanations or the error."""
        return self._answer(EXPLAIN, EXPLANATIONS, image)

    def _answer(self, name: str, shape: Shape, image: bytearray) -> tuple[bool, Any]:
        self._allot()
        at = self._call(name, self._lay(image))
        answer = Reader(self._view()).result(shape, at)
        self._done(name, at)
        return answer

    def images(self, requests: Sequence[Any]) -> tuple[bytearray, list[str | None]]:
        """The image of those requests that are ordinary ones, and the action of each, `None` for the others; only in a region."""
        self._layer.blocks = None
        return self._layer.lay_all(requests)

    @property
    def has_region(self) -> bool:
        """Whether requests are laid where the policy wants them."""
        return self._region is not None

    def evaluate_batch(self, image: bytearray, count: int) -> list[tuple[bool, Any]]:
        """For each of the `count` requests of an image whether it is decided, and the decision or the error."""
        self._allot()
        at = self._call(EVALUATE_BATCH, self._lay(image), count)
        answers = Reader(self._view()).results(DECISION, at, count)
        self._done(EVALUATE_BATCH, at)
        return answers
