"""What made a take, in the words of a comparison."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from annotator.core.model import TakeInfo

RECORDING = "recording"
"""Stands where a take's id could stand, for the track that was captured."""

BUILT_IN = "Built-in"


def model_of(take: TakeInfo) -> str:
    """The model that made a take, as reports and votes name it: its profile where it was asked by
    one, else the backend's model.  A take of unknown origin is a model of its own name."""
    made = take.provenance
    backend, model, profile = ((said or "").strip() for said in (made.backend, made.model, made.profile))
    if profile:
        return profile
    if backend == "facs":
        return BUILT_IN
    if model:
        return PurePath(model).name if backend == "local" else model
    if backend:
        return backend
    return take.name or take.id


def error_of(take: TakeInfo) -> str:
    """What went wrong as the take was made, in a few words; empty when nothing did."""
    answers = [answer for answer in take.answers if answer.foreign is None]
    errors = [answer.error for answer in answers if answer.error]
    return f"{len(errors)} of {len(answers)} keyframes failed: {errors[0]}" if errors else ""


def newest_of_each_model(takes: Iterable[TakeInfo]) -> list[TakeInfo]:
    """One take a model, the newest that is not deleted, sorted by model."""
    newest: dict[str, TakeInfo] = {}
    for take in sorted(takes, key=lambda t: (t.created, t.id)):
        if not take.deleted:
            newest[model_of(take)] = take
    return [newest[model] for model in sorted(newest)]
