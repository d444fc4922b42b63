"""From facts to values: sides, strength, what suppresses what, and what stays from before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from annotator.core.generation.facs import limits
from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.lexicon import Action, Lexicon, Side, mirror_channel
from annotator.core.generation.facs.reasons import Contribution, reason_for
from annotator.core.generation.facs.scene import Reading
from annotator.core.generation.facs.strength import PLAIN, felt_level, level_of
from annotator.core.generation.protocol import Reason, ValueArray
from viewer.core.channels import BY_NAME, CHANNEL_COUNT, CHANNELS, INDEX

CONTEXT = 0.85
"""Share of the clip's emotion when a description names nothing."""
CONTEXT_IRRELEVANT = 0.6
"""The same when the description does not even speak of a person."""
CONTEXT_WEAK = 0.7
"""The same beside actions that show no feeling."""
_WEAK = frozenset({"speak", "whisper", "swallow", "sniff", "blink", "gaze_ahead", "head_still", "sigh"})
NOISE = 0.004

_ANTAGONISTS: Mapping[str, tuple[str, ...]] = {
    "MouthSmile": ("MouthFrown", "MouthPucker", "MouthFunnel", "MouthShrugLower"),
    "MouthFrown": ("MouthSmile",),
    "MouthPucker": ("MouthSmile", "MouthStretch", "MouthDimple"),
    "MouthFunnel": ("MouthSmile", "MouthStretch", "MouthPress"),
    "MouthStretch": ("MouthPucker", "MouthFunnel"),
    "MouthPress": ("JawOpen", "MouthLowerDown", "MouthUpperUp", "MouthFunnel", "TongueOut"),
    "JawOpen": ("MouthPress", "MouthRollLower", "MouthRollUpper", "MouthShrugUpper", "MouthClose"),
    "MouthRollLower": ("JawOpen", "MouthFunnel", "MouthPucker", "MouthLowerDown"),
    "MouthLowerDown": ("MouthPress", "MouthRollLower"),
    "CheekPuff": ("JawOpen", "MouthSmile"),
    "EyeWide": ("EyeBlink", "EyeSquint", "CheekSquint"),
    "EyeBlink": ("EyeWide",),
    "EyeSquint": ("EyeWide",),
    "BrowOuterUp": ("BrowDown",),
    "BrowDown": ("BrowOuterUp",),
    "EyeLookUp": ("EyeLookDown",),
    "EyeLookDown": ("EyeLookUp",),
}
_FELT = {
    "brows": 0.8,
    "eyes": 0.55,
    "gaze": 0.7,
    "nose": 0.25,
    "cheeks": 0.3,
    "mouth": 0.25,
    "jaw": 0.2,
    "tongue": 0.0,
    "head": 0.6,
    "eye rotation": 0.7,
}


@dataclass
class Face:
    """One keyframe read: (61,) values, reasons, notes, and the facts later keyframes refer to."""

    values: ValueArray
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    found: bool = False


def _stem(channel: str) -> str:
    return channel.removesuffix("Left").removesuffix("Right")


