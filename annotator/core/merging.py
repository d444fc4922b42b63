"""Merging JSON by its parts, three ways: what two sides made of one base.

A part that only one side changed is taken from that side.  A part that both changed to different
values is a clash: the merged value has mine, and the clash keeps both.  So nothing of either side is
lost.  Which parts there are is said by rules; :mod:`annotator.core.storage.merge_rules` has those of
the files of a clip.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

Json = Any
Step = str | tuple[str, ...]
Path = tuple[Step, ...]
"""Where a part lies: the keys of objects (several that belong together as a tuple) and the tokens of
list entries."""


class Sign(Enum):
    """What stands in the place of a value that is not there."""

    MISSING = "missing"
    """There is no such part."""
    UNKNOWN = "unknown"
    """As a base: nobody knows what both sides began with."""


MISSING: Final = Sign.MISSING
UNKNOWN: Final = Sign.UNKNOWN


@dataclass(frozen=True)
class Clash:
    """A part that both sides changed, to different values; each may be ``MISSING``."""

    path: Path
    base: Json
    mine: Json
    theirs: Json


@dataclass(frozen=True)
class Merged:
    """The merged ``value``, with mine where there is a clash."""

    value: Json
    clashes: tuple[Clash, ...] = ()


def merge(rule: Rule, base: Json, mine: Json, theirs: Json) -> Merged:
    """Merge what two sides made of ``base``, which may be ``UNKNOWN``."""
    clashes: list[Clash] = []
    return Merged(rule.merged(base, mine, theirs, (), clashes), tuple(clashes))


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values say the same; to Python true would be 1."""
    if one is other:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _says_nothing(value: Json) -> bool:
    return value is None or value in ("", [], {})


