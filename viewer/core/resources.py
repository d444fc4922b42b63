"""Where the files shipped with the app lie."""

from __future__ import annotations

import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2] / "resources"
_INSTALLED = Path(sys.prefix) / "share" / "kfstudio" / "resources"


def resource(*parts: str) -> Path:
    """The path of a shipped file, e.g. ``resource("head", "head.npz")``: of the checkout the code
    runs from, else where the installer put it."""
    root = _CHECKOUT if (_CHECKOUT / "theme.qss").is_file() else _INSTALLED
    return root.joinpath(*parts)
