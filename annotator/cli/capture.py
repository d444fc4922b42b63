"""The command that makes tracks of videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from annotator.cli.app import UsageError, app
from annotator.cli.terminal import progress_line, report

if TYPE_CHECKING:
    from annotator.core.capture.capture import CaptureSettings

_MOST_JOBS = 256

Switch = Literal["on", "off"]


@app.command
def capture(
    video: Path,
    /,
    *,
    out: Path | None = None,
    every: int = 1,
    neutral: str = "auto",
    smooth: str = "gauss:0.05",
    mirror_check: Switch = "on",
    face: str = "largest",
    from_: Annotated[float | None, Parameter(name="--from")] = None,
    until: float | None = None,
    jobs: int | None = None,
    cluster: str = "",
) -> int:
    """Capture the face in a video, or in each clip of a dataset that has no track.

    Gives coefficients and the rotation of the head for each frame.  Needs MediaPipe, which is installed
    apart; without it the error says how.  A dataset may be interrupted: run it again, and it goes on.

    Parameters
    ----------
    video
        The video, or a dataset.
    out
        The track to write, of a video; its extension names the format.
    every
        Capture every Nth frame.
    neutral
        What the face looks like at rest: auto (a calm moment of the clip), none, or its seconds.
    smooth
        none, gauss:SECONDS or one-euro:MIN_CUTOFF,BETA.
    mirror_check
        Look at each frame in a mirror, too: better values, known reliability, twice the time.
    face
        Which of several faces: largest, first, or its number from the left, from 0.
    from_
        Begin at this time, in seconds.
    until
        End before this time, in seconds.
    jobs
        Videos of a dataset at once (default: half as many as there are processors).
    cluster
        Where a dataset is worked on: local (Dask on this machine) or the address of a Dask scheduler.
    """
    from annotator.core.capture.capture import CaptureSettings, capture_video
    from annotator.core.capture.capture_file import check_target, write_captured

    settings = CaptureSettings(every, neutral, smooth, mirror_check == "on", face, from_, until)
    if jobs is not None and not 1 <= jobs <= _MOST_JOBS:
        raise UsageError(f"--jobs takes a number from 1 to {_MOST_JOBS}")
    if video.is_dir():
        if out is not None:
            raise UsageError("the tracks of a dataset go into its clips; leave --out away")
        return _capture_dataset(video, settings, jobs, cluster)
    if out is None:
        raise UsageError("say with --out FILE where the track goes")
    if cluster:
        raise UsageError("--cluster is for datasets")
    settings.check()
    check_target(out)
    with progress_line() as ticker:
        captured = capture_video(video, settings, progress=ticker)
    report(write_captured(captured, out))
    return 0


def _capture_dataset(path: Path, settings: CaptureSettings, jobs: int | None, cluster: str) -> int:
    from annotator.core.capture.dataset_capture import capture_dataset, usual_jobs
    from annotator.core.storage.dataset import Dataset
    from annotator.session.settings import own_annotator_id

    dataset = Dataset.open(path, own_annotator_id())
    with progress_line() as ticker:
        found = capture_dataset(
            dataset, settings, jobs=jobs or usual_jobs(), cluster=cluster, progress=ticker
        )
    report(
        {
            "dataset": str(path),
            "captured": [
                {"clip": each.clip, "track": each.track, "frames": each.frames, "lost": each.lost}
                for each in found.captured
            ],
            "failed": [{"clip": each.clip, "error": each.why} for each in found.failed],
            "skipped": found.skipped,
        }
    )
    return 1 if found.failed else 0
