"""Every reader of the studio, with a sound file for each kind that it reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from annotator.cli.work.files import facts
from annotator.core import edits as e
from annotator.core.batch.log import LineLog
from annotator.core.batch.requests_file import run_jsonl
from annotator.core.begun import with_begun
from annotator.core.comparison.votes import new_vote
from annotator.core.export.training import training_line
from annotator.core.generation.backends import model_of
from annotator.core.generation.profiles import PRESETS, Profile
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.replies import read_plan, read_values
from annotator.core.model import ClipInfo, ClipState, EmotionSpan, KeyAnswer, Performance, TakeInfo, TakeKey
from annotator.core.performance import derived_track
from annotator.core.storage.backups import Backups
from annotator.core.storage.clip_files import keyframe_to_json
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.earlier_versions import read_versions, restoring_edit
from annotator.core.storage.journal import read_journal
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recovery import open_clip, replay
from annotator.core.storage.take_file import take_to_json
from annotator.core.storage.validate import validate
from annotator.session.settings import Settings, load_settings
from tests import clips
from tests.soak.interchange_readers import interchange_readers
from tests.soak.reader import Reader
from tests.soak.recording_readers import recording_readers
from tests.soak.state_readers import state_readers
from tests.viewer.core.glb_writer import blob, head_shapes, simple_head
from tests.viewer.core.test_models_folders import quads, write_obj
from viewer.core import formats
from viewer.core.audio import read_audio
from viewer.core.channels import CHANNEL_COUNT, NAMES, SHAPES
from viewer.core.errors import StudioError
from viewer.core.models import face_model_facts, load_face_model, save_npz
from viewer.core.track import Track
from viewer.core.video import VideoFile


def readers(folder: Path) -> list[Reader]:
    """All of them; sound files are made in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*_tracks(folder), *_videos(folder), *_models(folder), *_storage(folder)]


# ---- tracks ----------------------------------------------------------------------------------


def _track() -> Track:
    wave = np.abs(np.sin(np.arange(24)[:, None] / 5 + np.arange(CHANNEL_COUNT)))
    return Track.build(np.arange(24) / 30, wave.astype(np.float32), name="t", format="livelink")


def _tracks(folder: Path) -> list[Reader]:
    track = _track()
    made: list[tuple[str, str, str]] = []
    for form, suffix, kind in (
        ("livelink", "csv", "bytes"),
        ("keyframeface", "jsonl", "lines"),
        ("audio2face", "csv", "bytes"),
        ("beat", "json", "json"),
    ):
        formats.write(track, folder / f"{form}.{suffix}", form)
        made.append((form, f"{form}.{suffix}", kind))
    np.save(folder / "mediapipe.npy", track.values)
    made.append(("array", "mediapipe.npy", "npy"))
    matrix = {
        "numPoses": 52,
        "numFrames": 3,
        "exportFps": 30,
        "facsNames": list(NAMES[:52]),
        "weightMat": track.values[:3, :52].tolist(),
    }
    (folder / "a2f.json").write_text(json.dumps(matrix))
    made.append(("audio2face JSON", "a2f.json", "json"))
    face_cap = ["info,1", "bs," + ",".join(c.arkit_name for c in SHAPES)]
    face_cap += [f"k,{t * 33},0,0,0,0,0,0,0,0,0,0," + ",".join(["0.25"] * 52) for t in range(5)]
    (folder / "facecap.txt").write_text("\n".join(face_cap))
    made.append(("facecap", "facecap.txt", "bytes"))
    columns = "timestamp," + ",".join(c.arkit_name for c in SHAPES)
    rows = [f"{t / 30}," + ",".join(["0.25"] * 52) for t in range(8)]
    (folder / "columns.csv").write_text("\n".join([columns, *rows]))
    made.append(("columns", "columns.csv", "bytes"))
    return [
        Reader(f"track: {name}", {file: (folder / file).read_bytes()}, file, kind, _reading_track(file))
        for name, file, kind in made
    ]


