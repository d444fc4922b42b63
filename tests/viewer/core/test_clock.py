"""The one writer of time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.core.clock import MAX_RATE, MIN_RATE, Clock


class Wall:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall) -> Clock:
    clock = Clock(wall)
    clock.set_duration(10.0)
    return clock


def test_it_stands_until_it_plays_and_stands_again_when_paused(clock: Clock, wall: Wall) -> None:
    wall.now += 5
    assert clock.time == 0.0 and not clock.playing
    clock.play()
    wall.now += 2.5
    assert clock.time == pytest.approx(2.5)
    clock.pause()
    wall.now += 3
    assert clock.time == pytest.approx(2.5)
    clock.toggle()
    assert clock.playing
    clock.toggle()
    assert not clock.playing


def test_late_looks_skip_and_never_queue(clock: Clock, wall: Wall) -> None:
    clock.play()
    wall.now += 0.1
    assert clock.time == pytest.approx(0.1)
    wall.now += 4.0
    assert clock.time == pytest.approx(4.1)


def test_it_stops_at_the_end_and_plays_again_from_the_start(clock: Clock, wall: Wall) -> None:
    clock.play()
    wall.now += 99
    assert clock.time == 10.0 and clock.at_end
    clock.pause()
    clock.play()
    assert clock.time == 0.0 and not clock.at_end


def test_changing_speed_keeps_the_playhead(clock: Clock, wall: Wall) -> None:
    clock.play()
    wall.now += 2
    clock.set_rate(0.5)
    assert clock.time == pytest.approx(2.0)
    wall.now += 2
    assert clock.time == pytest.approx(3.0)
    clock.set_rate(99)
    assert clock.rate == MAX_RATE
    clock.set_rate(0)
    assert clock.rate == MIN_RATE


def test_shuttle_doubles_turns_and_stops(clock: Clock, wall: Wall) -> None:
    clock.seek(5.0)
    speeds = []
    for _ in range(4):
        clock.shuttle(+1)
        speeds.append(clock.rate)
    assert speeds == [1.0, 2.0, 4.0, 4.0]
    clock.shuttle(-1)
    assert clock.rate == -1.0 and clock.playing
    wall.now += 1
    assert clock.time == pytest.approx(4.0)
    wall.now += 99
    assert clock.time == 0.0 and clock.at_end
    clock.shuttle(0)
    assert not clock.playing and clock.rate == 1.0


def test_a_loop_goes_round_both_ways(clock: Clock, wall: Wall) -> None:
    clock.set_loop(4.0, 2.0)
    assert clock.loop == (2.0, 4.0)
    clock.seek(3.0)
    clock.play()
    wall.now += 1.5
    assert clock.time == pytest.approx(2.5)
    clock.pause()
    clock.shuttle(-1)
    wall.now += 1.0
    assert clock.time == pytest.approx(3.5)
    assert not clock.at_end


def test_playing_from_outside_a_loop_reaches_the_end_and_stops_there(clock: Clock, wall: Wall) -> None:
    clock.set_loop(2.0, 4.0)
    clock.seek(5.0)
    clock.play()
    wall.now += 99
    assert clock.time == 10.0 and clock.at_end
    clock.play()
    assert clock.time == 0.0


def test_loops_can_be_open_on_one_side_switched_off_and_cleared(clock: Clock, wall: Wall) -> None:
    clock.set_loop(None, 3.0)
    assert clock.loop == (0.0, 3.0)
    clock.set_loop(8.0, None)
    assert clock.loop == (8.0, 10.0)
    clock.seek(9.0)
    clock.loop_enabled = False
    clock.play()
    wall.now += 5
    assert clock.time == 10.0
    clock.set_loop(None, None)
    assert clock.loop is None
    clock.set_loop(5.0, 5.0)
    assert clock.loop is None


def test_a_shorter_clip_pulls_everything_inside(clock: Clock) -> None:
    clock.set_loop(2.0, 9.0)
    clock.seek(8.0)
    clock.set_duration(4.0)
    assert clock.time == 4.0 and clock.loop == (2.0, 4.0)
    clock.set_duration(0.0)
    assert clock.time == 0.0 and clock.loop is None


def test_another_source_takes_over_without_a_jump(clock: Clock, wall: Wall) -> None:
    on_progress = Wall()
    on_progress.now = 3.0
    clock.play()
    wall.now += 2
    clock.use_source(on_progress)
    assert clock.time == pytest.approx(2.0)
    wall.now += 50
    on_progress.now += 0.5
    assert clock.time == pytest.approx(2.5)
    clock.use_source(None)
    assert clock.time == pytest.approx(2.5)
    wall.now += 1
    assert clock.time == pytest.approx(3.5)


_commands = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 30)),
        st.tuples(st.just("seek"), st.floats(-5, 20)),
        st.tuples(st.just("rate"), st.floats(0, 9)),
        st.tuples(st.just("shuttle"), st.sampled_from([-1, 0, 1])),
        st.tuples(st.just("loop"), st.tuples(st.floats(-1, 12), st.floats(-1, 12))),
        st.tuples(st.just("unloop"), st.none()),
        st.tuples(st.just("toggle"), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(_commands)
def test_whatever_is_commanded_time_stays_inside_the_clip(commands: list[tuple[str, Any]]) -> None:
    wall = Wall()
    clock = Clock(wall)
    clock.set_duration(10.0)
    for name, value in commands:
        before = clock.time
        if name == "wait":
            wall.now += value
            if not clock.playing:
                assert clock.time == before
        elif name == "seek":
            clock.seek(value)
        elif name == "rate":
            clock.set_rate(value)
        elif name == "shuttle":
            clock.shuttle(value)
        elif name == "loop":
            clock.set_loop(*value)
        elif name == "unloop":
            clock.set_loop(None, None)
        else:
            clock.toggle()
        if name in ("rate", "shuttle", "loop", "unloop"):
            assert clock.time == pytest.approx(before, abs=1e-6)
        assert 0.0 <= clock.time <= 10.0
