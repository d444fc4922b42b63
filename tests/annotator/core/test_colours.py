"""Colours of emotions: seen on their ground, told apart, and the same wherever a label is shown."""

from __future__ import annotations

import colorsys
import itertools

import pytest

from annotator.core.colours import emotion_colours
from annotator.core.vocabulary import DEFAULT
from viewer.palette import DARK, LIGHT, Palette


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 measures it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.name)
def test_each_is_seen_on_its_ground_and_no_two_neighbours_are_alike(palette: Palette) -> None:
    labels = (*DEFAULT.labels, *(f"label {k}" for k in range(40)))
    found = emotion_colours(labels, palette)
    assert list(found) == list(labels)
    for colour in (*found.values(), palette.muted, palette.text, palette.warning, palette.success):
        for ground in (palette.field, palette.panel, palette.raised):
            assert contrast(colour, ground) >= 3, (colour, ground)
    ordered = list(found.values())
    assert all(a != b for a, b in itertools.pairwise(ordered))
    assert len({found[label] for label in DEFAULT.labels}) == len(DEFAULT.labels)
    assert palette.accent not in ordered and palette.recorded not in ordered


def test_a_basic_emotion_keeps_its_colour_wherever_it_stands() -> None:
    one, other = emotion_colours(("anger", "x"), DARK), emotion_colours(("x", "y", "anger"), DARK)
    assert one["anger"] == other["anger"]


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.name)
def test_a_chosen_colour_is_that_hue_and_seen_on_its_ground(palette: Palette) -> None:
    for hue in range(0, 360, 15):
        found = emotion_colours(("anger", "neutral"), palette, {"neutral": hue})
        assert found["anger"] == emotion_colours(("anger",), palette)["anger"]
        for ground in (palette.field, palette.panel, palette.raised):
            assert contrast(found["neutral"], ground) >= 3, (hue, ground)
        red, green, blue = (int(found["neutral"][at : at + 2], 16) / 255 for at in (1, 3, 5))
        assert colorsys.rgb_to_hls(red, green, blue)[0] * 360 == pytest.approx(hue, abs=2)
