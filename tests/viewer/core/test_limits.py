"""Files that claim more than a machine has, or that are lists of other files, are not believed."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import clips
from tests.systems import make_link, make_pipe
from tests.viewer.core.glb_writer import Glb, blob, head_shapes, simple_head
from viewer.core import formats
from viewer.core.audio import read_audio
from viewer.core.channels import NAMES
from viewer.core.errors import FaceModelError, StudioError, TrackError, VideoError
from viewer.core.models import load_face_model, save_npz
from viewer.core.video import VideoFile


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# ---- what is no file -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.mp4", "a.glb", "a.gltf", "a.vrm", "a.npz", "a.csv", "a.json", "a.npy"])
def test_nothing_waits_for_a_pipe(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    make_pipe(path)
    read: Callable[[Path], object] = formats.read
    if name.endswith(("glb", "gltf", "vrm", "npz")):
        read = load_face_model
    elif name.endswith("mp4"):
        read = VideoFile.open
        with pytest.raises(StudioError, match="not a plain file"):
            read_audio(path)
    with pytest.raises(StudioError, match="not a plain file"):
        read(path)


def test_a_folder_of_shapes_may_hold_a_pipe(tmp_path: Path) -> None:
    make_pipe(tmp_path / "neutral.obj")
    (tmp_path / "jawOpen.obj").write_text("v 0 0 0\n")
    with pytest.raises(FaceModelError, match="not a plain file"):
        load_face_model(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
@pytest.mark.parametrize("name", ["a.mp4", "a.glb", "a.npz", "a.csv"])
def test_a_link_to_an_endless_device_is_no_file(tmp_path: Path, name: str) -> None:
    make_link(tmp_path / name, "/dev/zero")
    read: Callable[[Path], object] = formats.read if name == "a.csv" else load_face_model
    with pytest.raises(StudioError, match="not a plain file"):
        (VideoFile.open if name == "a.mp4" else read)(tmp_path / name)


# ---- videos ----------------------------------------------------------------------------------

LISTS = {
    "HLS": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\n{name}\n#EXT-X-ENDLIST\n",
    "HLS of addresses": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/{name}\n#EXT-X-ENDLIST\n",
    "a concat script": "ffconcat version 1.0\nfile {name}\n",
    "DASH": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">{name}</MPD>',
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "a PLS list": "[playlist]\nFile1={name}\n",
}


@pytest.mark.parametrize("suffix", ["mp4", "m3u8", "ffconcat", "mkv"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_files_is_no_video_and_opens_none_of_them(tmp_path: Path, kind: str, suffix: str) -> None:
    clips.make(clips.Clip("other.ts", range(4), options=clips.x264()), tmp_path)
    path = tmp_path / f"film.{suffix}"
    path.write_text(LISTS[kind].format(name="other.ts"))
    with pytest.raises(VideoError, match="playlist"):
        VideoFile.open(path)


def test_only_containers_that_stand_alone_are_tried_whatever_the_file_begins_with(tmp_path: Path) -> None:
    """The words at the beginning are for people; what holds is that FFmpeg knows no lists here."""
    clips.make(clips.Clip("other.ts", range(4), options=clips.x264()), tmp_path)
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\n\n\0" + LISTS["a concat script"].format(name="other.ts").encode())
    with pytest.raises(VideoError):
        VideoFile.open(path)
    for number in range(3):
        (tmp_path / f"x{number}.png").write_bytes(_png(4, 4))
    pattern = tmp_path / "x%d.png"
    pattern.write_bytes(b"not a picture, but a name that means three others")
    with pytest.raises(VideoError, match="no video"):
        VideoFile.open(pattern)


def test_pictures_that_claim_to_be_huge_are_refused_before_one_is_decoded(tmp_path: Path) -> None:
    path = clips.make(clips.Clip("raw.avi", range(2), codec="rawvideo", pixels="bgr24"), tmp_path)
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 8
    assert struct.unpack_from("<ii", data, at + 4) == (clips.WIDTH, -clips.HEIGHT)
    for size in ((12000, 12000), (100_000, 100_000)):
        struct.pack_into("<ii", data, at + 4, *size)
        path.write_bytes(data)
        with pytest.raises(VideoError, match=r"too large|no picture"):
            VideoFile.open(path)


# ---- arrays ----------------------------------------------------------------------------------


def _npy(shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return out.getvalue()


@pytest.fixture
def head(tmp_path: Path) -> Path:
    save_npz(load_face_model(simple_head(tmp_path / "head.glb")), tmp_path / "head.npz")
    return tmp_path / "head.npz"


@pytest.mark.parametrize("shape", [(10**14,), (10**6, 10**6, 3), (2**62, 3), (10**9, 3)])
def test_an_array_that_claims_more_than_its_file_holds(head: Path, shape: tuple[int, ...]) -> None:
    with zipfile.ZipFile(head) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members["vertices.npy"] = _npy(shape) + b"\0" * 1000
    with zipfile.ZipFile(head, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(name, data)
    with pytest.raises(FaceModelError, match="cut off in the middle"):
        load_face_model(head)


def test_an_archive_that_unpacks_to_gigabytes(head: Path) -> None:
    data = bytearray(head.read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 3 * 2**30)
    head.write_bytes(data)
    with pytest.raises(FaceModelError, match="unpacks to more than 384 MB"):
        load_face_model(head)


def test_an_archive_with_an_endless_list(head: Path) -> None:
    data = bytearray(head.read_bytes())
    struct.pack_into("<H", data, data.rindex(b"PK\x05\x06") + 10, 65535)
    head.write_bytes(data)
    with pytest.raises(FaceModelError, match="lists more than 1,000 entries"):
        load_face_model(head)


# ---- glTF and OBJ ----------------------------------------------------------------------------


def _head(path: Path, change: Callable[[Glb], object]) -> Path:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    targets = {name: glb.accessor(delta) for name, delta in head_shapes(vertices).items()}
    mesh = glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets)
    glb.node(mesh=mesh)
    change(glb)
    return glb.save(path)


def _claims(count: int) -> Callable[[Glb], object]:
    return lambda glb: glb.json["accessors"][52].update(count=count)


def _claims_nothing_behind(glb: Glb) -> None:
    del glb.json["accessors"][52]["bufferView"]
    glb.json["accessors"][52]["count"] = 10**7


def _sparse(glb: Glb) -> None:
    accessor = glb.json["accessors"][52]
    sparse = {
        "count": 10**9,
        "indices": {"bufferView": 0, "componentType": 5125},
        "values": {"bufferView": 0},
    }
    accessor["sparse"] = sparse


def _a_thousand_times(glb: Glb) -> None:
    for _ in range(2000):
        glb.node(mesh=0)


def _meshopt(glb: Glb) -> None:
    view = glb.json["accessors"][52]["bufferView"]
    glb.json["bufferViews"][view]["extensions"] = {
        "EXT_meshopt_compression": {
            "buffer": 0,
            "byteOffset": 0,
            "byteLength": 100,
            "byteStride": 256,
            "count": 10**9,
            "mode": "ATTRIBUTES",
        }
    }
    glb.json["extensionsRequired"] = glb.json["extensionsUsed"] = ["EXT_meshopt_compression"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_claims(10**9), "too many to be a face"),
        (_claims_nothing_behind, "too many to be a face"),
        (_sparse, "sparse accessor"),
        (_a_thousand_times, "too many to be drawn as a face"),
        (_meshopt, "too many to be a face"),
    ],
)
def test_a_small_file_that_means_a_huge_mesh(
    tmp_path: Path, change: Callable[[Glb], object], words: str
) -> None:
    with pytest.raises(FaceModelError, match=words):
        load_face_model(_head(tmp_path / "head.glb", change))


def test_many_small_packings_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from viewer.core.models import gltf_data

    def packed(glb: Glb) -> None:
        vertices, triangles = blob((0.3, 0, 0), 0.1, 12)
        for _ in range(4):
            glb.node(mesh=glb.mesh(glb.packed(vertices), glb.accessor(triangles.reshape(-1))))

    path = _head(tmp_path / "head.glb", packed)
    load_face_model(path)
    monkeypatch.setattr(gltf_data, "UNPACKED_BYTES", 3 * 12 * 24 * 12)
    with pytest.raises(FaceModelError, match="its parts come to more than"):
        load_face_model(path)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * (width * 3)) * min(height, 8))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _with_texture(uri: str = "", data: bytes = b"") -> Callable[[Glb], object]:
    def change(glb: Glb) -> None:
        image = {"uri": uri} if uri else {"bufferView": glb.view(data), "mimeType": "image/png"}
        glb.json["images"], glb.json["textures"] = [image], [{"source": 0}]
        material = glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": 0}})
        glb.json["meshes"][0]["primitives"][0]["material"] = material

    return change


@pytest.mark.parametrize("size", [(60_000, 60_000), (9000, 9000)])
def test_a_texture_that_claims_to_be_huge_is_left_out_with_a_note(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = _head(tmp_path / "head.glb", _with_texture(data=_png(*size)))
    model = load_face_model(path)
    assert all(part.texture is None for part in model.parts)
    assert any("texture" in note for note in model.notes)


def test_a_texture_starts_no_other_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow reads PostScript by running Ghostscript on it."""
    ran = tmp_path / "ran"
    ghost = tmp_path / "bin/gs"
    ghost.parent.mkdir()
    ghost.write_text(f"#!/bin/sh\ntouch {ran}\n")
    ghost.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ghost.parent}{os.pathsep}{os.environ['PATH']}")
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    model = load_face_model(_head(tmp_path / "head.glb", _with_texture(data=script)))
    assert any("cannot be decoded" in note for note in model.notes) and not ran.exists()


