"""Folders that come from others: what is read or written in them stays in them.

A link in such a folder may lead anywhere: ``takes/t1.csv`` to the user's own start-up file.  Once
a folder is fenced, everything that goes through :mod:`viewer.core.files` is held inside it, whoever
calls: a writer that had to ask would one day forget.

What is told first, by resolving, is only what a person reads.  What holds is the walk: the folder is
entered from its root by handles, one name after the other, never through a link, and the file is
made, opened and renamed below the handle of its own folder.  A link that is put in between the check and
the write therefore makes the walk fail.  The rename replaces the *name* in that folder: where the
name is a link, the link is gone afterwards and what it led to is untouched.  Hard links are safe
for the same reason.  Where the system has no such handles (Windows) only the resolving holds,
junctions included.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.core.errors import FileError
from viewer.core.in_use import rename_when_free, when_free

HAS_HANDLES = {os.open, os.mkdir, os.rename, os.unlink} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
"""Whether files can be opened below an open folder here."""

_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | _CLOEXEC

_roots: dict[Path, Path] = {}
"""The root by each fenced path below it, absolute, both as it was named and with links followed."""


class LinkError(FileError):
    """A link leads out of the folder it lies in."""


def fence(root: Path, *parts: str) -> None:
    """From now on nothing in ``parts`` of the folder ``root`` is read or written through a link that leads
    out of ``root``.  A part is the name of a file or folder directly in it; other files there stay free."""
    real = Path(os.path.realpath(root))
    for base in (_named(root), real):
        _roots.update({base / part: real for part in parts})


def root_of(path: Path) -> Path | None:
    """The resolved root of the fence that ``path`` lies in; None where it is free."""
    if not _roots:
        return None
    whole, here = path.absolute(), _named(path)
    # Both: ".." after a link leads elsewhere than it reads.
    places = (here, *here.parents, *(whole.parents if whole != here else ()))
    return next((_roots[at] for at in places if at in _roots), None)


def to_read(path: Path, root: Path) -> Path:
    """Where ``path`` really lies, all links followed.  Raises :class:`LinkError` when that is outside
    ``root``."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(root):
        raise _leads_out(path, root)
    return real


def to_write(path: Path, root: Path) -> Path:
    """Where ``path`` really lies, links to folders followed; a link that it is itself is not, for it
    will be replaced.  Raises :class:`LinkError` when a folder of it, or the link, leads out of ``root``."""
    to_read(path, root)
    folder = Path(os.path.realpath(path.parent))
    if not folder.is_relative_to(root):
        raise _leads_out(path, root)
    return folder / path.name


@dataclass(frozen=True)
class Folder:
    """A folder in which files are made and replaced; ``handle`` is open, or None where its path must do."""

    path: Path
    handle: int | None = None

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """A descriptor of the file ``name``.  Raises OSError."""
        more = _CLOEXEC | getattr(os, "O_BINARY", 0)
        if self.handle is None:
            return when_free(lambda: os.open(self.path / name, flags | more, mode))
        return os.open(name, flags | more | os.O_NOFOLLOW, mode, dir_fd=self.handle)

    def facts(self, name: str) -> os.stat_result | None:
        """What the name stands for, a link for itself; None for nothing.  Raises OSError."""
        try:
            if self.handle is None:
                return (self.path / name).lstat()
            return os.stat(name, dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def replace(self, name: str, by: str) -> None:
        """Rename ``by`` to ``name``, whatever that was.  Raises OSError."""
        if self.handle is None:
            rename_when_free(self.path / by, self.path / name)
        else:
            os.rename(by, name, src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def make(self, name: str) -> None:
        """Make the folder ``name``; it may be there.  Raises OSError."""
        with contextlib.suppress(FileExistsError):
            if self.handle is None:
                (self.path / name).mkdir()
            else:
                os.mkdir(name, dir_fd=self.handle)

    def remove(self, name: str) -> None:
        """Remove the file ``name``, which need not be there."""
        with contextlib.suppress(OSError):
            if self.handle is None:
                (self.path / name).unlink()
            else:
                os.remove(name, dir_fd=self.handle)

    def sync(self) -> None:
        """Make renames durable where the system can (Windows cannot open a folder)."""
        with contextlib.suppress(OSError):
            if self.handle is not None:
                os.fsync(self.handle)
                return
            handle = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


@contextlib.contextmanager
def entered(folder: Path, root: Path, *, make: bool = False) -> Iterator[Folder]:
    """The resolved ``folder`` below ``root``, entered without following a link; with ``make`` missing
    folders below the root are made, the root itself never.

    Raises :class:`LinkError` when a link stands in the way by now, and OSError.
    """
    if not HAS_HANDLES:
        if make:
            root.stat()
            folder.mkdir(parents=True, exist_ok=True)
        to_read(folder, root)
        yield Folder(folder)
        return
    handle = os.open(root, _FOLDER)
    try:
        for name in folder.relative_to(root).parts:
            try:
                below = _below(handle, name, make)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK) and _is_link(name, handle):
                    raise _leads_out(folder, root) from error
                raise
            os.close(handle)
            handle = below
        yield Folder(folder, handle)
    finally:
        os.close(handle)


def _named(path: Path) -> Path:
    """The absolute path as it was named, links not followed."""
    return Path(os.path.normpath(path.absolute()))


def _below(handle: int, name: str, make: bool) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=handle)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=handle)
    return os.open(name, _FOLDER, dir_fd=handle)


def _is_link(name: str, handle: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _leads_out(path: Path, root: Path) -> LinkError:
    """Names the first link on the way, as it stands in the folder."""
    link = next((at for at in (*reversed(path.parents), path) if _leads_out_itself(at, root)), path)
    return LinkError(
        f"it is a link that leads out of the folder {root.name}, so nothing is read or written through it",
        "put the file or folder itself in its place",
        link,
    )


def _leads_out_itself(path: Path, root: Path) -> bool:
    linked = path.is_symlink() or (sys.version_info >= (3, 12) and path.is_junction())
    inside = Path(os.path.realpath(path.parent)).is_relative_to(root)
    return linked and inside and not Path(os.path.realpath(path)).is_relative_to(root)
