"""Which recordings of a dataset its convention of rotations is about."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.core.storage.dataset import Dataset
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.formats import FORMATS, sniff
from viewer.core.formats.sidecar import read_sidecar
from viewer.core.progress import Progress, no_progress


@dataclass(frozen=True)
class PoseEffects:
    """The ids of clips with a recording, by what a dataset's convention means for them: those that
    ``follow`` its unit because nothing else says one, and those whose unit their file, its format or
    clip.json ``states``; of all of them those whose numbers are ``normalized``."""

    follow: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    normalized: tuple[str, ...] = ()


def pose_effects(
    dataset: Dataset, progress: Progress = no_progress, cancel: CancelToken | None = None
) -> PoseEffects:
    """Look at the recordings of a dataset, at the first bytes of each alone.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    follow: list[str] = []
    states: list[str] = []
    normalized: list[str] = []
    entries = dataset.clips
    for number, entry in enumerate(entries):
        token.check()
        progress(number, len(entries), f"Looking at {entry.id}")
        info = entry.info
        if info is None or not info.track:
            continue
        try:
            path = dataset.place(entry.id).file(info.track)
            form = FORMATS[sniff(path)]
            stated = read_sidecar(path, []).pose_unit
        except StudioError:
            continue
        own = info.extra.get("pose")
        in_clip = own.get("unit") if isinstance(own, dict) else own
        unit = in_clip or stated or form.pose_unit
        (states if unit else follow).append(entry.id)
        if (unit or dataset.pose.unit) == "normalized":
            normalized.append(entry.id)
    return PoseEffects(tuple(follow), tuple(states), tuple(normalized))
