"""Which video and which track are of one recording: by take folder and by name, never by order.

1. A folder with a take.json is a take of Live Link Face: one clip.
2. One video and one track of the same stem in one folder.
3. One video and one track of the same stem in different folders, where nothing else has that stem.

Where two could be meant, none is.  A calibrated recording (``_cal``) is preferred to the plain one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from annotator.core.importing.naming import CALIBRATED, NEUTRAL, RAW, key, stem_of, without
from annotator.core.importing.plan import Kind, Left, Plan, PlannedClip, folder_of
from annotator.core.importing.scanning import Scan

NO_TRACK, NO_VIDEO = "no track of this name", "no video of this name"
_PREVIEW = ".gif"
_SHOWN = 3


@dataclass
class _Group:
    """The files of one kind and one stem in one folder: the best of them, and what lost to them."""

    kind: Kind
    folder: str
    stem: str
    best: list[str]
    lost: list[Left] = field(default_factory=list)

    @property
    def one(self) -> str | None:
        """The file that is meant; None where several could be."""
        return self.best[0] if len(self.best) == 1 else None


def pair(scan: Scan) -> Plan:
    """The plan for what was found in a folder; its clips have no ids yet."""
    return _Pairing(scan).plan()


class _Pairing:
    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._stems = {kind: _stems(scan.kinds, kind) for kind in ("video", "track")}
        self._clips: list[PlannedClip] = []
        self._unpaired: list[Left] = []
        self._ignored = list(scan.others)
        self._groups = self._grouped()
        self._free = list(self._groups)

    def plan(self) -> Plan:
        for folder, facts in sorted(self._scan.takes.items()):
            self._pair_take(folder, facts)
        self._pair_within_folders()
        self._pair_across_folders()
        for group in self._free:
            why = self._why_alone(group)
            self._unpaired += [Left(file, why) for file in group.best]
            self._ignored += group.lost
        scan = self._scan
        left = tuple(self._unpaired), tuple(self._ignored)
        return Plan(scan.root, tuple(self._clips), *left, scan.kinds, scan.takes, scan.fenced).whole()

    # ---- groups ----------------------------------------------------------------------------------

    def _grouped(self) -> list[_Group]:
        found: dict[tuple[Kind, str, str], list[tuple[int, str, str]]] = defaultdict(list)
        neutral: list[tuple[str, str, str]] = []
        for file, kind in sorted(self._scan.kinds.items()):
            folder = folder_of(file)
            rank, base = self._ranked(file, kind)
            if rank is None:
                neutral.append((folder, base, file))
                continue
            found[kind, folder, key(base)].append((rank, base, file))
        for folder, base, file in neutral:
            owner = found.get(("track", folder, key(base)))
            if owner or folder in self._scan.takes:
                self._ignored.append(Left(file, "a face at rest, not a recording"))
            else:
                stem = stem_of(file)
                found["track", folder, key(stem)].append((1, stem, file))
        return [_group(kind, folder, each) for (kind, folder, _), each in sorted(found.items())]

    def _ranked(self, file: str, kind: Kind) -> tuple[int | None, str]:
        """How good a file is among those of its stem, the least the best, and that stem; None for the
        face at rest of a recording."""
        stem, folder = stem_of(file), folder_of(file)
        if kind == "video":
            return (2 if PurePosixPath(file).suffix.lower() == _PREVIEW else 1), stem
        in_take = folder in self._scan.takes
        if key(stem) in self._stems["video"] and not in_take:
            return 1, stem
        for ending, rank in ((CALIBRATED, 0), (RAW, 2), (NEUTRAL, None)):
            base = without(stem, ending)
            if base is None:
                continue
            if ending == RAW and not in_take and not self._has_better(folder, base):
                return 1, stem
            return rank, base
        return 1, stem

    def _has_better(self, folder: str, base: str) -> bool:
        """Whether a folder has the plain or the calibrated track of which one is the raw form."""
        wanted = {key(base), key(base + CALIBRATED)}
        return any(folder == where for name in wanted for where in self._stems["track"].get(name, ()))

    # ---- the rules -------------------------------------------------------------------------------

    def _pair_take(self, folder: str, facts: Mapping[str, Any]) -> None:
        here = [group for group in self._free if group.folder == folder]
        tracks = [group for group in here if group.kind == "track"]
        videos = [group for group in here if group.kind == "video"]
        track = _of_take(tracks, facts, videos)
        if track is None:
            return
        video = next((group for group in videos if key(group.stem) == key(track.stem)), None)
        if video is None and len(videos) == 1:
            video = videos[0]
        if video is None or track.one is None or video.one is None:
            return
        self._take_up(video, track, live_link=facts)
        for group in here:
            if group in self._free:
                self._free.remove(group)
                why = f"the take in this folder is {track.one.rpartition('/')[2]}"
                self._unpaired += [Left(file, why) for file in group.best]
                self._ignored += group.lost

    def _pair_within_folders(self) -> None:
        tracks = {(group.folder, key(group.stem)): group for group in self._free if group.kind == "track"}
        for video in [group for group in self._free if group.kind == "video"]:
            track = tracks.get((video.folder, key(video.stem)))
            if track is not None and video.one is not None and track.one is not None:
                self._take_up(video, track)

    def _pair_across_folders(self) -> None:
        by_stem: dict[tuple[Kind, str], list[_Group]] = defaultdict(list)
        for group in self._groups:
            by_stem[group.kind, key(group.stem)].append(group)
        for video in [group for group in self._free if group.kind == "video"]:
            stem = key(video.stem)
            tracks = by_stem["track", stem]
            if len(by_stem["video", stem]) != 1 or len(tracks) != 1 or tracks[0] not in self._free:
                continue
            if video.one is not None and tracks[0].one is not None:
                self._take_up(video, tracks[0])

    def _take_up(self, video: _Group, track: _Group, live_link: Mapping[str, Any] | None = None) -> None:
        self._free = [group for group in self._free if group is not video and group is not track]
        facts = live_link if live_link is not None else self._facts_of(video, track)
        lost = (*video.lost, *track.lost)
        self._ignored += lost
        siblings = tuple(left.file for left in lost)
        called = video.stem if live_link is None else track.stem
        self._clips.append(
            PlannedClip("", video.one, track.one, siblings=siblings, live_link=dict(facts), called=called)
        )

    def _facts_of(self, video: _Group, track: _Group) -> Mapping[str, Any]:
        """What take.json says of a recording whose video, or track, lies elsewhere."""
        takes = self._scan.takes
        return takes.get(track.folder) or takes.get(video.folder) or {}

    def _why_alone(self, group: _Group) -> str:
        stem = key(group.stem)
        same = [g for g in self._groups if g.kind == group.kind and key(g.stem) == stem]
        other = [g for g in self._groups if g.kind != group.kind and key(g.stem) == stem]
        if not other:
            return NO_TRACK if group.kind == "video" else NO_VIDEO
        for groups in (same, other):
            files = [file for each in groups for file in each.best]
            if len(files) > 1:
                shown = ", ".join(files[:_SHOWN]) + (", …" if len(files) > _SHOWN else "")
                return f"{len(files)} {groups[0].kind}s have this name: {shown}"
        return f"its {other[0].kind} {other[0].best[0]} belongs to another clip"


def _stems(kinds: Mapping[str, Kind], kind: str) -> dict[str, set[str]]:
    """The folders in which each stem of a kind occurs."""
    found: dict[str, set[str]] = defaultdict(set)
    for file, its in kinds.items():
        if its == kind:
            found[key(stem_of(file))].add(folder_of(file))
    return found


def _group(kind: Kind, folder: str, ranked: list[tuple[int, str, str]]) -> _Group:
    best = min(rank for rank, _, _ in ranked)
    files = [file for rank, _, file in ranked if rank == best]
    stem = next(base for rank, base, _ in ranked if rank == best)
    shown = files[0].rpartition("/")[2]
    why = f"{shown} is its video" if kind == "video" else f"{shown} is the better recording"
    lost = [Left(file, why) for rank, _, file in ranked if rank != best]
    return _Group(kind, folder, stem, files, lost)


def _of_take(tracks: list[_Group], facts: Mapping[str, Any], videos: list[_Group]) -> _Group | None:
    """The recording that a take folder is of: the one that take.json names, else the one named as its
    video, else the only one."""
    declared = "_".join(str(facts[part]) for part in ("slate", "take", "subject") if part in facts)
    for stems in ({key(declared)}, {key(group.stem) for group in videos}):
        found = [group for group in tracks if key(group.stem) in stems]
        if len(found) == 1:
            return found[0]
    return tracks[0] if len(tracks) == 1 else None
