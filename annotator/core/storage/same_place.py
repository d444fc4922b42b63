"""Whether a clip's files still lie where they did when the clip was opened.

While a clip is open its dataset may be renamed, deleted, unmounted, or another one may be put in its
place.  What tells is the folder itself: its device and inode.  They stay the same whatever is edited,
replaced or pulled inside the folder, dataset.json included, whose content and time therefore say
little.  They are not enough by themselves.  A network drive that went and came back may number its
folders anew, some systems number none, and a folder that is deleted and made again may get the number
of the old one.  So the contents decide where the numbers leave a doubt:

- the same folder is believed to be the same, unless everything known in it is another;
- another folder is believed to be another, unless it holds our own work exactly as we last left it,
  or, where there was none yet, the clip exactly as it was.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotator.core.storage.places import ClipPlace
from viewer.core.errors import DatasetError, FileError
from viewer.core.files import make_subfolder, read_bytes

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN)
_SMALL = 1 << 24


class DatasetGoneError(DatasetError):
    """The dataset, the clip or the folder that was open is not there any more, or another one is in
    its place."""


@dataclass(frozen=True)
class FolderNumber:
    """What the system knows a folder by, whatever it is called."""

    device: int
    inode: int

    @staticmethod
    def of(folder: Path) -> FolderNumber | None:
        """None where there is no such folder, or the file system numbers none.  Raises OSError where
        that cannot be found out."""
        facts = _facts(folder)
        if facts is None or not stat.S_ISDIR(facts.st_mode) or facts.st_ino == 0:
            return None
        return FolderNumber(facts.st_dev, facts.st_ino)


class SameDataset:
    """The folder of an open dataset, as it was found."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._number: FolderNumber | None = None
        with contextlib.suppress(OSError):
            self._number = FolderNumber.of(root)
        self._content = _content(root / "dataset.json")

    def check(self) -> None:
        """Raise :class:`DatasetGoneError` unless it is still there.  Raises OSError where that cannot
        be found out."""
        file = self._root / "dataset.json"
        if _facts(file) is None:
            raise _gone("the dataset is not there any more", self._root)
        number = FolderNumber.of(self._root)
        if (number is None or number != self._number) and _content(file) != self._content:
            raise _gone("another dataset is in its place", self._root)


class SamePlace:
    """The place of an open clip, as it was found.

    Parameters
    ----------
    place : ClipPlace
        Where the clip lies now.
    media : paths
        Its video and its track, where it has them.
    """

    def __init__(self, place: ClipPlace, media: tuple[Path | None, ...] = ()) -> None:
        self._place = place
        self._root = self._clip = None
        with contextlib.suppress(OSError):
            self._root, self._clip = FolderNumber.of(place.root), FolderNumber.of(place.folder)
        alone = place.clip_file is None
        self._what, self._another = (
            ("its folder", "another folder") if alone else ("the dataset", "another dataset")
        )
        self._dataset_file = None if place.clip_file is None else place.root / "dataset.json"
        self._dataset = None if self._dataset_file is None else _content(self._dataset_file)
        self._media = {path: size for path in media if path is not None and (size := _size(path)) is not None}

    def check(self, known: Mapping[Path, bytes]) -> None:
        """Raise :class:`DatasetGoneError` unless the place is still the same; ``known`` is what was
        last read from or written to each file of the clip.  Raises OSError where it cannot be
        looked at."""
        place = self._place
        facts = _facts(place.root)
        if facts is None or not stat.S_ISDIR(facts.st_mode):
            raise _gone(f"{self._what} is not there any more", place.root)
        if self._dataset_file is not None:
            if _facts(self._dataset_file) is None:
                raise _gone("the dataset is not there any more: dataset.json is missing", place.root)
            if _facts(place.folder) is None:
                raise _gone("the clip's folder is not there any more", place.folder)
        now = FolderNumber.of(place.root)
        if now is not None and now == self._root:
            same = self._place.clip_file is None or self._any_as_known(known)
        else:
            same = self._ours_as_left(known)
        if not same:
            raise _gone(f"{self._another} is in its place", place.root)
        # A drive that came back keeps its new numbers.
        self._root, self._clip = now, FolderNumber.of(place.folder)

    def make_folder(self, folder: Path) -> None:
        """Make ``folder`` of the clip where it is missing; never the clip's own folder or one above
        it.  Raises :class:`~viewer.core.files.WriteError`."""
        if folder == self._place.folder:
            return
        if self._place.clip_file is None and folder.parent != self._place.folder:
            # Takes of a file without a dataset lie in the folder of its annotations.
            make_subfolder(folder.parent)
        make_subfolder(folder)

    def _any_as_known(self, known: Mapping[Path, bytes]) -> bool:
        """Whether anything in the folder is as it was."""
        if self._clip is not None and FolderNumber.of(self._place.folder) == self._clip:
            return True
        if self._dataset_file is not None and _content(self._dataset_file) == self._dataset:
            return True
        return any(_content(path) == data for path, data in known.items()) or self._media_as_known()

    def _ours_as_left(self, known: Mapping[Path, bytes]) -> bool:
        """Whether the annotation file is as it was left; where there was none, whether clip, dataset
        and recordings are as they were."""
        place = self._place
        ours = known.get(place.annotation_file)
        if ours is not None:
            return _content(place.annotation_file) == ours
        if _facts(place.annotation_file) is not None:
            return False
        if place.clip_file is not None and _content(place.clip_file) != known.get(place.clip_file):
            return False
        if self._dataset_file is not None and _content(self._dataset_file) != self._dataset:
            return False
        return all(_size(path) == size for path, size in self._media.items())

    def _media_as_known(self) -> bool:
        return any(_size(path) == size for path, size in self._media.items())


def _gone(what: str, path: Path) -> DatasetGoneError:
    return DatasetGoneError(what, "put it back, or find it where it is now", path)


def _facts(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except ValueError:  # no system has such a name
        return None
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return None


def _content(path: Path) -> bytes | None:
    try:
        return read_bytes(path, _SMALL)
    except FileError:
        return None