OUTSIDE = [
    "/etc/hostname",
    "../secret.bin",
    "..%2Fsecret.bin",
    "%2e%2e/secret.bin",
    "a/../../secret.bin",
    "..\\secret.bin",
    "file:///etc/hostname",
    "http://127.0.0.1:9/x.bin",
    "//127.0.0.1/x.bin",
    "C:\\x.bin",
    "link.bin",
    "folder/secret.bin",
]


@pytest.mark.parametrize("uri", OUTSIDE)
@pytest.mark.parametrize("what", ["buffer", "texture"])
def test_a_model_reads_nothing_outside_its_folder(tmp_path: Path, uri: str, what: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(_png(4, 4))
    make_link(folder / "link.bin", tmp_path / "secret.bin")
    make_link(folder / "folder", tmp_path)
    path = _head(folder / "head.glb", _with_texture(uri) if what == "texture" else lambda glb: None)
    if what == "buffer":
        _as_gltf(path, uri)
        path = folder / "head.gltf"
    with pytest.raises(FaceModelError, match=r"outside its folder|is missing"):
        load_face_model(path)


@pytest.mark.parametrize("make", [make_pipe, lambda path: make_link(path, "/dev/zero")])
def test_a_buffer_that_is_a_pipe_or_a_device(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    _as_gltf(_head(tmp_path / "head.glb", lambda glb: None), "pipe.bin")
    make(tmp_path / "pipe.bin")
    with pytest.raises(FaceModelError, match=r"not a plain file|outside its folder|is missing"):
        load_face_model(tmp_path / "head.gltf")


def _as_gltf(glb: Path, uri: str) -> None:
    data = glb.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    description = json.loads(data[20 : 20 + size])
    description["buffers"][0]["uri"] = uri
    glb.with_suffix(".gltf").write_text(json.dumps(description))


@pytest.mark.slow
def test_an_obj_file_of_more_vertices_or_faces_than_a_face_has(tmp_path: Path) -> None:
    (tmp_path / "jawOpen.obj").write_text("v 0 0 0\n")
    neutral = tmp_path / "neutral.obj"
    for text in ("v 0 0 0\n" * 260_000, "v 0 0 0\n" * 3 + "f 1 2 3\n" * 1_010_000):
        neutral.write_text(text)
        with pytest.raises(FaceModelError, match="too many to be drawn as a face"):
            load_face_model(tmp_path)
    neutral.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf " + "1 2 3 " * 400_000)
    with pytest.raises(FaceModelError, match="too many to be drawn as a face"):
        load_face_model(tmp_path)


# ---- tracks ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_table_of_more_rows_than_three_hours_hold(tmp_path: Path) -> None:
    path = tmp_path / "track.csv"
    header = "time," + ",".join(NAMES[:11])
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes((header + "\n" + "0,0,0,0,0,0,0,0,0,0,0,0\n" * 1_500_001).encode(encoding))
        with pytest.raises(TrackError, match="more than 1,500,000 rows"):
            formats.read(path)


def test_json_of_more_values_than_an_hour_holds(tmp_path: Path) -> None:
    path = tmp_path / "track.json"
    path.write_text('{"names": ["jawOpen"], "frames": [' + "0," * 12_000_001 + "0]}")
    with pytest.raises(TrackError, match="more than 12,000,000 values"):
        formats.read(path)


@pytest.mark.parametrize("opening", ["[", '{"names":'])
def test_json_nested_a_hundred_thousand_deep(tmp_path: Path, opening: str) -> None:
    path = tmp_path / "track.json"
    path.write_text('{"names": ["jawOpen"], "frames": ' + opening * 100_000)
    with pytest.raises(TrackError):
        formats.read(path)
