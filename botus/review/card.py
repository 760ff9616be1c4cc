"""Paints a review: state -> lines of styled text that fit a screen. Pure; rich does widths and wrapping.

From top to bottom: where one is, the post, what is known about it, the last decisions, a notice, the keys.
Everything but the post keeps its place from card to card, so that the eye need not search. The one
surprise: what would move a terminal's cursor, or hide, is shown as a visible sign instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from botus.decisions import Step
from botus.review import editor as editing
from botus.review.changes import Card
from botus.review.deck import DONE, State, current, position, tally
from botus.review.editor import Editor
from botus.text import normalise

# Controls, and the invisible characters that hide or turn text round; not the joiners, which emoji need.
_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb]"
)
_BREAK = "↵"
_CURSOR = "reverse bold"
_COLOURS = {"keep": "green", "star": "yellow", "drop": "red", "later": "blue", "edit": "cyan"}
_SIGNS = {"keep": "+", "star": "*", "drop": "-", "later": "~", "edit": "="}
_MARGIN = 4
_WIDEST = 76
_RECENT = 5

# In the order in which they are shown, with how much each is missed where the line is too short for all.
_KEYS = (
    ("d", "drop", 0),
    ("k", "keep", 0),
    ("space", "later", 1),
    ("s", "star", 5),
    ("e", "edit", 3),
    ("u", "undo", 2),
    ("?", "keys", 1),
    ("q", "quit", 4),
)
_EDIT_KEYS = (("Enter", "done", 0), ("Esc", "cancel", 0), ("Ctrl-J", "line break", 1))
_HELP = (
    ("k  right", "keep: it stays in the queue"),
    ("d  left", "drop: it leaves the queue"),
    ("space", "later: it comes again at the end"),
    ("s", "star: keep, and it is a sure hit"),
    ("e", "edit; Enter ends, Esc cancels"),
    ("u  backspace", "undo, back to the very first"),
    ("r", "redo"),
    ("up  down", "look back and forward"),
    ("q", "quit: all is saved already"),
)


@dataclass(frozen=True)
class Limit:
    """How long a post may be at one target, and how the target counts."""

    name: str
    measure: Callable[[str], int]
    most: int


@dataclass(frozen=True)
class View:
    """What a screen is painted from, besides the review itself.

    Attributes:
        limits: of every target.
        about: what `generate` noted, by fingerprint.
        width, height: of the screen, in cells.
        styled: whether the terminal can show colours and reversed text.
    """

    limits: Sequence[Limit] = ()
    about: Mapping[str, Mapping[str, Any]] | None = None
    width: int = 80
    height: int = 24
    styled: bool = True


def screen(state: State, view: View) -> list[Text]:
    """Return the lines of the screen, at most `height`, none wider than `width`."""
    lines = _help(view) if state.helping else _card(state, view)
    for line in lines:
        line.truncate(max(1, view.width), overflow="ellipsis")
    return lines[: max(1, view.height)]


def visible(text: str, style: str = "") -> Text:
    """Return a text in which control and hidden characters are signs: `␛`, `‹U+202E›`; line breaks stay."""
    shown, start = Text(style=style), 0
    for found in _HIDDEN.finditer(text):
        shown.append(text[start : found.start()])
        shown.append(_sign(ord(found[0])), "red")
        start = found.end()
    return shown.append(text[start:])


def _sign(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"


def _card(state: State, view: View) -> list[Text]:
    card = current(state)
    foot = [*_notice(state, view), _keys(_EDIT_KEYS if state.editor else _KEYS, view)]
    head = [_header(state, view), _rule(view)]
    facts = list(_facts(state, card, view)) if card else []
    recent = [_recent(step) for step in reversed(state.done[-_RECENT:])]
    room = view.height - len(head) - len(foot)
    body = _body(state, card, view)
    # Where the screen is small, what is dispensable goes first: old decisions, facts, the end of the text.
    shown_facts = facts[: max(0, min(len(facts), room - min(len(body), 6) - 2))]
    shown_recent = recent[: max(0, room - len(shown_facts) - max(len(body) + 2, room // 2) - 1)]
    below = [*shown_facts, *([_rule(view)] if shown_recent else []), *shown_recent]
    free = max(1, room - len(below))
    return [*head, *_fitted(body, free), *below, *foot]


def _fitted(body: list[Text], free: int) -> list[Text]:
    """Give the text its room: air around it if there is some, its cursor in sight if there is not enough."""
    if len(body) + 2 <= free:
        return [Text(), *body, *_filling(free - len(body) - 1)]
    if len(body) <= free:
        return [*body, *_filling(free - len(body))]
    rows = [number for number, line in enumerate(body) if any(span.style == _CURSOR for span in line.spans)]
    first = max(0, min((rows[0] if rows else 0) - free // 2, len(body) - free))
    shown = body[first : first + free]
    hidden = len(body) - first - len(shown)
    if hidden and free > 1:
        shown[-1] = Text(f"{' ' * _MARGIN}… {hidden + 1} more lines", "dim")
    return shown


def _filling(lines: int) -> list[Text]:
    return [Text() for _ in range(max(0, lines))]


def _header(state: State, view: View) -> Text:
    counts = tally(state)
    left = Text()
    if state.deck:
        left.append(f"{position(state):,}", "bold").append(f" of {len(state.deck):,}")
    card = current(state)
    verdict = state.verdicts.get(card.fingerprint) if card else None
    if verdict in DONE and verdict is not None:
        left.append(" · ").append(DONE[verdict], _COLOURS[verdict])
    left.append(f"{' · ' if left else ''}{counts.kept:,} kept", "green")
    right = Text(style="dim")
    if counts.pace and view.width >= 50:
        right.append(f"{counts.pace:.0f} a minute, {_duration(counts.left / counts.pace)} left")
    elif counts.pace:
        right.append(f"{counts.pace:.0f}/min")
    gap = view.width - 2 - left.cell_len - right.cell_len
    return Text.assemble(" ", left, " " * gap, right) if gap > 0 else Text.assemble(" ", left)


def _duration(minutes: float) -> str:
    whole = max(1, round(minutes))
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60} min"


def _rule(view: View) -> Text:
    return Text("─" * view.width if view.styled else "-" * view.width, "dim")


def _body(state: State, card: Card | None, view: View) -> list[Text]:
    if card is None:
        return _wrapped(Text("Nothing is left to review.", "bold"), view)
    if state.editor:
        return _wrapped(_under_edit(state.editor, view), view)
    style = "dim" if state.verdicts.get(card.fingerprint) == "drop" else "bold"
    return _wrapped(_with_breaks(visible(card.text, style)), view)


def _with_breaks(text: Text) -> Text:
    """Show line breaks as a sign at the end of their lines."""
    lines = text.split("\n", allow_blank=True)
    return Text("\n").join([line.append(f" {_BREAK}", "dim not bold") for line in lines[:-1]] + [*lines[-1:]])


def _under_edit(under_edit: Editor, view: View) -> Text:
    before, after = under_edit.text[: under_edit.cursor], under_edit.text[under_edit.cursor :]
    at_cursor = after[: editing.pressed(Editor(after, 0), "right").cursor]
    if not view.styled:
        return _with_breaks(visible(before).append("|", _CURSOR).append_text(visible(after)))
    rest = after[len(at_cursor) :]
    if at_cursor == "\n":
        at_cursor, rest = _BREAK, after
    sign = visible(at_cursor or " ").plain
    # A blank under the cursor must not be taken for the end of a line, where wrapping would swallow it.
    text = visible(before, "not bold").append(sign.replace(" ", "\u00a0"), _CURSOR)
    return _with_breaks(text.append_text(visible(rest)))


def _wrapped(text: Text, view: View) -> list[Text]:
    margin = _margin(view)
    width = max(1, min(view.width - 2 * margin, _WIDEST))
    return [Text(" " * margin).append_text(line) for line in text.wrap(_measuring(width), width)]


def _measuring(width: int) -> Console:
    return Console(width=width, color_system=None)


def _margin(view: View) -> int:
    return _MARGIN if view.width >= 60 else 1 if view.width >= 20 else 0


def _facts(state: State, card: Card, view: View) -> Iterator[Text]:
    """Yield what is known about the post, one fact a line."""
    margin = " " * _margin(view)
    text = normalise(state.editor.text) if state.editor else card.text
    yield Text(margin).append_text(_lengths(text, view))
    record = _record(state, card, view)
    flags = record.get("flags") or ()
    if flags:
        yield Text(margin).append("flagged: ", "bold red").append_text(visible(", ".join(map(str, flags))))
    if nearest := record.get("nearest"):
        close = Text(f"{margin}{nearest.get('run', '?')} words in a row as in the corpus: ", "dim")
        yield close.append_text(visible(str(nearest.get("text", "")).replace("\n", " "), "italic"))
    for words in (_score(record), _model(record)):
        if words:
            yield Text(margin, "dim").append_text(visible(words))


def _lengths(text: str, view: View) -> Text:
    shown = []
    for limit in view.limits:
        length = limit.measure(text)
        over = length > limit.most
        part = Text(f"{limit.name} {length}/{limit.most}", "bold red" if over else "")
        shown.append(part.append(f" ({length - limit.most} over)") if over else part)
    return Text(" · ").join(shown) if shown else Text(f"{len(text)} characters")


def _record(state: State, card: Card, view: View) -> Mapping[str, Any]:
    """What `generate` noted about a post, also where it was edited since."""
    about, post, seen = view.about or {}, card.fingerprint, set()
    while post not in about and post in state.origins and post not in seen:
        seen.add(post)
        post = state.origins[post]
    return about.get(post, {})


def _score(record: Mapping[str, Any]) -> str:
    score = record.get("score")
    if not isinstance(score, int | float):
        return ""
    parts = ", ".join(f"{name} {value:.2f}" for name, value in (record.get("parts") or {}).items())
    return f"score {score:.2f} ({parts})" if parts else f"score {score:.2f}"


def _model(record: Mapping[str, Any]) -> str:
    model, step, temperature = (record.get(name) for name in ("model", "step", "temperature"))
    words = [str(model) if model else "", f"step {step}" if step else ""]
    words.append(f"temperature {temperature:g}" if isinstance(temperature, int | float) else "")
    return ", ".join(word for word in words if word)


def _recent(step: Step) -> Text:
    one = step.decisions[0]
    line = Text(" ").append(f"{_SIGNS[one.kind]} {DONE[one.kind]:8}", f"not bold {_COLOURS[one.kind]}")
    text = (one.new.text if one.new else one.text).replace("\n", f" {_BREAK} ")
    more = f" and {len(step.decisions) - 1} more" if len(step.decisions) > 1 else ""
    return line.append_text(visible(text, "dim")).append(more, "dim")


def _notice(state: State, view: View) -> list[Text]:
    width = max(1, view.width - 2)
    lines = visible(state.notice, "yellow").wrap(_measuring(width), width)
    return [Text(" ").append_text(line) for line in lines[:3]]


def _keys(keys: Sequence[tuple[str, str, int]], view: View) -> Text:
    """The keys in one line; where it is short, those that are missed least are left out."""
    gap = "  " if view.width >= 50 else " "
    shown = list(keys)
    while len(shown) > 1 and _keys_text(shown, gap).cell_len > view.width:
        shown.remove(max(shown, key=lambda entry: entry[2]))
    return _keys_text(shown, gap)


def _keys_text(keys: Sequence[tuple[str, str, int]], gap: str) -> Text:
    parts = [Text(key, "bold").append(f" {word}", "dim not bold") for key, word, _ in keys]
    return Text(" ").append_text(Text(gap).join(parts))


def _help(view: View) -> list[Text]:
    lines = [Text(" Keys", "bold"), _rule(view), Text()]
    for keys, meaning in _HELP:
        name = f"{keys:14}" if view.width >= 50 else f"{keys.split()[0]:6}"
        lines.append(Text(" ").append(name, "bold").append(meaning))
    return [*lines, *_filling(view.height - len(lines) - 1), _keys((("any key", "back", 0),), view)]
