"""The shape sheet: one picture of a face at rest and in every shape, labelled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT, SHAPES, Channel
from viewer.core.face_model import FaceModel
from viewer.core.progress import Progress
from viewer.face_renderer import FaceRenderer, close_up
from viewer.palette import DARK, REGION_COLOURS, Palette

Picture = npt.NDArray[np.uint8]

CELL = 220
COLUMNS = 9
_GAP = 4
_LABEL = 0.12
_FAINT = 0.35


def shape_sheet(
    model: FaceModel,
    *,
    cell: int = CELL,
    columns: int = COLUMNS,
    theme: Palette = DARK,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Picture:
    """A picture (H, W, 3) uint8 of ``model``: the face at rest, then its 52 shapes at 1.0 in CSV
    order, in rows of ``columns`` squares of ``cell`` pixels.

    A shape that the model lacks is faint and marked.  MouthClose is drawn with the jaw open,
    for it is defined as what closes the lips again.  Draws in the calling thread; raises
    :class:`~viewer.core.errors.Cancelled`, and :class:`~viewer.core.errors.DrawingError` where no
    OpenGL is to be had.
    """
    rows = -(-(SHAPE_COUNT + 1) // columns)
    head = round(cell * 0.24)
    wide, high = cell + _GAP, cell + round(_LABEL * cell) + _GAP
    sheet = Image.new("RGB", (columns * wide - _GAP, head + rows * high - _GAP), theme.window)
    _title(sheet, model, head, theme)
    renderer = FaceRenderer(model, (cell, cell))
    try:
        renderer.set_theme(theme)
        renderer.set_camera(close_up(model))
        shapes: tuple[Channel | None, ...] = (None, *SHAPES)
        for n, channel in enumerate(shapes):
            if cancel is not None:
                cancel.check()
            renderer.set_values(_row(channel))
            face = _cell(renderer.render(supersample=True), model, channel, theme)
            sheet.paste(face, (n % columns * wide, head + n // columns * high))
            if progress is not None:
                progress(n + 1, len(shapes), f"Shape sheet: {n} of {SHAPE_COUNT} shapes")
    finally:
        renderer.close()
    return np.asarray(sheet, np.uint8).copy()


def _row(channel: Channel | None) -> npt.NDArray[np.float32]:
    row = np.zeros(CHANNEL_COUNT, np.float32)
    if channel is not None:
        row[channel.index] = 1.0
        if channel.name == "MouthClose":
            row[INDEX["JawOpen"]] = 1.0
    return row


def _cell(face: Picture, model: FaceModel, channel: Channel | None, theme: Palette) -> Image.Image:
    """One face with its label under it."""
    missing = channel is not None and channel.name in model.missing
    side = face.shape[1]
    label = round(_LABEL * side)
    image = Image.new("RGB", (side, side + label), theme.window)
    picture = Image.fromarray(face)
    image.paste(Image.blend(image.crop((0, 0, side, side)), picture, _FAINT) if missing else picture)
    draw = ImageDraw.Draw(image)
    middle = side + label // 2
    if channel is None:
        draw.text((4, middle), "At rest", theme.text, ImageFont.load_default(label * 0.55), anchor="lm")
        return image
    text = channel.name + (" + JawOpen" if channel.name == "MouthClose" else "")
    text += " – missing" if missing else ""
    dot = label // 3
    draw.rounded_rectangle(
        (4, middle - dot // 2, 4 + dot, middle + dot - dot // 2), 2, fill=REGION_COLOURS[channel.region]
    )
    size = label * 0.55
    room = side - dot - 14
    size *= min(1.0, room / ImageFont.load_default(size).getlength(text))
    font = ImageFont.load_default(size)
    draw.text((dot + 10, middle), text, theme.warning if missing else theme.text, font, anchor="lm")
    return image


def _title(sheet: Image.Image, model: FaceModel, height: int, theme: Palette) -> None:
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(round(height * 0.4)), ImageFont.load_default(round(height * 0.28))
    x, middle = height // 4, height // 2
    draw.text((x, middle), model.name, theme.text, large, anchor="lm")
    facts = f"{len(model.shape_names)} of {SHAPE_COUNT} shapes · {len(model.vertices):,} vertices"
    draw.text((sheet.width - x, middle), facts, theme.muted, small, anchor="rm")
