"""What is to become of the files of a folder: clips, files without a partner, and all others.

A plan is a value.  Every file that was looked at is in exactly one of its three lists, whatever a person
changes of it.  Files are named by their paths below the folder, with ``/``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from annotator.core.importing.naming import CALIBRATED, RAW, free_name, own_name, stem_of, without
from annotator.core.names import identity

Kind = Literal["video", "track"]

NOT_WANTED = "left out by you"
"""Why a file of a clip that a person took apart is not imported."""


@dataclass(frozen=True)
class Words:
    """What a table, or a layout that is known, says of a clip."""

    script: str = ""
    background: str = ""
    emotion: str = ""
    offset: float = 0.0
    split: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedClip:
    """A clip that is to be made.  ``siblings`` are files that stand for the same recording and lost to a
    better one; ``live_link`` is what take.json says; ``called`` is what its id is made of."""

    id: str
    video: str | None
    track: str | None
    words: Words = Words()
    siblings: tuple[str, ...] = ()
    live_link: Mapping[str, Any] = field(default_factory=dict)
    called: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """Its video and its track, as far as it has them."""
        return tuple(file for file in (self.video, self.track) if file is not None)


@dataclass(frozen=True)
class Left:
    """A file that goes into no clip, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Plan:
    """What an import of the folder ``root`` makes.  ``kinds`` tells the videos and tracks apart, ``takes``
    is what take.json says, by folder.  ``fenced``: no file is read through a link that leads out of the
    folder."""

    root: Path
    clips: tuple[PlannedClip, ...]
    unpaired: tuple[Left, ...]
    ignored: tuple[Left, ...]
    kinds: Mapping[str, Kind]
    takes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fenced: bool = True

    @property
    def ids(self) -> tuple[str, ...]:
        """What its clips are called."""
        return tuple(clip.id for clip in self.clips)

    def path(self, file: str) -> Path:
        """Where a file lies."""
        return self.root / file

    def whole(self) -> Plan:
        """The same in the order of reports: clips by id, files by path."""
        return replace(
            self,
            clips=tuple(sorted(self.clips, key=lambda clip: (clip.id, clip.files))),
            unpaired=tuple(sorted(self.unpaired, key=lambda left: left.file)),
            ignored=tuple(sorted(self.ignored, key=lambda left: left.file)),
        )

    def without(self, ids: Iterable[str], why: str = NOT_WANTED) -> Plan:
        """Without these clips; their files are ignored, because of ``why``."""
        dropped = set(ids)
        gone = [clip for clip in self.clips if clip.id in dropped]
        return replace(
            self,
            clips=tuple(clip for clip in self.clips if clip.id not in dropped),
            ignored=(*self.ignored, *(Left(file, why) for clip in gone for file in clip.files)),
        ).whole()

    def with_singles(self) -> Plan:
        """With a clip, which has no id yet, of each file that has no partner."""
        made = [
            self._clip_of(*((left.file, None) if self.kinds[left.file] == "video" else (None, left.file)))
            for left in self.unpaired
        ]
        return replace(self, clips=(*self.clips, *made), unpaired=()).whole()

    def named(self, taken: Iterable[str] = ()) -> Plan:
        """With ids for all clips, none of them ``taken``.

        They follow from the names of the files alone: what a clip is called, where two would have it both
        with the name of their folder, then numbers.
        """
        used = {identity(name) for name in taken}
        wanted = [own_name(clip.called) for clip in self.clips]
        count = Counter(map(identity, wanted))
        ids: dict[int, str] = {}
        # Those that may be called as they are come first: no other one's second name may take theirs.
        order = sorted(
            range(len(wanted)), key=lambda at: (count[identity(wanted[at])] > 1, self.clips[at].files)
        )
        for at in order:
            clip, name = self.clips[at], wanted[at]
            if count[identity(name)] > 1:
                folder = PurePosixPath(folder_of(clip.files[0])).name or self.root.name
                name = own_name(f"{folder}_{clip.called}")
            ids[at] = free_name(name, used)
            used.add(identity(ids[at]))
        clips = tuple(replace(clip, id=ids[at]) for at, clip in enumerate(self.clips))
        return replace(self, clips=clips).whole()

    def _clip_of(self, video: str | None, track: str | None) -> PlannedClip:
        """A clip without an id of files that rules do not pair."""
        files = [file for file in (video, track) if file is not None]
        stem = stem_of(files[0])
        known = {folder_of(file) for clip in self.clips if clip.live_link for file in clip.files}
        facts = next(
            (self.takes[f] for f in map(folder_of, files) if f in self.takes and f not in known), None
        )
        if facts is not None:
            stem = next((base for end in (CALIBRATED, RAW) if (base := without(stem, end))), stem)
        return PlannedClip("", video, track, live_link=dict(facts or {}), called=stem)

    # ---- what a person corrects ------------------------------------------------------------------

    def renamed(self, id: str, to: str, taken: Iterable[str] = ()) -> Plan:
        """The clip ``id`` called ``to``, made safe, with a number where the name is taken."""
        others = {identity(name) for name in (*self.ids, *taken) if name != id}
        name = free_name(own_name(to), others)
        return replace(
            self, clips=tuple(replace(clip, id=name) if clip.id == id else clip for clip in self.clips)
        ).whole()

    def given(self, id: str, kind: Kind, file: str | None) -> Plan:
        """The clip ``id`` with another video or track, or without one: ``file`` is one of
        :attr:`unpaired`.  What it had goes there; a clip that has nothing left is none."""
        clip = next(each for each in self.clips if each.id == id)
        before = clip.video if kind == "video" else clip.track
        if before == file:
            return self
        changed = replace(clip, video=file) if kind == "video" else replace(clip, track=file)
        unpaired = [left for left in self.unpaired if left.file != file]
        if before is not None:
            unpaired.append(Left(before, NOT_WANTED))
        clips = tuple(
            changed if each.id == id else each for each in self.clips if each.id != id or changed.files
        )
        return replace(self, clips=clips, unpaired=tuple(unpaired)).whole()

    def made_of(self, video: str | None, track: str | None, taken: Iterable[str] = ()) -> Plan:
        """With a clip of files that had no partner."""
        files = {video, track}
        clip = self._clip_of(video, track)
        name = free_name(own_name(clip.called), {identity(n) for n in (*self.ids, *taken)})
        return replace(
            self,
            clips=(*self.clips, replace(clip, id=name)),
            unpaired=tuple(left for left in self.unpaired if left.file not in files),
        ).whole()


def folder_of(file: str) -> str:
    """The folder of a file, as a path below the folder that is imported; empty for that one itself."""
    folder = str(PurePosixPath(file).parent)
    return "" if folder == "." else folder
