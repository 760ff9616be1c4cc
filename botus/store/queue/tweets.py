r"""Owns tweets.txt, the queue, and answers.txt: one post or answer per line, meant to be edited by hand.

Lines are the bytes between two `\n`, so that CRLF, a byte-order mark, a missing last line break and invalid
UTF-8 survive; a million lines are drawn from and rewritten in pieces.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count, islice
from math import gcd
from pathlib import Path
from random import Random
from typing import BinaryIO

from botus.errors import FileError
from botus.store.durable import exchange, files
from botus.store.durable.lines import (
    Edit,
    Line,
    content_start,
    edited,
    end_of,
    ends_with,
    every,
    find,
    follows,
    having,
    index,
    line_at,
    place,
    scan,
    with_break,
)
from botus.store.durable.opening import open_file
from botus.store.queue import replaced
from botus.store.queue.known import POSTS, Kind, Known
from botus.text import escape

TWEETS, ANSWERS = "tweets.txt", "answers.txt"
_TRIES = 64
_ALL, _LOOKED_AT = 100_000, 20_000  # lines
_MISSING = {
    TWEETS: "put a file there with one post per line, or write one with: botus generate",
    ANSWERS: "put a file there with one answer per line, or press a in: botus curate",
}
_AWAY = 1.0  # seconds in which an editor that moved the file away puts another in its place


class Queue:
    """The queue of one data directory; it keeps what it knows of a file that nobody else has changed.

    Args:
        name: of the file; `ANSWERS` is the pool of answers, a file of the same kind.
    """

    def __init__(self, data: Path, name: str = TWEETS) -> None:
        self.data = data
        self.path = data / name
        self._known = Known()

    def step(self, part: int = 1) -> int:
        """Of how many lines one is to be looked at, where all that is wanted is how many there are of a kind.

        1 for up to a hundred thousand lines; of more, tens of thousands tell as much as all of them.

        Args:
            part: look at one of so many only, where a rougher number will do.
        """
        if not self._is_there():
            return 1
        with self._open() as source:
            total = index(source)[1]
        if total <= _ALL // part:
            return 1
        # What comes back every few lines must not be met each time, or never.
        least = max(2, total * part // _LOOKED_AT)
        return next(step for step in count(least) if gcd(step, 2 * 3 * 5 * 7) == 1)

    def lines(self, step: int = 1) -> Iterator[Line]:
        """Yield every line that is not blank, in the order of the file; nothing where there is no file.

        Args:
            step: yield one of so many only.

        Raises:
            FileError: the file cannot be read, or is UTF-16.
        """
        if not self._is_there():
            return
        with self._open() as source:
            for line in scan(source) if step == 1 else every(source, step):
                if line.text is None or line.text.strip():
                    yield line

    def at(self, places: Iterable[tuple[int, int]]) -> list[Line]:
        """Return the lines at some places, each an offset and a number that `lines` told of this file."""
        wanted = list(places)
        if not wanted:
            return []
        with self._open() as source:
            return [line for start, number in wanted for line in islice(scan(source, start, number), 1)]

    def having(self, words: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that have one of some words, each with its number; nothing where there is no file.

        That no line has any is known until somebody else changes the file.
        """
        if not self._is_there():
            return
        with self._open() as source:
            known, is_lacking = self._known.about(source), True
            if known.lacking == words:
                return
            for line in having(source, words):
                is_lacking = False
                yield line
            if is_lacking:
                known.lacking = words

    def of(self, kind: Kind) -> Iterator[Line]:
        """Yield the lines of a kind, in the order of the file; a FileError where there is no file."""
        with self._open() as source:
            yield from self._known.about(source).places(kind).lines(source, kind.has)

    def knows(self, kind: Kind) -> bool:
        """Tell whether it is known where every line of a kind stands, so that `of` reads those only."""
        with self._open() as source:
            return self._known.about(source).places(kind).is_complete

    def draw(self, rng: Random, allows: Callable[[Line], bool], kind: Kind = POSTS) -> Line | None:
        """Choose one of the lines that are allowed, each with the same chance; None where there is none.

        Most lines of a queue are, so single lines are tried first; only when that fails again and again is
        every line looked at. That costs as much as some hundred tries for ten thousand lines.

        Args:
            kind: what all of them are.
        """
        with self._open() as source:
            places = self._known.about(source).places(kind)
            if places.is_complete:
                total = len(places)
                tries, pick = min(_TRIES, total), partial(places.at, source)
            else:
                starts, total = index(source)
                tries, pick = min(_TRIES + total // 100, total), partial(line_at, source, starts)
            for _ in range(tries):
                line = pick(rng.randrange(total))
                if kind.has(line) and allows(line):
                    return line
            chosen = None
            for seen, line in enumerate(filter(allows, places.lines(source, kind.has)), 1):
                chosen = line if rng.randrange(seen) == 0 else chosen
            return chosen

    def first(self, allows: Callable[[Line], bool], kind: Kind = POSTS) -> Line | None:
        """Return the first line of the file that is allowed.

        Args:
            kind: what such a line is.
        """
        return next(filter(allows, self.of(kind)), None)

    def append(self, texts: Iterable[str]) -> None:
        """Add posts at the end, durably and all at once; the file is made if it is missing."""
        new = b"".join(escape(text).encode() + b"\n" for text in texts)
        if new:
            self._rewrite(lambda source: [(end_of(source), end_of(source), with_break(source, new))])

    def recover(self) -> None:
        """Bring back what was saved while the file was being replaced, or written into the replaced one."""
        if replaced.kept(self.path) or exchange.waiting(self.path):
            with files.editing(self.data):
                self._recover_saves()

    def overtaken(self) -> list[Path]:
        """Return what was saved and could not go back, because somebody had saved again."""
        return exchange.overtaken(self.path)

    def remove(self, line: Line | bytes) -> bool:
        """Take a line out: the very one, else the first with the same bytes; False if there is none."""
        return self._change_line(line, None)

    def remove_all(self, raws: Iterable[bytes]) -> None:
        """Take many lines out in one go: of every wanted one the first that has these bytes."""
        wanted = Counter(raws)

        def edits(source: BinaryIO) -> list[Edit]:
            left, kept_end = wanted.copy(), content_start(source)
            cuts: list[Edit] = []
            for line in scan(source):
                end = line.start + len(line.raw)
                if left[line.raw] <= 0:
                    kept_end = end
                    continue
                left[line.raw] -= 1
                cuts.append((line.start, end + len(line.ending), b""))
                if not line.ending:  # the new last line has no line break either
                    cuts = [*(cut for cut in cuts if cut[1] <= kept_end), (kept_end, end, b"")]
            return cuts

        self._rewrite(edits)

    def replace_line(self, line: Line | bytes, new: bytes) -> bool:
        """Give a line new bytes: the very one, else the first with the same bytes; False if there is none."""
        return self._change_line(line, new)

    def put_back(
        self, raw: bytes, previous: bytes | None, number: int, ending: bytes = b"\n", start: int = -1
    ) -> None:
        """Put a line back where it was: after the line `previous` nearest to its old place, else by number.

        Args:
            previous: the line that stood before it, None where it was the first.
            start: its old offset; where `previous` still ends there, nothing is searched.
        """

        def edits(source: BinaryIO) -> list[Edit]:
            if ending and 0 <= start <= end_of(source) and follows(source, start, previous):
                return [(start, start, raw + b"\n")]
            breaks = sum(1 for line in scan(source) if line.ending)
            if not ending and breaks == max(0, number - 2):  # `remove` took the break before it as well
                is_empty = end_of(source) == content_start(source)
                return [(end_of(source), end_of(source), raw if number == 1 and is_empty else b"\n" + raw)]
            where, whole = place(source, previous, number)
            return [(where, where, raw + b"\n" if whole else b"\n" + raw)]

        self._rewrite(edits)

    def _change_line(self, wanted: Line | bytes, new: bytes | None) -> bool:
        known = Line(wanted, 0, None) if isinstance(wanted, bytes) else wanted
        found = False

        def edits(source: BinaryIO) -> list[Edit]:
            nonlocal found
            line = find(source, known)
            found = line is not None
            if line is None:
                return []
            end = line.start + len(line.raw)
            if new is not None:
                return [(line.start, end, new)]
            if line.ending:
                return [(line.start, end + 1, b"")]
            before = line.start - 1 if line.start > content_start(source) else line.start
            return [(before, end, b"")]  # the new last line has no line break either

        # Whoever read the file while it was changed and then put back took the change over.
        return self._rewrite(edits) or found

    def _is_there(self) -> bool:
        """Tell whether there is a file, also where an editor that saves has moved it away for a moment."""
        until = time.monotonic() + _AWAY
        while not self.path.exists():
            if not self._is_away() or time.monotonic() > until:
                return False
            time.sleep(_AWAY / 200)
        return True

    def _is_away(self) -> bool:
        """Whether it was there a moment ago: it is known here, or something like `tweets.txt~` is there."""
        folder = files.stamp(self.data)
        if folder is None or abs(time.time() - folder[2] / 1e9) > _AWAY:
            return False
        return self._known.has_any or any(self.path.name in one.name for one in files.listed(self.data))

    def _open(self) -> BinaryIO:
        try:
            source = open_file(self.path)
        except FileNotFoundError as error:
            if self._is_there():
                return self._open()
            raise FileError(
                f"there is no {self.path}",
                _MISSING[self.path.name],
            ) from error
        except OSError as error:
            raise files.explain(error, self.path, "read") from error
        if source.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            source.close()
            raise FileError(f"{self.path} is UTF-16", "save it as UTF-8 and try again")
        return source

    def _rewrite(self, edits: Callable[[BinaryIO], Sequence[Edit]]) -> bool:
        """Apply edits (start, end, new bytes) that a function finds; returns what `_apply` does."""
        with files.editing(self.data):
            self._recover_saves()
            return self._apply(edits)

    def _apply(self, edits: Callable[[BinaryIO], Sequence[Edit]]) -> bool:
        """Replace the file, and start over if somebody saves it; says whether a try was there to be read."""
        were_there = list[bool]()

        def attempt() -> None:
            if not self._is_there():
                files.claim(self.path, b"")
            seen = files.stamp(self.path)  # before a byte of it is read: what is saved meanwhile changes it
            if seen is None:
                raise files.Changed
            with self._open() as source:
                known = self._known.about(source)  # before a link to it changes its state
                if changes := edits(source):
                    files.refuse_link(self.path)
                    kept = replaced.keep(self.path, seen)
                    try:
                        new = exchange.replace(self.path, edited(source, changes), seen)
                    except (files.Changed, FileError) as error:
                        were_there.append(isinstance(error, exchange.PutBack))
                        if isinstance(error, files.Changed) or files.stamp(self.path) == seen:
                            files.discard(kept)  # nothing has been replaced
                        raise
                    state = files.state(self.path)
                    if state and state[:3] == new:
                        known.follow(source, changes, state)

        files.until_unchanged(self.path, attempt)
        return any(were_there)

    def _recover_saves(self) -> None:
        """Put back what a crash left outside, and add what was written to files after they were replaced."""
        exchange.settle(self.path)
        for old in replaced.kept(self.path):
            with suppress(OSError):  # where locks keep nobody out, another botus may have been quicker
                replaced.take_up(old, self.path, self._add_late)

    def _add_late(self, before: bytes, late: bytes) -> None:
        def edits(source: BinaryIO) -> list[Edit]:
            half = before.rpartition(b"\n")[2]
            # What goes on with half a line belongs to it, where that is still the last one.
            joins = half and ends_with(source, half)
            return [(end_of(source), end_of(source), late if joins else with_break(source, late))]

        self._apply(edits)
