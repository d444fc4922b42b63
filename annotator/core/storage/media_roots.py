"""Media roots: folders outside of a dataset in which its recordings stay, as on a NAS.

dataset.json has their names, clip.json names files in them, and where they lie is said by each person for
each machine (:mod:`annotator.core.storage.root_places`).  A dataset never says it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.core.findings import Finding
from annotator.core.media_names import ROOT_NAME, split_reference
from annotator.core.model import ClipInfo
from annotator.core.storage.inside import inside
from annotator.core.storage.root_places import place_of_root
from viewer.core.errors import DatasetError, EditError, FileError
from viewer.core.fences import fence
from viewer.core.files import is_file

_ID = re.compile(r"[0-9A-Za-z]{1,64}")


class MissingRootError(FileError):
    """A media root is not there, or nobody has said where it is on this machine."""

    def __init__(self, root: MediaRoot, what: str, todo: str, path: Path | None = None) -> None:
        super().__init__(what, todo, path)
        self.root = root


@dataclass(frozen=True)
class MediaRoot:
    """A root as dataset.json names it: ``note`` says to people which folder it is, ``id`` tells it from
    others of the same name."""

    name: str
    note: str = ""
    id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """Where it lies on this machine; None where nobody has said so."""
        return place_of_root(self.name, self.id)


def new_root(name: str, note: str = "") -> MediaRoot:
    """A root with an id of its own.  Raises :class:`EditError` for what cannot be its name."""
    name = name.strip()
    if not ROOT_NAME.fullmatch(name):
        raise EditError(
            f"“{name}” cannot name a media root", "use 2 to 32 letters, digits, - and _, a letter first"
        )
    return MediaRoot(name, " ".join(note.split()), secrets.token_hex(8))


@dataclass(frozen=True)
class MediaRoots:
    """The roots of one dataset."""

    declared: tuple[MediaRoot, ...] = ()

    def named(self, name: str) -> MediaRoot | None:
        """The root of this name, however its letters are written."""
        return next((root for root in self.declared if root.name.casefold() == name.casefold()), None)

    def file(self, named: str) -> Path | None:
        """The existing file that a reference such as ``NAS:take.mp4`` stands for, links followed; from then
        on it is read only where it is.  None where ``named`` is no reference to a root of these.

        Raises :class:`MissingRootError`, :class:`FileError` when the file is missing and
        :class:`DatasetError` when the path leaves the root.
        """
        reference = split_reference(named)
        root = self.named(reference[0]) if reference else None
        if reference is None or root is None:
            return None
        folder = self._folder(root, reference[1])
        path = inside(folder, folder, reference[1], f"the folder of “{root.name}”")
        if not is_file(path):
            raise FileError(
                f"the file is missing from “{root.name}”", f"put it back, or say where “{root.name}” is", path
            )
        real = folder.resolve()
        fence(real, *([str(path.relative_to(real))] if path != real else []))
        return path

    def _folder(self, root: MediaRoot, wanted: str) -> Path:
        folder, path = root.folder, Path(wanted.replace("\\", "/").rpartition("/")[2] or wanted or ".")
        note = f" ({root.note})" if root.note else ""
        if folder is None:
            what = f"it lies in “{root.name}”{note}, and nobody has said where that is on this computer"
            raise MissingRootError(root, what, f"say where “{root.name}” is", path)
        if not folder.is_dir():
            what = f"it lies in “{root.name}”{note}, which is not there now: {folder}"
            raise MissingRootError(root, what, f"connect it, or say where “{root.name}” is", path)
        return folder

    def reference(self, path: Path) -> str | None:
        """How clip.json names ``path``, by the innermost root that it lies in on this machine; None where
        it lies in none."""
        real, found = path.resolve(), list[tuple[int, str]]()
        for root in self.declared:
            folder = root.folder
            if folder is not None and real.is_relative_to(folder.resolve()):
                within = real.relative_to(folder.resolve())
                found.append((len(within.parts), f"{root.name}:{within.as_posix()}"))
        return min(found)[1] if found else None


NO_ROOTS = MediaRoots()


def roots_from_json(value: Any, where: str, findings: list[Finding]) -> tuple[MediaRoot, ...]:
    """dataset.json's ``media_roots``: a list of ``{name, note, id}`` or of names.  What cannot be read is
    left out with a finding."""
    if value is None:
        return ()
    if not isinstance(value, list):
        findings.append(Finding("warning", where, "media_roots is not a list", "no root is used"))
        return ()
    found: list[MediaRoot] = []
    for number, raw in enumerate(value, 1):
        root = _root(raw)
        if root is None or MediaRoots(tuple(found)).named(root.name) is not None:
            what = f"media root {number} has no usable name, or one that is used twice"
            findings.append(Finding("warning", where, what, "give it a name of 2 to 32 letters"))
            continue
        found.append(root)
    return tuple(found)


def _root(raw: Any) -> MediaRoot | None:
    data = {"name": raw} if isinstance(raw, str) else raw
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return None
    if not ROOT_NAME.fullmatch(data["name"]):
        return None
    note, id = data.get("note"), data.get("id")
    return MediaRoot(
        data["name"],
        note if isinstance(note, str) else "",
        id if isinstance(id, str) and _ID.fullmatch(id) else "",
        {key: kept for key, kept in data.items() if key not in ("name", "note", "id")},
    )


def unreadable_roots(value: Any) -> list[Any]:
    """What of dataset.json's ``media_roots`` is no root; kept when the roots are written anew."""
    return [raw for raw in value if _root(raw) is None] if isinstance(value, list) else []


def roots_to_json(roots: Sequence[MediaRoot]) -> list[dict[str, Any]]:
    """The roots as ``dataset.json`` lists them, unknown keys included."""
    return [
        {
            "name": root.name,
            **({"note": root.note} if root.note else {}),
            **({"id": root.id} if root.id else {}),
            **root.extra,
        }
        for root in roots
    ]


def not_declared(named: str) -> DatasetError | None:
    """Why a path that looks like a reference leads nowhere; None where it does not look like one."""
    reference = split_reference(named)
    if reference is None:
        return None
    return DatasetError(
        f"“{reference[0]}” is no media root of this dataset",
        "add it with kfstudio roots, or name another file",
        Path(reference[1].replace("\\", "/").rpartition("/")[2] or reference[1]),
    )


def root_facts(roots: Sequence[MediaRoot]) -> list[dict[str, Any]]:
    """JSON facts: ``name``, ``note``, the ``folder`` on this machine (None where nobody has said), and
    whether it is ``there``."""
    facts = []
    for root in roots:
        folder = root.folder
        there = folder is not None and folder.is_dir()
        facts.append({"name": root.name, "note": root.note, "folder": folder and str(folder), "there": there})
    return facts


def referenced(clips: Sequence[ClipInfo | None]) -> Iterator[tuple[str, str]]:
    """The name of a root and the path inside it, for each file that clips name in roots."""
    for info in clips:
        for named in (info.video, info.track) if info is not None else ():
            reference = split_reference(named)
            if reference is not None:
                yield reference


def holds_files_of(folder: Path, root: MediaRoot, clips: Sequence[ClipInfo | None]) -> tuple[bool, str]:
    """Whether ``folder`` holds one of the files that clips name in ``root``, and the first that they name
    (empty where they name none)."""
    first = ""
    for name, path in referenced(clips):
        if name.casefold() != root.name.casefold():
            continue
        first = first or path
        with suppress(DatasetError):
            if is_file(inside(folder, folder, path)):
                return True, first
    return False, first
