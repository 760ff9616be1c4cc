"""Each line of the queue, or of answers.txt, with its state, as `botus queue list` and the page show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from botus.answering.pool import Pool
from botus.monitoring.queue.counts import kind_of
from botus.posting.selection import Selection
from botus.settings import Settings
from botus.store.decisions.journal import Decisions
from botus.store.durable.lines import Line
from botus.store.queue.tweets import ANSWERS, Queue
from botus.text import fingerprint, fold, short_id


class QueueLine(NamedTuple):
    """One line.

    Attributes:
        post: its fingerprint; "" where its bytes are no text.
        number: 1 for the first line of the file.
        text: the post, or its bytes as Python writes them.
        state: starred, kept, by hand, unreviewed, or why it may not go out: held, too long, used, dropped,
            double, unfinished, not UTF-8, invalid.
        ready: it may go out.
        why: why it may not; "" where it may.
    """

    post: str
    number: int
    text: str
    state: str
    ready: bool
    why: str

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        told = {**self._asdict(), "id": short_id(self.post), "fingerprint": self.post}
        del told["post"]
        return told


def described(line: Line, selection: Selection) -> QueueLine:
    """Say what becomes of one line of tweets.txt."""
    post, text = _read(line)
    if refusal := selection.refusal(line, post):
        return QueueLine(post, line.number, text, refusal.kind, False, refusal.reason)
    kind = "starred" if selection.is_star(line) else kind_of(post, selection).replace("_", " ")
    return QueueLine(post, line.number, text, kind, True, "")


def unjudged(line: Line) -> QueueLine:
    """Return a line of which nothing can be said, because a file that decides is damaged."""
    post, text = _read(line)
    return QueueLine(post, line.number, text, "", False, "")


def queued(lines: Iterable[Line], selection: Selection) -> Iterator[QueueLine]:
    """Yield the lines of tweets.txt; of several that are the same post, the later ones are `double`."""
    seen: set[str] = set()
    for line in lines:
        found = described(line, selection)
        if found.ready and found.post in seen:
            found = found._replace(state="double", ready=False, why="it is there twice, and posted once")
        seen.add(found.post)
        yield found


def answers(settings: Settings) -> Iterator[QueueLine]:
    """Yield the lines of answers.txt, and why some are not said."""
    unused, verdicts = Pool.of(settings).unused(), Decisions(settings.data, ANSWERS).verdicts()
    for line in Queue(settings.data, ANSWERS).lines():
        post, text = _read(line)
        known = {"keep": "kept", "star": "starred"}.get(str(verdicts.get(post)), "by hand")
        if line.text is None:
            yield QueueLine(post, line.number, text, "not UTF-8", False, "it is not UTF-8")
        elif line.unfinished:
            yield QueueLine(post, line.number, text, "unfinished", False, "it has no line break yet")
        elif post == fingerprint(""):
            yield QueueLine(post, line.number, text, "invalid", False, "nothing in it can be seen")
        elif why := unused.get(post):
            yield QueueLine(post, line.number, text, _OF_ANSWERS.get(why, "held"), False, why)
        else:
            yield QueueLine(post, line.number, text, known, True, "")


_OF_ANSWERS = {"not reviewed yet": "unreviewed", "dropped in curate": "dropped", "posted before": "used"}


def having(lines: Iterable[QueueLine], words: str) -> Iterator[QueueLine]:
    """Yield the lines that have some words, in any case, or whose id begins so."""
    wanted, start = fold(words).casefold(), words.strip().lower()
    for line in lines:
        if wanted in fold(line.text).casefold() or (start and line.post.startswith(start)):
            yield line


def _read(line: Line) -> tuple[str, str]:
    if line.text is None:
        return "", repr(line.raw)[2:-1]
    return fingerprint(line.text), line.text
