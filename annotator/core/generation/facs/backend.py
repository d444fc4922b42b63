"""The built-in model behind the common seam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotator.core.generation.facs.planner import plan, plan_notes
from annotator.core.generation.facs.sequence import faces
from annotator.core.generation.protocol import (
    AnswerProgress,
    GenerationRequest,
    KeyframeResult,
    PlannedKeyframe,
    no_answer_progress,
)
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

VERSION = "1"


class FacsBackend:
    """Reads descriptions through the FACS lexicon: no network, no randomness, milliseconds.

    Safe to call from several threads at once.
    """

    name = "facs"

    def describe(self) -> Mapping[str, Any]:
        """JSON facts for the provenance."""
        return {"backend": self.name, "model": f"FACS lexicon {VERSION}", "url": "", "settings": {}}

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """Keyframe descriptions with times from the clip's emotion, background and script."""
        cancel.check()
        return plan(request)

    def plan_notes(self, request: GenerationRequest) -> tuple[str, ...]:
        """What the planner did not understand or had to guess."""
        return plan_notes(request)

    def keyframe(
        self,
        request: GenerationRequest,
        target: int,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> KeyframeResult:
        """Values and reasons for description ``target`` (from 0).

        Raises :class:`GenerationError` when there is no such description.
        """
        cancel.check()
        if not 0 <= target < len(request.descriptions):
            raise GenerationError(
                f"keyframe {target + 1} is wanted, but only {len(request.descriptions)} are described",
                "describe the keyframe first",
            )
        face = faces(request.background, request.emotion, tuple(request.descriptions))[target]
        return KeyframeResult(
            target, request.descriptions[target], face.values.copy(), face.reasons, face.notes
        )
