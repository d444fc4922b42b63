"""The seam for those who describe keyframes, and the studio's own words, which need no network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from annotator.core.description.moments import ClipMoments
from annotator.core.generation.facs.verbaliser import describe_values
from annotator.core.generation.protocol import AnswerProgress, ValueArray, no_answer_progress
from annotator.core.model import Keyframe, Perspective
from viewer.core.cancel import CancelToken
from viewer.core.channels import NAMES

BUILT_IN_WORDS = "built-in"
_LEAST_VALUE = 0.005


class Describer(Protocol):
    """Writes one perspective.  Methods may be called from several threads at once."""

    perspective: str
    """Whose it is: ``coefficients`` or ``image``."""
    quick: bool
    """Whether it answers at once, on this machine."""

    @property
    def model(self) -> str:
        """What is noted as the perspective's model."""
        ...

    def prepare(self, cancel: CancelToken) -> None:
        """Find out which model it is, before many questions.  Raises as :meth:`describe`."""
        ...

    def describe(
        self,
        moments: ClipMoments,
        keyframe: Keyframe,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> Perspective:
        """Words for a keyframe.

        Raises :class:`~viewer.core.errors.StudioError` where there is nothing to describe or the
        model does not answer usably, :class:`~viewer.core.errors.Cancelled`.
        """
        ...


class BuiltInWords:
    """The studio's own words for coefficients: no network, no time."""

    perspective = "coefficients"
    quick = True
    model = BUILT_IN_WORDS

    def prepare(self, cancel: CancelToken) -> None:
        """See :class:`Describer`."""

    def describe(
        self,
        moments: ClipMoments,
        keyframe: Keyframe,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> Perspective:
        """See :class:`Describer`."""
        text = describe_values(moments.values(keyframe, cancel))
        return perspective_of(keyframe, text, self.model)


def perspective_of(
    keyframe: Keyframe,
    text: str,
    model: str,
    *,
    values: ValueArray | None = None,
    analysis: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Perspective:
    """What ``model`` has just written about a keyframe; of (61,) ``values`` those that are not 0."""
    pairs = zip(NAMES, [] if values is None else values.tolist(), strict=False)
    extra: Mapping[str, Any] = {"notes": list(notes)} if notes else {}
    return Perspective(
        text=text,
        model=model,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        at=keyframe.time,
        values={name: round(value, 4) for name, value in pairs if abs(value) >= _LEAST_VALUE},
        analysis=dict(analysis or {}),
        extra=extra,
    )
