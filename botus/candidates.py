"""Owns .botus/candidates.jsonl: where every line came from that `generate` put into the queue.

One record per line, written before the line itself: a line without a record counts as written by hand, and
would be posted in spite of its flags. So a crash may leave records whose lines never came into the queue:
`unfinished` names them, and the record that ends a run says that there are none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botus import files, jsonl
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

    def by_fingerprint(self) -> dict[str, Record]:
        """Return the records by the fingerprint of their text; of two, the later one."""
        return {record["fingerprint"]: record for record in self.records()}

    def flags(self) -> dict[str, tuple[str, ...]]:
        """Return the flags of every line that `generate` wrote, most often none, by fingerprint."""
        lines = (record for record in self._scan() if "fingerprint" in record)
        return {record["fingerprint"]: tuple(record.get("flags", ())) for record in lines}

    def reached(self, origin: Origin) -> int:
        """Return how far a stream has been read: texts that are to be passed over when it is drawn again."""
        own, reached = asdict(origin), 0
        del own["lost_mass"]  # a measurement, which another corpus changes; the stream is the same
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

    def unfinished(self) -> list[str]:
        """Return the last group of texts of a run that did not end: they may be missing from the queue."""
        records = jsonl.read(self.path)
        if not records or "run" in records[-1]:
            return []
        return [record["text"] for record in records if record.get("time") == records[-1]["time"]]

    def _scan(self) -> Iterator[Record]:
        """Read one record at a time: the container that posts has no room for all of them."""
        try:
            with self.path.open("rb") as source:
                for line in filter(bytes.strip, source):
                    record = _parsed(line)
                    if record is None:
                        jsonl.read(self.path)  # raises, unless it is only a torn last line
                        return
                    yield record
        except FileNotFoundError:
            return
        except OSError as error:
            raise files.explain(error, self.path, "read") from error

    def _add(self, records: list[Record]) -> None:
        files.make_folder(self.path.parent)
        with files.editing(self.data):
            jsonl.append(self.path, records)


def _parsed(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _record(origin: Origin, candidate: Candidate, time: int) -> Record:
    mark = {"text": candidate.text, "fingerprint": fingerprint(candidate.text)}
    return {**mark, **asdict(origin), **asdict(candidate), "time": time}