class Rule(ABC):
    """How a kind of value is merged."""

    def merged(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """The merged value; clashes are appended."""
        if same(mine, theirs) or same(theirs, base):
            return mine
        if same(mine, base):
            return theirs
        if base is UNKNOWN and (mine is MISSING or theirs is MISSING):
            return theirs if mine is MISSING else mine
        if mine is not MISSING and theirs is not MISSING:
            return self.joined(base, mine, theirs, path, clashes)
        return clashed(base, mine, theirs, path, clashes)

    @abstractmethod
    def joined(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """The merged value where both sides have one and differ from the base and from each other."""

    @abstractmethod
    def within(self, value: Json, path: Path) -> Json:
        """The part of ``value`` at ``path``; ``MISSING`` where there is none."""

    @abstractmethod
    def with_part(self, value: Json, path: Path, part: Json) -> Json:
        """``value`` with another part at ``path``, or without it where ``part`` is ``MISSING``; as it
        was where what should hold the part is no longer there."""


def clashed(base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
    """Mine, with a clash kept; without a base, the side that says something wins over one that does
    not."""
    if base is UNKNOWN and _says_nothing(theirs):
        return mine
    if base is UNKNOWN and _says_nothing(mine):
        return theirs
    clashes.append(Clash(path, base, mine, theirs))
    return mine


class Whole(Rule):
    """A value that is one part."""

    def joined(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """Mine, with a clash."""
        return clashed(base, mine, theirs, path, clashes)

    def within(self, value: Json, path: Path) -> Json:
        """The value itself."""
        return MISSING if path else value

    def with_part(self, value: Json, path: Path, part: Json) -> Json:
        """The part itself."""
        return value if path else part


class Mine(Whole):
    """A value that each side knows best for itself."""

    def joined(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """Mine, without a clash."""
        return mine


@dataclass(frozen=True)
class Fields(Rule):
    """An object: each key is a part with its own rule.  ``together`` are keys that only mean something
    with each other; keys without a rule are merged by ``others``."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    others: Rule | None = None

    def rule_of(self, key: str) -> Rule:
        """How the value of ``key`` is merged."""
        return self.rules.get(key) or self.others or ANYTHING

    def joined(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """Key by key."""
        if not isinstance(mine, Mapping) or not isinstance(theirs, Mapping):
            return clashed(base, mine, theirs, path, clashes)
        made = dict(mine)
        grouped = {key for group in self.together for key in group}
        for group in self.together:
            before, here, there = (_picked(side, group) for side in (base, mine, theirs))
            found = WHOLE.merged(before, here, there, (*path, group), clashes)
            _set_all(made, group, found)
        for key in dict.fromkeys((*mine, *theirs)):
            if key not in grouped:
                before, here, there = (_held(side, key) for side in (base, mine, theirs))
                _set(made, key, self.rule_of(key).merged(before, here, there, (*path, key), clashes))
        return made

    def within(self, value: Json, path: Path) -> Json:
        """The part under a key, or under several."""
        if not path:
            return value
        if not isinstance(value, Mapping):
            return MISSING
        step, *rest = path
        if isinstance(step, tuple):
            return _picked(value, step)
        return self.rule_of(step).within(_held(value, step), tuple(rest))

    def with_part(self, value: Json, path: Path, part: Json) -> Json:
        """The object with another part under a key, or under several."""
        if not path:
            return part
        if not isinstance(value, Mapping):
            return value
        step, *rest = path
        made = dict(value)
        if isinstance(step, tuple):
            _set_all(made, step, part)
        elif rest and step not in made:
            return value
        else:
            _set(made, step, self.rule_of(step).with_part(_held(value, step), tuple(rest), part))
        return made


def _held(side: Json, key: str) -> Json:
    if side is UNKNOWN:
        return UNKNOWN
    return side.get(key, MISSING) if isinstance(side, Mapping) else MISSING


def _picked(side: Json, keys: tuple[str, ...]) -> Json:
    if side is UNKNOWN:
        return UNKNOWN
    found = {key: side[key] for key in keys if key in side} if isinstance(side, Mapping) else {}
    return found or MISSING


def _set(made: dict[str, Json], key: str, value: Json) -> None:
    if value is MISSING:
        made.pop(key, None)
    else:
        made[key] = value


def _set_all(made: dict[str, Json], keys: tuple[str, ...], values: Json) -> None:
    for key in keys:
        _set(made, key, values.get(key, MISSING) if isinstance(values, Mapping) else MISSING)


class Entries(Rule):
    """A list whose entries are parts, each known by a token."""

    def __init__(self, entry: Rule) -> None:
        self.entry = entry

    def tokens(self, sides: Sequence[Json]) -> list[dict[str, Json]] | None:
        """The entries of each side by token; None when they cannot be told apart."""
        raise NotImplementedError

    def named(self, value: Sequence[Json], token: str) -> dict[str, Json] | None:
        """The entries of one list by tokens of the kind that ``token`` is; None as in :meth:`tokens`."""
        found = self.tokens([value])
        return None if found is None else found[0]

    def ordered(self, entries: Mapping[str, Json]) -> list[Json]:
        """The entries, which are given by token, in the order of the merged list."""
        return list(entries.values())

    def joined(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """Entry by entry."""
        if not isinstance(mine, list) or not isinstance(theirs, list):
            return clashed(base, mine, theirs, path, clashes)
        known = base if isinstance(base, list) else []
        sides = self.tokens([mine, theirs] if base is UNKNOWN else [mine, theirs, known])
        if sides is None:
            return clashed(base, mine, theirs, path, clashes)
        before: Mapping[str, Json] = {} if base is UNKNOWN else sides[2]
        nothing = UNKNOWN if base is UNKNOWN else MISSING
        made: dict[str, Json] = {}
        for token in dict.fromkeys((*sides[0], *sides[1])):
            entry = self.entry.merged(
                before.get(token, nothing),
                sides[0].get(token, MISSING),
                sides[1].get(token, MISSING),
                (*path, token),
                clashes,
            )
            _set(made, token, entry)
        return self.ordered(made)

    def within(self, value: Json, path: Path) -> Json:
        """An entry, or a part of one."""
        if not path:
            return value
        token, *rest = path
        entries = self.named(value, str(token)) if isinstance(value, list) else None
        return self.entry.within((entries or {}).get(str(token), MISSING), tuple(rest))

    def with_part(self, value: Json, path: Path, part: Json) -> Json:
        """The list with another entry, or another part of one."""
        if not path:
            return part
        if not isinstance(value, list):
            return value
        token, *rest = path
        entries = self.named(value, str(token))
        if entries is None or (rest and token not in entries):
            return value
        _set(entries, str(token), self.entry.with_part(entries.get(str(token), MISSING), tuple(rest), part))
        return self.ordered(entries)


class ById(Entries):
    """Entries known by their ``id``, or what else ``key`` names; one without is known by what it
    says."""

    def __init__(self, entry: Rule, key: str = "id") -> None:
        super().__init__(entry)
        self._key = key

    def tokens(self, sides: Sequence[Json]) -> list[dict[str, Json]] | None:
        """By id."""
        return [_by_token(side, self._token) for side in sides]

    def _token(self, entry: Json) -> str:
        if isinstance(entry, Mapping) and isinstance(entry.get(self._key), str) and entry[self._key]:
            return str(entry[self._key])
        return json.dumps(entry, sort_keys=True)


def _by_token(entries: Iterable[Json], token_of: Callable[[Json], str]) -> dict[str, Json]:
    """What is there twice is counted."""
    found: dict[str, Json] = {}
    often: Counter[str] = Counter()
    for entry in entries:
        token = token_of(entry)
        often[token] += 1
        found[token if often[token] == 1 else f"{token} ({often[token]})"] = entry
    return found


class Listed(ById):
    """A list of texts, or of others that never change: each is there or not, so it cannot clash."""

    def __init__(self) -> None:
        super().__init__(Mine())


class ByPlace(Entries):
    """Entries known by their place, as long as all sides have equally many, else by their ``time``:
    then they stay in the order of time.  Entries without times are then one part together.

    Known by place they stay where they are, whatever their times become: the places name what clashes.
    """

    def tokens(self, sides: Sequence[Json]) -> list[dict[str, Json]] | None:
        """By place, else by time."""
        if len({len(side) for side in sides}) == 1:
            return [_by_place(side) for side in sides]
        return [_by_time(side) for side in sides] if all(map(_timed, sides)) else None

    def named(self, value: Sequence[Json], token: str) -> dict[str, Json] | None:
        """By what the token tells: a place or a time."""
        if token.startswith("#"):
            return _by_place(value)
        return _by_time(value) if _timed(value) else None

    def ordered(self, entries: Mapping[str, Json]) -> list[Json]:
        """By time, where they are known by it."""
        made = list(entries.values())
        if any(token.startswith("@") for token in entries) and _timed(made):
            made.sort(key=_time_of)
        return made


def _by_place(entries: Iterable[Json]) -> dict[str, Json]:
    return {f"#{place}": entry for place, entry in enumerate(entries)}


def _by_time(entries: Iterable[Json]) -> dict[str, Json]:
    return _by_token(entries, lambda entry: f"@{_time_of(entry)!r}")


def _timed(entries: Iterable[Json]) -> bool:
    return all(isinstance(_time_of(entry), int | float) for entry in entries)


def _time_of(entry: Json) -> Any:
    return entry.get("time") if isinstance(entry, Mapping) else None


class _Anything(Rule):
    """An object by its keys, at any depth; everything else whole."""

    def joined(self, base: Json, mine: Json, theirs: Json, path: Path, clashes: list[Clash]) -> Json:
        """As the kind of the values asks for."""
        return _rule_for(mine).joined(base, mine, theirs, path, clashes)

    def within(self, value: Json, path: Path) -> Json:
        """A part of an object, or the value itself."""
        return _rule_for(value).within(value, path)

    def with_part(self, value: Json, path: Path, part: Json) -> Json:
        """An object with another part, or the part itself."""
        return _rule_for(value).with_part(value, path, part) if path else part


WHOLE: Final = Whole()
ANYTHING: Final[Rule] = _Anything()
_OBJECT: Final = Fields()


def _rule_for(value: Json) -> Rule:
    return _OBJECT if isinstance(value, Mapping) else WHOLE
