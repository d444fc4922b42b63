"""Which of the paths named in a file may be followed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from viewer.core.errors import DatasetError


def inside(root: Path, base: Path, relative: str, of: str = "the dataset folder") -> Path:
    """``relative`` seen from ``base``, resolved, links followed; ``of`` names ``root`` to people.

    Raises :class:`DatasetError` when it is absolute or leaves ``root``.
    """
    if PurePosixPath(relative).is_absolute() or PureWindowsPath(relative).anchor:
        todo = f"copy the file into {of} and name it from there"
        raise DatasetError(f"{relative!r} is an absolute path", todo)
    try:
        path = (base / relative.replace("\\", "/")).resolve()
    except (ValueError, OSError, RuntimeError):
        raise DatasetError(f"{relative!r} is not a usable path", "choose another file") from None
    if not path.is_relative_to(root.resolve()):
        raise DatasetError(f"{relative!r} leads out of {of}", f"copy the file into {of}")
    return path
