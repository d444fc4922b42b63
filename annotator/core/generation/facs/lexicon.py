"""The lexicon: actions, parts, movements, feelings and small words, read from TOML.

The files are in ``resources/facs``; anyone may extend them.  Reading checks that every name
one file uses is defined in another, so that a slip is told at the start and not as a missing
smile later.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from viewer.core.channels import BY_NAME, MIRROR_INDEX, NAMES
from viewer.core.errors import GenerationError
from viewer.core.resources import resource

FOLDER = resource("facs")
Side = Literal["left", "right", "both"]

DETERMINERS = frozenset("the a an his her its their my your our own both this that one's each".split())
PLACES = frozenset("inner outer upper lower top bottom middle medial lateral front".split())
_AU = re.compile(r"AU(\d+)$")
_VOWELS = "aeiou"
_MISSPELT = frozenset({"part", "move", "say", "emotion", "side"})
"""Kinds of words that are looked for behind typing slips."""


@dataclass(frozen=True)
class Action:
    """One thing a face can do.  ``left``, ``right`` and ``both`` map channels to the weight at
    full strength; ``suppress`` maps channels to the factor that stays of them."""

    name: str
    title: str
    level: float | None
    left: Mapping[str, float]
    right: Mapping[str, float]
    both: Mapping[str, float]
    suppress: Mapping[str, float]
    one_sided: bool
    directional: bool

    def weights(self, side: Side) -> Mapping[str, float]:
        """Channel weights for one side, or for both."""
        return self.left if side == "left" else self.right if side == "right" else self.both

    def main(self, side: Side) -> frozenset[str]:
        """The channels that make the action what it is (at least 0.6 of its largest)."""
        weights = self.weights(side)
        most = max((abs(w) for w in weights.values()), default=0.0)
        return frozenset(c for c, w in weights.items() if most and abs(w) >= 0.6 * most)


@dataclass(frozen=True)
class Part:
    """A part of the face; ``channels`` are the ones of its regions."""

    name: str
    parent: str
    regions: tuple[str, ...]
    channels: frozenset[str]


@dataclass(frozen=True)
class Emotion:
    """A feeling: (action, level) at full strength, what it keeps down, and its default side."""

    name: str
    face: tuple[tuple[str, float], ...]
    suppress: Mapping[str, float]
    side: Side
    needs_part: bool


@dataclass(frozen=True)
class Sense:
    """What a word or phrase can mean: a kind ("part", "move", "say", "emotion", "degree" ...),
    the name of the thing meant, a level where it has one, and actions for "say"."""

    kind: str
    key: str
    level: float | None = None
    do: tuple[tuple[str, float | None], ...] = ()


@dataclass
class Node:
    """A step in the tree of phrases."""

    next: dict[str, Node] = field(default_factory=dict)
    senses: list[Sense] = field(default_factory=list)


@dataclass(frozen=True)
class Lexicon:
    """Everything the reader knows."""

    actions: Mapping[str, Action]
    parts: Mapping[str, Part]
    combine: Mapping[str, Mapping[str, str]]
    default_part: Mapping[str, str]
    emotions: Mapping[str, Emotion]
    compounds: Mapping[frozenset[str], str]
    kin: Mapping[str, str]
    units: Mapping[int, str]
    tree: Node
    forms: Mapping[str, frozenset[str]]
    spelling: Mapping[str, str]
    contractions: Mapping[str, str]
    signs: Mapping[str, str]
    typo_targets: tuple[str, ...]
    single: frozenset[str]
    lookalikes: frozenset[str]

    def keys(self, word: str) -> frozenset[str]:
        """The spellings under which the tree may know a word: itself and its base forms."""
        return self.forms.get(word, frozenset()) | {word, "=" + word}

    def combination(self, part: str, moves: Iterable[str]) -> str | None:
        """The action a part and one of several movements make, or None."""
        wanted = set(moves)
        while part:
            for move, action in self.combine.get(part, {}).items():
                if move in wanted:
                    return action
            part = self.parts[part].parent
        return None


def phrases(text: str) -> list[str]:
    """The comma- or line-separated phrases of a TOML string."""
    return [" ".join(p.split()) for p in re.split(r"[,\n]", text) if p.strip()]


def inflections(word: str) -> set[str]:
    """Plausible English forms of a word (plural, third person, past, participle).

    It makes forms that do not exist as well; those do no harm in a reader.
    """
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return set()
    short = sum(c in _VOWELS for c in word) == 1
    doubles = word[-1] not in _VOWELS + "wxy" and word[-2] in _VOWELS and word[-3] not in _VOWELS
    if word.endswith("e"):
        forms = {word + "s", word + "d", word[:-1] + "ing"}
        if word.endswith("ie"):
            forms.add(word[:-2] + "ying")
    elif word.endswith("y") and word[-2] not in _VOWELS:
        forms = {word[:-1] + "ies", word[:-1] + "ied", word + "ing"}
    else:
        plural = "es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s"
        forms = {word + plural}
        if not (doubles and short):
            forms |= {word + "ed", word + "ing"}
    if doubles and (short or word[-1] in "lprt"):
        forms |= {word + word[-1] + "ed", word + word[-1] + "ing"}
    return forms


def load_toml(folder: Path, name: str) -> dict[str, Any]:
    """One file of the lexicon.  Raises :class:`GenerationError`."""
    path = folder / name
    try:
        with path.open("rb") as source:
            return tomllib.load(source)
    except OSError as error:
        raise GenerationError(
            f"the lexicon cannot be read ({error.strerror})", "install the studio again", path
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GenerationError(f"the lexicon is broken ({error})", "correct the file", path) from error


def _channel_map(path: Path, action: str, table: Mapping[str, float]) -> dict[str, float]:
    """Channel stems and names to channels."""
    found: dict[str, float] = {}
    for name, weight in table.items():
        if name in BY_NAME:
            found[name] = float(weight)
        elif name + "Left" in BY_NAME:
            found[name + "Left"] = found[name + "Right"] = float(weight)
        else:
            raise GenerationError(f"[{action}] names no channel: {name}", "correct the file", path)
    return found


def _action(path: Path, name: str, table: Mapping[str, Any]) -> Action:
    pairs = table.get("pairs", {})
    single = {k: float(v) for k, v in table.get("single", {}).items()}
    _channel_map(path, name, single)
    both = _channel_map(path, name, pairs)
    sides = {}
    for side, suffix in (("left", "Left"), ("right", "Right")):
        own = {c: w for c, w in both.items() if c.endswith(suffix)}
        # An unpaired channel shows less when only one side acts.
        share = 0.35 if own else 1.0
        own |= {c: w * share for c, w in single.items()}
        own |= _channel_map(path, name, table.get(side, {}))
        sides[side] = own
    directional = "left" in table
    whole = {**both, **single} if not directional else dict(sides["left"])
    level = table.get("level")
    return Action(
        name,
        str(table.get("title", name)),
        None if level is None else float(level),
        sides["left"],
        sides["right"],
        whole,
        _channel_map(path, name, table.get("suppress", {})),
        bool(table.get("one_sided", False)),
        directional,
    )


def _regions() -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for name, channel in BY_NAME.items():
        region: str = channel.region
        if name.startswith("EyeLook") or region == "eye rotation":
            region = "gaze"
        groups.setdefault(region, set()).add(name)
    return {region: frozenset(names) for region, names in groups.items()}


REGIONS = _regions()


class _Builder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = Node()
        self.forms: dict[str, set[str]] = {}
        self.words: set[str] = set()
        self.single: set[str] = set()

    def add(self, phrase: str, sense: Sense, inflect: bool) -> None:
        """Plant one phrase; with ``inflect`` its words are known in their other forms too."""
        words = phrase.lower().replace("-", " ").replace("'s", " 's").split()
        node = self.tree
        for word in words:
            if sense.kind == "part" and word in PLACES:
                # "lower lid" is a part, "lowered lid" is not.
                node = node.next.setdefault("=" + word, Node())
                continue
            if inflect and word not in ("~", "*"):
                for form in inflections(word):
                    self.forms.setdefault(form, set()).add(word)
            node = node.next.setdefault(word, Node())
            if sense.kind in _MISSPELT and len(word) >= 4 and word.isalpha():
                self.words.add(word)
                if len(words) == 1:
                    self.single.add(word)
        if sense not in node.senses:
            node.senses.append(sense)

    def add_all(self, text: str, sense: Sense, inflect: bool = False) -> None:
        for phrase in phrases(text):
            self.add(phrase, sense, inflect)


def _do(
    path: Path,
    entries: Iterable[str],
    units: Mapping[int, str],
    known: Iterable[str],
    emotions: Iterable[str] = (),
) -> tuple[tuple[str, float | None], ...]:
    found: list[tuple[str, float | None]] = []
    for entry in entries:
        emotional = entry.startswith("emotion:")
        name, _, number = entry.removeprefix("emotion:").partition(":")
        unit = _AU.match(name)
        if unit:
            name = units.get(int(unit[1]), name)
        if name not in (set(emotions) if emotional else set(known)):
            raise GenerationError(f"unknown action {entry}", "correct the file", path)
        found.append((("emotion:" if emotional else "") + name, float(number) if number else None))
    return tuple(found)


def action_units(actions: Mapping[str, Any]) -> dict[int, str]:
    """Action unit number to the first action that lists it alone."""
    units: dict[int, str] = {26: "au26", 27: "au27"}
    for name, table in actions.items():
        listed = table.get("au", [])
        if len(listed) == 1:
            units.setdefault(int(listed[0]), name)
    units.update(
        {
            51: "head_turn",
            52: "head_turn",
            55: "head_tilt",
            56: "head_tilt",
            61: "gaze_side",
            62: "gaze_side",
            13: "smile",
            44: "eye_squint",
            28: "lip_roll",
            30: "jaw_side",
            7: "eye_squint",
            43: "eye_close",
        }
    )
    return units


def read_lexicon(folder: Path) -> Lexicon:
    """Read and check the TOML files of ``folder``.  Raises :class:`GenerationError`."""
    build = _Builder(folder)
    action_table = load_toml(folder, "actions.toml")
    path = folder / "actions.toml"
    actions = {name: _action(path, name, table) for name, table in action_table.items()}
    units = action_units(action_table)

    parts: dict[str, Part] = {}
    for name, table in load_toml(folder, "parts.toml").items():
        regions = tuple(table["regions"])
        channels = frozenset(table.get("channels", ())) or frozenset().union(*(REGIONS[r] for r in regions))
        parts[name] = Part(name, table.get("parent", ""), regions, channels)
        build.add_all(table["words"], Sense("part", name), inflect=True)

    moves = load_toml(folder, "moves.toml")
    default_part = {}
    for name, table in moves["move"].items():
        if "part" in table:
            default_part[name] = str(table["part"])
        build.add_all(table["words"], Sense("move", name), inflect=True)
    combine: dict[str, dict[str, str]] = {}
    for part, table in moves["combine"].items():
        for move, action in table.items():
            if part not in parts or move not in moves["move"] or action not in actions:
                raise GenerationError(
                    f"[combine.{part}] {move} = {action} names something unknown",
                    "correct the file",
                    folder / "moves.toml",
                )
        combine[part] = dict(table)

    emotions, compounds, kin = _emotions(folder, build, units, actions)
    path = folder / "words.toml"
    for table in load_toml(folder, "words.toml")["say"]:
        do = _do(path, table["do"], units, actions, emotions)
        build.add_all(table["words"], Sense("say", do[0][0], None, do), inflect=True)
    for group, table in load_toml(folder, "degrees.toml").items():
        if group == "level":
            for level, words in table.items():
                build.add_all(words, Sense("degree", level, float(level)))
        else:
            build.add_all(
                table["words"], Sense("change", group), inflect=group in ("grow", "shrink", "vanish", "hold")
            )
    grammar = load_toml(folder, "grammar.toml")
    _grammar(build, grammar)
    for base, others in grammar["irregular"].items():
        for form in phrases(others):
            build.forms.setdefault(form, set()).add(base)
    targets = sorted(build.words | {f for f, b in build.forms.items() if b & build.words})
    return Lexicon(
        actions,
        parts,
        combine,
        default_part,
        emotions,
        compounds,
        kin,
        units,
        build.tree,
        {form: frozenset(bases) for form, bases in build.forms.items()},
        dict(grammar["spelling"]),
        dict(grammar["contractions"]),
        dict(grammar["signs"]),
        tuple(targets),
        frozenset(t for t in targets if t in build.single or build.forms.get(t, set()) & build.single),
        frozenset(_lookalikes(folder)),
    )


def _lookalikes(folder: Path) -> list[str]:
    path = folder / "lookalikes.txt"
    try:
        return path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise GenerationError(
            "the list of lookalikes cannot be read", "install the studio again", path
        ) from error


def _emotions(
    folder: Path, build: _Builder, units: Mapping[int, str], actions: dict[str, Action]
) -> tuple[dict[str, Emotion], dict[frozenset[str], str], dict[str, str]]:
    path = folder / "emotions.toml"
    table = load_toml(folder, "emotions.toml")
    compounds_table = table.pop("compounds")
    kin_table = table.pop("kin")
    situations = table.pop("situations")
    emotions: dict[str, Emotion] = {}

    def emotion(name: str, entry: Mapping[str, Any]) -> Emotion:
        face = tuple((a, 1.0 if v is None else v) for a, v in _do(path, entry["face"], units, actions))
        suppress: dict[str, float] = {}
        for item in entry.get("suppress", []):
            stem, _, factor = item.partition(":")
            suppress |= _channel_map(path, name, {stem: float(factor) if factor else 0.0})
        return Emotion(name, face, suppress, entry.get("side", "both"), name == "cold")

    for name, entry in table.items():
        emotions[name] = emotion(name, entry)
        build.add_all(entry["words"], Sense("emotion", name, 0.75), inflect=False)
        build.add_all(entry.get("verbs", ""), Sense("emotion", name, 0.75), inflect=True)
        build.add_all(entry.get("strong", ""), Sense("emotion", name, 0.95))
        build.add_all(entry.get("weak", ""), Sense("emotion", name, 0.42))
    compounds: dict[frozenset[str], str] = {}
    for names, face in compounds_table.items():
        pair = frozenset(names.split("+"))
        emotions[names] = emotion(names, {"face": face})
        compounds[pair] = names
    kin = {member: head for head, members in kin_table.items() for member in members}
    kin |= {head: head for head in kin_table}
    for name, words in situations.items():
        build.add_all(words, Sense("situation", name, 0.6), inflect=True)
    return emotions, compounds, kin


def _grammar(build: _Builder, grammar: Mapping[str, Any]) -> None:
    for side, words in grammar["sides"].items():
        build.add_all(words, Sense("side", side))
    negation = grammar["negation"]
    build.add_all(negation["before"], Sense("neg", "before"))
    build.add_all(negation["after"], Sense("neg", "after"))
    build.add_all(negation["not_negation"], Sense("null", "not_negation"))
    for strength in ("strong", "weak"):
        for word in grammar["joints"][strength].split():
            build.add(word, Sense("joint", strength), inflect=False)
    build.add(",", Sense("joint", "comma"), inflect=False)
    build.add_all(grammar["goal"]["words"], Sense("goal", "goal"))
    build.add_all(grammar["persons"]["words"], Sense("person", "person"))
    build.add_all(grammar["persons"]["vague"], Sense("vague", "vague"))
    build.add_all(grammar["not_face"]["phrases"], Sense("notface", "notface"), inflect=True)
    build.add_all(grammar["not_face"]["owners"], Sense("owner", "owner"), inflect=True)
    build.add_all(grammar["not_face"]["subjects"], Sense("thing", "thing"), inflect=True)
    build.add_all(grammar["depictions"]["words"], Sense("depiction", "depiction"), inflect=True)
    build.add_all(grammar["others"]["perceiving"], Sense("perceiving", "perceiving"), inflect=True)
    for relation in phrases(grammar["others"]["relations"]):
        for whose in ("his", "her", "their", "my", "your"):
            for kind in ("other", "person"):
                build.add(f"{whose} {relation}", Sense(kind, kind), inflect=True)
    for role, words in grammar["masking"].items():
        build.add_all(words, Sense("mask", role))


def mirror_channel(name: str) -> str:
    """The channel of the other side (itself for middle ones)."""
    return NAMES[MIRROR_INDEX[BY_NAME[name].index]]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon of the installation, read once."""
    return read_lexicon(FOLDER)
