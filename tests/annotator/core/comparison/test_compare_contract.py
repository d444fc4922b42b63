"""What `kfstudio compare` says is read by other programs: the same keys and values, byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.cli.terminal import report
from annotator.cli.work.files import compare_tracks
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.formats import write
from viewer.core.track import Track

SAID = Path(__file__).with_name("compare_contract.json")


def track(name: str, channels: tuple[str, ...], later: int, scale: float) -> Path:
    """Two seconds of lids, jaw and head in steps that binary numbers hold exactly."""
    present = np.zeros(CHANNEL_COUNT, bool)
    values = np.zeros((64, CHANNEL_COUNT), np.float32)
    for place, channel in enumerate(channels):
        at = np.arange(64) - later + 3 * place
        present[INDEX[channel]] = True
        values[:, INDEX[channel]] = scale * np.abs((at % 24) - 12) / 12
    values[40] = np.nan
    path = Path(name)
    write(Track.build(np.arange(64) / 32, values, present=present), path)
    return path


def test_the_json_of_a_comparison_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    lids = ("EyeBlinkLeft", "EyeBlinkRight")
    a = track("a.json", (*lids, "JawOpen", "HeadYaw"), 0, 1.0)
    b = track("b.json", (*lids, "JawOpen", "MouthClose", "HeadYaw"), 4, 0.75)
    report(compare_tracks(a, b, "0.5,1.25,99"))
    assert capfdbinary.readouterr().out == SAID.read_bytes()
