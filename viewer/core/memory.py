"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back_freed_memory() -> None:
    """Hand freed memory back to the system where the C library is glibc; nothing elsewhere.

    glibc keeps what is freed between blocks that are still in use: hundreds of megabytes after a
    large video.  Takes some milliseconds, so it is not for the UI thread.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(ctypes.c_size_t(0))


@cache
def _malloc_trim() -> Any | None:
    """The function of glibc (malloc_trim(3)); other C libraries do not have it."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
