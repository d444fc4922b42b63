"""Capturing the clips of a dataset that have a video and no track.

A clip is done when its words name its track, and that is the last thing that is written: killed at any
moment, the next run begins with the clips that are left.  A file that was written before its clip named it
is taken as it is, one that is not whole is written again.
"""

from __future__ import annotations

import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from annotator.core.capture.capture import CaptureSettings, capture_video
from annotator.core.capture.capture_file import write_captured
from annotator.core.capture.landmark_file import (
    captured_report,
    check_landmark_target,
    has_landmarks,
    landmark_path,
)
from annotator.core.capture.tracker_packages import CaptureError, find_packages
from annotator.core.edits import change_clip
from annotator.core.names import identity, safe_name
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import ClipEntry, Dataset
from annotator.core.storage.journal import Journal
from annotator.core.storage.loading import LoadedClip
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, StudioError
from viewer.core.files import is_file
from viewer.core.progress import Progress, no_progress

log = logging.getLogger(__name__)

LOCAL = "local"
"""The cluster of this machine."""
_OPEN = "the clip is open in a window, or a window closed with unsaved work in it"
_CLUSTER = "working on a cluster needs Dask"


@dataclass(frozen=True)
class Done:
    """One clip: the ``track`` that it has now, or ``why`` it has none."""

    clip: str
    track: str = ""
    frames: int = 0
    lost: int = 0
    why: str = ""


@dataclass(frozen=True)
class Report:
    """What became of a dataset: clips ``captured`` and ``failed``, and how many were ``skipped`` because
    they have a track already, or no video."""

    captured: tuple[Done, ...]
    failed: tuple[Done, ...]
    skipped: int


def waits_for_capture(clip: ClipEntry) -> bool:
    """Whether a clip has a video and no track, by its words."""
    return clip.info is not None and bool(clip.info.video) and not clip.info.track


def clips_to_capture(dataset: Dataset) -> list[str]:
    """The ids of the clips that wait for it."""
    return [entry.id for entry in dataset.clips if waits_for_capture(entry)]


def track_file(loaded: LoadedClip) -> Path:
    """Where the captured track of a clip goes: a free name beside its files, or the one of a capture that
    was interrupted after it had been written."""
    assert loaded.video_path is not None
    folder = loaded.place.folder
    taken = {identity(file.name): file for file in folder.iterdir()}
    stem, number = loaded.video_path.stem, 1
    while True:
        name = safe_name(f"{stem}-captured{'' if number == 1 else f'-{number}'}.csv", "track")
        beside = f"{name}.json", landmark_path(folder / name).name
        if not {identity(name), *map(identity, beside)} & set(taken):
            return folder / name
        if is_captured(folder / name, loaded.video_path.name) or is_begun(folder / name):
            return folder / name
        number += 1


def is_captured(track: Path, video: str) -> bool:
    """Whether ``track`` is whole, with its landmarks, and its sidecar says that it was captured from
    ``video``."""
    report = captured_report(track)
    if report.get("video") != video or "landmarks" not in report or not is_file(track):
        return False
    return report["landmarks"] is None or has_landmarks(track, report)


def is_begun(track: Path) -> bool:
    """Whether a capture was killed while it wrote ``track``: its landmarks come first and what is said of it
    last."""
    if captured_report(track) or not is_file(landmark_path(track)):
        return False
    try:
        check_landmark_target(track)
    except CaptureError:
        return False
    return True


