"""Reads the binary format of WebAssembly: of components and of modules."""

import re
from collections.abc import Iterator

from .errors import LoadError

COMPONENT, MODULE = b"\0asm\x0d\0\x01\0", b"\0asm\x01\0\0\0"


def sections(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections behind the head of a component or a module: their ids, and what is in them."""
    reader = Reader(content, len(COMPONENT))
    while not reader.is_done:
        yield reader.byte(), reader.bytes(reader.number())


class Reader:
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

    def peek(self) -> int:
        """The byte that comes next."""
        if self.is_done:
            raise _broken()
        return self._content[self._at]

    def match(self, pattern: re.Pattern[bytes]) -> bool:
        """Goes over what the pattern takes, and says whether that is anything."""
        found = pattern.match(self._content, self._at)
        if found is None:
            return False
        self._at = found.end()
        return True

    def bytes(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._content):
            raise _broken()
        content = self._content[self._at : end]
        self._at = end
        return content

    def text(self) -> str:
        try:
            return self.bytes(self.number()).decode()
        except UnicodeDecodeError:
            raise _broken() from None


def _broken() -> LoadError:
    return LoadError("the component is broken: a section does not end where it says")
