"""What the playhead, panning and zooming cost at 61 channels × 36,000 frames."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtWidgets import QApplication, QWidget

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


def _median_ms(widget: QWidget, step: Callable[[int], None], count: int) -> float:
    app = QApplication.instance()
    assert app is not None
    spent = []
    for i in range(count + 3):
        began = time.perf_counter()
        step(i)
        app.processEvents()
        spent.append(1000.0 * (time.perf_counter() - began))
    return statistics.median(spent[3:])


def _figure(name: str, value: float, baseline: float) -> dict[str, Any]:
    return {"name": name, "value": value, "baseline": baseline, "ratio": value / baseline, "unit": "ms"}


def run() -> list[dict[str, Any]]:
    """Medians in ms; the baseline is pyqtgraph doing the same with the curves alone."""
    app = QApplication.instance() or QApplication([])
    recorded, take = long_track(1), long_track(2)
    view, (other, line) = timeline(recorded, take), plot(recorded, take)
    for widget in (view, other):
        widget.show()
    app.processEvents()
    duration = recorded.duration

    cursor = _median_ms(view, lambda i: view.show_time((i * 7.31) % duration), 60)
    cursor_other = _median_ms(other, lambda i: line.setValue((i * 7.31) % duration), 20)
    renders = sum(lane.renders for lane in view.lanes)
    view.axis.show_range(0.0, duration / 2)
    app.processEvents()
    pan = _median_ms(view, lambda i: view.axis.pan_by(3.0), 40)
    pan_other = _median_ms(other, lambda i: other.setXRange(3.0 * i, 300.0 + 3.0 * i, padding=0), 15)
    zoom = _median_ms(view, lambda i: view.axis.zoom_at(1.1 if i % 2 else 0.8, 700.0), 40)
    zoom_other = _median_ms(other, lambda i: other.setXRange(0.0, 300.0 * 0.9**i, padding=0), 15)
    assert renders <= len(view.lanes) * 2, "the playhead drew lanes anew"
    for widget in (view, other):
        widget.close()
        widget.deleteLater()
    app.processEvents()
    return [
        _figure("timeline: cursor move, 61 × 36,000", cursor, cursor_other),
        _figure("timeline: pan, 61 × 36,000", pan, pan_other),
        _figure("timeline: zoom, 61 × 36,000", zoom, zoom_other),
    ]


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']}: {figure['value']:.2f} {figure['unit']}, {figure['ratio']:.2f} × pyqtgraph")
