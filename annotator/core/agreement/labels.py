"""Labels as they are compared: which two are one, and how one is shown."""

from __future__ import annotations

import unicodedata

from annotator.core.agreement.settings import LabelLevel
from annotator.core.vocabulary import Vocabulary

NO_LABEL = 0
"""The code of no label, which is a value like any other."""

MISSING = -1
"""The code where an annotator has no value."""


class Labels:
    """Numbers for labels, the same for those that are equal: letter case, the ways of writing an accent
    and white space do not count, and a synonym is the word that it stands for.

    ``shown`` and ``keys`` have an entry a number: the label in the spelling of the vocabulary, else as it
    was met first, and what it is compared by.
    """

    def __init__(self, vocabulary: Vocabulary, level: LabelLevel) -> None:
        self.shown = [""]
        self.keys = [""]
        self._codes: dict[str, int] = {"": NO_LABEL}
        self._seen: dict[str, int] = {}
        self._words = {_key(word.label): word.label for word in vocabulary.words}
        for word in vocabulary.words:
            for synonym in word.synonyms:
                self._words.setdefault(_key(synonym), word.label)
        self._basic: dict[str, str] = {}
        for word in vocabulary.words if level == "basic" else ():
            basic = word.extra.get("basic")
            if isinstance(basic, str) and basic.strip():
                self._basic[_key(word.label)] = basic

    def code(self, label: str) -> int:
        """The number of a label as a file has it."""
        code = self._seen.get(label)
        if code is None:
            code = self._seen[label] = self._new(label)
        return code

    def in_order(self, codes: set[int]) -> list[int]:
        """These labels as lists have them, no label first."""
        return sorted(codes, key=lambda code: self.keys[code])

    def _new(self, label: str) -> int:
        spelled = self._words.get(_key(label), label)
        spelled = self._basic.get(_key(spelled), spelled)
        spelled = self._words.get(_key(spelled), spelled)
        key = _key(spelled)
        if key not in self._codes:
            self._codes[key] = len(self.keys)
            self.keys.append(key)
            self.shown.append(_trimmed(spelled))
        return self._codes[key]


def _trimmed(label: str) -> str:
    return " ".join(unicodedata.normalize("NFC", label).split())


def _key(label: str) -> str:
    return unicodedata.normalize("NFC", _trimmed(label).casefold())
