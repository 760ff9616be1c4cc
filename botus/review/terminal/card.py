"""Paints the card: one post, as lines of styled text that fit a screen. Pure.

From top to bottom: where one is, the post, what is known about it, the last decisions, a notice, the keys.
Everything but the post keeps its place from card to card, so that the eye need not search. The one
surprise: on a small screen old decisions go first, then facts, and the end of the text last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from botus.review.machine.keys import KEYS
from botus.review.machine.selecting import ordered_by
from botus.review.machine.state import DONE, ReviewState
from botus.review.machine.table import Card
from botus.review.machine.tally import summary, tally
from botus.review.terminal.paint import (
    BREAK,
    COLOURS,
    CURSOR,
    SIGNS,
    View,
    filling,
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
from botus.store.decisions import Step
from botus.text import brief_span, normalise

_RECENT = 5

_KEYS = [binding.short for binding in KEYS if binding.short]
_EDIT_KEYS = (("Enter", "done", 0), ("Esc", "cancel", 0), ("Ctrl-J", "line break", 1))


def card_screen(state: ReviewState, view: View) -> list[Text]:
    """Paint the card that is shown."""
    card = state.current
    foot = [*notice_lines(state.notice, view), *_foot(state, view)]
    head = [header(state, view), rule(view)]
    facts = list(_facts(state, card, view)) if card else []
    recent = [_recent(step) for step in reversed(state.done[-_RECENT:])]
    room = view.height - len(head) - len(foot)
    body = _body(state, card, view)
    # Where the screen is small, what is dispensable goes first: old decisions, facts, the end of the text.
    shown_facts = facts[: max(0, min(len(facts), room - min(len(body), 6) - 2))]
    shown_recent = recent[: max(0, room - len(shown_facts) - max(len(body) + 2, room // 2) - 1)]
    below = [*shown_facts, *([rule(view)] if shown_recent else []), *shown_recent]
    free = max(1, room - len(below))
    return [*head, *_fitted(body, free, view), *below, *foot]


def _foot(state: ReviewState, view: View) -> list[Text]:
    if state.asking:
        return question_lines(state.asking, view)
    return [keys_line(_EDIT_KEYS if state.editor else _KEYS, view)]


def _fitted(body: list[Text], free: int, view: View) -> list[Text]:
    """Give the text its room: air around it if there is some, its cursor in sight if there is not enough."""
    if len(body) + 2 <= free:
        return [Text(), *body, *filling(free - len(body) - 1)]
    if len(body) <= free:
        return [*body, *filling(free - len(body))]
    rows = [number for number, line in enumerate(body) if any(span.style == CURSOR for span in line.spans)]
    first = max(0, min((rows[0] if rows else 0) - free // 2, len(body) - free))
    shown = body[first : first + free]
    hidden = len(body) - first - len(shown)
    if hidden and free > 1:
        shown[-1] = Text(f"{' ' * margin(view)}… {hidden + 1} more lines", "dim")
    return shown


def header(state: ReviewState, view: View) -> Text:
    """Say where one is, how much is kept, how fast it goes and what makes the order."""
    counts = tally(state)
    left = Text()
    number, count = state.position
    if count:
        left.append(f"{number:,}", "bold").append(f" of {count:,}")
    if state.subset is not None:
        left.append(" filtered", "cyan")
    card = None if state.listing else state.current
    verdict = state.verdicts.get(card.fingerprint) if card else None
    if verdict in DONE and verdict is not None:
        left.append(" · ").append(DONE[verdict], COLOURS[verdict])
    left.append(f"{' · ' if left else ''}{counts.kept:,} kept", "green")
    right = Text(style="dim")
    if counts.pace and view.width >= 50:
        right.append(f"{counts.pace:.0f} a minute, {brief_span(60 * max(1, counts.left / counts.pace))} left")
    elif counts.pace:
        right.append(f"{counts.pace:.0f}/min")
    if view.width >= 76 and state.order != "file":
        right = Text(f"by {ordered_by(state)}", "dim").append(" · " if right else "").append_text(right)
    gap = view.width - 2 - left.cell_len - right.cell_len
    return Text.assemble(" ", left, " " * gap, right) if gap > 0 else Text.assemble(" ", left)


def _body(state: ReviewState, card: Card | None, view: View) -> list[Text]:
    if card is None:
        return wrapped(Text("Nothing is left to review.", "bold"), view)
    if state.editor:
        return wrapped(under_cursor(state.editor, view), view)
    style = "dim" if state.verdicts.get(card.fingerprint) == "drop" else "bold"
    return wrapped(with_breaks(visible(card.text, style)), view)


def _facts(state: ReviewState, card: Card, view: View) -> Iterator[Text]:
    """Yield what is known about the post, one fact a line."""
    indent = " " * margin(view)
    text = normalise(state.editor.text) if state.editor else card.text
    yield Text(indent).append_text(_lengths(text, view))
    record = state.noted(view.about, card.fingerprint)
    flags = record.get("flags") or ()
    if flags:
        yield Text(indent).append("flagged: ", "bold red").append_text(visible(", ".join(map(str, flags))))
    if asked := state.nearest.get(card.fingerprint):
        yield Text(indent).append_text(visible(asked, "dim"))
    elif nearest := record.get("nearest"):
        other = str(nearest.get("text") or "").replace("\n", " ")
        known = f"{nearest.get('run', '?')} words in a row as in the corpus{': ' if other else ''}"
        yield Text(f"{indent}{known}", "dim").append_text(visible(other, "italic"))
    for words in (_score(record), _model(record)):
        if words:
            yield Text(indent, "dim").append_text(visible(words))


def _lengths(text: str, view: View) -> Text:
    shown = []
    for limit in view.limits:
        length = limit.platform.length(text)
        over = length > limit.most
        part = Text(f"{limit.platform.name} {length}/{limit.most}", "bold red" if over else "")
        shown.append(part.append(f" ({length - limit.most} over)") if over else part)
    return Text(" · ").join(shown) if shown else Text(f"{len(text)} characters")


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
    line = Text(" ").append(f"{SIGNS[one.kind]} {DONE[one.kind]:8}", f"not bold {COLOURS[one.kind]}")
    text = (one.new.text if one.new else one.text).replace("\n", f" {BREAK} ")
    if len(step.decisions) > 1:
        return line.append(f"{len(step.decisions)} at once: {summary(step.decisions)}", "dim")
    return line.append_text(visible(text, "dim"))
