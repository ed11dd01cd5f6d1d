"""How far a reading is, told from the bytes of its files: none is read twice to count its documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from extraction.read_common import Item


T = TypeVar("T")


@dataclass(slots=True)
class ByteCount:
    """A number of bytes that grows."""

    num: int = 0


BYTES_READ = ByteCount()
"""What this process has read of texts' files, each byte of an open file once."""


class CountedFile(FileIO):
    """A file open for reading that adds what is read for the first time to `BYTES_READ`."""

    _farthest = 0

    def readinto(self, buffer: object, /) -> int | None:
        """Read into a buffer and count."""
        num = super().readinto(buffer)  # type: ignore[arg-type]
        self._count()
        return num

    def readall(self) -> bytes:
        """Read the rest and count."""
        content = super().readall()
        self._count()
        return content

    def _count(self) -> None:
        place = self.tell()
        BYTES_READ.num += max(0, place - self._farthest)
        self._farthest = max(self._farthest, place)


@dataclass(slots=True)
class Reading:
    """The items of files of `size` bytes, counted as they go by; `expected` estimates how many there will be."""

    size: int
    num: int = 0
    _begun_at: int = field(init=False, default_factory=lambda: BYTES_READ.num)

    def watch(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items and count them."""
        for item in items:
            self.num += 1
            yield item

    def expected(self) -> int | None:
        """Return how many items there will be if the rest is like what was read; None before anything was."""
        done = BYTES_READ.num - self._begun_at
        if not self.num or not done:
            return None
        return max(self.num, round(self.num * self.size / done))


def holds(items: Iterator[T], num: int) -> tuple[bool, Iterator[T]]:
    """Tell whether there are `num` items or more, and return all of them; at most `num` are held in memory.

    >>> holds(iter("abc"), 2)[0], list(holds(iter("abc"), 2)[1])
    (True, ['a', 'b', 'c'])
    """
    first = list(islice(items, num))
    return len(first) == num, chain(first, items)
