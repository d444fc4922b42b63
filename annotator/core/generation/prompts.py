"""What models are asked: KeyframeFace's own prompt, a planning prompt, a zero-shot prompt.

The KeyframeFace layout is the released example's, byte for byte, because a fine-tuned model
is sensitive to it (arXiv 2512.11321).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from annotator.core.generation.protocol import GenerationRequest
from viewer.core.channels import NAMES, ROTATIONS, SHAPES
from viewer.core.errors import GenerationError
from viewer.core.formats.keyframeface import number_words

Style = Literal["keyframeface", "zero-shot"]
Message = dict[str, str]

SPARSE_CHANNELS = 24
"""The most channels a zero-shot answer may name."""

SYSTEM_PROMPT = (
    "You are a professional facial animator. Generate all 61 ARKit facial parameters for exactly "
    "one requested semantic keyframe. The first 52 blendshapes are in [0,1], and the final 9 "
    "head/eye pose parameters are in [-1,1]. Return strict JSON only in the form "
    '{"Keyframe_x":{...}}.'
)

ZERO_SHOT_PROMPT = (
    "You are a facial animator working with Apple ARKit coefficients. You get a sequence of "
    "keyframe descriptions and pose exactly one of them. Answer with one compact JSON object that "
    "lists only the channels that are not 0, for example "
    '{"values":[{"channel":"BrowInnerUp","value":0.3},{"channel":"MouthPressLeft","value":0.2}]}. '
    "Left and right are the person's own. Looking to the own left is EyeLookOutLeft with "
    "EyeLookInRight. Shapes go from 0 to 1: 0.1 is a trace, 0.3 slight, 0.5 marked, 0.75 strong, 1 "
    "the anatomical limit, which an ordinary expression does not reach; closed eyes are EyeBlink 1. "
    "Head and eye rotations go from -1 to 1 and stay small; negative pitch looks down. "
    "MouthClose never exceeds JawOpen. Shapes: "
    + " ".join(channel.name for channel in SHAPES)
    + ". Rotations: "
    + " ".join(channel.name for channel in ROTATIONS)
    + "."
)

PLAN_PROMPT = (
    "You are a director planning the facial performance of one short shot. From the background, "
    "the emotion and the script, plan 3 to 6 semantic keyframes: how the expression begins, peaks, "
    "changes, leaks through and settles. An expression lasts 0.5 to 4 seconds; letting go is slower "
    "than coming up. Describe in each keyframe only what is visible on the face: brows, eyelids, "
    "gaze, nose, cheeks, mouth, jaw, head; with side and strength, in one plain English sentence. "
    "Answer with JSON only, in the form "
    '{"keyframes":[{"time":0.6,"description":"The inner brows lift slightly and the gaze drops."}]}, '
    "with times in seconds from the start of the shot, rising."
)

_UNITS = (
    "Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen "
    "Sixteen Seventeen Eighteen Nineteen"
).split()
_TENS = "_ _ Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety".split()


def number_word(number: int) -> str:
    """1 → ``One``, 21 → ``Twenty-One``; from 100 on, digits."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return _TENS[tens] + (f"-{_UNITS[unit]}" if unit else "")
    return str(number)


_NUMBERS = {number_word(n).lower().replace("-", ""): n for n in range(100)}


def read_number(text: str) -> int | None:
    """The number a word or numeral of a request names: ``Two``, ``twenty one``, ``2``; or None."""
    key = re.sub(r"[\s_-]", "", text).lower()
    if key.isascii() and key.isdigit() and len(key) < 7:
        return int(key)
    return _NUMBERS.get(key)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _user_text(request: GenerationRequest, target: int) -> str:
    lines = ["Keyframe Description Sequence:"]
    for index, description in enumerate(request.descriptions):
        lines.append(f"- Keyframe {number_word(index + 1)}: {_one_line(description)}")
    lines += [
        "",
        f"Background: {_one_line(request.background)}".rstrip(),
        f"Emotion: {_one_line(request.emotion)}".rstrip(),
        "",
        "Task Instruction: Generate the facial expression parameters for "
        f"Keyframe {number_word(target + 1)}.",
    ]
    return "\n".join(lines)


def request_messages(
    request: GenerationRequest, target: int, style: Style = "keyframeface", system: str = ""
) -> list[Message]:
    """The chat messages that ask for description ``target`` (from 0) of ``request``; ``system``
    replaces the zero-shot style's own system prompt.

    Raises :class:`GenerationError` when there is no such description.
    """
    if not 0 <= target < len(request.descriptions):
        raise GenerationError(
            f"keyframe {target + 1} is wanted, but only {len(request.descriptions)} are described",
            "describe that keyframe first",
        )
    chosen = SYSTEM_PROMPT if style == "keyframeface" else system.strip() or ZERO_SHOT_PROMPT
    return [
        {"role": "system", "content": chosen},
        {"role": "user", "content": _user_text(request, target)},
    ]


def plan_messages(request: GenerationRequest, system: str = "") -> list[Message]:
    """The chat messages that ask for a plan, ``system`` in place of the planner's own prompt; the
    answer is read by ``replies.read_plan``."""
    parts = [("Background", request.background), ("Emotion", request.emotion), ("Script", request.script)]
    text = "\n".join(f"{name}: {_one_line(words)}" for name, words in parts if words.strip())
    if not text:
        raise GenerationError("there is nothing to plan from", "write a background or an emotion first")
    return [{"role": "system", "content": system.strip() or PLAN_PROMPT}, {"role": "user", "content": text}]


@dataclass
class _Sections:
    background: str = ""
    emotion: str = ""
    task: str = ""