class _Composer:
    """Adds up the facts of one keyframe."""

    def __init__(self, words: Lexicon, before: Face | None) -> None:
        self.words = words
        self.before = before
        self.given: list[Contribution] = []
        self.kept: dict[str, list[tuple[float, Fact]]] = {}
        self.denied: list[tuple[str, Fact]] = []
        self.mixed = False

    def side_of(self, fact: Fact, action: Action) -> Side:
        if action.directional:
            return "right" if (fact.direction or fact.side) == "right" else "left"
        side = fact.side
        if side in ("", "both") and action.one_sided and side != "both":
            return "left"
        if side == "one":
            return "left"
        return side if side in ("left", "right") else "both"  # type: ignore[return-value]

    # ------------------------------------------------------------ what was before

    def settle(self, fact: Fact) -> None:
        """Work out what "holds", "widens" and "fades" mean beside the keyframe before."""
        earlier = self._earlier(fact)
        base = self._level(fact)
        if earlier is not None:
            was = self._level(earlier)
            if fact.held and fact.degree is None:
                fact.exact = was
            if fact.held or fact.change:
                fact.side = fact.side or earlier.side
                fact.direction = fact.direction or earlier.direction
            if (
                fact.held
                and earlier.action != fact.action
                and not fact.change
                and fact.said
                and fact.degree is None
            ):
                fact.action, fact.level, fact.degree = earlier.action, earlier.level, earlier.degree
            base = was
        if fact.change == "grow" and earlier is None and fact.degree is not None and fact.degree < 0.45:
            pass
        elif fact.change == "grow":
            fact.exact = min(1.0, max(base * 1.4, base + 0.24, fact.degree or 0.0))
        elif fact.change == "shrink":
            told = earlier is not None and fact.degree is not None
            fact.exact = min(base, fact.degree or base) if told else base * 0.5
        elif fact.change == "vanish":
            fact.negated = True

    def _level(self, fact: Fact) -> float:
        action = self.words.actions.get(fact.action)
        return level_of(fact, action.level if action else None)

    def _earlier(self, fact: Fact) -> Fact | None:
        if self.before is None:
            return None
        mine = self._mains(fact)
        best: tuple[float, Fact] | None = None
        for old in self.before.facts:
            if old.negated:
                continue
            shared = len(mine & self._mains(old)) / max(1, len(mine))
            score = 2.0 if old.action == fact.action else shared
            if score >= 0.5 and (best is None or score > best[0]):
                best = (score, old)
        return None if best is None else best[1]

    def _mains(self, fact: Fact) -> set[str]:
        if fact.emotional:
            face = self.words.emotions[fact.emotion].face
            most = max(level for _, level in face)
            return {
                c
                for name, level in face
                if level >= 0.6 * most
                for c in self.words.actions[name].main("both")
            }
        if fact.action.startswith("channel:"):
            return set(_channels_of(fact.action))
        if fact.action.startswith("part:"):
            return set(self._near(fact.action.removeprefix("part:")))
        action = self.words.actions[fact.action]
        return set(action.main(self.side_of(fact, action)))

    def carry(self, reading: Reading) -> list[Fact]:
        """Facts of the keyframe before that this one keeps."""
        if self.before is None or reading.reset:
            return []
        kept: list[Fact] = []
        for old in self.before.facts:
            if old.negated:
                continue
            if reading.joined_by and old.side in ("left", "right", "one"):
                mine = "left" if old.side == "one" else old.side
                theirs = {"left": "right", "right": "left"}[mine]
                side = theirs if reading.joined_by == "other" else reading.joined_by
                kept.append(replace(old, side=side, held=True, words=f"as before: {old.words}"))
            ended = self._ended_on_one_side(old, reading.facts)
            if ended:
                other: Side = "left" if ended == "right" else "right"
                kept.append(replace(old, side=other, held=True, words=f"as before: {old.words}"))
                continue
            eased = self._eased(old, reading)
            if eased is not None:
                part, words = eased
                words = f"{words} (as before: {old.words})"
                kept.append(replace(old, part=part, exact=0.55 * self._level(old), held=True, words=words))
                continue
            if reading.turned and (old.direction or old.side in ("left", "right")):
                turned = {"direction": reading.turned} if old.direction else {"side": reading.turned}
                kept.append(replace(old, **turned, held=True, words=f"as before: {old.words}"))  # type: ignore[arg-type]
                continue
            if reading.scaled:
                was = self._level(old)
                exact = min(1.0, max(was * 1.4, was + 0.24)) if reading.scaled == "grow" else was * 0.5
                kept.append(replace(old, exact=exact, held=True, words=f"as before: {old.words}"))
                continue
            if reading.keep_all or reading.also:
                if not self._replaced(old, reading.facts):
                    kept.append(replace(old, held=True, words=f"as before: {old.words}"))
                continue
            for part, words in reading.kept:
                channels = self.words.parts[part].channels
                if old.emotional or self._mains(old) & channels:
                    kept.append(replace(old, part=part, held=True, words=f"{words} (as before: {old.words})"))
                    break
        return kept

    def _ended_on_one_side(self, old: Fact, new: list[Fact]) -> str:
        """ "One eye opens" after both were shut: the side that a new fact ends, or ""."""
        for fact in new:
            action = self.words.actions.get(fact.action)
            if action is None or old.side not in ("", "both") or fact.side not in ("left", "right", "one"):
                continue
            over = {channel for channel, factor in action.suppress.items() if factor == 0.0}
            if over & self._mains(old) and not action.directional:
                return self.side_of(fact, action)
        return ""

    def _eased(self, old: Fact, reading: Reading) -> tuple[str | None, str] | None:
        """The part and words that let some of an old fact go: "the brows ease a little"."""
        for part, words in reading.eased:
            if self._mains(old) & self.words.parts[part].channels:
                return part, words
        for fact in reading.facts:
            action = self.words.actions.get(fact.action)
            slightly = fact.degree is not None and fact.degree < 0.5 and not fact.negated
            if action is None or not slightly or action.both:
                continue
            if self._mains(old) & set(action.suppress):
                return fact.part, fact.words
        return None

    def _replaced(self, old: Fact, new: list[Fact]) -> bool:
        mains = self._mains(old)
        return any(self._mains(f) & mains if not old.emotional else f.emotional for f in new)

    # ------------------------------------------------------------ giving

    def give(self, fact: Fact) -> None:
        if fact.negated:
            self._deny(fact)
        elif fact.emotional:
            self._feel(fact)
        elif fact.action.startswith("channel:"):
            for channel in _channels_of(fact.action):
                value = PLAIN if fact.degree is None else fact.degree
                self.given.append(Contribution(channel, value, fact, True, channel))
        else:
            self._act(fact)

    def _limit(self, fact: Fact) -> frozenset[str] | None:
        if fact.part is None or (fact.part_first is not None and not fact.emotional):
            return None
        return self.words.parts[fact.part].channels

    def _act(self, fact: Fact) -> None:
        action = self.words.actions[fact.action]
        side = self.side_of(fact, action)
        level = self._level(fact) * fact.weight
        only = self._limit(fact) if fact.held else None
        main = action.main(side)
        eyes_smile_little = fact.role == "mask"
        for channel, weight in action.weights(side).items():
            if only is not None and channel not in only:
                continue
            value = weight * level
            if eyes_smile_little and _stem(channel) in ("CheekSquint", "EyeSquint"):
                value *= 0.4
            self.given.append(Contribution(channel, value, fact, channel in main, action.title))
        for channel, factor in action.suppress.items():
            if side == "both" or action.directional or not _is_side(channel, mirror=side):
                if fact.near_part and not action.both and channel not in self._near(fact.near_part):
                    continue
                self.kept.setdefault(channel, []).append((factor, fact))

    def _near(self, part: str) -> frozenset[str]:
        channels = self.words.parts[part].channels
        if part.startswith(("eye", "lid")):
            channels = channels | {"CheekSquintLeft", "CheekSquintRight"}
        return channels

    def _deny(self, fact: Fact) -> None:
        channels = self._mains(fact)
        if fact.emotional:
            emotion = self.words.emotions[fact.emotion]
            channels = {c for name, _ in emotion.face for c in self.words.actions[name].both}
        elif fact.action in self.words.actions:
            action = self.words.actions[fact.action]
            side = self.side_of(fact, action)
            channels = {c for c, w in action.weights(side).items() if abs(w) >= 0.25}
            if action.directional and not fact.direction:
                channels |= set(action.left) | set(action.right)
            if fact.action == "teeth_show":
                channels |= {"JawOpen"}
        for channel in channels:
            self.denied.append((channel, fact))

    def _feel(self, fact: Fact) -> None:
        emotion = self.words.emotions[fact.emotion]
        strength = (
            fact.exact
            if fact.exact is not None
            else (fact.level if fact.level is not None else 0.75)
            if fact.degree is None
            else felt_level(fact.level or 0.75, fact.degree)
        )
        strength *= fact.weight
        part = self.words.parts[fact.part] if fact.part else None
        for name, share in emotion.face:
            action = self.words.actions[name]
            side: Side = "left" if action.directional else "both"
            if (
                emotion.side != "both"
                and name in ("dimple", "smile", "upper_lip_raise")
                and not action.directional
            ):
                side = emotion.side
            if fact.side in ("left", "right") and not action.directional:
                side = "left" if fact.side == "left" else "right"
            scale = 1.0 if action.level is None or action.level < 0.55 else action.level
            for channel, weight in action.weights(side).items():
                if part is not None and not self._shows(part.name, channel):
                    continue
                value = weight * share * strength * (scale if name not in ("au27",) else 1.0)
                if fact.role == "felt":
                    value *= _FELT[BY_NAME[channel].region]
                elif fact.role == "mask" and _stem(channel) in ("CheekSquint", "EyeSquint"):
                    value *= 0.4
                self.given.append(Contribution(channel, value, fact, False, f"{fact.emotion} face"))
        for channel, factor in emotion.suppress.items():
            if part is None or self._shows(part.name, channel):
                self.kept.setdefault(channel, []).append((factor, fact))

    def _shows(self, part: str, channel: str) -> bool:
        """Whether a feeling "in" a part shows on a channel; eyes are read from brows and cheeks too."""
        if channel in self.words.parts[part].channels:
            return True
        return part in ("eye", "lid", "gaze") and _stem(channel) in (
            "BrowInnerUp",
            "BrowDown",
            "CheekSquint",
            "EyeSquint",
            "EyeWide",
            "EyeBlink",
        )

    # ------------------------------------------------------------ adding up

    def total(self) -> tuple[dict[str, float], dict[str, Contribution]]:
        explicit: dict[str, float] = {}
        for item in self.given:
            if not item.fact.emotional and item.main:
                explicit[item.channel] = max(explicit.get(item.channel, 0.0), abs(item.value))
        owned: set[str] = {BY_NAME[c].region for c, v in explicit.items() if v >= 0.1}
        values: dict[str, float] = {}
        causes: dict[str, Contribution] = {}
        for item in self.given:
            value = self._damped(item, explicit, owned)
            if abs(value) > abs(values.get(item.channel, 0.0)):
                values[item.channel] = value
                causes[item.channel] = item
        return values, causes

    def _damped(self, item: Contribution, explicit: dict[str, float], owned: set[str]) -> float:
        value = item.value
        channel = item.channel
        if not item.main:
            for other, level in explicit.items():
                strong = _stem(other) in ("MouthPress", "JawOpen", "MouthRollLower")
                if _opposes(other, channel) and (item.fact.emotional or strong):
                    value *= max(0.0, 1.0 - 4.0 * level)
            if item.fact.emotional and BY_NAME[channel].region in owned and channel not in explicit:
                other_side = mirror_channel(channel)
                value *= 0.25 if other_side in explicit and other_side != channel else 0.6
        for factor, source in self.kept.get(channel, ()):
            if source is item.fact or (source.emotional and item.main):
                continue
            if not item.main or item.fact.emotional:
                value *= factor
        for denied, source in self.denied:
            if denied == channel and source.action.startswith("part:"):
                value = 0.0
            if denied == channel and not (
                item.main
                and not item.fact.emotional
                and source.words != item.fact.words
                and (not source.change or item.fact.clause > source.clause)
            ):
                value = 0.0
        return value


