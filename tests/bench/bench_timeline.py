"""What the playhead, panning and zooming cost at 61 channels × 36,000 frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtWidgets import QApplication

from tests.bench.measuring import Spent, Step, figure, measure
from viewer.core.channels import NAMES
from viewer.core.marks import Mark, Span, TrackLayer
from viewer.core.track import Track
from viewer.timeline.view import TimelineView

FRAMES = 36_000
FPS = 60.0
CHOSEN = (
    "JawOpen",
    "MouthSmileLeft",
    "MouthSmileRight",
    "BrowInnerUp",
    "BrowDownLeft",
    "EyeBlinkLeft",
    "HeadPitch",
    "HeadYaw",
)

BEFORE = {
    "61 × 36,000": {"cursor move": 0.0195, "pan": 0.157, "zoom": 0.594},
    "150 keyframes, 60 spans, 100 keys": {"cursor move": 0.0200, "pan": 0.365, "zoom": 0.890},
}
"""What the painted widgets of version 0.1 took, as shares of pyqtgraph's time in the same run: medians
of three runs.  In milliseconds 0.19, 5.5 and 4.7; in the dense scene 0.19, 13.0 and 7.9."""


def long_track(seed: int) -> Track:
    """Ten minutes of wandering values with two stretches of a lost face."""
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(0.0, 0.02, (FRAMES, 61)), axis=0)
    values = (np.abs(np.sin(values)) * rng.uniform(0.1, 1.0, 61)).astype(np.float32)
    valid = np.ones(FRAMES, bool)
    valid[4000:4400] = valid[20_000:20_030] = False
    return Track.build(np.arange(FRAMES) / FPS, values, valid)


def timeline(recorded: Track, take: Track, dense: bool = False) -> TimelineView:
    """Eight curves of two layers, sound, keyframes and spans; ``dense``: as many as a long clip has,
    and a take of 100 keys, each with a handle on every curve."""
    view = TimelineView()
    view.resize(1440, 420)
    duration = recorded.duration
    marks, spans, keys = (150, 60, 100) if dense else (40, 20, 0)
    times = [i * duration / max(keys, 1) for i in range(keys)]
    view.set_duration(duration)
    view.set_frame_times(recorded.times)
    view.set_layers(
        [
            TrackLayer("r", "recorded", recorded),
            TrackLayer("t", "take 1", take, dashed=True, keys=tuple(times)),
        ]
    )
    view.set_channels(CHOSEN)
    view.set_marks(
        [Mark(str(i), i * duration / marks, f"keyframe {i}", selected=i == 7) for i in range(marks)]
    )
    long = duration / spans
    view.set_spans(
        [
            Span(str(i), i * long, (i + 0.8) * long, "anxious", 3, selected=dense and i == 5)
            for i in range(spans)
        ]
    )
    view.set_take_keys([Mark(f"t/{i}", time, f"key {i}") for i, time in enumerate(times)], ())
    view.waveform.set_waveform(np.sin(np.arange(int(duration * 16_000)) / 9.0).astype(np.float32), 16_000)
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
    """The baselines are pyqtgraph doing the same with the curves alone, and the painted widgets that
    were the timeline before, by what they took of pyqtgraph's time."""
    app = QApplication.instance() or QApplication([])
    recorded, take = long_track(1), long_track(2)
    other, line = plot(recorded, take)
    other.show()
    figures: list[dict[str, Any]] = []
    for scene in BEFORE:
        view = timeline(recorded, take, scene.startswith("150"))
        other.setXRange(0.0, recorded.duration, padding=0)
        view.show()
        app.processEvents()
        figures += _measured(scene, view, other, line, recorded.duration, 8 if quick else 30)
        view.close()
        view.deleteLater()
    other.close()
    other.deleteLater()
    app.processEvents()
    return figures


def _measured(
    scene: str,
    view: TimelineView,
    other: pyqtgraph.PlotWidget,
    line: pyqtgraph.InfiniteLine,
    duration: float,
    count: int,
) -> list[dict[str, Any]]:
    """Cursor, pan and zoom, each against both."""
    figures: list[dict[str, Any]] = []

    def compare(name: str, ours: Step, plots: Step, at_most: float) -> None:
        # One after the other: pyqtgraph leaves work behind for the next turn of the event loop.
        (spent,), (base,) = (measure(_painted(step), count=count) for step in (ours, plots))
        what, share = f"timeline: {name}, {scene}", BEFORE[scene][name]
        before = Spent([x * share for x in base.wall], [x * share for x in base.cpu])
        figures.append(figure(what, spent, base, against="pyqtgraph", at_most=at_most))
        figures.append(figure(what, spent, before, against="the timeline before", ratio_at_most=1.25))

    move = _painted(lambda i: view.show_time((i * 7.31) % duration))
    for i in (1, 2):
        move(i)
    renders = view.graph.renders
    compare(
        "cursor move",
        lambda i: view.show_time((i * 7.31) % duration),
        lambda i: line.setValue((i * 7.31) % duration),
        2.0,
    )
    assert view.graph.renders == renders, "the playhead had the scene painted"
    view.axis.show_range(0.0, duration / 2)
    compare(
        "pan",
        lambda i: view.axis.pan_by(3.0),
        lambda i: other.setXRange(3.0 * i, 300.0 + 3.0 * i, padding=0),
        16.0,
    )
    compare(
        "zoom",
        lambda i: view.axis.zoom_at(1.1 if i % 2 else 0.8, 700.0),
        lambda i: other.setXRange(0.0, 300.0 * 0.9**i, padding=0),
        16.0,
    )
    return figures
