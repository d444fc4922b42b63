"""Making the clips of a plan: each whole or not at all, several at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from annotator.core.importing.plan import Left, Plan, PlannedClip
from annotator.core.model import ClipInfo
from annotator.core.storage.clip_import import make_clip
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.leftovers import remove_unfinished_clips
from annotator.core.storage.media_roots import NO_ROOTS, MediaRoots
from annotator.core.storage.places import ClipPlace
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.files import WriteError, open_plain
from viewer.core.progress import Progress, no_progress

_AT_ONCE = 4
"""Clips that are worked on together: what takes long is waiting for the disk."""

NOT_ADDED = "it could not be added: "
"""How it is told that a clip could not be made."""

_WAITING = 4 * _AT_ONCE
_BLOCK = 2**20
T = TypeVar("T")
Manner = Literal["copy", "link", "reference"]


@dataclass(frozen=True)
class Made:
    """The plan as it was carried out, and how many files were copied where links were wanted."""

    plan: Plan
    copied_instead: int = 0


def make_clips(
    plan: Plan,
    root: Path,
    how: Manner = "copy",
    *,
    roots: MediaRoots = NO_ROOTS,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Made:
    """Make the clips of ``plan`` in the dataset ``root``, whose media roots are ``roots``.  One whose files
    cannot be read any more is left out, its files ignored because of that.

    Raises :class:`~viewer.core.errors.DatasetError` and :class:`~viewer.core.files.WriteError` when the
    dataset cannot be written, :class:`~viewer.core.errors.Cancelled`; what was made until then stays.
    """
    cancel = cancel or CancelToken()
    remove_unfinished_clips(root / "clips", time.time())
    failed: dict[str, str] = {}
    copied = 0

    def make(clip: PlannedClip, token: CancelToken) -> int:
        files = {
            kind: plan.path(file) for kind, file in (("video", clip.video), ("track", clip.track)) if file
        }
        try:
            return make_clip(
                root,
                clip.id,
                files,
                info=_info(clip),
                how=how,
                within=plan.root if plan.fenced else None,
                roots=roots,
                cancel=token,
            )
        except WriteError:
            raise
        except StudioError as fault:
            failed[clip.id] = fault.line()
            return 0

    for number, (clip, instead) in enumerate(side_by_side(make, plan.clips, cancel), 1):
        copied += instead
        progress(number, len(plan.clips), f"Added {clip.id}")
    lost = [Left(f, f"{NOT_ADDED}{failed[c.id]}") for c in plan.clips if c.id in failed for f in c.files]
    kept = tuple(clip for clip in plan.clips if clip.id not in failed)
    return Made(replace(plan, clips=kept, ignored=(*plan.ignored, *lost)).whole(), copied)


class _Ending(CancelToken):
    """Cancelled by itself, or with the whole: where one piece fails the others end, and the whole has failed
    and was not cancelled."""

    def __init__(self, whole: CancelToken) -> None:
        super().__init__()
        self._whole = whole

    @property
    def cancelled(self) -> bool:
        return self._whole.cancelled or super().cancelled

    def check(self) -> None:
        self._whole.check()
        super().check()


def side_by_side(
    work: Callable[[PlannedClip, CancelToken], T], clips: Iterable[PlannedClip], cancel: CancelToken
) -> Iterator[tuple[PlannedClip, T]]:
    """Each clip with what ``work`` makes of it, as they get done, a few at a time.  Raises what it raises,
    once the others have ended."""
    ending = _Ending(cancel)
    waiting: dict[Future[T], PlannedClip] = {}
    todo = iter(clips)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            while True:
                while len(waiting) < _WAITING and (clip := next(todo, None)) is not None:
                    waiting[pool.submit(work, clip, ending)] = clip
                if not waiting:
                    return
                done, _ = wait(waiting, 0.1, FIRST_COMPLETED)
                cancel.check()
                for future in done:
                    yield waiting.pop(future), future.result()
        except BaseException:
            # Those under way end where they ask; what they had begun goes.
            ending.cancel()
            pool.shutdown(cancel_futures=True)
            raise


def _info(clip: PlannedClip) -> ClipInfo:
    words = clip.words
    return ClipInfo(
        clip.id,
        script=words.script,
        background=words.background,
        emotion=words.emotion,
        offset=words.offset,
        split=words.split,
        tags=words.tags,
        extra={"live_link": dict(clip.live_link)} if clip.live_link else {},
    )


class Present:
    """What is in a dataset already, by the sizes of its files."""

    def __init__(self, dataset: Dataset) -> None:
        self.ids = tuple(entry.id for entry in dataset.clips)
        self._by_size: dict[tuple[int | None, int | None], list[tuple[str, list[Path]]]] = {}
        for entry in dataset.clips:
            if entry.info is None:
                continue
            folder = dataset.root / "clips" / entry.id
            place = ClipPlace(entry.id, "", dataset.root, folder, None, folder, folder, dataset.roots)
            named = (entry.info.video, entry.info.track)
            try:
                files = [place.file(name) if name else None for name in named]
                sizes = tuple(None if file is None else file.stat().st_size for file in files)
            except (OSError, StudioError):
                continue
            there = [file for file in files if file is not None]
            if there:
                self._by_size.setdefault((sizes[0], sizes[1]), []).append((entry.id, there))

    def same_as(self, plan: Plan, clip: PlannedClip, cancel: CancelToken) -> str | None:
        """The clip that consists of the same files byte for byte."""
        files = [None if file is None else plan.path(file) for file in (clip.video, clip.track)]
        try:
            sizes = tuple(None if file is None else file.stat().st_size for file in files)
            for id, there in self._by_size.get((sizes[0], sizes[1]), ()):
                mine = [file for file in files if file is not None]
                if all(_same_bytes(a, b, cancel) for a, b in zip(mine, there, strict=True)):
                    return id
        except (OSError, StudioError):
            return None
        return None


def without_known(
    plan: Plan, present: Present, cancel: CancelToken, progress: Progress = no_progress
) -> Plan:
    """The plan without the clips whose files are all in the dataset already."""
    clips, ignored = [], list(plan.ignored)
    for number, clip in enumerate(plan.clips):
        if number % 16 == 0:
            cancel.check()
            progress(number, len(plan.clips), "Looking for what is in the dataset already")
        id = present.same_as(plan, clip, cancel)
        if id is None:
            clips.append(clip)
        else:
            ignored += [Left(file, f"it is in the dataset already, as {id}") for file in clip.files]
    return replace(plan, clips=tuple(clips), ignored=tuple(ignored)).whole()


def _same_bytes(one: Path, other: Path, cancel: CancelToken) -> bool:
    if os.path.samefile(one, other):  # noqa: PTH121 - both are there
        return True
    with open_plain(one) as a, open_plain(other) as b:
        while True:
            cancel.check()
            here, there = a.read(_BLOCK), b.read(_BLOCK)
            if here != there:
                return False
            if not here:
                return True
