"""What the command line does about words and training data, without a window."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.cli.terminal import note
from viewer.core.errors import DatasetError
from viewer.core.progress import Progress

if TYPE_CHECKING:
    from annotator.core.batch.describing_run import Summary
    from annotator.core.description.picture import Box
    from annotator.core.generation.profiles import Profile
    from annotator.core.storage.dataset import Library


def describe_moment(
    path: Path,
    time: float,
    perspective: str,
    words: Profile,
    image: Profile | None,
    box: Box,
    max_tokens: int | None,
) -> str:
    """A model's words for a track's coefficients, or for a video's picture, at ``time`` seconds.

    Raises :class:`~viewer.core.errors.StudioError`.
    """
    from annotator.core.description.choosing import describers
    from annotator.core.description.moments import ClipMoments
    from annotator.core.model import Keyframe
    from annotator.core.storage.dataset import LooseClip
    from annotator.core.storage.track_files import surroundings
    from viewer.core.cancel import CancelToken

    token = CancelToken()
    loaded = LooseClip(path).load_clip(path.stem)
    if loaded.track_path is not None:
        # A file inside of a dataset is read as there.
        loaded = dataclasses.replace(loaded, pose=surroundings(loaded.track_path).pose)
    with (
        ClipMoments(loaded) as moments,
        describers([perspective], words, image, token, box=box, max_tokens=max_tokens) as chosen,
    ):
        return chosen[0].describe(moments, Keyframe("moment", time), token).text


def describe_keyframes(
    path: Path,
    annotator_id: str,
    clips: Sequence[str],
    perspectives: Sequence[str],
    words: Profile,
    image: Profile | None,
    *,
    values: bool,
    box: Box,
    max_tokens: int | None,
    replace: bool,
    jobs: int,
    progress: Progress,
) -> Summary:
    """Describe the keyframes of a dataset, a clip or a file with annotations beside it.

    Raises :class:`~viewer.core.errors.StudioError`.
    """
    from annotator.core.batch.describing_run import describe_dataset
    from annotator.core.description.choosing import describers
    from annotator.core.storage.annotators import respelled
    from annotator.core.storage.dataset import open_library
    from viewer.core.cancel import CancelToken

    library, one = open_library(path, annotator_id)
    note(respelled(annotator_id, library.annotator_id))
    known = {entry.id for entry in library.clips}
    unknown = [id for id in clips if id not in known]
    if unknown:
        raise DatasetError(f"there is no clip {unknown[0]!r}", "see the folder clips/ for their names", path)
    ids = list(clips) or ([one] if one is not None else None)
    token = CancelToken()
    with describers(
        perspectives, words, image, token, values=values, box=box, max_tokens=max_tokens
    ) as chosen:
        summary = describe_dataset(
            library, chosen, clips=ids, replace=replace, jobs=jobs, progress=progress, cancel=token
        )
    if not summary.keyframes and not summary.skipped:
        raise DatasetError(f"{library.annotator_id} has no keyframe here", _others(library, ids), path)
    return summary


def _others(library: Library, ids: Sequence[str] | None) -> str:
    """What to do where an annotator has nothing."""
    from annotator.core.storage.dataset import Dataset

    if not isinstance(library, Dataset):
        return "give --annotator NAME, or mark keyframes first"
    people: set[str] = set()
    for entry in library.clips:
        if ids is None or entry.id in ids:
            people.update(library.annotators(entry.id))
    return f"give --annotator with one of {', '.join(sorted(people))}" if people else "mark keyframes first"
