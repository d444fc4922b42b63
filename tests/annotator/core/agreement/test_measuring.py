"""The whole report: known answers, whose work counts, and files as people really have them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotator.core.agreement.measuring import measure_agreement
from annotator.core.agreement.report import to_json
from annotator.core.agreement.settings import Settings
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, DatasetError


@pytest.fixture(scope="module")
def known(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The dataset of awkward disagreements, and what must be found in it."""
    folder = shared / "benchmarks" / "agreement"
    if not folder.is_dir():
        pytest.skip("needs the known answers")
    out = tmp_path_factory.mktemp("agreement") / "open"
    subprocess.run([sys.executable, folder / "make_dataset.py", out], check=True, capture_output=True)
    return out, json.loads((folder / "expected.json").read_text("utf-8"))


def report(dataset: Path, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = to_json(measure_agreement(dataset, Settings(**settings)))
    return found


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    """Where a report is not what it must be; words and further keys are free."""
    if isinstance(want, dict):
        return [
            line
            for key, value in want.items()
            if key not in ("reason", "why")
            for line in differences(value, got.get(key, "missing"), f"{path}/{key}")
        ]
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            return [f"{path}: {got}"]
        return [
            line
            for n, pair in enumerate(zip(want, got, strict=True))
            for line in differences(*pair, f"{path}/{n}")
        ]
    if isinstance(want, float) and isinstance(got, float):
        near = abs(want - got) < (0.08 if path.endswith(("/low", "/high")) else 0.0005)
        return [] if near else [f"{path}: {got}, not {want}"]
    return [] if want == got else [f"{path}: {got}, not {want}"]


def test_every_figure_of_the_known_dataset(known: tuple[Path, dict[str, Any]]) -> None:
    dataset, expected = known
    got = report(dataset)
    assert differences(expected, got) == []
    assert all(row["why"] for row in got["clips"]["left_out"])
    assert got["labels"]["per_clip"][5]["alpha_nominal"]["reason"].startswith("no variation")
    # Once more, with the lengths that were kept.
    assert json.dumps(report(dataset)) == json.dumps(got)


def test_nothing_of_the_rest_hangs_on_the_tolerance(known: tuple[Path, dict[str, Any]]) -> None:
    dataset, expected = known
    got = report(dataset, tolerances_ms=(0, 20, 40, 80, 160, 320, 640), bootstrap=0)
    curve = [row["overall"]["f1"]["value"] for row in got["keyframes"]]
    assert curve == sorted(curve) and curve[-1] > curve[0]
    assert got["labels"]["alpha_nominal"]["low"] is None
    assert got["spans"]["overall"]["f1"]["value"] == pytest.approx(
        expected["spans"]["overall"]["f1"]["value"]
    )


def test_places_of_disagreement_are_where_the_marks_differ(known: tuple[Path, dict[str, Any]]) -> None:
    worst = report(known[0], bootstrap=0)["worst"]
    first = worst["labels"][0]
    assert len(set(first["values"].values())) > 1 and first["end_s"] > first["start_s"]
    share = [row["disagreement"] for row in worst["labels"]]
    assert share == sorted(share, reverse=True)
    assert worst["keyframes"][0]["without"]


# ---- whose work counts ---------------------------------------------------------------------------


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write(tmp_path / "dataset.json", {"format": "keyframeface-studio dataset", "version": 1})
    return tmp_path


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")


def work(
    dataset: Path,
    clip: str,
    who: str,
    spans: list[tuple[Any, ...]] = (),  # type: ignore[assignment]
    times: list[Any] = (),  # type: ignore[assignment]
    **more: Any,
) -> None:
    if not (dataset / "clips" / clip / "clip.json").exists():
        write(dataset / "clips" / clip / "clip.json", {"script": clip})
    keys = ("start", "end", "label", "intensity")
    emotions = [dict(zip(keys, span, strict=False)) for span in spans]
    keyframes = [{"time": time} for time in times]
    value = {"version": 1, "status": "done", "emotions": emotions, "keyframes": keyframes, **more}
    write(dataset / "clips" / clip / "annotations" / f"{who}.json", value)


def test_a_typed_name_and_the_spellings_of_one_person(dataset: Path) -> None:
    work(dataset, "c1", "Ben", [(0, 1, "joy")])
    work(dataset, "c1", "ana", [(0, 1, "Joy ")])
    work(dataset, "c2", "ben", [(0, 1, "fear")])
    work(dataset, "c2", "Ben", [(0, 2, "fear")])
    work(dataset, "c2", "ana", [(0, 1, "FEAR")])
    found = report(dataset)
    assert found["annotators"] == ["Ben", "ana"]
    assert [row["annotator"] for row in found["clips"]["left_out"]] == ["Ben"]
    assert report(dataset, annotators=("ana", "BEN"))["annotators"] == ["ana", "Ben"]
    for wrong in (
        {"annotators": ("ana", "zoe")},
        {"annotators": ("ana", "ANA")},
        {"statuses": ("finished",)},
    ):
        with pytest.raises(DatasetError):
            report(dataset, **wrong)


def test_adjudicated_work_counts_only_by_name(dataset: Path) -> None:
    for clip in ("c1", "c2"):
        work(dataset, clip, "ana", [(0, 1, "joy")])
        work(dataset, clip, "ben", [(0, 1, "joy")])
        work(dataset, clip, "agreed", [(0, 1, "joy")], adjudicated=True)
    write(dataset / "clips" / "c2" / "annotations" / "agreed.json", "{")
    write(dataset / "clips" / "c2" / "annotations" / "ana.conflict-20260102-030405.json", "{")
    found = report(dataset)
    assert found["annotators"] == ["ana", "ben"] and found["clips"]["left_out"] == []
    named = report(dataset, annotators=("agreed", "ana"))
    assert named["clips"]["compared"] == 1
    assert [(row["clip"], row["annotator"]) for row in named["clips"]["left_out"]] == [("c2", "agreed")]


def test_too_few_people_is_said_in_a_sentence(dataset: Path) -> None:
    with pytest.raises(DatasetError, match="nobody"):
        report(dataset)
    work(dataset, "c1", "ana")
    with pytest.raises(DatasetError, match="only ana"):
        report(dataset)
    work(dataset, "c1", "ben", status="new")
    found = report(dataset)
    assert found["clips"]["compared"] == 0
    assert found["labels"]["alpha_nominal"] == {
        "value": None,
        "n": 0,
        "low": None,
        "high": None,
        "reason": "nothing to compare: no point has two values",
    }
    assert found["keyframes"][0]["overall"]["f1"]["value"] is None


def test_what_is_wrong_in_a_file_stays_in_it(dataset: Path) -> None:
    work(dataset, "c1", "ana", [(0, 1, "joy", 2)], [0.5])
    work(dataset, "c1", "ben", [(0, 1, "joy", 2)], [0.5])
    annotations = dataset / "clips" / "c1" / "annotations"
    nan = (
        '{"status":"done","emotions":[{"start":NaN,"end":1,"label":"joy"},{"start":1,"end":0,"label":"joy"},'
    )
    nan += (
        '7,{"start":-3,"end":1,"label":null,"intensity":"x"}],"keyframes":[{"time":Infinity},{"time":0.5}]}'
    )
    write(annotations / "cem.json", nan)
    (annotations / "dora.json").write_bytes(b"\xff\xfe\x00")
    write(annotations / "eli.json", {"version": 99, "status": "done"})
    write(annotations / "fay.json", {"status": ["done"], "emotions": {}, "keyframes": "no"})
    (annotations / "gus.json").mkdir()
    found = report(dataset)
    assert found["annotators"] == ["ana", "ben", "cem", "dora", "eli", "fay", "gus"]
    assert {row["annotator"] for row in found["clips"]["left_out"]} == {"dora", "eli", "fay", "gus"}
    pair = report(dataset, annotators=("ana", "cem"))
    # The span that ends before it starts lies from 0 to 1 as in the window, the nameless one is no label.
    assert pair["spans"]["overall"]["counts"] == [1, 2] and pair["spans"]["overall"]["matched"] == 1
    assert pair["keyframes"][0]["overall"]["matched"] == 1
    assert pair["intensity"]["alpha_interval"]["n"] == 0


def test_marks_far_away_cost_no_more_than_near_ones(dataset: Path) -> None:
    for who in ("ana", "ben"):
        work(dataset, "c1", who, [(0, 1, "joy"), (9.9e6, 1e300, "joy")], [1e9])
    found = report(dataset)
    assert found["labels"]["per_clip"][0]["length_s"] == 1e7
    assert found["labels"]["pairs"][0]["observed"]["value"] == 1.0


def test_a_broken_clip_is_counted_and_told(dataset: Path) -> None:
    for who in ("ana", "ben"):
        work(dataset, "c1", who, [(0, 1, "joy")])
        work(dataset, "c2", who, [(0, 1, "joy")])
    write(dataset / "clips" / "c1" / "clip.json", "{")
    write(dataset / "clips" / "c2" / "clip.json", {"video": "gone.mp4", "track": "../../../../etc/passwd"})
    found = report(dataset)
    assert found["clips"]["compared"] == 2 and len(found["clips"]["notes"]) == 3
    assert [row["length_from"] for row in found["labels"]["per_clip"]] == ["marks", "marks"]


def test_labels_at_the_level_of_basic_emotions(dataset: Path) -> None:
    words = [{"label": "Anger"}, {"label": "irritation", "basic": "anger", "synonyms": ["annoyance"]}]
    write(dataset / "dataset.json", {"format": "keyframeface-studio dataset", "vocabulary": words})
    work(dataset, "c1", "ana", [(0, 1, "annoyance"), (1, 2, "joy")])
    work(dataset, "c1", "ben", [(0, 1, "anger"), (1, 2, "joy")])
    exact, basic = report(dataset), report(dataset, label_level="basic")
    assert [row["label"] for row in exact["labels"]["per_label"]] == ["Anger", "irritation", "joy"]
    assert [row["label"] for row in basic["labels"]["per_label"]] == ["Anger", "joy"]
    assert exact["labels"]["alpha_nominal"]["value"] < basic["labels"]["alpha_nominal"]["value"] == 1.0


def test_it_ends_when_it_is_cancelled(dataset: Path) -> None:
    work(dataset, "c1", "ana")
    work(dataset, "c1", "ben")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        measure_agreement(dataset, Settings(), cancel=token)
