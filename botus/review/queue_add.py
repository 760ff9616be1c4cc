"""Puts reviewed lines into a live queue: from a file, a pipe, or a data directory with all that it knows.

Of a data directory the provenance and the decisions come along, so that what was kept, starred, dropped or
edited there is so here. The lines come last, because a line without its record counts as written by hand and
could be posted before its flags are known.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from pathlib import Path
from typing import cast

from botus.checkpoints import samples
from botus.errors import FileError
from botus.screening.novelty import EARLIER, Novelty, known
from botus.store.candidates import Candidates
from botus.store.decisions.entries import Decision, End, History, Kind, Place, Step, Wording
from botus.store.decisions.journal import Decisions
from botus.store.decisions.judgement import LEFT, OUT, verdicts
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import Queue
from botus.text import escape, fingerprint, unescape

_COLUMNS = frozenset(
    ("text", "tweet", "tweets", "full_text", "content", "body", "post", "posts", "message", "status")
)
_START = 1 << 16  # letters by which a source is told


@dataclass(frozen=True)
class Added:
    """What was added, and how many lines were not, by reason; decisions and records that came along.

    Attributes:
        posts: how many the source has, where it is samples of a GPT-2; 0 where it has one post per line.
        alike: lines of another data directory that nobody has read, and that are much like one of here.
        left_out: what of such a program's writing is no post, by reason: cut off, not a post.
    """

    added: tuple[str, ...] = ()
    used: int = 0
    present: int = 0
    dropped: int = 0
    decisions: int = 0
    records: int = 0
    posts: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    alike: int = 0


def add(data: Path, source: Path | bytes, clock: Callable[[], float]) -> Added:
    """Add lines to the queue of a data directory: of a file, of another data directory, or a file's content.

    Raises:
        FileError: the source cannot be read or understood; nothing was added.
        BusyError: decisions come along, and a review is going on here.
    """
    if isinstance(source, Path) and source.is_dir():
        with files.lock(data, "curate", holder="a botus curate"):
            return _add_directory(data, source, clock)
    content, name = (
        (source, "the input") if isinstance(source, bytes) else (files.read(source, named=True), str(source))
    )
    if content is None:
        raise FileError(
            f"there is no {name}", "name a file like tweets.txt, a data directory, or - for a pipe"
        )
    read = _read(content, name)
    found = add_posts(data, read.texts)
    return replace(found, posts=len(read.texts) if read.is_samples else 0, left_out=read.left_out)


def add_posts(data: Path, texts: Iterable[str]) -> Added:
    """Add posts to the queue, each as it is, but for those that were used, dropped or are there."""
    found = _sorted_out(data, texts)
    Queue(data).append(found.added)
    return found


def _add_directory(data: Path, source: Path, clock: Callable[[], float]) -> Added:
    if source.resolve() == data.resolve():
        raise FileError(f"{source} is the data directory itself", "name another one")
    if not (source / "tweets.txt").exists() and not (source / files.STATE_FOLDER).is_dir():
        hint = "name a file with one post per line, or a data directory of botus"
        raise FileError(f"there is no tweets.txt in {source}", hint)
    theirs, ours = Decisions(source).history(), Decisions(data)
    verdicts_there, mine = verdicts(theirs.done), ours.history()
    read = _read(files.read(source / "tweets.txt") or b"", str(source / "tweets.txt"))
    wanted = [text for text in read.texts if verdicts_there.get(fingerprint(text)) not in LEFT]
    found = _without_alike(data, _sorted_out(data, wanted), Candidates(source), verdicts_there)
    added = {fingerprint(text) for text in found.added}
    decisions = list(_decisions(theirs, added, set(verdicts(mine.done))))
    records = Candidates(data).bring(Candidates(source), added | {one.fingerprint for one in decisions})
    if decisions:
        now = int(clock() * 1000)
        ours.append(Step(mine.next_step, now, tuple(decisions)))
        ours.append(End(now))
    Queue(data).append(found.added)
    return replace(
        found,
        decisions=len(decisions),
        records=records,
        posts=len(read.texts) if read.is_samples else 0,
        left_out=read.left_out,
    )


def _without_alike(data: Path, found: Added, theirs: Candidates, decided: Mapping[str, str]) -> Added:
    """Leave out what the `generate` of here would have refused, unless a person has kept it."""
    unread = {post for post in theirs.provenance() if decided.get(post) not in ("keep", "star")}
    new = {fingerprint(text): text for text in found.added}
    if new.keys().isdisjoint(unread):
        return found
    # A record without its line is here if this very command was cut off.
    here = (one for one in known(data) if one[0] != EARLIER or fingerprint(one[1]) not in new)
    novelty, added = Novelty((), here), []
    for post, text in new.items():
        if post not in unread or not novelty.check(text).reason:
            novelty.add(text)
            added.append(text)
    return replace(found, added=tuple(added), alike=len(new) - len(added))


def _sorted_out(data: Path, texts: Iterable[str]) -> Added:
    """Tell new lines from those that were used, dropped or are there."""
    logged, claimed = Log(data).index(), Intents(data).used()
    decided = Decisions(data).verdicts()
    there = {fingerprint(line.text) for line in Queue(data).lines() if line.text is not None}
    new: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in texts:
        post = fingerprint(text)
        if post in claimed or post in logged:
            counts["used"] += 1
        elif decided.get(post) in LEFT:
            counts["dropped"] += 1
        elif post in there or post in new:
            counts["present"] += 1
        else:
            new[post] = text
    return Added(tuple(new.values()), counts["used"], counts["present"], counts["dropped"])


def _decisions(theirs: History, added: set[str], decided: set[str]) -> Iterator[Decision]:
    """Yield what counts of the other journal: about the added lines, and what was dropped."""
    decisions = [one for step in theirs.done for one in step.decisions]
    for one in decisions:
        if one.new and one.new.fingerprint in added and one.fingerprint not in decided:
            place = Place(escape(one.text).encode(), 1, None)
            wording = Wording(one.new.text, one.new.fingerprint, escape(one.new.text).encode())
            yield Decision("edit", one.fingerprint, one.text, (place,), wording)
    counting = verdicts(theirs.done)
    for post, one in {one.fingerprint: one for one in decisions if not one.new}.items():
        verdict = counting.get(post)
        if post not in decided and (verdict in OUT or (verdict in ("keep", "star") and post in added)):
            yield Decision(cast(Kind, verdict), post, one.text)


@dataclass(frozen=True)
class _Read:
    """The posts of a source, whether it is samples as a whole, and what was no post, by reason."""

    texts: list[str]
    is_samples: bool
    left_out: Mapping[str, int]


def _read(content: bytes, name: str) -> _Read:
    """Read one post per line, as in tweets.txt, or samples as `corpus import` does."""
    lines = list(_lines(content, name))
    if kind := _table(lines):
        what = f"{name} is {kind}, not text with one post per line"
        raise FileError(what, "save its column of texts alone as a text file, without a header, and add that")
    start = lines[: 1 + bisect_left(list(accumulate(map(len, lines))), _START)]
    is_samples = samples.is_samples(start)
    pieces = samples.pieces(lines, start) if is_samples else chain.from_iterable(map(_pieces, lines))
    texts: list[str] = []
    left_out: Counter[str] = Counter()
    for text, verdict in pieces:
        if verdict:
            left_out[verdict] += 1
        elif text.strip():
            texts.append(text)
    return _Read(texts, is_samples, left_out)


def _table(lines: list[str]) -> str:
    """What a file is whose lines are no posts, "" where they may be."""
    filled = [line.strip() for line in lines if line.strip()]
    start, rest = (filled[0], filled[1:]) if filled else ("", [])
    if re.match(r"<(?:!doctype|html|\?xml)\b", start, re.IGNORECASE):
        return "a web page"
    if start[:1] in ("[", "{"):
        for text in ("\n".join(filled), start):
            with suppress(ValueError, RecursionError):
                if isinstance(value := json.loads(text), list | dict) and (value or rest):
                    return "JSON"
    names = [name.strip(' "').lower() for name in re.split(r"[,;\t|]", start)]
    if not _COLUMNS.isdisjoint(names) and all(
        re.fullmatch(r"([\w.-]+(?: [\w.-]+)?)?", name) for name in names
    ):
        separator = next((mark for mark in ",;\t|" if mark in start), "")
        if rest and 2 * sum(separator in line for line in rest) > len(rest):
            return "a table (CSV)"
    return ""


def _pieces(line: str) -> Iterable[samples.Piece]:
    """The post of a line, or what a training has left in it."""
    text = unescape(line.removesuffix("\n").removesuffix("\r"))
    if not samples.leftover(text):
        return [samples.Piece(text)]
    return [samples.Piece(text, "not a post")] if samples.is_program(text) else samples.pieces([text], [])


def _lines(content: bytes, name: str) -> Iterator[str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"PK\3\4")) or b"\0" in content:
        hint = "save it as UTF-8, one post per line; for exports: botus corpus import"
        raise FileError(f"{name} is not a UTF-8 text", hint)
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            yield raw.decode() + "\n"
        except UnicodeDecodeError as error:
            what = f"{name}, line {number}: not UTF-8"
            raise FileError(
                what, "nothing was added: save it as UTF-8, for example with iconv -f WINDOWS-1252 -t UTF-8"
            ) from error
