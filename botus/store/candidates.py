"""Owns .botus/candidates.jsonl: where every line came from that `generate` put into the queue.

One record per line, written before the line itself: a line without a record counts as written by hand, and
would be posted in spite of its flags. So a crash may leave records whose lines never came into the queue:
`unfinished` names them, and the record that ends a run says that there are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botus.store.durable import files, jsonl
from botus.text import fingerprint

Record = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """What the candidates of one stream have in common.

    Args:
        model: the checkpoint's name; step: its training step.
        temperature, top_k, top_p, prefix: how texts were drawn.
        seed: repeats the stream.
        among: of how many of the likeliest tokens top_p chose; 0 where it had no such help.
        lost_mass: the share of the probability that was lost by that help.
        corpus: the first digits of the SHA-256 of the corpus that the model was trained on; "" where
            nobody knows.
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


@dataclass(frozen=True)
class Candidate:
    """One accepted text.

    Args:
        text: the post.
        number: its place in the stream, from 0.
        score: the total; parts: what it is made of.
        logprob: mean log-probability per token, in nats.
        nearest: number, text and shared run of the nearest corpus post; None without one.
        flags: what a person should look at.
        repairs: the rules that changed the model's text.
    """

    text: str
    number: int
    score: float
    parts: Mapping[str, float]
    logprob: float
    nearest: Mapping[str, Any] | None
    flags: tuple[str, ...]
    repairs: tuple[str, ...]


