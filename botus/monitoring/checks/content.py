r"""Checks of the files in the data directory: can they be read, are they whole, is a line what it seems?

The one surprise: a line with `C:\new` in it is sound and yet not what its author meant, because `\n` is a
line break in tweets.txt. In a queue of botus-twitter, which knew no escapes, every such line is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from botus.monitoring.attention import unknown_posts
from botus.monitoring.checks.finding import Finding, guarded, line_numbers
from botus.posting.log_repair import check_whole
from botus.screening.denylist import parse_denylist
from botus.store.candidates import Candidates
from botus.store.corpus import Corpus
from botus.store.decisions import Decisions
from botus.store.durable import files, jsonl
from botus.store.durable.lines import Line
from botus.store.intents import Intent, Intents
from botus.store.queue import Queue
from botus.store.state import StateFiles
from botus.store.tweeted import Entry, Log
from botus.text import counted, fingerprint

_ESCAPE = re.compile(rb"\\[n\\]")
# A word in which a `\n` stands beside other backslashes, or after a drive letter: more likely a path.
_PATH = re.compile(
    rb"""(?:^|[\s"'(])(?:[A-Za-z]:\\n|\\\\+[\w.-]+\\n|\S*\\[A-Za-mo-z0-9]\S*\\n|[\w.:-]+\\n\S*\\[A-Za-mo-z0-9])"""
)


def content(data: Path) -> Iterator[Finding]:
    """Check every file that botus reads."""
    for check in (_queue, _log, _state, _decisions, _candidates, _open_posts, _denylist, _corpus):
        yield from guarded(lambda check=check: check(data))  # type: ignore[misc]


def _queue(data: Path) -> Iterator[Finding]:
    queue = Queue(data)
    lines = list(queue.lines())
    if not queue.path.exists():
        yield Finding("warning", f"there is no {queue.path}", "write one with: botus generate")
        return
    if lines:
        yield Finding("ok", f"{queue.path}: {counted(len(lines), 'line')}")
    else:
        yield Finding("warning", f"{queue.path} is empty", "refill it with: botus generate")
    if bad := [line.number for line in lines if line.text is None]:
        hint = "save the file as UTF-8: such a line is never posted"
        yield Finding("warning", f"{queue.path}: not valid UTF-8 in {line_numbers(bad)}", hint)
    yield from _escapes(data, lines)


def _escapes(data: Path, lines: list[Line]) -> Iterator[Finding]:
    suspects = [line for line in lines if line.text is not None and _ESCAPE.search(line.raw)]
    if not suspects:
        return
    is_predecessors = any("id" not in entry for entry in Log(data).entries())
    known = Candidates(data).flags().keys() | Decisions(data).verdicts().keys() if is_predecessors else set()
    odd = [
        line.number
        for line in suspects
        if _PATH.search(line.raw) or (is_predecessors and fingerprint(line.text or "") not in known)
    ]
    if odd:
        what = rf"tweets.txt: \n is a line break and \\ one backslash: is that meant in {line_numbers(odd)}?"
        yield Finding("warning", what, r"a backslash before an n is written \\: C:\\new")


def _log(data: Path) -> Iterator[Finding]:
    log = Log(data)
    entries = log.entries()
    check_whole(log, StateFiles(data).load())
    old = sum("id" not in entry for entry in entries)
    origin = f", {old} of them from botus-twitter" if old else ""
    yield Finding("ok", f"tweeted.json: {len(entries)} {'entry' if len(entries) == 1 else 'entries'}{origin}")


def _state(data: Path) -> Iterator[Finding]:
    StateFiles(data).load()
    return iter(())


def _decisions(data: Path) -> Iterator[Finding]:
    decisions = Decisions(data)
    judged = len(decisions.verdicts())
    if decisions.path.exists():
        yield Finding("ok", f"decisions.jsonl: {counted(judged, 'post')} decided")


def _candidates(data: Path) -> Iterator[Finding]:
    candidates = Candidates(data)
    count = sum("fingerprint" in record for record in jsonl.scan(candidates.path))
    if candidates.path.exists():
        yield Finding("ok", f"candidates.jsonl: {counted(count, 'line')} written by botus")


def _open_posts(data: Path) -> Iterator[Finding]:
    intents = Intents(data).open()
    if intents:
        hint = "botus status says what becomes of each"
        verb = "is" if len(intents) == 1 else "are"
        yield Finding("ok", f"{counted(len(intents), 'post')} {verb} still under way", hint)
    yield from _unknown(Log(data).entries(), intents)


def _unknown(entries: list[Entry], intents: list[Intent]) -> Iterator[Finding]:
    if lost := len(unknown_posts(entries, intents)):
        what = f"of {counted(lost, 'post')} nobody knows whether {'it' if lost == 1 else 'they'} arrived"
        yield Finding("warning", what, "botus status names them and what to type")


def _denylist(data: Path) -> Iterator[Finding]:
    content = files.read(data / "denylist.txt")
    found = parse_denylist(content or b"")
    if content is not None:
        yield Finding("ok", f"denylist.txt: {counted(len(found.words) + len(found.patterns), 'rule')}")


def _corpus(data: Path) -> Iterator[Finding]:
    corpus = Corpus(data)
    reading = corpus.read()
    if corpus.path.exists():
        yield Finding("ok", f"corpus.txt: {counted(len(reading.posts), 'post')}")
    for problem in reading.problems():
        yield Finding("warning", problem)
    corpus.weights()
