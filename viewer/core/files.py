"""Reading and writing whole files so that nothing is half read and nothing half written."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from viewer.core import fences
from viewer.core.errors import FileError
from viewer.core.in_use import InUseError
from viewer.core.limits import TEXT_FILE_BYTES

TEMPORARY_PREFIX = ".kfstudio-"
"""Names of temporary files begin so; one that a crash left behind may be deleted."""

_BLOCK = 2**20
_TO_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
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


def open_plain(path: Path | str, within: Path | None = None) -> BinaryIO:
    """A file open for reading; in the folder ``within``, which is resolved, as in a fenced one.

    Raises :class:`FileError` when it is missing, not permitted, or no plain file: never waits, as
    opening a pipe would; what was opened is looked at, so that nobody can put a pipe or a device in
    between.  In a fenced folder (:mod:`viewer.core.fences`) no link that leads out of it is followed.
    """
    path = Path(path)
    try:
        handle = _opened(path, within)
        try:
            mode = os.fstat(handle).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(mode):
                raise _no_plain_file(path)
            return os.fdopen(handle, "rb")
        except BaseException:
            os.close(handle)
            raise
    except (OSError, ValueError) as error:
        raise _read_fault(path, error) from error


def is_file(path: Path) -> bool:
    """Whether there is a plain file; not for a name that no file can have, of which ``Path.is_file``
    makes an OSError."""
    try:
        return path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def read_bytes(path: Path | str, limit: int = TEXT_FILE_BYTES) -> bytes:
    """The whole file.  Raises :class:`FileError` as :func:`open_plain` does, or when it is larger than
    ``limit`` bytes (which is found out before it is read)."""
    path = Path(path)
    with open_plain(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise FileError(
                    f"is {_size(size)}, more than the {_size(limit)} that are read",
                    "choose a smaller file or split it",
                    path,
                )
            # Not all at once: Python takes memory for as much as is asked for.
            data = file.read(size + 1)
            while len(data) > size and (more := file.read(_BLOCK)):
                size, data = len(data), data + more
                if size > limit:
                    break
        except OSError as error:
            raise _read_fault(path, error) from error
    if len(data) > limit:
        raise FileError(f"is larger than {_size(limit)}", "choose a smaller file or split it", path)
    return data


def read_head(path: Path | str, count: int = 65536) -> bytes:
    """The first ``count`` bytes.  Raises :class:`FileError` as :func:`read_bytes` does, but
    takes a file of any size."""
    path = Path(path)
    with open_plain(path) as file:
        try:
            return file.read(count)
        except OSError as error:
            raise _read_fault(path, error) from error


def read_text(path: Path | str, limit: int = TEXT_FILE_BYTES) -> str:
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


def _go_on() -> None:
    """Nothing keeps the file from being replaced."""


def atomic_write(
    path: Path | str, data: bytes | str | Iterable[bytes], before_replacing: Callable[[], None] = _go_on
) -> None:
    """Replace ``path`` by ``data`` (text as UTF-8, pieces one after the other as they come) or leave
    it exactly as it was.

    Writes a temporary file beside it, flushes it to the disk, renames it over ``path`` and
    flushes the folder.  Missing folders are made unless :func:`existing_folders_only` forbids it,
    permissions of an existing file are kept.  ``before_replacing`` is called last before the rename;
    what it raises leaves the file as it was.

    A link is followed, and a pipe or device written to, as it cannot be replaced: who names a file
    may name what they like.  In a fenced folder (:mod:`viewer.core.fences`) nothing leaves it: a
    link that leads out is refused, one that stays inside is replaced itself, and only plain files are.

    Raises :class:`WriteError`; no temporary file is left then.
    """
    path = Path(path)
    whole = data.encode("utf-8", errors="replace") if isinstance(data, str) else data
    pieces = (whole,) if isinstance(whole, bytes) else whole
    with as_write_errors(path):
        if fences.root_of(path) is None and path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                file.writelines(pieces)
            return
        with _folder_of(path) as (folder, name):
            _replace(folder, name, pieces, before_replacing)


@contextlib.contextmanager
def new_file(path: Path | str) -> Iterator[BinaryIO]:
    """A new file to be written in the block, for what is too large to be kept in memory first; it is
    removed when the block fails.  Fenced as :func:`atomic_write`; its folder must exist.

    Raises :class:`WriteError`, also when something of that name is there.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        with as_write_errors(path):
            folder, name = stack.enter_context(_folder_of(path, make=False))
            if folder.facts(name) is not None:
                raise WriteError("already exists", "choose another name", path)
            file = stack.enter_context(_made(folder, name))
        try:
            yield file
            with as_write_errors(path):
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            # Here: what is left in its buffer would be written once more when the block is left.
            with contextlib.suppress(OSError):
                file.close()
            folder.remove(name)
            raise


