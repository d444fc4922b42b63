"""The report: one file that parses, fetches nothing, runs nothing, and says what was measured."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.comparison.report import make_report
from annotator.core.comparison.study import Wanted, study
from annotator.core.comparison.votes import new_vote, track_digest
from annotator.core.export.markup import Html, element, table, text
from annotator.core.export.plots import nice_step
from annotator.core.export.report_words import mean_error
from annotator.core.storage.clip_writer import record_vote
from annotator.core.storage.dataset import Dataset
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, StudioError
from viewer.core.formats import read as read_track
from viewer.core.formats import write
from viewer.core.track import Track

HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>\'"&\x00'
VOID = {"img", "meta", "br", "line", "rect", "circle"}


@dataclass
class Page(HTMLParser):
    """A strict reader: every element closed, and what it holds."""

    open: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.words += data


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text("utf-8"))
    page.close()
    assert page.open == []
    return page


def track(jaw: float, seconds: float = 2.0) -> Track:
    times = np.arange(round(seconds * 30)) / 30
    values = np.zeros((times.size, 61), np.float32)
    values[:, INDEX["JawOpen"]] = jaw + 0.1 * np.sin(times * 5)
    return Track.build(times, values)


def dataset_of(folder: Path, clips: int = 4, models: tuple[str, ...] = ("near", "far")) -> Dataset:
    """Recordings and a take a model; the first model is 0.1 off, the second 0.3."""
    made = Dataset.create(folder, annotator_id="anna")
    for number in range(clips):
        id = f"c{number}"
        clip = folder / "clips" / id
        (clip / "takes").mkdir(parents=True)
        (clip / "annotations").mkdir()
        words = {"background": HOSTILE, "emotion": "calm", "track": "track.csv"}
        (clip / "clip.json").write_text(json.dumps(words))
        keyframes = {"keyframes": [{"id": "k", "time": 0.5}, {"id": "l", "time": 1.5}]}
        (clip / "annotations" / "anna.json").write_text(json.dumps(keyframes))
        write(track(0.3), clip / "track.csv", "livelink")
        for place, model in enumerate(models):
            write(track(0.4 + 0.2 * place + 0.01 * number), clip / "takes" / f"{model}-1.csv", "livelink")
            record = {"name": model, "created": str(number), "provenance": {"model": model}}
            (clip / "takes" / f"{model}-1.json").write_text(json.dumps(record))
    made.reload()
    return made


def takes_of(dataset: Dataset, number: int) -> Path:
    return dataset.root / "clips" / f"c{number}" / "takes"


def test_a_study_measures_pairs_and_counts(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "d")
    digests = [track_digest(read_track(takes_of(dataset, n) / "near-1.csv")) for n in range(4)]
    for number in range(4):
        for voter in ("anna", "ben"):
            # One of the eight was given before the take was changed.
            shown = "before" if (number, voter) == (0, "ben") else digests[number]
            vote = new_vote(
                ("near-1", "far-1"),
                "near-1",
                voter=voter,
                criterion="?",
                seed=1,
                tracks=(shown, track_digest(read_track(takes_of(dataset, number) / "far-1.csv"))),
            )
            record_vote(dataset.place(f"c{number}"), vote)
    found = study(dataset, Wanted())
    assert found.models == ["far", "near"] and found.left_out == []
    assert found.mean("near", mean_error).mean == pytest.approx(0.115 / 52, abs=1e-5)
    apart = found.difference("near", "far", mean_error)
    assert apart.count == 4 and apart.mean == pytest.approx(0.2 / 52, abs=1e-5)
    contest = found.contests[0]
    assert (contest.first, contest.second) == ("far", "near")
    assert (contest.result.first, contest.result.second) == (0, 8)
    assert (contest.voters, contest.clips, contest.shown_first, contest.changed) == (2, 4, 8, 1)
    assert found.rankings == []
    only = study(dataset, Wanted(clips=("c1", "none"), models=("near",)))
    assert [clip.info.id for clip in only.clips] == ["c1"] and only.models == ["near"]
    assert [entry.what for entry in only.left_out] == ["none"] and only.votes == 0


def test_takes_of_one_model_on_a_clip_count_once(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "d", clips=1, models=("near",))
    takes = dataset.root / "clips" / "c0" / "takes"
    write(track(0.6), takes / "near-2.csv", "livelink")
    (takes / "near-2.json").write_text(json.dumps({"provenance": {"model": "near"}}))
    found = study(dataset, Wanted())
    mean = found.mean("near", mean_error)
    assert mean.count == 1 and mean.mean == pytest.approx(0.2 / 52, abs=1e-5)


@pytest.mark.slow
def test_the_report_needs_nothing_else_and_says_what_it_rests_on(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "d", clips=3)
    (dataset.root / "clips" / "c9").mkdir()
    (dataset.root / "clips" / "c9" / "clip.json").write_text("{")
    (dataset.root / "clips" / "c2" / "takes" / "far-1.csv").write_text("nothing")
    dataset.reload()
    told: list[str] = []
    out = tmp_path / "new folder" / "report.html"

    def progress(done: int, total: int, what: str) -> None:
        told.append(f"{done}/{total} {what}")

    made = make_report(dataset, out, picture_clips=1, progress=progress)
    assert (made.clips, made.takes, made.pictures) == (3, 5, 2 * 3)
    assert [entry.what for entry in made.left_out] == ["c2, take far", "c9"]
    assert "0/4 Measuring c0" in told and "0/1 Drawing c0" in told
    page = read(out)
    for words in (
        "near is nearer to the recording",
        "far",
        "Left out",
        "broken JSON",
        "Methods and caveats",
        "convincing performances",
        "JawOpen",
        "0.50\N{NO-BREAK SPACE}s",
        "2 clips without",
    ):
        assert words in page.words, words
    links = [value for _, attrs in page.tags for key, value in attrs.items() if key in ("src", "href")]
    assert links and all(link and link.startswith(("data:image/jpeg;base64,", "#")) for link in links)
    ids = {attrs.get("id") for _, attrs in page.tags}
    assert all(link[1:] in ids for link in links if link and link.startswith("#"))
    assert not re.search(r"https?://|@import|url\(", out.read_text("utf-8"))


def test_no_text_of_a_dataset_becomes_markup(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / 'd<b>"x', clips=1)
    folder = dataset.root / "clips" / "c0"
    hostile = {"name": HOSTILE, "created": "1", "provenance": {"model": HOSTILE}}
    (folder / "takes" / "near-1.json").write_text(json.dumps(hostile))
    vote = new_vote(("near-1", "far-1"), "near-1", voter=HOSTILE, criterion=HOSTILE, seed=1)
    record_vote(dataset.place("c0"), vote)
    folder.rename(folder.with_name("<svg onload=alert(1)>"))
    dataset.reload()
    out = tmp_path / "report.html"
    make_report(dataset, out, picture_clips=0)
    page = read(out)
    assert "<svg onload=alert(1)>" in page.words and "<script>alert" in page.words
    names = {tag for tag, _ in page.tags}
    assert "script" not in names and "img" not in names and "\x00" not in out.read_text("utf-8")
    assert not any(key.startswith("on") for _, attrs in page.tags for key in attrs)
    policy = next(attrs["content"] for tag, attrs in page.tags if "http-equiv" in attrs)
    assert policy is not None and policy.startswith("default-src 'none'")


def test_markup_escapes_by_itself() -> None:
    assert text("<&\">'") == "&lt;&amp;&quot;&gt;&#x27;"
    assert element("a", "x<y", Html("<b>"), href='"', title=None) == '<a href="&quot;">x&lt;y<b></a>'
    assert element("br") == "<br/>" and "\ud800" not in text("\ud800")
    assert "<td>&lt;</td>" in table(["a", "b"], [["x", "<"]])


def test_ticks_are_round() -> None:
    assert [nice_step(top) for top in (1.0, 0.11, 0.037, 14)] == pytest.approx([0.2, 0.05, 0.01, 5])
    assert nice_step(0) == nice_step(math.nan) == 1.0


def test_what_cannot_be_reported_is_said(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "d", clips=1)
    with pytest.raises(StudioError, match="not an HTML file"):
        make_report(dataset, tmp_path / "report.pdf")
    with pytest.raises(StudioError, match="no clip with a take"):
        make_report(dataset, tmp_path / "report.html", Wanted(models=("nobody's",)))
    token = CancelToken()
    with pytest.raises(Cancelled):
        make_report(dataset, tmp_path / "report.html", progress=lambda *_: token.cancel(), cancel=token)
    assert not (tmp_path / "report.html").exists()