def _reading_track(file: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        found = formats.read(folder / file)
        formats.describe_track(found)
        return found.row(found.duration / 2)

    return read


# ---- videos ----------------------------------------------------------------------------------


def _videos(folder: Path) -> list[Reader]:
    made = []
    for clip in (
        clips.Clip("x264.mp4", range(20), options=clips.x264()),
        clips.Clip("x264.mkv", range(20), options=clips.x264()),
        clips.Clip("x264.ts", range(20), options=clips.x264()),
        clips.Clip("mpeg4.avi", range(20), codec="mpeg4"),
        clips.Clip("vp8.webm", range(12), codec="libvpx", options={"deadline": "realtime", "threads": "1"}),
        clips.Clip("film.gif", range(0, 20, 2), codec="gif", pixels="rgb8"),
    ):
        try:
            path = clips.make(clip, folder)
        except Exception as error:
            raise RuntimeError(f"{clip.name} cannot be made") from error
        read = _reading_video(path.name)
        made.append(
            Reader(f"video: {path.name}", {path.name: path.read_bytes()}, path.name, "in place", read)
        )
    return made


def _reading_video(file: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        path = folder / file
        with VideoFile.open(path) as video:
            for index in {0, len(video.times) // 2, len(video.times) - 1}:
                try:
                    video.frame(index)
                except StudioError:
                    continue
            start, sound = video.start_pts_time, video.facts.audio
        return read_audio(path, video_start=start) if sound else None

    return read


# ---- face models -----------------------------------------------------------------------------


def _models(folder: Path) -> list[Reader]:
    glb = simple_head(folder / "head.glb")
    data = glb.read_bytes()
    size = int.from_bytes(data[12:16], "little")
    description = json.loads(data[20 : 20 + size])
    description["buffers"][0]["uri"] = "head.bin"
    files = {"head.gltf": json.dumps(description).encode(), "head.bin": data[28 + size :]}
    save_npz(load_face_model(glb), folder / "head.npz")
    vertices, _triangles = blob((0, 0, 0), 0.1, 12)
    shapes = folder / "obj"
    shapes.mkdir(exist_ok=True)
    write_obj(shapes / "neutral.obj", vertices, quads())
    for name, delta in head_shapes(vertices, ["jawOpen", "eyeBlinkLeft", "mouthSmileRight"]).items():
        write_obj(shapes / f"{name}.obj", vertices + delta)
    objs = {f"obj/{path.name}": path.read_bytes() for path in shapes.iterdir()}
    return [
        Reader("model: glb", {"head.glb": data}, "head.glb", "glb", _reading_model("head.glb")),
        Reader("model: vrm", {"head.vrm": data}, "head.vrm", "glb", _reading_model("head.vrm")),
        Reader("model: gltf", files, "head.gltf", "json", _reading_model("head.gltf")),
        Reader(
            "model: npz",
            {"head.npz": (folder / "head.npz").read_bytes()},
            "head.npz",
            "npz",
            _reading_model("head.npz"),
        ),
        Reader("model: neutral obj", objs, "obj/neutral.obj", "bytes", _reading_model("obj")),
        Reader("model: shape obj", objs, "obj/jawOpen.obj", "bytes", _reading_model("obj")),
    ]


def _reading_model(file: str) -> Callable[[Path], object]:
    return lambda folder: face_model_facts(load_face_model(folder / file))


# ---- datasets and what else is kept ----------------------------------------------------------


def _state() -> ClipState:
    take = TakeInfo(
        "t1",
        "One",
        "2026-01-01T00:00:00+00:00",
        answers=(KeyAnswer(1.0, "Smiles."),),
        performance=Performance((TakeKey(0.5), TakeKey(1.0)), duration=2.0),
        votes=(new_vote(("t1", "t2"), "t1", voter="anna", criterion="?", seed=1),),
    )
    state = ClipState(ClipInfo("c1", script="Hello.", background="A room.", emotion="joy"), takes=(take,))
    for time in (0.5, 1.0):
        state = e.add_keyframe(state, time, description="smiles", values={"JawOpen": 0.5}).apply(state)
    state = e.add_span(state, 0.2, 0.9, "joy").apply(state)
    return with_begun(state, EmotionSpan("e9", 1.2, 1.2, "fear"))


def _storage(folder: Path) -> list[Reader]:
    root = folder / "data"
    Dataset.create(root, annotator_id="anna")
    clip = root / "clips/c1"
    clip.mkdir(parents=True)
    (clip / "clip.json").write_text('{"script": "", "video": "", "track": "track.csv", "tags": ["a"]}')
    formats.write(_track(), clip / "track.csv", "livelink")
    loaded = Dataset.open(root, "anna").load_clip("c1")
    text = _journal(loaded)
    ClipWriter(loaded).save(_state())
    files = {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }
    found = [
        Reader(
            f"dataset: {name}",
            files,
            name,
            "json" if name.endswith("json") else "bytes",
            _reading_dataset,
            fenced=True,
        )
        for name in files
        if not Path(name).name.startswith(".")
    ]
    backup = next(name for name in files if name.endswith("anna.json"))
    take = next(name for name in files if name.endswith("t1.json"))
    mine = Profile(name="Mine", backend="server", url="http://127.0.0.1:1", model="m")
    settings = Settings(annotator="anna", recent=["/a"], profiles=[mine], keys={"play": ["Space"]})
    line = {"key": "k", "values": [0.0] * 61, "reasons": [], "notes": [], "reply": "", "tokens": [1, 2]}
    log = b"".join(json.dumps({**line, "key": f"k{n}"}).encode() + b"\n" for n in range(3))
    asked = GenerationRequest("A room.", "joy", "Hello.", ("smiles", "frowns"))
    requests = b"".join(training_line(asked, n % 2, _track().values[n]).encode() + b"\n" for n in range(3))
    reply = json.dumps({"JawOpen": 0.2, "values": [0.1] * 61, "keyframes": [{"time": 1, "description": "x"}]})
    return [
        *found,
        *state_readers(folder, files, text),
        *recording_readers(folder, files),
        *interchange_readers(folder, files),
        Reader("journal", {**files, "journal.jsonl": text}, "journal.jsonl", "lines", _reading_journal),
        Reader(
            "settings", {"settings.json": msgspec.json.encode(settings)}, "settings.json", "json", _settings
        ),
        Reader("batch log", {"log.jsonl": log}, "log.jsonl", "lines", _batch_log),
        Reader("requests", {"requests.jsonl": requests}, "requests.jsonl", "lines", _requests),
        Reader("reply", {"reply.txt": reply.encode()}, "reply.txt", "json", _reply),
        Reader("backup of work", {**files, "backup": files[backup]}, "backup", "json", _backup("anna.json")),
        Reader("backup of a take", {**files, "backup": files[take]}, "backup", "json", _backup("t1.json")),
    ]


def _journal(loaded: LoadedClip) -> bytes:
    """What is in the journal while two edits are not saved yet."""
    opened = open_clip(loaded, delay=60)
    state = loaded.state
    for make in (
        lambda state: e.add_keyframe(state, 0.7, description="frowns"),
        lambda state: e.change_clip(state, script="Bye."),
        lambda state: e.add_take(
            state, TakeInfo("t9", "Nine", "2026", performance=Performance((TakeKey(1.0),)))
        ),
    ):
        edit = make(state)
        state = edit.apply(state)
        opened.saver.submit(state, edit)
    text = opened.saver.journal_path.read_bytes()
    opened.saver.close()
    for path in (loaded.place.annotation_file, loaded.place.take_file("t9"), loaded.place.take_track("t9")):
        path.unlink()
    return text


def _reading_dataset(folder: Path) -> object:
    root = folder / "data"
    validate(root)
    facts(root)
    dataset = Dataset.open(root, "anna")
    for entry in dataset.clips:
        loaded = dataset.load_clip(entry.id)
        for take in loaded.state.takes:
            derived_track(take, loaded.full_scale)
        edit = e.add_keyframe(loaded.state, 1.9375, description="again")
        try:
            edit.validate(loaded.state)
        except StudioError:
            continue
        ClipWriter(loaded).save(edit.apply(loaded.state))
        again = dataset.load_clip(entry.id).state
        assert any(keyframe.description == "again" for keyframe in again.keyframes)
        [keyframe_to_json(keyframe) for keyframe in again.keyframes]
    return None


def _reading_journal(folder: Path) -> object:
    text = read_journal(folder / "journal.jsonl")
    state = Dataset.open(folder / "data", "anna").load_clip("c1").state
    done = replay(state, text)
    return encode_object({"takes": [take_to_json(take) for take in done.state.takes]})


def _settings(folder: Path) -> object:
    os.environ["KFSTUDIO_CONFIG_DIR"] = str(folder)
    return load_settings()


def _batch_log(folder: Path) -> object:
    log = LineLog(folder / "log.jsonl", lambda record: str(record.get("key")))
    found = [log.record(f"k{number}") for number in range(3)]
    log.append({"key": "more"})
    log.close(remove=False)
    return found


def _requests(folder: Path) -> object:
    """Requests and training data are lines of one kind."""
    asked = run_jsonl(folder / "requests.jsonl", folder / "results.jsonl", model_of(PRESETS[0]))
    formats.read(folder / "results.jsonl")
    return asked


def _reply(folder: Path) -> object:
    text = (folder / "reply.txt").read_bytes().decode("utf-8", "replace")
    for read in (read_values, read_plan):
        try:
            read(text)
        except StudioError:
            continue
    return None


def _backup(name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        dataset = Dataset.open(folder / "data", "anna")
        loaded = dataset.load_clip("c1")
        backups = Backups(loaded.place)
        for old in backups.all():
            old.path.unlink()
        file = loaded.place.annotation_file if name == "anna.json" else loaded.place.take_file("t1")
        backups.keep(file, (folder / "backup").read_bytes(), original=True)
        for version in read_versions(loaded.place):
            assert version.title and isinstance(version.summary, str)
            edit = restoring_edit(loaded.state, version)
            if edit.edits:
                edit.validate(loaded.state)
                edit.apply(loaded.state)
        return None

    return read
