"""Random clips and edits for property tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from annotator.core.begun import BegunEdit, begun_span
from annotator.core.edits import (
    BulkEdit,
    ClipEdit,
    KeyframeEdit,
    SpanEdit,
    StatusEdit,
    TakeEdit,
)
from annotator.core.model import (
    EASES,
    STATUSES,
    ClipInfo,
    ClipState,
    EmotionSpan,
    KeyAnswer,
    Keyframe,
    Layers,
    Lock,
    Performance,
    Perspective,
    Provenance,
    Reason,
    TakeInfo,
    TakeKey,
    TakeRequest,
    Vote,
)
from annotator.core.performance.keys import bound_together
from annotator.core.rules import sorted_keyframes, sorted_spans, sorted_takes
from viewer.core.channels import NAMES, REGIONS

texts = st.text(max_size=12)
confidences = st.none() | st.floats(0, 1)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def unknown_keys(draw: st.DrawFn) -> dict[str, object]:
    keys = draw(st.lists(st.text(max_size=6).map(lambda text: f"x-{text}"), max_size=2))
    return {key: draw(json_values) for key in keys}


ids = st.sampled_from([f"i{number}" for number in range(6)])

perspectives = st.builds(
    Perspective,
    text=texts,
    model=texts,
    made=texts,
    at=st.none() | st.floats(0, 100),
    values=st.dictionaries(st.sampled_from(NAMES), st.floats(-1, 1), max_size=3),
    analysis=st.dictionaries(texts, texts, max_size=2),
    extra=unknown_keys(),
)
keyframes = st.builds(
    Keyframe,
    id=ids,
    time=st.floats(0, 100),
    frame=st.none() | st.integers(0, 10_000),
    description=texts,
    perspectives=st.dictionaries(st.sampled_from(["coefficients", "image"]), perspectives, max_size=2),
    emotion=texts,
    confidence=confidences,
    ease=st.sampled_from(EASES),
    values=st.dictionaries(st.sampled_from(NAMES), st.floats(-1, 1), max_size=3),
    note=texts,
    extra=unknown_keys(),
)


@st.composite
def _spans(draw: st.DrawFn) -> EmotionSpan:
    start = draw(st.floats(0, 100))
    return EmotionSpan(
        draw(ids),
        start,
        start + draw(st.floats(0.01, 20)),
        draw(texts),
        draw(st.integers(1, 5)),
        draw(confidences),
        draw(texts),
        draw(unknown_keys()),
    )


spans = _spans()


@st.composite
def _begun(draw: st.DrawFn) -> EmotionSpan:
    start = draw(st.floats(0, 100))
    label, intensity, extra = draw(texts), draw(st.integers(1, 5)), draw(unknown_keys())
    return EmotionSpan(draw(ids), start, start, label, intensity, extra=extra)


positive = st.floats(0, 1000)
requests = st.builds(
    TakeRequest,
    background=texts,
    emotion=texts,
    script=texts,
    descriptions=st.lists(texts, max_size=3).map(tuple),
    seed=st.none() | st.integers(0, 2**40),
    extra=unknown_keys(),
)
reasons = st.builds(Reason, channel=st.sampled_from(NAMES), value=st.floats(-1, 1), words=texts, action=texts)
answers = st.builds(
    KeyAnswer,
    time_in_clip=st.none() | positive,
    description=texts,
    reasons=st.lists(reasons, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    error=texts,
    reply=texts,
    prompt_tokens=st.integers(0, 9),
    answer_tokens=st.integers(0, 9),
    extra=unknown_keys(),
)
said = st.none() | texts
backends = st.builds(Provenance, backend=said, model=said, url=said, extra=unknown_keys())
provenances = st.builds(
    Provenance,
    backend=said,
    model=said,
    profile=said,
    url=said,
    settings=st.none() | unknown_keys(),
    planner=st.none() | backends,
    started=said,
    seconds=st.none() | positive,
    studio=said,
    extra=unknown_keys(),
)
channel_values = st.dictionaries(st.sampled_from(NAMES), st.floats(-1, 1), max_size=3)
take_keys = st.lists(
    st.builds(
        TakeKey,
        time=positive,
        values=channel_values,
        manual=channel_values,
        ease=st.sampled_from(EASES),
        error=texts,
        extra=unknown_keys(),
    ),
    min_size=1,
    max_size=3,
).map(lambda keys: tuple(sorted(keys, key=lambda key: key.time)))
locks = st.builds(
    Lock,
    channels=st.lists(st.sampled_from(NAMES), max_size=2).map(bound_together),
    keys=take_keys,
    extra=unknown_keys(),
)
performances = st.builds(
    Performance,
    keys=take_keys,
    duration=st.none() | positive,
    fps=st.floats(1, 1000),
    strength=st.dictionaries(st.sampled_from(REGIONS), st.floats(0, 2), max_size=2),
    layers=st.builds(
        Layers,
        blinks=st.booleans(),
        micro_motion=st.booleans(),
        seed=st.integers(0, 99),
        extra=unknown_keys(),
    ),
    locks=st.lists(locks, max_size=1).map(tuple),
    rest_before=positive,
    rest_after=st.none() | positive,
    extra=unknown_keys(),
)


@st.composite
def _votes(draw: st.DrawFn, id: str) -> Vote:
    other = draw(st.sampled_from(["recording", "t2"]))
    return Vote(
        draw(texts),
        id,
        other,
        draw(st.sampled_from(["", id, other])),
        draw(texts),
        draw(texts),
        draw(texts),
        draw(st.sampled_from([(id, other), (other, id)])),
        draw(st.integers(0, 99)),
        draw(st.sampled_from([(), ("a", "b")])),
        draw(unknown_keys()),
    )


@st.composite
def _takes(draw: st.DrawFn) -> TakeInfo:
    id = draw(ids)
    return TakeInfo(
        id,
        draw(texts) or "take",
        draw(texts),
        draw(requests),
        tuple(draw(st.lists(answers, max_size=2))),
        draw(provenances),
        draw(st.none() | performances),
        tuple(draw(st.lists(_votes(id), max_size=2))),
        draw(st.booleans()),
        draw(unknown_keys()),
    )


takes = _takes()
clips = st.builds(
    ClipInfo,
    id=st.just("c1"),
    script=texts,
    background=texts,
    emotion=texts,
    offset=st.floats(-5, 5),
    split=texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    extra=unknown_keys(),
)


@st.composite
def states(draw: st.DrawFn) -> ClipState:
    def distinct(things: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(things, max_size=5, unique_by=lambda thing: thing.id))

    apart = [replace(k, time=k.time + place * 200) for place, k in enumerate(distinct(keyframes))]
    return ClipState(
        draw(clips),
        sorted_keyframes(apart),
        sorted_spans(distinct(spans)),
        sorted_takes(distinct(takes)),
        draw(st.sampled_from(STATUSES)),
        draw(unknown_keys()),
    )


@st.composite
def edits(draw: st.DrawFn, state: ClipState, bulk: bool = True) -> Any:
    """An edit that matches what is in ``state``; it may still break a rule, as a user's may."""
    gesture = draw(st.sampled_from(["", "", "drag"]))
    kinds = ["keyframe", "span", "take", "clip", "status", "begun"] + (["bulk"] if bulk else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "bulk":
        made = []
        for _ in range(draw(st.integers(1, 3))):
            made.append(draw(edits(state, bulk=False)))
            state = made[-1].apply(state)
        return BulkEdit(tuple(made), "Several", gesture)
    if kind == "clip":
        return ClipEdit(state.clip, draw(clips), gesture)
    if kind == "begun":
        return BegunEdit(begun_span(state), draw(st.none() | _begun()), gesture)
    if kind == "status":
        return StatusEdit(state.status, draw(st.sampled_from(STATUSES)), gesture)
    kinds_of_things: dict[str, tuple[Any, Any, Any]] = {
        "keyframe": (KeyframeEdit, keyframes, state.keyframes),
        "span": (SpanEdit, spans, state.spans),
        "take": (TakeEdit, takes, state.takes),
    }
    make, strategy, things = kinds_of_things[kind]
    after = draw(strategy)
    before = next((thing for thing in things if thing.id == after.id), None)
    if before is not None and draw(st.booleans()):
        after = None
    return make(before, after, gesture)
