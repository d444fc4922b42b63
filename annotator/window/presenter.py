"""Feeds the panes from the session: time to all of them, tracks and marks to the timeline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QTimer

from annotator.core.vocabulary import shown_label
from annotator.faces.controller import FacesController, face_of
from annotator.faces.faces_grid import FacesGrid
from annotator.keyframes.channels_panel import ChannelsPanel
from annotator.studio import Studio
from annotator.suggestions.ghost_lane import GhostLane
from annotator.sync.in_step_lane import InStepLane
from annotator.widgets.pane_frame import PaneFrame
from annotator.window.status_bar import StatusBar
from viewer.core.face_model import FaceModel
from viewer.core.marks import Mark, Span, TrackLayer
from viewer.core.pyramid import MinMaxPyramid
from viewer.core.track import Track
from viewer.face_pane import FacePane
from viewer.palette import Palette
from viewer.timeline.channel_picker import ChannelPicker
from viewer.timeline.view import TimelineView
from viewer.transport_bar import TransportBar
from viewer.video_pane import VideoPane

DEFAULT_CHANNELS = ("BrowInnerUp", "EyeBlinkLeft", "JawOpen", "MouthSmileLeft")
RECORDING = "recording"


class Presenter(QObject):
    """Owns nothing on screen; the window made the panes and hands them over."""

    def __init__(
        self,
        studio: Studio,
        video: PaneFrame,
        faces: FacesGrid,
        recorded: PaneFrame,
        take_frames: Sequence[PaneFrame],
        timeline: TimelineView,
        picker: ChannelPicker,
        transport: TransportBar,
        channels: ChannelsPanel,
        status: StatusBar,
    ) -> None:
        super().__init__()
        session = self._session = studio.session
        self._keyframes, self._takes, self._performance = studio.keyframes, studio.takes, studio.performance
        self._sync = studio.sync
        self._suggestions = studio.suggestions
        self._video, self._grid = video, faces
        self._recorded, self._taken = recorded, tuple(take_frames)
        self._timeline, self._picker, self._transport = timeline, picker, transport
        self._channels, self._status = channels, status
        self.faces = FacesController(session, studio.takes, recorded, take_frames, faces)
        studio.face_models.model_changed.connect(self._use_model)
        studio.face_models.failed.connect(self._show_model_error)
        # Many edits may come in one turn of the event loop; tracks are drawn once for them.
        self._track_timer = QTimer(self, singleShot=True, interval=0)
        self._track_timer.timeout.connect(self._show_tracks)
        self._connect_session()
        self._connect_panes()
        self.set_channels(tuple(session.settings.shown_channels) or DEFAULT_CHANNELS)
        picker.set_pinned(tuple(session.settings.pinned_channels))
        self.refresh()

    def stop(self) -> None:
        """Draw nothing more: the panes are going away."""
        self._track_timer.stop()
        self.faces.stop()

    # ---- panes by their type -------------------------------------------------------------

    @property
    def _video_pane(self) -> VideoPane:
        pane = self._video.content
        assert isinstance(pane, VideoPane)
        return pane

    @property
    def _faces(self) -> tuple[FacePane, ...]:
        return tuple(face_of(frame) for frame in (self._recorded, *self._taken))

    # ---- wiring --------------------------------------------------------------------------

    def _connect_session(self) -> None:
        session, playback = self._session, self._session.playback
        playback.time_changed.connect(self.show_time)
        playback.state_changed.connect(self._show_playback)
        playback.video_opened.connect(lambda _facts: self.refresh())
        playback.sound_loaded.connect(self._show_sound)
        session.clip_opened.connect(self.refresh)
        session.clip_closed.connect(self.refresh)
        session.recording_changed.connect(self._track_timer.start)
        self._takes.changed.connect(self._track_timer.start)
        session.changed.connect(lambda _change: self._show_marks())
        session.selection_changed.connect(self._show_marks)
        session.vocabulary_changed.connect(self._show_marks)
        self._keyframes.pending_changed.connect(self._show_marks)
        session.channel_shown.connect(self._add_channel)
        self._performance.changed.connect(self._show_take_keys)
        self.faces.titles_changed.connect(self._show_tracks)
        self.faces.moved.connect(lambda: self.show_time(playback.time))

    def _connect_panes(self) -> None:
        session, playback, marks = self._session, self._session.playback, self._keyframes
        line, bar = self._timeline, self._transport
        line.time_requested.connect(playback.seek)
        line.scrub_started.connect(playback.begin_scrub)
        line.scrub_finished.connect(playback.end_scrub)
        line.mark_selected.connect(lambda id: session.select("keyframe", id, move=True))
        line.mark_move_requested.connect(marks.move_keyframe)
        line.mark_add_requested.connect(marks.mark_keyframe)
        line.mark_delete_requested.connect(lambda id: marks.delete_mark("keyframe", id))
        line.span_selected.connect(lambda id: marks.select_shown("span", id))
        line.span_change_requested.connect(marks.drag_span)
        line.span_add_requested.connect(marks.add_span)
        line.span_delete_requested.connect(lambda id: marks.delete_mark("span", id))
        performing = self._performance
        line.take_key_selected.connect(lambda id: performing.choose(self._take_key(id)))
        line.take_key_move_requested.connect(
            lambda id, t, gesture: performing.move_key(self._take_key(id), t, gesture)
        )
        line.take_value_requested.connect(self._set_take_value)
        line.loop_requested.connect(playback.set_loop)
        line.track_move_requested.connect(self._sync.set_offset)
        sound = line.waveform
        assert isinstance(sound, InStepLane)
        self._sync.mode_changed.connect(lambda: sound.set_in_step(self._sync.dragging))
        lane = line.keyframes
        assert isinstance(lane, GhostLane)
        lane.follow(self._suggestions)
        line.channels_changed.connect(self.set_channels)
        self._picker.channels_changed.connect(self.set_channels)
        self._picker.pins_changed.connect(self._pinned)
        bar.start_requested.connect(lambda: playback.seek(0.0))
        bar.end_requested.connect(playback.to_end)
        bar.previous_frame_requested.connect(lambda: playback.step(-1))
        bar.next_frame_requested.connect(lambda: playback.step(1))
        bar.toggle_requested.connect(playback.toggle)
        bar.shuttle_requested.connect(playback.shuttle)
        bar.rate_requested.connect(playback.set_rate)
        bar.loop_in_requested.connect(lambda: playback.loop_point("in"))
        bar.loop_out_requested.connect(lambda: playback.loop_point("out"))
        bar.loop_toggled.connect(lambda _on: playback.toggle_loop())
        bar.loop_clear_requested.connect(lambda: playback.set_loop(None, None))
        self._channels.shown.connect(lambda: self.show_time(playback.time))
        for frame in (self._recorded, *self._taken):
            face_of(frame).camera_changed.connect(lambda view, frame=frame: self.faces.link(frame, view))
        for place, frame in enumerate(self._taken):
            frame.chosen.connect(lambda place=place: self._choose(place))
            face_of(frame).pressed.connect(lambda place=place: self._choose(place))

    def _choose(self, place: int) -> None:
        """The take on this pane becomes the active one."""
        beside = self._takes.visible
        if place < len(beside):
            self._takes.activate(beside[place].id)

    def _use_model(self, model: FaceModel) -> None:
        for face in self._faces:
            face.set_model(model)

    def _show_model_error(self, line: str) -> None:
        for face in self._faces:
            face.show_model_error(line)

    # ---- showing -------------------------------------------------------------------------

    def set_theme(self, palette: Palette) -> None:
        """Draw all panes in these colours, and what they show anew."""
        self._video_pane.set_palette_colours(palette)
        for face in self._faces:
            face.set_theme(palette)
        for part in (self._timeline, self._picker, self._transport):
            part.set_theme(palette)
        self._channels.rows.set_theme(palette)
        self.faces.set_theme(palette)
        self.refresh()

    def refresh(self) -> None:
        """Show the open clip afresh."""
        session, clip = self._session, self._session.current
        has_video = clip is not None and clip.loaded.video_path is not None
        self._timeline.set_duration(session.playback.duration)
        if not has_video:
            self._video_pane.clear()
        if clip is None:
            self._timeline.waveform.set_waveform(None)
        facts = session.playback.facts
        name = clip.loaded.video_path.name if clip is not None and clip.loaded.video_path else "Video"
        varies = " · variable rate" if facts is not None and facts.vfr else ""
        note = "" if facts is None else f"{facts.width}×{facts.height}{varies}"
        self._video.show_title(name, "", note)
        self._video.show_wanted(has_video or clip is None)
        self._show_tracks()
        self._show_marks()
        self._show_take_keys()
        self._show_playback()
        self.show_time(session.playback.time)

    def _show_tracks(self) -> None:
        session, clip = self._session, self._session.current
        p = session.palette
        layers: list[TrackLayer] = []
        recording = clip.recording if clip is not None else None
        if clip is not None and recording is not None:
            layers.append(TrackLayer(RECORDING, "Recorded", recording, clip.offset, p.recorded))
            self._recorded.show_title("Recorded", p.recorded, _said_of(recording, clip.raw))
        else:
            self._recorded.show_title("Recorded", p.recorded if clip else "")
            empty = "No track yet" if clip else "Open a clip to see its face"
            face_of(self._recorded).set_empty_text(empty)
        beside, active = self._takes.visible, self._takes.active_id
        seen = {take.id for take in beside}
        for take in self._takes.all():
            layers.append(
                TrackLayer(
                    take.id,
                    take.name,
                    take.track,
                    0.0,
                    take.colour,
                    dashed=True,
                    visible=take.id in seen,
                    keys=tuple(time for time, *_ in self._performance.marks()) if take.id == active else (),
                )
            )
        for frame, take in zip(self._taken, beside, strict=False):
            frame.show_title(take.name, take.colour)
            frame.show_active(take.id == active and len(beside) > 1)
        # Without a recording takes need no empty face beside them.
        first = (self._recorded,) if recording is not None or not beside else ()
        filled = recording is not None or bool(beside)
        self._grid.show_frames((*first, *self._taken[: len(beside)]), filled)
        at = self._takes.active_place
        if at >= 0 and self._grid.enlarged in self._taken and self._grid.enlarged is not self._taken[at]:
            # The one face in all the room is the take that keys refer to.
            self._grid.enlarge(self._taken[at])
        self.faces.update_titles()
        self._timeline.set_duration(session.playback.duration)
        self._timeline.set_frame_times(session.playback.frame_times)
        self._timeline.set_video_end(session.playback.video_end)
        self._timeline.set_layers(layers)
        self._picker.set_tracks([layer.track for layer in layers])
        self.show_time(session.playback.time)

    def _show_marks(self) -> None:
        state, chosen = self._session.state, self._session.selection[1]
        colours, muted = self._session.label_colours, self._session.palette.muted
        listed = frozenset(self._session.vocabulary)
        marks: list[Mark] = []
        spans: list[Span] = []
        if state is not None:
            marks = [
                Mark(
                    k.id,
                    k.time,
                    shown_label(k.emotion, listed) or k.description,
                    colours.get(k.emotion, muted),
                    k.id == chosen,
                    k.confidence,
                    bool(k.values),
                )
                for k in state.keyframes
            ]
            spans = [
                Span(
                    s.id,
                    s.start,
                    s.end,
                    shown_label(s.label, listed),
                    s.intensity,
                    colours.get(s.label, muted),
                    s.id == chosen,
                    s.confidence,
                )
                for s in state.spans
            ]
            pending = self._keyframes.pending
            if pending is not None:
                spans.append(
                    Span(
                        pending.id,
                        pending.start,
                        pending.start,
                        shown_label(pending.label, listed),
                        pending.intensity,
                        colours.get(pending.label, muted),
                        True,
                        None,
                        open=True,
                    )
                )
        self._timeline.set_marks(marks)
        self._timeline.set_spans(spans)

    def _show_take_keys(self) -> None:
        """The keys of the active take, in its colour."""
        session = self._session
        take, state = self._takes.active, session.state
        marks = [
            Mark(f"{take.id}/{i}", time, words, take.colour, i == self._performance.key, None, by_hand)
            for i, (time, words, by_hand) in enumerate(self._performance.marks())
            if take is not None
        ]
        self._timeline.set_take_keys(marks, [k.time for k in state.keyframes] if state is not None else ())

    def _take_key(self, mark: str) -> int:
        """The place of the key that a mark stands for; -1 when its take is no longer the active one:
        a drag must not go on with a take that was shown meanwhile."""
        take, _, index = mark.rpartition("/")
        return int(index) if take and take == self._takes.active_id else -1

    def _set_take_value(self, take: str, channel: str, key: int, value: float, gesture: str) -> None:
        if take == self._takes.active_id:
            if key != self._performance.key or self._session.playback.clock.playing:
                # What is changed must be what is seen.
                self._performance.choose(key)
            self._performance.set_value(channel, value, gesture, key)

    def _show_sound(self, peaks: MinMaxPyramid | None, rate: float) -> None:
        self._timeline.waveform.set_waveform(peaks, rate)

    def _show_playback(self) -> None:
        clock = self._session.playback.clock
        self._transport.set_playing(clock.playing, clock.rate)
        self._transport.set_loop(clock.loop, clock.loop_enabled)
        self._timeline.set_playing(clock.playing)
        self._timeline.set_loop(clock.loop)

    def show_time(self, t: float) -> None:
        """Everything that depends on the playhead; called many times a second."""
        session, clip = self._session, self._session.current
        playback = session.playback
        frame = playback.frame_at(t)
        self._video_pane.show_time(t)
        self._timeline.show_time(t)
        self._transport.show_time(t, frame, playback.frames)
        facts = playback.facts
        rate = "" if facts is None else f"{facts.fps:.3g} fps{' (variable)' if facts.vfr else ''}"
        self._status.show_facts(rate, playback.ticker.dropped)
        recording = clip.recording if clip is not None else None
        row = recording.row(t - clip.offset) if clip is not None and recording is not None else None
        beside = self._takes.visible
        taken = [take.track.row(t) for take in beside]
        active = next((i for i, take in enumerate(beside) if take.id == self._takes.active_id), -1)
        self.faces.show(row, taken, active)
        if self._channels.isVisible():
            shown = row if row is not None and np.isfinite(row).all() else None
            if shown is not None and recording is not None:
                shown = np.where(recording.unmeasured, np.float32(np.nan), shown)
            chosen = (taken[active], beside[active].colour) if active >= 0 else (None, "")
            self._channels.rows.show_values(shown, *chosen)

    # ---- channels ------------------------------------------------------------------------

    def set_channels(self, names: tuple[str, ...]) -> None:
        """Which channels have curves; remembered."""
        self._timeline.set_channels(names)
        self._picker.set_channels(names)
        if list(names) != self._session.settings.shown_channels:
            self._session.settings.shown_channels = list(names)
            self._session.save_settings()

    def _pinned(self, names: tuple[str, ...]) -> None:
        self._session.settings.pinned_channels = list(names)
        self._session.save_settings()

    def _add_channel(self, name: str) -> None:
        names = self._picker.channels
        if name not in names:
            self.set_channels((*names, name))


def _said_of(recording: Track, raw: Track | None) -> str:
    """What is to be known of a recording, in a few words."""
    lost = recording.invalid_frames
    said = "1 frame without a face" if lost == 1 else f"{lost} frames without a face" if lost else ""
    return "; ".join(filter(None, ("edited" if recording is not raw else "", said)))
