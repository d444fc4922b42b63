"""Smoothing over time, never across a cut or a lost stretch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.tracker_packages import CaptureError

Values = NDArray[np.float64]

DEFAULT = "gauss:0.05"
_REACH = 3.0
_MOST_NEIGHBOURS = 240
_CHOICE = "choose none, gauss:SECONDS or one-euro:MIN_CUTOFF,BETA"


@dataclass(frozen=True)
class Smoothing:
    """How values are smoothed: ``kind`` is none, gauss or one-euro; ``seconds`` is the width of gauss,
    ``min_cutoff`` (Hz) and ``beta`` belong to one-euro (Casiez et al., CHI 2012)."""

    kind: str = "none"
    seconds: float = 0.0
    min_cutoff: float = 1.0
    beta: float = 0.0

    @staticmethod
    def parse(text: str) -> Smoothing:
        """Read none, gauss:SECONDS, one-euro or one-euro:MIN_CUTOFF,BETA.

        Raises :class:`CaptureError` for anything else.
        """
        kind, _, rest = text.strip().partition(":")
        try:
            numbers = [float(word) for word in rest.split(",")] if rest else []
        except ValueError:
            numbers = [math.nan]
        if kind == "none" and not rest:
            return Smoothing()
        if kind == "gauss" and len(numbers) == 1 and 0 < numbers[0] <= 5:
            return Smoothing("gauss", seconds=numbers[0])
        if kind == "one-euro" and not rest:
            return Smoothing("one-euro", min_cutoff=1.5, beta=2.0)
        if kind == "one-euro" and len(numbers) == 2 and 0 < numbers[0] <= 100 and 0 <= numbers[1] <= 1000:
            return Smoothing("one-euro", min_cutoff=numbers[0], beta=numbers[1])
        raise CaptureError(f"{text!r} is no way of smoothing", _CHOICE)

    def __str__(self) -> str:
        if self.kind == "gauss":
            return f"gauss:{self.seconds:g}"
        if self.kind == "one-euro":
            return f"one-euro:{self.min_cutoff:g},{self.beta:g}"
        return "none"


def stretches(found: NDArray[np.bool_], begins: NDArray[np.bool_]) -> Iterator[slice]:
    """The runs of frames (F,) with a face in one shot: nothing is smoothed beyond them."""
    breaks = np.flatnonzero(begins | np.concatenate([[True], found[1:] != found[:-1]]))
    for start, end in zip(breaks, [*breaks[1:], found.size], strict=True):
        if found[start]:
            yield slice(int(start), int(end))


def smoothed(values: Values, times: Values, runs: Iterator[slice], how: Smoothing) -> Values:
    """``values`` (F, C) at ``times`` (F,) seconds, each of the ``runs`` smoothed by itself."""
    if how.kind == "none":
        return values
    out = values.copy()
    for run in runs:
        if how.kind == "gauss":
            out[run] = _gauss(values[run], times[run], how.seconds)
        else:
            out[run] = _one_euro(values[run], times[run], how.min_cutoff, how.beta)
    return out


def _gauss(values: Values, times: Values, seconds: float) -> Values:
    """Means weighted by nearness in time, so that varying frame rates are smoothed alike."""
    count = len(times)
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    total, weight = filled.copy(), known.astype(np.float64)
    for step in range(1, min(count, _MOST_NEIGHBOURS)):
        apart = times[step:] - times[:-step]
        if apart.min() > _REACH * seconds:
            break
        share = np.exp(-0.5 * (apart / seconds) ** 2)[:, None]
        total[step:] += share * filled[:-step]
        weight[step:] += share * known[:-step]
        total[:-step] += share * filled[step:]
        weight[:-step] += share * known[step:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, total / weight, np.nan)


def _one_euro(values: Values, times: Values, min_cutoff: float, beta: float) -> Values:
    out = values.copy()
    speed = np.zeros(values.shape[1])
    for at in range(1, len(times)):
        step = max(float(times[at] - times[at - 1]), 1e-6)
        speed += _share(1.0, step) * ((values[at] - out[at - 1]) / step - speed)
        out[at] = out[at - 1] + _share(min_cutoff + beta * np.abs(speed), step) * (values[at] - out[at - 1])
    return out


def _share(cutoff: NDArray[np.float64] | float, step: float) -> NDArray[np.float64]:
    turns = 2 * np.pi * np.asarray(cutoff, np.float64) * step
    return turns / (turns + 1)
