"""Puts reviewed lines into a live queue: from a file, a pipe, or a data directory with all that it knows.

In come lines, out come those that are new here, behind the others, and what became of the rest. Of a data
directory the provenance and the decisions come along, so that what was kept, starred, dropped or edited
there is so here. The one surprise: the lines come last, because a line without its record counts as written
by hand and could be posted before its flags are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from botus.errors import FileError
from botus.store.candidates import Candidates
from botus.store.decisions import Decision, Decisions, History, Kind, Mark, Place, Step, Wording, verdicts
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.queue import Queue
from botus.store.tweeted import Log
from botus.text import escape, fingerprint, unescape


@dataclass(frozen=True)
class Refilled:
    """What was added, and how many lines were not, by reason; decisions and records that came along."""

    added: tuple[str, ...] = ()
    used: int = 0
    present: int = 0
    dropped: int = 0
    decisions: int = 0
    records: int = 0


def add(data: Path, source: Path | bytes, clock: Callable[[], float]) -> Refilled:
    """Add lines to the queue of a data directory.

    Args:
        data: the data directory.
        source: a file like tweets.txt, a data directory, or the content of such a file.
        clock: seconds since the epoch.

    Raises:
        FileError: the source cannot be read or understood; nothing was added.
        BusyError: decisions come along, and a review is going on here.
    """
    if isinstance(source, Path) and source.is_dir():
        with files.lock(data, "curate", holder="a botus curate"):
            return _add_directory(data, source, clock)
    if isinstance(source, bytes):
        return _add_lines(data, _sorted_out(data, list(_texts(source, "the input"))))
    content = files.read(source)
    if content is None:
        raise FileError(
            f"there is no {source}", "name a file like tweets.txt, a data directory, or - for a pipe"
        )
    return _add_lines(data, _sorted_out(data, list(_texts(content, str(source)))))


def _add_directory(data: Path, source: Path, clock: Callable[[], float]) -> Refilled:
    if source.resolve() == data.resolve():
        raise FileError(f"{source} is the data directory itself", "name another one")
    theirs, ours = Decisions(source).history(), Decisions(data)
    verdicts_there = verdicts(theirs.done)
    content = files.read(source / "tweets.txt") or b""
    texts = list(_texts(content, str(source / "tweets.txt")))
    mine = ours.history()
    wanted = [text for text in texts if verdicts_there.get(fingerprint(text)) not in ("drop", "edited")]
    found = _sorted_out(data, wanted)
    marks = {fingerprint(text) for text in found.added}
    decisions = list(_decisions(theirs, marks, set(verdicts(mine.done))))
    known = {one.fingerprint for one in decisions}
    records = Candidates(data).bring(Candidates(source), marks | known)
    if decisions:
        now = int(clock() * 1000)
        ours.append(Step(mine.next_step, now, tuple(decisions)))
        ours.append(Mark("end", 0, now))
    return replace(_add_lines(data, found), decisions=len(decisions), records=records)


def _sorted_out(data: Path, texts: list[str]) -> Refilled:
    """Tell new lines from those that were used, dropped or are there."""
    used = Log(data).used().keys() | Intents(data).used()
    decided = Decisions(data).verdicts()
    there = {fingerprint(line.text) for line in Queue(data).lines() if line.text is not None}
    new: dict[str, str] = {}
    counts = {"used": 0, "dropped": 0, "present": 0}
    for text in texts:
        mark = fingerprint(text)
        if mark in used:
            counts["used"] += 1
        elif decided.get(mark) in ("drop", "edited"):
            counts["dropped"] += 1
        elif mark in there or mark in new:
            counts["present"] += 1
        else:
            new[mark] = text
    return Refilled(tuple(new.values()), **counts)


def _add_lines(data: Path, found: Refilled) -> Refilled:
    Queue(data).append(found.added)
    return found


def _decisions(theirs: History, added: set[str], decided: set[str]) -> Iterator[Decision]:
    """Yield what counts of the other journal: about the added lines, and what was dropped."""
    counting = verdicts(theirs.done)
    last = {one.fingerprint: one for step in theirs.done for one in step.decisions if not one.new}
    for step in theirs.done:
        for one in step.decisions:
            if one.new and one.new.fingerprint in added and one.fingerprint not in decided:
                raw = escape(one.text).encode()
                wording = Wording(one.new.text, one.new.fingerprint, escape(one.new.text).encode())
                yield Decision("edit", one.fingerprint, one.text, (Place(raw, 1, None),), wording)
    for post, one in last.items():
        verdict = counting.get(post)
        if post not in decided and (verdict == "drop" or (verdict in ("keep", "star") and post in added)):
            yield Decision(cast(Kind, verdict), post, one.text)


def _texts(content: bytes, name: str) -> Iterator[str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise FileError(f"{name} is not a UTF-8 text", "save it as UTF-8, one post per line, and try again")
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            text = unescape(raw.removesuffix(b"\r").decode())
        except UnicodeDecodeError as error:
            raise FileError(
                f"{name}, line {number}: not UTF-8", "nothing was added: save it as UTF-8"
            ) from error
        if text.strip():
            yield text
