"""Which foreign shape drives which channel, by its name.

Programs put something before or after every name: a figure, a mesh, the number of a copy.  What all
names share is taken off where that leaves names of channels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from viewer.core.channels import SHAPE_COUNT, SHAPES, match, match_half

_WORD_ENDS = re.compile(
    r"(?<=[^A-Za-z0-9])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[^A-Za-z0-9])|(?<=[a-z0-9])(?=[A-Z])"
)
_NUMBER = re.compile(r"[0-9]+")
_SHORTEST, _LONGEST = 5, 200
_ENOUGH = 10
"""So many channels prove an affix, however many other names have it too."""


@dataclass
class ShapeNames:
    """Which foreign shape drives which channel.  ``rows`` maps a foreign name to a row of the
    52; a channel split into halves has several.  ``extra`` are the names of no channel."""

    rows: dict[str, int] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the 52 shapes that the model does not have, in channel order."""
        found = set(self.rows.values())
        return tuple(channel.name for channel in SHAPES if channel.index not in found)


def match_shapes(names: Iterable[str]) -> ShapeNames:
    """Match foreign names to channels: whole names first, then halves that add up; a second
    name for the same channel is extra.  What all names share beside a channel's does not count."""
    found = ShapeNames()
    unique = list(dict.fromkeys(names))
    plain = dict(zip(unique, plain_names(unique), strict=True))
    whole: set[int] = set()
    for name in unique:
        channel = match(plain[name])
        if channel is not None and channel.index < SHAPE_COUNT and channel.index not in whole:
            whole.add(channel.index)
            found.rows[name] = channel.index
    halves: set[tuple[int, str]] = set()
    for name in unique:
        if name in found.rows:
            continue
        half = match_half(plain[name])
        key = None if half is None else (half[0].index, half[1])
        if key is None or key[0] >= SHAPE_COUNT or key[0] in whole or key in halves:
            found.extra.append(name)
            continue
        halves.add(key)
        found.rows[name] = key[0]
    return found


def plain_names(names: Sequence[str]) -> list[str]:
    """The names of one mesh without the prefix and suffix that they share, where more of them are names
    of channels then; a name that is none either way stays as it is.  Numbers in what they share may
    differ."""
    own = {name: key for name in names if (key := _means(name)) is not None}
    there = set(own.values())
    others = [name for name in dict.fromkeys(names) if name not in own and len(name) <= _LONGEST]
    before, after = _shared(others), _shared([name[::-1] for name in others])
    inner = {name: _inner_names(name, before, after) for name in others}
    gained = {
        (affix, key) for found in inner.values() for affix, name in found.items() if (key := _means(name))
    }
    counts = Counter(affix for affix, key in gained if key not in there)
    if not counts:
        return list(names)
    affix, count = max(counts.items(), key=lambda each: (each[1], -len(each[0]), each[0]))
    if count <= len(own) or count < min(_ENOUGH, (len(others) + 1) // 2):
        return list(names)
    return [inner.get(name, {}).get(affix, name) for name in names]


def _means(name: str) -> tuple[int, str] | None:
    """The row that a name drives and the side of it, empty for all of it; None for a foreign name."""
    channel = match(name)
    if channel is not None:
        return (channel.index, "") if channel.index < SHAPE_COUNT else None
    half = match_half(name)
    return None if half is None else (half[0].index, half[1])


def _shared(names: Sequence[str]) -> int:
    """How many characters all names begin with alike."""
    ends = min(names, default=""), max(names, default="")
    alike = (one == other for one, other in zip(*ends, strict=False))
    return next((count for count, same in enumerate(alike) if not same), min(map(len, ends)))


def _inner_names(name: str, before: int, after: int) -> dict[str, str]:
    """Names of channels within a name, by what of whole words or of ``before`` and ``after`` characters
    stands around each."""
    ends = {0, *(found.start() for found in _WORD_ENDS.finditer(name)), len(name)}
    found: dict[str, str] = {}
    for first in sorted({*ends, before}):
        for last in sorted({*ends, len(name) - after}):
            inner = name[first:last]
            if _SHORTEST <= len(inner) < len(name) and _means(inner) is not None:
                found[_NUMBER.sub("0", f"{name[:first]}*{name[last:]}")] = inner
    return found
