"""Merging by parts: what holds for whatever two sides made of one base."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.merging import (
    ANYTHING,
    MISSING,
    UNKNOWN,
    WHOLE,
    ById,
    ByPlace,
    Clash,
    Fields,
    Listed,
    Rule,
    merge,
    same,
)
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.merge_rules import ANNOTATION, CLIP, TAKE, merge_takes
from annotator.core.storage.take_file import take_to_json
from tests.annotator.core.edit_strategies import states

Sides = tuple[Rule, Any, Any, Any]

_values = st.sampled_from(["", "a", "b", 0, 1, True, None, [1], {"x": 1}])
_entries = st.fixed_dictionaries(
    {"text": _values},
    optional={"note": _values, "deep": st.dictionaries(st.sampled_from("pq"), _values, max_size=2)},
)
_things = st.dictionaries(st.sampled_from("klmn"), _entries, max_size=4).map(
    lambda found: [{"id": id, **entry} for id, entry in found.items()]
)
_objects = st.fixed_dictionaries(
    {"status": _values, "things": _things},
    optional={"time": _values, "frame": _values, "tags": st.lists(st.sampled_from("xyz"), unique=True)},
)
_RULE = Fields({"things": ById(Fields()), "tags": Listed()}, together=(("time", "frame"),))


def _annotation(state: Any) -> dict[str, Any]:
    return annotation_to_json(Annotation(state.status, state.keyframes, state.spans, {}, None, state.extra))


@st.composite
def files_of_clips(draw: st.DrawFn) -> Sides:
    """One kind of file of a clip, from three states of one clip."""
    three = [draw(states()) for _ in range(3)]
    kind = draw(st.sampled_from(["annotation", "clip", "take"]))
    rule, write = {
        "annotation": (ANNOTATION, _annotation),
        "clip": (CLIP, lambda state: clip_to_json(state.clip)),
        "take": (TAKE, lambda state: take_to_json(state.takes[0]) if state.takes else MISSING),
    }[kind]
    base, mine, theirs = map(write, three)
    return rule, base, mine, theirs


sides = st.tuples(st.just(_RULE), _objects, _objects, _objects) | files_of_clips()


@pytest.mark.slow
@given(sides)
@settings(max_examples=50, deadline=None)
def test_one_side_alone_is_taken_whole(found: Sides) -> None:
    rule, base, mine, _theirs = found
    assert same(merge(rule, base, mine, base).value, mine)
    assert same(merge(rule, base, base, mine).value, mine)
    assert same(merge(rule, base, mine, mine).value, mine)
    assert not merge(rule, base, base, mine).clashes


@pytest.mark.slow
@given(sides)
@settings(max_examples=50, deadline=None)
def test_both_ways_round_are_the_same_but_for_clashes(found: Sides) -> None:
    rule, base, mine, theirs = found
    one, other = merge(rule, base, mine, theirs), merge(rule, base, theirs, mine)
    turned = {clash.path: clash for clash in other.clashes}
    assert {clash.path for clash in one.clashes} == turned.keys()
    value = one.value
    for clash in one.clashes:
        back = turned[clash.path]
        assert same(clash.mine, back.theirs) and same(clash.theirs, back.mine)
        assert same(rule.within(one.value, clash.path), clash.mine)
        value = rule.with_part(value, clash.path, clash.theirs)
    assert _unordered(value) == _unordered(other.value)


@pytest.mark.slow
@given(sides)
@settings(max_examples=50, deadline=None)
def test_what_each_side_changed_is_in_the_result_or_in_a_clash(found: Sides) -> None:
    rule, base, mine, theirs = found
    made = merge(rule, base, mine, theirs)
    kept = [made.value, *(side for clash in made.clashes for side in (clash.mine, clash.theirs))]
    before = set(_leaves(base))
    for side in (mine, theirs):
        for leaf in _leaves(side):
            assert leaf in before or any(leaf[-1] in {each[-1] for each in _leaves(one)} for one in kept)


@pytest.mark.slow
@given(sides)
@settings(max_examples=50, deadline=None)
def test_without_a_base_nothing_goes(found: Sides) -> None:
    rule, _base, mine, theirs = found
    if MISSING in (mine, theirs):
        return
    made = merge(rule, UNKNOWN, mine, theirs)
    kept = [made.value, *(side for clash in made.clashes for side in (clash.mine, clash.theirs))]
    said = {leaf[-1] for one in kept for leaf in _leaves(one)}
    assert {leaf[-1] for side in (mine, theirs) for leaf in _leaves(side)} <= said


@pytest.mark.slow
@given(_things, st.data())
@settings(max_examples=150, deadline=None)
def test_edits_of_different_things_are_all_there(base: list[dict[str, Any]], data: st.DataObject) -> None:
    mine, theirs = [dict(e) for e in base], [dict(e) for e in base]
    for number in range(len(base)):
        side = data.draw(st.sampled_from([None, mine, theirs]))
        if side is not None:
            side[number] = {**side[number], "note": f"new {number}"}
    mine.append({"id": "of mine", "text": 1})
    theirs.append({"id": "of theirs", "text": 2})
    made = merge(ById(Fields()), base, mine, theirs)
    assert not made.clashes
    expected = {e["id"]: e for e in base}
    for side in (mine, theirs):
        expected |= {e["id"]: e for e in side if e not in base}
    assert {e["id"]: e for e in made.value} == expected


def test_deletion_against_change_is_a_clash_and_keeps_mine() -> None:
    base = [{"id": "k", "text": "old"}, {"id": "l", "text": "old"}]
    changed = [{"id": "k", "text": "new"}, {"id": "l", "text": "old"}]
    made = merge(ById(Fields()), base, changed, base[1:])
    assert made.value == changed
    assert made.clashes == (Clash(("k",), base[0], changed[0], MISSING),)
    other = merge(ById(Fields()), base, base[1:], changed)
    assert other.value == base[1:] and other.clashes[0].theirs == changed[0]
    assert merge(ById(Fields()), base, base[1:], base).value == base[1:]


def test_what_belongs_together_comes_from_one_side() -> None:
    rule = Fields(together=(("time", "frame"),))
    made = merge(rule, {"time": 1, "frame": 30}, {"time": 2, "frame": 60}, {"time": 2.02, "frame": 60})
    assert made.value == {"time": 2, "frame": 60}
    (clash,) = made.clashes
    assert clash.path == (("time", "frame"),) and clash.theirs == {"time": 2.02, "frame": 60}
    assert rule.with_part(made.value, clash.path, clash.theirs) == {"time": 2.02, "frame": 60}


def test_keys_are_known_by_their_place_and_by_their_time_when_some_are_new() -> None:
    rule = ByPlace(Fields({"values": WHOLE}))
    base = [{"time": 1, "ease": "hold"}, {"time": 2, "ease": "hold"}]
    moved = [{"time": 1.5, "ease": "hold"}, base[1]]
    eased = [{"time": 1, "ease": "linear"}, base[1]]
    assert merge(rule, base, moved, eased).value == [{"time": 1.5, "ease": "linear"}, base[1]]
    more = [base[0], {"time": 1.2}, base[1]]
    assert merge(rule, base, more, eased).value == [eased[0], {"time": 1.2}, base[1]]


def test_what_is_chosen_of_two_keys_goes_to_each_of_them_although_their_times_cross() -> None:
    rule = ByPlace(WHOLE)
    base = [{"time": 1, "is": "a"}, {"time": 2, "is": "b"}]
    mine = [{"time": 1.1, "is": "a of mine"}, {"time": 2.1, "is": "b of mine"}]
    theirs = [{"time": 3, "is": "a of theirs"}, {"time": 2.2, "is": "b of theirs"}]
    made = merge(rule, base, mine, theirs)
    assert made.value == mine and [clash.path for clash in made.clashes] == [("#0",), ("#1",)]
    value = made.value
    for clash in made.clashes:
        assert rule.within(value, clash.path) == clash.mine
        value = rule.with_part(value, clash.path, clash.theirs)
    assert value == theirs


def test_a_key_that_is_known_by_its_time_can_be_chosen_from_the_other_side() -> None:
    rule = ByPlace(WHOLE)
    base = [{"time": 1, "is": "a"}, {"time": 2, "is": "b"}]
    mine, theirs = [{"time": 1, "is": "mine"}, base[1]], [{"time": 1, "is": "theirs"}, base[1], {"time": 3}]
    made = merge(rule, base, mine, theirs)
    (clash,) = made.clashes
    assert rule.within(made.value, clash.path) == clash.mine == mine[0]
    assert rule.with_part(made.value, clash.path, clash.theirs) == theirs


def test_lists_that_are_sets_never_clash() -> None:
    made = merge(CLIP, {"tags": ["a", "b"]}, {"tags": ["b", "c"]}, {"tags": ["a", "b", "d"]})
    assert made.value == {"tags": ["b", "c", "d"]} and not made.clashes


@pytest.mark.parametrize("turned", [False, True])
def test_deleting_a_take_that_the_other_side_changed_is_a_clash(turned: bool) -> None:
    base: dict[str, Any] = {"name": "one", "created": ""}
    sides = [{**base, "deleted": True}, {**base, "name": "two"}]
    mine, theirs = reversed(sides) if turned else sides
    made = merge_takes(base, mine, theirs)
    (clash,) = made.clashes
    assert clash.path == ("deleted",) and made.value["name"] == "two"
    assert made.value.get("deleted", MISSING) == mine.get("deleted", MISSING)
    assert not merge_takes(base, {**base, "deleted": True}, {**base, "votes": [{"id": "v"}]}).clashes


@given(st.recursive(_values, lambda inner: st.dictionaries(st.sampled_from("ab"), inner), max_leaves=6))
def test_unknown_values_are_merged_at_any_depth(value: Any) -> None:
    base = {"unknown": {"of": value}}
    made = merge(
        ANYTHING, base, {"unknown": {"of": value, "mine": 1}}, {"unknown": {"of": value, "theirs": 2}}
    )
    assert made.value == {"unknown": {"of": value, "mine": 1, "theirs": 2}} and not made.clashes


def _leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, str(key)))]
    if isinstance(value, list) and value:
        return [leaf for item in value for leaf in _leaves(item, (*path, "*"))]
    return [(*path, repr(value))] if value not in ("", None, [], {}) and value is not MISSING else []


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=repr)
    return value
