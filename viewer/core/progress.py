"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with what is done, of how much (0: nobody knows), and a few words about it."""


def no_progress(done: int, total: int, what: str) -> None:
    """A :data:`Progress` for work that nobody watches."""
