"""Which limits of a face a row of values breaks, for tests that no face may break any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotator.core.generation.facs.limits import TOLERANCE, excesses
from viewer.core.channels import CHANNEL_COUNT, CHANNELS


@dataclass(frozen=True)
class Violation:
    """A broken rule: its name, the channels concerned, and by how much it is broken."""

    rule: str
    channels: tuple[str, ...]
    amount: float

    def __str__(self) -> str:
        return f"{self.rule} ({', '.join(self.channels)}, by {self.amount:.2f})"


def violations(values: npt.ArrayLike, mixed: bool = False) -> list[Violation]:
    """The limits that (61,) values break, worst first."""
    row = np.asarray(values, np.float32)
    assert row.shape == (CHANNEL_COUNT,)
    found = [
        Violation("not a number", (channel.name,), 1.0)
        for channel in CHANNELS
        if not np.isfinite(row[channel.index])
    ]
    with np.errstate(invalid="ignore"):
        beyond = [(rule, channels, float(excess[0])) for rule, channels, excess in excesses(row, mixed)]
    found += [
        Violation(rule, channels, excess)
        for rule, channels, excess in beyond
        if np.isfinite(excess) and excess > TOLERANCE
    ]
    return sorted(found, key=lambda item: -item.amount)
