"""What somebody who mends the studio needs to know of a fault: the versions, and where it was."""

from __future__ import annotations

import platform
import traceback
from importlib.metadata import PackageNotFoundError, version

from annotator.core.faults.hidden import without_hidden
from annotator.core.version import __version__
from viewer.core.errors import Cancelled, StudioError

_LONGEST = 16_000


def is_bug(fault: BaseException) -> bool:
    """Whether ``fault`` is a fault of the program, and not of a file, the disk, the network or the
    memory, which a person can do something about."""
    return not isinstance(fault, (StudioError, OSError, MemoryError, Cancelled, KeyboardInterrupt))


def versions() -> str:
    """One line: the versions of the studio, Python, Qt and the system.  It names no user, no
    machine and no path."""
    try:
        qt = version("PySide6")
    except PackageNotFoundError:
        qt = "unknown"
    python = platform.python_version()
    return f"KeyframeFace Studio {__version__}, Python {python}, Qt {qt}, {platform.platform()}"


def fault_details(fault: BaseException, what: str = "") -> str:
    """The versions, ``what`` was going on, and the traceback, to be copied and sent; the middle of a
    long one is left out, and keys of servers are."""
    text = "".join(traceback.TracebackException.from_exception(fault).format())
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}\n[...]\n{text[-_LONGEST // 2 :]}"
    return without_hidden("\n".join(part for part in (versions(), what, text) if part))
