"""Measures captured tracks against known coefficients, beside the tracker's raw scores in the same run.

    python docs/make_capture_table.py RECORDINGS MODEL.glb [--work FOLDER]

renders parts of the Live Link recordings in a folder on the built-in head and on another one, captures
each film and writes the tables of ``docs/capture.md``.  Films that lie in the work folder already are
used again.  Rendering and capturing take about ten minutes.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from annotator.core.capture.capture import Captured, CaptureSettings, captured_from  # noqa: E402
from annotator.core.capture.rebuilding import REBUILT  # noqa: E402
from annotator.core.capture.tracker_packages import find_packages  # noqa: E402
from annotator.core.capture.tracking import Tracked, track  # noqa: E402
from annotator.export.scene import render_file  # noqa: E402
from viewer.core.channels import NAMES, SHAPE_COUNT  # noqa: E402
from viewer.core.files import atomic_write  # noqa: E402
from viewer.core.formats import read, write  # noqa: E402
from viewer.core.progress import no_progress  # noqa: E402
from viewer.core.track import Track  # noqa: E402
from viewer.core.video import VideoFile  # noqa: E402
from viewer.core.video_writer import VideoWriter  # noqa: E402

PAGE = ROOT / "docs" / "capture.md"
_FPS = 30
_LIVE = 0.1
_GONE = slice(60, 100)
"""Frames of one film whose face is painted over."""


@dataclass(frozen=True)
class Part:
    """A part of a recording: seconds, and degrees by which the head is turned in addition."""

    name: str
    recording: str
    start: float
    end: float
    turn: float = 0.0


PARTS = (
    Part("myslate", "myslate_3_60fps.csv", 0.3, 4.8),
    Part("s88a", "s88_30fps_face_lost.csv", 50.5, 56.5),
    Part("s88b", "s88_30fps_face_lost.csv", 20, 25),
    Part("camel", "lower_camel_right_first_60fps.csv", 1, 7),
    Part("turned", "myslate_3_60fps.csv", 0.3, 4.8, turn=30),
)
HELD_OUT = {"camel-facecap", "s88b-facecap", "turned-facecap"}
"""Films that no rule was chosen on."""


def truth_of(part: Part, recordings: Path, work: Path) -> Path:
    """The part as a track of 30 frames a second."""
    out = work / f"{part.name}.csv"
    recorded = read(recordings / part.recording)
    times = np.arange(part.start, part.end, 1 / _FPS)
    values = recorded.sample(times)
    turns = 2 * np.pi * (times - part.start) / (part.end - part.start)
    values[:, 52] += part.turn * np.sin(turns)
    values[:, 53] += part.turn / 3 * np.sin(2 * turns)
    values[:, 54] += part.turn / 3 * (np.cos(turns) - 1)
    write(Track.build(times - part.start, values, present=recorded.present), out)
    return out


def film_of(truth: Path, head: str, model: Path | None, work: Path) -> Path:
    """The part drawn on a head."""
    out = work / f"{truth.stem}-{head}.mp4"
    if not out.exists():
        render_file(
            truth, out, at=None, model=model, video=None, beside=None, size="448x448", fps=float(_FPS)
        )
    return out


def without_face(film: Path, work: Path) -> Path:
    """The film with some frames painted over."""
    out = work / f"{film.stem}-gone.mp4"
    if not out.exists():
        with (
            VideoFile.open(film) as video,
            VideoWriter(out, video.facts.width, video.facts.height, fps=_FPS) as to,
        ):
            for number in range(len(video.times)):
                gone = _GONE.start <= number < _GONE.stop
                picture = video.frame(number)
                to.add(np.full_like(picture, 90) if gone else picture)
    return out


def captured(film: Path) -> tuple[Tracked, Captured]:
    """Raw scores, and the track that is made of them."""
    packages = find_packages()
    with VideoFile.open(film) as video:
        tracked = track(
            video,
            range(len(video.times)),
            packages,
            face="largest",
            mirrored=True,
            cancel=None,
            progress=no_progress,
        )
        times = video.times
    return tracked, captured_from(film, CaptureSettings(), packages, tracked, range(len(times)), times, [])


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Pearson's r; 0 for what never moves."""
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-6 and b.std() > 1e-6 else 0.0