class Candidates:
    """The provenance of one data directory's lines."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / files.STATE_FOLDER / "candidates.jsonl"

    def records(self) -> list[Record]:
        """Return a record per line that was written, oldest first.

        Raises:
            FileError: the file is damaged.
        """
        return [record for record in self._scan() if "fingerprint" in record]

    def provenance(self) -> Provenance:
        """Return the records by the fingerprint of their text, the later of two; each is read when looked at.

        Raises:
            FileError: the file is damaged.
        """
        return Provenance(self)

    def flags(self) -> dict[str, tuple[str, ...]]:
        """Return the flags of every line that `generate` wrote, most often none, by fingerprint."""
        return {post: flags for post, _, flags in self.marks()}

    def marks(self) -> Iterator[tuple[str, float | None, tuple[str, ...]]]:
        """Yield fingerprint, temperature and flags of every line that was written, oldest first.

        A hundred thousand records take a seventh of a second: a line as `append` writes it is not parsed.

        Raises:
            FileError: the file is damaged.
        """
        for _, line in self.raw_lines():
            if found := _marks(line) or self._read_marks(line):
                yield found

    def check(self) -> None:
        """Raise FileError where a line is damaged; keeps nothing, and parses odd lines only."""
        for _, line in self.raw_lines():
            if not _is_plain(line):
                self.parsed(line)

    def reached(self, origin: Origin) -> int:
        """Return how far a stream has been read: texts that are to be passed over when it is drawn again."""
        own, reached = asdict(origin), 0
        del own["lost_mass"]  # a measurement, which another corpus changes; the stream is the same
        if not origin.corpus:  # as in the records of runs that did not write it down
            del own["corpus"]
        for record in self._scan():
            end = record.get("run")
            number = end["reached"] if end else record.get("number", -1) + 1
            if (end or record).items() >= own.items():
                reached = max(reached, number)
        return reached

    def append(self, origin: Origin, group: Iterable[Candidate], time: int) -> None:
        """Add a group of candidates, durably, before their lines come into the queue.

        Args:
            origin: what they have in common.
            group: the candidates.
            time: Unix time in milliseconds; no two groups have the same.
        """
        self._add([_record(origin, candidate, time) for candidate in group])

    def finish(self, origin: Origin, reached: int, time: int) -> None:
        """Say that a run has ended and all of its lines are in the queue.

        Args:
            origin: the run's stream.
            reached: how many texts of it have been looked at.
            time: Unix time in milliseconds.
        """
        self._add([{"run": {**asdict(origin), "reached": reached}, "time": time}])

    def bring(self, other: Candidates, posts: Collection[str]) -> int:
        """Take over the records that another data directory has of some posts; returns how many are new."""
        known = self.provenance()
        new = [
            one for one in other.records() if one["fingerprint"] in posts and one["fingerprint"] not in known
        ]
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
            for _, line in self.raw_lines():
                record = self.parsed(line)
                if record is None:
                    return
                nearest = record.get("nearest")
                if isinstance(nearest, dict) and nearest.get("text"):
                    forgotten += 1
                    record["nearest"] = nearest | {"number": 0, "text": ""}
                    line = jsonl.line(record)
                yield line

        if self.quotes():
            files.replace(self.path, lines())
        return forgotten

    def quotes(self) -> bool:
        """Tell whether any record has the text of a corpus post."""
        nearest = (record.get("nearest") for record in self._scan())
        return jsonl.torn(self.path) or any(isinstance(one, dict) and one.get("text") for one in nearest)

    def unfinished(self) -> list[str]:
        """Return the last group of texts of a run that did not end: they may be missing from the queue."""
        records = jsonl.read(self.path)
        if not records or "run" in records[-1]:
            return []
        return [record["text"] for record in records if record.get("time") == records[-1]["time"]]

    def _scan(self) -> Iterator[Record]:
        """Read one record at a time: the container that posts has no room for all of them."""
        for _, line in self.raw_lines():
            if (record := self.parsed(line)) is None:
                return
            yield record

    def raw_lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield every line that is not blank, with the offset at which it begins."""
        offset = 0
        try:
            with self.path.open("rb") as source:
                for line in source:
                    if not line.isspace():
                        yield offset, line
                    offset += len(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise files.explain(error, self.path, "read") from error

    def parsed(self, line: bytes) -> Record | None:
        """Read a line of the file; None where it is a torn last one.

        Raises:
            FileError: it is damaged.
        """
        record = _parsed(line)
        if record is None:
            jsonl.read(self.path)  # raises, unless it is only a torn last line
        return record

    def _read_marks(self, line: bytes) -> tuple[str, float | None, tuple[str, ...]] | None:
        """The slow way, for lines with flags, for those that somebody else wrote, and the ends of runs."""
        record = self.parsed(line)
        if record is None or not isinstance(record.get("fingerprint"), str):
            return None
        temperature = record.get("temperature")
        value = float(temperature) if isinstance(temperature, int | float) else None
        return record["fingerprint"], value, tuple(record.get("flags", ()))

    def _add(self, records: list[Record]) -> None:
        files.make_folder(self.path.parent)
        with files.editing(self.data):
            jsonl.append(self.path, records)


class Provenance(Mapping[str, Record]):
    """The records by fingerprint, as they were when this was made; of two of one post, the later one.

    A hundred thousand records are found in a quarter of a second: only three fields of each are read, at
    their places in a line as `append` writes it, and the rest when somebody asks for the record.

    Attributes:
        scores: by fingerprint.
        flagged: fingerprints of posts with flags.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._starts: dict[str, int] = {}
        self.scores: dict[str, float] = {}
        self.flagged: set[str] = set()
        for start, line in candidates.raw_lines():
            found = _fields(line) or self._read_fields(line)
            if found is None:
                continue
            post, score, flagged = found
            self._starts[post] = start
            if score is not None:
                self.scores[post] = score
            if flagged:
                self.flagged.add(post)

    def __getitem__(self, post: str) -> Record:
        start = self._starts[post]
        with self._candidates.path.open("rb") as source:
            source.seek(start)
            return self._candidates.parsed(source.readline()) or {}

    def __contains__(self, post: object) -> bool:
        return post in self._starts

    def __iter__(self) -> Iterator[str]:
        return iter(self._starts)

    def __len__(self) -> int:
        return len(self._starts)

    def _read_fields(self, line: bytes) -> tuple[str, float | None, bool] | None:
        """The slow way, for lines that somebody else wrote and for those that end a run."""
        record = self._candidates.parsed(line)
        if record is None or not isinstance(record.get("fingerprint"), str):
            return None
        score = record.get("score")
        value = float(score) if isinstance(score, int | float) else None
        return record["fingerprint"], value, bool(record.get("flags"))


def _fields(line: bytes) -> tuple[str, float | None, bool] | None:
    """Find fingerprint, score and whether there are flags, without reading all; None if that is not safe.

    A quotation mark inside a JSON string has a backslash before it, so no text can look like a field.
    """
    at = line.find(b'", "fingerprint": "')
    score = line.find(b', "score": ', at)
    if at < 0 or score < 0 or line.count(b'{"text": "') != 1 or line[-2:] != b"}\n":
        return None
    post = line[at + 19 : at + 51]
    try:
        value = float(line[score + 11 : line.index(b",", score + 11)])
    except ValueError:
        return None
    is_whole = line.startswith(b'{"text": "') and line[at + 51 : at + 52] == b'"'
    return (post.decode(), value, b', "flags": [], ' not in line) if is_whole else None


# How a line of `append` begins. Quotation marks within a text have a backslash before them.
_BEGINNING = re.compile(
    rb'\{"text": "[^"\\]*+(?:\\.[^"\\]*+)*+", "fingerprint": "[0-9a-f]{32}", "model": "[^"\\]*+", '
    rb'"step": [0-9]+, "temperature": [0-9]+(?:\.[0-9]+)?+, '
)


def _is_plain(line: bytes) -> bool:
    """Tell whether a line is one whole record without flags, as `append` writes it."""
    is_one = line.endswith(b"}\n") and line.count(b'{"text": "') == 1
    return is_one and line.rfind(b', "flags": [], ') > 0 and _BEGINNING.match(line) is not None


def _marks(line: bytes) -> tuple[str, float | None, tuple[str, ...]] | None:
    """Find fingerprint and temperature of a line without flags, without reading all; None as in `_fields`."""
    at = line.find(b'", "fingerprint": "')
    heat = line.find(b', "temperature": ', at)
    if at < 0 or heat < 0 or line.count(b'{"text": "') != 1 or b', "flags": [], ' not in line:
        return None
    if not (line.startswith(b'{"text": "') and line.endswith(b"}\n") and line[at + 51 : at + 52] == b'"'):
        return None
    try:
        return line[at + 19 : at + 51].decode(), float(line[heat + 17 : line.index(b",", heat + 17)]), ()
    except ValueError:
        return None


def _parsed(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _record(origin: Origin, candidate: Candidate, time: int) -> Record:
    mark = {"text": candidate.text, "fingerprint": fingerprint(candidate.text)}
    return {**mark, **asdict(origin), **asdict(candidate), "time": time}
