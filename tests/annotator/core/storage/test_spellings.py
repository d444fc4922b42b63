"""One person, whatever the spelling of the name: files, journals, versions, and what `validate` tells."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from annotator.core import edits as e
from annotator.core.batch.selection import Selection, choose
from annotator.core.comparison.votes import counted, new_vote, open_ballots
from annotator.core.generation.profiles import PRESETS
from annotator.core.storage.backups import Backups
from annotator.core.storage.clip_files import Annotation
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, LooseClip, dataset_facts
from annotator.core.storage.earlier_versions import read_versions
from annotator.core.storage.other_versions import merged_with, read_other_versions, set_aside
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.validate import validate
from tests.systems import make_twin


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two clips that ben worked on."""
    root = Dataset.create(tmp_path / "data").root
    for id in ("c1", "c2"):
        folder = root / "clips" / id / "annotations"
        folder.mkdir(parents=True)
        (folder.parent / "clip.json").write_text('{"background": "a room"}')
        mark(folder / "ben.json", 1.0)
    return root


def mark(file: Path, time: float) -> Path:
    keyframe = {"id": f"k{time:g}", "time": time, "description": "a smile"}
    file.write_text(json.dumps({"status": "done", "keyframes": [keyframe]}))
    return file


def names_told(root: Path) -> list[str]:
    """What `validate` finds; the clips here have no recording."""
    return [f.line() for f in validate(root).findings if "neither video nor track" not in f.what]


def files(root: Path, clip: str = "c1") -> list[str]:
    return sorted(path.name for path in (root / "clips" / clip / "annotations").iterdir())


def test_another_spelling_goes_on_with_the_file_that_is_there(dataset: Path) -> None:
    opened = Dataset.open(dataset, "BEN")
    assert opened.annotator_id == "ben" and [entry.status for entry in opened.clips] == ["done", "done"]
    loaded = opened.load_clip("c1")
    assert len(loaded.state.keyframes) == 1 and loaded.place.annotator_id == "ben"
    ClipWriter(loaded).save(e.add_keyframe(loaded.state, 2.0).apply(loaded.state))
    assert files(dataset) == ["ben.json"]
    assert len(Dataset.open(dataset, "Ben").load_clip("c1").state.keyframes) == 2
    assert Dataset.open(dataset, "Benno").annotator_id == "Benno"


def test_a_file_of_macos_is_found_by_the_name_as_it_is_typed(dataset: Path) -> None:
    folder = dataset / "clips" / "c1" / "annotations"
    mark(folder / unicodedata.normalize("NFD", "Zoë.json"), 1.0)
    assert len(Dataset.open(dataset, "zoë").load_clip("c1").state.keyframes) == 1
    assert not names_told(dataset)


def test_two_files_stay_two_until_they_are_merged(dataset: Path) -> None:
    folder = dataset / "clips" / "c1" / "annotations"
    mark(make_twin(folder / "ben.json", "Ben.json"), 2.0)
    for name, time in (("ben", 1.0), ("Ben", 2.0)):
        assert [k.time for k in Dataset.open(dataset, name).load_clip("c1").state.keyframes] == [time]
    assert dataset_facts(dataset)["annotators"] == ["Ben"]
    told = names_told(dataset)
    assert len(told) == 1 and "Ben.json and ben.json are one on Windows and macOS" in told[0]

    loaded = Dataset.open(dataset, "ben").load_clip("c1")
    opened = open_clip(loaded)
    assert [finding.where for finding in opened.loaded.findings] == ["Ben.json"]
    opened.saver.close()
    (other,) = read_other_versions(loaded)
    merged, clashes = merged_with(loaded, loaded.state, other)
    assert [k.time for k in merged.keyframes] == [1.0, 2.0] and not clashes
    set_aside(loaded.place, other.path)
    assert files(dataset) == ["ben.json"]
    (kept,) = read_versions(loaded.place)
    assert isinstance(kept.contents, Annotation) and kept.contents.keyframes[0].time == 2.0


