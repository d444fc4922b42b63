"""Every command a person can give, with its key: one table for menus, keys, palette and help.

Keys are remappable: the settings map an action's id to other key sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class ActionSpec:
    """``id`` names the method that carries it out; ``keys`` its default key sequences."""

    id: str
    title: str
    group: str
    keys: tuple[str, ...] = ()
    repeats: bool = False


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_folder", "Open dataset…", "File", ("Ctrl+O",)),
    ActionSpec("open_file", "Open video or track…", "File", ("Ctrl+Shift+O",)),
    ActionSpec("open_demo", "Open the demo", "File"),
    ActionSpec("new_dataset", "New dataset…", "File", ("Ctrl+N",)),
    ActionSpec("add_clip", "Add clip to the dataset…", "File", ("Ctrl+Shift+N",)),
    ActionSpec("import_track", "Use a track for this clip…", "File", ("Ctrl+I",)),
    ActionSpec("export", "Export…", "File", ("Ctrl+E",)),
    ActionSpec("save_now", "Save now", "File", ("Ctrl+S",)),
    ActionSpec("choose_face", "Choose face model…", "File"),
    ActionSpec("shape_sheet", "Shape sheet…", "File"),
    ActionSpec("quit", "Quit", "File", ("Ctrl+Q",)),
    ActionSpec("undo", "Undo", "Edit", ("Ctrl+Z",)),
    ActionSpec("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y")),
    ActionSpec("mark_keyframe", "Keyframe at the playhead", "Edit", ("M",)),
    ActionSpec("toggle_span", "Start or end an emotion span", "Edit", ("E",)),
    ActionSpec("cancel", "Cancel the open span, clear the selection", "Edit", ("Escape",)),
    ActionSpec("describe_keyframe", "Describe the keyframe", "Edit", ("Return", "Enter", "F2")),
    ActionSpec("words_from_values", "Words from the coefficients", "Edit", ("W",)),
    ActionSpec("use_words", "Use the coefficients' words as description", "Edit", ("Shift+W",)),
    ActionSpec("words_from_picture", "Words from the picture", "Edit", ("P",)),
    ActionSpec("use_picture_words", "Use the picture's words as description", "Edit", ("Shift+P",)),
    ActionSpec("use_own_words", "Your own words back as description", "Edit", ("Shift+Y",)),
    ActionSpec("use_picture_values", "Use the picture's values as corrections", "Edit"),
    ActionSpec("describe_clip", "Describe the keyframes of this clip", "Edit", ("D",)),
    ActionSpec("describe_dataset", "Describe the dataset…", "Edit", ("Ctrl+Shift+D",)),
    ActionSpec("delete", "Delete the selection", "Edit", ("Delete", "Backspace")),
    ActionSpec("nudge_back", "Move the selection one frame back", "Edit", ("Alt+Left",), True),
    ActionSpec("nudge_forward", "Move the selection one frame forward", "Edit", ("Alt+Right",), True),
    ActionSpec("span_start_here", "Start of the span to the playhead", "Edit", ("[",)),
    ActionSpec("span_end_here", "End of the span to the playhead", "Edit", ("]",)),
    ActionSpec("intensity_down", "Intensity down", "Edit", ("-",), True),
    ActionSpec("intensity_up", "Intensity up", "Edit", ("=", "+"), True),
    ActionSpec("confidence_cycle", "Confidence: sure, likely, unsure", "Edit", ("C",)),
    ActionSpec("status_cycle", "Next status of the clip", "Edit", ("Ctrl+D",)),
    ActionSpec("play_pause", "Play or pause", "Playback", ("Space",)),
    ActionSpec("shuttle_back", "Shuttle backward", "Playback", ("J",)),
    ActionSpec("shuttle_stop", "Stop", "Playback", ("K",)),
    ActionSpec("shuttle_forward", "Shuttle forward", "Playback", ("L",)),
    ActionSpec("frame_back", "Frame back", "Playback", ("Left",), True),
    ActionSpec("frame_forward", "Frame forward", "Playback", ("Right",), True),
    ActionSpec("second_back", "Second back", "Playback", ("Shift+Left",), True),
    ActionSpec("second_forward", "Second forward", "Playback", ("Shift+Right",), True),
    ActionSpec("to_start", "To the start", "Playback", ("Home",)),
    ActionSpec("to_end", "To the end", "Playback", ("End",)),
    ActionSpec("loop_in", "Loop in point", "Playback", ("I",)),
    ActionSpec("loop_out", "Loop out point", "Playback", ("O",)),
    ActionSpec("loop_clear", "Clear the loop", "Playback", ("X",)),
    ActionSpec("loop_toggle", "Loop on or off", "Playback", ("Shift+L",)),
    ActionSpec("slower", "Slower", "Playback", ("Ctrl+Down",)),
    ActionSpec("faster", "Faster", "Playback", ("Ctrl+Up",)),
    ActionSpec("mute", "Sound on or off", "Playback", ("Ctrl+M",)),
    ActionSpec("previous_keyframe", "Previous keyframe", "Go", (",",), True),
    ActionSpec("next_keyframe", "Next keyframe", "Go", (".",), True),
    ActionSpec("previous_span", "Previous emotion span", "Go", ("Shift+,",), True),
    ActionSpec("next_span", "Next emotion span", "Go", ("Shift+.",), True),
    ActionSpec("previous_clip", "Previous clip", "Go", ("PgUp",), True),
    ActionSpec("next_clip", "Next clip", "Go", ("PgDown",), True),
    ActionSpec("find_clip", "Find a clip", "Go", ("Ctrl+F",)),
    ActionSpec("show_story", "Story", "Go", ("F5",)),
    ActionSpec("show_keyframe", "Keyframe", "Go", ("F6",)),
    ActionSpec("show_channels", "Channels", "Go", ("F7",)),
    ActionSpec("show_generate", "Generate", "Go", ("F8",)),
    ActionSpec("show_performance", "Performance of the take", "Go", ("Shift+F8",)),
    ActionSpec("show_takes", "Takes", "Go", ("F9",)),
    ActionSpec("generate", "Generate a take", "Model", ("Ctrl+G",)),
    ActionSpec("generate_dataset", "Generate for the dataset…", "Model", ("Ctrl+Shift+G",)),
    ActionSpec("edit_profiles", "Profiles of models…", "Model"),
    ActionSpec("regenerate_key", "Generate this key of the take again", "Model", ("R",)),
    ActionSpec("previous_take_key", "Previous key of the take", "Go", ("Ctrl+Left",), True),
    ActionSpec("next_take_key", "Next key of the take", "Go", ("Ctrl+Right",), True),
    ActionSpec("stop_generating", "Cancel the running work", "Model", ("Ctrl+.",)),
    ActionSpec("take_from_pictures", "Take from the pictures' values", "Model"),
    ActionSpec("next_take", "Show the next take", "Model", ("T",)),
    ActionSpec("take_beside", "One more take beside the others, or one again", "Model", ("Shift+T",)),
    ActionSpec("worst_moment", "Next worst moment of the take", "Model", ("U",)),
    ActionSpec("worse_moment", "Previous worst moment of the take", "Model", ("Shift+U",)),
    ActionSpec("vote", "Blind vote…", "Model", ("Ctrl+B",)),
    ActionSpec("report", "Report of a comparison…", "Model", ("Ctrl+R",)),
    ActionSpec("zoom_in", "Zoom the timeline in", "View", ("Ctrl+=", "Ctrl++"), True),
    ActionSpec("zoom_out", "Zoom the timeline out", "View", ("Ctrl+-",), True),
    ActionSpec("zoom_fit", "Whole clip in the timeline", "View", ("Ctrl+0",)),
    ActionSpec("heatmap", "Heatmap of the take's difference", "View", ("H",)),
    ActionSpec("heat_range", "Range of the heatmap: 2, 5, 10, 20 mm, automatic", "View", ("Shift+H",)),
    ActionSpec("onion", "Onion skin: the recording laid over the takes", "View", ("N",)),
    ActionSpec("swap_faces", "Take or recording on the first face (hold or tap)", "View", ("B",)),
    ActionSpec("wireframe", "Wireframe", "View", ("G",)),
    ActionSpec("isolate_channel", "Play the chosen channel alone", "View", ("S",)),
    ActionSpec("enlarge_face", "One face in all the room, or all faces again", "View", ("Z",)),
    ActionSpec("next_view", "Faces from the front, three quarters, the side", "View", ("V",)),
    ActionSpec("reset_view", "Faces from the front, the whole head", "View", ("Shift+V",)),
    ActionSpec("link_cameras", "Link the cameras of the faces", "View", ("Ctrl+L",)),
    ActionSpec("theme", "Dark or light", "View", ("Ctrl+Shift+T",)),
    ActionSpec("palette", "Command palette", "Help", ("Ctrl+K",)),
    ActionSpec("help_keys", "Keys", "Help", ("?", "F1")),
    *(
        ActionSpec(f"vocabulary_{n}", f"Emotion {n} of the vocabulary", "Vocabulary", (str(n),))
        for n in range(1, 10)
    ),
)

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(spec.group for spec in ACTIONS))
BY_ID: dict[str, ActionSpec] = {spec.id: spec for spec in ACTIONS}


def keys_of(spec: ActionSpec, remapped: Mapping[str, list[str]]) -> list[QKeySequence]:
    """The key sequences of an action after the user's changes."""
    return [QKeySequence(text) for text in remapped.get(spec.id, spec.keys) if text]


def conflicts(remapped: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Key sequences that more than one action claims: text -> action ids."""
    owners: dict[str, list[str]] = {}
    for spec in ACTIONS:
        for key in keys_of(spec, remapped):
            owners.setdefault(key.toString(), []).append(spec.id)
    return {key: ids for key, ids in owners.items() if len(ids) > 1}


def build_actions(
    owner: QWidget, find: Callable[[str], Callable[[], object] | None], remapped: Mapping[str, list[str]]
) -> dict[str, QAction]:
    """A QAction for every entry of the table, added to ``owner``.

    ``find(id)`` returns what carries it out; an action nobody carries out is a programming
    error and raises LookupError at start.
    """
    made: dict[str, QAction] = {}
    for spec in ACTIONS:
        handler = find(spec.id)
        if handler is None:
            raise LookupError(f"nothing carries out the action {spec.id!r}")
        action = QAction(spec.title, owner)
        action.setObjectName(spec.id)
        action.setShortcuts(keys_of(spec, remapped))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(spec.repeats)
        action.triggered.connect(lambda _checked=False, run=handler: run())
        owner.addAction(action)
        made[spec.id] = action
    return made
