"""The camera that is open in the window: what it sees, and recording it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from annotator.core.capture.camera import CameraRun, CameraSource, Recorded, cameras, may_have_camera
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import ClipEntry, Dataset
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress
from viewer.video_decoder import image_of

WATCHING = "Watch the camera"


class CameraController(QObject):
    """Watches one camera at a time.

    ``listed`` brings the cameras there are, ``seen`` a picture (as many as can be shown), ``ended`` why a
    camera is watched no longer (empty: it was closed), ``recorded`` the :class:`Recorded` film, ``failed``
    the words of a recording that is lost.
    """

    listed = Signal(object)
    seen = Signal(QImage)
    ended = Signal(str)
    recorded = Signal(object)
    failed = Signal(str)
    _arrived = Signal(QImage)
    _finished = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: Job | None = None
        self._run: CameraRun | None = None
        self._showing = False
        self.find: Callable[[], list[CameraSource]] = cameras
        """What there is to be watched."""
        self._arrived.connect(self._show)
        self._finished.connect(self._take_film)

    @property
    def possible(self) -> bool:
        """Whether there may be a camera."""
        return self.find is not cameras or may_have_camera()

    @property
    def dropped(self) -> int:
        """How many frames of the recording under way could not be written in time."""
        return 0 if self._run is None else self._run.dropped

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset, to which a recording may be added."""
        library = self._session.library
        return library if isinstance(library, Dataset) else None

    def look_for_cameras(self) -> None:
        """Find out which cameras there are; ``listed`` brings them."""
        find = self.find
        self._session.jobs.run(
            "Look for cameras",
            lambda _token, _progress: find(),
            done=self.listed.emit,
            failed=self._session.show_error,
        )

    def watch(self, source: CameraSource) -> None:
        """Watch this camera, and no other one."""
        self.close()
        run = self._run = CameraRun(source, self._hand_on, self._finished.emit)
        self._showing = False

        def work(token: CancelToken, _progress: Progress) -> None:
            run.run(token)

        def over(why: str) -> None:
            if self._run is run:
                self._run = self._job = None
                self.ended.emit(why)

        job = self._job = self._session.jobs.run(
            WATCHING,
            work,
            done=lambda _nothing: over("The camera gives no more pictures"),
            failed=lambda fault: over(fault.line() if isinstance(fault, StudioError) else str(fault)),
        )
        job.cancelled.connect(lambda: over(""))

    def record(self, path: Path) -> None:
        """Record what is seen from now on; ``recorded`` or ``failed`` follows when it ends."""
        if self._run is not None:
            self._run.record(path)

    def stop(self) -> None:
        """End the recording."""
        if self._run is not None:
            self._run.stop()

    def close(self) -> None:
        """Watch no longer; a recording under way is finished."""
        job, self._job, self._run = self._job, None, None
        if job is not None:
            job.cancel()

    def use(self, film: Recorded, *, add: bool) -> None:
        """Open a film, as a new clip of the open dataset where it is to be added."""
        session, dataset = self._session, self.dataset
        text = f"Recorded {film.frames} frames in {film.seconds:.1f} s"
        if film.dropped:
            text += f", {film.dropped} dropped"
        session.show_message(Message(text, str(film.path), "warning" if film.dropped else "success"))
        if dataset is None or not add:
            session.open_path(film.path)
            return

        def work(token: CancelToken, progress: Progress) -> ClipEntry:
            return add_clip(dataset, film.path, cancel=token, progress=progress)

        def added(entry: ClipEntry) -> None:
            session.clips_changed.emit()
            session.open_clip(entry.id)

        session.jobs.run("Add a clip", work, done=added, failed=session.show_error)

    def _hand_on(self, pixels: object) -> None:
        """In the camera's thread.  What comes while a picture is being shown is recorded, not shown."""
        if not self._showing:
            self._showing = True
            self._arrived.emit(image_of(pixels))  # type: ignore[arg-type]

    def _show(self, image: QImage) -> None:
        self._showing = False
        if self._run is not None:
            self.seen.emit(image)

    def _take_film(self, found: Recorded | StudioError) -> None:
        if isinstance(found, StudioError):
            self.failed.emit(found.line())
        else:
            self.recorded.emit(found)


def free_film(folder: Path) -> Path:
    """The name of a new film in ``folder``, by the time it is."""
    stem = f"recording {datetime.now():%Y-%m-%d %H-%M-%S}"
    path, number = folder / f"{stem}.mp4", 2
    while path.exists():
        path, number = folder / f"{stem} {number}.mp4", number + 1
    return path