def test_what_a_crash_left_comes_back_under_another_spelling(dataset: Path) -> None:
    nobody = Dataset.open(dataset, "Zoe")
    opened = open_clip(nobody.load_clip("c1"), delay=60)
    edit = e.add_keyframe(opened.loaded.state, 3.0)
    opened.saver.submit(edit.apply(opened.loaded.state), edit)
    journal = opened.saver.journal_path.read_bytes()
    opened.saver.close()
    (dataset / "clips" / "c1" / "annotations" / "Zoe.json").unlink()
    opened.saver.journal_path.write_bytes(journal)
    again = open_clip(Dataset.open(dataset, "zoe").load_clip("c1"))
    assert "Recovered 1 edit" in again.recovered
    assert [k.time for k in again.loaded.state.keyframes] == [3.0]
    again.saver.close()


def test_backups_of_a_name_that_had_another_file_name_are_found(dataset: Path) -> None:
    place = Dataset.open(dataset, "ben").place("c1")
    backups = Backups(place)
    backups.keep(place.annotation_file, b"{}")
    earlier = backups.folder.rename(backups.folder.with_name("As_it_was" + backups.folder.name[-21:]))
    assert Backups(place).folder == earlier and len(Backups(place).all()) == 1


def test_a_person_votes_once_and_describes_once(dataset: Path) -> None:
    votes = [
        new_vote(("a", "b"), preferred, voter=voter, criterion="looks real", seed=1)
        for voter, preferred in (("Ben", "a"), ("ben", "b"), ("anna", "a"))
    ]
    assert sorted(vote.voter for vote in counted(votes)) in (["Ben", "anna"], ["anna", "ben"])
    assert not open_ballots([], {"c1": votes}, "BEN", "looks real")
    chosen = choose(Dataset.open(dataset, "BEN"), Selection(), PRESETS[0], [None])
    assert chosen.keyframes_of == {"ben": 2} and not chosen.notes


def test_a_file_of_its_own_has_its_people_by_name_too(tmp_path: Path) -> None:
    track = tmp_path / "face.csv"
    track.write_text("Timecode,BlendshapeCount\n")
    folder = tmp_path / "face.annotations"
    folder.mkdir()
    mark(folder / "ben.json", 1.0)
    assert LooseClip(track, "BEN").annotator_id == "ben"
    assert LooseClip(track, "BEN").place().annotation_file == folder.resolve() / "ben.json"


def test_names_that_cannot_be_on_every_system_are_told(dataset: Path) -> None:
    clips = dataset / "clips"
    for name in ("CON", "what?", "trailing.", "12:30"):
        try:
            (clips / name).mkdir()
        except OSError:
            pytest.skip("this system has no folders of such names")
        (clips / name / "clip.json").write_text("{}")
    make_twin(clips / "c2", "C2")
    takes = clips / "c1" / "takes"
    takes.mkdir()
    (takes / "aux.json").write_text('{"request": {}}')
    make_twin(takes / "aux.json", "Aux.json")
    told = names_told(dataset)
    expected = (
        "clips/12:30: it is not shown, for no clip can be called so – rename it, for example 12_30-",
        "clips: C2 and c2 are one on Windows and macOS: one is lost in a copy – rename one of them",
        "clips/CON: it cannot be called so on every system: Windows keeps the name CON for a device",
        "clips/what?: it cannot be called so on every system: Windows allows no ? in a name",
        "clips/trailing.: it cannot be called so on every system: Windows drops the dot at its end",
        "c1/takes: Aux.json and aux.json are one",
        "c1/takes/aux.json: it cannot be called so on every system: Windows keeps the name aux",
    )
    for line in expected:
        assert any(each.startswith(line) for each in told), (line, told)


def test_a_track_called_like_a_file_of_the_studio_is_not_lost(dataset: Path, tmp_path: Path) -> None:
    track = tmp_path / "Clip.json"
    track.write_text('{"names": ["JawOpen"], "frames": []}')
    opened = Dataset.open(dataset)
    id = add_clip(opened, None, track, id="new").id
    place = opened.place(id)
    assert place.file(opened.load_clip(id).state.clip.track).read_bytes() == track.read_bytes()
