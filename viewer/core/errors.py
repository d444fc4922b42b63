"""Faults a person can act on.  Every one says what happened, to which file, and what to do."""

from __future__ import annotations

from pathlib import Path


class StudioError(Exception):
    """A fault the user can do something about.

    ``what`` is what happened, ``todo`` what to do next, ``path`` the file concerned, if any.
    ``str(error)`` is one line without a line break.
    """

    def __init__(self, what: str, todo: str, path: Path | str | None = None) -> None:
        self.what = " ".join(what.split())
        self.todo = " ".join(todo.split())
        self.path = None if path is None else Path(path)
        super().__init__(self.line())

    def line(self) -> str:
        """One line: ``what: file – what to do``."""
        where = "" if self.path is None else f"{name_of(self.path)}: "
        return f"{where}{self.what} – {self.todo}"


def name_of(path: Path) -> str:
    """How a file is named to people: by its last part, or whole where it has none, as ``/``."""
    return path.name or str(path)


class FileError(StudioError):
    """A file is missing, empty, unreadable or too large."""


class TrackError(StudioError):
    """A file is no track we read, or its contents contradict its format."""


class VideoError(StudioError):
    """A video cannot be opened, or a frame of it cannot be decoded exactly."""


class FaceModelError(StudioError):
    """A face model cannot be read."""


class DrawingError(StudioError):
    """Faces cannot be drawn on this machine."""


class DatasetError(StudioError):
    """A dataset, a clip or an annotation file is broken."""


class EditError(StudioError):
    """An edit does not fit the document it is applied to."""


class GenerationError(StudioError):
    """A generation model could not answer, or its answer could not be used."""


class ExportError(StudioError):
    """An export could not be written."""


class Cancelled(Exception):  # noqa: N818 - being asked to stop is no error
    """The user cancelled the work."""
