"""Loading JSON of unknown origin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.channels import CHANNEL_COUNT, NAMES, match
from viewer.core.errors import TrackError
from viewer.core.files import read_text
from viewer.core.formats.table import count_words, head_text
from viewer.core.limits import JSON_TRACK_BYTES, JSON_TRACK_VALUES
from viewer.core.track import BoolArray, FloatArray


def load(path: Path) -> Any:
    """The file's JSON value; all numbers come as floats.

    Raises :class:`~viewer.core.errors.FileError`, and :class:`TrackError` where it is no JSON.
    """
    text = read_text(path, JSON_TRACK_BYTES)
    head_text(text[:4096].encode("utf-8", "replace"), path)
    if sum(map(text.count, ",[{")) > JSON_TRACK_VALUES:
        raise TrackError(
            f"holds more than {JSON_TRACK_VALUES:,} values", "split it, or export it as CSV", path
        )
    try:
        return json.loads(text, parse_int=float)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated"):
            raise TrackError("is cut off in the middle", "copy or export the file again", path) from error
        raise TrackError(
            f"is not JSON: {error.msg} in line {error.lineno}", "choose another file or export it again", path
        ) from error
    except (ValueError, RecursionError) as error:
        raise TrackError("is not JSON that can be read", "export the file again", path) from error


def named_values(
    names: object, weights: Sequence[object], path: Path, notes: list[str]
) -> tuple[FloatArray, BoolArray]:
    """Values (F, 61) and present (61,) from a list of names and one list of weights a frame.
    A frame with a wrong number of weights, or with something else than numbers, is NaN.

    Raises :class:`TrackError` when no name is a channel.
    """
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise TrackError("does not name its channels", "export the file again with names", path)
    if not weights:
        raise TrackError("there is no frame in it", "choose a file with at least one frame", path)
    at: dict[int, int] = {}
    foreign: list[str] = []
    for column, name in enumerate(names):
        channel = match(name)
        if channel is None:
            foreign.append(name)
        elif channel.index in at:
            notes.append(f"{name} occurs twice; the first one was read")
        else:
            at[channel.index] = column
    if not at:
        raise TrackError("names none of the 61 channels", "choose a file with ARKit names", path)
    table = np.full((len(weights), len(names)), np.nan)
    for row, cells in enumerate(weights):
        if isinstance(cells, list) and len(cells) == len(names):
            try:
                table[row] = [float(cell) if isinstance(cell, float) else np.nan for cell in cells]
            except OverflowError:
                continue
    present = np.zeros(CHANNEL_COUNT, bool)
    present[list(at)] = True
    values = np.zeros((len(weights), CHANNEL_COUNT), np.float32)
    with np.errstate(over="ignore"):
        values[:, list(at)] = table[:, list(at.values())].astype(np.float32)
    note_missing(present, foreign, notes)
    damaged = int((~np.isfinite(values).all(axis=1)).sum())
    if damaged:
        notes.append(
            f"{count_words(damaged, 'frame')} without a number for every name; treated as without a face"
        )
    return values, present


def note_missing(present: BoolArray, foreign: Sequence[str], notes: list[str]) -> None:
    """Say which channels a file lacks and which names of it were not read."""
    missing = [name for name, here in zip(NAMES, present, strict=True) if not here]
    for names, what in ((missing, "missing channel"), (list(foreign), "further name")):
        if names:
            shown = ", ".join(names[:9]) + (", …" if len(names) > 9 else "")
            notes.append(f"{count_words(len(names), what)}: {shown}")
