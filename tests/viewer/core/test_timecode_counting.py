"""Timecodes as other programs than Live Link Face write them, read back to the times they stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from viewer.core.formats import timecode
from viewer.core.formats.counting import Writer

quick = settings(max_examples=60, deadline=None)
APP, MEDIAPIPE, UNREAL = (
    Writer("blendshapecount", 61),
    Writer("blendshapecount", 51),
    Writer("numproperties", 61),
)
NTSC = 30000 / 1001
A_BIT = 1e-6


def clock(seconds: float | np.number) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def read(codes: Sequence[str], writer: Writer | None = None) -> tuple[np.ndarray, list[str]]:
    notes: list[str] = []
    times = timecode.parse(codes, notes, writer)
    return times - times[0], notes


def close(codes: Sequence[str], wanted: np.ndarray, writer: Writer | None, within: float) -> list[str]:
    times, notes = read(codes, writer)
    np.testing.assert_allclose(times, wanted - wanted[0], atol=within)
    return notes


@st.composite
def frames(draw: st.DrawFn, holes: bool = True) -> np.ndarray:
    """Numbers of frames of a few seconds, some left out."""
    count = draw(st.integers(80, 400))
    begin = draw(st.integers(0, 100_000))
    numbers = np.arange(begin, begin + count)
    if not holes:
        return numbers
    kept = np.random.default_rng(draw(st.integers(0, 99))).random(count) > draw(
        st.sampled_from([0, 0.05, 0.15])
    )
    return numbers[kept]


def running(rate: float, numbers: np.ndarray) -> list[str]:
    """As Face Landmark Link does: the frame of the second, and the number of the frame modulo 1000."""
    return [
        f"{clock(int(n * 1000 / rate + A_BIT) / 1000)}:{int(n % rate):02d}.{n % 1000:03d}" for n in numbers
    ]


@quick
@given(rate=st.sampled_from([24.0, 25.0, 30.0, 50.0, 60.0]), numbers=frames())
def test_a_running_number_after_the_point(rate: float, numbers: np.ndarray) -> None:
    assume(numbers.size > 60)
    notes = close(running(rate, numbers), numbers / rate, MEDIAPIPE, 1e-6)
    assert "running number" in notes[0]


@pytest.mark.parametrize("rate", [24000 / 1001, NTSC, 60000 / 1001])
def test_a_running_number_at_a_broken_rate_is_exact_in_the_long_run(rate: float) -> None:
    numbers = np.arange(1, 4000)
    close(running(rate, numbers), numbers / rate, MEDIAPIPE, 1e-6)


@quick
@given(base=st.sampled_from([24, 25, 30]), numbers=frames())
def test_the_frames_of_a_second_with_holes(base: int, numbers: np.ndarray) -> None:
    assume(numbers.size > 2.2 * base)
    codes = [f"{clock(n // base)}:{n % base:02d}" for n in numbers]
    notes = close(codes, numbers / base, None, 1e-6)
    assert f"count {base} frames" in notes[0]


@pytest.mark.parametrize("base", [24, 25, 30, 48, 50])
@pytest.mark.parametrize("begin", [0, 7, 20])
def test_takes_of_little_more_than_a_second(base: int, begin: int) -> None:
    numbers = np.arange(begin, begin + base + 5)
    close([f"{clock(n // base)}:{n % base:02d}" for n in numbers], numbers / base, None, 1e-6)


def test_29_97_in_seconds_of_a_clock() -> None:
    numbers = np.arange(3000)
    codes = [f"{clock(n / NTSC + A_BIT)}:{int((n / NTSC + A_BIT) % 1 * NTSC):02d}" for n in numbers]
    notes = close(codes, numbers / NTSC, None, 2e-3)
    assert "29.97" in notes[0]


@quick
@given(
    base=st.sampled_from([24, 25, 30, 60]),
    numbers=frames(),
    seed=st.integers(0, 99),
)
def test_milliseconds_since_the_frame_began(base: int, numbers: np.ndarray, seed: int) -> None:
    """As an Unreal plugin does, whose column of counts is NumProperties."""
    assume(numbers.size > 2.2 * base)
    part = np.random.default_rng(seed).uniform(0, 0.99, numbers.size) / base
    codes = [
        f"{clock(n // base)}:{n % base:02d}.{round(p * 1000):03d}" for n, p in zip(numbers, part, strict=True)
    ]
    close(codes, numbers / base + part, UNREAL, 2.1e-3)


@quick
@given(rate=st.sampled_from([24.0, 25.0, NTSC, 30.0, 60.0]), numbers=frames())
def test_milliseconds_of_the_second(rate: float, numbers: np.ndarray) -> None:
    times = numbers / rate + A_BIT
    codes = [f"{clock(t)}:{int(t % 1 * rate):02d}.{int(t % 1 * 1000):03d}" for t in times]
    notes = close(codes, times, APP, 2.1e-3)
    assert "milliseconds" in notes[0]


@quick
@given(rate=st.sampled_from([24.0, 25.0, NTSC, 30.0, 60.0]), numbers=frames())
def test_milliseconds_in_the_frame_field(rate: float, numbers: np.ndarray) -> None:
    times = numbers / rate + A_BIT
    codes = [f"{clock(t)}:{int(t % 1 * 1000):03d}" for t in times]
    notes = close(codes, times, APP, 1.1e-3)
    assert "milliseconds" in notes[0]


@quick
@given(
    rate=st.sampled_from([24.0, 25.0, NTSC, 30.0, 60000 / 1001, 60.0]),
    numbers=frames(),
    start=st.floats(0, 80_000),
    digits=st.sampled_from([0, 3]),
)
def test_what_the_app_writes_stays_what_it_is(
    rate: float, numbers: np.ndarray, start: float, digits: int
) -> None:
    assume(numbers.size > 130)
    times = start + numbers / rate
    ticks = times * 60
    codes = [f"{clock(tick / 60)}:{int(tick % 60):02d}" for tick in ticks]
    if digits:
        codes = [f"{code}.{int(tick % 1 * 1000):03d}" for code, tick in zip(codes, ticks, strict=True)]
    notes = close(codes, times, APP, 1.1 / 60 if not digits else 1e-4)
    assert notes == []


@pytest.mark.parametrize("mark", [":", ";"])
def test_drop_frame_runs_at_29_97(mark: str) -> None:
    labels = []
    for minute in range(3):
        for second in range(60):
            first = 2 if minute % 10 and second == 0 else 0
            labels += [(minute, second, frame) for frame in range(first, 30)]
    codes = [f"00:{m:02d}:{s:02d}{mark}{f:02d}" for m, s, f in labels]
    notes = close(codes, np.arange(len(codes)) / NTSC, None, 1e-6)
    assert "29.97" in notes[0]


def test_rows_out_of_order_are_counted_alike() -> None:
    numbers = np.random.default_rng(3).permutation(90)
    times, _ = read([f"{clock(n // 30)}:{n % 30:02d}" for n in numbers])
    np.testing.assert_allclose(times, (numbers - numbers[0]) / 30)


def test_less_than_a_second_is_said_to_be_assumed() -> None:
    times, notes = read([f"00:00:00:{f:02d}" for f in range(12)])
    np.testing.assert_allclose(times, np.arange(12) / 60)
    assert "assumed" in notes[0]


def test_what_is_assumed_of_less_than_a_second_is_told_of_the_app_too() -> None:
    short = [f"00:00:00:{frame:02d}.000" for frame in range(0, 48, 2)]
    assert any("60 assumed" in note for note in close(short, np.arange(24) / 30, APP, A_BIT))
    longer = [f"00:00:0{frame // 60}:{frame % 60:02d}.000" for frame in range(0, 72, 2)]
    assert close(longer, np.arange(36) / 30, APP, A_BIT) == []


@pytest.mark.parametrize("base", [100, 120])
def test_more_than_sixty_frames_a_second_are_told_apart_where_a_second_ends(base: int) -> None:
    times = np.arange(3 * base) / base
    codes = [f"{clock(time)}:{round(time * base) % base:02d}" for time in times]
    read_, notes = read(codes)
    np.testing.assert_allclose(read_, times, atol=A_BIT)
    assert notes == [f"the timecodes count {base} frames per second, not 60"]
    # Within one second nothing shows it.
    _, notes = read(codes[:80])
    assert notes == ["the timecodes count more than 60 frames per second; 100 assumed"]
