"""Reading thousands of small files of a dataset: quickly where nothing is odd about one, else as safely
as any other."""

from __future__ import annotations

import os
from pathlib import Path

from annotator.core.storage.json_files import read_bytes

_QUICK = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY", "O_CLOEXEC"):
    _QUICK |= getattr(os, _flag, 0)
_QUICK_BYTES = 1 << 18


def read_small(path: str) -> bytes:
    """The file's bytes.  Raises as :func:`~annotator.core.storage.json_files.read_bytes`."""
    data = _quick_bytes(path)
    return data if 0 < len(data) < _QUICK_BYTES else read_bytes(Path(path))


def _quick_bytes(path: str) -> bytes:
    """A small file's bytes, or none when anything is odd about it, a link included: then the slow way
    tells why.  Never waits, as opening a pipe would."""
    try:
        if os.path.islink(path.rpartition("/")[0]):  # noqa: PTH114 - quick, as above
            return b""
        handle = os.open(path, _QUICK)
    except OSError:
        return b""
    try:
        return os.read(handle, _QUICK_BYTES)
    except OSError:
        return b""
    finally:
        os.close(handle)
