"""Meshopt streams: what our encoder writes comes back, what the reference encoder wrote is read, and
damage is a ValueError."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.viewer.core.meshopt_encoder import encode_attributes, encode_indices, encode_triangles
from viewer.core.models.meshopt import decode

Rows = npt.NDArray[np.uint8]


def _bytes(data: bytes) -> Rows:
    return np.frombuffer(data, np.uint8)


def _rows(seed: int, count: int, stride: int) -> Rows:
    """Rows of which some columns stand still, some move a little and some jump."""
    random = np.random.default_rng(seed)
    reach = random.choice([0, 1, 4, 200], stride)
    jumps = random.random((count, stride)) < random.choice([0.05, 1.0], stride)
    return np.cumsum(random.integers(-reach, reach + 1, (count, stride)) * jumps, axis=0).astype(np.uint8)


@pytest.mark.parametrize("count", [0, 1, 16, 63, 257, 1500])
@pytest.mark.parametrize("stride", [4, 12, 48, 256])
def test_rows_come_back(count: int, stride: int) -> None:
    rows = _rows(count + stride, count, stride)
    stream = _bytes(encode_attributes(rows))
    assert np.array_equal(decode(stream, count, stride, "ATTRIBUTES").reshape(count, stride), rows)


def test_more_rows_than_are_decoded_at_once_come_back() -> None:
    random = np.random.default_rng(7)
    steps = np.zeros((6000, 256), np.uint8)
    steps[random.integers(0, 6000, 400), random.integers(0, 256, 400)] = random.integers(1, 256, 400)
    rows = np.cumsum(steps, axis=0, dtype=np.uint8)
    stream = _bytes(encode_attributes(rows))
    assert np.array_equal(decode(stream, len(rows), 256, "ATTRIBUTES"), rows.reshape(-1))


def test_the_example_of_the_specification() -> None:
    differences = [-1, -4, -3, 26, -91, 0, -6, 6, -4, -4, 5, -5, 1, -1, 0, 0]
    group = bytes.fromhex("175ff0bc77a9210034b5")
    stream = b"\xa0" + b"\x02" + group + b"\x00" * 3 + bytes(32)
    rows = decode(_bytes(stream), 16, 4, "ATTRIBUTES").reshape(16, 4)
    assert np.array_equal(rows[:, 0], np.cumsum(differences).astype(np.uint8))
    assert not rows[:, 1:].any()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 2**28), max_size=60))
def test_indices_come_back(indices: list[int]) -> None:
    stream = _bytes(encode_indices(indices))
    assert decode(stream, len(indices), 4, "INDICES").view(np.uint32).tolist() == indices


def _turned(indices: list[int]) -> list[tuple[int, int, int]]:
    """Triangles, each turned so that it comes first."""
    found = []
    for at in range(0, len(indices), 3):
        a, b, c = indices[at : at + 3]
        found.append(min((a, b, c), (b, c, a), (c, a, b)))
    return found


_near = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
_far = st.tuples(*[st.integers(0, 2**28)] * 3)


@settings(deadline=None, max_examples=80)
@given(st.lists(_near | _far, max_size=40), st.integers(0, 12))
def test_triangles_come_back(soup: list[tuple[int, int, int]], blades: int) -> None:
    fan = [(0, at + 1, at + 2) for at in range(blades)]
    indices = [corner for corners in (*fan, *soup) for corner in corners]
    found = decode(_bytes(encode_triangles(indices)), len(indices), 4, "TRIANGLES").view(np.uint32)
    assert _turned(found.tolist()) == _turned(indices)


GRID = [
    *(0, 1, 4, 1, 5, 4, 1, 2, 5, 2, 6, 5, 2, 3, 6, 3, 7, 6, 4, 5, 8, 5, 9, 8),
    *(5, 6, 9, 6, 10, 9, 6, 7, 10, 7, 11, 10, 40, 30, 20, 100, 200, 300),
]
"""A grid of quads, then triangles from elsewhere."""


def _wave() -> Rows:
    return np.array([[(n * n) % 251, n // 3, 7, int(90 + 80 * math.sin(n / 5))] for n in range(40)], np.uint8)


# Written by meshoptimizer 0.2.30a0, which wrapped the library of the extension's author.
REFERENCE_WAVE = (
    "a01f0002060a0e12161a1e22262a2e32363a4842464a4e5256645e62666a7872767affff00008882868a989296a41502"
    "0820820820820820820000001f001e201c18140e080203090f13191d1d1f1f1d1917110d0500060c12161a1e20ffff00"
    "00201e1e1a16100c04000000000000000000000000000000000000000000000000000000000000075a"
)
REFERENCE_TRIANGLES = (
    "e1fe1e100e100e8e1e140e130effff0f08ff3a1313ffa001c801c801007687566778a9866589689801690000"
)
REFERENCE_INDICES = (
    "d100040c0a10020a040c0a10020a040c0a100206040c0a10020a040c0a10020a040c0a1002a1012727e802d105a00600000000"
)


def test_what_the_reference_encoder_wrote_is_read() -> None:
    wave = decode(_bytes(bytes.fromhex(REFERENCE_WAVE)), 40, 4, "ATTRIBUTES")
    assert np.array_equal(wave.reshape(40, 4), _wave())
    triangles = decode(_bytes(bytes.fromhex(REFERENCE_TRIANGLES)), len(GRID), 2, "TRIANGLES")
    assert _turned(triangles.view("<u2").tolist()) == _turned(GRID)
    indices = decode(_bytes(bytes.fromhex(REFERENCE_INDICES)), len(GRID), 4, "INDICES")
    assert indices.view("<u4").tolist() == GRID


def test_octahedral_vectors() -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(300, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    flat = vectors[:, :2] / np.abs(vectors).sum(axis=1, keepdims=True)
    folded = (1 - np.abs(flat[:, ::-1])) * np.where(flat >= 0, 1, -1)
    flat = np.where(vectors[:, 2:] < 0, folded, flat)
    for kind, one, top in (("<i1", 127, 127), ("<i2", 2047, 32767)):
        rows = np.empty((300, 4), kind)
        rows[:, :2], rows[:, 2], rows[:, 3] = np.round(flat * one), one, np.arange(300) % 100
        stream = _bytes(encode_attributes(rows.view(np.uint8)))
        found = decode(stream, 300, 4 * rows.itemsize, "ATTRIBUTES", "OCTAHEDRAL").view(kind).reshape(-1, 4)
        assert np.abs(found[:, :3] / top - vectors).max() < 2.5 / one
        assert np.array_equal(found[:, 3], rows[:, 3])


def test_quaternions() -> None:
    random = np.random.default_rng(6)
    turns = random.normal(size=(300, 4))
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    largest = np.abs(turns).argmax(axis=1)
    turns *= np.sign(np.take_along_axis(turns, largest[:, None], axis=1))
    places = (largest[:, None] + np.arange(1, 4)) % 4
    rows = np.empty((300, 4), "<i2")
    rows[:, :3] = np.round(np.take_along_axis(turns, places, axis=1) * math.sqrt(2) * 2047)
    rows[:, 3] = 2044 | largest
    stream = _bytes(encode_attributes(rows.view(np.uint8)))
    found = decode(stream, 300, 8, "ATTRIBUTES", "QUATERNION").view("<i2").reshape(-1, 4)
    np.testing.assert_allclose(found / 32767, turns, atol=1e-3)


def test_exponents() -> None:
    exponents, mantissas = np.array([[0, -3, 5], [-100, 100, 1]]), np.array([[7, -8, 9], [-1, 1, 2**23 - 1]])
    rows = (exponents << 24 | mantissas & 0xFFFFFF).astype("<i4")
    stream = _bytes(encode_attributes(rows.view(np.uint8)))
    found = decode(stream, 2, 12, "ATTRIBUTES", "EXPONENTIAL").view("<f4").reshape(2, 3)
    assert np.array_equal(found, (mantissas * 2.0**exponents).astype(np.float32))


STREAMS = {
    "ATTRIBUTES": (encode_attributes(_rows(3, 80, 8)), 80, 8),
    "TRIANGLES": (encode_triangles(GRID), len(GRID), 4),
    "INDICES": (encode_indices(GRID), len(GRID), 2),
}


@pytest.mark.parametrize("mode", STREAMS)
def test_a_stream_of_another_length_is_refused(mode: str) -> None:
    stream, count, stride = STREAMS[mode]
    for length in range(len(stream)):
        with pytest.raises(ValueError, match=r".+"):
            decode(_bytes(stream[:length]), count, stride, mode)
    for more in (3 * count, 30 * count):
        with pytest.raises(ValueError, match=r".+"):
            decode(_bytes(stream), more, stride, mode)
    with pytest.raises(ValueError, match=r".+"):
        decode(_bytes(stream[:-20] + b"\0" + stream[-20:]), count, stride, mode)


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(sorted(STREAMS)),
    st.sampled_from(["NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL"]),
    arrays.arrays(np.uint8, 400),
    st.integers(0, 400),
)
def test_noise_is_refused_or_gives_bytes(mode: str, filter: str, noise: Rows, kept: int) -> None:
    stream, count, stride = STREAMS[mode]
    damaged = np.resize(noise, len(stream))
    damaged[: kept % len(stream)] = _bytes(stream)[: kept % len(stream)]
    try:
        found = decode(damaged, count, stride, mode, filter)
    except ValueError:
        return
    assert found.shape == (count * stride,) and found.dtype == np.uint8


def test_what_the_extension_does_not_know_is_refused() -> None:
    stream, count, stride = STREAMS["ATTRIBUTES"]
    for mode, filter, size in (
        ("SPIRAL", "NONE", stride),
        ("ATTRIBUTES", "COLOR", stride),
        ("ATTRIBUTES", "NONE", 6),
        ("TRIANGLES", "OCTAHEDRAL", 4),
    ):
        with pytest.raises(ValueError, match=r"unknown|have"):
            decode(_bytes(stream), count, size, mode, filter)
