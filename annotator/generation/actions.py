"""Asking models for takes."""

from __future__ import annotations

from annotator.generation.controller import GenerationController
from annotator.generation.dataset_batch import DatasetBatchController
from annotator.generation.generate_panel import GeneratePanel
from annotator.generation.models import ModelsController
from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.takes.performance import PerformanceController
from annotator.widgets.host import Host


class GenerationCommands:
    """What a person can ask of models."""

    def __init__(
        self,
        session: Session,
        models: ModelsController,
        generation: GenerationController,
        batch: DatasetBatchController,
        performance: PerformanceController,
        panel: GeneratePanel,
        host: Host,
    ) -> None:
        self.session, self._models, self.generation, self.batch = session, models, generation, batch
        self.performance, self._panel, self._host = performance, panel, host

    def generate(self) -> None:
        """Show the generate tab and generate what is written there."""
        self._host.show_tab("generate")
        self._panel.generate()

    def generate_dataset(self) -> None:
        """Open the dialog that generates takes for many clips."""
        from annotator.generation.batch_dialog import BatchDialog

        self._host.commit_pending_edits()
        self._host.open_dialog(BatchDialog(self.session, self._models, self.batch, self._host.widget()))

    def edit_profiles(self) -> None:
        """Open the dialog of the models and their profiles."""
        self._panel.model_chooser.edit_profiles()

    def show_performance(self) -> None:
        """Show the keys, strengths and layers of the active take."""
        self._host.show_tab("generate")
        self._panel.show_performance(True)


_IDLE = Condition[GenerationCommands](
    lambda on: not on.generation.running,
    "A take is being generated",
    "wait for it, or cancel it with {stop_generating}",
)

ACTIONS: tuple[Action[GenerationCommands], ...] = (
    Action(
        "show_performance",
        "Performance of the take",
        "Go",
        ("Shift+F8",),
        GenerationCommands.show_performance,
    ),
    Action(
        "generate", "Generate a take", "Model", ("Ctrl+G",), GenerationCommands.generate, (CLIP_OPEN, _IDLE)
    ),
    Action(
        "generate_dataset",
        "Generate for the dataset…",
        "Model",
        ("Ctrl+Shift+G",),
        GenerationCommands.generate_dataset,
        (
            Condition(
                lambda on: on.batch.dataset is not None, "No dataset is open", "open one with {open_folder}"
            ),
        ),
    ),
    Action("edit_profiles", "Model profiles…", "Model", (), GenerationCommands.edit_profiles),
    Action(
        "regenerate_key",
        "Generate this key of the take again",
        "Model",
        ("R",),
        lambda on: on.generation.regenerate(on.performance.key),
        (
            CLIP_OPEN,
            Condition(
                lambda on: on.performance.key >= 0,
                "The playhead is on no key of the take",
                "go to one with {previous_take_key} or {next_take_key}",
            ),
            _IDLE,
        ),
    ),
)
