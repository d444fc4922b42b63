"""The drawn face follows the values, by pixels."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewer.core.backdrop import backdrop
from viewer.core.camera import FRONT, PROFILE_LEFT, PROFILE_RIGHT, THREE_QUARTER, CameraView
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.edges import shown_edges
from viewer.core.face_model import FaceModel
from viewer.core.head_box import head_box
from viewer.core.models import load_face_model
from viewer.face_renderer import WIDE, FaceRenderer, frame_face, render_still
from viewer.face_shading import STUDIO, Lighting
from viewer.palette import DARK, LIGHT

SIZE = 240


def row(**values: float) -> np.ndarray:
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        out[INDEX[name]] = value
    return out


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_face_model(None)


@pytest.fixture(scope="module")
def renderer(model: FaceModel) -> Iterator[FaceRenderer]:
    made = FaceRenderer(model, (SIZE, SIZE))
    yield made
    made.close()


def shot(renderer: FaceRenderer, view: CameraView = FRONT, **values: float) -> np.ndarray:
    renderer.set_camera(view)
    renderer.set_values(row(**values))
    return renderer.render().astype(int)


def changed_rows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of changed pixels in each row of the picture."""
    return np.asarray((np.abs(a - b).max(axis=2) > 12).mean(axis=1))


def row_of(model: FaceModel, y: float) -> int:
    """The picture's row that shows height ``y`` of the model, about."""
    frame = frame_face(model)
    return int((0.5 - (y - frame.target[1]) / frame.height) * SIZE)


