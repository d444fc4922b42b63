"""How the parts of a take's file are read and written: what is known of each, and what is kept.

Whatever a hand or another program wrote, a part is read.  What writing its value would not bring
back as it was, be it unknown or not usable, stays in its ``extra`` and is written again for as long
as nothing else is put in its place; what is not usable is told.  A key that was not there stands in
``extra`` as UNSET, and is not written before its value is another one.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from annotator.core.merging import same
from annotator.core.storage.json_files import encode_line

Json = dict[str, Any]
Told = Callable[[str], None]
"""Hears what cannot be used, in a few words."""

UNUSABLE = LookupError, TypeError, ValueError, AttributeError
"""What comes of taking something for what it is not."""

LATEST = 1e6
"""Seconds; no performance lasts longer."""


def untold(what: str) -> None:
    """For what was told before."""


class Part(Protocol):
    """A value that keeps what it does not know."""

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the file holds of it beyond what is known."""


T = TypeVar("T", bound=Part)


class Write(Protocol):
    """Writes a part of a thing: as plain JSON, or as bytes that are kept."""

    def __call__(self, kind: Kind[T], value: T, /) -> Any: ...


def _nothing(value: object) -> Json:
    return {}


@dataclass(frozen=True)
class Kind(Generic[T]):
    """How objects of one kind are read and written; ``extra`` is seen to here.  ``keys`` are those
    it knows, ``least`` gives what must stand in an object that can be read."""

    keys: frozenset[str]
    read: Callable[[Mapping[str, Any], Told], T]
    write: Callable[[T, Write], Json]
    least: Callable[[T], Json] = _nothing

    def from_json(self, data: Mapping[str, Any], told: Told) -> T:
        """The value of an object.  Raises what ``read`` raises."""
        made = self.read(data, told)
        written = self.write(made, plain)
        extra = {key: raw for key, raw in data.items() if key not in written or not same(written[key], raw)}
        extra |= {key: UNSET for key in written if key not in data}
        return replace(made, extra=extra) if extra else made  # type: ignore[type-var]

    def to_json(self, value: T, write: Write) -> Json:
        """The object of a value; its parts are written with ``write``."""
        data = self.write(value, write)
        if not value.extra:
            return data
        odd = {key: raw for key, raw in value.extra.items() if key in self.keys}
        gone: set[str] = set()
        if odd:
            try:
                then = self.write(self.read(_without_unset(self.least(value) | odd), untold), write)
            except UNUSABLE:
                then = {}
            gone = {key for key in odd if data.get(key) != then.get(key)}
        kept = {key: raw for key, raw in value.extra.items() if key not in gone}
        return _without_unset(data | kept)


def _without_unset(data: Json) -> Json:
    return {key: raw for key, raw in data.items() if raw is not UNSET}


def plain(kind: Kind[T], value: T, /) -> Any:
    """Plain JSON."""
    return kind.to_json(value, plain)


class _Encoded:
    """The bytes of parts, kept for as long as a part lives: an edit changes few of many."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], msgspec.Raw]] = {}

    def __call__(self, kind: Kind[T], value: T, /) -> Any:
        place = id(value)
        found = self._known.get(place)
        if found is not None and found[0]() is value:
            return found[1]
        raw = msgspec.Raw(encode_line(kind.to_json(value, plain)).rstrip(b"\n"))
        self._known[place] = weakref.ref(value, functools.partial(self._forget, place)), raw
        return raw

    def _forget(self, place: int, gone: weakref.ref[Any]) -> None:
        found = self._known.get(place)
        if found is not None and found[0] is gone:
            del self._known[place]


encoded = _Encoded()


# ---- single values ---------------------------------------------------------------------------


def text(raw: Any, key: str, told: Told) -> str:
    """Text; anything else in words, so that a person sees what is there."""
    if raw is None or isinstance(raw, str):
        return raw or ""
    told(f"{key}: it is not text")
    return str(raw) if raw else ""


def list_of(raw: Any, key: str, told: Told) -> list[Any]:
    """A list; of anything else an empty one."""
    if raw is None or isinstance(raw, list):
        return raw or []
    told(f"{key}: it is not a list")
    return []


def texts_of(raw: Any, key: str, told: Told) -> tuple[str, ...]:
    """A list of texts; of anything else an empty one."""
    return tuple(text(each, key, told) for each in list_of(raw, key, told))


def whole(raw: Any, key: str, told: Told) -> int | None:
    """A whole number, else None."""
    if raw is None or (isinstance(raw, int) and not isinstance(raw, bool)):
        return raw
    told(f"{key}: it is not a whole number")
    return None


def seconds(raw: Any, key: str, told: Told) -> float | None:
    """Seconds from 0 on, else None."""
    if raw is None:
        return None
    try:
        return number(raw, 0.0, LATEST)
    except ValueError:
        told(f"{key}: it is not a time")
        return None


def part_of(kind: Kind[T], data: Mapping[str, Any], key: str, told: Told) -> T | None:
    """The part under ``key``, None where no object stands there."""
    raw = data.get(key)
    if isinstance(raw, Mapping):
        return kind.from_json(raw, told)
    if raw is not None:
        told(f"{key}: it is not an object")
    return None


def number(raw: Any, low: float, high: float) -> float:
    """A number from ``low`` to ``high``.  Raises ValueError for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not low <= raw <= high:
        raise ValueError(f"{raw!r} is not a number from {low:g} to {high:g}")
    return float(raw)
