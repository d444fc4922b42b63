"""Sound in step with the clock; without a device everything else works as before."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, qInstallMessageHandler

from viewer.core.audio import write_pcm
from viewer.core.cancel import CancelToken
from viewer.core.clock import Clock
from viewer.core.errors import Cancelled

# Qt remarks on each sound server that it cannot find; having none is no fault here.
_remarks = qInstallMessageHandler(lambda *_: None)
try:
    # Its library needs the system's PulseAudio client, which a bare machine lacks.
    from PySide6 import QtMultimedia
except ImportError:
    QtMultimedia = None  # type: ignore[assignment]
finally:
    qInstallMessageHandler(_remarks)

_DRIFT = 0.08
# A device reports in steps; between two of them time is taken to go on for so long.
_REPORT = 0.05
_MAX_LATENCY = 0.4


def _output() -> Any:
    """The default device, asked for without Qt's remarks on which servers it could not reach."""
    before = qInstallMessageHandler(lambda *_: None)
    try:
        return QtMultimedia.QMediaDevices.defaultAudioOutput()
    finally:
        qInstallMessageHandler(before)


class _Conversion:
    """Samples on their way to what a device takes, in a thread of their own."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self._cancel = CancelToken()
        self._bytes = QByteArray()
        self._thread = threading.Thread(target=self._work, args=(samples,), name="sound", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> QByteArray:
        """Wait for the end; little-endian 16-bit samples, channels interleaved."""
        self._thread.join()
        return self._bytes

    def stop(self) -> None:
        """Give up, and wait until nothing is done any more."""
        self._cancel.cancel()
        self._thread.join()

    def _work(self, samples: NDArray[np.float32]) -> None:
        self._bytes.resize(2 * samples.size)
        memory: Any = self._bytes
        try:
            write_pcm(samples, np.frombuffer(memory, "<i2").reshape(samples.shape), self._cancel)
        except Cancelled:
            self._bytes = QByteArray()


class AudioPlayer(QObject):
    """Plays (N, C) float32 samples whose sample 0 is the video's time 0.

    The simplest use is :meth:`follow`, called at every tick with the clock.  Sound plays at
    rate 1 only; at other rates, and backward, it is silent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: Any = None
        self._buffer: QBuffer | None = None
        self._bytes = QByteArray()
        self._coming: _Conversion | None = None
        self._rate = 48000
        self._channels = 1
        self._length = 0.0
        self._muted = False
        self._started_from = self._stood_at = 0.0
        self._follows: Clock | None = None
        self._played = 0.0
        self._asked_at = 0.0
        self._reported = self._reported_at = 0.0
        self._latest = 0.0
        self._broken = False

    @property
    def available(self) -> bool:
        """Whether there is a device to play on."""
        return QtMultimedia is not None and not _output().isNull()

    @property
    def ready(self) -> bool:
        """Whether what was loaded can sound at once."""
        return self._coming is None or self._coming.done

    @property
    def playing(self) -> bool:
        """Whether the device has been given sound to play."""
        return self._sink is not None

    def load(self, samples: NDArray[np.float32] | None, rate: int = 48000) -> None:
        """Take other sound, or None for silence; stops what plays.

        Returns at once: the samples are made ready for the device in a thread, and
        :meth:`follow` is silent until they are.

        Parameters
        ----------
        samples : (N,) or (N, C) float32 array, or None
            In [-1, 1], C 1 or 2; sample 0 is the video's time 0.  Not to be changed afterwards.
        rate : int
            Samples a second.
        """
        self.stop()
        if self._coming is not None:
            self._coming.stop()
            self._coming = None
        self._bytes, self._length = QByteArray(), 0.0
        if samples is None or not len(samples):
            return
        flat = samples[:, None] if samples.ndim == 1 else samples
        self._rate, self._channels = rate, flat.shape[1]
        self._length = len(flat) / rate
        self._coming = _Conversion(flat)

    def play(self, from_seconds: float, rate: float = 1.0) -> bool:
        """Start at a time of the video, when its sound is ready; False when nothing can sound
        there."""
        self.stop()
        if rate != 1.0 or not 0.0 <= from_seconds < self._length or not self.available:
            return False
        layout = QtMultimedia.QAudioFormat()
        layout.setSampleRate(self._rate)
        layout.setChannelCount(self._channels)
        layout.setSampleFormat(QtMultimedia.QAudioFormat.SampleFormat.Int16)
        device = _output()
        if not device.isFormatSupported(layout):
            return False
        if self._coming is not None:
            self._bytes, self._coming = self._coming.result(), None
        first = int(from_seconds * self._rate)
        # Qt reads the buffer itself, so that a busy UI thread cannot make the sound stutter.
        self._buffer = QBuffer(self)
        self._buffer.setData(self._bytes)
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._buffer.seek(first * 2 * self._channels)
        self._sink = QtMultimedia.QAudioSink(device, layout, self)
        self._sink.setVolume(0.0 if self._muted else 1.0)
        self._started_from = first / self._rate
        self._asked_at = self._reported_at = time.monotonic()
        self._reported = self._latest = 0.0
        self._sink.start(self._buffer)
        if self._sink.error() != QtMultimedia.QtAudio.Error.NoError:
            self.stop()
            return False
        return True

    def stop(self) -> None:
        """Fall silent; harmless when repeated."""
        if self._sink is None:
            return
        self._played, self._stood_at = self.seconds_played(), self.position()
        sink, self._sink = self._sink, None
        sink.stop()
        sink.deleteLater()
        if self._buffer is not None:
            self._buffer.close()
            self._buffer.deleteLater()
            self._buffer = None

    def set_muted(self, muted: bool) -> None:
        """Play on without being heard; holds for what is loaded later, too."""
        self._muted = muted
        if self._sink is not None:
            self._sink.setVolume(0.0 if muted else 1.0)

    def position(self) -> float:
        """Seconds of the video that sound now; where it last stood when silent."""
        return self._started_from + self._heard() if self.playing else self._stood_at

    def seconds_played(self) -> float:
        """Seconds heard since this player was made, never jumping and never going back: what
        :meth:`Clock.use_source` needs."""
        return self._played + self._heard()

    def follow(self, clock: Clock) -> None:
        """Make the sound be what the clock says; call it at every tick and after a command.

        While sound plays the clock runs on it; else on its own time.
        """
        wanted = clock.playing and clock.rate == 1.0 and clock.time < self._length
        if not wanted:
            self._broken = False
        elif self.playing and self._gone():
            # Unplugged: no second try before the next start, or each tick would wait for it.
            self._broken = True
        if not wanted or self._broken or not self.ready:
            self._release()
            return
        if self.playing and abs(self.position() - clock.time) <= _DRIFT:
            return
        if not self.play(clock.time):
            self._broken = True
            self._release()
        elif self._follows is None:
            self._follows = clock
            clock.use_source(self.seconds_played)

    def _release(self) -> None:
        self.stop()
        if self._follows is not None:
            self._follows.use_source(None)
            self._follows = None

    def _gone(self) -> bool:
        """The device was unplugged, or another fault ended the sound."""
        return bool(self._sink.state() == QtMultimedia.QtAudio.State.StoppedState)

    def _heard(self) -> float:
        """Seconds of this run that were heard, by the device's count, smoothed by the clock on
        the wall and never going back."""
        if self._sink is None:
            return 0.0
        now = time.monotonic()
        # Qt does not count what still waits in the device's buffer.
        reported = self._sink.processedUSecs() / 1e6
        if reported != self._reported:
            self._reported, self._reported_at = reported, now
        since = now - self._reported_at
        if self._sink.state() != QtMultimedia.QtAudio.State.IdleState:
            since = min(since, _REPORT)
        # When the samples have run out, time goes on without them.
        passed = now - self._asked_at
        # A device that hangs must not hold up the picture.
        heard = max(min(reported + since, passed), passed - _MAX_LATENCY)
        self._latest = max(self._latest, heard)
        return self._latest
