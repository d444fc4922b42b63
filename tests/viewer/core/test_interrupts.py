"""Ctrl+C waits for the end of an import, which native libraries do not survive half done."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from pathlib import Path

import pytest

from viewer.core.interrupts import interrupt

MODULE = """
import signal
signal.raise_signal(signal.SIGINT)
loaded = True
"""


def test_an_interrupt_during_an_import_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interrupted_while_loading.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            importlib.import_module("interrupted_while_loading")
            threading.Event().wait(20)
        assert sys.modules.pop("interrupted_while_loading").loaded
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