@dataclass
class Row:
    """Of one film: for each live channel r and error of raw scores and of ours, and its reliability."""

    film: str
    channels: dict[str, tuple[float, float, float, float, float]]
    head: NDArray[np.float64]
    lost: int

    @property
    def means(self) -> NDArray[np.float64]:
        """Over the live channels."""
        means: NDArray[np.float64] = np.array(list(self.channels.values())).mean(axis=0)
        return means

    @property
    def rank(self) -> float:
        """Rank correlation of reliability and r."""
        numbers = np.array(list(self.channels.values()))
        return float(spearmanr(numbers[:, 4], numbers[:, 1]).statistic)


def measured(film: Path, truth_file: Path) -> Row:
    """One film against its truth."""
    tracked, made = captured(film)
    truth = read(truth_file).sample(made.track.times).astype(np.float64)
    known = made.track.valid & np.isfinite(truth).all(axis=1)
    ours = made.track.values[known].astype(np.float64)
    raw, truth = np.nan_to_num(tracked.scores[known]), truth[known]
    channels = {}
    for at in range(SHAPE_COUNT):
        if np.ptp(truth[:, at]) > _LIVE:
            channels[NAMES[at]] = (
                correlation(raw[:, at], truth[:, at]),
                correlation(ours[:, at], truth[:, at]),
                float(np.abs(raw[:, at] - truth[:, at]).mean()),
                float(np.abs(ours[:, at] - truth[:, at]).mean()),
                float(made.report["channels"][NAMES[at]]["reliability"]),
            )
    head = np.abs(ours[:, SHAPE_COUNT : SHAPE_COUNT + 3] - truth[:, SHAPE_COUNT : SHAPE_COUNT + 3])
    return Row(film.stem, channels, head, made.track.invalid_frames)


def tables(rows: list[Row]) -> str:
    """The tables as Markdown."""
    lines = [
        "| film | live channels | r raw | r | error raw | error | rank of reliability "
        "| head, mean ° (yaw pitch roll) |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        mean = row.means
        head = " ".join(f"{degrees:.1f}" for degrees in row.head.mean(axis=0))
        held = " *" if row.film in HELD_OUT else ""
        lines.append(
            f"| {row.film}{held} | {len(row.channels)} | {mean[0]:.3f} | {mean[1]:.3f} | {mean[2]:.3f} "
            f"| {mean[3]:.3f} | {row.rank:.2f} | {head} |"
        )
    for title, chosen in (
        ("all", rows),
        ("held out *", [row for row in rows if row.film in HELD_OUT]),
    ):
        mean = np.mean([row.means for row in chosen], axis=0)
        lines.append(
            f"| **{title}** | | **{mean[0]:.3f}** | **{mean[1]:.3f}** | **{mean[2]:.3f}** "
            f"| **{mean[3]:.3f}** | {np.mean([row.rank for row in chosen]):.2f} | |"
        )
    lines += [
        "",
        "| channel | films | r raw | r | least r | error raw | error |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in NAMES[:SHAPE_COUNT]:
        found = np.array([row.channels[name] for row in rows if name in row.channels])
        if len(found):
            mean = found.mean(axis=0)
            mark = " (landmarks)" if name in REBUILT else ""
            lines.append(
                f"| {name}{mark} | {len(found)} | {mean[0]:.2f} | {mean[1]:.2f} | {found[:, 1].min():.2f} "
                f"| {mean[2]:.3f} | {mean[3]:.3f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Render, capture, measure, write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("recordings", type=Path)
    asked.add_argument("model", type=Path)
    asked.add_argument("--work", type=Path, default=ROOT / "out" / "capture")
    given = asked.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    rows = []
    films = []
    for part in PARTS:
        truth = truth_of(part, given.recordings, given.work)
        for head, model in (("own", None), ("facecap", given.model)):
            film = film_of(truth, head, model, given.work)
            films.append((film, truth))
            rows.append(measured(film, truth))
            print(rows[-1].film, rows[-1].means.round(3), flush=True)
    film, truth = films[2]
    gone = measured(without_face(film, given.work), truth)
    count = _GONE.stop - _GONE.start
    told = (
        f"{tables(rows)}\n\nOf a film of {gone.lost + len(gone.head)} frames with {count} painted over, "
        f"{gone.lost} were lost."
    )
    page = PAGE.read_text("utf-8")
    mark = re.compile(r"(<!-- tables: .*? -->\n).*?(<!-- end of tables -->)", re.DOTALL)
    atomic_write(PAGE, mark.sub(lambda found: f"{found[1]}\n{told}\n\n{found[2]}", page))


if __name__ == "__main__":
    main()
