"""How many rows of curves a strip of the timeline shows."""

from __future__ import annotations

import pytest

from viewer.scene.value_row import rows_in


@pytest.mark.parametrize(
    ("height", "count", "least", "most", "shown"),
    [
        (100, 4, 19, 72, 4.0),  # all fit
        (100, 9, 19, 72, 5.0),  # as many as fit, none of them cut
        (74, 4, 48, 240, 3.0),  # lower than they should be: one and a half would say less
        (33, 4, 48, 240, 1.0),
        (10, 4, 19, 72, 1.0),
        (400, 2, 19, 72, 400 / 72),  # never higher than the most: ground is left below them
    ],
)
def test_rows_are_whole_and_three_where_they_can_be(
    height: float, count: int, least: float, most: float, shown: float
) -> None:
    assert rows_in(height, count, least, most) == pytest.approx(shown)
