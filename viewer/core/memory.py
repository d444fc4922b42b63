"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

# From glibc's malloc.h.
_M_ARENA_MAX = -8
_ARENAS = 2


def keep_freed_memory_together() -> None:
    """Have all threads take memory from few places, where the C library is glibc; nothing
    elsewhere.  To be called before threads that need much memory start; harmless when repeated.

    By default each thread takes it from an arena of its own, and :func:`give_back_freed_memory`
    cannot reach up to 64 MB at the end of each: after a video decoded by many threads, that adds
    up.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back_freed_memory() -> None:
    """Hand freed memory back to the system where the C library is glibc; nothing elsewhere.

    glibc keeps what is freed between blocks that are still in use: hundreds of megabytes after a
    large video.  Takes some milliseconds, so it is not for the UI thread.
    """
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(ctypes.c_size_t(0))


@cache
def _of_glibc(name: str) -> Any | None:
    """A function of the C library, None where that is not glibc."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return getattr(library, name) if hasattr(library, "gnu_get_libc_version") else None
