"""What the playhead, panning and zooming cost at 61 channels × 36,000 frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtWidgets import QApplication

from tests.bench.measuring import Step, figure, measure
from viewer.core.channels import NAMES
from viewer.core.track import Track
from viewer.timeline.marks import Mark, Span, TrackLayer
from viewer.timeline.view import TimelineView

FRAMES = 36_000
FPS = 60.0
CHOSEN = ("JawOpen", "MouthSmileLeft", "MouthSmileRight", "BrowInnerUp", "BrowDownLeft", "EyeBlinkLeft",
          "HeadPitch", "HeadYaw")


def long_track(seed: int) -> Track:
    """Ten minutes of wandering values with two stretches of a lost face."""
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(0.0, 0.02, (FRAMES, 61)), axis=0)
    values = (np.abs(np.sin(values)) * rng.uniform(0.1, 1.0, 61)).astype(np.float32)
    valid = np.ones(FRAMES, bool)
    valid[4000:4400] = valid[20_000:20_030] = False
    return Track.build(np.arange(FRAMES) / FPS, values, valid)


def timeline(recorded: Track, take: Track) -> TimelineView:
    view = TimelineView()
    view.resize(1440, 420)
    duration = recorded.duration
    view.set_duration(duration)
    view.set_frame_times(recorded.times)
    view.set_layers([TrackLayer("r", "recorded", recorded), TrackLayer("t", "take 1", take, dashed=True)])
    view.set_channels(CHOSEN)
    view.set_marks([Mark(str(i), i * duration / 40, f"keyframe {i}") for i in range(40)])
    view.set_spans([Span(str(i), i * 30.0, i * 30.0 + 24.0, "anxious", 3) for i in range(20)])
    view.set_waveform(np.sin(np.arange(int(duration * 16_000)) / 9.0).astype(np.float32), 16_000)
    return view


def plot(recorded: Track, take: Track) -> tuple[pyqtgraph.PlotWidget, pyqtgraph.InfiniteLine]:
    """The same curves in pyqtgraph with its own decimation: what we compare with."""
    widget = pyqtgraph.PlotWidget()
    widget.resize(1440, 420)
    widget.setDownsampling(auto=True, mode="peak")
    widget.setClipToView(True)
    for track in (recorded, take):
        for name in CHOSEN:
            widget.plot(track.times, track.values[:, NAMES.index(name)], pen=pyqtgraph.mkPen("c", width=1))
    line = pyqtgraph.InfiniteLine(0.0)
    widget.addItem(line)
    return widget, line


def _painted(step: Step) -> Step:
    """The step with everything that it makes Qt paint."""
    app = QApplication.instance()
    assert app is not None

    def whole(i: int) -> None:
        step(i)
        app.processEvents()

    return whole


def run(quick: bool = False) -> list[dict[str, Any]]:
    """The baseline is pyqtgraph doing the same with the curves alone."""
    app = QApplication.instance() or QApplication([])
    recorded, take = long_track(1), long_track(2)
    view, (other, line) = timeline(recorded, take), plot(recorded, take)
    for widget in (view, other):
        widget.show()
    app.processEvents()
    duration = recorded.duration

    count = 8 if quick else 30

    def compare(name: str, ours: Step, plots: Step, at_most: float) -> dict[str, Any]:
        # One after the other: pyqtgraph leaves work behind for the next turn of the event loop.
        (spent,), (base,) = (measure(_painted(step), count=count) for step in (ours, plots))
        return figure(f"timeline: {name}, 61 × 36,000", spent, base, against="pyqtgraph", at_most=at_most)

    figures = [compare("cursor move", lambda i: view.show_time((i * 7.31) % duration),
                       lambda i: line.setValue((i * 7.31) % duration), 2.0)]
    assert sum(lane.renders for lane in view.lanes) <= len(view.lanes) * 2, "the playhead drew lanes anew"
    view.axis.show_range(0.0, duration / 2)
    app.processEvents()
    figures += [
        compare("pan", lambda i: view.axis.pan_by(3.0),
                lambda i: other.setXRange(3.0 * i, 300.0 + 3.0 * i, padding=0), 16.0),
        compare("zoom", lambda i: view.axis.zoom_at(1.1 if i % 2 else 0.8, 700.0),
                lambda i: other.setXRange(0.0, 300.0 * 0.9**i, padding=0), 16.0),
    ]
    for widget in (view, other):
        widget.close()
        widget.deleteLater()
    app.processEvents()
    return figures
