"""Where the files shipped with the app are."""

from __future__ import annotations

from pathlib import Path

# Beside this package in every form the studio comes in: a checkout, any installation, the bundle.
# Not looked up by its name, which another package or the folder one works in may have too.
_ROOT = Path(__file__).resolve().parents[2] / "resources"


def resource(*parts: str) -> Path:
    """The path of a shipped file.

    Parameters
    ----------
    *parts : str
        Its folders and its name, e.g. ``resource("head", "head.npz")``.
    """
    return _ROOT.joinpath(*parts)
