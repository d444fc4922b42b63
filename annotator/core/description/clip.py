"""The keyframes of one clip: which lack words, asking for those, and writing them into its files.

What is written goes through the storage of annotation files into those of one annotator, while
the clip is held as a window holds it: never beside another writer.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotator.core.description.builtin import Describer
from annotator.core.description.moments import ClipMoments, Found, with_perspectives
from annotator.core.model import Keyframe, Perspective
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, Library
from annotator.core.storage.journal import Journal
from annotator.core.storage.loading import LoadedClip
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress, no_progress


def is_missing(keyframe: Keyframe, perspective: str, *, replacing: str = "") -> bool:
    """Whether a keyframe needs this perspective: it has none, one of another moment, or, with
    ``replacing``, one by another model than that."""
    there = keyframe.perspectives.get(perspective)
    if there is None or not there.text.strip() or not there.fits(keyframe.time):
        return True
    return bool(replacing) and there.model != replacing


def save_perspectives(library: Library, clip: str, found: Found) -> str:
    """Write perspectives into the annotation file of the library's annotator, as it is now; says why
    it did not, or nothing.

    Raises OSError, :class:`StudioError`.
    """
    place = library.place(clip) if isinstance(library, Dataset) else library.load_clip(clip).place
    journal = Journal.acquire(place)
    try:
        if journal.slot:
            return "the clip is open in a window, or a window closed with unsaved work in it"
        # Nobody else writes now: what is read here is what is written over.
        loaded = library.load_clip(clip)
        edit, lost = with_perspectives(loaded.state, found)
        if edit is not None:
            edit.validate(loaded.state)
            ClipWriter(loaded).save(edit.apply(loaded.state))
    finally:
        journal.close()
    return "its keyframes were moved or deleted in the meantime" if lost else ""


def is_open_elsewhere(loaded: LoadedClip) -> bool:
    """Whether a window works on the clip, or one ended with unsaved work in it."""
    journal = Journal.acquire(loaded.place)
    try:
        return journal.slot > 0
    finally:
        journal.close()


def describe_keyframes(
    moments: ClipMoments,
    keyframes: Sequence[Keyframe],
    describers: Sequence[Describer],
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> tuple[Found, list[str]]:
    """Describe keyframes of one clip, one after the other: what was found, and what went wrong.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    found: dict[str, dict[str, Perspective]] = {}
    faults: list[str] = []
    total = len(keyframes) * len(describers)
    for done, (keyframe, describer) in enumerate((k, d) for k in keyframes for d in describers):
        token.check()
        what = f"{describer.perspective} at {keyframe.time:.2f} s"
        progress(done, total, what)

        def on_progress(news: str, done: int = done, what: str = what) -> None:
            progress(done, total, f"{what}: {news}")

        try:
            one = describer.describe(moments, keyframe, token, on_progress)
        except StudioError as fault:
            faults.append(fault.line())
        else:
            found.setdefault(keyframe.id, {})[describer.perspective] = one
    return found, faults
