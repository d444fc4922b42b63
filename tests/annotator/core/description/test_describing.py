"""Describing keyframes from their coefficients and pictures, one by one and a whole dataset of them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from annotator.core.batch.describing_run import describe_dataset
from annotator.core.description.builtin import BUILT_IN_WORDS, BuiltInWords
from annotator.core.description.clip import save_perspectives
from annotator.core.description.describers import ModelWords, PictureWords
from annotator.core.description.moments import ClipMoments
from annotator.core.description.picture import MIDDLE, Box, encode
from annotator.core.generation.chat import ChatServer
from annotator.core.model import Keyframe, Perspective
from annotator.core.storage.clip_files import Annotation, annotation_to_json
from annotator.core.storage.dataset import Dataset, LooseClip
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.recovery import open_clip
from tests.clips import EXACT_CLIPS, make, read_number
from tests.model_server import Behave, Handler, ModelServer, hang_up, model_server, never
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX, NAMES
from viewer.core.errors import Cancelled, ExportError, TrackError, VideoError
from viewer.core.formats import write
from viewer.core.pose import PoseConvention
from viewer.core.track import Track

VFR = next(clip for clip in EXACT_CLIPS if clip.name == "vfr.mp4")
ANALYSIS = {
    "expression_category": "a restrained smile",
    "muscle_movements": "The lip corners pull up slightly.",
    "emotional_implication": "She is amused.",
    "symmetry": "Symmetrical.",
}


def recording(lost: Sequence[int] = ()) -> Track:
    values = np.zeros((40, 61), np.float32)
    values[:, INDEX["MouthSmileLeft"]] = values[:, INDEX["MouthSmileRight"]] = np.arange(40) / 40
    values[list(lost)] = np.nan
    return Track.build(np.arange(40) / 10, values, name="track")


def keyframes(*times: float, **more: Any) -> tuple[Keyframe, ...]:
    return tuple(Keyframe(f"k{time}", time, description="Own words.", **more) for time in times)


def add_clip(
    dataset: Dataset,
    id: str,
    keys: Sequence[Keyframe],
    annotator_id: str = "anna",
    track: Track | None = None,
    video: Path | None = None,
) -> Path:
    folder = dataset.root / "clips" / id
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    words = {"track": "track.csv", "video": "" if video is None else video.name}
    if video is not None and not (folder / video.name).exists():
        (folder / video.name).write_bytes(video.read_bytes())
    (folder / "clip.json").write_bytes(encode_object(words))
    write(recording() if track is None else track, folder / "track.csv", "livelink")
    file = folder / "annotations" / f"{annotator_id}.json"
    file.write_bytes(encode_object(annotation_to_json(Annotation(keyframes=tuple(keys)))))
    dataset.reload()
    return file


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(VFR, tmp_path_factory.mktemp("video"))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "data", pose=PoseConvention(unit="radians"), annotator_id="anna")


def perspectives(
    dataset: Dataset, clip: str = "c1", annotator_id: str = "anna"
) -> list[dict[str, Perspective]]:
    state = dataset.load_clip(clip, annotator_id).state
    return [dict(keyframe.perspectives) for keyframe in state.keyframes]


@contextmanager
def asked(behave: Behave | None = None) -> Iterator[tuple[ModelServer, ChatServer]]:
    """A server, and a connection to it."""
    with model_server(behave, models=["vision-model"]) as server:
        chat = ChatServer(server.url, retries=0, timeout=10)
        try:
            yield server, chat
        finally:
            chat.close()


def saying(*replies: str) -> Behave:
    """A server that answers with ``replies`` in turn, then with the last one."""
    left = list(replies)

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.stream(left.pop(0) if len(left) > 1 else left[0])

    return behave


def pictures_of(server: ModelServer) -> list[npt.NDArray[np.uint8]]:
    """The pictures that a server was sent, decoded."""
    found = []
    for body in server.asked:
        for part in body["messages"][1]["content"]:
            if part["type"] == "image_url":
                kind, data = part["image_url"]["url"].split(";base64,")
                assert kind == "data:image/jpeg"
                found.append(np.array(Image.open(io.BytesIO(base64.b64decode(data)))))
    return found


# One keyframe


def test_a_model_sees_the_very_frame_of_the_keyframe(dataset: Dataset, video: Path) -> None:
    frames = (0, 7, 39, 41, 60, 69)
    # A little after its beginning, and half way through it, it is the same frame.
    keys = [Keyframe(f"k{n}", float(VFR.times[n]) + 0.004 * (n % 3)) for n in frames]
    add_clip(dataset, "c1", keys, video=video)
    with asked(saying(json.dumps({"analysis": ANALYSIS}))) as (server, chat):
        with ClipMoments(dataset.load_clip("c1")) as moments:
            found = [PictureWords(chat).describe(moments, key, CancelToken()) for key in keys]
        assert [read_number(picture) for picture in pictures_of(server)] == list(frames)
    first = found[0]
    assert first.text == ANALYSIS["muscle_movements"] and first.analysis == ANALYSIS
    assert first.model == "vision-model" and first.at == 0.0 and first.made.startswith("20")


def test_semanticface_values_are_kept_with_the_words(dataset: Dataset, video: Path) -> None:
    values = dict.fromkeys(NAMES, 0.0) | {"EyeLookDownLeft": 0.5, "LeftEyePitch": 0.4, "JawOpen": 0.2}
    text = "\n".join(f"**{name}**: {words}" for name, words in ANALYSIS.items()) + "\n\n" + json.dumps(values)
    (key,) = keys = keyframes(0.5)
    add_clip(dataset, "c1", keys, video=video)
    with asked(saying(text)) as (_, chat), ClipMoments(dataset.load_clip("c1")) as moments:
        found = PictureWords(chat, values=True).describe(moments, key, CancelToken())
    assert found.values == {"EyeLookDownLeft": 0.5, "JawOpen": 0.2, "LeftEyePitch": -0.4}


def test_a_part_of_the_frame_is_sent_small_enough(video: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (1500, 2000, 3), np.uint8)
    data, kind = encode(picture, MIDDLE, longest=1024, most=120_000)
    sent = Image.open(io.BytesIO(data))
    assert kind == "image/jpeg" and len(data) <= 120_000
    assert sent.width / sent.height == pytest.approx(1000 / 1500, rel=0.02) and max(sent.size) <= 1024
    data, kind = encode(picture, Box(0, 0, 0.1, 0.1), kind="image/png")
    assert np.array_equal(np.array(Image.open(io.BytesIO(data))), picture[:150, :200])
    with pytest.raises(ExportError, match="small enough"):
        encode(picture, most=100)
    for wrong in ("1,0,0,1", "0,0,2,1", "a", "0,0,1"):
        with pytest.raises(ValueError):
            Box.parse(wrong)


def test_a_language_model_gets_the_values_and_no_others(dataset: Dataset) -> None:
    (key,) = keys = keyframes(2.0, values={"JawOpen": 0.6})
    add_clip(dataset, "c1", keys)
    reply = json.dumps({"description": "The lip corners pull up and the mouth is open."})
    with asked(saying(reply)) as (server, chat), ClipMoments(dataset.load_clip("c1")) as moments:
        found = ModelWords(chat).describe(moments, key, CancelToken())
        told = server.asked[0]["messages"][1]["content"].splitlines()[1:]
    assert found.text == "The lip corners pull up and the mouth is open."
    assert told == ["JawOpen 0.60", "MouthSmileLeft 0.50", "MouthSmileRight 0.50"]


def test_a_model_that_answers_unusably_is_asked_once_more_and_told_why(dataset: Dataset) -> None:
    (key,) = keys = keyframes(2.0)
    add_clip(dataset, "c1", keys)
    replies = ('{"description": "The li', '{"description": "The mouth is shut."}')
    with asked(saying(*replies)) as (server, chat), ClipMoments(dataset.load_clip("c1")) as moments:
        assert ModelWords(chat).describe(moments, key, CancelToken()).text == "The mouth is shut."
        assert "stops in the middle" in server.asked[1]["messages"][-1]["content"]


def big(handler: Handler, body: dict[str, Any]) -> None:
    handler.send(b'{"choices":[{"message":{"content":"' + b"x" * 10_000_000 + b'"}}]}')


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (saying("I'm sorry, I can't help with that."), "refused"),
        (saying('{"analysis": {"muscle'), "stops in the middle"),
        (saying('{"face": {"mood": 3}}'), "no description"),
        (saying('{"JawOpen": NaN}'), "no description"),
        (saying(""), "answered nothing"),
        (big, "far more than an answer"),
        (hang_up, "closed the connection"),
        (lambda handler, body: handler.send(b"<html>", "text/html"), "web page"),
        (lambda handler, body: handler.send(b"{}", status=500), "failed"),
    ],
)
def test_a_hostile_server_is_told_plainly_and_changes_nothing(
    dataset: Dataset, video: Path, behave: Behave, told: str
) -> None:
    file = add_clip(dataset, "c1", keyframes(0.5), video=video)
    before = file.read_bytes()
    with asked(behave) as (_, chat):
        summary = describe_dataset(dataset, [PictureWords(chat)])
    assert (summary.failed, summary.described) == (1, {"image": 0}) and not summary.whole
    assert told in summary.problems[0].error and len(summary.problems[0].error) < 300
    assert file.read_bytes() == before


def test_words_follow_corrections_and_stop_where_there_is_no_face(dataset: Dataset, video: Path) -> None:
    keys = keyframes(0.5, 2.0, 9.0)
    corrected = Keyframe("k3.5", 3.5, values={"JawOpen": 0.8})
    add_clip(dataset, "c1", [*keys, corrected], track=recording(lost=[20]), video=video)
    with ClipMoments(dataset.load_clip("c1")) as moments:
        told = [BuiltInWords().describe(moments, key, CancelToken()).text for key in (keys[0], corrected)]
        assert told[0].startswith("The lip corners pull up") and "the mouth opens strongly" in told[1]
        with pytest.raises(TrackError, match="no face was detected"):
            BuiltInWords().describe(moments, keys[1], CancelToken())
        with pytest.raises(TrackError, match="no frame"):
            BuiltInWords().describe(moments, keys[2], CancelToken())
        with pytest.raises(VideoError, match="no frame"):
            moments.picture(keys[2], CancelToken())


def test_a_clip_without_video_or_with_a_lost_one_says_so(dataset: Dataset, video: Path) -> None:
    add_clip(dataset, "c1", keyframes(0.5))
    add_clip(dataset, "c2", keyframes(0.5), video=video)
    (dataset.root / "clips" / "c2" / video.name).unlink()
    for clip, told in (("c1", "has no video"), ("c2", "missing")):
        with ClipMoments(dataset.load_clip(clip)) as moments, pytest.raises(Exception, match=told):
            moments.picture(moments.state.keyframes[0], CancelToken())


def test_a_file_without_a_dataset_is_read_in_its_own_unit(tmp_path: Path) -> None:
    values = np.zeros((3, 61), np.float32)
    values[:, INDEX["HeadYaw"]] = 27.0
    write(Track.build([0, 1, 2], values), tmp_path / "track.csv", "livelink")
    loose = LooseClip(tmp_path / "track.csv")
    with ClipMoments(loose.load_clip("track")) as moments:
        text = BuiltInWords().describe(moments, Keyframe("k", 1.0), CancelToken()).text
    assert text == "The head turns moderately to the left."


# A dataset


def test_a_dataset_is_described_once_and_nothing_else_changes(dataset: Dataset) -> None:
    mine = add_clip(dataset, "c1", keyframes(0.5, 1.5))
    theirs = add_clip(dataset, "c1", keyframes(0.7), annotator_id="ben")
    add_clip(dataset, "c2", keyframes(1.0))
    before = json.loads(mine.read_bytes())
    others = theirs.read_bytes()
    summary = describe_dataset(dataset, [BuiltInWords()])
    assert (summary.keyframes, summary.described, summary.kept) == (3, {"coefficients": 3}, 0)
    after = json.loads(mine.read_bytes())
    words = [keyframe.pop("perspectives") for keyframe in after["keyframes"]]
    assert all(one["coefficients"]["model"] == BUILT_IN_WORDS for one in words)
    for keyframe in before["keyframes"]:
        keyframe.pop("perspectives")
    assert after == before and theirs.read_bytes() == others
    at = mine.stat().st_mtime_ns
    assert describe_dataset(dataset, [BuiltInWords()]).kept == 3
    assert mine.stat().st_mtime_ns == at


def test_moved_keyframes_and_other_models_words_are_described_again(dataset: Dataset) -> None:
    told = {"coefficients": Perspective("Old.", model="another model", at=0.5, extra={"x": 1})}
    moved = {"coefficients": Perspective("Of another moment.", model=BUILT_IN_WORDS, at=0.9)}
    add_clip(dataset, "c1", [*keyframes(0.5, perspectives=told), *keyframes(1.0, perspectives=moved)])
    assert describe_dataset(dataset, [BuiltInWords()]).described == {"coefficients": 1}
    first, second = perspectives(dataset)
    assert first["coefficients"].text == "Old." and second["coefficients"].at == 1.0
    assert describe_dataset(dataset, [BuiltInWords()], replace=True).described == {"coefficients": 1}
    assert perspectives(dataset)[0]["coefficients"].model == BUILT_IN_WORDS
    assert describe_dataset(dataset, [BuiltInWords()], replace=True).kept == 2


def test_a_cancelled_run_keeps_what_was_answered_and_goes_on_from_there(
    dataset: Dataset, video: Path
) -> None:
    for number in range(4):
        add_clip(dataset, f"c{number}", keyframes(0.2, 0.6), video=video)
    token = CancelToken()
    count = 0

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        if count > 3:
            token.cancel()
            never(handler, body)
        handler.stream(json.dumps({"analysis": ANALYSIS}))

    with asked(behave) as (server, chat):
        with pytest.raises(Cancelled):
            describe_dataset(dataset, [PictureWords(chat)], jobs=1, cancel=token)
        assert len(server.asked) == 4
        server.behave = saying(json.dumps({"analysis": ANALYSIS}))
        summary = describe_dataset(dataset, [PictureWords(chat)], jobs=3)
        assert (summary.described, summary.kept) == ({"image": 5}, 3)
        assert len(server.asked) == 4 + 5


def test_a_clip_that_is_open_is_left_to_its_window(dataset: Dataset) -> None:
    file = add_clip(dataset, "c1", keyframes(0.5))
    add_clip(dataset, "c2", keyframes(0.5))
    opened = open_clip(dataset.load_clip("c1"))
    try:
        before = file.read_bytes()
        summary = describe_dataset(dataset, [BuiltInWords()])
        assert (summary.skipped, summary.described) == (1, {"coefficients": 1})
        assert "open in a window" in summary.problems[0].error
        assert save_perspectives(dataset, "c1", {"k0.5": {"image": Perspective("No.")}})
        assert file.read_bytes() == before
    finally:
        opened.saver.close()
    assert describe_dataset(dataset, [BuiltInWords()]).described == {"coefficients": 1}


def test_words_for_a_keyframe_that_was_moved_meanwhile_are_not_written(dataset: Dataset) -> None:
    file = add_clip(dataset, "c1", keyframes(0.5))
    before = file.read_bytes()
    found = {"k0.5": {"image": Perspective("Late.", at=0.7)}, "gone": {"image": Perspective("Late.", at=0.7)}}
    assert "moved or deleted" in save_perspectives(dataset, "c1", found)
    assert file.read_bytes() == before


def test_a_server_that_is_gone_ends_a_run_early(dataset: Dataset, video: Path) -> None:
    for number in range(30):
        add_clip(dataset, f"c{number:02}", keyframes(0.2), video=video)
    with asked(hang_up) as (server, chat):
        summary = describe_dataset(dataset, [PictureWords(chat)], jobs=2)
        assert "cannot be reached" in summary.gave_up and len(server.asked) < 20


def test_broken_clips_do_not_stop_the_others(dataset: Dataset) -> None:
    add_clip(dataset, "c1", keyframes(0.5))
    (dataset.root / "clips" / "c1" / "annotations" / "anna.json").write_text("{", "utf-8")
    add_clip(dataset, "c2", keyframes(0.5))
    (dataset.root / "clips" / "c2" / "track.csv").write_bytes(b"\0")
    add_clip(dataset, "c3", keyframes(0.5))
    summary = describe_dataset(dataset, [BuiltInWords()])
    assert (summary.described, summary.failed, summary.skipped) == ({"coefficients": 1}, 1, 1)
