"""Every dialog of the studio, one after the other, on the clip that is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QApplication, QDialog

from annotator.generation.explanation_view import ExplanationDialog
from annotator.generation.profiles_dialog import ProfilesDialog
from annotator.takes.rename_dialog import RenameDialog
from annotator.window.keys_dialog import KeysDialog
from tests.e2e.window_parts import Person

BY_ACTION = {
    "dataset_settings": "DatasetDialog",
    "restore_backup": "BackupsDialog",
    "export": "ExportDialog",
    "shift_marks": "ShiftDialog",
    "describe_dataset": "DescribeDialog",
    "generate_dataset": "BatchDialog",
    "vote": "VoteDialog",
    "report": "ReportDialog",
    "choose_face": "FaceModelsDialog",
    "shape_sheet": "ShapeSheetDialog",
    "palette": "CommandPalette",
    "show_log": "LogDialog",
}


def _made(person: Person) -> dict[str, Callable[[], QDialog]]:
    """Those that a window waits for; here they must not."""
    window, session, studio = person.window, person.session, person.studio
    answers = studio.performance.answers()
    return {
        "KeysDialog": lambda: KeysDialog({}, {1: session.vocabulary[0]}, window),
        "ProfilesDialog": lambda: ProfilesDialog(session, studio.models, window),
        "RenameDialog": lambda: RenameDialog(studio.takes, person.take, window),
        "ExplanationDialog": lambda: ExplanationDialog(answers, 0, session.palette, True, window),
    }


def _kinds() -> set[str]:
    """The names of all dialogs there are, once they have been imported."""
    kinds: set[type[QDialog]] = set(QDialog.__subclasses__())
    return {kind.__name__ for kind in kinds if kind.__module__.startswith("annotator.")}


def every_dialog(person: Person) -> Iterator[QDialog]:
    """Open each, wait until it shows what it has to read, and close it afterwards.  The open clip needs
    a keyframe and an active take."""
    seen = set()

    def shown() -> list[QDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]

    def closed(dialog: QDialog) -> None:
        person.wait(lambda: not person.session.jobs.running)
        seen.add(type(dialog).__name__)
        dialog.reject()
        person.wait(lambda: not shown())

    for id, name in BY_ACTION.items():
        person.window.actions_by_id[id].trigger()
        person.wait(shown)
        person.wait(lambda: not person.session.jobs.running)
        (dialog,) = shown()
        assert type(dialog).__name__ == name
        yield dialog
        closed(dialog)
    for make in _made(person).values():
        dialog = make()
        dialog.open()
        yield dialog
        closed(dialog)
        if person.session.current is not None:
            dialog.deleteLater()
    assert seen == _kinds()
