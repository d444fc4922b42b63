"""``kfstudio agreement``: the same bytes for the same files, and one line where there is nothing to tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Studio

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("agreement") / "study"
    for n, (clip, late) in enumerate((("c1", 0.0), ("c2", 0.3))):
        for who, start in (("ana", 0.0), ("ben", late)):
            span = {"start": start, "end": 2.0, "label": "joy", "intensity": 3}
            work = {"version": 1, "status": "done", "emotions": [span], "keyframes": [{"time": n + start}]}
            file = root / "clips" / clip / "annotations" / f"{who}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(work), "utf-8")
        (root / "clips" / clip / "clip.json").write_text('{"script": "line"}', "utf-8")
    (root / "dataset.json").write_text('{"format": "keyframeface-studio dataset"}', "utf-8")
    return root


def test_the_report_is_the_same_bytes_each_time(studio: Studio, dataset: Path) -> None:
    words = ("agreement", dataset, "--tolerance", "100,400", "--annotators", "ben,ana")
    first, second = studio(*words), studio(*words)
    assert first.out == second.out
    found = first.json
    assert found["dataset"] == "study" and found["annotators"] == ["ben", "ana"]
    assert [row["overall"]["f1"]["value"] for row in found["keyframes"]] == [0.5, 1.0]
    assert found["settings"]["tolerances_ms"] == [100, 400]
    assert found["gamma"]["reason"] == "not asked for: add --gamma"


def test_a_wrong_call_is_told_in_one_line(studio: Studio, dataset: Path, tmp_path: Path) -> None:
    assert "zoe" in studio("agreement", dataset, "--annotators", "ana,zoe").error
    assert "finished" in studio("agreement", dataset, "--status", "finished").error
    assert "dataset" in studio("agreement", tmp_path).error
    assert "--iou" in studio("agreement", dataset, "--iou", "0").usage
    assert "soon" in studio("agreement", dataset, "--tolerance", "40,soon").usage
