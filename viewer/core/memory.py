"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back_freed_memory() -> None:
    """Hand freed memory back to the system where the C library is glibc; nothing elsewhere.

    glibc keeps what is freed between blocks that are still in use: hundreds of megabytes after a
    large video.  Takes some milliseconds, so it is not for the UI thread.
    """
    if not sys.platform.startswith("linux"):
        return
    # Musl has no such function and does not need it.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