def _opposes(channel: str, other: str) -> bool:
    """Whether ``channel`` works against ``other`` on the same side of the face."""
    if _stem(other) not in _ANTAGONISTS.get(_stem(channel), ()):
        return False
    sides = {BY_NAME[channel].side, BY_NAME[other].side}
    return len(sides) == 1 or "middle" in sides


def _is_side(channel: str, mirror: str) -> bool:
    return BY_NAME[channel].side not in ("middle", mirror)


def _channels_of(action: str) -> tuple[str, ...]:
    stem = action.removeprefix("channel:")
    return (stem,) if stem in BY_NAME else (stem + "Left", stem + "Right")


def compose(reading: Reading, before: Face | None, words: Lexicon, context: list[Fact]) -> Face:
    """The face of one reading after the face before it; ``context`` is used when it says nothing."""
    composer = _Composer(words, before)
    facts = [replace(f) for f in reading.facts]
    for fact in facts:
        composer.settle(fact)
    facts += composer.carry(replace(reading, facts=facts))
    if reading.reset:
        facts = [f for f in facts if (not f.change and not f.negated) or f.action == "neutral"]
    found = bool(facts) or reading.reset or bool(reading.eased)
    notes = list(reading.notes)
    if any(not f.negated for f in facts) and all(f.action == "neutral" for f in facts if not f.negated):
        found = True
    if found and facts and not reading.reset and all(f.action in _WEAK for f in facts):
        # Speaking or swallowing says little: the clip's emotion colours the rest.
        facts += [replace(f, weight=f.weight * CONTEXT_WEAK) for f in context]
    if not found:
        facts = [replace(f) for f in context]
        told = "the clip’s emotion and background stand in" if facts else "the face stays near neutral"
        notes.append(f"no facial action was found in the words; {told}")
        share = CONTEXT if reading.speaks_of_face else CONTEXT_IRRELEVANT
        for fact in facts:
            fact.weight *= share
    for fact in facts:
        composer.give(fact)
    composer.mixed = any(f.role for f in facts)
    values, causes = composer.total()
    array = np.zeros(CHANNEL_COUNT, np.float32)
    for channel, value in values.items():
        if abs(value) > NOISE:
            array[INDEX[channel]] = value
    array = limits.enforce(array, mixed=composer.mixed)
    array = np.where(np.abs(array) < NOISE, np.float32(0.0), array)
    reasons = tuple(
        reason_for(c.name, float(array[c.index]), values.get(c.name, 0.0), causes)
        for c in CHANNELS
        if abs(float(array[c.index])) >= NOISE
    )
    return Face(np.asarray(array, np.float32), reasons, tuple(notes), facts, found)