def capture_clip(
    dataset: Dataset,
    id: str,
    settings: CaptureSettings,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Done:
    """Capture one clip and make the result its track.

    Raises :class:`CaptureError` where the clip is open in a window, :class:`StudioError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    journal = Journal.acquire(dataset.place(id))
    try:
        if journal.slot:
            raise CaptureError(_OPEN, "close it, or capture it there")
        loaded = dataset.load_clip(id)
        if loaded.state.clip.track:
            return Done(id, loaded.state.clip.track)
        if loaded.video_path is None:
            raise loaded.faults[0] if loaded.faults else CaptureError("the clip has no video", "add one")
        done = capture_into(loaded, settings, cancel, progress)
        edit = change_clip(loaded.state, track=done.track)
        edit.validate(loaded.state)
        ClipWriter(loaded).save(edit.apply(loaded.state))
        return done
    finally:
        journal.close()


def capture_into(
    loaded: LoadedClip,
    settings: CaptureSettings,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Done:
    """Write the captured track of a clip's video beside it; the clip does not name it yet.

    Raises as :func:`~annotator.core.capture.capture.capture_video`.
    """
    assert loaded.video_path is not None
    target = track_file(loaded)
    if is_captured(target, loaded.video_path.name):
        return Done(loaded.state.clip.id, target.name)
    captured = capture_video(loaded.video_path, settings, cancel=cancel, progress=progress)
    write_captured(captured, target, cancel)
    return Done(loaded.state.clip.id, target.name, len(captured.track), captured.track.invalid_frames)


def capture_dataset(
    dataset: Dataset,
    settings: CaptureSettings,
    *,
    clips: Sequence[str] | None = None,
    jobs: int = 1,
    cluster: str = "",
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Capture all clips of a dataset that have no track; one that cannot be captured stops no other.

    Parameters
    ----------
    dataset : Dataset
        Each clip's words and files are written as they are finished.
    settings : CaptureSettings
        How each video is captured.
    clips : sequence of str, optional
        Only these.
    jobs : int
        Videos at once.
    cluster : str
        Empty for threads here; ``local`` for Dask's cluster of this machine, or the address of a scheduler
        whose workers see the same folder.
    cancel, progress
        Looked at all the time; told of clips.

    Raises
    ------
    CaptureError
        MediaPipe is missing, or Dask where it is asked for.
    ~viewer.core.errors.Cancelled
        What was finished stays.
    """
    find_packages()
    settings.check()
    cancel = cancel or CancelToken()
    waiting = clips_to_capture(dataset)
    if clips is not None:
        waiting = [id for id in waiting if id in set(clips)]
    captured: list[Done] = []
    failed: list[Done] = []
    progress(0, len(waiting), "capturing")
    finished = (
        _on_cluster(dataset, waiting, settings, jobs, cluster, cancel)
        if cluster
        else _here(dataset, waiting, settings, jobs, cancel)
    )
    for count, done in enumerate(finished, start=1):
        (failed if done.why else captured).append(done)
        progress(count, len(waiting), done.clip)
    cancel.check()
    order = {id: at for at, id in enumerate(waiting)}
    for found in (captured, failed):
        found.sort(key=lambda done: order[done.clip])
    return Report(tuple(captured), tuple(failed), len(dataset.clips) - len(waiting))


def _here(
    dataset: Dataset, waiting: Sequence[str], settings: CaptureSettings, jobs: int, cancel: CancelToken
) -> Iterator[Done]:
    """Each video has a process of its own; a thread waits for it."""
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        running = [pool.submit(_one, dataset, id, settings, cancel) for id in waiting]
        try:
            for future in as_completed(running):
                done = future.result()
                if done is not None:
                    yield done
        except BaseException:
            cancel.cancel()
            raise


def _one(dataset: Dataset, id: str, settings: CaptureSettings, cancel: CancelToken) -> Done | None:
    """None where it was cancelled."""
    try:
        cancel.check()
        return capture_clip(dataset, id, settings, cancel)
    except Cancelled:
        return None
    except StudioError as fault:
        return Done(id, why=fault.line())
    except OSError as error:
        return Done(id, why=f"its files cannot be written ({error.strerror}) – free some space, then go on")
    except Exception as fault:  # whatever it is, the clip is named and the others go on
        log.exception("The clip %s could not be captured", id)
        return Done(id, why=f"it could not be captured ({type(fault).__name__}) – try it alone")


@lru_cache(maxsize=1)
def _dataset_of(_run: str, root: str, annotator_id: str) -> Dataset:
    """Opened once in a run: listing thousands of clips for each of them would take longer than capturing."""
    return Dataset.open(Path(root), annotator_id)


def _on_worker(run: str, root: str, annotator_id: str, id: str, settings: CaptureSettings) -> Done | None:
    try:
        dataset = _dataset_of(run, root, annotator_id)
    except StudioError as fault:
        return Done(id, why=fault.line())
    return _one(dataset, id, settings, CancelToken())


def _on_cluster(
    dataset: Dataset,
    waiting: Sequence[str],
    settings: CaptureSettings,
    jobs: int,
    address: str,
    cancel: CancelToken,
) -> Iterator[Done]:
    with _client(address, jobs) as client:
        where = uuid.uuid4().hex, str(dataset.root.resolve()), dataset.annotator_id
        running = [client.submit(_on_worker, *where, id, settings, pure=False) for id in waiting]
        stop = _when_cancelled(cancel, lambda: client.cancel(running))
        try:
            from distributed import as_completed as completed

            for future in completed(running):
                if cancel.cancelled or future.cancelled():
                    return
                if future.status == "error":
                    lost = waiting[running.index(future)]
                    yield Done(lost, why=f"its worker ended ({future.exception()}) – run it again")
                elif (done := future.result()) is not None:
                    yield done
        finally:
            stop()


@contextmanager
def _client(address: str, jobs: int) -> Iterator[Any]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise CaptureError(_CLUSTER, "pip install distributed, or leave --cluster out") from None
    if address != LOCAL:
        try:
            with Client(address, timeout="20s") as client:
                yield client
        except OSError:
            raise CaptureError(
                f"there is no scheduler at {address}", "check the address, or use --cluster local"
            ) from None
        return
    with (
        LocalCluster(n_workers=max(1, jobs), threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _when_cancelled(cancel: CancelToken, do: Callable[[], Any]) -> Callable[[], None]:
    """Do something as soon as the work is cancelled; what comes back ends the watch."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            if cancel.cancelled:
                do()
                return

    threading.Thread(target=watch, daemon=True).start()
    return over.set


def usual_jobs() -> int:
    """Videos at once where nobody says: each keeps about two processors busy."""
    return max(1, (os.cpu_count() or 2) // 2)
