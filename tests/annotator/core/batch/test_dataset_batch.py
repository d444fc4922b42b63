"""A take for every clip of a dataset: chosen, estimated, made, written, and taken up after a kill."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from annotator.core.batch.dataset_run import MadeTake, Report, duration_words, generate_dataset
from annotator.core.batch.log import BatchLog
from annotator.core.batch.selection import Chosen, Estimate, Selection, choose, estimate
from annotator.core.generation.backends import backend_for, close_backend
from annotator.core.generation.profiles import PRESETS, Profile, Profiles
from annotator.core.generation.prompts import parse_request
from annotator.core.generation.protocol import Backend, GenerationRequest, KeyframeResult, PlannedKeyframe
from annotator.core.model import ClipInfo, Keyframe
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object
from tests.model_server import Behave, Handler, ModelServer, model_server, paper_reply
from tests.present import present
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, FileError, GenerationError
from viewer.core.formats import read

PROJECT = Path(__file__).resolve().parents[4]
PAPER, CHAT = PRESETS[1], PRESETS[2]
KEYFRAMES = 2


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def make(root: Path, clips: int, described: bool = True) -> Dataset:
    """A dataset without videos; clip ``n`` shows smiles and is of status, split and tag by turns."""
    Dataset.create(root)
    for number in range(clips):
        folder = root / "clips" / f"c{number:02d}"
        (folder / "annotations").mkdir(parents=True)
        words = ClipInfo(
            "",
            "",
            "A corridor.",
            f"Joy {number}.",
            split="test" if number % 2 else "train",
            tags=("odd",) if number % 2 else ("even", "x"),
        )
        keyframes = tuple(
            Keyframe(f"k{n}", 1.0 + n, None, f"Smile {number} {n}.") for n in range(KEYFRAMES) if described
        )
        (folder / "clip.json").write_bytes(encode_object(clip_to_json(words)))
        work = Annotation("done" if number % 3 else "in progress", keyframes)
        (folder / "annotations" / "annotator.json").write_bytes(encode_object(annotation_to_json(work)))
    return Dataset.open(root)


def clip_of(body: dict[str, Any]) -> int:
    request, _target = parse_request(json.dumps({"messages": body["messages"]}))
    return int(request.emotion.split()[1].rstrip("."))


def numbered(handler: Handler, body: dict[str, Any]) -> None:
    """A smile whose strength is the clip's number."""
    handler.stream(paper_reply(clip_of(body) / 100))


def profile_at(server: ModelServer, **fields: Any) -> Profile:
    return msgspec.structs.replace(PAPER, url=server.url, model="m", jobs=4, **fields)


@contextmanager
def prepared(
    dataset: Dataset, profile: Profile, selection: Selection | None = None, retries: int = 0
) -> Iterator[tuple[Chosen, Backend, BatchLog]]:
    backend = backend_for(profile, Profiles(PRESETS))
    backend.values.chat.retries = retries  # type: ignore[attr-defined]
    log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
    removed = False
    try:
        yield choose(dataset, selection or Selection(), profile, log.seeds), backend, log
        removed = True
    finally:
        log.close(remove=False)
        close_backend(backend)
    assert removed


def batch(dataset: Dataset, profile: Profile, selection: Selection | None = None, **how: Any) -> Report:
    with prepared(dataset, profile, selection) as (chosen, backend, log):
        return generate_dataset(dataset, chosen, profile, backend, log, **how)


def smile_of(dataset: Dataset, clip: str) -> float:
    """The strength of the smile at the first keyframe of a clip's only take, read from its files."""
    loaded = dataset.load_clip(clip)
    (take,) = loaded.state.takes
    track = read(loaded.place.take_track(take.id))
    return round(float(track.row(1.0)[INDEX["MouthSmileLeft"]]), 3)


# ---- the work ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_clip_gets_its_take_with_all_that_made_it(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 6)
    seen: list[tuple[int, int]] = []
    with model_server(numbered) as server:
        report = batch(
            dataset, profile_at(server), progress=lambda done, total, what: seen.append((done, total))
        )
        assert len(server.asked) == 12
    assert (report.clips, report.takes, report.asked, report.reused) == (6, 6, 12, 0)
    assert report.whole and not report.failed and not report.skipped
    assert [smile_of(dataset, f"c{n:02d}") for n in range(6)] == [n / 100 for n in range(6)]
    (take,) = dataset.load_clip("c03").state.takes
    provenance = take.provenance
    assert (provenance.profile, provenance.model) == (PAPER.name, "m")
    assert [answer.time_in_clip for answer in take.answers] == pytest.approx([1.0, 2.0])
    assert take.answers[0].reply.startswith("{")
    assert take.name == f"{PAPER.name} 1"
    assert seen[-1] == (12, 12) and {total for _done, total in seen} == {12}


