"""Earlier versions of a clip's files, in the user's state folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from annotator.core.names import safe_name
from annotator.core.storage.journal import place_key
from annotator.core.storage.json_files import read_bytes
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.same_place import SamePlace
from annotator.core.storage.shared_file import current_bytes
from annotator.core.storage.state_folder import state_folder
from viewer.core.files import atomic_write, existing_folders_only

_NEWEST = 10
_HOURLY = 5
_DAILY = 5
_SECONDS_APART = 60
_STAMP = "%Y%m%d-%H%M%S-%f"
_STAMP_LENGTH = len("20260101-000000-000000")


@dataclass(frozen=True)
class Backup:
    """An earlier version of a file."""

    path: Path
    made: datetime
    name: str


class Backups:
    """Earlier versions of one clip's files, in the user's state folder, about twenty of each."""

    def __init__(self, place: ClipPlace) -> None:
        readable, key = safe_name(f"{place.id} {place.annotator_id}")[:40], place_key(place)
        folder = state_folder() / "backups"
        # The readable part has had other forms.
        self.folder = next(folder.glob(f"*-{key}"), folder / f"{readable}-{key}")

    def all(self, name: str | None = None) -> list[Backup]:
        """Newest first; only of the file called ``name`` when given."""
        found = []
        for path in self.folder.glob("*"):
            try:
                made = datetime.strptime(path.name[:_STAMP_LENGTH], _STAMP).astimezone()
            except ValueError:
                continue
            original = path.name[_STAMP_LENGTH + 1 :].removeprefix("original-")
            if name in (None, original):
                found.append(Backup(path, made, original))
        return sorted(found, key=lambda backup: (backup.made, backup.path.name), reverse=True)

    def keep(self, path: Path, data: bytes, original: bool = False) -> None:
        """Keep ``data`` as a version of ``path``.  ``original`` is the file as it was before a
        repair: always kept; others are kept once a minute and thinned out.  What a clock that was
        wrong dated into the future says nothing of when the last one was kept.  Raises OSError."""
        now = datetime.now().astimezone()
        ages = ((now - version.made).total_seconds() for version in self.all(path.name))
        if not original and any(0 <= age < _SECONDS_APART for age in ages):
            return
        prefix = "original-" if original else ""
        self.folder.mkdir(parents=True, exist_ok=True)
        atomic_write(self.folder / f"{now.strftime(_STAMP)}_{prefix}{path.name}", data)
        ordinary = [v for v in self.all(path.name) if "_original-" not in v.path.name]
        for version in thinned(ordinary, now):
            version.path.unlink(missing_ok=True)


def thinned(backups: Iterable[Backup], now: datetime) -> list[Backup]:
    """Those to remove: all but the newest ten, the last of each of five more hours and of five more
    days.  What is dated after ``now`` counts as older than everything else."""
    ordered = sorted(backups, key=lambda backup: (backup.made <= now, backup.made), reverse=True)
    kept = ordered[:_NEWEST]
    for form, count in (("%Y%m%d%H", _HOURLY), ("%Y%m%d", _DAILY)):
        seen = {backup.made.strftime(form) for backup in kept}
        more: dict[str, Backup] = {}
        for backup in ordered:
            period = backup.made.strftime(form)
            if period not in seen and len(more) < count:
                more.setdefault(period, backup)
        kept = [*kept, *more.values()]
    return [backup for backup in ordered if backup not in kept]


def restore_backup(place: ClipPlace, backup: Backup) -> None:
    """Make ``backup`` the file again, of a clip that is not open: where it is, an edit does it
    (:func:`annotator.core.storage.earlier_versions.restoring_edit`).  The broken file is kept among
    the backups.

    Raises OSError.
    """
    files = [place.annotation_file, *([place.clip_file] if place.clip_file is not None else [])]
    path = next((file for file in files if file.name == backup.name), place.takes_folder / backup.name)
    current = current_bytes(path)
    if current is not None:
        Backups(place).keep(path, current, original=True)
    data = read_bytes(backup.path)
    SamePlace(place).make_folder(path.parent)
    with existing_folders_only():
        atomic_write(path, data)
