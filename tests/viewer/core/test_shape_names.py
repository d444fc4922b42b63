"""Shapes are found under the names that programs give them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.channels import SHAPES
from viewer.core.models.shape_names import match_shapes, plain_names

ARKIT = [channel.arkit_name for channel in SHAPES]
affixes = st.text("abcXYZ019_-. |", max_size=8)


def spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)


def with_sides(name: str) -> str:
    return re.sub("Right$", "_R", re.sub("Left$", "_L", name))


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"head__{name}",
        lambda name: "A01_" + spaced(name[0].upper() + name[1:]),
        lambda name: f"{name}.001",
        lambda name: f"{name}_mesh",
        lambda name: f"{with_sides(name)}.002",
        lambda name: f"Genesis8Female__{with_sides(name)}",
        lambda name: f"head{name}",
        lambda name: f"{name}Shape",
        lambda name: f"CC_{name}_Geo",
        lambda name: "face-" + spaced(name).lower().replace("_", "-"),
        lambda name: f"HEAD_{name.upper()}",
        lambda name: f"{ARKIT.index(name):02d}_{name}",
        lambda name: f"Armature|{name} (1)",
    ],
)
def test_what_all_names_share_is_taken_off(rename: Callable[[str], str]) -> None:
    found = match_shapes(map(rename, ARKIT))
    assert found.missing == () and found.extra == []
    assert found.rows == {rename(channel.arkit_name): channel.index for channel in SHAPES}


@pytest.mark.slow
@given(affixes, affixes)
def test_any_one_affix_is_taken_off(before: str, after: str) -> None:
    found = match_shapes(f"{before}{name}{after}" for name in ARKIT)
    assert found.missing == ()


def test_names_among_many_others_are_found_and_those_stay_as_they_are() -> None:
    others = [f"g8_PHM{number}" for number in range(200)]
    found = match_shapes([*(f"g8_{name}" for name in ARKIT), *others])
    assert found.missing == () and found.extra == others


def test_names_that_are_right_are_not_replaced_by_variants() -> None:
    variants = [f"sad_{name}" for name in ARKIT]
    assert plain_names([*ARKIT[:50], *variants]) == [*ARKIT[:50], *variants]
    assert set(match_shapes([*variants, *ARKIT[:50]]).rows) == set(ARKIT[:50])


def test_foreign_names_stay_foreign() -> None:
    names = ["viseme_aa", "viseme_O", "mouthSmile", "Fcl_EYE_Close"]
    assert plain_names(names) == names
    assert match_shapes(names).rows == {}
