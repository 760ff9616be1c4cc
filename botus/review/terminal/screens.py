"""Paints a review: state -> the lines of one screen: the card, the list or the keys. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from botus.review.machine.deck import State, is_taught, page
from botus.review.machine.paging import intention
from botus.review.machine.selecting import ordered_by
from botus.review.terminal.card import card_screen, header
from botus.review.terminal.paint import (
    BREAK,
    COLOURS,
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
_HELP = (
    ("k  right", "keep: it stays in the queue"),
    ("d  left", "drop: it leaves the queue"),
    ("space", "later: it comes again at the end"),
    ("s", "star: keep, and it is a sure hit"),
    ("e  E", "edit here, or in your $EDITOR"),
    ("u  backspace", "undo, back to the very first; r redo"),
    ("up  down", "look back and forward"),
    ("Tab", "list: a page of posts at once"),
    ("m", "everything like this post, at once"),
    ("/  n", "search; the next one found"),
    ("f  o", "filter what is shown; order it"),
    ("c", "compare with the corpus"),
    ("q", "quit: all is saved already"),
)


def screen(state: State, view: View) -> list[Text]:
    """Return the lines of the screen, at most `height`, none wider than `width`."""
    paint = _help if state.helping else _list if state.listing else card_screen
    lines = paint(state, view)
    for line in lines:
        line.truncate(max(1, view.width), overflow="ellipsis")
    return lines[: max(1, view.height)]


def _list(state: State, view: View) -> list[Text]:
    assert state.listing is not None
    posts = page(state)
    foot = [*notice_lines(state.notice, view), *_intentions(state, view), *_list_foot(state, view)]
    room = max(1, view.height - 2 - len(foot))
    body: list[Text] = []
    for number, post in enumerate(posts):
        # Every post has a line; those that are left over go to the first posts that need more.
        body += _entry(state, view, number, post, max(1, room - len(body) - (len(posts) - number - 1)))
    if not posts:
        body = [Text(), Text(" Nothing is left to review.", "bold")]
    if len(body) > room:
        body = [*body[: room - 1], Text(f"   and {len(posts) - room + 1} more like it", "dim")]
    return [header(state, view), rule(view), *body, *filling(room - len(body)), *foot]


def _entry(state: State, view: View, number: int, post: str, rows: int) -> list[Text]:
    """A post of the page: its digit, its mark, and as much of the text as fits."""
    assert state.listing is not None
    mark = state.listing.marks.get(post)
    digit = str((number + 1) % 10) if number < 10 else " "
    sign = {"keep": "+", "star": "*"}.get(mark or "", " ")
    head = Text(f" {digit} ", "bold").append(f"{sign} ", COLOURS[mark] if mark else "")
    text = visible(state.table.cards[post].text.replace("\n", f" {BREAK} "), COLOURS[mark] if mark else "")
    width = max(1, view.width - head.cell_len - 1)
    lines = list(text.wrap(measuring(width), width)) or [Text()]
    if len(lines) > rows:
        lines = [*lines[: rows - 1], Text(style=text.style).append_text(lines[rows - 1]).append("…")]
    return [head.append_text(lines[0]), *[Text(" " * 5).append_text(line) for line in lines[1:]]]


def _intentions(state: State, view: View) -> Iterator[Text]:
    if page(state):
        yield rule(view)
        keys = [(key, words, place) for place, (key, words) in enumerate(intention(state).items())]
        yield keys_line(keys, view)


def _list_foot(state: State, view: View) -> list[Text]:
    if state.asking:
        return question_lines(state.asking, view)
    return [keys_line(_GROUP_KEYS if state.listing and state.listing.like else _LIST_KEYS, view)]


def _help(state: State, view: View) -> list[Text]:
    lines = [Text(" Keys", "bold"), rule(view)]
    for keys, meaning in _HELP:
        name = f"{keys:14}" if view.width >= 50 else f"{keys.split()[0]:6}"
        lines.append(Text(" ").append(name, "bold").append(meaning))
    lines += [Text(), *[Text(f" {words}", "dim") for words in _about_order(state)]]
    lines = lines[: max(1, view.height - 1)]
    return [*lines, *filling(view.height - len(lines) - 1), keys_line((("any key", "back", 0),), view)]


def _about_order(state: State) -> Iterator[str]:
    """Say what makes the order, and honestly what the learned one is worth."""
    yield f"Ordered by {ordered_by(state)}."
    lesson = state.lesson
    if not state.learning:
        yield "Learning from your decisions is switched off (o l)."
    elif lesson is None:
        yield "After 30 decisions the order is learned from them."
    elif lesson.quality is None:
        yield f"Learned from {lesson.decisions} decisions, too few to measure: not used."
    else:
        auc, other = lesson.quality.auc, lesson.quality.score_auc
        yield f"Learned from {lesson.decisions} decisions: on unseen ones of them, AUC {auc:.2f}"
        score = f"the score has {other:.2f}; " if other is not None else ""
        used = "used" if is_taught(state) else "not used"
        yield f"({score}0.50 is a coin, 1.00 perfect), therefore {used}."
