"""Feelings in a description: whose they are, where they show, and what they hide behind."""

from __future__ import annotations

from itertools import pairwise

from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.scene import Scene
from annotator.core.generation.facs.text import Unit

TINT = 0.4
"""Share of a feeling that only colours a movement ("brows raised in surprise")."""
BESIDE = 0.8
"""Share of a feeling named beside movements in another clause."""


def emotions(scene: Scene) -> None:
    """Add the feelings of the text to the reader's facts, joined, limited and masked."""
    found: list[Fact] = []
    explicit = [f for f in scene.facts if not f.emotional]
    for unit in scene.units:
        if not unit.has("emotion") or unit.linked:
            continue
        if unit.has("change") and any(
            u.chunk == unit.chunk
            and u.first < unit.first
            and not u.has("joint")
            and (u.has("emotion") or u.has("say"))
            for u in scene.units
        ):
            continue
        sense = unit.senses["emotion"][0]
        emotion = scene.lexicon.emotions[sense.key]
        part = _part_of(scene, unit)
        if emotion.needs_part and part is None and not _beside_expression(scene, unit, explicit):
            continue
        fact = scene.add("emotion:" + sense.key, unit, None, sense.level)
        fact.part = part.key("part") if part is not None else None
        if part is not None:
            part.linked = True
            fact.side = scene.own_side(part)
            fact.words = scene.span(unit, part)
        elif any(f.chunk == unit.chunk and not f.negated for f in explicit):
            fact.weight = TINT
        elif explicit:
            fact.weight = BESIDE
        found.append(fact)
    found += [f for f in scene.facts if f.emotional and f not in found]
    _join(scene, found)
    _mask(scene)


def _part_of(scene: Scene, unit: Unit) -> Unit | None:
    """A part without a movement beside the feeling: "sad eyebrows", "the eyes stay cold"."""
    best: tuple[int, Unit] | None = None
    for part in scene.parts:
        if part.linked or part.clause != unit.clause or part.key("part") in ("face", "head"):
            continue
        if part.key("part") == "gaze" and not (
            part.text in ("gaze", "stare") and abs(part.first - unit.first) == 1
        ):
            continue
        distance = abs(part.first - unit.first)
        joints = [
            u
            for u in scene.units
            if u.has("joint") and min(part.first, unit.first) < u.first < max(part.first, unit.first)
        ]
        if [u.text for u in joints] == ["with"] and part.first > unit.first and part.chunk == unit.chunk + 1:
            # "Mourns with her eyebrows": the part that shows it.
            return part
        if (
            distance <= 7
            and all(u.text in ("and", "or") for u in joints)
            and (best is None or distance < best[0])
        ):
            best = (distance, part)
    return None if best is None else best[1]


def _beside_expression(scene: Scene, unit: Unit, explicit: list[Fact]) -> bool:
    near = {t.text for t in scene.text.tokens[max(0, unit.first - 2) : unit.last + 3]}
    if near & {"face", "expression", "look", "stare", "gaze", "features"}:
        return True
    return any(
        f.said and abs(f.head - unit.last) <= 1 and f.action.startswith(("smile", "smirk", "grin", "glare"))
        for f in explicit
    )


def _join(scene: Scene, found: list[Fact]) -> None:
    """Two basic feelings side by side make the compound that was measured for them."""
    kin = scene.lexicon.kin
    for first, second in pairwise(found):
        pair = frozenset({kin.get(first.emotion, ""), kin.get(second.emotion, "")})
        name = scene.lexicon.compounds.get(pair)
        close = first.sentence == second.sentence and 0 <= second.head - first.head_last <= 3
        if name is None or not close or first.part or second.part or _separated(scene, first, second):
            continue
        second.action = "emotion:" + name
        second.level = max(first.level or 0.75, second.level or 0.75)
        second.words = f"{first.words} {second.words}"
        scene.facts.remove(first)


def _separated(scene: Scene, first: Fact, second: Fact) -> bool:
    between = [u for u in scene.units if first.head_last < u.first < second.head]
    apart = (",", "then", "but", "to", "into", "as", "than")
    return any(u.has("mask") or u.has("neg") or u.text in apart for u in between)


def _mask(scene: Scene) -> None:
    for unit in scene.units:
        if not unit.has("mask"):
            continue
        roles = unit.keys("mask")
        before = _nearest(scene, unit, -1)
        after = _nearest(scene, unit, 1)
        if "felt" in roles and after is not None and after.emotional and after.head - unit.last <= 3:
            after.role = "felt"
            if before is not None and before.clause == after.clause and _hiding(unit):
                before.role = before.role or "mask"
            continue
        if "mask_words" in roles and after is not None and after.head - unit.last <= 2:
            after.role = "mask"
            continue
        if "over" in roles and before is not None and after is not None:
            before.role, after.role = "mask", "felt"
        elif "passive" in roles and before is not None and after is not None:
            if before.emotional or before.said:
                before.role, after.role = "felt", "mask"
        elif "passive" in roles and after is not None:
            second = _nearest(scene, unit, 1, skip=after)
            if second is not None and second.emotional and after.said:
                after.role, second.role = "mask", "felt"
        elif "hides" in roles or "felt" in roles:
            if after is not None and after.emotional and before is not None:
                before.role, after.role = "mask", "felt"
            elif before is not None and before.emotional:
                before.role = "felt"
            elif after is not None and after.emotional:
                after.role = "felt"
    for fact in scene.facts:
        if (
            fact.role
            and not fact.emotional
            and not fact.action.startswith(
                ("smile", "grin", "laugh", "smirk", "forced", "chuckle", "neutral")
            )
        ):
            fact.role = ""


def _hiding(unit: Unit) -> bool:
    return unit.text.split()[0] in (
        "hide",
        "hides",
        "hiding",
        "try",
        "tries",
        "trying",
        "conceal",
        "struggling",
        "attempting",
    )


def _nearest(scene: Scene, unit: Unit, step: int, skip: Fact | None = None) -> Fact | None:
    """The nearest expression (feeling or saying) before or after ``unit`` in its sentence."""
    facts = [
        f
        for f in scene.facts
        if f.said
        and f.sentence == unit.sentence
        and f is not skip
        and (f.head > unit.last if step > 0 else f.head_last < unit.first)
    ]
    if skip is not None:
        facts = [f for f in facts if f.head > skip.head_last]
    if not facts:
        return None
    found = min(facts, key=lambda f: abs(f.head - unit.first))
    return found if abs(found.head - unit.first) <= 9 else None
