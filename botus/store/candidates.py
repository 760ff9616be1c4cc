"""Owns .botus/candidates.jsonl: where every line came from that `generate` wrote.

One record per line, written before the line itself: a line without a record counts as written by hand, and
would be posted in spite of its flags. So a crash may leave records whose lines never came into the queue:
`unfinished` names them, and the record that ends a run says that there are none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from botus.errors import FileError
from botus.store.durable import files, jsonl
from botus.store.durable.kept import Kept
from botus.store.durable.opening import open_file
from botus.store.queue.tweets import ANSWERS, TWEETS
from botus.text import fingerprint

Record = jsonl.Record
_MARKS = {"share", "vocabulary", "precision"}  # they tell streams apart, and are left out where they are ""

_LATER = _MARKS | {"columns", "left_out"}


class _Nearest(TypedDict, total=False):
    number: int
    text: str
    run: int


class _Run(TypedDict, total=False):
    reached: int


class _Record(TypedDict, total=False):
    text: str
    fingerprint: str
    temperature: float | None
    number: int
    score: float | None
    parts: dict[str, float] | None
    logprob: float | None
    nearest: _Nearest | None
    flags: list[str]
    repairs: list[str]
    time: int
    share: str
    run: _Run
    file: str


@dataclass(frozen=True)
class Origin:
    """What the candidates of one stream have in common.

    Args:
        model: the checkpoint's name; step: its training step.
        temperature, top_k, top_p, prefix: how texts were drawn; precision: "" where it was left to botus.
        seed: repeats the stream.
        among: of how many of the likeliest tokens top_p chose; 0 for all.
        lost_mass: the share of the probability that was lost by that.
        corpus: the first digits of the SHA-256 of what the model was trained on; "" where nobody knows.
        share: "3/8" where only the third of eight shares of the stream was drawn.
        columns: how many tokens the model had; vocabulary: tells which; 0 and "" for all.
        left_out: the share of the probability that the other tokens had.
    """

    model: str
    step: int
    temperature: float
    top_k: int
    top_p: float
    prefix: str
    seed: int
    among: int = 0
    lost_mass: float = 0.0
    corpus: str = ""
    share: str = ""
    columns: int = 0
    vocabulary: str = ""
    left_out: float = 0.0
    precision: str = ""

    def record(self) -> Record:
        """What its records have in common, without what older records do not have where it is nothing."""
        return {name: value for name, value in asdict(self).items() if value or name not in _LATER}


@dataclass(frozen=True)
class Candidate:
    """One accepted text.

    Args:
        text: the post.
        number: its place in the stream, from 0.
        score: by which posts are ordered until the deck is read; parts: the measures that it is made of.
        logprob: mean log-probability per token, in nats.
        nearest: number, text and shared run of the nearest corpus post, if any.
        flags: what a person should look at; repairs: the rules that changed the model's text.
    """

    text: str
    number: int
    score: float
    parts: Mapping[str, float]
    logprob: float
    nearest: Mapping[str, Any] | None
    flags: tuple[str, ...]
    repairs: tuple[str, ...]


class Glance(NamedTuple):
    """What is read of every record: where its line starts, and a few fields; None where it has no number."""

    start: int
    fingerprint: str
    temperature: float | None
    score: float | None  # None where another botus has made it of something else
    logprob: float | None
    flags: tuple[str, ...]


class Candidates:
    """The provenance of one data directory's lines; a damaged file is a FileError wherever it is read."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / files.STATE_FOLDER / "candidates.jsonl"
        self._flags = Kept(self.path, lambda: {one.fingerprint: one.flags for one in self.glances()})

    def records(self) -> list[Record]:
        """Return a record per line that was written, oldest first."""
        return [record for record in jsonl.scan(self.path, _Record) if "fingerprint" in record]

    def provenance(self) -> Provenance:
        """Return the records by the fingerprint of their text; each is read when looked at."""
        return Provenance(self)

    def glances(self) -> Iterator[Glance]:
        """Yield a glance at every line that was written, oldest first.

        A hundred thousand records take under half a second: a line as `append` writes it is not parsed.
        """
        for number, start, line in jsonl.lines(self.path):
            if not (found := _glance(start, line)):
                found = _slow_glance(start, jsonl.parse(self.path, number, line, _Record) or {})
            if found:
                yield found

    def flags(self) -> dict[str, tuple[str, ...]]:
        """Return the flags of every line that `generate` wrote, most often none, by fingerprint.

        They are kept, and read again once the file has changed.
        """
        return self._flags.value()

    def check(self) -> None:
        """Raise FileError where a line is damaged; keeps nothing, and parses odd lines only."""
        for number, _, line in jsonl.lines(self.path):
            if not (_is_one_without_flags(line) and _BEGINNING.match(line)):
                jsonl.parse(self.path, number, line, _Record)

    def reached(self, origin: Origin) -> int:
        """Return how far a stream has been read: texts that are to be passed over when it is drawn again."""
        # These are measurements, which another corpus changes, and older records have no corpus.
        apart = {"lost_mass", "left_out"} | (set() if origin.corpus else {"corpus"})
        own = {name: value for name, value in origin.record().items() if name not in apart}
        reached, none = 0, _MARKS - own.keys()
        for record in jsonl.scan(self.path, _Record):
            kept = record.get("run", record)
            if kept.items() >= own.items() and not any(kept.get(mark) for mark in none):
                reached = max(reached, kept.get("reached", kept.get("number", -1) + 1))
        return reached

    def append(self, origin: Origin, group: Iterable[Candidate], time: int, file: str = TWEETS) -> None:
        """Add a group of candidates, durably, before their lines come into the queue.

        Args:
            time: Unix time in milliseconds; no two groups have the same.
            file: where the lines go; noted where it is not the queue.
        """
        to = {} if file == TWEETS else {"file": file}
        self._add([{**_record(origin, candidate, time), **to} for candidate in group])

    def finish(self, origin: Origin, reached: int, time: int) -> None:
        """Say that a run has ended and all of its lines are in the queue.

        Args:
            reached: how many texts of the stream have been looked at.
            time: Unix time in milliseconds.
        """
        self._add([{"run": {**origin.record(), "reached": reached}, "time": time}])

    def bring(self, other: Candidates, posts: Collection[str]) -> int:
        """Take over the records that another data directory has of some posts; returns how many are new."""
        wanted = set(posts) - self.provenance().keys()
        new = [one for one in other.records() if one["fingerprint"] in wanted]
        if new:
            # These lines are not those of a run that was cut off.
            self._add([*new, {"run": {"added": len(new), "reached": 0}, "time": new[-1].get("time", 0)}])
        return len(new)

    def forget_nearest(self) -> int:
        """Take the texts of corpus posts out of the records, durably; returns how many there were.

        The caller holds `files.editing`, and no `generate` is at work. Other bytes stay as they are, but for
        a torn last line, which could hold such a text too.
        """
        forgotten = 0

        def lines() -> Iterator[bytes]:
            nonlocal forgotten
            for number, _, line in jsonl.lines(self.path):
                record = jsonl.parse(self.path, number, line, _Record)
                if record and _quotes(record):
                    forgotten += 1
                    record["nearest"] |= {"number": 0, "text": ""}
                    yield jsonl.line(record)
                elif record is not None:
                    yield line

        if self.quotes():
            files.replace(self.path, lines())
        return forgotten

    def quotes(self) -> bool:
        """Tell whether any record has the text of a corpus post."""
        return jsonl.torn(self.path) or any(map(_quotes, jsonl.scan(self.path, _Record)))

    def unfinished(self) -> tuple[str, list[str]]:
        """Return the last group of texts of a run that did not end, and the file that may lack them."""
        records = jsonl.read(self.path, _Record)
        if not records or "run" in records[-1]:
            return TWEETS, []
        last = records[-1]
        file = ANSWERS if last.get("file") == ANSWERS else TWEETS
        return file, [record["text"] for record in records if record.get("time") == last["time"]]

    def _add(self, records: list[Record]) -> None:
        files.make_folder(self.path.parent)
        with files.editing(self.data):
            jsonl.append(self.path, records)


