"""Which words caused which values, put together for reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from annotator.core.generation.protocol import Reason
from viewer.core.channels import INDEX

_SMALL = 0.02
"""Values below it are left out where the cause has larger ones: nobody sees them on a face."""


@dataclass(frozen=True)
class Cause:
    """Words, the facial action they were taken for, and what it gave, strongest first; a pair of
    sides with one value is one name without its side."""

    words: str
    action: str
    values: tuple[tuple[str, float], ...]


def causes_of(reasons: Iterable[Reason]) -> list[Cause]:
    """The causes in the order in which they are first named."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for reason in reasons:
        if reason.words:
            found.setdefault((reason.words, reason.action), {})[reason.channel] = reason.value
    return [Cause(words, action, _in_pairs(values)) for (words, action), values in found.items()]


def reasons_from(data: object) -> list[Reason]:
    """The ``reasons`` of a keyframe in a take's file; what is no reason is passed over."""
    return [
        Reason(
            each["channel"], float(each["value"]), str(each.get("words") or ""), str(each.get("action") or "")
        )
        for each in (data if isinstance(data, list) else ()) if _is_reason(each)
    ]


def _is_reason(data: Any) -> bool:
    value = data.get("value") if isinstance(data, Mapping) else None
    return isinstance(value, int | float) and abs(value) < 1e3 and data.get("channel") in INDEX


def _in_pairs(values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    joined: dict[str, float] = {}
    for name, value in values.items():
        both = name.removesuffix("Left").removesuffix("Right")
        left, right = values.get(f"{both}Left"), values.get(f"{both}Right")
        joined[both if left is not None and left == right else name] = value
    strongest = sorted(joined.items(), key=lambda pair: -abs(pair[1]))
    seen = [pair for pair in strongest if abs(pair[1]) >= _SMALL]
    return tuple(seen or strongest[:1])
