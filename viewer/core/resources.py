"""Where the files shipped with the app lie."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2] / "resources"


def resource(*parts: str) -> Path:
    """The path of a shipped file, e.g. ``resource("head", "head.npz")``."""
    return _ROOT.joinpath(*parts)
