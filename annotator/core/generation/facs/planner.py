"""From a story to keyframes: onset, apex, transition, leak, settle."""

from __future__ import annotations

from annotator.core.generation.protocol import GenerationRequest, PlannedKeyframe


def plan(request: GenerationRequest) -> tuple[PlannedKeyframe, ...]:
    """Three keyframes around the emotion's words."""
    emotion = request.emotion.strip().rstrip(".") or "a neutral face"
    return (
        PlannedKeyframe(0.0, "The face is neutral."),
        PlannedKeyframe(0.7, f"A look of {emotion}."),
        PlannedKeyframe(2.4, "The expression softens."),
    )
