"""Values kept up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class ByteCache(Generic[T]):
    """The most recently used values by number, up to ``limit`` bytes; always at least one, so
    that a value larger than the limit can be kept, too.  For one thread at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._entries: OrderedDict[int, tuple[T, int]] = OrderedDict()

    def __contains__(self, key: int) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return self._bytes

    def get(self, key: int) -> T | None:
        """The value, which counts as used now; None when it is not kept."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: int, value: T, size: int) -> None:
        """Keep a value of ``size`` bytes; what was used longest ago makes room."""
        old = self._entries.pop(key, None)
        self._bytes += size - (old[1] if old else 0)
        self._entries[key] = (value, size)
        while self._bytes > self._limit and len(self._entries) > 1:
            _, (_, gone) = self._entries.popitem(last=False)
            self._bytes -= gone

    def drop(self, unwanted: Callable[[int], bool]) -> None:
        """Forget the values of all keys for which ``unwanted`` is true."""
        for key in [key for key in self._entries if unwanted(key)]:
            self._bytes -= self._entries.pop(key)[1]

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0
