"""Faces are drawn as finely as they keep up with the video."""

from __future__ import annotations

from viewer.core.pace import STEPS, Pace


def play(
    pace: Pace, faces: int, cost: float, seconds: float = 6.0, start: float = 0.0
) -> tuple[float, float]:
    """Draw so many faces in turns; a whole picture costs ``cost`` seconds, a third of it whatever
    its size.  The detail of the first and what all of them take, at the end."""
    now, took = start, 0.0
    while now < start + seconds:
        took = 0.0
        for face in range(faces):
            spent = cost * (1 / 3 + 2 / 3 * pace.detail(face) ** 2)
            took += spent
            pace.drew(face, spent, now + took)
        now += max(took, 1 / 30)
    return pace.detail(0), took


def test_quick_faces_are_drawn_whole() -> None:
    assert play(Pace(), 2, 0.010)[0] == 1.0
    assert play(Pace(), 1, 0.020)[0] == 1.0


def test_slow_ones_get_coarser_until_they_keep_up() -> None:
    detail, took = play(Pace(), 2, 0.020)
    assert STEPS[-1] <= detail < 1.0 and took < 1 / 30
    assert play(Pace(), 4, 0.030)[0] == STEPS[-1], "and no coarser than can be looked at"


def test_they_get_finer_again_when_the_others_rest_and_do_not_swing() -> None:
    pace = Pace()
    assert play(pace, 4, 0.012)[0] < 1.0
    assert play(pace, 1, 0.012, start=100.0)[0] == 1.0
    seen = []
    for second in range(12):
        seen.append(play(pace, 2, 0.017, seconds=1.0, start=200.0 + second)[0])
    assert len(set(seen[3:])) == 1, "settled"


def test_one_slow_picture_changes_nothing() -> None:
    pace = Pace()
    play(pace, 2, 0.010)
    pace.drew(0, 2.0, 50.0)
    assert pace.detail(0) == 1.0
    fresh = Pace()
    fresh.drew("new", 3.0, 0.0)
    assert play(fresh, 1, 0.010)[0] == 1.0, "nor does the first one, which makes shaders"
    fresh.forget("new")
    assert fresh.detail("new") == 1.0
