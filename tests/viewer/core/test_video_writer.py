"""A film we write shows the frames we gave, when we said, with sound in time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests import clips
from viewer.core.audio import read_audio
from viewer.core.errors import ExportError
from viewer.core.video import VideoFile
from viewer.core.video_writer import VideoWriter


def test_frames_and_times_come_back(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with VideoWriter(path, clips.WIDTH, clips.HEIGHT, fps=Fraction(24000, 1001)) as film:
        for k in range(20):
            film.add(clips.draw_number(k))
    with VideoFile.open(path) as video:
        assert [clips.read_number(video.frame(k)) for k in range(20)] == list(range(20))
        assert np.allclose(video.times, np.arange(20) * 1001 / 24000, atol=1e-4)
        assert video.facts.duration == pytest.approx(20 * 1001 / 24000, abs=1e-3)
        assert not video.facts.vfr and not video.facts.audio
        error = np.abs(video.frame(0).astype(int) - clips.draw_number(0).astype(int))
        assert np.median(error) <= 3
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")


def test_variable_times_and_odd_sizes(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    times = 5.0 + np.cumsum(np.random.default_rng(1).uniform(0.01, 0.2, 25))
    with VideoWriter(path, 201, 151, times=times) as film:
        for k in range(25):
            film.add(clips.draw_number(k, 201, 151))
    with VideoFile.open(path) as video:
        assert (video.facts.width, video.facts.height) == (202, 152) == (film.width, film.height)
        assert np.allclose(video.times, times - times[0], atol=1e-4)
        assert [clips.read_number(video.frame(k)) for k in range(25)] == list(range(25))
        assert video.facts.vfr


@pytest.mark.parametrize("start", [0.0, 0.5, -0.25])
def test_sound_of_the_source_stays_in_time(tmp_path: Path, start: float) -> None:
    source = clips.make(
        clips.Clip("source.mp4", range(9, 69), options=clips.x264(), sound=clips.click_at(1.3, 2.0)), tmp_path
    )
    path = tmp_path / "film.mp4"
    with VideoWriter(path, 64, 48, fps=30, audio_from=source, audio_start=start) as film:
        for _ in range(45):
            film.add(np.zeros((48, 64, 3), np.uint8))
    sound = read_audio(path)
    assert sound is not None
    loud = int(np.argmax(np.abs(sound.samples[:, 0]) > 0.1)) / sound.rate
    assert loud == pytest.approx(1.3 - 0.3 - start, abs=0.004)
    assert sound.duration == pytest.approx(1.5, abs=0.05)


def test_silent_sources_and_repeated_closing(tmp_path: Path) -> None:
    source = clips.make(clips.Clip("source.mp4", range(5), options=clips.x264()), tmp_path)
    film = VideoWriter(tmp_path / "film.mp4", 64, 48, fps=30, audio_from=source)
    film.add(np.zeros((48, 64, 3), np.uint8))
    film.close()
    film.close()
    film.abort()
    assert (tmp_path / "film.mp4").exists()
    with VideoFile.open(tmp_path / "film.mp4") as video:
        assert not video.facts.audio


def test_an_aborted_film_leaves_nothing_and_keeps_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"older")
    with pytest.raises(KeyError), VideoWriter(path, 64, 48, fps=30) as film:
        film.add(np.zeros((48, 64, 3), np.uint8))
        raise KeyError
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]
    assert path.read_bytes() == b"older"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder"):
        VideoWriter(tmp_path / "missing" / "film.mp4", 64, 48, fps=30)
    with pytest.raises(ExportError, match="90000"):
        VideoWriter(tmp_path / "film.mp4", 90000, 48, fps=30)
    with pytest.raises(ExportError, match="without frames"):
        VideoWriter(tmp_path / "film.mp4", 64, 48, fps=30).close()
    assert not list(tmp_path.iterdir())
    with VideoWriter(tmp_path / "film.mp4", 64, 48, times=[0.0]) as film:
        with pytest.raises(ValueError):
            film.add(np.zeros((10, 10, 3), np.uint8))
        film.add(np.zeros((48, 64, 3), np.uint8))
        with pytest.raises(ValueError):
            film.add(np.zeros((48, 64, 3), np.uint8))
