"""Which face model a dataset is shown with, and pictures of the models a person knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from annotator.session.jobs import Job
from annotator.session.messages import Message, explain
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.face_model import FaceModel
from viewer.core.models import load_face_model
from viewer.core.progress import Progress

DEFAULT = ""
"""The path that stands for the default head."""

PREVIEW = 320
RECENT = 8
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LoadedModel:
    """A model read from ``path`` and its picture at rest (H, W, 3)."""

    path: str
    model: FaceModel
    picture: Picture


class FaceModelsController(QObject):
    """Remembers the choice of each dataset; keeps the pictures of models in memory."""

    model_changed = Signal(object)
    """Another face model is shown."""

    failed = Signal(str)
    """Not even the default head could be read; why, in one line, while there is no face to show."""

    pictured = Signal(str)
    """There is a picture of the model at this path now."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._pictures: dict[tuple[str, int, str], Picture] = {}
        self._drawing: Job | None = None
        self.model: FaceModel | None = None
        """The face shown now; None until the first one is loaded."""
        self._shown_path = DEFAULT
        session.clips_changed.connect(self._follow_dataset)

    # ---- what is shown -------------------------------------------------------------------

    def show(self, path: str) -> None:
        """Load the face model at ``path`` (empty: the default head) and show it; the old one stays
        until the new one is there, and stays when it is broken.  The newest request wins."""
        self._shown_path = path

        def work(token: CancelToken, progress: Progress) -> FaceModel:
            progress(0, 0, "Loading the face model")
            return load_face_model(path or None, cancel=token)

        def done(model: FaceModel) -> None:
            self.use(path, model)
            self._session.cause_over.emit("face model")
            for note in model.notes:
                self._session.show_message(Message(note))

        def failed(fault: Exception) -> None:
            self._session.show_error(fault, "face model")
            if self.model is not None:
                return
            if path:
                self.show(DEFAULT)
            else:
                self.failed.emit(explain(fault).line())

        self._session.jobs.run(
            "Load the face model", work, done=done, failed=failed, valid=lambda: self._shown_path == path
        )

    def use(self, path: str, model: FaceModel) -> None:
        """Show a face model that was read from ``path``."""
        self.model, self._shown_path = model, path
        self.model_changed.emit(model)

    def _follow_dataset(self) -> None:
        """Each dataset is shown with the face that was chosen for it."""
        if self.wanted != self._shown_path:
            self.show(self.wanted)

    # ---- the choice ----------------------------------------------------------------------

    @property
    def wanted(self) -> str:
        """The path of the model for what is open: the dataset's own choice, else the usual one."""
        settings = self._session.settings
        return settings.face_models.get(self._dataset, settings.face_model)

    @property
    def known(self) -> tuple[str, ...]:
        """The default head, and the models used lately."""
        settings = self._session.settings
        return tuple(dict.fromkeys((DEFAULT, self.wanted, settings.face_model, *settings.recent_models)))

    @property
    def has_dataset(self) -> bool:
        """Whether a dataset is open for which a choice can be remembered."""
        return bool(self._dataset)

    def choose(self, path: str, everywhere: bool = False) -> None:
        """Remember ``path`` for the open dataset; ``everywhere`` makes it the usual one as well.
        Without a dataset it becomes the usual one."""
        settings = self._session.settings
        if self._dataset:
            settings.face_models[self._dataset] = path
        if everywhere or not self._dataset:
            settings.face_model = path
        if path:
            settings.recent_models = [path, *(p for p in settings.recent_models if p != path)][:RECENT]
        self._session.save_settings()

    @property
    def _dataset(self) -> str:
        library = self._session.library
        return "" if library is None else str(library.root.resolve())

    # ---- reading -------------------------------------------------------------------------

    def load(
        self, path: str, done: Callable[[LoadedModel], None], failed: Callable[[Exception], None]
    ) -> Job:
        """Read a model and draw it at rest, as a job with progress."""
        theme = self._session.palette

        def work(token: CancelToken, progress: Progress) -> LoadedModel:
            from viewer.face_renderer import render_still  # loads VTK

            name = Path(path).name or "the default head"
            progress(0, 0, f"Loading {name}")
            model = load_face_model(
                path or None, token, lambda n, of, text: progress(n, of, f"{name}: {text}")
            )
            token.check()
            rest = np.zeros(CHANNEL_COUNT, np.float32)
            return LoadedModel(path, model, render_still(model, rest, (PREVIEW, PREVIEW), theme=theme))

        def loaded(found: LoadedModel) -> None:
            self._keep(found)
            done(found)

        return self._session.jobs.run(
            f"Load {Path(path).name or 'the default head'}", work, done=loaded, failed=failed
        )

    def picture(self, path: str) -> Picture | None:
        """The model's picture, if it was drawn since its file changed."""
        return self._pictures.get(self._key(path))

    def draw_pictures(self) -> None:
        """Draw the known models that have no picture yet, one after the other, in the background;
        one that cannot be read gets none, and says why when it is chosen."""
        lacking = [path for path in self.known if self.picture(path) is None]
        if self._drawing is None and lacking:
            self._draw_next(lacking)

    def stop_drawing(self) -> None:
        """Give up the pictures that are not drawn yet; harmless when none is."""
        job, self._drawing = self._drawing, None
        if job is not None:
            job.cancel()

    def _draw_next(self, paths: list[str]) -> None:
        if not paths:
            self._drawing = None
            return
        path, *rest = paths
        job = self.load(path, lambda _found: None, lambda _fault: None)
        self._drawing = job
        job.ended.connect(lambda: self._draw_next(rest) if self._drawing is job else None)

    def _keep(self, found: LoadedModel) -> None:
        self._pictures[self._key(found.path)] = found.picture
        self.pictured.emit(found.path)

    def _key(self, path: str) -> tuple[str, int, str]:
        try:
            changed = Path(path).stat().st_mtime_ns if path else 0
        except OSError:
            changed = -1
        return path, changed, self._session.palette.name