def test_only_the_clips_of_the_selection(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 6)
    wanted: dict[str, Selection] = {
        "c01 c02 c04 c05": Selection(statuses=frozenset({"done"})),
        "c01 c03 c05": Selection(splits=frozenset({"test"})),
        "c00 c02 c04": Selection(tags=frozenset({"x", "unheard"})),
        "c01 c05": Selection(statuses=frozenset({"done"}), tags=frozenset({"odd"})),
    }
    for ids, selection in wanted.items():
        found = choose(dataset, selection, PAPER, (None,))
        assert " ".join(wanted_clip.clip for wanted_clip in found.clip_requests) == ids


@pytest.mark.slow
def test_clips_that_have_a_take_of_the_profile_are_left_alone(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 3)
    with model_server(numbered) as server:
        batch(dataset, profile_at(server))
        again = batch(dataset, profile_at(server))
        assert (again.clips, again.takes, len(server.asked)) == (0, 0, 6)
        other = batch(dataset, profile_at(server, name="Another"))
        assert other.takes == 3
    assert len(dataset.load_clip("c00").state.takes) == 2


def test_clips_with_nothing_to_go_by_or_broken_files_are_named(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 3)
    bare = ClipInfo("", "", "", "")
    (tmp_path / "d/clips/c00/clip.json").write_bytes(encode_object(clip_to_json(bare)))
    (tmp_path / "d/clips/c00/annotations/annotator.json").unlink()
    (tmp_path / "d/clips/c01/clip.json").write_text("{")
    dataset = Dataset.open(tmp_path / "d")
    with model_server(numbered) as server:
        report = batch(dataset, profile_at(server))
    assert report.takes == 1 and report.whole
    assert sorted(clip for clip, _why in report.skipped) == ["c00", "c01"]
    assert any("nothing" in why or "no descriptions" in why for _clip, why in report.skipped)


@pytest.mark.slow
def test_undescribed_clips_are_planned_by_the_planner_of_the_profile(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 2, described=False)
    with model_server(lambda h, b: h.stream(paper_reply())) as server:
        report = batch(dataset, profile_at(server))
        (take,) = dataset.load_clip("c00").state.takes
        assert report.takes == 2 and len(take.answers) >= 3
        assert take.provenance.planner is not None and take.provenance.planner.backend == "facs"
        assert len(server.asked) == report.asked - 2


def test_several_takes_of_a_clip_with_their_seeds(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 2)
    with model_server(numbered) as server:
        report = batch(dataset, profile_at(server, takes=3, seed=7, temperature=1.0))
        assert sorted({body["seed"] for body in server.asked}) == [7, 8, 9]
    assert report.takes == 6
    takes = dataset.load_clip("c01").state.takes
    assert sorted(take.name for take in takes) == [f"{PAPER.name} {n}" for n in (1, 2, 3)]
    assert sorted(present(take.request.seed) for take in takes) == [7, 8, 9]


def test_the_built_in_model_needs_no_server(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 3)
    profile = PRESETS[0]
    backend = backend_for(profile, Profiles(PRESETS))
    log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
    chosen = choose(dataset, Selection(), profile, log.seeds)
    report = generate_dataset(dataset, chosen, profile, backend, log)
    log.close(remove=report.whole)
    assert report.takes == 3 and not log.path.exists()


def test_numbers_that_nobody_can_hold_are_no_answers(tmp_path: Path) -> None:
    dataset, profile = make(tmp_path / "d", 1), PRESETS[0]
    backend = backend_for(profile, Profiles(PRESETS))
    request = GenerationRequest("", "Joy.", "", ("She smiles.",))
    log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
    log.keep_keyframe(request, KeyframeResult(0, "She smiles.", np.zeros(61, np.float32), seconds=77.5))
    log.keep_plan(request, (PlannedKeyframe(77.5, "She smiles."),))
    log.close(remove=False)
    log.path.write_text(log.path.read_text("utf-8").replace("77.5", "9" * 400), "utf-8")
    log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
    assert log.keyframe(request, 0) is None and log.plan(request) is None
    log.close(remove=True)


