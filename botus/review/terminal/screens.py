"""Paints a review: a state -> the lines of one screen: the card, the list or the keys. Pure.

Everything but the post keeps its place from card to card, so that the eye need not search. On a small screen
old decisions go first, then facts, and the end of the text last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from botus.review.machine.explaining import about_order, ordered, reasons
from botus.review.machine.keys import KEYS
from botus.review.machine.paging import intention
from botus.review.machine.state import DONE, Listing, ReviewState
from botus.review.machine.table import Card
from botus.review.machine.tally import summary, tally
from botus.review.terminal.paint import (
    BREAK,
    COLOURS,
    CURSOR,
    SIGNS,
    View,
    broken,
    keys_line,
    margin,
    notice_lines,
    question_lines,
    rule,
    under_cursor,
    visible,
    with_breaks,
    wrapped,
)
from botus.store.decisions.entries import Step
from botus.store.decisions.judgement import OUT
from botus.store.queue.tweets import TWEETS
from botus.text import brief_span, normalise

_RECENT = 5
_BESIDE_PAGE = 7  # lines of a screen that the list does not have

Shortcut = tuple[str, str, int]  # a key, a word, and how little it is missed where the line is too short
_CARD_KEYS = [binding.short for binding in KEYS if binding.short]
_POOL_KEYS = [short for short in _CARD_KEYS if short[0] != "a"]
_EDIT_KEYS = (("Enter", "done", 0), ("Esc", "cancel", 0), ("Ctrl-J", "line break", 1))
_LIST_KEYS = (
    ("1-9 0", "mark", 0),
    ("u", "undo", 1),
    ("Tab", "one post", 1),
    ("?", "keys", 2),
    ("q", "quit", 3),
)
_GROUP_KEYS = (("1-9 0", "mark", 0), ("Esc", "back", 0), ("?", "keys", 1), ("q", "quit", 2))


def page_size(height: int) -> int:
    """Tell how many posts the list has room for."""
    return height - _BESIDE_PAGE


def screen(state: ReviewState, view: View) -> list[Text]:
    """Return the lines of the screen, at most `height`, none wider than `width`."""
    if state.helping:
        lines = _help(state, view)
    else:
        lines = _list(state, state.listing, view) if state.listing else _card(state, view)
    for line in lines:
        line.truncate(max(1, view.width), overflow="ellipsis")
    return lines[: max(1, view.height)]


def _card(state: ReviewState, view: View) -> list[Text]:
    card = state.current
    head = [_header(state, view), rule(view)]
    keys = _CARD_KEYS if state.file == TWEETS else _POOL_KEYS
    foot = _foot(state, _EDIT_KEYS if state.editor else keys, view)
    facts = list(_facts(state, card, view)) if card else []
    recent = [_recent(step) for step in reversed(state.done[-_RECENT:])]
    room = view.height - len(head) - len(foot)
    body = _body(state, card, view)
    facts = facts[: max(0, room - min(len(body), 6) - 2)]
    recent = recent[: max(0, room - len(facts) - max(len(body) + 2, room // 2) - 1)]
    below = [*facts, *([rule(view)] if recent else []), *recent]
    return [*head, *_fitted(body, max(1, room - len(below)), view), *below, *foot]


def _header(state: ReviewState, view: View) -> Text:
    """Say where one is, how much is kept, how fast it goes and what makes the order."""
    counts = tally(state)
    left = Text()
    if count := len(state.row):
        left.append(f"{min(count, state.place + 1):,}", "bold").append(f" of {count:,}")
    if state.subset is not None:
        left.append(" filtered", "cyan")
    card = None if state.listing else state.current
    verdict = state.verdicts.get(card.fingerprint) if card else None
    if verdict is not None and verdict in DONE:
        left.append(" · ").append(DONE[verdict], COLOURS[verdict])
    left.append(f"{' · ' if left else ''}{counts.kept:,} kept", "green")
    pace, spent = "", ""
    if counts.pace:
        pace = f"{counts.pace:.0f}/min"
        spent = f"{counts.pace:.0f} a minute, {brief_span(60 * max(1, counts.left / counts.pace))} left"
    short, long = ordered(state) if state.order != "file" else ("", "")
    for words in ((long, spent), (short, spent), (spent,), (short, pace), (pace,)):
        right = Text(" · ".join(filter(None, words)), "dim")
        gap = view.width - 2 - left.cell_len - right.cell_len
        if gap > 1:
            return Text.assemble(" ", left, " " * gap, right)
    return Text.assemble(" ", left)


def _body(state: ReviewState, card: Card | None, view: View) -> list[Text]:
    if card is None:
        return wrapped(Text("Nothing is left to review.", "bold"), view)
    if state.editor:
        return wrapped(under_cursor(state.editor, view), view)
    style = "dim" if state.verdicts.get(card.fingerprint) in OUT else "bold"
    return wrapped(with_breaks(visible(card.text, style)), view)


def _fitted(body: list[Text], free: int, view: View) -> list[Text]:
    """Give the text its room: air around it if there is some, its cursor in sight if there is not enough."""
    if len(body) <= free:
        above = [Text()] if len(body) + 2 <= free else []
        return _filled([*above, *body], free)
    rows = [number for number, line in enumerate(body) if any(span.style == CURSOR for span in line.spans)]
    first = max(0, min((rows[0] if rows else 0) - free // 2, len(body) - free))
    shown, hidden = body[first : first + free], len(body) - first - free
    if hidden and free > 1:
        shown[-1] = Text(f"{' ' * margin(view)}… {hidden + 1} more lines", "dim")
    return shown


def _filled(lines: list[Text], height: int) -> list[Text]:
    return [*lines, *[Text() for _ in range(height - len(lines))]]


def _facts(state: ReviewState, card: Card, view: View) -> Iterator[Text]:
    """Yield what is known about the post, one fact a line."""
    indent = " " * margin(view)
    yield Text(indent).append_text(
        _lengths(normalise(state.editor.text) if state.editor else card.text, view)
    )
    if reason := state.set_aside.get(card.fingerprint):
        yield Text(indent).append("set aside until shorter: ", "bold red").append_text(visible(reason))
    noted = state.noted(view.about, card.fingerprint)
    if flags := noted.get("flags"):
        yield Text(indent).append("flagged: ", "bold red").append_text(visible(", ".join(map(str, flags))))
    if asked := state.nearest.get(card.fingerprint):
        yield Text(indent).append_text(visible(asked, "dim"))
    elif nearest := noted.get("nearest"):
        other = str(nearest.get("text") or "").replace("\n", " ")
        known = f"{nearest.get('run', '?')} words in a row as in the corpus{': ' if other else ''}"
        yield Text(f"{indent}{known}", "dim").append_text(visible(other, "italic"))
    for words in ("; ".join(reasons(state, card.fingerprint)), _model(noted)):
        if words:
            yield Text(indent, "dim").append_text(visible(words))


def _lengths(text: str, view: View) -> Text:
    shown = []
    for limit in view.limits:
        length = limit.platform.length(text)
        over = length - limit.most
        part = Text(f"{limit.platform.name} {length}/{limit.most}", "bold red" if over > 0 else "")
        shown.append(part.append(f" ({over} over)") if over > 0 else part)
    return Text(" · ").join(shown) if shown else Text(f"{len(text)} characters")


def _model(noted: Mapping[str, Any]) -> str:
    model, step, temperature = (noted.get(name) for name in ("model", "step", "temperature"))
    words = [str(model) if model else "", f"step {step}" if step else ""]
    words.append(f"temperature {temperature:g}" if isinstance(temperature, int | float) else "")
    return ", ".join(filter(None, words))


def _recent(step: Step) -> Text:
    one = step.decisions[0]
    line = Text(" ").append(f"{SIGNS[one.kind]} {DONE[one.kind]:8}", f"not bold {COLOURS[one.kind]}")
    if len(step.decisions) > 1:
        return line.append(f"{len(step.decisions)} at once: {summary(step.decisions)}", "dim")
    text = (one.new.text if one.new else one.text).replace("\n", f" {BREAK} ")
    return line.append_text(visible(text, "dim"))


def _foot(state: ReviewState, keys: Sequence[Shortcut], view: View, above: Sequence[Text] = ()) -> list[Text]:
    """The notice, what else stands above the keys, and the keys or the question that is asked."""
    last = question_lines(state.asking, view) if state.asking else [keys_line(keys, view)]
    return [*notice_lines(state.notice, view), *above, *last]


def _list(state: ReviewState, listing: Listing, view: View) -> list[Text]:
    posts, intentions = state.page, []
    if posts:
        offers = enumerate(intention(state, listing).items())
        intentions = [rule(view), keys_line([(key, words, place) for place, (key, words) in offers], view)]
    foot = _foot(state, _GROUP_KEYS if listing.like else _LIST_KEYS, view, intentions)
    room = max(1, view.height - 2 - len(foot))
    body: list[Text] = []
    for number, post in enumerate(posts):
        # Every post has a line; those that are left over go to the first posts that need more.
        rows = max(1, room - len(body) - (len(posts) - number - 1))
        text = ("(too long) " if post in state.set_aside else "") + state.table.cards[post].text
        body += _entry(text, listing.marks.get(post), number, rows, view)
    if not posts:
        body = [Text(), Text(" Nothing is left to review.", "bold")]
    if len(body) > room:
        body = [*body[: room - 1], Text(f"   and {len(posts) - room + 1} more like it", "dim")]
    return [_header(state, view), rule(view), *_filled(body, room), *foot]


def _entry(text: str, mark: str | None, number: int, rows: int, view: View) -> list[Text]:
    """A post of the page: its digit, its mark, and as much of the text as fits."""
    style = COLOURS[mark] if mark else ""
    head = Text(f" {(number + 1) % 10 if number < 10 else ' '} ", "bold")
    head.append(f"{SIGNS[mark] if mark else ' '} ", style)
    lines = broken(visible(text.replace("\n", f" {BREAK} "), style), view.width - head.cell_len - 1)
    if len(lines) > rows:
        lines = [*lines[: rows - 1], Text(style=style).append_text(lines[rows - 1]).append("…")]
    return [head.append_text(lines[0]), *[Text(" " * 5).append_text(line) for line in lines[1:]]]


def _help(state: ReviewState, view: View) -> list[Text]:
    lines = [Text(" Keys", "bold"), rule(view)]
    for binding in KEYS:
        name = f"{binding.names:14}" if view.width >= 50 else f"{binding.names.split()[0]:6}"
        words = binding.help
        if state.file != TWEETS:
            words = words.replace("the queue", state.file) if "a" not in binding.actions else ""
        lines += [Text(" ").append(name, "bold").append(words)] if words else []
    said = [line for words in about_order(state) for line in broken(Text(words, "dim"), view.width - 2)]
    lines += [Text(), *[Text(" ").append_text(line) for line in said]]
    height = max(1, view.height - 1)
    return [*_filled(lines[:height], height), keys_line((("any key", "back", 0),), view)]
