"""Paints a review: state -> the lines of one screen: the card, the list or the keys. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from botus.review.machine.keys import KEYS
from botus.review.machine.paging import intention
from botus.review.machine.selecting import ordered_by
from botus.review.machine.state import Listing, ReviewState
from botus.review.terminal.card import card_screen, header
from botus.review.terminal.paint import (
    BREAK,
    COLOURS,
    SIGNS,
    View,
    filling,
    keys_line,
    measuring,
    notice_lines,
    question_lines,
    rule,
    visible,
)

_LIST_KEYS = (
    ("1-9 0", "mark", 0),
    ("u", "undo", 1),
    ("Tab", "one post", 1),
    ("?", "keys", 2),
    ("q", "quit", 3),
)
_GROUP_KEYS = (("1-9 0", "mark", 0), ("Esc", "back", 0), ("?", "keys", 1), ("q", "quit", 2))
_BESIDE_PAGE = 7  # lines of a screen that the list does not have


def page_size(height: int) -> int:
    """Tell how many posts the list has room for."""
    return height - _BESIDE_PAGE


def screen(state: ReviewState, view: View) -> list[Text]:
    """Return the lines of the screen, at most `height`, none wider than `width`."""
    if state.helping:
        lines = _help(state, view)
    else:
        lines = _list(state, state.listing, view) if state.listing else card_screen(state, view)
    for line in lines:
        line.truncate(max(1, view.width), overflow="ellipsis")
    return lines[: max(1, view.height)]


def _list(state: ReviewState, listing: Listing, view: View) -> list[Text]:
    posts = state.page
    if state.asking:
        keys = question_lines(state.asking, view)
    else:
        keys = [keys_line(_GROUP_KEYS if listing.like else _LIST_KEYS, view)]
    foot = [*notice_lines(state.notice, view), *_intentions(state, listing, view), *keys]
    room = max(1, view.height - 2 - len(foot))
    body: list[Text] = []
    for number, post in enumerate(posts):
        # Every post has a line; those that are left over go to the first posts that need more.
        rows = max(1, room - len(body) - (len(posts) - number - 1))
        body += _entry(state.table.cards[post].text, listing.marks.get(post), number, rows, view)
    if not posts:
        body = [Text(), Text(" Nothing is left to review.", "bold")]
    if len(body) > room:
        body = [*body[: room - 1], Text(f"   and {len(posts) - room + 1} more like it", "dim")]
    return [header(state, view), rule(view), *body, *filling(room - len(body)), *foot]


def _entry(text: str, mark: str | None, number: int, rows: int, view: View) -> list[Text]:
    """A post of the page: its digit, its mark, and as much of the text as fits."""
    style = COLOURS[mark] if mark else ""
    head = Text(f" {(number + 1) % 10 if number < 10 else ' '} ", "bold")
    head.append(f"{SIGNS[mark] if mark else ' '} ", style)
    shown = visible(text.replace("\n", f" {BREAK} "), style)
    width = max(1, view.width - head.cell_len - 1)
    lines = list(shown.wrap(measuring(width), width)) or [Text()]
    if len(lines) > rows:
        lines = [*lines[: rows - 1], Text(style=style).append_text(lines[rows - 1]).append("…")]
    return [head.append_text(lines[0]), *[Text(" " * 5).append_text(line) for line in lines[1:]]]


def _intentions(state: ReviewState, listing: Listing, view: View) -> Iterator[Text]:
    if state.page:
        yield rule(view)
        entries = enumerate(intention(state, listing).items())
        yield keys_line([(key, words, place) for place, (key, words) in entries], view)


def _help(state: ReviewState, view: View) -> list[Text]:
    lines = [Text(" Keys", "bold"), rule(view)]
    for binding in KEYS:
        name = f"{binding.names:14}" if view.width >= 50 else f"{binding.names.split()[0]:6}"
        lines += [Text(" ").append(name, "bold").append(binding.help)] if binding.help else []
    lines += [Text(), *[Text(f" {words}", "dim") for words in _about_order(state)]]
    lines = lines[: max(1, view.height - 1)]
    return [*lines, *filling(view.height - len(lines) - 1), keys_line((("any key", "back", 0),), view)]


def _about_order(state: ReviewState) -> Iterator[str]:
    """Say what makes the order, and honestly what the learned one is worth."""
    yield f"Ordered by {ordered_by(state)}."
    lesson = state.lesson
    if not state.learning:
        yield "Learning from your decisions is switched off (o l)."
    elif lesson is None:
        yield "After 30 decisions the order is learned from them."
    else:
        yield f"Learned from {lesson.decisions} decisions: on unseen ones of them, AUC {lesson.auc:.2f}"
        score = f"the score has {lesson.score_auc:.2f}; " if lesson.score_auc is not None else ""
        used = "used" if state.is_taught else "not used"
        yield f"({score}0.50 is a coin, 1.00 perfect), therefore {used}."
