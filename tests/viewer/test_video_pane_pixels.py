"""What the pane paints: pictures at its own size, real pixels when one looks closely, and nothing
left of them when the video is closed."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests import clips
from viewer.core.shown_picture import PictureView, ShownPicture
from viewer.core.video import VideoFile
from viewer.video_decoder import VideoDecoder
from viewer.video_pane import VideoPane

PROJECT = Path(__file__).resolve().parents[2]
CLIPS = (
    clips.Clip("hd.mp4", range(40), options=clips.x264(), size=(1280, 720)),
    clips.Clip("turned.mp4", range(20), options=clips.x264(), size=(640, 480), rotation=90),
    clips.Clip("over.mp4", range(20), options=clips.x264(), size=(640, 480), rotation=180),
    clips.Clip("wide_pixels.mp4", range(20), options=clips.x264(), size=(400, 480), sar=Fraction(2)),
    clips.Clip("odd.mp4", range(20), options=clips.x264(), pixels="yuv444p", size=(643, 481)),
    clips.Clip("4k.mp4", range(12), options=clips.x264(), size=(3840, 2160)),
)
each_clip = pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)


@pytest.fixture(scope="module")
def clip_paths(tmp_path_factory: pytest.TempPathFactory) -> clips.Shelf:
    return clips.Shelf(tmp_path_factory.mktemp("pixels"), CLIPS)


@pytest.fixture
def decoder(qtbot: QtBot) -> Iterator[VideoDecoder]:
    decoder = VideoDecoder()
    yield decoder
    decoder.close()


@pytest.fixture
def pane(qtbot: QtBot, decoder: VideoDecoder) -> VideoPane:
    pane = VideoPane(decoder)
    qtbot.addWidget(pane)
    pane.resize(500, 400)
    pane.show()
    return pane


class Answers:
    """Pictures that came from a decoder, the last one first to be asked for."""

    def __init__(self, qtbot: QtBot, decoder: VideoDecoder) -> None:
        self._qtbot = qtbot
        self._seen = 0
        self.pictures: list[ShownPicture] = []
        decoder.frame_ready.connect(lambda _index, picture: self.pictures.append(picture))

    def next(self) -> ShownPicture:
        """Wait for one more."""
        self._qtbot.waitUntil(lambda: len(self.pictures) > self._seen)
        self._seen = len(self.pictures)
        return self.pictures[-1]


def painted(pane: VideoPane) -> npt.NDArray[np.uint8]:
    """(height, width, 3) of all that the pane shows."""
    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def painted_picture(pane: VideoPane) -> npt.NDArray[np.uint8]:
    rect = pane.picture_rect()
    left, top = round(rect.left()), round(rect.top())
    return painted(pane)[top : top + round(rect.height()), left : left + round(rect.width())]


def show(qtbot: QtBot, pane: VideoPane, path: Path, index: int) -> None:
    pane.open(path)
    qtbot.waitUntil(lambda: pane.frame_index == 0)
    pane.show_frame(index)
    qtbot.waitUntil(lambda: pane.frame_index == index)


@pytest.mark.slow
@each_clip
def test_the_number_is_read_from_what_is_painted(
    qtbot: QtBot, pane: VideoPane, clip_paths: clips.Shelf, clip: clips.Clip
) -> None:
    show(qtbot, pane, clip_paths[clip.name], 0)
    for index in (1, 2, 3, 11, 10, 9, 5):
        pane.show_frame(index)
        qtbot.waitUntil(lambda index=index: pane.frame_index == index)  # type: ignore[misc]
        assert clips.read_number(painted_picture(pane)) == index


@pytest.mark.slow
@each_clip
def test_resizing_while_paused_makes_the_picture_anew_for_the_pane(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, clip_paths: clips.Shelf, clip: clips.Clip
) -> None:
    show(qtbot, pane, clip_paths[clip.name], 7)
    shown: list[int] = []
    pane.frame_shown.connect(shown.append)
    answers = Answers(qtbot, decoder)
    for size in ((333, 377), (901, 507), (500, 400)):
        pane.resize(*size)
        picture = answers.next()
        place = pane.picture_rect()
        assert (picture.width, picture.height) == (round(place.width()), round(place.height()))
        # Pixel by pixel: nothing scales it a second time.
        assert np.array_equal(painted_picture(pane), picture.rgb())
        with VideoFile.open(clip_paths[clip.name]) as video:
            facts = video.facts
            whole = (0.0, 0.0, float(facts.width), float(facts.height))
            ideal = video.shown(7, PictureView((picture.width, picture.height), whole))
        assert np.array_equal(picture.rgb(), ideal.rgb())
    assert shown == [], "it is the same frame"


@pytest.mark.parametrize("name", ["hd.mp4", "turned.mp4", "over.mp4", "odd.mp4", "4k.mp4"])
def test_looking_closely_shows_the_recorded_pixels(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, clip_paths: clips.Shelf, name: str
) -> None:
    show(qtbot, pane, clip_paths[name], 6)
    with VideoFile.open(clip_paths[name]) as video:
        recorded = video.frame(6).astype(int)
    answers = Answers(qtbot, decoder)
    # Where the boundary of a cell and the coloured stripes meet.
    pane.zoom_by(32.0, QPointF(250.0, 270.0))
    answers.next()
    place, seen = pane.picture_rect(), painted(pane).astype(int)
    scale = place.width() / recorded.shape[1]
    assert scale >= 4.0
    compared = 0
    for x in range(20, 480, 13):
        for y in range(20, 380, 11):
            column, row = (x + 0.5 - place.x()) / scale, (y + 0.5 - place.y()) / scale
            # Edges between pixels may be painted half a device pixel off.
            if min(column % 1, 1 - column % 1, row % 1, 1 - row % 1) * scale > 1.0:
                compared += 1
                assert np.abs(seen[y, x] - recorded[int(row), int(column)]).max() <= 3
    assert compared > 200


@pytest.mark.slow
def test_one_to_one_shows_each_pixel_of_a_large_video(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, clip_paths: clips.Shelf
) -> None:
    show(qtbot, pane, clip_paths["4k.mp4"], 5)
    answers = Answers(qtbot, decoder)
    pane.zoom_by(3840 / pane.picture_rect().width())
    picture = answers.next()
    assert picture.width < 700 and picture.height < 600, "only what is seen and a little more"
    with VideoFile.open(clip_paths["4k.mp4"]) as video:
        recorded = video.frame(5)
    place = pane.picture_rect()
    left, top = round(-place.left()), round(-place.top())
    assert np.array_equal(painted(pane), recorded[top : top + 400, left : left + 500])


def test_panning_and_zooming_uncover_no_empty_margin_and_ask_only_when_needed(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, clip_paths: clips.Shelf
) -> None:
    show(qtbot, pane, clip_paths["hd.mp4"], 0)
    ground = painted(pane)[2, 2]
    answers = Answers(qtbot, decoder)
    pane.zoom_by(8.0)
    answers.next()
    count = len(answers.pictures)
    pane.zoom_by(1 / 1.2)
    # Before the new picture comes.
    assert len(answers.pictures) == count
    assert not (painted(pane)[::7, ::7] == ground).all(axis=-1).any()
    answers.next()
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        QTest.keyClick(pane, key)
        answers.next()
    count = len(answers.pictures)
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(250, 200))
    for x in (240, 230, 220):
        QTest.mouseMove(pane, QPoint(x, 200))
    pane.show_frame(1)
    qtbot.waitUntil(lambda: pane.frame_index == 1)
    assert len(answers.pictures) == count + 1, "a short way needs no new picture"
    answers.next()
    QTest.mouseMove(pane, QPoint(20, 200))
    assert not (painted(pane)[::7, :280:7] == ground).all(axis=-1).any()
    answers.next()
    assert not (painted(pane)[::7, ::7] == ground).all(axis=-1).any()
    pane.fit()
    whole = answers.next()
    assert QRectF(0, 0, 1280, 720).contains(QRectF(*whole.part)) and whole.part[2:] == (1280.0, 720.0)
    assert clips.read_number(painted_picture(pane)) == 1


def test_nothing_is_converted_before_it_is_known_how_large(
    qtbot: QtBot, decoder: VideoDecoder, clip_paths: clips.Shelf
) -> None:
    panes: list[VideoPane] = []
    # Whoever hears of the video first may ask at once.
    decoder.opened.connect(lambda _facts, _times: panes[0].show_frame(3))
    panes.append(VideoPane(decoder))
    qtbot.addWidget(panes[0])
    panes[0].resize(320, 200)
    panes[0].show()
    answers = Answers(qtbot, decoder)
    panes[0].open(clip_paths["hd.mp4"])
    qtbot.waitUntil(lambda: panes[0].frame_index == 3)
    assert [(picture.width, picture.height) for picture in answers.pictures] == [(320, 180)]
    late = VideoPane(decoder)
    qtbot.addWidget(late)
    late.resize(160, 120)
    late.show()
    late.show_frame(5)
    qtbot.waitUntil(lambda: late.frame_index == 5)
    assert clips.read_number(painted_picture(late)) == 5


def frames_alive() -> list[av.VideoFrame]:
    """Decoded frames, in whatever hands; not the tiny ones by which a video's orientation is read."""
    return [thing for thing in gc.get_objects() if isinstance(thing, av.VideoFrame) and thing.width > 2]


