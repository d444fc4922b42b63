"""What of a track can be seen or heard in its clip."""

from __future__ import annotations

import numpy as np

from annotator.core.sync.signals import Array, Grid, Signal, on_grid
from viewer.core.channels import INDEX, NAMES, SHAPE_COUNT
from viewer.core.track import Track

SIGNED_BAND = 1.0, 10.0
"""Changes a second that movements of a face are looked for in."""
ENERGY_BAND = 1.0, 8.0
"""The same for how lively it is."""

_HEAD = slice(SHAPE_COUNT, SHAPE_COUNT + 3)
_SEEN = SHAPE_COUNT + 3
_DEGREES_OF_ONE = 30.0
"""Degrees of a turned head that change a picture as much as a weight of 1."""
_COMPONENTS = 8
_REGIONS = (
    ("EyeBlink", "EyeWide", "EyeSquint"),
    ("EyeLook",),
    ("Brow", "Nose", "Cheek"),
    ("Jaw",),
    ("Mouth",),
    ("Head",),
)
_ENERGIES = 4


def _moving(track: Track, start: float, end: float) -> Grid:
    """Weights and turns of the head, of like size."""
    values = track.values[:, :_SEEN].astype(np.float64)
    values[:, _HEAD] /= _DEGREES_OF_ONE
    return on_grid(track.times, values, start, end)


def movement(track: Track, start: float, end: float) -> Signal:
    """How shapes and head change, in the few directions that tell most of it, from ``start`` to ``end``
    seconds of the track."""
    changes = _moving(track, start, end).rate_of_change().band(*SIGNED_BAND)
    return changes.components(_COMPONENTS).to_signal(start)


def liveliness(track: Track, start: float, end: float) -> Signal:
    """How lively each region of the face is, whatever way it moves."""
    speed = _moving(track, start, end).band(0.3, 9.0).rate_of_change()
    columns = [[i for i, name in enumerate(NAMES[:_SEEN]) if name.startswith(names)] for names in _REGIONS]
    energy = np.stack([_softened(speed.values[:, region]) for region in columns], axis=1)
    return Grid(energy, speed.known).band(*ENERGY_BAND).components(_ENERGIES).to_signal(start)


def mouth(track: Track, start: float, end: float) -> Signal | None:
    """How wide the mouth opens, and how lively it is; None where the track lacks the jaw."""
    if not track.present[INDEX["JawOpen"]]:
        return None
    grid = _moving(track, start, end)
    lower = grid.values[:, INDEX["MouthLowerDownLeft"]] + grid.values[:, INDEX["MouthLowerDownRight"]]
    opening = grid.values[:, INDEX["JawOpen"]] - grid.values[:, INDEX["MouthClose"]] + 0.3 * lower
    of_mouth = [i for i, name in enumerate(NAMES[:SHAPE_COUNT]) if name.startswith(("Mouth", "Jaw"))]
    speed = grid.band(0.3, 9.0).rate_of_change().values[:, of_mouth]
    both = Grid(np.stack([opening, _softened(speed)], axis=1), grid.known).band(*ENERGY_BAND)
    signal = both.to_signal(start)
    return signal if signal.channels == 2 else None


def liveliest(track: Track, seconds: float) -> tuple[float, float]:
    """Start and end of the stretch of at most ``seconds`` in which the track moves most."""
    end = float(track.times[-1])
    if end <= seconds:
        return 0.0, end
    speed = _moving(track, 0.0, end).rate_of_change()
    energy = np.sqrt((np.nan_to_num(speed.values) ** 2).sum(axis=1)) * speed.known
    total = np.concatenate([[0.0], np.cumsum(np.minimum(energy, 4 * float(np.median(energy)) + 1e-9))])
    width = int(seconds * len(energy) / end)
    first = int(np.argmax(total[width:] - total[:-width]))
    return first / len(energy) * end, min((first + width) / len(energy) * end, end)


def _softened(speeds: Array) -> Array:
    """The size (N,) of speeds (N, C), its large values brought nearer to the small ones."""
    return np.asarray(np.sqrt(np.sqrt((speeds**2).sum(axis=1))))
