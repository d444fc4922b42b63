"""γ of spans (Mathet, Widlöcher and Métivier 2015), by a package that need not be there."""

from __future__ import annotations

import contextlib
import importlib
import os
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from annotator.core.agreement.labels import Labels
from annotator.core.agreement.reading import ComparedClip
from annotator.core.agreement.report import Figure
from annotator.core.agreement.settings import Settings
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress

_PRECISION = 0.02


def gamma_of(
    clips: Sequence[ComparedClip], labels: Labels, settings: Settings, progress: Progress, cancel: CancelToken
) -> Figure:
    """The mean of γ over the clips in which everybody whose work counts has a span.

    It is found by sampling, which takes seconds a clip: undefined where it was not asked for or
    pygamma-agreement is not installed.  Raises :class:`~viewer.core.errors.Cancelled`.
    """
    if not settings.gamma:
        return Figure(None, 0, "not asked for: add --gamma")
    try:
        package: Any = importlib.import_module("pygamma_agreement")
        segment: Any = importlib.import_module("pyannote.core").Segment
    except ImportError:
        how = 'pip install "keyframeface-studio[agreement]", with Python 3.11 or 3.12'
        return Figure(None, 0, f"its package is missing: {how}")
    wanted = [clip for clip in clips if all(work.spans for work in clip.work.values())]
    found: list[float] = []
    for number, clip in enumerate(wanted):
        cancel.check()
        progress(number, len(wanted), "sampling γ")
        # The package draws from the generators that everybody shares.
        np.random.seed(settings.seed % 2**32)
        random.seed(settings.seed)
        continuum = package.Continuum()
        for place, work in clip.work.items():
            for span in work.spans:
                where = segment(span.start / 1e6, span.end / 1e6)
                continuum.add(str(place), where, labels.keys[span.label])
        unlike = package.CombinedCategoricalDissimilarity(alpha=1, beta=1, delta_empty=1)
        with _silence():
            found.append(float(continuum.compute_gamma(unlike, precision_level=_PRECISION).gamma))
    if not found:
        return Figure(None, 0, "no clip has a span from each annotator")
    return Figure(float(np.mean(found)), len(found))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What the solver writes to stdout, past Python, is no part of a report."""
    try:
        kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    except OSError:
        # Without a stdout nothing is written.
        yield
        return
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