@pytest.mark.slow
def test_closing_lets_go_of_all_pictures_without_the_collector(
    qtbot: QtBot, pane: VideoPane, clip_paths: clips.Shelf
) -> None:
    gc.collect()
    # Held here, so that no new one has the identity of one of these.
    of_others = frames_alive()
    known = {id(frame) for frame in of_others}
    gc.disable()
    try:
        for name in ("hd.mp4", "turned.mp4", "hd.mp4"):
            show(qtbot, pane, clip_paths[name], 12)
            pane.zoom_by(3.0)
            pane.show_frame(4)
            qtbot.waitUntil(lambda: pane.frame_index == 4)
            assert any(id(frame) not in known for frame in frames_alive())
        pane.clear()
        assert not any(id(frame) not in known for frame in frames_alive())
    finally:
        gc.enable()
    del of_others


@pytest.mark.slow
@pytest.mark.parametrize("ratio", ["1.5", "2"])
def test_fine_screens_get_a_device_pixel_for_a_pixel(clip_paths: clips.Shelf, ratio: str) -> None:
    code = (
        "import sys\n"
        "from PySide6.QtCore import QEventLoop\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from viewer.video_decoder import VideoDecoder\n"
        "from viewer.video_pane import VideoPane\n"
        "decoder = VideoDecoder()\n"
        "pane = VideoPane(decoder)\n"
        "pane.resize(400, 300)\n"
        "pane.show()\n"
        "loop = QEventLoop()\n"
        "pictures = []\n"
        "decoder.frame_ready.connect(lambda _, picture: pictures.append(picture))\n"
        "pane.frame_shown.connect(loop.quit)\n"
        "pane.open(sys.argv[1])\n"
        "loop.exec()\n"
        "print(pictures[-1].width, pictures[-1].height, pane.devicePixelRatioF())\n"
        "decoder.close()\n"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": ratio}
    done = subprocess.run(
        [sys.executable, "-c", code, str(clip_paths["hd.mp4"])],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    times = float(ratio)
    assert done.stdout.split() == [str(round(400 * times)), str(round(225 * times)), str(times)]
