"""The window: where everything lies."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QMainWindow, QToolButton, QWidget

from annotator.agreement import actions as agreement
from annotator.capture import actions as capture
from annotator.capture.landmark_layer import LandmarkLayer
from annotator.clips import actions as clips
from annotator.clips.actions import ClipsCommands
from annotator.clips.clips_panel import ClipsPanel
from annotator.clips.story_panel import StoryPanel
from annotator.comparison import actions as comparison
from annotator.comparison.comparison_panel import ComparisonPanel
from annotator.description import actions as description
from annotator.description.perspectives_view import PerspectivesView
from annotator.export import actions as export
from annotator.faces import actions as faces
from annotator.faces.faces_grid import FacesGrid
from annotator.generation import actions as generation
from annotator.generation.actions import GenerationCommands
from annotator.generation.generate_panel import GeneratePanel
from annotator.generation.performance_view import PerformanceView
from annotator.importing import actions as importing
from annotator.importing.actions import ImportingCommands
from annotator.interchange import actions as interchange
from annotator.keyframes import actions as keyframes
from annotator.keyframes.channels_panel import ChannelsPanel
from annotator.keyframes.keyframe_panel import KeyframePanel
from annotator.keyframes.marks_panel import MarksPanel
from annotator.session import actions as playing
from annotator.session.actions import SessionCommands
from annotator.session.garbage import MainThreadCollector
from annotator.session.messages import Message
from annotator.session.settings import Settings, settings_message
from annotator.studio import Studio
from annotator.suggestions import actions as suggestions
from annotator.suggestions.ghost_lane import GhostLane
from annotator.sync import actions as sync
from annotator.sync.in_step_lane import InStepLane
from annotator.sync.step_bar import StepBar
from annotator.takes import actions as takes
from annotator.takes.controller import MOST_FACES
from annotator.takes.takes_panel import TakesPanel
from annotator.widgets.action_button import stand_for
from annotator.widgets.fields import leave, typing_in_field
from annotator.widgets.pane_frame import PaneFrame
from annotator.widgets.plain_label import window_title
from annotator.widgets.theme import apply_palette, choose_palette, wear_style
from annotator.window import commands
from annotator.window.action_needs import follow_needs
from annotator.window.actions import ActionTable, named_commands
from annotator.window.arrangement import Arrangement, decoded
from annotator.window.banner import Banner
from annotator.window.commands import WindowCommands
from annotator.window.dropping import Dropping
from annotator.window.first_steps import FirstSteps
from annotator.window.keys_dialog import KeysDialog
from annotator.window.menus import BAR_AT_THE_TOP, make_menu_bar
from annotator.window.news_line import FADING
from annotator.window.pages import Pages, Slot
from annotator.window.parts import Parts
from annotator.window.presenter import Presenter
from annotator.window.recent_menu import RecentMenu
from annotator.window.start_page import StartPage
from annotator.window.status_bar import StatusBar
from annotator.window.timeline_menu import open_menu
from annotator.window.top_bar import TopBar
from viewer.core.camera import CameraView
from viewer.core.face_model import FaceModel
from viewer.core.resources import resource
from viewer.face_pane import FacePane
from viewer.overview_legend import OverviewLegend
from viewer.timeline.channel_picker import ChannelPicker
from viewer.timeline.view import TimelineView
from viewer.transport_bar import TransportBar
from viewer.video_pane import VideoPane


class StudioWindow(QMainWindow):
    """One window, one session."""

    def __init__(self, app: QApplication, settings: Settings) -> None:
        super().__init__()
        self._app = app
        self._leaving = False
        wear_style(app)
        self.studio = Studio(settings, choose_palette(app, settings.theme))
        self.session = self.studio.session
        self._make_parts()
        self.presenter = Presenter(
            self.studio,
            self.video_frame,
            self.faces,
            self.recorded_frame,
            self.take_frames,
            self.timeline,
            self.picker,
            self.transport,
            self.channels_panel,
            self.status_bar,
        )
        self._make_actions()
        self._lay_out()
        self._connect()
        self.set_theme(settings.theme)
        self.setWindowTitle("KeyframeFace Studio")
        self.setWindowIcon(QIcon(str(resource("icons", "app.svg"))))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(1000, 680))
        self.resize(1440, 900)
        self._restore()
        self.setFocus()
        self._collector = MainThreadCollector(self)
        self._collector.start()
        self.studio.face_models.show(settings.face_model)
        told = settings_message(settings)
        if told is not None:
            self.session.show_message(told)

    # ---- building ------------------------------------------------------------------------

    def _make_parts(self) -> None:
        session, studio = self.session, self.studio
        session.keys.show(named_commands(session.settings.keys))
        self.banner = Banner(session.palette, lambda id: self.actions_by_id[id])
        self.clips_panel = ClipsPanel(session)
        video = VideoPane(session.playback.decoder)
        LandmarkLayer(studio.landmarks, video, session.playback.decoder)
        self.video_frame = PaneFrame("Video", video)
        self.recorded_frame = PaneFrame("Recorded", FacePane())
        self.take_frames = tuple(PaneFrame("Take", FacePane()) for _ in range(MOST_FACES))
        self.faces = FacesGrid((self.recorded_frame, *self.take_frames), session.keys)
        self.story_panel = StoryPanel(session)
        self.marks_panel = MarksPanel(session, studio.keyframes)
        self.marks_frame = PaneFrame("Marks", self.marks_panel)
        self.marks_panel.counted.connect(lambda words: self.marks_frame.show_title("Marks", "", words))
        self.keyframe_panel = KeyframePanel(
            session, studio.keyframes, PerspectivesView(session, studio.description)
        )
        self.channels_panel = ChannelsPanel(session, studio.keyframes, studio.takes, studio.performance)
        performance = PerformanceView(session, studio.takes, studio.performance, studio.generation)
        self.generate_panel = GeneratePanel(session, studio.models, studio.generation, performance)
        self.comparison_panel = ComparisonPanel(session, studio.takes, studio.comparison)
        self.takes_panel = TakesPanel(session, studio.takes, self.comparison_panel)
        self.transport = TransportBar(session.keys)
        self.step_bar = StepBar(session, studio.sync)
        self.timeline = TimelineView(InStepLane, GhostLane)
        self.overview_legend = OverviewLegend(self.timeline)
        self.timeline.graph.worded = session.keys.worded
        for button in self.timeline.findChildren(QToolButton):
            session.keys.tip(button, button.toolTip())
        self.picker = ChannelPicker()
        self.status_bar = StatusBar(session)

    def _make_actions(self) -> None:
        session, studio = self.session, self.studio
        self.clips_commands = ClipsCommands(
            session,
            studio.clips,
            self.clips_panel,
            lambda: studio.face_models.model,
            studio.face_models.model_changed,
            self,
        )
        self.importing_commands = ImportingCommands(
            session, studio.importing, self.clips_commands.use_track, self
        )
        self.export_commands = export.ExportCommands(session, studio.takes, self._face_view, self)
        self.description_commands = description.DescriptionCommands(
            session, studio.models, studio.description, studio.keyframes, self
        )
        self.generation_commands = GenerationCommands(
            session,
            studio.models,
            studio.generation,
            studio.batch,
            studio.performance,
            self.generate_panel,
            self,
        )
        self.comparison_commands = comparison.ComparisonCommands(
            session, studio.comparison, lambda: studio.face_models.model, self
        )
        self.faces_commands = faces.FacesCommands(
            session, studio.takes, self.presenter.faces, studio.face_models, self.faces, self
        )
        keyframes_commands = keyframes.KeyframesCommands(
            session, studio.keyframes, studio.performance, self.keyframe_panel, self.channels_panel.rows, self
        )
        self.actions_table = ActionTable(
            self,
            (
                (clips.ACTIONS, self.clips_commands),
                (agreement.ACTIONS, agreement.AgreementCommands(session, studio.agreement, self)),
                (importing.ACTIONS, self.importing_commands),
                (
                    interchange.ACTIONS,
                    interchange.InterchangeCommands(session, studio.interchange, self),
                ),
                (
                    capture.ACTIONS,
                    capture.CaptureCommands(session, studio.capture, studio.landmarks, studio.camera, self),
                ),
                (export.ACTIONS, self.export_commands),
                (keyframes.ACTIONS, keyframes_commands),
                (suggestions.ACTIONS, suggestions.SuggestionsCommands(session, studio.suggestions)),
                (sync.ACTIONS, sync.SyncCommands(session, studio.sync, self)),
                (description.ACTIONS, self.description_commands),
                (playing.ACTIONS, SessionCommands(session)),
                (generation.ACTIONS, self.generation_commands),
                (takes.ACTIONS, takes.TakesCommands(session, studio.takes, studio.performance)),
                (comparison.ACTIONS, self.comparison_commands),
                (faces.ACTIONS, self.faces_commands),
                (commands.ACTIONS, WindowCommands(self)),
            ),
            session,
        )
        self.recent_menu = RecentMenu(session, self)
        if BAR_AT_THE_TOP:
            make_menu_bar(self, self.actions_by_id, self.recent_menu)
        self.top_bar = TopBar(session, studio.keyframes, self.actions_table, self.recent_menu)

    def _lay_out(self) -> None:
        panels = (
            self.story_panel,
            self.keyframe_panel,
            self.channels_panel,
            self.generate_panel,
            self.takes_panel,
        )
        self.arrangement = Arrangement(
            Parts(
                self.top_bar,
                PaneFrame("Clips", self.clips_panel),
                self.video_frame,
                self.faces,
                self.marks_frame,
                panels,
                self.transport,
                self.step_bar,
                self.timeline,
                self.picker,
                *(slots := (Slot(), Slot())),
            ),
            self.session.settings,
        )
        self.tabs = self.arrangement.tabs
        self.start_page = StartPage(self.session, self.actions_table)
        shared = self.banner, self.status_bar
        FirstSteps(self.session, self.actions_table, self.recorded_frame.content)
        self.pages = Pages(self.session, self.start_page, self.arrangement, shared, slots)
        self.setCentralWidget(self.pages)

    def _connect(self) -> None:
        session = self.session
        session.message.connect(self._tell)
        session.cause_over.connect(self.banner.withdraw)
        session.selection_changed.connect(self._follow_selection)
        session.clip_opened.connect(self._clip_opened)
        session.clip_closed.connect(self._update_undo)
        session.history_changed.connect(self._update_undo)
        self.studio.generation.explained.connect(self._explained)
        session.commit_wanted.connect(self.commit_pending_edits)
        session.clip_closing.connect(self.commit_pending_edits)
        self.keyframe_panel.describe_wanted.connect(self.description_commands.describe_dataset)
        self.step_bar.estimate_button.clicked.connect(self.actions_by_id["estimate_offset"].trigger)
        self.takes_panel.export_wanted.connect(self.export_commands.export)
        self.takes_panel.reference_wanted.connect(self.studio.comparison.measure_against)
        self.takes_panel.vote_wanted.connect(self.actions_by_id["vote"].trigger)
        self.takes_panel.report_wanted.connect(self.actions_by_id["report"].trigger)
        self.dropping = Dropping(
            self,
            self.start_page.show_drop,
            self.faces_commands.choose_face,
            self.importing_commands.take_dropped,
        )
        video = self.video_frame.content
        assert isinstance(video, VideoPane)
        video.open_requested.connect(self.clips_commands.open_file)
        video.files_dropped.connect(self.dropping.take_files)
        self.timeline.menu_requested.connect(
            lambda kind, id, at: open_menu(
                session, self.studio.keyframes, self.actions_by_id, kind, id, at, self
            )
        )
        self.start_page.chosen.connect(lambda path: session.open_path(Path(path)))
        self.recent_menu.chosen.connect(lambda path: session.open_path(Path(path)))
        self.top_bar.annotator_requested.connect(self._choose_annotator)
        self.clips_panel.search_wanted.connect(lambda: self.arrangement.show_column("clips"))
        self.top_bar.workspaces.follow(self.arrangement)
        stand_for(self.arrangement.channels_button, self.actions_by_id["choose_channels"])
        stand_for(self.arrangement.overlay_button, self.actions_by_id["overlay_curves"])
        self._app.styleHints().colorSchemeChanged.connect(self._system_theme_changed)
        follow_needs(
            self.actions_table,
            self.studio,
            (self.channels_panel.rows.chosen_changed, self.clips_panel.listed_changed),
        )
        self._update_undo()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            # A key must find its action as things stand when it is pressed.
            self.actions_table.refresh()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        reason = self.actions_table.refused(QKeySequence(event.keyCombination()))
        if reason is not None and not event.isAutoRepeat():
            self.session.show_message(reason)
        super().keyPressEvent(event)

    # ---- showing -------------------------------------------------------------------------

    def show_tab(self, tab: str) -> None:
        """Show a tab of the inspector: ``story``, ``keyframe``, ``channels``, ``generate`` or
        ``takes``."""
        self._leave_field()
        self.arrangement.show_tab(tab)

    def set_theme(self, setting: str) -> None:
        """``dark``, ``light`` or ``system``."""
        self.session.settings.theme = setting
        palette = choose_palette(self._app, setting)
        self.session.palette = palette
        apply_palette(self._app, palette)
        bars = self.top_bar, self.banner, self.status_bar
        for part in (*bars, self.clips_panel, self.start_page, self.overview_legend):
            part.set_theme(palette)
        self.presenter.set_theme(palette)
        for panel in (self.marks_panel, self.keyframe_panel, self.takes_panel, self.comparison_panel):
            panel.refresh()

    def _system_theme_changed(self) -> None:
        if self.session.settings.theme == "system":
            self.set_theme("system")

    def _tell(self, message: Message) -> None:
        """News passes by; what is graver stays."""
        if message.level in FADING:
            self.status_bar.news.show_message(message)
        else:
            self.banner.show_message(message)

    def _follow_selection(self) -> None:
        """The channels panel stays in sight while correcting; else the keyframe is shown."""
        if self.session.selection[1] and self.tabs.currentWidget() is self.story_panel:
            self.show_tab("keyframe")

    def _clip_opened(self) -> None:
        state = self.session.state
        if state is not None:
            self.setWindowTitle(window_title(f"{state.clip.id} – KeyframeFace Studio"))
        self._update_undo()

    def _update_undo(self) -> None:
        clip = self.session.current
        for id, title in (("undo", "Undo"), ("redo", "Redo")):
            stack = clip.history.stack if clip is not None else None
            text = "" if stack is None else (stack.undoText() if id == "undo" else stack.redoText())
            self.actions_table.show_title(id, f"{title} {text[:1].lower()}{text[1:]}" if text else title)

    # ---- what features ask of the window ---------------------------------------------------

    def widget(self) -> QWidget:
        """The window itself: what dialogs belong to."""
        return self

    def open_dialog(self, dialog: QDialog) -> None:
        """Show a dialog over the window and return at once; the keys come back when it closes."""
        # Without a window manager nobody else gives the keys back to the window.
        dialog.finished.connect(self.activateWindow)
        dialog.open()

    @property
    def message_shown(self) -> bool:
        """Whether the banner holds a warning or a fault."""
        return bool(self.banner.text)

    def close_message(self) -> None:
        """Close the message in the banner; the next one waiting is shown then."""
        self.banner.dismiss()

    def listed_clips(self) -> list[str]:
        """The ids of the clips that the list shows, in its order."""
        return self.clips_panel.visible_ids()

    @property
    def actions_by_id(self) -> Mapping[str, QAction]:
        """The Qt action of each action of the table."""
        return self.actions_table.by_id

    def show_keys(self) -> None:
        """Show all keys, and use and remember those that are changed."""
        library, settings = self.session.library, self.session.settings
        dialog = KeysDialog(settings.keys, library.vocabulary.keys if library is not None else {}, self)
        dialog.finished.connect(self.activateWindow)
        if dialog.exec():
            settings.keys = dialog.remapped
            self.session.save_settings()
            self.actions_table.remap(dialog.remapped)
        dialog.deleteLater()

    def _face_view(self) -> tuple[CameraView, FaceModel | None]:
        face = self.recorded_frame.content
        assert isinstance(face, FacePane)
        return face.camera, face.model

    def _choose_annotator(self) -> None:
        name, ok = QInputDialog.getText(
            self, "Annotator", "Your name; edits go into a file of this name:", text=self.session.annotator_id
        )
        if ok and name.strip():
            self.session.set_annotator(name.strip())

    def set_blind(self, blind: bool) -> None:
        """Hide everything in the window, or show it again as it was."""
        self.pages.setVisible(not blind)
        if not blind:
            self.setFocus()

    # ---- helpers -------------------------------------------------------------------------

    def _leave_field(self) -> None:
        """Give up the focus of a field of the inspector: Qt would hand it to another field when
        this one is hidden, and the next key would type there."""
        held = QApplication.focusWidget()
        if held is not None and self.tabs.isAncestorOf(held):
            leave(held)

    def _explained(self, _finished: object) -> None:
        """Show what the model understood, unless the annotator writes something meanwhile."""
        if not typing_in_field():
            self.show_tab("generate")

    def commit_pending_edits(self) -> None:
        """Hand on what is being typed in any panel, and let keys run commands again."""
        self._leave_field()
        for panel in (self.story_panel, self.keyframe_panel, self.generate_panel):
            panel.commit()

    # ---- window events -------------------------------------------------------------------

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        pressed = QKeySequence(event.keyCombination())
        if not event.isAutoRepeat() and pressed in self.actions_by_id["swap_faces"].shortcuts():
            self.presenter.faces.swap_key_released()
        super().keyReleaseEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.commit_pending_edits()
        if not self._leaving and self.session.keeping.in_memory_only():
            event.ignore()
            self._ask_what_to_do()
            return
        self._remember()
        for frame in (self.recorded_frame, *self.take_frames):
            pane = frame.content
            if isinstance(pane, FacePane):
                pane.release()
        self.studio.shut_down()
        self.presenter.stop()
        self._collector.stop()
        super().closeEvent(event)

    def _ask_what_to_do(self) -> None:
        """Work would be lost: let the person decide, and close then."""
        from annotator.window.unsaved_dialog import UnsavedDialog

        if not any(dialog.isVisible() for dialog in self.findChildren(UnsavedDialog)):
            self.open_dialog(UnsavedDialog(self.session, self._leave, self))

    def _leave(self) -> None:
        self._leaving = True
        self.close()

    def _remember(self) -> None:
        settings = self.session.settings
        settings.geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self.arrangement.remember()

    def _restore(self) -> None:
        settings = self.session.settings
        if settings.geometry:
            self.restoreGeometry(QByteArray(decoded(settings.geometry)))
        self.arrangement.restore()
