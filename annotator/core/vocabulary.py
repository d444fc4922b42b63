"""The emotion labels of a dataset, the first nine of them on the digit keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from annotator.core.findings import Finding
from viewer.core.errors import EditError


@dataclass(frozen=True)
class Word:
    """An emotion label; ``key`` is the digit that sets it (1 to 9) or None; ``complex`` tells a
    mixed or social emotion from a basic one; ``synonyms`` are other words by which it is found.
    ``hue`` is its colour, degrees from 0 to 359 (0 red, 120 green, 240 blue); None: its place decides."""

    label: str
    key: int | None = None
    complex: bool = False
    synonyms: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    hue: int | None = None


UNLISTED_SIGN = "\N{WARNING SIGN}"


def unlisted(label: str, labels: Collection[str]) -> bool:
    """Whether a mark carries a label that the vocabulary does not list: a new one, or an error."""
    return bool(label.strip()) and label not in labels


def shown_label(label: str, labels: Collection[str]) -> str:
    """A label as lists and lanes show it: before one that the vocabulary does not list is a sign, which
    is seen also where the end of the label has no room."""
    return f"{UNLISTED_SIGN} {label}" if unlisted(label, labels) else label


@dataclass(frozen=True)
class Vocabulary:
    """Labels in the order the window lists them; every change makes a new vocabulary."""

    words: tuple[Word, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels in the order of the list."""
        return tuple(word.label for word in self.words)

    @property
    def keys(self) -> dict[int, str]:
        """Digit key to label."""
        return {word.key: word.label for word in self.words if word.key is not None}

    @property
    def hues(self) -> dict[str, int]:
        """The hues of the labels that have one of their own, in degrees."""
        return {word.label: word.hue for word in self.words if word.hue is not None}

    def label_for(self, key: int) -> str | None:
        """The label on number key 1 to 9; None when the key is free."""
        return self.keys.get(key)

    def __contains__(self, label: object) -> bool:
        return label in self.labels

    def added(self, label: str, key: int | None = None, complex: bool = False) -> Vocabulary:
        """With one more label at the end, on ``key`` or on the first free digit.

        Raises :class:`EditError` for an empty or known label or a key that is no digit 1–9.
        """
        label = self._checked(label)
        if key is None:
            key = next((digit for digit in range(1, 10) if digit not in self.keys), None)
        more = Vocabulary((*self.words, Word(label, None, complex)))
        return more if key is None else more.with_key(label, key)

    def removed(self, label: str) -> Vocabulary:
        """Without ``label``; spans that carry it keep it as free text."""
        self._word(label)
        return Vocabulary(tuple(word for word in self.words if word.label != label))

    def renamed(self, label: str, to: str) -> Vocabulary:
        """With ``label`` called ``to``; its key stays.

        Raises :class:`EditError` for an unknown ``label``, and for an empty or known ``to``.
        """
        word = self._word(label)
        return self._replaced(label, replace(word, label=self._checked(to)))

    def with_key(self, label: str, key: int | None) -> Vocabulary:
        """``label`` on digit ``key``; the label that had it loses it."""
        word = self._word(label)
        if key is not None and key not in range(1, 10):
            raise EditError(f"{key} is not a digit key", "choose a digit from 1 to 9")
        free = Vocabulary(
            tuple(
                replace(other, key=None) if other.key is not None and other.key == key else other
                for other in self.words
            )
        )
        return free._replaced(label, replace(word, key=key))

    def marked_complex(self, label: str, complex: bool) -> Vocabulary:
        """``label`` as a mixed or social emotion, or as a basic one."""
        return self._replaced(label, replace(self._word(label), complex=complex))

    def with_hue(self, label: str, hue: int | None) -> Vocabulary:
        """``label`` in this colour, degrees from 0 to 359; None: its place decides."""
        return self._replaced(label, replace(self._word(label), hue=hue))

    def with_synonyms(self, label: str, synonyms: Iterable[str]) -> Vocabulary:
        """``label`` with these other words for it, empty ones, double ones and itself left out."""
        words = dict.fromkeys(" ".join(word.split()) for word in synonyms)
        kept = tuple(word for word in words if word and word != label)
        return self._replaced(label, replace(self._word(label), synonyms=kept))

    def with_all(self, words: Iterable[Word]) -> Vocabulary:
        """With those of ``words`` that are missing, each on its digit where that is free."""
        made = self
        for word in words:
            if word.label not in made:
                key = word.key if word.key not in made.keys else None
                made = Vocabulary((*made.words, replace(word, key=key)))
        return made

    def moved(self, label: str, to: int) -> Vocabulary:
        """``label`` at place ``to`` of the list, counted from 0."""
        word = self._word(label)
        others = [other for other in self.words if other.label != label]
        others.insert(max(0, to), word)
        return Vocabulary(tuple(others))

    def _replaced(self, label: str, word: Word) -> Vocabulary:
        return Vocabulary(tuple(word if other.label == label else other for other in self.words))

    def _word(self, label: str) -> Word:
        for word in self.words:
            if word.label == label:
                return word
        raise EditError(f"{label!r} is not in the list of labels", "add it first")

    def _checked(self, label: str) -> str:
        label = " ".join(label.split())
        if not label:
            raise EditError("an emotion label cannot be empty", "write a word")
        if label in self.labels:
            raise EditError(f"{label!r} is already in the list of labels", "choose another word")
        return label


