"""Makes the session and the controllers of all features: the only place that knows all of them."""

from __future__ import annotations

from annotator.agreement.controller import AgreementController
from annotator.capture.camera_controller import CameraController
from annotator.capture.controller import CaptureController
from annotator.capture.landmarks import LandmarksController
from annotator.clips.controller import ClipsController
from annotator.comparison.controller import ComparisonController
from annotator.description.controller import DescriptionController
from annotator.faces.face_models import FaceModelsController
from annotator.generation.controller import GenerationController
from annotator.generation.dataset_batch import DatasetBatchController
from annotator.generation.models import ModelsController
from annotator.importing.controller import ImportController
from annotator.interchange.controller import InterchangeController
from annotator.keyframes.controller import KeyframesController
from annotator.session.session import Session
from annotator.session.settings import Settings
from annotator.suggestions.controller import SuggestionsController
from annotator.sync.controller import SyncController
from annotator.takes.controller import TakesController
from annotator.takes.performance import PerformanceController
from viewer.palette import DARK, Palette


class Studio:
    """One session with everything that works on it, without a window.

    Controllers listen to the session and to each other in the order in which they are made here:
    when the window hears of a change, the takes have followed it already."""

    def __init__(self, settings: Settings, palette: Palette = DARK) -> None:
        session = self.session = Session(settings, palette)
        self.takes = TakesController(session)
        self.performance = PerformanceController(session, self.takes)
        self.keyframes = KeyframesController(session)
        self.models = ModelsController(session)
        self.generation = GenerationController(session, self.models, self.takes, self.performance)
        self.batch = DatasetBatchController(session, self.models, self.takes)
        self.description = DescriptionController(session, self.models, self.keyframes, self.takes)
        self.comparison = ComparisonController(session, self.takes)
        self.clips = ClipsController(session)
        self.agreement = AgreementController(session)
        self.importing = ImportController(session)
        self.interchange = InterchangeController(session)
        self.capture = CaptureController(session)
        self.landmarks = LandmarksController(session)
        self.camera = CameraController(session)
        self.face_models = FaceModelsController(session)
        self.sync = SyncController(session)
        self.suggestions = SuggestionsController(session, self.keyframes)

    def shut_down(self) -> None:
        """Save everything and end all threads; called once."""
        self.session.shut_down()
        self.models.shut_down()
