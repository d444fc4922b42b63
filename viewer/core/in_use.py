"""Files that another program has open.

Windows lets nobody replace, rename or often even read such a file.  Virus scanners, indexers and the
clients of cloud drives hold new files for a moment each, so it is tried again for a moment before it
counts.  Other systems know nothing of the kind, and there nothing is tried twice.
"""

from __future__ import annotations

import errno
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds between the tries."""

_REFUSED = 5
_SHARING = (32, 33)

T = TypeVar("T")


class InUseError(PermissionError):
    """Another program has the file open."""

    def __init__(self, path: str | None) -> None:
        super().__init__(errno.EACCES, "another program has it open", path)


def when_free(act: Callable[[], T], *, permitted: bool = False, pauses: Sequence[float] = PAUSES) -> T:
    """What ``act`` gives, tried again after each of ``pauses`` (s) while another program is in its way.

    Windows refuses to replace an open file with the words it has for missing permissions; ``permitted``
    says that these cannot be meant.  Raises :class:`InUseError` after the last try, and whatever else
    ``act`` raises.
    """
    for pause in pauses:
        try:
            return act()
        except PermissionError as error:
            if not _may_be_in_use(error):
                raise
        time.sleep(pause)
    try:
        return act()
    except PermissionError as error:
        code = getattr(error, "winerror", None)
        if code in _SHARING or (code == _REFUSED and permitted):
            raise InUseError(error.filename) from error
        raise


def rename_when_free(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, a file in place of another or a folder to a new name.  Raises
    OSError, among them :class:`InUseError`."""
    when_free(lambda: source.replace(target), permitted=not _is_read_only(target))


def _may_be_in_use(error: PermissionError) -> bool:
    return getattr(error, "winerror", None) in (_REFUSED, *_SHARING)


def _is_read_only(path: Path) -> bool:
    try:
        return not path.lstat().st_mode & stat.S_IWRITE
    except OSError:
        return False
