"""The registry of the 61 channels."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from viewer.core.channels import (
    BY_NAME,
    CHANNEL_COUNT,
    CHANNELS,
    INDEX,
    MIRROR_INDEX,
    NAMES,
    REGIONS,
    ROTATIONS,
    SHAPES,
    STREAM_NAMES,
    Channel,
    by_region,
    match,
    match_half,
)


def test_counts_and_orders(shared: Path) -> None:
    assert (len(CHANNELS), len(SHAPES), len(ROTATIONS)) == (61, 52, 9)
    header = (shared / "data" / "keyframeface" / "example_result.csv").read_text().splitlines()[0]
    assert header.split(",")[2:] == list(NAMES)
    moved = {a for a, b in zip(NAMES, STREAM_NAMES, strict=True) if a != b}
    assert moved == {"JawRight", "JawLeft", "MouthRight", "MouthLeft"}
    assert STREAM_NAMES.index("JawLeft") == STREAM_NAMES.index("JawRight") - 1


@pytest.mark.parametrize("channel", CHANNELS, ids=NAMES)
def test_every_spelling_finds_its_channel(channel: Channel) -> None:
    name = channel.name
    camel = channel.arkit_name
    spellings = {
        name,
        camel,
        name.lower(),
        name.upper(),
        f"blendShapes.{name}",
        f" {name} ",
        f'"{name}"',
        f"\ufeff{name}",
        f"mesh|{name}",
        f"head.{camel}",
    }
    for side, letters in (("Left", ("L", "l", "Left", "left")), ("Right", ("R", "r"))):
        if name.endswith(side):
            stem = camel[: -len(side)]
            for letter in letters:
                spellings |= {
                    f"{stem}_{letter}",
                    f"{stem}.{letter}",
                    f"{stem}-{letter}",
                    f"blendShape1.{stem}_{letter}",
                }
    assert {match(spelling) for spelling in spellings} == {channel}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "_",
        "_neutral",
        "viseme_aa",
        "mouthSmile",
        "mouthOpen",
        "Timecode",
        "L",
        "eyeBlink",
        "Fcl_EYE_Close",
        "browInnerUp_L",
        "identity000",
        "123",
        "é",
    ],
)
def test_foreign_names_match_nothing(name: str) -> None:
    assert match(name) is None


def test_halves_of_unsided_channels() -> None:
    assert match_half("browInnerUp_L") == (BY_NAME["BrowInnerUp"], "left")
    assert match_half("cheekPuff_R") == (BY_NAME["CheekPuff"], "right")
    for name in ("jawLeft", "eyeBlink_L", "mouthLeft", "cheekRaiser_L", "browInnerUp"):
        assert match_half(name) is None


def test_mirror_is_its_own_inverse_and_swaps_sides() -> None:
    assert [MIRROR_INDEX[i] for i in MIRROR_INDEX] == list(range(CHANNEL_COUNT))
    assert BY_NAME["JawLeft"].mirror == "JawRight"
    assert BY_NAME["LeftEyeYaw"].mirror == "RightEyeYaw"
    assert BY_NAME["JawOpen"].mirror == "JawOpen"
    for channel in CHANNELS:
        other = BY_NAME[channel.mirror]
        assert {channel.side, other.side} in ({"left", "right"}, {"middle"})
        assert (channel.region, channel.low, channel.high) == (other.region, other.low, other.high)


def test_regions_hold_each_channel_once() -> None:
    named = [channel.name for region in REGIONS for channel in by_region(region)]
    assert sorted(named) == sorted(NAMES)
    assert INDEX["EyeBlinkLeft"] == 0 and INDEX["TongueOut"] == 51 and INDEX["HeadYaw"] == 52


def test_a_real_face_models_targets_are_all_found(shared: Path) -> None:
    data = (shared / "data" / "avatar" / "facecap.glb").read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    meshes = json.loads(data[20 : 20 + length])["meshes"]
    names = next(m["extras"]["targetNames"] for m in meshes if "extras" in m)
    assert {match(name) for name in names} == set(SHAPES)


def test_a_value_in_words_stays_short() -> None:
    assert BY_NAME["JawOpen"].shown(0.254) == "0.25" and BY_NAME["HeadYaw"].shown(-12.34) == "-12.3°"
    assert BY_NAME["JawOpen"].shown(1e308) == "1e+308" and BY_NAME["HeadYaw"].shown(-1e9) == "-1e+09°"
