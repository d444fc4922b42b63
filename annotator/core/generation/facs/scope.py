"""What words of strength, denial and change reach."""

from __future__ import annotations

from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.scene import Scene
from annotator.core.generation.facs.text import Unit

_OPPOSITE = {"eye_open": "eye_close", "mouth_close": "lip_part"}


_TURNS = (
    ("EyeLookUp", "EyeLookDown"),
    ("EyeBlink", "EyeWide"),
    ("BrowOuterUp", "BrowDown"),
    ("MouthSmile", "MouthFrown"),
    ("JawOpen", "MouthPress"),
)
"""Channels that take each other's place when one thing happens after another."""


class Scope:
    """Gives facts their strength, denies them, keeps and changes them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def degrees(self) -> None:
        """Give each word of degree to the fact it stands nearest to; comes before :meth:`negations`."""
        for unit in self.scene.units:
            if not unit.has("degree") or not self.scene.facts:
                continue
            level = unit.senses["degree"][0].level
            fact = self._nearest(unit)
            if fact is None or level is None:
                continue
            if (
                unit.text in ("almost", "nearly")
                and fact.said
                and not fact.action.startswith(("eye", "blink"))
            ):
                # "Almost smiles" is a trace of a smile, not most of one.
                level = 0.2
            if unit.linked and not (fact.head <= unit.first <= fact.head_last):
                continue
            others = [f for f in self.scene.facts if f.head == fact.head]
            for each in others:
                each.degree = level if each.degree is None else _stack(each.degree, level)
                each.degree_words = " ".join(filter(None, (each.degree_words, unit.words)))
                if each.action == "eye_open" and level <= 0.3:
                    each.action, each.exact = "eye_droop", 0.85 - level
                if each.action == "eye_open" and 0.66 <= level < 1.0:
                    each.action, each.level = "eye_wide", 0.6
        self._merge_names()

    def _nearest(self, unit: Unit) -> Fact | None:
        best: tuple[float, Fact] | None = None
        for fact in self.scene.facts:
            if fact.clause != unit.clause:
                continue
            if unit.first >= fact.head and unit.last <= fact.head_last:
                distance = 0.0
            elif unit.last < fact.head:
                distance = fact.head - unit.last - 0.2
            else:
                distance = float(unit.first - fact.head_last)
            if fact.part_first is not None:
                # "a broad mouth that smiles": a strength word beside the part belongs to its action
                distance = min(distance, abs(fact.part_first - unit.last) + 0.6)
            distance += 5.0 * abs(fact.chunk - unit.chunk)
            if distance < 12 and (best is None or distance < best[0]):
                best = (distance, fact)
        return None if best is None else best[1]

    def _merge_names(self) -> None:
        """One action named twice ("buccinator dimple, low value") has the strength it is given."""
        for fact in list(self.scene.facts):
            twin = any(
                other is not fact
                and other.action == fact.action
                and other.clause == fact.clause
                and other.side == fact.side
                and other.degree is not None
                and other.said
                for other in self.scene.facts
            )
            if twin and fact.said and fact.degree is None and not fact.emotional:
                self.scene.facts.remove(fact)

    def negations(self) -> None:
        """Mark the facts that are denied."""
        for unit in self.scene.units:
            if not unit.has("neg"):
                continue
            earlier = any(f.chunk == unit.chunk and f.head < unit.first for f in self.scene.facts)
            if unit.key("neg") == "after" and (earlier or not unit.text.startswith("not ")):
                for fact in self.scene.facts:
                    if fact.chunk == unit.chunk and fact.head < unit.first:
                        fact.negated = True
                continue
            if self.scene.words_after(unit, 1)[:1] in (["other"], ["further"], ["additional"]):
                # "No other activity" denies nothing that is said.
                continue
            end = self._scope_end(unit)
            if self._ends_what_is_said(unit, end):
                continue
            if unit.text.startswith(("except", "other than", "excluding", "barring")):
                if any(f.action == "neutral" for f in self.scene.facts):
                    # "Neutral except for a raised brow": the exception is what moves.
                    continue
                for part in self.scene.parts:
                    if unit.last < part.first < end:
                        self.scene.add("part:" + part.key("part"), part, None).negated = True
                continue
            for fact in self.scene.facts:
                touched = [p for p in (fact.head, fact.part_first) if p is not None and unit.last < p < end]
                if fact.first <= unit.first and fact.head < unit.first and fact.part_first is None:
                    continue
                if touched and not (
                    fact.head < unit.first
                    and fact.part_first is not None
                    and fact.head_last < unit.first
                    and self._separate(fact, unit)
                ):
                    fact.negated = True
                    fact.words = f"{unit.words} {fact.words}"
            for part in self.scene.parts:
                if (
                    unit.last < part.first < end
                    and not part.linked
                    and part.key("part") not in ("gaze", "face")
                ):
                    # "... but not with his eyes": the part takes no share.
                    self.scene.add("part:" + part.key("part"), part, None).negated = True
        self._elliptic_parts()
        for fact in self.scene.facts:
            if fact.negated and fact.action in _OPPOSITE:
                fact.action, fact.negated = _OPPOSITE[fact.action], False

    def _elliptic_parts(self) -> None:
        """ "The mouth does not smile although the eyes do": the part does what was denied."""
        for part in self.scene.parts:
            if part.linked or self.scene.words_after(part, 1)[:1] not in (["do"], ["does"], ["did"]):
                continue
            for fact in list(self.scene.facts):
                head = next((u for u in self.scene.units if u.first == fact.head), None)
                if fact.negated and fact.head < part.first and head is not None and head.has("move"):
                    action = self.scene.lexicon.combination(part.key("part"), head.keys("move"))
                    if action is not None:
                        self.scene.add(action, part, None)
                        break

    def _ends_what_is_said(self, neg: Unit, end: int) -> bool:
        """ "The scream stops": a verb of ending with nothing after it ends what stands before it."""
        if neg.text not in ("stop", "stops", "ceases", "quits", "stopped", "ceased"):
            return False
        if any(neg.last < f.head < end for f in self.scene.facts):
            return False
        before = [f for f in self.scene.facts if f.chunk == neg.chunk and f.head_last < neg.first and f.said]
        for fact in before:
            fact.negated = True
            fact.words += f" … {neg.words}"
        return bool(before)

    def _separate(self, fact: Fact, unit: Unit) -> bool:
        return any(u.has("joint") for u in self.scene.units if fact.head_last < u.first < unit.first)

    def _scope_end(self, neg: Unit) -> int:
        joined = False
        for unit in self.scene.units:
            if unit.first <= neg.last:
                continue
            if unit.clause != neg.clause and not unit.has("joint"):
                return unit.first
            if unit.has("joint"):
                if unit.text in ("or", "nor"):
                    joined = True
                    continue
                if unit.text == "as" and neg.text == "not so much":
                    return unit.first
                if unit.text in ("as", "so", "that", "since", "where", "who") or (
                    joined and unit.text == ","
                ):
                    continue
                if unit.text == "," and any(
                    u.text in ("or", "nor") and 0 < u.first - unit.last <= 5 for u in self.scene.units
                ):
                    continue
                return unit.first
        return len(self.scene.text.tokens) + 1

    def changes(self) -> None:
        """Weaken, strengthen and end facts by words of change, and end what later words replace.  Comes
        last."""
        self._end_what_came_first()
        for at, token in enumerate(self.scene.text.tokens):
            if token.text == "now":
                clause = max((u.clause for u in self.scene.units if u.first <= at), default=0)
                self._end_background(at, clause)
        for fact in list(self.scene.facts):
            if not fact.negated and fact.part is not None:
                self._end_background(fact.first, fact.clause, fact.part)
        for unit in self.scene.units:
            if not unit.has("change"):
                continue
            kinds = unit.keys("change")
            facts = [f for f in self.scene.facts_for(unit) if not f.negated]
            own = [f for f in facts if f.head == unit.first]
            said = [f for f in facts if f.said and f.head != unit.first]
            if "reset" in kinds:
                self.scene.result.reset = True
            if "also" in kinds and self._is_also(unit):
                self.scene.result.also = True
            if "hold" in kinds:
                self._hold(unit)
            if {"shrink", "vanish"} & set(kinds):
                self._end_background(unit.first, unit.clause)
            if "shrink" in kinds and not own and not unit.linked and self._ease(unit):
                continue
            whole = self.scene.text.tokens[0].text in ("it", "this", "that", "everything", "all")
            if whole and {"grow", "shrink"} & set(kinds) and not self.scene.facts and not self.scene.parts:
                self.scene.result.keep_all = True
                self.scene.result.scaled = "grow" if "grow" in kinds else "shrink"
            for kind in ("more", "less"):
                if kind in kinds and not self.scene.facts and not self.scene.parts:
                    self.scene.result.keep_all = True
                    self.scene.result.scaled = "grow" if kind == "more" else "shrink"
                if kind in kinds:
                    for fact in [f for f in facts if f.chunk == unit.chunk] or facts[:1]:
                        if fact.action == "eye_open" and kind == "more":
                            fact.action, fact.level = "eye_wide", 0.3
                            continue
                        fact.change = fact.change or ("grow" if kind == "more" else "shrink")
            for kind in ("grow", "shrink", "vanish"):
                if kind in kinds and not own and said and not unit.linked:
                    if kind == "vanish":
                        said = [f for f in said if f.head < unit.first or unit.text == "gone"]
                    for fact in said:
                        if kind == "vanish" and not fact.emotional and "up" in unit.keys("move"):
                            continue
                        fact.change = (
                            kind if kind != "vanish" or fact.degree is None else fact.change or "vanish"
                        )
                        fact.words += f" … {unit.words}"

    def _end_background(self, at: int, clause: int, part: str = "") -> None:
        """ "His mouth, which had been set in a line, softened": what had been is no more.
        ``part`` limits it to what the part did."""
        tokens = [t.text for t in self.scene.text.tokens]
        for fact in self.scene.facts:
            here = [u for u in self.scene.units if u.chunk == fact.chunk]
            start = min((u.first for u in here), default=fact.head)
            past = " had been " in f" {' '.join(tokens[start : fact.head])} "
            if part and fact.part != part:
                continue
            if past and fact.head_last < at and fact.clause == clause:
                fact.negated = True

    def _ease(self, unit: Unit) -> bool:
        """ "The brows relax a little": the part keeps some of what it did before."""
        eased = self.scene.result.eased
        count = len(eased)
        for part in self.scene.parts:
            before = part.chunk == unit.chunk and part.first < unit.first
            if before and not part.linked and part.key("part") not in ("gaze", "face", "head"):
                part.linked = True
                eased.append((part.key("part"), self.scene.span(part, unit)))
        return len(eased) > count

    def _end_what_came_first(self) -> None:
        """ "Eyes up, then down": a keyframe shows what it ends with."""
        for unit in self.scene.units:
            if not unit.has("joint") or unit.text != "then":
                continue
            here = [f for f in self.scene.facts if f.sentence == unit.sentence and not f.negated]
            for first in [f for f in here if f.head < unit.first]:
                if any(f.head > unit.first and self._take_turns(first, f) for f in here):
                    self.scene.facts.remove(first)

    def _take_turns(self, first: Fact, second: Fact) -> bool:
        actions = self.scene.lexicon.actions
        if first.action not in actions or second.action not in actions or first.side != second.side:
            return False
        stems = [
            {name.removesuffix("Left").removesuffix("Right") for name in actions[fact.action].main("both")}
            for fact in (first, second)
        ]
        return any((a in stems[0] and b in stems[1]) or (b in stems[0] and a in stems[1]) for a, b in _TURNS)

    def _is_also(self, unit: Unit) -> bool:
        after = self.scene.words_after(unit, 1)
        return not (unit.text == "too" and after and after[0] in ("much", "many", "big", "wide"))

    def _hold(self, unit: Unit) -> None:
        mine = [f for f in self.scene.facts if f.clause == unit.clause]
        for fact in mine:
            fact.held = True
        parts = [
            p
            for p in self.scene.parts
            if p.clause == unit.clause
            and abs(p.chunk - unit.chunk) <= 1
            and not p.linked
            and p.key("part") not in ("gaze", "face")
        ]
        for part in parts:
            self.scene.result.kept.append((part.key("part"), f"{part.words} {unit.words}"))
        rest = [
            u
            for u in self.scene.units
            if (u.has("change") and u.key("change") == "rest_of_face") or "rest_of_face" in u.keys("change")
        ]
        nothing_said = not parts and not mine
        if (any(abs(u.chunk - unit.chunk) <= 1 for u in rest) and not parts) or nothing_said:
            self.scene.result.keep_all = True


def _stack(first: float, second: float) -> float:
    """Two strength words on one action: agreeing ones reach further, others meet between."""
    if first <= 0.4 and second <= 0.4:
        return max(0.12, min(first, second) * 0.85)
    if first >= 0.6 and second >= 0.6:
        return min(1.0, max(first, second) + 0.08)
    return min(first, second) if min(first, second) <= 0.4 else (first + second) / 2
