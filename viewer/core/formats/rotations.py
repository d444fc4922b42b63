"""The edge of the files: rotations become degrees when a track is read, and numbers when it is written.

Who knows the unit of a file, the first that answers: whoever decided it for this file alone (clip.json),
the file itself, its sidecar, a guess that the contents prove, its format, the dataset.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer.core.channels import SHAPE_COUNT
from viewer.core.formats.sidecar import Sidecar
from viewer.core.pose import UNITS, PoseConvention, PoseReading, Unit, UnitSource
from viewer.core.track import Track

_ONE_TURN_RADIANS = 3.2
"""No rotation of a head in radians is larger."""
_MOST_DEGREES = 120.0
"""Where a head seems to turn further, its unit is most likely another one."""


def in_degrees(
    track: Track, of_format: Unit | None, sidecar: Sidecar, known: PoseReading | None, notes: list[str]
) -> Track:
    """The track as a reader found it, its rotations turned from the file's numbers into degrees.

    Parameters
    ----------
    track
        Its rotations are the file's numbers; ``meta["pose_unit"]`` is what the file says of them, with
        ``meta["pose_unit_from"]`` where that is a guess.
    of_format
        The unit that the format has for all its files, None where it has none.
    sidecar
        What stands beside the file.
    known
        What its dataset and its clip know, None for a file without either.
    notes
        Gets what had to be assumed, in words.
    """
    if not track.present[SHAPE_COUNT:].any():
        meta = {key: value for key, value in track.meta.items() if not key.startswith("pose_unit")}
        return track.replaced(meta=meta)
    convention = (known or PoseReading()).convention
    decided = known.decided_by if known is not None else None
    unit, who = _unit(track, of_format, sidecar, known, notes)
    if sidecar.full_scale is not None and decided is None:
        convention = replace(convention, full_scale=sidecar.full_scale)
    convention = replace(convention, unit=unit)
    if who == "guess" and unit == "normalized":
        notes.append(f"rotations on a grid of 0.1 read as normalised: 1 is {convention.full_scale:g}°")
    values = track.values.copy()
    values[:, SHAPE_COUNT:] = convention.degrees(values[:, SHAPE_COUNT:])
    turned = values[track.valid, SHAPE_COUNT:]
    most = float(np.abs(turned[:, :3]).max(initial=0.0))
    if most > _MOST_DEGREES:
        notes.append(f"its head turns by up to {most:.0f}°, further than heads do: is it really in {unit}?")
    meta = {**track.meta, "pose_unit": unit, "pose_unit_from": who}
    if not np.isfinite(turned).all():
        return track.replaced(values=values, valid=track.valid, meta=meta)
    # The rest was checked as the track was built.
    values.setflags(write=False)
    return replace(track, values=values, meta=meta)


def in_numbers(track: Track, unit: Unit, full_scale: float) -> Track:
    """The track with its rotations as a file in ``unit`` holds them, for a writer alone."""
    values = track.values.copy()
    convention = PoseConvention(unit, full_scale=full_scale)
    values[:, SHAPE_COUNT:] = convention.numbers(values[:, SHAPE_COUNT:])
    return track.replaced(values=values, valid=track.valid, meta={**track.meta, "pose_unit": unit})


def _unit(
    track: Track, of_format: Unit | None, sidecar: Sidecar, known: PoseReading | None, notes: list[str]
) -> tuple[Unit, UnitSource]:
    """The unit of the numbers, and who says so."""
    said = track.meta.get("pose_unit")
    if said is not None and said not in UNITS:
        notes.append(f"it names an unknown unit of rotations: {str(said)[:40]!r}")
        said = None
    who: UnitSource = track.meta.get("pose_unit_from", "file")
    stated: Unit | None = said if who == "file" else None
    told = stated or sidecar.pose_unit or said or of_format
    if known is not None and known.decided_by is not None:
        own = known.convention.unit
        if told not in (None, own):
            notes.append(f"rotations read as {own}, as is said of this clip, not as {told}")
        return own, known.decided_by
    if stated is not None:
        return stated, "file"
    if sidecar.pose_unit is not None:
        return sidecar.pose_unit, "sidecar"
    if said is not None:
        return said, who
    if of_format is not None:
        return of_format, "format"
    if known is not None:
        notes.append(
            f"it does not state the unit of its rotations; {known.convention.unit} as the dataset says"
        )
        return known.convention.unit, "dataset"
    largest = float(np.abs(track.values[track.valid, SHAPE_COUNT:]).max(initial=0.0))
    guessed: Unit = "degrees" if largest > _ONE_TURN_RADIANS else "radians"
    notes.append(f"it does not state the unit of its rotations; {guessed} assumed")
    return guessed, "guess"