_HEADING = re.compile(
    r"^\W{0,4}(keyframe description sequence|background|emotion|task instruction)\W{0,3}:\W{0,3}?"
    r"(?:\s|$)(.*)$",
    re.IGNORECASE,
)
_KEYFRAME = re.compile(
    r"^\s*(?:[-*•]\s*)?\W{0,2}key\s?frame[\s_]*([a-z]+(?:[\s-][a-z]+)?|\d+)\W{0,2}[:.–-]\s*(.*)$",
    re.IGNORECASE,
)
_TASK_TARGET = re.compile(r"key\s?frame[\s_]*(\d+|[a-z]+(?:[\s-][a-z]+)?)", re.IGNORECASE)


def _message_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def _user_message(line: str) -> str:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GenerationError(
            "this request is not valid JSON", "write one JSON object with “messages” a line"
        ) from error
    messages = record.get("messages") if isinstance(record, dict) else None
    if not isinstance(messages, list):
        raise GenerationError(
            "this request has no “messages”", "use KeyframeFace's request format: one JSON object a line"
        )
    texts = [
        _message_text(message.get("content"))
        for message in messages
        if isinstance(message, dict) and str(message.get("role", "user")).lower() == "user"
    ]
    if not texts or not texts[-1].strip():
        raise GenerationError("this request has no user message", "add a message with the role “user”")
    return texts[-1]


def _target(task: str, numbers: list[int]) -> int:
    for match in _TASK_TARGET.finditer(task):
        words = re.split(r"[\s-]+", match[1])
        for count in range(len(words), 0, -1):
            number = read_number("".join(words[:count]))
            if number in numbers:
                return numbers.index(number)
            if number is not None:
                raise GenerationError(
                    f"this request asks for keyframe {number} but does not describe it",
                    "add its description to the sequence",
                )
    if len(numbers) == 1:
        return 0
    raise GenerationError(
        "this request does not say which keyframe it wants",
        "end it with “Task Instruction: Generate the facial expression parameters for Keyframe One.”",
    )


def parse_request(line: str) -> tuple[GenerationRequest, int]:
    """Read one line of request JSONL: the request and the target (from 0).

    Takes any order of roles and sections, lists of content parts, numerals, missing background
    or emotion, and descriptions over several lines.  Raises :class:`GenerationError`.
    """
    sections = _Sections()
    numbers: list[int] = []
    descriptions: list[str] = []
    open_section = ""
    for raw in _user_message(line).splitlines():
        heading, keyframe = _HEADING.match(raw), _KEYFRAME.match(raw)
        number = read_number(keyframe[1]) if keyframe is not None else None
        if heading is not None:
            open_section = heading[1].lower().split()[0]
            text = heading[2].strip()
        elif keyframe is not None and number is not None and open_section in ("", "keyframe"):
            numbers.append(number)
            descriptions.append(keyframe[2].strip())
            open_section = "keyframe"
            continue
        else:
            text = raw.strip()
        if not text:
            continue
        if open_section == "keyframe":
            if descriptions:
                descriptions[-1] = f"{descriptions[-1]} {text}".strip()
        elif open_section in ("background", "emotion", "task"):
            setattr(sections, open_section, f"{getattr(sections, open_section)} {text}".strip())
    if not any(descriptions):
        raise GenerationError(
            "this request describes no keyframe", "add lines like “- Keyframe One: The brows lift.”"
        )
    if len(set(numbers)) < len(numbers):
        raise GenerationError("this request numbers two keyframes alike", "number them One, Two, Three …")
    request = GenerationRequest(
        background=sections.background, emotion=sections.emotion, descriptions=tuple(descriptions)
    )
    return request, _target(sections.task, numbers)


def leaves_out_zeros(style: Style) -> bool:
    """Whether the prompt of a style tells the model to leave out channels that are 0: the zero-shot
    one does, KeyframeFace's asks for all 61."""
    return style == "zero-shot"


def values_schema(target: int, *, sparse: bool = False, most: int = SPARSE_CHANNELS) -> dict[str, Any]:
    """The JSON schema of an answer: all 61 channels under the keyframe's name, or, where it leaves out
    channels that are 0 (``sparse``), a list of at most ``most`` channels."""
    if sparse:
        named = {
            "type": "object",
            "properties": {"channel": {"enum": list(NAMES)}, "value": {"type": "number"}},
            "required": ["channel", "value"],
            "additionalProperties": False,
        }
        # A list, because 61 optional properties make a grammar that small machines crawl through.
        return {
            "type": "object",
            "properties": {"values": {"type": "array", "items": named, "maxItems": most}},
            "required": ["values"],
            "additionalProperties": False,
        }
    full: dict[str, Any] = {
        channel.name: {"type": "number", "minimum": channel.low, "maximum": channel.high}
        for channel in (*SHAPES, *ROTATIONS)
    }
    inner = {"type": "object", "properties": full, "required": list(NAMES), "additionalProperties": False}
    key = f"Keyframe_{number_words(target + 1)}"
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False}


def plan_schema() -> dict[str, Any]:
    """The JSON schema of a plan: 3 to 6 keyframes with a time in seconds and a description."""
    keyframe = {
        "type": "object",
        "properties": {
            "time": {"type": "number"},
            # A small model that is held to JSON would else never end a sentence.
            "description": {"type": "string", "maxLength": 240},
        },
        "required": ["time", "description"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"keyframes": {"type": "array", "items": keyframe, "minItems": 3, "maxItems": 6}},
        "required": ["keyframes"],
        "additionalProperties": False,
    }
