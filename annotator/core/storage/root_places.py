"""Where media roots lie on this machine: the person's own file, which no dataset can write or fill.

A root is known by its name and the random id that its dataset gave it.  So two labs may both call theirs
``NAS``, and a stranger's dataset that guesses a name reaches nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from annotator.core.storage.config_folder import config_folder
from annotator.core.storage.json_files import decode_object, encode_object
from annotator.core.storage.shared_file import (
    Facts,
    ReplacedError,
    current_bytes,
    facts_of,
    replace_file,
    turn,
)
from viewer.core.errors import FileError, StudioError

VARIABLE = "KFSTUDIO_MEDIA_ROOTS"
"""Names roots for one process: ``NAS=/mnt/nas``, several with the system's separator of paths between."""

_KEY = "media_roots"
_TRIES = 10

_lock = threading.Lock()
_given: dict[str, Path] = {}
_read: tuple[Path, Facts, dict[str, Path]] | None = None


def key_of(name: str, id: str) -> str:
    """How the person's file knows a root."""
    return f"{name.casefold()} {id}".rstrip()


def roots_file() -> Path:
    """The file in the settings folder.  It need not exist."""
    return config_folder() / "media-roots.json"


def give_roots(named: Mapping[str, Path]) -> None:
    """Say for this process alone where the roots of these names lie, whatever dataset has them."""
    _given.update({name.casefold(): folder for name, folder in named.items()})


def parse_root(text: str) -> tuple[str, Path]:
    """The name and the folder of ``NAME=FOLDER``.  Raises :class:`FileError`."""
    name, sign, folder = text.partition("=")
    if not sign or not name.strip() or not folder.strip():
        raise FileError(f"“{text}” does not say where a media root lies", "write it as NAME=FOLDER")
    # Once and for all: whoever reads it later may work elsewhere.
    return name.strip(), Path(folder.strip()).expanduser().absolute()


def place_of_root(name: str, id: str) -> Path | None:
    """Where a root lies on this machine, as this process was told or the person has said; None where
    neither is so."""
    given = _given.get(name.casefold()) or _of_environment().get(name.casefold())
    return given or known_roots().get(key_of(name, id))


def _of_environment() -> dict[str, Path]:
    found = {}
    for text in os.environ.get(VARIABLE, "").split(os.pathsep):
        with suppress(FileError):
            name, folder = parse_root(text)
            found[name.casefold()] = folder
    return found


def known_roots() -> dict[str, Path]:
    """What the person has said, by :func:`key_of`; empty where the file cannot be read."""
    global _read
    file = roots_file()
    facts = facts_of(file)
    with _lock:
        if _read is not None and _read[:2] == (file, facts):
            return dict(_read[2])
    found: dict[str, Path] = {}
    with suppress(StudioError):
        found = _roots_in(current_bytes(file), file)
    with _lock:
        _read = file, facts, found
    return dict(found)


def _roots_in(data: bytes | None, file: Path) -> dict[str, Path]:
    held = {} if data is None else decode_object(data, file).get(_KEY)
    entries = held.items() if isinstance(held, dict) else ()
    paths = {key: Path(text) for key, text in entries if isinstance(text, str) and text}
    # A relative path would mean another folder in each process.
    return {key: path for key, path in paths.items() if path.is_absolute()}


def remember_root(name: str, id: str, folder: Path | None) -> None:
    """Note where a root lies on this machine from now on; None forgets it.  Raises :class:`StudioError`."""

    def changed(roots: dict[str, Path]) -> dict[str, Path]:
        others = {key: path for key, path in roots.items() if key != key_of(name, id)}
        return others if folder is None else {**others, key_of(name, id): folder.absolute()}

    _change(changed)


def move_roots(before: Path, after: Path) -> int:
    """Every root that lies in ``before`` lies in ``after`` from now on, as when a disk has another place;
    how many these are.  Raises :class:`StudioError`."""
    before, after = before.absolute(), after.absolute()
    moved = 0

    def changed(roots: dict[str, Path]) -> dict[str, Path]:
        nonlocal moved
        inside = {key: path for key, path in roots.items() if path.is_relative_to(before)}
        moved = len(inside)
        return {**roots, **{key: after / path.relative_to(before) for key, path in inside.items()}}

    _change(changed)
    return moved


def _change(change: Callable[[dict[str, Path]], dict[str, Path]]) -> None:
    file = roots_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder cannot be made ({error.strerror})", "check it", file.parent) from None
    with turn(file):
        for _ in range(_TRIES):
            seen = current_bytes(file)
            whole = {} if seen is None else decode_object(seen, file)
            made = change(_roots_in(seen, file))
            data = encode_object({**whole, _KEY: {key: str(path) for key, path in sorted(made.items())}})
            with suppress(ReplacedError):
                replace_file(file, data, seen)
                return
    raise FileError("it changes all the time", "try again", file)
