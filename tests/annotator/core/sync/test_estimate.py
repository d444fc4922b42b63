"""The offset of a track is found from sound and pictures, or it is said that nothing is sure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from annotator.core.sync.estimate import THRESHOLD, Cue, Estimate, estimate, offsets_around
from annotator.core.sync.gather import estimate_offset
from annotator.core.sync.picture_signals import (
    SmallPictures,
    picture_liveliness,
    picture_movement,
    read_small,
)
from annotator.core.sync.sound_signals import loudness
from annotator.core.sync.track_signals import liveliness, mouth, movement
from tests.present import present
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled
from viewer.core.formats import read
from viewer.core.track import Track

CLIPS = Path(__file__).resolve().parents[4] / "resources" / "demo" / "dataset" / "clips"
SPOKEN, SILENT = CLIPS / "03-birthday", CLIPS / "02-letter"
FRAME = 1 / 30
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen() -> SmallPictures:
    """The pictures of a clip without sound and with frames of unequal length."""
    return read_small(SILENT / "video.mp4", 0.0, 60.0)


@pytest.fixture(scope="module")
def recorded() -> Track:
    return read(SILENT / "track.csv")


def without_head(track: Track, seconds: float) -> Track:
    """The track as if its recording had begun later: it belongs ``seconds`` into its video."""
    kept = track.times >= seconds
    return track.replaced(times=track.times[kept], values=track.values[kept], valid=track.valid[kept])


def by_motion(seen: SmallPictures, track: Track, reach: float = 2.5) -> Estimate:
    end = float(track.times[-1])
    moving, lively = present(picture_movement(seen)), present(picture_liveliness(seen))
    cues = [
        Cue("movement", moving, movement(track, 0.0, end)),
        Cue("liveliness", lively, liveliness(track, 0.0, end)),
    ]
    return estimate(cues, offsets_around(0.0, reach))


@pytest.mark.parametrize("late", [0.0, 0.283, 1.25, 2.0])
def test_a_track_that_begins_later_is_found_by_motion_alone(
    seen: SmallPictures, recorded: Track, late: float
) -> None:
    track = without_head(recorded, late)
    truth = float(recorded.times[recorded.times >= late][0])
    found = by_motion(seen, track)
    assert (found.confidence >= THRESHOLD) == (found.offset is not None) == (not found.reason)
    if late < 1.0:
        assert found.offset is not None
    # With less of the track left it may be unsure, and is never wrong.
    assert found.offset is None or found.offset == pytest.approx(truth, abs=FRAME)


def test_a_video_that_begins_later_is_found_by_motion_alone(seen: SmallPictures, recorded: Track) -> None:
    kept = seen.times >= 0.9
    began = float(seen.times[kept][0])
    later = replace(seen, times=seen.times[kept] - began, pictures=seen.pictures[kept], end=seen.end - began)
    assert present(by_motion(later, recorded).offset) == pytest.approx(-began, abs=FRAME)


def test_noise_a_still_picture_and_another_performance_are_told_apart_from_it(
    seen: SmallPictures, recorded: Track
) -> None:
    random = np.random.default_rng(7)
    for width in (2, 8, 25):
        noise = 0.4 * gaussian_filter1d(random.normal(size=recorded.values.shape), width, axis=0)
        assert by_motion(seen, recorded.replaced(values=noise)).offset is None
    still = replace(
        seen, pictures=seen.pictures[:1] + random.normal(size=seen.pictures.shape).astype(np.float32)
    )
    assert by_motion(still, recorded).offset is None
    other = by_motion(seen, read(CLIPS / "01-waiting-room" / "track.csv"))
    assert other.offset is None and other.reason


def test_a_picture_in_which_nothing_moves_is_no_cue(seen: SmallPictures, recorded: Track) -> None:
    frozen = replace(seen, pictures=np.repeat(seen.pictures[:1], len(seen.times), axis=0))
    assert picture_movement(frozen) is None
    assert estimate([], offsets_around(0.0, 2.0)).reason == "nothing moves in it that could be compared"
    motionless = recorded.replaced(values=np.zeros_like(recorded.values))
    found = by_motion(seen, motionless)
    assert found.offset is None and found.best is None


def test_sound_alone_tells_where_a_speaking_mouth_belongs() -> None:
    track = without_head(read(SPOKEN / "track.csv"), 0.5)
    heard = present(loudness(SPOKEN / "video.mp4", 0.0, 60.0))
    cue = Cue("sound", heard, present(mouth(track, 0.0, float(track.times[-1]))), alike=True)
    found = estimate([cue], offsets_around(0.0, 2.0))
    assert present(found.offset) == pytest.approx(0.5, abs=FRAME)
    # The same sound is no proof for a mouth that says something else.
    quiet = read(SILENT / "track.csv")
    other = Cue("sound", heard, present(mouth(quiet, 0.0, float(quiet.times[-1]))), alike=True)
    assert estimate([other], offsets_around(0.0, 2.0)).offset is None


def test_files_are_laid_against_each_other_from_where_they_lie_now() -> None:
    track = read(SPOKEN / "track.csv")
    said: list[str] = []
    found = estimate_offset(
        SPOKEN / "video.mp4",
        track,
        offset=-1.3,
        reach=2.0,
        progress=lambda _done, _total, what: said.append(what),
    )
    assert present(found.offset) == pytest.approx(0.0, abs=FRAME)
    assert set(found.cues) == {"movement in the picture", "liveliness of the picture", "mouth and loudness"}
    assert float(found.offsets[0]) == pytest.approx(-3.3) and said
    far = estimate_offset(SPOKEN / "video.mp4", track, offset=90.0)
    assert far.offset is None and far.reason == "track and video hardly overlap"
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        estimate_offset(SPOKEN / "video.mp4", track, cancel=token)


def test_a_captured_track_of_the_video_may_stand_for_its_pictures() -> None:
    track = read(SILENT / "track.csv")
    captured = track.resampled(30.0)
    found = estimate_offset(SILENT / "video.mp4", without_head(track, 0.7), captured=captured)
    assert present(found.offset) == pytest.approx(0.7, abs=FRAME)
    assert "captured face" in found.cues