class Provenance(Mapping[str, Record]):
    """The records by fingerprint, as they were when this was made; of two of one post, the later one.

    Only what `Glance` has is kept of each; the rest is read when somebody asks for the record.

    Attributes:
        scores, logprobs: by fingerprint.
        flagged: fingerprints of posts with flags.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._path = candidates.path
        self._starts: dict[str, int] = {}
        self.scores: dict[str, float] = {}
        self.logprobs: dict[str, float] = {}
        self.flagged: set[str] = set()
        for one in candidates.glances():
            self._starts[one.fingerprint] = one.start
            if one.score is not None:
                self.scores[one.fingerprint] = one.score
            if one.logprob is not None:
                self.logprobs[one.fingerprint] = one.logprob
            if one.flags:
                self.flagged.add(one.fingerprint)

    def __getitem__(self, post: str) -> Record:
        start = self._starts[post]
        with open_file(self._path) as source:
            source.seek(start)
            line = source.readline()
            try:
                return jsonl.parse(self._path, 0, line, _Record) or {}
            except FileError:  # only now is it worth it to count the lines before it
                source.seek(0)
                return jsonl.parse(self._path, source.read(start).count(b"\n") + 1, line, _Record) or {}

    def __contains__(self, post: object) -> bool:
        return post in self._starts

    def __iter__(self) -> Iterator[str]:
        return iter(self._starts)

    def __len__(self) -> int:
        return len(self._starts)


def _glance(start: int, line: bytes) -> Glance | None:
    """Read one whole record without flags, as `append` writes it, at the places of its fields; else None.

    No text can look like a field, because its quotation marks have a backslash before them.
    """
    at, score = line.find(_POST), line.find(_SCORE)
    heat = line.find(_HEAT, at, score)
    if at < 0 or heat < 0 or not _is_one_without_flags(line) or line[at + 51 : at + 52] != b'"':
        return None
    parts = line.find(_PARTS, score)
    odds = line.find(_LOGPROB, parts)
    try:
        temperature = float(line[heat + len(_HEAT) : line.index(b",", heat + len(_HEAT))])
        value = float(line[score + len(_SCORE) : parts])
        logprob = float(line[odds + len(_LOGPROB) : line.index(b",", odds + len(_LOGPROB))])
    except ValueError:
        return None
    if not abs(temperature) + abs(value) + abs(logprob) < 1e6:  # as usual; NaN is not, either
        return None
    is_ours = line.startswith(_OURS, parts + len(_PARTS))
    post = line[at + len(_POST) : at + 51].decode()
    return Glance(start, post, temperature, value if is_ours else None, logprob, ())


_POST, _HEAT, _SCORE = b'", "fingerprint": "', b', "temperature": ', b', "score": '
_PARTS, _OURS, _LOGPROB = b', "parts": {', b'"characters": ', b'}, "logprob": '


def _is_one_without_flags(line: bytes) -> bool:
    return line.rfind(b', "flags": [], ') > 0 and line.rfind(b'{"text": "') == 0 and line.endswith(b"}\n")


# How such a record begins; this finds damage that `_glance` reads past.
_BEGINNING = re.compile(
    rb'\{"text": "[^"\\]*+(?:\\.[^"\\]*+)*+", "fingerprint": "[0-9a-f]{32}", "model": "[^"\\]*+", '
    rb'"step": [0-9]+, "temperature": [0-9]+(?:\.[0-9]+)?+, '
)


def _slow_glance(start: int, record: Record) -> Glance | None:
    """The same of a line with flags, or of one that somebody else wrote; None at the end of a run."""
    if (post := record.get("fingerprint")) is None:
        return None
    score = record.get("score") if "characters" in (record.get("parts") or ()) else None
    temperature, logprob = record.get("temperature"), record.get("logprob")
    return Glance(start, post, temperature, score, logprob, tuple(record.get("flags", ())))


def _quotes(record: Record) -> bool:
    nearest = record.get("nearest")
    return isinstance(nearest, dict) and bool(nearest.get("text"))


def _record(origin: Origin, candidate: Candidate, time: int) -> Record:
    post = {"text": candidate.text, "fingerprint": fingerprint(candidate.text)}
    return {**post, **origin.record(), **asdict(candidate), "time": time}
