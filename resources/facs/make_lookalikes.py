"""Writes lookalikes.txt: English words that are one slip away from a word of the lexicon.

The reader forgives typing slips, but must not take "crown" for "frown".  Run it after the
lexicon has grown; it needs ``pip install simplemma``, which the studio itself does not.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SHORTEST = 5


def english_words() -> list[str]:
    """Every English word form that simplemma knows, in order."""
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    words = set()
    for pair in DefaultDictionaryFactory().get_dictionary("en").items():
        for entry in pair:
            word = (entry.decode() if isinstance(entry, bytes) else entry).lower()
            if word.isascii() and word.isalpha() and len(word) >= SHORTEST:
                words.add(word)
    return sorted(words)


def main() -> None:
    """Read the lexicon with an empty list and keep every word it would correct."""
    sys.path.insert(0, str(FOLDER.parents[1]))
    target = FOLDER / "lookalikes.txt"
    target.write_text("", "utf-8")
    from annotator.core.generation.facs.lexicon import read_lexicon
    from annotator.core.generation.facs.text import misread

    words = misread(english_words(), read_lexicon(FOLDER))
    target.write_text("\n".join(words) + "\n", "utf-8")
    print(f"{len(words)} words in {target.name}")


if __name__ == "__main__":
    main()
