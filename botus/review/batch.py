"""Decisions without a terminal: by line number, by pattern, by a table that was filled in.

The decisions of one command are one step of the journal, so that one undo in a later review takes them back;
a wording is a step of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from botus.errors import SettingsError
from botus.review import regex, sheet
from botus.review.machine import precheck
from botus.review.machine.state import DONE
from botus.review.session import ReviewSession
from botus.review.sheet import Row
from botus.review.taste.regression import logistic
from botus.store.decisions.entries import Kind
from botus.store.queue.tweets import ANSWERS, Queue
from botus.text import called, escape, fingerprint, normalise


@dataclass(frozen=True)
class Imported:
    """What a table brought: decisions and edits, rows of posts that are gone, edits that were refused.

    Attributes:
        freed: what its keeps have let out, in words.
    """

    made: dict[str, int]
    gone: int
    refused: tuple[str, ...]
    freed: str = ""


def numbers(words: str) -> list[int]:
    """Read `1,4,7-9`.

    Raises:
        SettingsError: it is something else.
    """
    found: list[int] = []
    for part in words.replace(" ", "").split(","):
        if not (match := re.fullmatch(r"([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?", part)):
            raise SettingsError(f"{part!r} is not a line number or a range", "say for example --keep 1,4,7-9")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first > 1_000_000:
            raise SettingsError(f"{part!r} is not a range", "say for example --keep 1,4,7-9")
        found += range(first, last + 1)
    return found


def keep(session: ReviewSession, wanted: Sequence[int]) -> list[str]:
    """Keep the posts on these lines of tweets.txt; returns their lines.

    Raises:
        SettingsError: a line is not there, blank, or was used; nothing is kept then.
    """
    posts, table, file = session.posts_by_line(), session.state.table, session.state.file
    problems = [f"line {number} of {file} has no post" for number in wanted if number not in posts]
    used = [number for number in wanted if posts.get(number) in table.used]
    problems += [f"line {number} cannot be kept: {table.used[posts[number]]}" for number in used]
    if problems:
        raise SettingsError(problems[:10], f"nothing was kept: look at the numbers with: grep -n '' {file}")
    chosen = list(dict.fromkeys(posts[number] for number in wanted))
    session.decide([(post, "keep") for post in chosen])
    return [escape(table.cards[post].text) for post in chosen]


def remove(session: ReviewSession, queue: Queue, names: Sequence[str]) -> dict[str, str]:
    """Take posts out of the file by their ids; returns their texts, by fingerprint.

    Args:
        queue: the file of the review.

    Raises:
        SettingsError: an id is of none, or of several; nothing is taken out then.
    """
    cards, file = session.state.table.cards, session.state.file
    there = [post for post, card in cards.items() if card.raws]
    found = {name: called(name, there) for name in names}
    if problems := [f"there is no post {name} in {file}" for name, post in found.items() if post is None]:
        hint = "nothing was removed; ids have four digits or more, and are shown by: botus queue list"
        raise SettingsError(problems, f"{hint} --answers" if file == ANSWERS else hint)
    posts = list(dict.fromkeys(filter(None, found.values())))
    take_out(session, queue, posts)
    return {post: cards[post].text for post in posts}


def take_out(session: ReviewSession, queue: Queue, posts: Sequence[str], request: str = "") -> None:
    """Drop posts, in one step; a line that no review shows, as it was used or dropped before, is only cut."""
    session.decide([(post, "drop") for post in posts], request)
    cards = session.state.table.cards
    if left := [raw for post in posts for raw in cards[post].raws]:
        queue.remove_all(left)
        session.look_again()


def matching(session: ReviewSession, pattern: str) -> list[str]:
    """Find the undecided posts that match, ignoring case; returns fingerprints.

    Raises:
        SettingsError: it is not a regular expression, or takes too long.
    """
    cards = session.state.table.cards
    posts = list(filter(session.state.is_open, cards))
    try:
        return [posts[one] for one in regex.matching(pattern, [cards[post].text for post in posts])]
    except regex.Unusable as error:
        raise SettingsError(f"{pattern!r} is {error}") from error


def export(session: ReviewSession) -> tuple[bytes, int]:
    """Return the table of all posts in the queue, in the order of the review, and how many there are."""
    session.think_through()
    state = session.state
    known = dict.fromkeys((*state.deck, *state.table.cards))
    posts = [post for post in known if state.is_there(post) and state.table.cards[post].raws]
    return sheet.write(_rows(session, posts)), len(posts)


def _rows(session: ReviewSession, posts: Sequence[str]) -> Iterator[dict[str, str]]:
    for post in posts:
        verdict, noted = session.state.verdicts.get(post), session.noted(post)
        worth, temperature = session.state.worth.get(post), noted.get("temperature")
        yield {
            "id": post,
            "decision": verdict if verdict in ("keep", "star", "later") else "",
            "text": session.state.table.cards[post].text,
            "score": "" if worth is None else f"{logistic(worth):.4f}",
            "flags": ", ".join([*map(str, noted.get("flags") or ()), *_held(session, post)]),
            "model": str(noted.get("model") or ""),
            "temperature": "" if temperature is None else f"{temperature:g}",
            "nearest": str((noted.get("nearest") or {}).get("text") or ""),
        }


def _held(session: ReviewSession, post: str) -> list[str]:
    said = {
        "held": precheck.held(session.state, post),
        "set aside until shorter": session.state.set_aside.get(post),
    }
    return [f"{what}: {reason}" for what, reason in said.items() if reason]


def take_in(session: ReviewSession, rows: Sequence[Row]) -> Imported:
    """Carry out what a table says."""
    refused, wanted = [], []
    gone, edits = 0, 0
    for row in rows:
        post = row.fingerprint
        card = session.state.table.cards.get(post)
        if card is None or not session.state.is_there(post):
            gone += bool(row.kind or row.edit.strip())
            continue
        if (new := normalise(row.edit)) and new != card.text:
            if problem := session.edit(post, new):
                refused.append(f"{escape(card.text)}: {problem}")
                continue
            post, edits = fingerprint(new), edits + 1
        if row.kind:
            wanted.append((post, row.kind))
    made = session.decide(wanted)
    counts = {DONE[kind]: made[kind] for kind in get_args(Kind) if made[kind]}
    counts |= {"edited": edits} if edits else {}
    return Imported(counts, gone, tuple(refused), session.state.notice if wanted else "")
