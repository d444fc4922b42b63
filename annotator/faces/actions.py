"""Ways of looking at the faces, and which face model is shown."""

from __future__ import annotations

from annotator.faces.controller import FacesController
from annotator.faces.face_models import FaceModelsController
from annotator.faces.faces_grid import FacesGrid
from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.widgets.host import Host, start_folder


class FacesCommands:
    """What a person can do with the faces."""

    def __init__(
        self,
        session: Session,
        takes: TakesController,
        faces: FacesController,
        face_models: FaceModelsController,
        grid: FacesGrid,
        host: Host,
    ) -> None:
        self.session, self.takes, self.faces = session, takes, faces
        self.face_models, self._grid, self._host = face_models, grid, host

    def choose_face(self, path: str = "") -> None:
        """Open the picker; ``path`` is tried at once."""
        from annotator.faces.face_models_dialog import FaceModelsDialog

        dialog = FaceModelsDialog(self.face_models, start_folder(self.session.settings), self._host.widget())
        dialog.model_chosen.connect(self.face_models.use)
        if path:
            dialog.choose(path)
        self._host.open_dialog(dialog)

    def shape_sheet(self) -> None:
        """Open the sheet of all shapes of the face model; does nothing while none is loaded."""
        from annotator.faces.shape_sheet_dialog import ShapeSheetDialog  # loads VTK

        model = self.face_models.model
        if model is not None:
            self._host.open_dialog(
                ShapeSheetDialog(
                    self.session, model, start_folder(self.session.settings), self._host.widget()
                )
            )

    def link_cameras(self) -> None:
        """Let the other faces follow the one that is turned, or no longer; the message says which."""
        settings = self.session.settings
        settings.linked_cameras = not settings.linked_cameras
        words = "linked" if settings.linked_cameras else "free"
        self.session.show_message(Message(f"The cameras of the faces are {words}"))

    def enlarge(self) -> None:
        """Give the active take's face, or the only one there is, all the room; or end that."""
        self._grid.enlarge(self.faces.active_frame())


_HEAT = Condition[FacesCommands](
    lambda on: on.faces.heat or on.faces.comparable,
    "A heatmap needs a recording and a take, or two takes",
    "open a clip with a track and generate a take",
)
_ONION = Condition[FacesCommands](
    lambda on: on.faces.onion or on.faces.comparable,
    "Onion skin needs a recording and a take, or two takes",
    "open a clip with a track and generate a take",
)
_SWAP_TAKE = Condition[FacesCommands](
    lambda on: on.takes.active is not None, "There is no take to swap with", "generate one with {generate}"
)
_SWAP_RECORDING = Condition[FacesCommands](
    lambda on: on.session.current is not None and on.session.current.recording is not None,
    "There is no recording to swap with",
    "choose a track with {import_track}, or step through the takes with {next_take}",
)

ACTIONS: tuple[Action[FacesCommands], ...] = (
    Action("choose_face", "Choose face model…", "File", (), lambda on: on.choose_face()),
    Action(
        "shape_sheet",
        "Shape sheet…",
        "File",
        (),
        FacesCommands.shape_sheet,
        (
            Condition(
                lambda on: on.face_models.model is not None,
                "The face model is still loading",
                "try again in a moment",
            ),
        ),
    ),
    Action(
        "heatmap",
        "Heatmap of the take's difference",
        "View",
        ("H",),
        lambda on: on.faces.toggle_heat(),
        (_HEAT,),
    ),
    Action(
        "heat_range",
        "Range of the heatmap: 2, 5, 10, 20 mm, automatic",
        "View",
        ("Shift+H",),
        lambda on: on.faces.next_heat_range(),
    ),
    Action(
        "onion",
        "Onion skin: the recording laid over the takes",
        "View",
        ("N",),
        lambda on: on.faces.toggle_onion(),
        (_ONION,),
    ),
    Action(
        "swap_faces",
        "Take or recording on the first face (hold or tap)",
        "View",
        ("B",),
        lambda on: on.faces.toggle_swap(),
        (CLIP_OPEN, _SWAP_TAKE, _SWAP_RECORDING),
    ),
    Action("wireframe", "Wireframe", "View", ("G",), lambda on: on.faces.toggle_wireframe()),
    Action(
        "enlarge_face", "Maximise the face, or show all faces again", "View", ("Z",), FacesCommands.enlarge
    ),
    Action(
        "next_view",
        "Faces from the front, three quarters, the side",
        "View",
        ("V",),
        lambda on: on.faces.next_view(),
    ),
    Action(
        "reset_view",
        "Faces from the front, the whole head",
        "View",
        ("Shift+V",),
        lambda on: on.faces.reset_view(),
    ),
    Action("link_cameras", "Link the cameras of the faces", "View", ("Ctrl+L",), FacesCommands.link_cameras),
)
