"""Sound lies where the video's pictures lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import clips
from viewer.core.audio import read_audio, write_pcm
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, FileError, VideoError


def _onset(samples: np.ndarray, rate: int) -> float:
    """Seconds of the first loud sample."""
    return int(np.argmax(np.abs(samples).max(axis=1) > 0.1)) / rate


@pytest.mark.parametrize(
    ("name", "codec", "first_tick", "delay", "expected"),
    [
        ("plain.mp4", "aac", 0, 0.0, 0.5),
        ("mp3.mp4", "libmp3lame", 0, 0.0, 0.5),
        ("opus.mkv", "libopus", 0, 0.0, 0.5),
        ("late_sound.mkv", "libopus", 0, 0.4, 0.9),
        ("late_video.mp4", "aac", 9, 0.0, 0.2),
        ("stream.ts", "aac", 3000, 100.0, 0.5),
    ],
)
def test_a_click_stays_at_its_time_after_the_first_picture(
    tmp_path: Path, name: str, codec: str, first_tick: int, delay: float, expected: float
) -> None:
    clip = clips.Clip(
        name,
        range(first_tick, first_tick + 45),
        options=clips.x264(),
        sound=clips.click_at(0.5, 1.5),
        sound_codec=codec,
        sound_delay=delay,
    )
    sound = read_audio(clips.make(clip, tmp_path))
    assert sound is not None and sound.rate == 48000 and sound.samples.shape[1] == 1
    assert _onset(sound.samples, sound.rate) == pytest.approx(expected, abs=0.004)


def test_resampling_keeps_pitch_and_length(tmp_path: Path) -> None:
    clip = clips.Clip("tone.mp4", range(60), options=clips.x264(), sound=clips.tone(2.0, 440.0))
    sound = read_audio(clips.make(clip, tmp_path), rate=22050)
    assert sound is not None
    assert sound.duration == pytest.approx(2.0, abs=0.05)
    spectrum = np.abs(np.fft.rfft(sound.samples[:22050, 0]))
    assert int(np.argmax(spectrum)) == pytest.approx(440, abs=2)


def test_real_sound(shared: Path) -> None:
    folder = shared / "data" / "video"
    crying = read_audio(folder / "crying_23976.mp4")
    assert crying is not None and crying.duration == pytest.approx(19.69, abs=0.1)
    spoken = read_audio(folder / "phone_hevc_vfr_face_lost.mov")
    assert spoken is not None and np.isfinite(spoken.samples).all() and np.abs(spoken.samples).max() > 0.01
    assert read_audio(folder / "single_face_30fps_mp3.mp4") is not None
    assert read_audio(folder / "carphone_2997_sar.mp4") is None


def test_no_sound_bad_files_and_cancelling(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        read_audio(tmp_path / "missing.mp4")
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all\n" * 100)
    with pytest.raises(VideoError):
        read_audio(text)
    clip = clips.Clip("tone.mp4", range(10), options=clips.x264(), sound=clips.tone(1.0))
    path = clips.make(clip, tmp_path)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_audio(path, cancel=token)


def test_pcm_is_what_devices_take_and_cuts_what_is_too_loud() -> None:
    samples = np.array([[0.0, 1.0], [-1.0, 0.5], [7.0, -7.0], [1e-5, -1e-5]], np.float32)
    written = np.full(samples.shape, 99, np.int16)
    write_pcm(samples, written)
    assert np.array_equal(written, [[0, 32767], [-32767, 16384], [32767, -32767], [0, 0]])
    long = np.random.default_rng(2).uniform(-1.2, 1.2, (100_000, 2)).astype(np.float32)
    at_once = np.rint(np.clip(long * np.float32(32767), -32767, 32767)).astype(np.int16)
    written = np.zeros(long.shape, np.int16)
    write_pcm(long, written)
    assert np.array_equal(written, at_once)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        write_pcm(long, written, token)


def test_sound_is_as_long_as_its_samples_whatever_the_file_promises(tmp_path: Path) -> None:
    short = clips.Clip("short.mp4", range(60), options=clips.x264(), sound=clips.tone(0.5))
    sound = read_audio(clips.make(short, tmp_path))
    assert sound is not None and 0.45 < sound.duration < 0.6
    raw = clips.Clip("late.mkv", range(30), options=clips.x264(), sound=clips.tone(1.0), sound_delay=0.5)
    late = read_audio(clips.make(raw, tmp_path))
    assert late is not None and 1.4 < late.duration < 1.6
    assert not late.samples[: 48000 * 4 // 10].any() and late.samples[48000 * 7 // 10 :].any()
