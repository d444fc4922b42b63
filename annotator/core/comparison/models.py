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
    provenance = take.record.get("provenance")
    facts = provenance if isinstance(provenance, dict) else {}
    backend, model, profile = (facts.get(key) for key in ("backend", "model", "profile"))
    if isinstance(profile, str) and profile.strip():
        return profile.strip()
    if backend == "facs":
        return BUILT_IN
    if isinstance(model, str) and model.strip():
        return PurePath(model.strip()).name if backend == "local" else model.strip()
    if isinstance(backend, str) and backend.strip():
        return backend.strip()
    return take.name or take.id


def seed_of(take: TakeInfo) -> int | None:
    """The seed a take was asked with, if one."""
    request = take.record.get("request")
    seed = request.get("seed") if isinstance(request, dict) else None
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None


def error_of(take: TakeInfo) -> str:
    """What went wrong as the take was made, in a few words; empty when nothing did."""
    keyframes = take.record.get("keyframes")
    entries = [k for k in keyframes if isinstance(k, dict)] if isinstance(keyframes, list) else []
    errors = [str(k["error"]) for k in entries if k.get("error")]
    return f"{len(errors)} of {len(entries)} keyframes failed: {errors[0]}" if errors else ""


def newest_of_each_model(takes: Iterable[TakeInfo]) -> list[TakeInfo]:
    """One take a model, the newest that is not deleted, sorted by model."""
    newest: dict[str, TakeInfo] = {}
    for take in sorted(takes, key=lambda t: (t.created, t.id)):
        if not take.deleted:
            newest[model_of(take)] = take
    return [newest[model] for model in sorted(newest)]
