"""Files that other tools made, read in place: what is inside was counted by other means."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from annotator.core.interchange.choosing import marks_of, parse_map, sets_for, taken
from annotator.core.interchange.clip_frames import ClipFrames
from annotator.core.interchange.formats import read_foreign
from annotator.core.interchange.marks import ForeignFile, ForeignMarks, Tier
from viewer.core.errors import FileError

NO_FRAMES = ClipFrames()


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    return shared / "data" / "interchange"


def tiers(marks: ForeignMarks) -> dict[str, Tier]:
    return {tier.name: tier for tier in marks.tiers}


def ends(tier: Tier) -> list[tuple[float, float | None]]:
    return [(mark.start, mark.end) for mark in (tier.marks[0], tier.marks[-1])]


def only(file: ForeignFile) -> ForeignMarks:
    (marks,) = file.sets
    return marks


def test_elan_2_3_with_dependent_tiers_and_a_slot_without_a_time(real: Path) -> None:
    file = read_foreign(real / "eaf" / "elan_example_2.3.eaf")
    found = tiers(only(file))
    assert file.left_out == () and len(found) == 11
    assert sum(len(tier.marks) for tier in found.values()) == 315
    assert {name: len(found[name].marks) for name in ("W-RGph", "K-Spch", "W-Spch", "W-Words", "W-POS")} == {
        "W-RGph": 59,
        "K-Spch": 7,
        "W-Spch": 15,
        "W-Words": 97,
        "W-POS": 97,
    }
    assert ends(found["W-RGph"]) == [(0.0, 0.44), (33.36, 33.84)]
    assert [found["W-RGph"].marks[at].words for at in (0, -1)] == ["preparation", "retraction"]
    assert ends(found["K-Spch"]) == [(0.28, 1.25), (29.01, 29.48)]
    assert [found["K-Spch"].marks[at].words for at in (0, -1)] == ["so from here.", "ja"]
    assert ends(found["W-Spch"]) == [(0.78, 4.09), (34.38, 36.18)]
    # The slot without a time lies in the middle of its neighbours on the tier of words.
    assert [m.end for m in found["W-Words"].marks if m.start == 11.47] == [11.705]
    # A reference has the time of the word it refers to.
    assert [(m.start, m.end) for m in found["W-POS"].marks] == [
        (m.start, m.end) for m in found["W-Words"].marks
    ]
    assert only(file).media[0].file_name == "elan-example1.mpg"


def test_elan_2_8_and_3_0_with_their_letters_and_blanks(real: Path) -> None:
    dante = tiers(only(read_foreign(real / "eaf" / "dante_2.8.eaf")))
    assert {name: len(tier.marks) for name, tier in dante.items()} == {
        "italianSpeech": 3,
        "morphemes": 3,
        "morphemeGloss": 3,
        "english": 3,
    }
    assert ends(dante["italianSpeech"]) == [(0.0, 3.093), (5.624, 8.033)]
    assert dante["italianSpeech"].marks[0].words == "Nel mezzo del cammin di nostra vita"
    # Through two levels of references.
    assert ends(dante["morphemeGloss"]) == ends(dante["italianSpeech"])
    assert "\t" in dante["morphemes"].marks[0].words
    speech = tiers(only(read_foreign(real / "eaf" / "lushootseed_3.0.eaf")))["lushootseedSpeech"]
    assert ends(speech) == [(0.0, 6.6), (17.8, 22.938)] and speech.marks[-1].words == "HMDL lıne4"
    assert speech.marks[0].words.startswith("ʔal kʷi tu-     ʔal")


def test_what_an_elan_tier_is_has_to_be_said(real: Path) -> None:
    file = read_foreign(real / "eaf" / "elan_example_2.3.eaf")
    with pytest.raises(FileError, match=r"K-Spch \(7\), W-Spch \(15\), W-Words \(97\)"):
        taken(file, only(file), {}, (), NO_FRAMES)
    with pytest.raises(FileError, match="no tier “W-Speech”"):
        taken(file, only(file), parse_map(["keyframes=W-Speech"]), (), NO_FRAMES)
    mapping = parse_map(["keyframes=K-Spch", "emotions=W-RGph"])
    found = taken(file, only(file), mapping, (), NO_FRAMES)
    assert len(found.keyframes) == 7 and len(found.spans) == 59 and len(found.unmapped) == 9
    assert (found.keyframes[0].time, found.keyframes[0].description) == (0.28, "so from here.")
    assert (found.spans[0].end, found.spans[0].label) == (0.44, "preparation")
    rest = taken(file, only(file), parse_map(["emotions=K-Spch", "keyframes=*"]), (), NO_FRAMES)
    # Words and their parts of speech begin together: none is lost, each has its own moment.
    assert len(rest.keyframes) == 308 and len({k.time for k in rest.keyframes}) == 308
    assert not rest.unmapped


def test_a_boris_project_of_twelve_observations(real: Path) -> None:
    file = read_foreign(real / "boris" / "project_v7.boris")
    sets = {each.annotator: each for each in file.sets}
    assert len(sets) == 12
    states = tiers(sets["observation #1"])["s"].marks
    assert [(m.start, m.end, m.note) for m in states] == [
        (3.3, 7.75, "subject1"),
        (9.9, 16.2, "subject1"),
        (18.35, 24.475, "subject1"),
        (38.425, 46.1, "subject2"),
    ]
    # A state that is never ended is no mark, and is told.
    unpaired = sets["live not paired"]
    assert all("has no end" in each.why for each in unpaired.left_out) and unpaired.left_out
    modifiers = tiers(sets["modifiers"])
    assert [m.note for m in modifiers["q"].marks] == ["m1", "m2", "m3"]
    with pytest.raises(FileError, match=r"several: .*observation #1 \(4\)"):
        marks_of(file, sets_for(file, "x", "other.mp4"))
    # The name of the clip's video tells which observations may be meant.
    assert {each.annotator for each in sets_for(file, "x", "video_test_25fps_180s.mp4")} == {
        "offset positif",
        "offset neg",
        "observation #2",
        "modifiers",
    }


def test_boris_media_follow_one_another_and_may_start_later(real: Path) -> None:
    file = read_foreign(real / "boris" / "project_v7.boris")
    second = marks_of(file, file.sets, "observation #2")
    everything = parse_map(["emotions=s", "keyframes=p"])
    first = taken(file, second, everything, (), NO_FRAMES, "video_test_25fps_180s.mp4")
    assert (first.spans[0].start, first.spans[0].end) == (1.8, 8.125)
    assert max(span.start for span in first.spans) < 179.96
    after = taken(file, second, everything, (), NO_FRAMES, "video_test_25fps_360s.mp4")
    assert after.spans[0].start == pytest.approx(227.765 - 179.96)
    assert len(first.spans) + len(after.spans) == len(tiers(second)["s"].marks)
    assert any("does not lie in the clip's video" in each.why for each in after.left_out)
    late = marks_of(file, file.sets, "offset positif")
    points = taken(file, late, parse_map(["keyframes=p"]), (), NO_FRAMES, "video_test_25fps_180s.mp4")
    assert [k.time for k in points.keyframes] == [pytest.approx(2.425)]


@pytest.mark.parametrize("name", ["tabular_events.tsv", "tabular_events.csv"])
def test_a_table_of_boris_is_found_below_its_head(real: Path, name: str) -> None:
    file = read_foreign(real / "boris" / name)
    marks = only(file)
    assert (file.format, marks.annotator) == ("boris", "observation #1")
    assert [(m.start, m.end) for m in tiers(marks)["s"].marks] == [
        (3.3, 7.75),
        (9.9, 16.2),
        (18.35, 24.475),
        (38.425, 46.1),
    ]
    assert marks.media[0].file_name == "video_test_25fps_360s.mp4"


def test_an_aggregated_table_of_boris(real: Path) -> None:
    marks = only(read_foreign(real / "boris" / "aggregated_events.tsv"))
    found = tiers(marks)
    assert len(found["s"].marks) + len(found["p"].marks) == 18
    assert ends(found["s"]) == [(1.8, 8.125), (317.39, 320.365)]
    assert all(m.end is None for m in found["p"].marks)


def test_label_studio_counts_from_one_and_its_last_frame_is_inside(real: Path) -> None:
    file = read_foreign(real / "labelstudio" / "timeline_labels.json")
    marks = only(file)
    assert marks.media[0].file_name == "opossum_snow_short.mp4" and not marks.counts_frames
    found = taken(file, marks, parse_map(["emotions=*"]), (), NO_FRAMES)
    assert [(s.label, s.start, s.end) for s in found.spans] == [
        ("Car", 0.0, 0.4),
        ("croquet_ball", 0.16, 0.6),
    ]


def test_cvat_frames_are_those_of_the_video_also_with_a_step(real: Path) -> None:
    file = read_foreign(real / "cvat" / "video_1.1.xml")
    marks = only(file)
    assert marks.counts_frames and marks.media[0].name == "t.mp4"
    assert {name: [(m.start, m.end) for m in tier.marks] for name, tier in tiers(marks).items()} == {
        "II": [(10, 13), (13, 16)],
        "klhg": [(10, 13)],
    }
    assert tiers(marks)["klhg"].marks[0].note == "hgl: hgkf"
    frames = ClipFrames(np.arange(30) / 10, 10.0, 3.0)
    found = taken(file, marks, parse_map(["emotions=II", "keyframes=klhg"]), (), frames)
    assert [(s.start, s.end) for s in found.spans] == [(1.0, 1.3), (1.3, 1.6)]
    assert [(k.time, k.frame) for k in found.keyframes] == [(1.0, 10)]


def test_subtitles_of_all_kinds(real: Path) -> None:
    folder = real / "subtitles"

    def cues(name: str) -> list[tuple[float, float | None, str]]:
        (tier,) = only(read_foreign(folder / name)).tiers
        return [(m.start, m.end, m.words) for m in tier.marks]

    srt = cues("sample.srt")
    assert len(srt) == 5 and srt[0] == (0.5, 7.0, "Caption text #1") and srt[-1][:2] == (21.58, 23.88)
    vtt = cues("sample.vtt")
    assert len(vtt) == 16 and vtt[-1] == (61.35, 64.3, "Caption text #16")
    assert len(cues("captions_with_bom.vtt")) == 4
    named = cues("using_identifiers.vtt")
    assert len(named) == 6 and Counter(words for *_ends, words in named)["Caption text #2"] == 1
    comments = cues("comments.vtt")
    assert [start for start, *_rest in comments] == [135.0, 140.0, 145.0] and comments[-1][1] == 150.0
    assert comments[1][2] == "- Har en kopp te.\n- Det smakar som te.  "
