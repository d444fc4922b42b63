"""Who worked on a clip: the files of its annotators, found by name whatever the spelling."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from annotator.core.names import CONFLICT, identity, safe_name, spelling_of


def annotators_in(folder: Path | str) -> list[str]:
    """File names, without suffix, of everyone who has a file in a folder of annotations; second versions
    are left out."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(".json"))
    except OSError:
        return []
    stems = (name.removesuffix(".json") for name in names)
    return [stem for stem in stems if not stem.startswith(".") and not CONFLICT.search(stem)]


def annotation_file(folder: Path, annotator_id: str) -> Path:
    """The file of an annotator in a folder of annotations: the one that is there under any spelling of
    the name, else a new one in this spelling."""
    stem = spelling_of(annotator_id, annotators_in(folder)) or safe_name(annotator_id)
    return folder / f"{stem}.json"


def as_spelled(annotator_id: str, stem: str) -> str:
    """A name in the spelling of its file; as it is where the file's name had to be another."""
    return stem if identity(stem) == identity(annotator_id) else annotator_id


def respelled(given: str, used: str) -> str:
    """A sentence where somebody called ``given`` works under the spelling ``used``; else empty."""
    if given == used:
        return ""
    return f"“{given}” is spelled “{used}” here, and the work continues in the files of that name"


class Spellings:
    """How the files of a dataset's clips spell the name of one annotator, noted as the clips are read."""

    def __init__(self, annotator_id: str) -> None:
        self._given = annotator_id
        self._stems: dict[str, str] = {}

    def file_in(self, folder: str) -> str | None:
        """The annotator's file in a folder of annotations; None where there is none."""
        stem = spelling_of(self._given, annotators_in(folder))
        if stem is None:
            return None
        self._stems[folder] = stem
        return f"{folder}/{stem}.json"

    @property
    def name(self) -> str:
        """As it was given where a file spells it so, else as most files do."""
        counts = Counter(self._stems.values())
        if not counts or safe_name(self._given) in counts:
            return self._given
        return as_spelled(self._given, counts.most_common(1)[0][0])


def twins_of(file: Path) -> list[Path]:
    """The other files beside ``file`` that are one with it on Windows and macOS."""
    wanted = identity(file.stem)
    others = (stem for stem in annotators_in(file.parent) if identity(stem) == wanted)
    return [file.with_name(f"{stem}.json") for stem in others if stem != file.stem]
