"""Our own modules in processes of their own: also from the bundle, which has no Python to start.

The bundle's program is started again instead, and ``main.py`` lets it in by this door.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
from collections.abc import Sequence

_DOOR = "--run-part"
_OURS = ("annotator.", "viewer.")


def part_command(module: str, *arguments: str) -> list[str]:
    """The words that start ``module`` in a process of its own.

    Parameters
    ----------
    module : str
        The full name of a module of ours that does its work where it is run as a program.  It imports
        none of our modules, for outside the bundle it is started without their folder.
    *arguments : str
        What it finds in ``sys.argv``.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, _DOOR, module, *arguments]
    found = importlib.util.find_spec(module)
    assert found is not None and found.origin is not None, f"{module} is missing"
    return [sys.executable, "-P", found.origin, *arguments]


def run_part(words: Sequence[str]) -> bool:
    """Run the part that :func:`part_command` asked the bundle for; False where ``words``, the
    arguments of the program, ask for none."""
    if not getattr(sys, "frozen", False) or len(words) < 2 or words[0] != _DOOR:
        return False
    module = words[1]
    if not module.startswith(_OURS):
        return False
    sys.argv[:] = [module, *words[2:]]
    runpy.run_module(module, run_name="__main__")
    return True
