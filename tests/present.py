"""What a test relies on being there."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """``value``; AssertionError where there is none."""
    assert value is not None, "what the test relies on is not there"
    return value
