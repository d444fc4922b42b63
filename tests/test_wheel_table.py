"""What `make wheels` prints once pip has been asked; pip itself needs an index and is not asked here."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from tests.scripts import load_script

table = load_script(Path(__file__).resolve().parents[1] / "resources" / "setup" / "wheel_table.py")


def test_whatever_is_asked_for_is_pinned() -> None:
    pinned = table.pins()
    assert {canonicalize_name(need.name) for need in table.asked(["local"])} <= set(pinned)
    assert pinned["pywin32-ctypes"], "needed on Windows only, so no list made on Linux names it"


def test_the_table_counts_what_is_missing() -> None:
    found = {
        ("windows x64", "3.11"): table.Found({"av": "av.whl", "colorama": "colorama.whl"}),
        ("windows x64", "3.14"): table.Found({"av": "", "colorama": "colorama.whl"}, {"wmi"}),
        ("linux x86_64", "3.11"): table.Found({"av": "av.whl"}),
        ("linux x86_64", "3.14"): table.Found({"av": "av.whl"}),
    }
    text, faults = table.table(found, {"av": "1.0", "colorama": "0.4"})
    assert faults == 2
    assert text.splitlines() == [
        "Python 3.11, 3.14  windows x64    linux x86_64",
        "av 1.0             3.14 no wheel  yes",
        "colorama 0.4       yes            not needed",
        "wmi                3.14 no pin    not needed",
    ]
