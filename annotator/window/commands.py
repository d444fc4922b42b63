"""What a person can do with the window itself: its tabs, zoom, theme and palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu

from annotator.session.action import Action, Condition
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.widgets.host import Host, start_folder
from annotator.widgets.pane_frame import PaneFrame
from annotator.window.arrangement import Arrangement
from annotator.window.workspaces import BY_ID, WORKSPACES
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress
from viewer.timeline.view import TimelineView
from viewer.video_decoder import image_of
from viewer.video_pane import VideoPane


class Window(Host, Protocol):
    """The window, as its own commands know it."""

    session: Session
    timeline: TimelineView
    video_frame: PaneFrame
    arrangement: Arrangement

    @property
    def actions_by_id(self) -> Mapping[str, QAction]:
        """The Qt action of each action of the table."""

    @property
    def recent_menu(self) -> QMenu:
        """What was worked on lately."""

    def set_theme(self, setting: str) -> None:
        """``dark``, ``light`` or ``system``; the session's settings have it from then on."""

    def show_keys(self) -> None:
        """Show all keys, and use and remember those that are changed."""

    def close(self) -> bool:
        """Save what waits and end; False when the window stays."""


class WindowCommands:
    """Carries out the actions of :data:`ACTIONS`."""

    def __init__(self, window: Window) -> None:
        self.window, self.session = window, window.session
        assert isinstance(window.video_frame.content, VideoPane)
        self.video = window.video_frame.content
        self.video.set_overlay(self.session.settings.frame_number)
        self.session.left_off.workspace = lambda: window.arrangement.workspace.id
        self.session.left_off.workspace_wanted.connect(self._show_known_workspace)

    def _show_known_workspace(self, id: str) -> None:
        # The settings may be of another version.
        if id in BY_ID and id != self.window.arrangement.workspace.id:
            self.window.arrangement.show_workspace(id)

    def toggle_frame_number(self) -> None:
        """Write time and number of the frame over the video, or no longer; remembered."""
        settings = self.session.settings
        settings.frame_number = not settings.frame_number
        self.video.set_overlay(settings.frame_number)
        self.session.save_settings()

    def copy_frame(self) -> None:
        """Put the frame that is seen on the clipboard, whole and in its own size, soon."""
        index, decoder = self.video.frame_index, self.session.playback.decoder
        path = decoder.path
        if index < 0:
            self.session.show_message(Message("No frame is shown", "step to another one"))
            return

        def work(token: CancelToken, _progress: Progress) -> QImage | None:
            pixels = decoder.whole_picture(index, token)
            return None if pixels is None else image_of(pixels)

        def done(picture: QImage | None) -> None:
            if picture is not None:
                QGuiApplication.clipboard().setImage(picture)
                self.session.show_message(Message(f"Frame {index} is on the clipboard"))

        self.session.jobs.run(
            "Copy the frame",
            work,
            done=done,
            failed=self.session.show_error,
            valid=lambda: decoder.path == path,
        )

    def toggle_theme(self) -> None:
        """Dark for light, light for dark; remembered, and no longer the system's choice."""
        self.window.set_theme("light" if self.session.palette.name == "dark" else "dark")
        self.session.save_settings()

    def save_timeline(self) -> None:
        """Save the visible part of the timeline as PNG or SVG."""
        chosen, _ = QFileDialog.getSaveFileName(
            self.window.widget(),
            "Save the timeline as a picture",
            str(Path(start_folder(self.session.settings)) / f"{self.session.clip_id}-timeline.png"),
            "Pictures (*.png *.svg)",
        )
        if chosen:
            try:
                self.window.timeline.export_picture(Path(chosen))
            except StudioError as fault:
                self.session.show_error(fault)
            else:
                self.session.show_message(Message(f"Saved {Path(chosen).name}", level="success"))

    def toggle_overlay(self) -> None:
        """Draw all curves on one axis, or in rows again; remembered."""
        self.window.arrangement.overlay_curves(not self.session.settings.overlay_curves)
        self.session.save_settings()

    def open_palette(self) -> None:
        """Open the command palette over the window."""
        from annotator.window.command_palette import CommandPalette

        palette = CommandPalette(self.window.actions_by_id.values(), self.window.widget())
        # Without a window manager nobody else gives the keys back to the window.
        palette.finished.connect(self.window.widget().activateWindow)
        palette.open_over(self.window.widget())

    def go_to(self) -> None:
        """Ask for a frame or a time and move the playhead there."""
        from annotator.window.go_to import GoToField

        self.window.commit_pending_edits()
        field = GoToField(self.session, self.window.widget())
        # Without a window manager nobody else gives the keys back to the window.
        field.finished.connect(self.window.widget().activateWindow)
        field.open_over(self.window.widget())

    def open_recent(self) -> None:
        """Open the menu of recent work over the window."""
        menu, window = self.window.recent_menu, self.window.widget()
        at = window.mapToGlobal(window.rect().topLeft())
        size = menu.sizeHint()
        menu.popup(at + QPoint((window.width() - size.width()) // 2, 80))
        menu.setActiveAction(next(iter(menu.actions()), QAction()))

    def toggle_going_on(self) -> None:
        """Open datasets where they were left, or at their first clip; remembered."""
        settings = self.session.settings
        settings.go_on = not settings.go_on
        self.session.save_settings()
        how = "open where they were left" if settings.go_on else "open at their first clip"
        self.session.show_message(Message(f"Datasets and files {how} from now on"))

    def show_log(self) -> None:
        """Open the dialog that shows the log of this computer."""
        from annotator.window.log_dialog import LogDialog

        self.window.open_dialog(LogDialog(self.window.widget()))


def _workspace(id: str) -> Callable[[WindowCommands], object]:
    return lambda on: on.window.arrangement.show_workspace(id)


def _tab(name: str) -> Callable[[WindowCommands], object]:
    return lambda on: on.window.show_tab(name)


_TIMED = Condition[WindowCommands](
    lambda on: on.session.playback.duration > 0, "The timeline is empty", "open a video or a track"
)

_VIDEO_OPEN = Condition[WindowCommands](
    lambda on: on.session.playback.facts is not None, "No video is open", "open a clip that has one"
)

ACTIONS: tuple[Action[WindowCommands], ...] = (
    Action(
        "save_timeline",
        "Save the timeline as a picture…",
        "File",
        (),
        WindowCommands.save_timeline,
        (_TIMED,),
    ),
    Action(
        "open_recent",
        "Open recent work…",
        "File",
        ("Ctrl+Shift+R",),
        WindowCommands.open_recent,
        (
            Condition(
                lambda on: bool(on.session.settings.recent),
                "Nothing was opened yet",
                "open something with {open_folder} or {open_file}",
            ),
        ),
    ),
    Action(
        "go_on",
        "Go on where a dataset was left, or at its first clip",
        "File",
        (),
        WindowCommands.toggle_going_on,
    ),
    Action("quit", "Quit", "File", ("Ctrl+Q",), lambda on: on.window.close()),
    Action(
        "copy_frame",
        "Copy the video's frame",
        "Edit",
        ("Ctrl+Shift+C",),
        WindowCommands.copy_frame,
        (_VIDEO_OPEN,),
    ),
    Action(
        "frame_number",
        "Frame number over the video",
        "View",
        ("Ctrl+Shift+F",),
        WindowCommands.toggle_frame_number,
    ),
    *(
        Action(workspace.id, workspace.title, "View", (f"Ctrl+{place}",), _workspace(workspace.id))
        for place, workspace in enumerate(WORKSPACES, start=1)
    ),
    Action(
        "clip_list", "List of clips", "View", ("F3",), lambda on: on.window.arrangement.toggle_column("clips")
    ),
    Action(
        "mark_list", "List of marks", "View", ("F4",), lambda on: on.window.arrangement.toggle_column("marks")
    ),
    Action(
        "choose_channels",
        "Channels with curves",
        "View",
        ("F10",),
        lambda on: on.window.arrangement.toggle_channels(),
    ),
    Action(
        "overlay_curves",
        "All curves on one axis, or in rows",
        "View",
        ("A",),
        WindowCommands.toggle_overlay,
    ),
    Action(
        "maximise",
        "Maximise the pane, or show all panes again",
        "View",
        ("Shift+Z",),
        lambda on: on.window.arrangement.maximise_pane_at_hand(),
    ),
    Action(
        "float",
        "Pane in its own window, or back",
        "View",
        ("Shift+X",),
        lambda on: on.window.arrangement.float_pane_at_hand(),
    ),
    Action("go_to", "Go to a frame or time…", "Go", ("Ctrl+J",), WindowCommands.go_to, (_TIMED,)),
    Action("show_story", "Story", "Go", ("F5",), _tab("story")),
    Action("show_keyframe", "Keyframe", "Go", ("F6",), _tab("keyframe")),
    Action("show_channels", "Channels", "Go", ("F7",), _tab("channels")),
    Action("show_generate", "Generate", "Go", ("F8",), _tab("generate")),
    Action("show_takes", "Takes", "Go", ("F9",), _tab("takes")),
    Action(
        "zoom_in",
        "Zoom the timeline in",
        "View",
        ("Ctrl+=", "Ctrl++"),
        lambda on: on.window.timeline.zoom_in(),
        (_TIMED,),
        repeats=True,
    ),
    Action(
        "zoom_out",
        "Zoom the timeline out",
        "View",
        ("Ctrl+-",),
        lambda on: on.window.timeline.zoom_out(),
        (_TIMED,),
        repeats=True,
    ),
    Action(
        "zoom_fit",
        "Whole clip in the timeline",
        "View",
        ("Ctrl+0",),
        lambda on: on.window.timeline.fit_all(),
        (_TIMED,),
    ),
    Action("theme", "Dark or light", "View", ("Ctrl+Shift+T",), WindowCommands.toggle_theme),
    Action("palette", "Command palette", "Help", ("Ctrl+K",), WindowCommands.open_palette),
    Action(
        "close_message",
        "Close the message",
        "Help",
        ("Shift+Escape",),
        lambda on: on.window.close_message(),
        (Condition(lambda on: on.window.message_shown, "No message is shown"),),
        quiet=True,
    ),
    Action("show_log", "Show log", "Help", (), WindowCommands.show_log),
    Action("help_keys", "Keys", "Help", ("?", "F1"), lambda on: on.window.show_keys()),
)
