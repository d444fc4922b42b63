"""Films: the right picture at the right time in the right place, and nothing half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.export.film import (
    BACKGROUND,
    GAP,
    LABEL,
    Composer,
    FilmPanel,
    fitted,
    layout,
    write_film,
    write_png,
)
from tests.clips import Clip, draw_number, make, picture_at, read_number, tone, x264
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, ExportError, FileError
from viewer.core.video import VideoFile

SIZE = (2 * 192 + GAP, 144 + LABEL)


def _counting(fps: float, first: int = 0) -> FilmPanel:
    """A panel whose picture carries the number of the frame it is asked for."""
    return FilmPanel("Counting", lambda t: draw_number(first + round(t * fps)), "#ff8800")


def test_every_frame_shows_its_moment_in_both_columns(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    told: list[tuple[int, int]] = []
    count = write_film(
        path,
        [_counting(25), _counting(25, 100)],
        duration=0.6,
        size=SIZE,
        fps=25,
        progress=lambda done, total, _what: told.append((done, total)),
    )
    assert count == 15 and told == [(k + 1, 15) for k in range(15)]
    with VideoFile.open(path) as film:
        assert (film.facts.width, film.facts.height, film.facts.frames) == (*SIZE, 15)
        assert film.facts.fps == 25 and not film.facts.vfr
        left, right = layout(2, *SIZE).boxes
        for k in range(15):
            picture = film.frame(k)
            for (x, y, w, h), number in ((left, k), (right, 100 + k)):
                assert read_number(picture[y : y + h, x : x + w]) == number


def test_a_film_takes_the_videos_sound(tmp_path: Path) -> None:
    spoken = make(Clip("spoken.mp4", range(10), options=x264(), sound=tone(0.4)), tmp_path)
    film = tmp_path / "film.mp4"
    write_film(film, [_counting(10)], duration=0.4, size=(192, 174), fps=10, audio_from=spoken)
    with VideoFile.open(film) as opened:
        assert opened.facts.audio


def test_cancelling_and_failing_leave_the_older_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"an older film")
    token = CancelToken()

    def stop(done: int, _total: int, _what: str) -> None:
        if done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        write_film(path, [_counting(10)], duration=1, size=(192, 174), progress=stop, cancel=token)

    def broken(t: float) -> np.ndarray:
        if t > 0.2:
            raise FileError("the frame is gone", "look for it")
        return draw_number(1)

    with pytest.raises(FileError):
        write_film(path, [FilmPanel("Broken", broken)], duration=1, size=(192, 174))
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
    assert path.read_bytes() == b"an older film"


@pytest.mark.parametrize(
    "wrong",
    [
        {"fps": 0},
        {"fps": float("nan")},
        {"fps": 1000},
        {"duration": 0},
        {"duration": float("nan")},
        {"duration": 1e9},
        {"size": (64, 64)},
        {"size": (100_000, 174)},
    ],
    ids=str,
)
def test_what_cannot_be_filmed_is_refused_before_any_file(wrong: dict[str, Any], tmp_path: Path) -> None:
    asked = {"duration": 1.0, "size": (192, 174), "fps": 10.0, **wrong}
    with pytest.raises(ExportError):
        write_film(tmp_path / "film.mp4", [_counting(10)], **asked)
    assert list(tmp_path.iterdir()) == []


@given(st.integers(1, 5), st.integers(400, 3000), st.integers(100, 2000))
def test_columns_are_equal_and_stay_inside(count: int, width: int, height: int) -> None:
    plan = layout(count, width, height)
    assert plan.width % 2 == plan.height % 2 == 0
    assert 0 <= width - plan.width <= 1 and 0 <= height - plan.height <= 1
    assert len({(w, h) for _, _, w, h in plan.boxes}) == 1
    for (x, _, w, _), (following, _, _, _) in zip(plan.boxes, plan.boxes[1:], strict=False):
        assert following - (x + w) == GAP
    last = plan.boxes[-1]
    assert plan.width - count < last[0] + last[2] <= plan.width and last[1] + last[3] == plan.height


@given(st.integers(1, 400), st.integers(1, 400), st.integers(16, 300), st.integers(16, 300))
def test_a_picture_keeps_its_proportions(w: int, h: int, width: int, height: int) -> None:
    out = fitted(np.full((h, w, 3), 255, np.uint8), width, height)
    assert out.shape == (height, width, 3)
    rows, columns = np.nonzero((out != BACKGROUND).any(axis=2))
    seen = columns.max() - columns.min() + 1, rows.max() - rows.min() + 1
    scale = min(width / w, height / h)
    assert abs(seen[0] - max(w * scale, 1)) <= 1 and abs(seen[1] - max(h * scale, 1)) <= 1
    assert seen[0] == width or seen[1] == height


def test_titles_and_dots_stay_in_their_column() -> None:
    def blank(_t: float) -> np.ndarray:
        return np.zeros((10, 10, 3), np.uint8)

    panels = [FilmPanel("A very long name of a take " * 5, blank, "#ff0000"), FilmPanel("", blank, "#00ff00")]
    composer = Composer(panels, *SIZE)
    frame = composer.frame(0)
    left, right = composer.layout.boxes
    title = frame[:LABEL, left[0] : left[0] + left[2]]
    assert (title == (255, 0, 0)).all(axis=2).any()
    gap = frame[:LABEL, left[0] + left[2] : right[0] + 10]
    assert (gap == BACKGROUND).all()
    assert (frame[:LABEL, right[0] :] == (0, 255, 0)).all(axis=2).any()


def test_a_still_is_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "new" / "Bild ü.png"
    write_png(path, draw_number(77))
    assert read_number(picture_at(path)) == 77
    assert [file.name for file in path.parent.iterdir()] == ["Bild ü.png"]
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(FileError):
        write_png(tmp_path / "folder.png", draw_number(1))