def test_an_open_clip_takes_its_take_over(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 3)
    joined: list[MadeTake] = []

    def join(made: MadeTake, cancel: CancelToken) -> bool:
        if made.clip == "c01":
            joined.append(made)
        return made.clip == "c01"

    with model_server(numbered) as server:
        assert batch(dataset, profile_at(server), join=join).takes == 3
    assert [made.clip for made in joined] == ["c01"]
    assert dataset.load_clip("c01").state.takes == ()
    assert len(dataset.load_clip("c02").state.takes) == 1


# ---- faults ------------------------------------------------------------------------------------


def test_a_clip_that_fails_is_named_its_answers_kept_and_only_the_rest_asked_again(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 5)
    broken = threading.Event()

    def one_breaks(handler: Handler, body: dict[str, Any]) -> None:
        target = parse_request(json.dumps({"messages": body["messages"]}))[1]
        if clip_of(body) == 2 and target == 1 and not broken.is_set():
            handler.stream("I would rather not.")
        else:
            numbered(handler, body)

    with model_server(one_breaks) as server:
        first = batch(dataset, profile_at(server))
        assert (first.takes, [clip for clip, _ in first.failed]) == (4, ["c02"])
        assert "no JSON" in first.failed[0][1]
        assert dataset.load_clip("c02").state.takes == ()
        broken.set()
        asked = len(server.asked)
        second = batch(dataset, profile_at(server))
        assert (second.takes, second.asked, second.reused) == (1, 1, 1)
        assert len(server.asked) == asked + 1
    assert smile_of(dataset, "c02") == 0.02


def test_a_server_that_is_gone_ends_the_batch_before_everything_was_tried(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 30)
    with model_server(lambda h, b: h.send(b"{}", status=404)) as server:
        report = batch(dataset, profile_at(server))
        assert len(server.asked) < 40
    assert report.gave_up and "address or model" in report.gave_up
    assert report.takes == 0 and not report.whole


def test_two_batches_do_not_work_on_the_same(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 1)
    with (
        model_server(numbered) as server,
        prepared(dataset, profile_at(server)),
        pytest.raises(FileError, match="already"),
        prepared(dataset, profile_at(server)),
    ):
        raise AssertionError


def test_a_full_disk_is_told_for_each_clip(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 2)
    # A file where the folder of the takes would be made.
    (tmp_path / "d/clips/c00/takes").write_text("")
    with model_server(numbered) as server:
        report = batch(dataset, profile_at(server))
    assert report.takes == 1 and report.failed[0][0] == "c00"


# ---- stopping and going on ---------------------------------------------------------------------


def test_a_cancelled_batch_goes_on_without_asking_again(tmp_path: Path) -> None:
    dataset, token = make(tmp_path / "d", 8), CancelToken()
    with model_server(numbered) as server:
        with pytest.raises(Cancelled):
            batch(
                dataset,
                profile_at(server),
                cancel=token,
                progress=lambda done, total, what: token.cancel() if done >= 7 else None,
            )
        report = batch(dataset, profile_at(server))
        times = Counter((clip_of(body), str(body["messages"][1]["content"])) for body in server.asked)
    assert report.whole
    assert [smile_of(dataset, f"c{n:02d}") for n in range(8)] == [n / 100 for n in range(8)]
    # At most those under way when it was cancelled were asked twice.
    assert sum(count - 1 for count in times.values()) <= 5


KILLED = """
import sys, msgspec
from pathlib import Path
from annotator.core.storage.dataset import Dataset
from annotator.core.generation.backends import backend_for
from annotator.core.batch.log import BatchLog
from annotator.core.batch.selection import Selection, choose
from annotator.core.batch.dataset_run import generate_dataset
from annotator.core.generation.profiles import PRESETS, Profiles
profile = msgspec.structs.replace(PRESETS[1], url=sys.argv[2], model="m", jobs=2)
dataset = Dataset.open(Path(sys.argv[1]))
backend = backend_for(profile, Profiles(PRESETS))
log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
chosen = choose(dataset, Selection(), profile, log.seeds)
generate_dataset(dataset, chosen, profile, backend, log)
"""


