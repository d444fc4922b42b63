"""What a model thought before it answered, told apart from the answer, by the marks that models use."""

from __future__ import annotations

import re

_NAMES = r"(?:seed:)?(?:think|thinking|thought|thoughts|reasoning|reflection)"
_BEGIN = re.compile(rf"<{_NAMES}>|\[THINK\]|◁think▷|<\|begin_of_thought\|>", re.IGNORECASE)
_END = re.compile(rf"</{_NAMES}>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>", re.IGNORECASE)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(\w*)[^<]*<\|message\|>(.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)", re.DOTALL
)


def split_thoughts(text: str) -> tuple[str, str]:
    """The answer in ``text``, and the thoughts around it.

    A thought whose end is missing goes on to the end; one whose beginning is missing (a template has
    written it) began with the text.  The answer is empty where there are only thoughts.
    """
    channels = _CHANNEL.findall(text)
    if channels:
        final = "".join(words for name, words in channels if name == "final")
        return final.strip(), "\n".join(words.strip() for name, words in channels if name != "final")
    said: list[str] = []
    thought: list[str] = []
    rest = text
    begin, end = _BEGIN.search(rest), _END.search(rest)
    if end is not None and (begin is None or end.start() < begin.start()):
        thought.append(rest[: end.start()])
        rest = rest[end.end() :]
    while (begin := _BEGIN.search(rest)) is not None:
        said.append(rest[: begin.start()])
        rest = rest[begin.end() :]
        end = _END.search(rest)
        thought.append(rest if end is None else rest[: end.start()])
        rest = "" if end is None else rest[end.end() :]
    said.append(rest)
    if not thought:
        return text, ""
    return "".join(said).strip(), "\n".join(words.strip() for words in thought)
