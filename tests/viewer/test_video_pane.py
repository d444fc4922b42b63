"""The video pane and its decoder: what is asked for is what comes on screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests import clips
from viewer import palette
from viewer.video_decoder import VideoDecoder, image_of
from viewer.video_pane import VideoPane


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pane")
    clips.make(
        clips.Clip(
            "slow.mp4",
            [k * 20 for k in range(40)] + [800 + k * 60 for k in range(30)],
            Fraction(1, 600),
            options=clips.x264(),
        ),
        folder,
    )
    clips.make(clips.Clip("other.mp4", range(20), options=clips.x264(), rotation=90), folder)
    return folder


@pytest.fixture
def decoder(qtbot: QtBot) -> Iterator[VideoDecoder]:
    decoder = VideoDecoder()
    yield decoder
    decoder.close()
    assert not [t for t in threading.enumerate() if t.name == "video decoder"]


@pytest.fixture
def pane(qtbot: QtBot, decoder: VideoDecoder) -> VideoPane:
    pane = VideoPane(decoder)
    qtbot.addWidget(pane)
    pane.resize(640, 400)
    pane.show()
    return pane


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def _whole(decoder: VideoDecoder, pane: VideoPane) -> np.ndarray:
    """The frame on screen in its own size."""
    pixels = decoder.whole_picture(pane.frame_index)
    assert pixels is not None
    return pixels


def _wait_for(qtbot: QtBot, pane: VideoPane, index: int) -> None:
    qtbot.waitUntil(lambda: pane.frame_index == index)


def _open(qtbot: QtBot, pane: VideoPane, path: Path) -> None:
    pane.open(path)
    _wait_for(qtbot, pane, 0)


def test_an_empty_pane_says_what_to_do_and_asks_when_clicked(qtbot: QtBot, pane: VideoPane) -> None:
    assert pane.frame_index == -1 and pane.message == "" and pane.badge == ""
    empty = pane.grab().toImage()
    assert len({empty.pixel(x, y) for x in range(200, 440, 2) for y in range(150, 260, 2)}) > 3
    with qtbot.waitSignal(pane.open_requested):
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton)


def test_frames_by_number_and_by_time_are_the_ones_asked_for(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    for index in (0, 41, 40, 39, 5, 69):
        pane.show_frame(index)
        _wait_for(qtbot, pane, index)
        assert clips.read_number(_whole(decoder, pane)) == index
    pane.show_time(800 / 600 + 3 * 0.1 + 0.05)
    qtbot.waitUntil(lambda: pane.frame_index == 43)
    pane.show_frame(10_000)
    qtbot.waitUntil(lambda: pane.frame_index == 69)


def test_asking_for_the_same_frame_again_decodes_nothing(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    arrived: list[int] = []
    decoder.frame_ready.connect(lambda index, _: arrived.append(index))
    for _ in range(50):
        pane.show_time(0.2)
    qtbot.waitUntil(lambda: pane.frame_index == 6)
    for _ in range(50):
        pane.show_time(0.21)
    pane.show_frame(7)
    qtbot.waitUntil(lambda: pane.frame_index == 7)
    assert arrived == [6, 7]


def test_the_newest_request_wins_and_old_ones_are_not_queued(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    arrived: list[int] = []
    decoder.frame_ready.connect(lambda index, _: arrived.append(index))
    for index in range(69, -1, -1):
        decoder.request(index)
    qtbot.waitUntil(lambda: arrived[-1:] == [0])
    assert len(arrived) < 70


def test_playing_every_frame_in_order(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    for index in range(1, 70):
        pane.show_frame(index)
        _wait_for(qtbot, pane, index)
    assert clips.read_number(_whole(decoder, pane)) == 69


def test_another_video_replaces_the_first_at_once(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    pane.show_frame(60)
    pane.open(folder / "other.mp4")
    assert pane.frame_index == -1 and "other.mp4" in pane.message
    qtbot.waitUntil(lambda: pane.frame_index == 0)
    assert _whole(decoder, pane).shape == (clips.HEIGHT, clips.WIDTH, 3)
    pane.show_frame(19)
    qtbot.waitUntil(lambda: pane.frame_index == 19)
    assert clips.read_number(_whole(decoder, pane)) == 19
    pane.clear()
    assert pane.frame_index == -1 and pane.picture_rect().isEmpty()


def test_opening_many_in_a_row_ends_with_the_last(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    opened: list[object] = []
    decoder.opened.connect(lambda facts, _: opened.append(facts.frames))
    for k in range(6):
        decoder.open(folder / ("slow.mp4" if k % 2 else "other.mp4"))
    qtbot.waitUntil(lambda: pane.frame_index == 0)
    assert opened == [70]


def test_a_bad_file_and_a_bad_frame_are_told_and_the_rest_works(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    with qtbot.waitSignal(decoder.failed) as told:
        pane.open(bad)
    assert told.args[0].startswith("bad.mp4: ") and pane.message == told.args[0]
    with qtbot.waitSignal(pane.open_requested):
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton)
    _open(qtbot, pane, folder / "slow.mp4")
    with qtbot.waitSignal(decoder.frame_failed) as missing:
        decoder.request(500)
    assert missing.args[0] == 500 and "no frame 500" in pane.message
    assert pane.frame_index == -1 and pane.picture_rect().isEmpty()
    pane.show_frame(3)
    qtbot.waitUntil(lambda: pane.frame_index == 3)
    assert pane.message == ""


def test_numbers_that_may_be_off_are_marked(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    assert pane.badge == ""
    plain = pane.grab().toImage()
    assert decoder.facts is not None
    doubtful = replace(decoder.facts, exact=False, notes=("packets are missing",))
    decoder.opened.emit(doubtful, decoder.times)
    qtbot.waitUntil(lambda: pane.frame_index == 0)
    assert pane.badge == "Frame numbers may be off: packets are missing"
    assert pane.grab().toImage() != plain


def test_the_last_asked_for_is_what_stays_on_screen(
    qtbot: QtBot, pane: VideoPane, decoder: VideoDecoder, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    order = np.random.default_rng(4).integers(0, 70, 200).tolist()
    for k, index in enumerate(order):
        pane.show_frame(index)
        if k % 7 == 0:
            _wait_for(qtbot, pane, index)
        elif k % 3 == 0:
            # A neighbour, most likely fetched ahead, may overtake the far one.
            pane.show_frame(order[k - 1] + 1)
    last = min(order[-1], 69)
    pane.show_frame(last)
    qtbot.waitUntil(lambda: pane.frame_index == last)
    pane.show_frame(last - 1)
    qtbot.waitUntil(lambda: pane.frame_index == last - 1)
    assert clips.read_number(_whole(decoder, pane)) == last - 1


def test_wheel_zooms_at_the_cursor_and_dragging_pans_within_the_picture(
    qtbot: QtBot, pane: VideoPane, folder: Path
) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    fitted = pane.picture_rect()
    assert pane.rect().contains(fitted.toAlignedRect())
    assert fitted.width() / fitted.height() == pytest.approx(clips.WIDTH / clips.HEIGHT, rel=0.01)
    pane.zoom_by(2.0)
    start = pane.picture_rect()
    at = QPointF(200.0, 120.0)
    before = ((at.x() - start.x()) / start.width(), (at.y() - start.y()) / start.height())
    for _ in range(6):
        pane.wheelEvent(
            QWheelEvent(
                at,
                pane.mapToGlobal(at),
                QPoint(),
                QPoint(0, 120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
        )
    zoomed = pane.picture_rect()
    assert pane.zoom == pytest.approx(2 * 1.2**6)
    after = ((at.x() - zoomed.x()) / zoomed.width(), (at.y() - zoomed.y()) / zoomed.height())
    assert after == pytest.approx(before, abs=1e-6)
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    QTest.mouseMove(pane, QPoint(5000, 5000))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(600, 390))
    dragged = pane.picture_rect()
    assert dragged.left() <= 0.5 and dragged.top() <= 0.5
    assert dragged.right() >= pane.width() - 0.5 and dragged.bottom() >= pane.height() - 0.5
    QTest.keyClick(pane, Qt.Key.Key_0)
    assert pane.zoom == 1.0 and pane.picture_rect() == fitted
    QTest.keyClick(pane, Qt.Key.Key_Plus)
    assert pane.zoom > 1.0
    QTest.mouseDClick(pane, Qt.MouseButton.LeftButton)
    assert pane.zoom == 1.0


def test_a_dropped_file_is_handed_on(qtbot: QtBot, pane: VideoPane, folder: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder / "slow.mp4"))])
    where = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(QPoint(9, 9), *where)
    pane.dragEnterEvent(entering)
    assert entering.isAccepted()
    with qtbot.waitSignal(pane.files_dropped) as dropped:
        pane.dropEvent(QDropEvent(QPointF(9, 9), *where))
    assert Path(dropped.args[0][0]) == folder / "slow.mp4"


def test_both_themes_and_the_overlay_paint(qtbot: QtBot, pane: VideoPane, folder: Path) -> None:
    _open(qtbot, pane, folder / "slow.mp4")
    plain = pane.grab().toImage()
    pane.set_overlay(True)
    assert pane.grab().toImage() != plain
    pane.set_palette_colours(palette.LIGHT)
    light = pane.grab().toImage()
    assert light.pixelColor(2, 2).lightness() > plain.pixelColor(2, 2).lightness()


def test_a_picture_keeps_its_pixels_after_the_array_is_gone() -> None:
    pixels = clips.draw_number(77, 191, 143)
    image = image_of(np.ascontiguousarray(pixels))
    expected = pixels.copy()
    pixels[:] = 0
    assert np.array_equal(_pixels(image), expected)


def test_closing_in_the_middle_of_work_leaves_no_thread(qtbot: QtBot, shared: Path) -> None:
    before = threading.active_count()
    for _ in range(5):
        decoder = VideoDecoder()
        decoder.open(shared / "data" / "video" / "crying_23976.mp4")
        with qtbot.waitSignal(decoder.opened):
            pass
        decoder.request(470)
        decoder.close()
        decoder.close()
        decoder.deleteLater()
    assert threading.active_count() == before
