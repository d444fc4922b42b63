"""What is asked for: whose work counts, and how finely it is compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from annotator.core.model import STATUSES
from viewer.core.errors import DatasetError

LabelLevel = Literal["exact", "basic"]

_FINISHED = ("done", "needs review", "locked")
FINISHED = tuple(status for status in STATUSES if status in _FINISHED)
"""The statuses of work that counts where nothing else is said."""


@dataclass(frozen=True)
class Settings:
    """What is compared and how.

    ``annotators`` are those compared, in this order (empty: everyone who is found, by name).
    ``tolerances_ms`` are the differences up to which keyframes match, ``step_ms`` is the distance of the
    points at which labels are compared, ``iou`` the least intersection over union of spans that match.
    ``label_level`` is ``basic`` to compare the basic emotions that the vocabulary names.  ``bootstrap`` is
    the number of resamples of the intervals (0: none), ``seed`` that of their random numbers.
    """

    annotators: tuple[str, ...] = ()
    tolerances_ms: tuple[float, ...] = (40, 100, 250)
    step_ms: float = 40
    label_level: LabelLevel = "exact"
    statuses: tuple[str, ...] = FINISHED
    iou: float = 0.5
    bootstrap: int = 1000
    seed: int = 0
    gamma: bool = False

    @property
    def step(self) -> int:
        """Microseconds from point to point."""
        return microseconds(self.step_ms / 1000)


def microseconds(seconds: float) -> int:
    """Whole microseconds, so that 1.1 s - 1.0 s is 100 ms."""
    return math.floor(seconds * 1e6 + 0.5)


def check_statuses(statuses: Sequence[str]) -> None:
    """Raise :class:`DatasetError` for a status that no work can have."""
    for status in statuses:
        if status not in STATUSES:
            raise DatasetError(f"there is no status “{status}”", f"choose from {', '.join(STATUSES)}")
