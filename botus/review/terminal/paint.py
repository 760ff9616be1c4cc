"""What all screens of a review are made of: widths, wrapping, visible signs, the line of keys. Pure.

rich does widths and wrapping. What would move a terminal's cursor, or hide, is shown as a visible sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from botus.platforms.rows import Limit
from botus.review.machine import editor as editing
from botus.review.machine.editor import Editor
from botus.review.machine.selecting import FILTERS, ORDERS
from botus.review.machine.state import Question

# Controls, and the invisible characters that hide or turn text round; not the joiners, which emoji need.
_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb]"
)
BREAK = "↵"
CURSOR = "reverse bold"
HIT = "reverse"
# Such as can be read on black and on white, which the sixteen of a terminal can not.
GOOD, WARNING, BAD, HINT = "green4", "dark_orange3", "red3", "turquoise4"
COLOURS = {
    "keep": GOOD,
    "star": WARNING,
    "drop": BAD,
    "answer": "magenta3",
    "later": "dodger_blue2",
    "edit": HINT,
}
SIGNS = {"keep": "+", "star": "*", "drop": "-", "later": "~", "edit": "=", "answer": ">"}
_MARGIN = 4
_WIDEST = 76
_HIGH = 10  # lines of a screen that has some to spare
_DISPENSABLE = 5

Shortcut = tuple[str, str, int]
"""A key, a word, and how little it is missed where there is no room: above 5, it need not cost a line."""


@dataclass(frozen=True)
class View:
    """What a screen is painted from, besides the review itself; it is so many cells wide and high."""

    limits: Sequence[Limit] = ()  # of every target
    about: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # what `generate` noted
    width: int = 80
    height: int = 24
    styled: bool = True  # whether the terminal can show colours and reversed text


def visible(text: str, style: str = "") -> Text:
    """Return a text in which control and hidden characters are signs: `␛`, `‹U+202E›`; line breaks stay."""
    shown, start = Text(style=style), 0
    for found in _HIDDEN.finditer(text):
        shown.append(text[start : found.start()])
        code = ord(found[0])
        named = "␡" if code == 0x7F else f"‹U+{code:04X}›"
        shown.append(chr(0x2400 + code) if code < 0x20 else named, BAD)
        start = found.end()
    return shown.append(text[start:])


def marked(text: str, hits: Iterable[tuple[int, int]], view: View) -> Text:
    """Return a visible text in which some places stand out."""
    shown, at = Text(), 0
    for start, end in hits:
        found = text[start:end]
        shown.append_text(visible(text[at:start]))
        shown.append_text(visible(found if view.styled else f"[{found}]", HIT))
        at = end
    return shown.append_text(visible(text[at:]))


def is_low(view: View) -> bool:
    """Tell whether a screen has no line to spare."""
    return view.height < _HIGH


def rule(view: View) -> list[Text]:
    """Draw a line across the screen, if it is not a low one."""
    return [] if is_low(view) else [Text(("─" if view.styled else "-") * view.width, "dim")]


def with_breaks(text: Text) -> Text:
    """Show line breaks as a sign at the end of their lines."""
    lines = text.split("\n", allow_blank=True)
    return Text("\n").join([line.append(f" {BREAK}", "dim not bold") for line in lines[:-1]] + [*lines[-1:]])


def under_cursor(under_edit: Editor, view: View) -> Text:
    """Show a text under edit, with its cursor."""
    before, after = under_edit.text[: under_edit.cursor], under_edit.text[under_edit.cursor :]
    if not view.styled:
        return with_breaks(visible(before).append("|", CURSOR).append_text(visible(after)))
    at_cursor = after[: editing.pressed(Editor(after, 0), "right").cursor]
    rest = after[len(at_cursor) :]
    if at_cursor == "\n":
        at_cursor, rest = BREAK, after
    sign = visible(at_cursor or " ").plain
    # A blank under the cursor must not be taken for the end of a line, where wrapping would swallow it.
    text = visible(before, "not bold").append(sign.replace(" ", "\u00a0"), CURSOR)
    return with_breaks(text.append_text(visible(rest)))


def wrapped(text: Text, view: View) -> list[Text]:
    """Break a text into lines, with a margin on both sides."""
    beside = margin(view)
    lines = broken(text, min(view.width - 2 * beside, _WIDEST))
    return [Text(" " * beside).append_text(line) for line in lines]


def broken(text: Text, width: int) -> list[Text]:
    """Break a text into lines of at most so many cells, at least one line."""
    width = max(1, width)
    return list(text.wrap(Console(width=width, color_system=None), width)) or [Text()]


def margin(view: View) -> int:
    """How many cells a text stands off the edges of the screen."""
    return _MARGIN if view.width >= 60 else 1 if view.width >= 20 else 0


def keys_lines(keys: Sequence[Shortcut], view: View) -> list[Text]:
    """Show keys in a line; where that is short, the most dispensable are left out.

    Others get a second line, where there is one, or are left out too, or lose their words.
    """
    most = 1 if is_low(view) else 2
    for lines, fewest in ((1, _DISPENSABLE), (most, 0)):
        for rank in range(9, fewest - 1, -1):
            some = [(key, f" {word}") for key, word, missed in keys if missed <= rank]
            shown = (Text(key, "bold").append(word, "dim not bold") for key, word in some)
            if len(found := flowing(shown, view)) <= lines:
                return found
    return flowing([Text(key, "bold") for key, _, rank in keys if not rank], view)[:most]


def flowing(parts: Iterable[Text], view: View) -> list[Text]:
    """Put parts beside each other, each in one line, in as many lines as they need."""
    gap, lines = " " * (2 if view.width >= 50 else 1), list[Text]()
    for part in parts:
        if lines and lines[-1].cell_len + len(gap) + part.cell_len <= view.width:
            lines[-1].append(gap).append_text(part)
        else:
            lines.append(Text(" ").append_text(part))
    return lines


def notice_lines(notice: str, view: View) -> list[Text]:
    """Show what the person should know, in few lines; the place for one is kept free where there is room."""
    lines = broken(visible(notice, WARNING), view.width - 2) if notice or not is_low(view) else []
    return [Text(" ").append_text(line) for line in lines[: 2 if is_low(view) else 3]]


def question_lines(question: Question, view: View) -> list[Text]:
    """Show what is asked, and what has been typed as an answer, in as many lines as that takes."""
    if question.editor:
        words = " Search: " if question.kind == "search" else " Only what matches the regex: "
        shown = Text(words, "bold").append_text(under_cursor(question.editor, view))
        return broken(shown, view.width)[-3:]
    if question.kind == "filter":
        return _choices("Show", FILTERS, view)
    return _choices("Order by", {**ORDERS, "l": "learning on/off"}, view)


def _choices(what: str, names: Mapping[str, str], view: View) -> list[Text]:
    """Show what can be chosen by a key; where there is no room for the words, the keys alone."""
    keys = [(Text(key, "bold"), f" {name}".rstrip()) for key, name in {**names, "Esc": ""}.items()]
    found = flowing([Text(what, "dim"), *(key.copy().append(name, "not bold") for key, name in keys)], view)
    return found if len(found) <= max(3, view.height - 3) else flowing([key for key, _ in keys], view)