@pytest.mark.slow
def test_a_killed_batch_goes_on_where_it_was(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 6)
    stuck, go_on = threading.Event(), threading.Event()

    def answers_seven(handler: Handler, body: dict[str, Any]) -> None:
        # The first of the fourth clip is answered, its second is not.
        target = parse_request(json.dumps({"messages": body["messages"]}))[1]
        if (clip_of(body) > 3 or (clip_of(body) == 3 and target == 1)) and not go_on.is_set():
            stuck.set()
            handler.server.release.wait(60)
        numbered(handler, body)

    with model_server(answers_seven) as server:
        command = [sys.executable, "-c", KILLED, str(tmp_path / "d"), server.url]
        child = subprocess.Popen(command, cwd=PROJECT)
        assert stuck.wait(60)
        (log,) = wait_for_files(tmp_path / "state" / "batches", "*.jsonl")
        # Seven answers and three takes, each with its line, and the head.
        while log.read_bytes().count(b"\n") < 11:
            assert child.poll() is None
            threading.Event().wait(0.01)
        child.kill()
        child.wait(10)
        with log.open("ab") as file:
            file.write(b'{"key": "torn')
        go_on.set()
        answered, asked = 7, len(server.asked)
        report = batch(dataset, profile_at(server))
        assert len(server.asked) - asked == 12 - answered
    assert (report.clips, report.takes, report.reused) == (3, 3, 1)
    assert [smile_of(dataset, f"c{n:02d}") for n in range(6)] == [n / 100 for n in range(6)]


def wait_for_files(folder: Path, pattern: str) -> list[Path]:
    while not (found := list(folder.glob(pattern))):
        threading.Event().wait(0.01)
    return found


def test_a_batch_that_goes_on_samples_with_the_seeds_it_began_with(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 2)
    fails = threading.Event()

    def half(handler: Handler, body: dict[str, Any]) -> None:
        if clip_of(body) == 1 and not fails.is_set():
            handler.send(b"{}", status=400)
        else:
            numbered(handler, body)

    with model_server(half) as server:
        profile = profile_at(server, takes=2, temperature=1.0)
        batch(dataset, profile)
        fails.set()
        batch(dataset, profile)
        seeds = {body["seed"] for body in server.asked}
    assert len(seeds) == 2
    for clip in ("c00", "c01"):
        assert {take.request.seed for take in dataset.load_clip(clip).state.takes} == seeds


# ---- estimating --------------------------------------------------------------------------------


def counted(handler: Handler, body: dict[str, Any]) -> None:
    choice = {"message": {"content": paper_reply()}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 200, "completion_tokens": 500}
    handler.send(json.dumps({"choices": [choice], "usage": usage}).encode())


def estimated(dataset: Dataset, profile: Profile, behave: Behave) -> tuple[Estimate, int]:
    with model_server(behave) as server:
        profile = msgspec.structs.replace(profile, url=server.url, model="m")
        profiles = Profiles(PRESETS)
        with prepared(dataset, profile) as (chosen, backend, log):
            found = estimate(chosen, profile, profiles.planner_of(profile), backend, log, CancelToken())
            report = generate_dataset(dataset, chosen, profile, backend, log)
        assert report.whole
        return found, len(server.asked)


def test_an_estimate_is_measured_and_its_answer_counts(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 5)
    priced = msgspec.structs.replace(PAPER, prompt_price=2.0, answer_price=10.0, currency="EUR", jobs=2)
    found, asked = estimated(dataset, priced, counted)
    assert (found.clips, found.takes, found.requests, found.reused) == (5, 5, 10, 0)
    assert asked == 10, "the answer that was measured is not asked for again"
    assert found.prompt_tokens == pytest.approx(2000, rel=0.02) and found.answer_tokens == 5000
    assert found.cost == pytest.approx((2000 * 2 + 5000 * 10) / 1e6, rel=0.02) and found.currency == "EUR"
    assert found.seconds == pytest.approx(found.answer_seconds * 10 / 2)


def test_without_prices_there_is_no_cost_and_plans_are_reckoned(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 2, described=False)
    found, _asked = estimated(dataset, PAPER, counted)
    assert found.cost is None and found.requests == 2 * (1 + 4)


def test_an_estimate_with_a_server_that_fails_says_so_before_anything_is_begun(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", 2)
    with (
        model_server(lambda h, b: h.send(b"{}", status=401)) as server,
        prepared(dataset, profile_at(server)) as (chosen, backend, log),
        pytest.raises(GenerationError, match="refuses the key"),
    ):
        estimate(chosen, profile_at(server), PRESETS[0], backend, log, CancelToken())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s"), (75, "about 75 s"), (150, "about 2 min"), (9000, "about 2.5 h")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
