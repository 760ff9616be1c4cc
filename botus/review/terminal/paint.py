"""What all screens of a review are made of: widths, wrapping, visible signs, the line of keys. Pure.

rich does widths and wrapping. What would move a terminal's cursor, or hide, is shown as a visible sign.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
COLOURS = {
    "keep": "green",
    "star": "yellow",
    "drop": "red",
    "answer": "magenta",
    "later": "blue",
    "edit": "cyan",
}
SIGNS = {"keep": "+", "star": "*", "drop": "-", "later": "~", "edit": "=", "answer": ">"}
_MARGIN = 4
_WIDEST = 76


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
        shown.append(chr(0x2400 + code) if code < 0x20 else named, "red")
        start = found.end()
    return shown.append(text[start:])


def rule(view: View) -> Text:
    """Draw a line across the screen."""
    return Text(("─" if view.styled else "-") * view.width, "dim")


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


def keys_line(keys: Sequence[tuple[str, str, int]], view: View) -> Text:
    """The keys in one line; where it is short, those that are missed least are left out."""
    shown = list(keys)
    while True:
        parts = [Text(key, "bold").append(f" {word}", "dim not bold") for key, word, _ in shown]
        line = Text(" ").append_text(Text("  " if view.width >= 50 else " ").join(parts))
        if len(shown) <= 1 or line.cell_len <= view.width:
            return line
        shown.remove(max(shown, key=lambda entry: entry[2]))


def notice_lines(notice: str, view: View) -> list[Text]:
    """Show what the person should know, in one to three lines."""
    lines = broken(visible(notice, "yellow"), view.width - 2)
    return [Text(" ").append_text(line) for line in lines[:3]]


def question_lines(question: Question, view: View) -> list[Text]:
    """Show what is asked, and what has been typed as an answer, in as many lines as that takes."""
    if question.editor:
        words = " Search: " if question.kind == "search" else " Only what matches the regex: "
        shown = Text(words, "bold").append_text(under_cursor(question.editor, view))
    elif question.kind == "filter":
        shown = _choices("Show", FILTERS)
    else:
        shown = _choices("Order by", {**ORDERS, "l": "learning on/off"})
    return broken(shown, view.width)[-3:]


def _choices(what: str, names: Mapping[str, str]) -> Text:
    shown = Text(f" {what}", "dim")
    for key, name in names.items():
        shown.append("  ").append(key, "bold not dim").append(f" {name}".replace(" ", "\u00a0"))
    return shown.append("  ").append("Esc", "bold not dim")