def test_the_picture_has_the_asked_size_and_a_face_in_its_middle(renderer: FaceRenderer) -> None:
    picture = shot(renderer)
    assert picture.shape == (SIZE, SIZE, 3)
    corner, middle = picture[5, 5], picture[SIZE // 2, SIZE // 2]
    assert np.abs(middle - corner).max() > 60
    assert middle[0] > middle[2] + 20, "skin is warmer than blue"


@pytest.mark.parametrize("size", [(300, 300), (450, 240), (180, 420)], ids=["square", "wide", "tall"])
def test_the_head_fills_a_pane_of_any_shape_and_stands_in_its_middle(
    model: FaceModel, size: tuple[int, int]
) -> None:
    width, height = size
    picture = render_still(model, row(), size).astype(int)
    ground = backdrop(size, DARK.face_top, DARK.face_bottom)[..., :3].astype(int)
    face = np.abs(picture - ground).max(axis=2) > 25
    top = np.flatnonzero(face.any(axis=1))[0]
    scale = max(frame_face(model).height / height, WIDE * frame_face(model).height / width)
    chin = top + head_box(model).tall / scale
    ears = np.flatnonzero(face[round(top + 0.3 * (chin - top)) : round(top + 0.6 * (chin - top))].any(axis=0))
    assert max((chin - top) / height, len(ears) / width) > 0.74, "as large as it can be"
    assert ears[0] > 0 and ears[-1] < width - 1 and top > 0, "and whole"
    assert 0.38 * height < (top + chin) / 2 < 0.5 * height
    if height > 2 * width:
        assert not face[-height // 24 :].any(), "a bust that ends in sight fades out"


def test_a_head_is_as_large_from_each_side_as_a_narrow_pane_lets_it_be(model: FaceModel) -> None:
    for view in (FRONT, THREE_QUARTER, PROFILE_LEFT):
        picture = render_still(model, row(), (180, 420), view).astype(int)
        ground = backdrop((180, 420), DARK.face_top, DARK.face_bottom)[..., :3].astype(int)
        head = np.flatnonzero((np.abs(picture - ground).max(axis=2) > 25)[:230].any(axis=0))
        assert head[0] > 0 and head[-1] < 179 and len(head) > 0.72 * 180


def test_the_whole_head_is_in_the_frame_and_fills_it(renderer: FaceRenderer) -> None:
    picture = shot(renderer)
    ground = picture[:, :1].repeat(SIZE, axis=1)
    face = np.abs(picture - ground).max(axis=2) > 25
    rows, columns = np.flatnonzero(face.any(axis=1)), np.flatnonzero(face.any(axis=0))
    assert 2 <= rows[0] < SIZE * 0.15, "room above the head, but not much"
    assert columns[0] > 2 and columns[-1] < SIZE - 3
    assert len(columns) > SIZE * 0.4
    assert abs((columns[0] + columns[-1]) / 2 - SIZE / 2) < 4


def test_an_opening_jaw_changes_the_mouth_and_a_blink_the_eyes(
    renderer: FaceRenderer, model: FaceModel
) -> None:
    assert model.eyes is not None
    neutral = shot(renderer)
    eyes = row_of(model, float(model.eyes[0].centre[1]))
    jaw = changed_rows(neutral, shot(renderer, JawOpen=0.8))
    blink = changed_rows(neutral, shot(renderer, EyeBlinkLeft=1, EyeBlinkRight=1))
    assert jaw[eyes - 12 : eyes + 12].max() < 0.02 and jaw[eyes + 40 :].max() > 0.08
    assert blink[eyes - 12 : eyes + 12].max() > 0.05 and blink[eyes + 40 :].max() < 0.01


def test_sides_are_the_faces_own(renderer: FaceRenderer) -> None:
    neutral = shot(renderer)
    moved = np.abs(shot(renderer, EyeBlinkLeft=1) - neutral).max(axis=2) > 12
    assert moved.sum() > 50
    assert moved[:, SIZE // 2 :].sum() > 0.97 * moved.sum(), "the own left is at the right of the picture"


def test_turning_the_head_and_turning_the_camera_agree(renderer: FaceRenderer) -> None:
    def outline(picture: np.ndarray) -> float:
        face = np.abs(picture - picture[:, :1].repeat(SIZE, axis=1)).max(axis=2) > 25
        upper = face[: SIZE * 6 // 10]
        return float(np.average(np.arange(SIZE), weights=upper.sum(axis=0)))

    straight = outline(shot(renderer))
    assert outline(shot(renderer, HeadYaw=45.0)) > straight + 4, "a turn to the own left goes right"
    assert outline(shot(renderer, HeadYaw=-45.0)) < straight - 4


def test_profiles_mirror_each_other(renderer: FaceRenderer) -> None:
    left, right = shot(renderer, PROFILE_LEFT), shot(renderer, PROFILE_RIGHT)
    mask = [np.abs(p - p[:, :1].repeat(SIZE, axis=1)).max(axis=2) > 40 for p in (left, right[:, ::-1])]
    assert (mask[0] != mask[1]).mean() < 0.12
    assert (np.abs(left - right).max(axis=2) > 40).mean() > 0.05


def test_zoom_pan_and_roll_move_the_picture(renderer: FaceRenderer) -> None:
    plain = shot(renderer)
    for view in (FRONT.zoomed(2), FRONT.panned(0.2, 0), FRONT.panned(0, 0.2), replace(FRONT, roll=30.0)):
        assert (np.abs(shot(renderer, view) - plain).max(axis=2) > 25).mean() > 0.05
    right = shot(renderer, FRONT.panned(0.2, 0))
    shift = int(0.2 * SIZE)
    same = np.abs(right[60:180, 60 + shift : 180] - plain[60:180, 60 : 180 - shift]).max(axis=2) < 40
    assert same.mean() > 0.9


def test_invalid_values_show_the_neutral_face(renderer: FaceRenderer) -> None:
    neutral = shot(renderer)
    renderer.set_values(row(JawOpen=1), valid=False)
    assert np.array_equal(renderer.render(), neutral)
    renderer.set_values(np.full(CHANNEL_COUNT, np.nan))
    assert np.array_equal(renderer.render(), neutral)


def test_smooth_pictures_have_the_same_size_and_softer_edges(renderer: FaceRenderer) -> None:
    rough = shot(renderer)
    smooth = renderer.render(supersample=True).astype(int)
    assert smooth.shape == rough.shape and np.abs(smooth - rough).mean() < 8
    assert len(np.unique(smooth.reshape(-1, 3), axis=0)) > len(np.unique(rough.reshape(-1, 3), axis=0))
    assert np.array_equal(renderer.render(), rough)


def test_size_theme_and_wireframe_can_change(renderer: FaceRenderer) -> None:
    renderer.set_theme(LIGHT)
    renderer.resize((200, 120))
    picture = renderer.render()
    assert picture.shape == (120, 200, 3) and picture[3, 3].min() > 150
    renderer.resize((SIZE, SIZE))
    renderer.set_theme(DARK)
    assert renderer.render()[3, 3].max() < 100
    near = FRONT.zoomed(6)
    solid = shot(renderer, near)
    renderer.set_wireframe(True)
    assert (np.abs(shot(renderer, near) - solid).max(axis=2) > 25).mean() > 0.1
    renderer.set_wireframe(False)


def test_light_from_the_upper_left_unless_the_lighting_says_otherwise(
    renderer: FaceRenderer, model: FaceModel
) -> None:
    def halves(picture: np.ndarray) -> tuple[float, float]:
        face = picture[SIZE // 4 : SIZE * 6 // 10, SIZE * 3 // 10 : SIZE * 7 // 10].sum(axis=2)
        middle = face.shape[1] // 2
        return float(face[:, :middle].mean()), float(face[:, middle:].mean())

    left, right = halves(shot(renderer))
    assert left > right * 1.04
    others = (
        Lighting(key=(0.6, 0.3, 0.7)),
        Lighting(key_colour=(0.2, 0.2, 1.4)),
        Lighting(ambient=6.0),
        Lighting(fill_colour=(2.0, 0.2, 0.2)),
        Lighting(fill=(0.0, 1.0, 0.0)),
    )
    pictures = [
        render_still(model, row(), (SIZE, SIZE), lighting=each).astype(int) for each in (STUDIO, *others)
    ]
    plain, mirrored, blue = pictures[:3]
    assert halves(mirrored)[1] > halves(mirrored)[0] * 1.04
    middle = (slice(SIZE // 4, SIZE * 3 // 4), slice(SIZE * 2 // 5, SIZE * 3 // 5))
    assert blue[middle][..., 2].mean() > blue[middle][..., 0].mean(), "a blue lamp makes a blue face"
    assert all((np.abs(each - plain).max(axis=2) > 4).mean() > 0.1 for each in pictures[1:])


def test_eyes_catch_the_light(renderer: FaceRenderer, model: FaceModel) -> None:
    assert model.eyes is not None
    frame = frame_face(model)
    x, y = (model.eyes[0].centre[:2] - frame.target[:2]) / frame.height
    near = CameraView(zoom=8.0, pan_x=-float(x), pan_y=-float(y))
    eye = shot(renderer, near)[SIZE // 4 : SIZE * 3 // 4, SIZE // 4 : SIZE * 3 // 4]
    light = eye.min(axis=2)
    assert 4 < (light > 225).sum() < 0.03 * light.size, "a small white spot"
    spot = np.argwhere(light > 225).mean(axis=0)
    dark = np.argwhere(eye.max(axis=2) < 45).mean(axis=0)
    assert spot[0] < dark[0] and spot[1] < dark[1], "up and left of the pupil's middle, where the key is"
    closed = shot(renderer, near, EyeBlinkLeft=1)[SIZE // 4 : SIZE * 3 // 4]
    assert (closed > 225).all(axis=2).sum() < 4


def test_the_background_has_no_bands(renderer: FaceRenderer) -> None:
    for theme in (DARK, LIGHT):
        renderer.set_theme(theme)
        edge = shot(renderer)[:, :12]
        assert np.abs(np.diff(edge, axis=0)).max() <= 2 and np.abs(np.diff(edge, axis=1)).max() <= 2
        means = edge.mean(axis=1)
        steps = np.diff(means, axis=0)
        assert np.abs(steps).max() < 1.0, "no row is a step away from the next"
        assert (means[-1] < means[0]).all()
    renderer.set_theme(DARK)


def test_the_mouth_is_dark_inside(renderer: FaceRenderer) -> None:
    closed, opened = shot(renderer), shot(renderer, JawOpen=1)

    def darkest(picture: np.ndarray) -> int:
        return int(picture[SIZE // 2 :, SIZE // 3 : SIZE * 2 // 3].max(axis=2).min())

    assert darkest(opened) < 50 and darkest(opened) < darkest(closed) + 5


def test_coarser_pictures_are_the_same_picture(renderer: FaceRenderer) -> None:
    renderer.set_camera(FRONT)
    renderer.set_values(row(JawOpen=0.4))
    plain, smooth, coarse = (renderer.render_rgba(detail).astype(int) for detail in (1.0, 2.0, 0.6))
    assert plain.shape == smooth.shape == coarse.shape == (SIZE, SIZE, 4)
    assert (plain[..., 3] == 255).all() and (coarse[..., 3] == 255).all()
    for other in (smooth, coarse):
        assert np.abs(other - plain).mean() < 3
        assert np.abs(other.mean(axis=(0, 1)) - plain.mean(axis=(0, 1))).max() < 0.8, "none is lighter"


def test_edges_are_those_of_quads(renderer: FaceRenderer, model: FaceModel) -> None:
    skin = model.parts[0]
    triangles = model.triangles[skin.first : skin.first + skin.count]
    edges = shown_edges(model.vertices, triangles)
    assert len(edges) < 1.15 * len(triangles), "a mesh of quads has about as many edges as triangles"
    solid = shot(renderer)
    renderer.set_wireframe(True)
    small = shot(renderer)
    renderer.set_wireframe(False)
    assert np.array_equal(shot(renderer), solid)
    face = np.abs(small - shot(renderer)).max(axis=2) > 20
    assert face.mean() > 0.2
    assert small[SIZE // 4 : SIZE // 2, SIZE * 2 // 5 : SIZE * 3 // 5].std() > 8, "lines, not a filled shape"


def test_gaze_moves_the_irises(renderer: FaceRenderer, model: FaceModel) -> None:
    assert model.eyes is not None
    eyes = row_of(model, float(model.eyes[0].centre[1]))
    left = shot(renderer, EyeLookOutLeft=1, EyeLookInRight=1)
    right = shot(renderer, EyeLookInLeft=1, EyeLookOutRight=1)
    assert changed_rows(left, right)[eyes - 12 : eyes + 12].max() > 0.03


def test_foreign_heads_are_drawn(shared: Path) -> None:
    facecap = load_face_model(shared / "data" / "avatar" / "facecap.glb")
    still = render_still(facecap, row(), (SIZE, SIZE)).astype(int)
    smile = render_still(facecap, row(MouthSmileLeft=1, MouthSmileRight=1), (SIZE, SIZE)).astype(int)
    changes = changed_rows(still, smile)
    assert changes[SIZE // 2 :].max() > 0.05 and changes[: SIZE // 4].max() < 0.01


def test_stills_can_be_made_in_another_thread(model: FaceModel) -> None:
    made: list[np.ndarray] = []
    worker = threading.Thread(target=lambda: made.append(render_still(model, row(), (64, 48), theme=LIGHT)))
    worker.start()
    worker.join()
    assert made[0].shape == (48, 64, 3) and made[0].std() > 10


def test_faces_drawn_in_two_threads_do_not_mix(renderer: FaceRenderer, model: FaceModel) -> None:
    wanted = shot(renderer, JawOpen=0.5)
    other = render_still(model, row(EyeBlinkLeft=1), (160, 120))
    made: list[np.ndarray] = []

    def film() -> None:
        made.extend(render_still(model, row(EyeBlinkLeft=1), (160, 120)) for _ in range(3))

    worker = threading.Thread(target=film)
    worker.start()
    while worker.is_alive():
        assert np.array_equal(shot(renderer, JawOpen=0.5), wanted)
    worker.join()
    assert len(made) == 3 and all(np.array_equal(picture, other) for picture in made)


def test_closing_twice_is_fine_and_drawing_then_is_not(model: FaceModel) -> None:
    renderer = FaceRenderer(model, (64, 64))
    renderer.close()
    renderer.close()
    with pytest.raises(RuntimeError):
        renderer.render()


@pytest.mark.slow
def test_nothing_is_printed_where_there_is_no_display() -> None:
    code = (
        "import numpy as np; from viewer.core.models import load_face_model;"
        "from viewer.face_renderer import render_still;"
        "print(render_still(load_face_model(None), np.zeros(61), (64, 64)).shape)"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    project = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (0, "(64, 64, 3)", "")
