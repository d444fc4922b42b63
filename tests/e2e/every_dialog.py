"""Every dialog of the studio, one after the other, on the clip that is open."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog
from shiboken6 import isValid

import annotator
from annotator.capture.camera_dialog import CameraDialog
from annotator.capture.capture_dialog import CaptureDialog
from annotator.clips.order_dialog import OrderDialog
from annotator.clips.versions import VersionsController
from annotator.clips.versions_dialog import ClashCard, OtherCard, VersionsDialog
from annotator.core.findings import Finding
from annotator.core.importing.plan import Plan
from annotator.core.importing.tables import Table
from annotator.core.storage.clashes import keep_undecided
from annotator.core.storage.merge_rules import ANNOTATION_PART, CLIP_PART, PartClash
from annotator.generation.explanation_view import ExplanationDialog
from annotator.generation.plain_http_question import PlainHttpQuestion
from annotator.generation.profiles_dialog import ProfilesDialog
from annotator.importing.import_dialog import ImportDialog
from annotator.importing.scripts_dialog import ScriptsDialog
from annotator.importing.track_question import TrackQuestion
from annotator.interchange.import_dialog import ImportAnnotationsDialog
from annotator.sync.estimate_dialog import EstimateDialog
from annotator.takes.rename_dialog import RenameDialog
from annotator.widgets.findings_dialog import FindingsDialog
from annotator.window.keys_dialog import KeysDialog
from annotator.window.unsaved_dialog import UnsavedDialog
from tests.e2e.window_parts import Person
from tests.present import present

ODD = "<b>words</b> of <i>somebody</i> & co"
"""What files and servers call things in the dialogs that are made here."""

BY_ACTION = {
    "dataset_settings": "DatasetDialog",
    "media_roots": "MediaRootsDialog",
    "agreement": "AgreementDialog",
    "restore_backup": "BackupsDialog",
    "export": "ExportDialog",
    "export_annotations": "ExportAnnotationsDialog",
    "shift_marks": "ShiftDialog",
    "describe_dataset": "DescribeDialog",
    "generate_dataset": "BatchDialog",
    "vote": "VoteDialog",
    "report": "ReportDialog",
    "choose_face": "FaceModelsDialog",
    "shape_sheet": "ShapeSheetDialog",
    "palette": "CommandPalette",
    "go_to": "GoToField",
    "choose_label": "LabelPalette",
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
        "OrderDialog": lambda: OrderDialog(ODD, {"arkit": (ODD,), "mediapipe": ()}, None, window),
        "FindingsDialog": lambda: FindingsDialog(
            ODD,
            ODD,
            [Finding(level, ODD, ODD, ODD) for level in ("note", "warning", "error")],
            session.palette,
            window,
        ),
        "ImportDialog": lambda: ImportDialog(
            session, studio.importing, present(session.library).root, window
        ),
        "ImportAnnotationsDialog": lambda: ImportAnnotationsDialog(
            session, studio.interchange, _foreign(person), window
        ),
        "ScriptsDialog": lambda: ScriptsDialog(session, _table(), Plan(Path(ODD), (), (), (), {}), window),
        "EstimateDialog": lambda: EstimateDialog(session, studio.sync, window),
        "CaptureDialog": lambda: CaptureDialog(session, studio.capture, window),
        "CameraDialog": lambda: CameraDialog(session, studio.camera, window),
        "TrackQuestion": lambda: TrackQuestion(Path(ODD), ODD, window),
        "VersionsDialog": lambda: _two_versions(person),
        "UnsavedDialog": lambda: UnsavedDialog(session, lambda: None, window),
        "PlainHttpQuestion": lambda: PlainHttpQuestion(ODD, lambda: None, window),
    }


def _foreign(person: Person) -> Path:
    """A file of another tool in which every tier and text would be markup."""
    path = person.clip.loaded.place.root / "foreign.csv"
    path.write_text(f"clip,annotator,kind,start,end,label\n{ODD},{ODD},{ODD},1,2,{ODD}\n", "utf-8")
    return path


def _table() -> Table:
    """A table of which every name and cell would be markup."""
    return Table(Path(ODD), ("id", ODD), ((ODD, ODD),), {})


def _two_versions(person: Person) -> VersionsDialog:
    """The choice between versions, with parts of both kinds of file and a whole second annotation file."""
    place = person.clip.loaded.place
    described = ("keyframes", person.keyframes[0].id, "description")
    keep_undecided(
        place,
        [
            PartClash(ANNOTATION_PART, described, "", ODD),
            PartClash(CLIP_PART, ("script",), "", ODD),
        ],
    )
    person.wait_until_saved()
    file = place.annotation_file
    shutil.copyfile(file, file.with_name(f"{file.stem}.conflict-20260102-030405.json"))
    dialog = VersionsDialog(person.session, VersionsController(person.session), person.window)
    assert {type(card) for card in dialog.cards} == {ClashCard, OtherCard}
    return dialog


def _kinds() -> set[str]:
    """The names of all dialogs of the product, whether a test has met them yet or not."""
    for module in pkgutil.walk_packages(annotator.__path__, "annotator."):
        importlib.import_module(module.name)
    kinds: set[type[QDialog]] = set()
    found: set[type[QDialog]] = {QDialog}
    while found:
        found = {kind for each in found for kind in each.__subclasses__()} - kinds
        kinds |= found
    # Those that others are made from are never shown themselves.
    shown = {kind for kind in kinds if not kind.__subclasses__()}
    return {kind.__name__ for kind in shown if kind.__module__.startswith("annotator.")}


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
        person.wait(lambda: not person.session.jobs.running)
        yield dialog
        closed(dialog)
        if isValid(dialog):
            dialog.deleteLater()
    assert seen == _kinds(), seen ^ _kinds()
