"""One line editor: a text, a cursor, a key, and what becomes of them. Pure.

The text is the post itself: a line break in it is a real one and a backslash is a backslash, so nothing
has to be escaped while typing. The cursor steps over what a reader takes for one character.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

_JOINER = "\u200d"
_NOT_TYPED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_TO_WORD_END = re.compile(r"\W*\w*")


@dataclass(frozen=True, slots=True)
class Paste:
    """Text that was pasted, in one piece; it is never taken for keys."""

    text: str


Key = str | Paste
"""A character stands for itself; other keys have names of several letters, such as `left` and `ctrl-a`."""


@dataclass(frozen=True, slots=True)
class Editor:
    """A text with the cursor before character number `cursor`, counted in code points from 0."""

    text: str
    cursor: int


def pressed(editor: Editor, key: Key) -> Editor:
    """Return what a key makes of the text; a key without a meaning changes nothing."""
    if isinstance(key, Paste):
        text = key.text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        return _inserted(editor, _NOT_TYPED.sub("", text))
    if key in _KEYS:
        return _KEYS[key](editor)
    if len(key) == 1 and (key.isprintable() or key == _JOINER):
        return _inserted(editor, key)
    return editor


def _inserted(editor: Editor, text: str) -> Editor:
    before, after = editor.text[: editor.cursor], editor.text[editor.cursor :]
    return Editor(before + text + after, editor.cursor + len(text))


def _before(editor: Editor) -> int:
    """Where the character before the cursor begins."""
    return max((edge for edge in _edges(editor.text) if edge < editor.cursor), default=0)


def _after(editor: Editor) -> int:
    return min((edge for edge in _edges(editor.text) if edge > editor.cursor), default=len(editor.text))


def _edges(text: str) -> list[int]:
    """Offsets at which a character, as a reader sees it, begins or ends."""
    if text.isascii():
        return list(range(len(text) + 1))
    import grapheme

    return [0, *accumulate(grapheme.grapheme_lengths(text))]


def _line_start(editor: Editor) -> int:
    return editor.text.rfind("\n", 0, editor.cursor) + 1


def _line_end(editor: Editor) -> int:
    return editor.cursor + len(editor.text[editor.cursor :].partition("\n")[0])


def _word_start(editor: Editor) -> int:
    return len(_TO_WORD_END.sub("", editor.text[: editor.cursor][::-1], count=1))


def _word_end(editor: Editor) -> int:
    return len(editor.text) - len(_TO_WORD_END.sub("", editor.text[editor.cursor :], count=1))


def _to(place: Callable[[Editor], int]) -> Callable[[Editor], Editor]:
    return lambda editor: Editor(editor.text, place(editor))


def _delete_to(place: Callable[[Editor], int]) -> Callable[[Editor], Editor]:
    def delete(editor: Editor) -> Editor:
        start, end = sorted((editor.cursor, place(editor)))
        return Editor(editor.text[:start] + editor.text[end:], start)

    return delete


_ACTIONS: dict[str, Callable[[Editor], Editor]] = {
    "left ctrl-b": _to(_before),
    "right ctrl-f": _to(_after),
    "home ctrl-a": _to(_line_start),
    "end ctrl-e": _to(_line_end),
    "ctrl-left alt-b": _to(_word_start),
    "ctrl-right alt-f": _to(_word_end),
    "up": _to(lambda editor: max(0, _line_start(editor) - 1)),
    "down": _to(lambda editor: min(len(editor.text), _line_end(editor) + 1)),
    "backspace": _delete_to(_before),
    "delete ctrl-d": _delete_to(_after),
    "ctrl-w alt-backspace": _delete_to(_word_start),
    "ctrl-u": _delete_to(_line_start),
    "ctrl-k": _delete_to(_line_end),
    "newline alt-enter": lambda editor: _inserted(editor, "\n"),
}
_KEYS = {key: action for keys, action in _ACTIONS.items() for key in keys.split()}
