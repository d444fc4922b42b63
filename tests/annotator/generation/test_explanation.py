"""Why a keyframe has its values: words that light up, words that deny, words that are unknown."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from annotator.core.generation.facs.backend import FacsBackend
from annotator.core.generation.protocol import GenerationRequest
from annotator.generation.explanation_view import ExplanationDialog, ExplanationView
from tests.present import present
from viewer.core.cancel import CancelToken
from viewer.palette import DARK

WORDS = "Without furrowing her brow she smiles on the left and the lips press at the zorbulon."


def dialog(qtbot: QtBot, *descriptions: str) -> ExplanationDialog:
    request = GenerationRequest(descriptions=descriptions)
    backend = FacsBackend()
    answers = [backend.keyframe(request, at, CancelToken()) for at in range(len(descriptions))]
    made = ExplanationDialog(answers, 0, DARK, True)
    qtbot.addWidget(made)
    made.show()
    return made


def table(view: ExplanationView) -> list[tuple[str, ...]]:
    items = [present(view.rows.topLevelItem(at)) for at in range(view.rows.topLevelItemCount())]
    return [tuple(item.text(column) for column in range(4)) for item in items]


def marked(view: ExplanationView, colour: str) -> list[str]:
    """The words of the description on a ground, or in ink, of this colour."""
    found = []
    block = view.text.document().begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            form = fragment.charFormat()
            if colour in (form.background().color().name(), form.foreground().color().name()):
                found.append(fragment.text())
            fragments += 1
        block = block.next()
    return found


def test_the_largest_value_comes_first_and_both_sides_share_a_row(qtbot: QtBot) -> None:
    view = dialog(qtbot, WORDS).view
    rows = table(view)
    values = [float(row[0]) for row in rows]
    assert values == sorted(values, reverse=True)
    assert any(row[1] == "MouthPress, both" and "press" in row[2] for row in rows)
    assert any(row[1] == "MouthSmileLeft" and "left" in row[2] for row in rows)
    assert not any(row[1].startswith("MouthSmileRight") for row in rows)


def test_choosing_a_row_lights_up_its_words_and_a_click_on_words_chooses_their_row(qtbot: QtBot) -> None:
    view = dialog(qtbot, WORDS).view
    assert not marked(view, DARK.accent)
    smile = next(at for at, row in enumerate(table(view)) if row[1] == "MouthSmileLeft")
    view.rows.setCurrentItem(present(view.rows.topLevelItem(smile)))
    assert marked(view, DARK.accent) == ["smiles", "left"]
    view.text.anchorClicked.emit(QUrl(f"#{WORDS.index('press')}"))
    assert present(view.rows.currentItem()).text(1) == "MouthPress, both"


def test_words_that_deny_and_words_that_are_unknown_are_told_apart(qtbot: QtBot) -> None:
    view = dialog(qtbot, WORDS).view
    assert marked(view, DARK.warning) == ["Without furrowing her brow"]
    assert marked(view, DARK.error) == ["zorbulon"]
    assert "not in the lexicon" in view.legend.text() and "keeps that from showing" in view.notes.text()


def test_one_goes_through_the_keyframes_and_sees_what_stays_from_before(qtbot: QtBot) -> None:
    again = "The same again, with the eyes closed."
    shown = dialog(qtbot, "The brows rise high.", again, "The invoice is due.")
    assert not shown.before.isEnabled()
    shown.after.click()
    assert any(row[1].startswith("Brow") and row[2].startswith("as before") for row in table(shown.view))
    shown.after.click()
    assert not shown.after.isEnabled() and not table(shown.view)
    assert "Nothing moves the face" in shown.view.notes.text()