_QUOTED = 60
"""Letters of a label that are quoted in a finding."""

_BASIC = "happiness sadness fear anger surprise disgust contempt neutral"
_COMPLEX = (
    "restrained smile;anxiety;bittersweet;suppressed anger;forced smile;nostalgia;embarrassment;shame;"
    "guilt;pride;relief;awe;disappointment;frustration;envy;confusion;hope;resignation;tenderness;"
    "sarcasm;happily surprised;sadly angry;fearfully surprised"
)

_COMPOUND = (
    "happily surprised;happily disgusted;sadly fearful;sadly angry;sadly surprised;sadly disgusted;"
    "fearfully angry;fearfully surprised;fearfully disgusted;angrily surprised;angrily disgusted;"
    "disgustedly surprised;appalled;hatred;awed"
)
"""Du, Tao and Martinez, Compound facial expressions of emotion, PNAS 2014."""


def _words(labels: str) -> tuple[Word, ...]:
    return tuple(Word(label, 9 if label == "anxiety" else None, True) for label in labels.split(";"))


_BASIC_WORDS = tuple(Word(label, key) for key, label in enumerate(_BASIC.split(), 1))
_SOCIAL = ";".join(label for label in _COMPLEX.split(";") if label not in _COMPOUND.split(";"))

PRESETS: Mapping[str, tuple[Word, ...]] = {
    "Basic emotions": _BASIC_WORDS,
    "Compound emotions": _words(_COMPOUND),
    "Mixed and social emotions": _words(_SOCIAL),
}
"""Lists of labels that can be added to a vocabulary, by their titles."""

DEFAULT = Vocabulary((*_BASIC_WORDS, *_words(_COMPLEX)))
"""The basic emotions on the digits, and mixed, masked and social ones such as KeyframeFace's scripts
ask for."""


def vocabulary_from_json(value: Any, where: str, findings: list[Finding]) -> Vocabulary:
    """dataset.json's ``vocabulary``: a list of texts or of ``{label, key, complex}``.  What cannot
    be read is left out with a finding; None means the default list."""
    if value is None:
        return DEFAULT
    if not isinstance(value, list):
        findings.append(Finding("warning", where, "the vocabulary is not a list", "the default one is used"))
        return DEFAULT
    vocabulary = Vocabulary()
    for number, raw in enumerate(value, 1):
        data = _labelled(raw)
        if data is None:
            what = f"word {number} of the vocabulary has no label"
            findings.append(Finding("warning", where, what, "give it a label"))
            continue
        key = data.get("key")
        usable = isinstance(key, int) and not isinstance(key, bool) and key in range(1, 10)
        if key is not None and not usable:
            what = f"{_short(data['label'])} has the key {_short(key)}, which is not a digit"
            findings.append(Finding("warning", where, what, "choose a digit from 1 to 9"))
        listed = data.get("synonyms")
        sound = isinstance(listed, list) and all(isinstance(word, str) for word in listed)
        hue = data.get("hue")
        coloured = isinstance(hue, int) and not isinstance(hue, bool) and hue in range(360)
        known = ("label", "key", "complex", *(["synonyms"] if sound else []), *(["hue"] if coloured else []))
        extra = {name: kept for name, kept in data.items() if name not in known}
        label = " ".join(data["label"].split())
        synonyms = tuple(listed or ()) if sound else ()
        word = Word(label, key if usable else None, bool(data.get("complex")), synonyms, extra)
        word = replace(word, hue=hue if coloured else None)
        if not word.label or word.label in vocabulary or (word.key in vocabulary.keys):
            what = f"word {number} of the vocabulary, {_short(word.label)}, is empty or used twice"
            findings.append(Finding("warning", where, what, "give it another label or key"))
            if not word.label or word.label in vocabulary:
                continue
            word = replace(word, key=None)
        vocabulary = Vocabulary((*vocabulary.words, word))
    return vocabulary


def _short(value: Any) -> str:
    """A value of a file as it is quoted to a person."""
    text = repr(value)
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def unreadable_words(value: Any) -> list[Any]:
    """What of dataset.json's ``vocabulary`` has no label; kept when the labels are written anew."""
    return [raw for raw in value if _labelled(raw) is None] if isinstance(value, list) else []


def _labelled(raw: Any) -> dict[str, Any] | None:
    data = {"label": raw} if isinstance(raw, str) else raw
    return data if isinstance(data, dict) and isinstance(data.get("label"), str) else None


def vocabulary_to_json(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """The words as ``dataset.json`` lists them, unknown keys included."""
    return [
        {
            "label": word.label,
            **({} if word.key is None else {"key": word.key}),
            **({"complex": True} if word.complex else {}),
            **({"synonyms": list(word.synonyms)} if word.synonyms else {}),
            **({} if word.hue is None else {"hue": word.hue}),
            **word.extra,
        }
        for word in vocabulary.words
    ]
