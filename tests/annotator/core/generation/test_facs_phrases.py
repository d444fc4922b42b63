"""Sentences in many manners, each with what it must and must not do to the face."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest

from annotator.core.generation.facs.sequence import faces
from viewer.core.channels import NAMES

LINES = Path(__file__).with_name("data").joinpath("facs_phrases.txt").read_text("utf-8").splitlines()
CASES = [line.split(" | ") for line in LINES if line and not line.startswith(("#", "?"))]
KINDS = {kind: list(cases) for kind, cases in groupby(sorted(CASES), key=lambda case: case[0])}
_CHECK = re.compile(r"(?:(any|abs|all)\(?([^)<>]*)\)?|([A-Za-z*]+))([<>])([.\d]+)")


def channels(pattern: str) -> list[str]:
    """The channels of ``Name``, of both sides (``Name*``), or of a stem with any ending."""
    if pattern in NAMES:
        return [pattern]
    return [name for name in NAMES if name.startswith(pattern.rstrip("*"))]


def misses(values: dict[str, float], checks: str) -> list[str]:
    """The checks that do not hold."""
    wrong = []
    for found in _CHECK.finditer(checks):
        how, listed, alone, sign, number = found.groups()
        names = [n for part in (listed or alone or "").split(",") for n in channels(part)] or list(NAMES)
        got = [abs(values[n]) if how in ("abs", "all") else values[n] for n in names]
        got = [max(got)] if how == "any" else got
        if not all(v > float(number) if sign == ">" else v < float(number) for v in got):
            wrong.append(f"{found[0]} is {[round(v, 2) for v in got]}")
    return wrong


def test_the_checks_themselves_tell_right_from_wrong() -> None:
    values = dict.fromkeys(NAMES, 0.0) | {"MouthSmileLeft": 0.4, "HeadYaw": -0.3}
    right = "MouthSmileLeft>.3 MouthSmileRight<.1 any(MouthSmileLeft,JawOpen)>.2 abs(HeadYaw)>.2"
    assert not misses(values, right)
    assert len(misses(values, "MouthSmile*>.3 JawOpen>.1 all<.2")) == 3


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_phrases_are_read_as_a_person_would(kind: str) -> None:
    wrong = []
    for _kind, sentence, checks in KINDS[kind]:
        face = faces("", "", tuple(text.strip() for text in sentence.split("||")))[-1]
        bad = misses(dict(zip(NAMES, map(float, face.values), strict=True)), checks)
        if bad:
            wrong.append(f"{sentence}: {'; '.join(bad)}")
    assert not wrong, "\n".join(wrong)
