"""A take's file: every value survives it, and so does whatever others wrote there."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.edits import TakeEdit
from annotator.core.findings import Finding
from annotator.core.merging import same
from annotator.core.model import Foreign, KeyAnswer, TakeInfo, Vote
from annotator.core.performance import with_performance
from annotator.core.storage import parts
from annotator.core.storage.journal import read_journal
from annotator.core.storage.json_files import decode_object, encode_line, encode_object
from annotator.core.storage.take_file import take_for_file, take_from_json, take_to_json
from tests.annotator.core.edit_strategies import json_values, performances, takes

OLD: dict[str, Any] = {
    "name": "Built-in 1",
    "created": "2026-01-01T00:00:00+00:00",
    "request": {
        "background": "b",
        "emotion": "e",
        "script": "",
        "descriptions": ["She smiles."],
        "seed": None,
    },
    "keyframes": [
        {
            "time": 1.0,
            "description": "She smiles.",
            "notes": [],
            "error": "",
            "reasons": [{"channel": "MouthSmileLeft", "value": 0.5, "words": "smiles", "action": "smile"}],
            "reply": "{}",
            "tokens": [7, 9],
        }
    ],
    "provenance": {
        "backend": "server",
        "model": "m",
        "served_model": "m-1",
        "url": "u",
        "settings": {"damping": 0.5},
        "planner": {"backend": "facs", "model": "FACS lexicon 1", "url": "", "settings": {}},
        "started": "2026-01-01",
        "seconds": 1.5,
        "studio": "0.1",
        "profile": "mine",
    },
    "performance": {
        "fps": 60.0,
        "rest_before": 0.5,
        "duration": 3.0,
        "strength": {"jaw": 0.5},
        "keys": [{"time": 1.0, "values": {"MouthSmileLeft": 0.5}, "ease": "linear"}],
        "layers": {"blinks": True, "micro_motion": False, "seed": 3},
        "locks": [
            {
                "channels": ["JawLeft", "JawRight"],
                "keys": [{"time": 1.0, "values": {}, "ease": "hold"}],
            }
        ],
    },
    "votes": [
        {
            "id": "v-1",
            "against": "two",
            "preferred": "",
            "voter": "anna",
            "time": "2026",
            "criterion": "?",
            "order": ["two", "t"],
            "seed": 7,
            "tracks": ["a", "b"],
        }
    ],
}


def read(data: Any) -> tuple[TakeInfo, list[Finding]]:
    findings: list[Finding] = []
    return take_from_json("t", decode_object(encode_object(data), Path("t.json")), findings), findings


@pytest.mark.slow
@given(takes)
@settings(max_examples=150, deadline=None)
def test_every_take_is_the_same_after_its_file(take: TakeInfo) -> None:
    findings: list[Finding] = []
    for write in (encode_object, encode_line):
        data = write(take_for_file(take))
        assert decode_object(data, Path("t.json")) == decode_object(write(take_to_json(take)), Path("t.json"))
        assert take_from_json(take.id, decode_object(data, Path("t.json")), findings) == take
    assert not findings


def test_a_file_of_an_earlier_version_is_read_whole_and_written_the_same() -> None:
    take, findings = read(OLD)
    assert take_to_json(take) == OLD and not findings
    assert take.request.descriptions == ("She smiles.",) and take.request.seed is None
    (answer,) = take.answers
    assert (answer.time_in_clip, answer.reply) == (1.0, "{}")
    assert (answer.prompt_tokens, answer.answer_tokens) == (7, 9)
    assert answer.reasons[0].channel == "MouthSmileLeft" and answer.reasons[0].words == "smiles"
    made = take.provenance
    assert (made.backend, made.profile, made.seconds) == ("server", "mine", 1.5)
    assert made.planner is not None and made.planner.backend == "facs"
    assert made.extra == {"served_model": "m-1"}
    assert take.performance is not None and take.performance.locked == {"JawLeft", "JawRight"}
    assert take.performance.layers.blinks and take.performance.strength == {"jaw": 0.5}
    assert isinstance(take.votes[0], Vote) and take.votes[0].order == ("two", "t")
    assert not take.extra and not answer.extra and not take.performance.extra


KEYS = sorted(
    {
        *OLD,
        *OLD["request"],
        *OLD["keyframes"][0],
        *OLD["provenance"],
        *OLD["performance"],
        *OLD["votes"][0],
        "deleted",
        "ease",
        "values",
        "manual",
        "blinks",
        "channel",
        "channels",
        "x",
    }
)
foreign = st.recursive(
    json_values | st.sampled_from(["hold", "t", "two", 1.0, 0.5, True, "JawOpen", "jaw"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mangled(draw: st.DrawFn, value: Any) -> Any:
    """``value`` with something else in some places."""
    if draw(st.integers(0, 9)) == 0:
        return draw(foreign)
    if isinstance(value, dict):
        kept = {key: draw(mangled(item)) for key, item in value.items() if draw(st.integers(0, 9))}
        return kept | draw(st.dictionaries(st.sampled_from(KEYS), foreign, max_size=1))
    if isinstance(value, list):
        return [draw(mangled(item)) for item in value]
    return value


foreign_files = st.dictionaries(st.sampled_from(KEYS), foreign, max_size=6) | mangled(OLD).filter(
    lambda data: isinstance(data, dict)
)


@pytest.mark.slow
@given(foreign_files)
@settings(max_examples=300, deadline=None)
def test_whatever_others_wrote_survives_a_load_and_a_save(data: dict[str, Any]) -> None:
    take, _findings = read(data)
    written = take_to_json(take)
    assert same(written, {"name": "t", "created": "", **data})
    again, _findings = read(written)
    assert take_to_json(again) == written
    assert decode_object(encode_object(take_for_file(take)), Path("t.json")) == written


@pytest.mark.slow
@given(foreign_files, performances)
@settings(max_examples=150, deadline=None)
def test_what_is_set_afterwards_wins_and_the_rest_stays(data: dict[str, Any], performance: Any) -> None:
    take, _findings = read(data)
    changed = replace(with_performance(take, performance), name="mine")
    written = take_to_json(changed)
    again, _findings = read(written)
    assert (again.name, again.performance) == ("mine", performance)
    others = {key: value for key, value in data.items() if key not in ("name", "performance", "keyframes")}
    assert all(same(written[key], value) for key, value in others.items())


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("request", 5, "request: it is not an object"),
        ("keyframes", {"a": 1}, "keyframes: it is not a list"),
        ("keyframes", [None, 7], "keyframes: one is not an object (2 times)"),
        ("provenance", [], "provenance"),
        ("performance", {"keys": "none"}, "performance"),
        ("votes", [17], "votes: one cannot be counted"),
        ("deleted", "yes", "deleted"),
        ("name", 3, "name: it is not text"),
        ("performance", {"keys": [{"time": 1, "ease": "bouncy"}]}, "bouncy"),
    ],
)
def test_what_cannot_be_used_is_told_and_kept(key: str, value: Any, told: str) -> None:
    take, findings = read({**OLD, key: value})
    assert len(findings) == 1 and told in findings[0].what and findings[0].where == "takes/t.json"
    assert same(take_to_json(take)[key], value)


def test_an_answer_that_is_none_keeps_its_place_until_there_is_one() -> None:
    take, _findings = read({**OLD, "keyframes": [None]})
    assert take.answers == (KeyAnswer(foreign=Foreign(None)),)
    assert take.performance is not None
    moved = with_performance(take, take.performance.with_key(0, time=2.0))
    assert take_to_json(moved)["keyframes"] == [None]
    answered = replace(moved, answers=(KeyAnswer(2.0, "She frowns."),))
    assert take_to_json(answered)["keyframes"][0]["description"] == "She frowns."


def test_an_edit_of_one_key_writes_only_that_key_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [{**OLD["performance"]["keys"][0], "time": float(at)} for at in range(1, 41)]
    answers = [{**OLD["keyframes"][0], "time": float(at)} for at in range(1, 41)]
    take, _findings = read({**OLD, "keyframes": answers, "performance": {**OLD["performance"], "keys": keys}})
    encode_line(take_for_file(take))
    lines: list[bytes] = []

    def counted(value: Any) -> bytes:
        lines.append(encode_line(value))
        return lines[-1]

    monkeypatch.setattr(parts, "encode_line", counted)
    assert take.performance is not None
    after = with_performance(take, take.performance.with_key(3, manual={"JawOpen": 0.25}))
    edit = TakeEdit(take, after)
    assert [side is not None and bool(encode_line(take_for_file(side))) for side in (edit.before, edit.after)]
    assert len(lines) == 1 and b'"manual":{"JawOpen":0.25}' in lines[0]
    assert all(mine is theirs for mine, theirs in zip(take.answers, after.answers, strict=True))


def test_a_journal_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    journal, changed = tmp_path / "j.jsonl", {**OLD, "name": "Mine", "of a plugin": [1]}
    lines = [
        {"journal": 1, "annotation": "a.json", "clip": "c", "who": "anna"},
        {
            "seq": 1,
            "at": "2026-01-01T00:00:00+00:00",
            "title": "Change take",
            "items": [{"kind": "take", "id": "t", "before": OLD, "after": changed}],
        },
    ]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    text = read_journal(journal)
    (item,) = text.edits[0].items
    assert (item.before, item.after) == (read(OLD)[0], read(changed)[0]) and not text.torn
    assert item.after.extra == {"of a plugin": [1]}


@pytest.mark.slow
def test_bytes_are_kept_no_longer_than_what_they_say() -> None:
    gc.collect()
    before = len(parts.encoded._known)
    take, _findings = read(OLD)
    encode_line(take_for_file(take))
    assert len(parts.encoded._known) > before
    del take
    gc.collect()
    assert len(parts.encoded._known) <= before


def test_what_is_no_unicode_reaches_the_file() -> None:
    take, _findings = read(json.loads(json.dumps({**OLD, "votes": []})))
    odd = replace(take, name="half \ud83d", extra={"theirs": 2**70})
    again = json.loads(encode_object(take_for_file(odd)))
    assert again["theirs"] == 2**70 and again["performance"] == OLD["performance"]
