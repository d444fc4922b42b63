"""Reading and writing whole files so that nothing is half read and nothing half written."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path

from viewer.core.errors import FileError

TEXT_LIMIT = 512 * 2**20
"""Bytes of the largest text file that is read: three hours of Live Link CSV at 60 fps."""

TEMPORARY_PREFIX = ".kfstudio-"
"""Names of temporary files begin so; one that a crash left behind may be deleted."""


_may_make_folders: ContextVar[bool] = ContextVar("may_make_folders", default=True)


@contextlib.contextmanager
def existing_folders_only() -> Iterator[None]:
    """Have :func:`atomic_write` make no folder meanwhile, in this thread, whichever writer calls it:
    a folder that went away must not come back empty where it was."""
    before = _may_make_folders.set(False)
    try:
        yield
    finally:
        _may_make_folders.reset(before)


class WriteError(FileError, OSError):
    """A file could not be written.  Also an OSError, for callers to whom saving is a mere
    convenience and who let every disk error pass."""


def read_bytes(path: Path | str, limit: int = TEXT_LIMIT) -> bytes:
    """The whole file.  Raises :class:`FileError` when it is missing, no plain file, may not be
    read, or is larger than ``limit`` bytes (which is found out before it is read)."""
    path = Path(path)
    try:
        size = _plain_size(path)
        if size > limit:
            raise FileError(
                f"is {_size(size)}, more than the {_size(limit)} that are read",
                "choose a smaller file or split it",
                path,
            )
        with path.open("rb") as file:
            # One byte more tells a file that grew, or whose size the system does not know.
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _read_fault(path, error) from error
    if len(data) > limit:
        raise FileError(f"is larger than {_size(limit)}", "choose a smaller file or split it", path)
    return data


def read_head(path: Path | str, count: int = 65536) -> bytes:
    """The first ``count`` bytes.  Raises :class:`FileError` as :func:`read_bytes` does, but
    takes a file of any size."""
    path = Path(path)
    try:
        _plain_size(path)
        with path.open("rb") as file:
            return file.read(count)
    except (OSError, ValueError) as error:
        raise _read_fault(path, error) from error


def read_text(path: Path | str, limit: int = TEXT_LIMIT) -> str:
    """The whole text file, whichever way it was saved: UTF-8 with or without a mark, UTF-16,
    else Windows-1252.  Line ends are kept.

    Raises :class:`FileError` as :func:`read_bytes` does, and for binary contents.
    """
    return decode_text(read_bytes(path, limit), path)


def decode_text(data: bytes, path: Path | str | None = None) -> str:
    """Bytes of a text file to text, as :func:`read_text`.  NUL bytes at the end, which a power
    loss while recording leaves behind, are dropped; others mean a binary file (a fault)."""
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return data.decode("utf-32", errors="replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    data = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\0")
    if b"\0" in data:
        head = data[:4096]
        if head[1::2].count(0) > 0.9 * len(head[1::2]):
            return (data + b"\0" * (len(data) % 2)).decode("utf-16-le", errors="replace")
        if head[0::2].count(0) > 0.9 * len(head[0::2]):
            return data[: len(data) // 2 * 2].decode("utf-16-be", errors="replace")
        raise FileError("is a binary file, not text", "choose the text file it should be", path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def atomic_write(path: Path | str, data: bytes | str | Iterable[bytes]) -> None:
    """Replace ``path`` by ``data`` (text as UTF-8, pieces one after the other as they come) or leave
    it exactly as it was.

    Writes a temporary file beside it, flushes it to the disk, renames it over ``path`` and
    flushes the folder.  Missing folders are made unless :func:`existing_folders_only` forbids it,
    permissions of an existing file are kept, a link is followed; a pipe or device is written to, as
    it cannot be replaced.  Raises
    :class:`WriteError`; no temporary file is left then.
    """
    path = Path(path)
    whole = data.encode("utf-8", errors="replace") if isinstance(data, str) else data
    pieces = (whole,) if isinstance(whole, bytes) else whole
    temporary: Path | None = None
    try:
        target = path.resolve()
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                file.writelines(pieces)
            return
        if _may_make_folders.get():
            target.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        temporary = target.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"
        with temporary.open("xb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
        sync_folder(target.parent)
    except (OSError, ValueError, RuntimeError) as error:
        raise _write_fault(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def make_folder_of(path: Path | str) -> None:
    """Make the folder that a file is to lie in, with those above it.  Raises :class:`WriteError`."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _write_fault(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable where the system can (Windows cannot open a folder)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _plain_size(path: Path) -> int:
    """Its size; asked before it is opened, for opening a pipe would wait for a writer."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) and not stat.S_ISDIR(facts.st_mode):
        raise FileError("is not a plain file", "choose a file", path)
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def _read_fault(path: Path, error: Exception) -> FileError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileError("there is no such file", "check the name and the folder", path)
    if isinstance(error, IsADirectoryError):
        return FileError("is a folder", "choose a file in it", path)
    if isinstance(error, PermissionError):
        if path.is_dir():
            return FileError("is a folder", "choose a file in it", path)
        return FileError("may not be read", "change its permissions or choose a copy", path)
    return FileError(f"cannot be read ({_reason(error)})", "check the name and the disk", path)


def _write_fault(path: Path, error: Exception) -> WriteError:
    if isinstance(error, FileNotFoundError):
        return WriteError("its folder is not there any more", "put it back or choose another one", path)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return WriteError("lies below a file, not a folder", "choose another folder", path)
    if isinstance(error, IsADirectoryError):
        return WriteError("is a folder", "give the name of a file", path)
    if isinstance(error, PermissionError):
        return WriteError("may not be written", "choose another folder or change its permissions", path)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WriteError("the disk is full", "free some space and try again", path)
    return WriteError(f"cannot be written ({_reason(error)})", "choose another place", path)


def _reason(error: Exception) -> str:
    return (error.strerror or "unknown error") if isinstance(error, OSError) else str(error)


def _size(count: int) -> str:
    for unit, size in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
