"""Paints a review: a state -> the lines of one screen: the card, the list or the keys. Pure.

Everything but the post keeps its place from card to card, so that the eye need not search. On a small screen
old decisions go first, then facts, and the end of the text last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from rich.text import Text

from botus.review.machine.explaining import about_order, ordered, reasons, shared, written_by
from botus.review.machine.keys import KEYS
from botus.review.machine.paging import intention
from botus.review.machine.precheck import held, is_flagged
from botus.review.machine.selecting import hits
from botus.review.machine.state import DONE, PAGE, Listing, ReviewState
from botus.review.machine.table import Card
from botus.review.machine.tally import summary, tally
from botus.review.terminal.paint import (
    BAD,
    BREAK,
    COLOURS,
    CURSOR,
    GOOD,
    HINT,
    HIT,
    SIGNS,
    Shortcut,
    View,
    broken,
    is_low,
    keys_lines,
    margin,
    marked,
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
from botus.text import LONGEST_POST, brief_span, counted, normalise

_RECENT = 5
_FACT = 2  # lines of a fact that nobody asked for

_CARD_KEYS = [binding.short for binding in KEYS if binding.short]
_POOL_KEYS = [short for short in _CARD_KEYS if short[0] != "a"]
_EDIT_KEYS = (("Enter", "done", 0), ("Esc", "cancel", 0), ("Ctrl-J", "line break", 1))
_LIST_KEYS = (
    ("1-9 0", "mark", 0),
    ("u", "undo", 1),
    ("Tab", "one post", 1),
    ("?", "keys", 0),
    ("q", "quit", 0),
)
_GROUP_KEYS = (("1-9 0", "mark", 0), ("Esc", "back", 0), ("?", "keys", 0), ("q", "quit", 0))


def page_size(state: ReviewState, view: View) -> int:
    """Tell how many posts the list has room for, each as a whole; at least one, and at most ten."""
    if not state.listing:
        return state.page_size
    room, rows = _list_room(state, state.listing, view), 0
    posts = list(islice(state.group or state.coming(), PAGE))
    for number, post in enumerate(posts):
        rows += len(_entry(state, post, None, number, view))
        if rows > room:
            return max(1, number)
    return PAGE


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
    head = [_header(state, view), *rule(view)]
    keys = _CARD_KEYS if state.file == TWEETS else _POOL_KEYS
    if card and state.found == card.fingerprint:
        keys = [("n", "next", 0), *keys]
    foot = _foot(state, _EDIT_KEYS if state.editor else keys, view)
    facts = [line for fact in _facts(state, card, view) for line in fact] if card else []
    recent = [_recent(step) for step in reversed(state.done[-_RECENT:])]
    room = view.height - len(head) - len(foot)
    body = _body(state, card, view)
    facts = facts[: max(0, room - min(len(body), 6) - (0 if is_low(view) else 2))]
    recent = recent[: max(0, room - len(facts) - max(len(body) + 2, room // 2) - 1)]
    below = [*facts, *(rule(view) if recent else []), *recent]
    return [*head, *_fitted(body, max(1, room - len(below)), state.part, view), *below, *foot]


def _header(state: ReviewState, view: View) -> Text:
    """Say where one is, how much is kept, how fast it goes and what makes the order."""
    counts = tally(state)
    left = Text()
    if count := len(state.row):
        left.append(f"{min(count, state.place + 1):,}", "bold").append(f" of {count:,}")
    if state.subset is not None:
        left.append(" filtered" + (", f u ends it" if view.width >= 40 else ""), HINT)
    card = None if state.listing else state.current
    verdict = state.verdicts.get(card.fingerprint) if card else None
    if verdict is not None and verdict in DONE:
        left.append(" · ").append(DONE[verdict], COLOURS[verdict])
    left.append(f"{' · ' if left else ''}{counts.kept:,} kept", GOOD)
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
        return wrapped(_nothing(state), view)
    if state.editor:
        return wrapped(under_cursor(state.editor, view), view)
    shown = _readable(card.text)
    text = marked(shown, hits(shown, state.sought) if state.found == card.fingerprint else (), view)
    text.style = "dim" if state.verdicts.get(card.fingerprint) in OUT else "bold"
    return wrapped(with_breaks(text), view)


def _readable(text: str) -> str:
    """What can be read of a post: nobody reads a megabyte to its end, and laying it out takes seconds."""
    more = len(text) - LONGEST_POST
    return f"{text[:LONGEST_POST]} … and {more:,} more letters" if more > 0 else text


def _nothing(state: ReviewState) -> Text:
    writes = "botus generate" if state.file == TWEETS else "botus generate --answers"
    more = "q quits, u takes the last decision back, f shows what was decided"
    return Text("Nothing is left to review.", "bold").append(
        f" {more}; {writes} writes more.", "not bold dim"
    )


def _fitted(body: list[Text], free: int, part: int, view: View) -> list[Text]:
    """Give the text its room: air around it if there is some, a part of it if there is not enough.

    The part with the cursor, or with what was found, is shown first.
    """
    if len(body) <= free:
        above = [Text()] if len(body) + 2 <= free else []
        return _filled([*above, *body], free)
    step = max(1, free - 1)
    lit = [number for number, line in enumerate(body) if {CURSOR, HIT} & {one.style for one in line.spans}]
    at = ((lit or [0])[0] // step + part) % -(-len(body) // step) * step
    shown, left = body[at : at + step], len(body) - at - step
    hint = f"… {counted(left, 'more line')}: PgDn or >" if left > 0 else "… the end: PgDn or > begins again"
    return _filled([*shown, *([Text(f"{' ' * margin(view)}{hint}", "dim")] if free > 1 else [])], free)


def _filled(lines: list[Text], height: int) -> list[Text]:
    return [*lines, *[Text() for _ in range(height - len(lines))]]


def _facts(state: ReviewState, card: Card, view: View) -> Iterator[list[Text]]:
    """Yield what is known about the post, each fact with its lines."""

    def fact(text: Text, most: int | None = _FACT) -> list[Text]:
        beside = " " * margin(view)
        lines = broken(text, view.width - 2 * len(beside))
        if most and len(lines) > most:
            lines = [*lines[: most - 1], lines[most - 1].append("…")]
        return [Text(beside).append_text(line) for line in lines]

    def bad(label: str, words: str) -> list[Text]:
        return fact(Text(label, f"bold {BAD}").append(" ").append_text(visible(words, "not bold default")))

    post, wording = card.fingerprint, normalise(state.editor.text) if state.editor else card.text
    if reason := held(state, post, wording):
        yield bad("held until kept:" if state.file == TWEETS else "never said:", reason)
    if post in state.set_aside:
        yield bad("set aside until shorter:", state.set_aside[post])
    noted = state.noted(view.about, post)
    if flags := noted.get("flags"):
        yield bad("flagged:", ", ".join(map(str, flags)))
    yield fact(_lengths(wording, view))
    known, other = shared(noted)
    if asked := state.nearest.get(post):
        yield fact(visible(asked, "dim"), None)
    elif known:
        yield fact(Text(f"{known}: " if other else known, "dim").append_text(visible(other, "italic")))
    for words in ("; ".join(reasons(state, post)), written_by(noted)):
        if words:
            yield fact(visible(words, "dim"))


def _lengths(text: str, view: View) -> Text:
    if len(text) > LONGEST_POST:
        return Text(f"{len(text):,} letters: no platform takes so many", f"bold {BAD}")
    shown = []
    for limit in view.limits:
        length = limit.platform.length(text)
        over = length - limit.most
        part = Text(f"{limit.platform.name} {length}/{limit.most}", f"bold {BAD}" if over > 0 else "")
        shown.append(part.append(f" ({over} over)") if over > 0 else part)
    return Text(" · ").join(shown) if shown else Text(f"{len(text)} characters")


def _recent(step: Step) -> Text:
    one = step.decisions[0]
    line = Text(" ").append(f"{SIGNS[one.kind]} {DONE[one.kind]:8}", f"not bold {COLOURS[one.kind]}")
    if len(step.decisions) > 1:
        return line.append(f"{len(step.decisions)} at once: {summary(step.decisions)}", "dim")
    text = (one.new.text if one.new else one.text).replace("\n", f" {BREAK} ")
    return line.append_text(visible(text, "dim"))


def _foot(state: ReviewState, keys: Sequence[Shortcut], view: View, above: Sequence[Text] = ()) -> list[Text]:
    """The notice, what else stands above the keys, and the keys or the question that is asked."""
    last = question_lines(state.asking, view) if state.asking else keys_lines(keys, view)
    return [*notice_lines(state.notice, view), *above, *last]


def _list(state: ReviewState, listing: Listing, view: View) -> list[Text]:
    posts, foot = state.page, _list_foot(state, listing, view)
    room = max(1, view.height - 1 - len(rule(view)) - len(foot))
    marks = listing.marks
    body = [line for at, post in enumerate(posts) for line in _entry(state, post, marks.get(post), at, view)]
    if not posts:
        body = [Text(), *wrapped(_nothing(state), view)]
    if len(body) < room and (others := len(state.group) - len(posts)) > 0:
        body.append(Text(f"     and {others:,} more like it, on the next page", "dim"))
    return [_header(state, view), *rule(view), *_fitted_page(body, room, state.part, view), *foot]


def _fitted_page(body: list[Text], room: int, part: int, view: View) -> list[Text]:
    """A page at its place from above, or a part of its one post where that is longer than the screen."""
    return _fitted(body, room, part, view) if len(body) > room else _filled(body, room)


def _list_foot(state: ReviewState, listing: Listing, view: View) -> list[Text]:
    offers = enumerate(intention(state, listing).items())
    intentions = [*rule(view), *keys_lines([(key, words, place) for place, (key, words) in offers], view)]
    return _foot(state, _GROUP_KEYS if listing.like else _LIST_KEYS, view, intentions)


def _list_room(state: ReviewState, listing: Listing, view: View) -> int:
    """How many lines there are for posts, however many are on the page now, and marked."""
    longest = replace(state, page_size=PAGE)
    foot = _list_foot(longest, replace(listing, marks=dict.fromkeys(longest.page[:1], "keep")), view)
    return view.height - 1 - len(rule(view)) - len(foot)


def _entry(state: ReviewState, post: str, mark: str | None, number: int, view: View) -> list[Text]:
    """A post of the page: its digit, its mark, and its whole text."""
    style = COLOURS[mark] if mark else ""
    head = Text(f" {(number + 1) % 10} ", "bold")
    head.append(f"{SIGNS[mark] if mark else ' '} ", style)
    doubt = "too long" if post in state.set_aside else "flagged" if is_flagged(state, post) else ""
    doubt = f"held: {reason.partition(':')[0]}" if (reason := held(state, post)) else doubt
    text = Text(f"({doubt}) " if doubt else "", BAD)
    whole = _readable(state.table.cards[post].text).replace("\n", f" {BREAK} ")
    text.append_text(visible(whole, style or "default"))
    first, *others = broken(text, view.width - head.cell_len - 1)
    return [head.append_text(first), *[Text(" " * 5).append_text(line) for line in others]]


def _help(state: ReviewState, view: View) -> list[Text]:
    lines: list[Text] = []
    for binding in KEYS:
        name = f"{binding.names:14}" if view.width >= 50 else f"{binding.names.split()[0]:6}"
        words = binding.help
        if state.file != TWEETS:
            words = words.replace("the queue", state.file) if "a" not in binding.actions else ""
        first, *more = broken(Text(words), view.width - len(name) - 1)
        lines += [Text(" ").append(name, "bold").append_text(first)] if words else []
        lines += [Text(" " * (len(name) + 1)).append_text(line) for line in more]
    said = [line for words in about_order(state) for line in broken(Text(words, "dim"), view.width - 2)]
    lines += [Text(), *[Text(" ").append_text(line) for line in said]]
    room = max(1, view.height - 1)
    return [*_fitted_page(lines, room, state.part, view), *keys_lines((("any key", "back", 0),), view)]