def open_record(path: Path | str) -> BinaryIO:
    """A file to which records are appended and read again, made where it is missing.  Nobody named it
    (its name follows from another), so it is never reached through a link.  Raises OSError."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = fences.Folder(Path(path).parent).open(Path(path).name, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a plain file")
    return os.fdopen(handle, "a+b")


def keep_apart(written: Path, *read: Path | None) -> None:
    """Raise :class:`WriteError` where ``written`` is one of the files that are ``read``, under whatever name:
    what was recorded would be gone."""
    for path in read:
        try:
            same = path is not None and os.path.samefile(written, path)  # noqa: PTH121 - raises less
        except (OSError, ValueError):
            same = False
        if same:
            raise WriteError("is itself the file that is read", "choose another name", written)


def make_folder(path: Path | str) -> None:
    """Make a folder, with those above it; it may be there.  In a fenced folder none is made through
    a link that leads out of it, and never the root.  Raises :class:`WriteError`."""
    path = Path(path)
    with as_write_errors(path):
        root = fences.root_of(path)
        if root is None:
            path.mkdir(parents=True, exist_ok=True)
            return
        with fences.entered(fences.to_read(path, root), root, make=True):
            pass


def make_subfolder(path: Path | str) -> None:
    """Make a folder, which may be there, in one that must be; fenced as :func:`make_folder`.  Raises
    :class:`WriteError`."""
    path = Path(path)
    with as_write_errors(path), _folder_of(path, make=False) as (folder, name):
        folder.make(name)


def missing_folders(path: Path) -> list[Path]:
    """The folder ``path`` and those above it that are not there yet, the innermost first."""
    found = []
    for folder in (path, *path.parents):
        if os.path.lexists(folder):
            break
        found.append(folder)
    return found


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of ``folders`` that are empty, as they come; what was made for nothing goes again."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def make_folder_of(path: Path | str) -> None:
    """Make the folder that a file is to lie in, as :func:`make_folder`."""
    make_folder(Path(path).parent)


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable where the system can."""
    fences.Folder(folder).sync()


def _opened(path: Path, within: Path | None) -> int:
    root = within or fences.root_of(path)
    if root is None:
        return fences.Folder(path.parent).open(path.name, _TO_READ)
    real = fences.to_read(path, root)
    with fences.entered(real.parent, root) as folder:
        return folder.open(real.name, _TO_READ)


@contextlib.contextmanager
def as_write_errors(path: Path) -> Iterator[None]:
    """What goes wrong in the block, which writes ``path``, comes out as a :class:`WriteError`."""
    try:
        yield
    except WriteError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise _write_fault(path, error) from error
    except FileError as error:
        raise WriteError(error.what, error.todo, error.path) from error


@contextlib.contextmanager
def _folder_of(path: Path, *, make: bool = True) -> Iterator[tuple[fences.Folder, str]]:
    """The folder that ``path`` is written in and its name there."""
    make = make and _may_make_folders.get()
    root = fences.root_of(path)
    if root is None:
        target = path.resolve()
        if make:
            target.parent.mkdir(parents=True, exist_ok=True)
        yield fences.Folder(target.parent), target.name
        return
    target = fences.to_write(path, root)
    with fences.entered(target.parent, root, make=make) as folder:
        yield folder, target.name


def _replace(
    folder: fences.Folder, name: str, pieces: Iterable[bytes], before_replacing: Callable[[], None]
) -> None:
    facts = folder.facts(name)
    if facts is not None and stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if facts is not None and not stat.S_ISREG(facts.st_mode) and not stat.S_ISLNK(facts.st_mode):
        raise _no_plain_file(folder.path / name)
    temporary = f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"
    try:
        with _made(folder, temporary) as file:
            file.writelines(pieces)
            file.flush()
            if facts is not None and stat.S_ISREG(facts.st_mode):
                _set_mode(file, folder.path / temporary, stat.S_IMODE(facts.st_mode))
            os.fsync(file.fileno())
        before_replacing()
        folder.replace(name, temporary)
        folder.sync()
    finally:
        folder.remove(temporary)


def _made(folder: fences.Folder, name: str) -> BinaryIO:
    return os.fdopen(folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb")


def _set_mode(file: BinaryIO, path: Path, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), mode)
    else:
        path.chmod(mode)


def _no_plain_file(path: Path) -> FileError:
    return FileError("is not a plain file", "choose a file", path)


def _read_fault(path: Path, error: Exception) -> FileError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileError("there is no such file", "check the name and the folder", path)
    if isinstance(error, IsADirectoryError):
        return FileError("is a folder", "choose a file in it", path)
    if _has_long_name(error):
        return FileError("its name or path is too long for this system", "shorten it", path)
    if isinstance(error, InUseError):
        return FileError("another program has it open", "close it there and try again", path)
    if isinstance(error, PermissionError):
        if os.path.isdir(path):  # noqa: PTH112 - says no, where Path.is_dir raises
            return FileError("is a folder", "choose a file in it", path)
        return FileError("cannot be read without permission", "change its permissions or choose a copy", path)
    return FileError(f"cannot be read ({_reason(error)})", "check the name and the disk", path)


def _write_fault(path: Path, error: Exception) -> WriteError:
    if isinstance(error, FileNotFoundError):
        return WriteError("its folder is not there any more", "put it back or choose another one", path)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return WriteError("is below a file, not a folder", "choose another folder", path)
    if isinstance(error, IsADirectoryError):
        return WriteError("is a folder", "give the name of a file", path)
    if isinstance(error, InUseError):
        return WriteError("another program has it open", "close it there and try again", path)
    if isinstance(error, PermissionError):
        return WriteError(
            "cannot be written without permission", "choose another folder or change its permissions", path
        )
    if _has_long_name(error):
        return WriteError("its name or path is too long for this system", "choose a shorter name", path)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WriteError("the disk is full", "free some space and try again", path)
    return WriteError(f"cannot be written ({_reason(error)})", "choose another place", path)


def _has_long_name(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError) and "null" in str(error):
        return "its name holds a character that no file name may"
    return (error.strerror or "unknown error") if isinstance(error, OSError) else str(error)


def _size(count: int) -> str:
    for unit, size in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
