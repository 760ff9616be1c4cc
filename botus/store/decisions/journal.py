"""Owns .botus/decisions.jsonl, the curator's journal: what a person decided about which post, for good.

One JSON object per decision. Decisions of one key press share a `step`, and are taken back together:

    {"kind": "drop", "step": 7, "at": 1718000000000, "fingerprint": "…", "text": "…", "places": [{…}]}
    {"kind": "undo", "of": 7, "at": 1718000004000}

`kind` is keep, star, drop, later or edit (with the `new` wording), then undo and redo `of` a step, and `end`
where a review was left properly. A post that went to the answers is a drop with an `answer`, `added` or
`there` in answers.txt, so that an older botus reads it as having left the queue; one that came back from
there has it as `taken`. What a page asked for has its `request`, so that one that is sent again is
known again. A place is where a line stood (`raw`, `number`, `previous`, `ending`),
so that it can come back byte for byte. `drawn` tells how a post came to be shown, where its turn had come.
Nothing is ever changed in here: a decision is written before tweets.txt follows it, so only the last step
before a missing `end` can still be waiting for that.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, TypedDict, cast, get_args

from botus.store.decisions.entries import (
    Decision,
    Drawn,
    End,
    History,
    JournalEntry,
    Kind,
    Place,
    Pooled,
    Step,
    Undo,
    Wording,
)
from botus.store.decisions.judgement import LEFT, Judgement, Verdict, origins, verdicts
from botus.store.durable import files, jsonl
from botus.store.durable.kept import Kept
from botus.store.queue.tweets import ANSWERS, TWEETS

_NAMES = {TWEETS: "decisions.jsonl", ANSWERS: "answer-decisions.jsonl"}
REQUESTS = 5000  # ids that are known again; a page waits with its next request for the answer to the last


class Decisions:
    """The journal of one data directory. Whoever appends holds `curate.lock`.

    Args:
        about: the file whose review it is; the pool of answers has a journal of its own.
    """

    def __init__(self, data: Path, about: str = TWEETS) -> None:
        self.path = data / files.STATE_FOLDER / _NAMES[about]
        self._judgement = Kept(self.path, self._judged)

    def append(self, entry: JournalEntry) -> None:
        """Write an entry down, durably, before anything else happens."""
        files.make_folder(self.path.parent)
        jsonl.append(self.path, _records(entry))

    def history(self) -> History:
        """Return what counts after every undo and redo; a FileError names what is damaged or out of order."""
        return self._replay(lambda step: step)

    def check(self) -> None:
        """Raise FileError where `history` would, without keeping what was decided."""
        self._replay(lambda step: replace(step, decisions=()))

    def torn(self) -> bool:
        """Tell whether a crash cut off the last line: nobody acted on it, and the next append removes it."""
        return jsonl.torn(self.path)

    def verdicts(self) -> dict[str, Verdict]:
        """Return what is decided, by fingerprint: keep, star, drop, or edited for a replaced wording.

        A post that was left for later, or whose new wording nobody has judged yet, is not in it.
        """
        return self.judgement()[0]

    def judgement(self) -> Judgement:
        """Return `verdicts` and `origins`; they are kept, and read again once the file has changed."""
        return self._judgement.value()

    def _judged(self) -> Judgement:
        done = self.history().done
        found = verdicts(done)
        return {post: verdict for post, verdict in found.items() if verdict != "later"}, origins(done)

    def dropped_texts(self) -> list[str]:
        """Return the texts that must not come back: dropped posts, and the old wordings of edited ones."""
        done = self.history().done
        found = verdicts(done)
        texts = {one.fingerprint: one.text for step in done for one in step.decisions}
        return [texts[post] for post, verdict in found.items() if verdict in LEFT]

    def _replay(self, kept: Callable[[Step], Step]) -> History:
        done: list[Step] = []
        undone: list[Step] = []
        last: Step | Undo | None = None
        highest = 0
        requests: deque[Step | Undo] = deque(maxlen=REQUESTS)
        for number, entry in _entries(self.path):
            last = None if isinstance(entry, End) else entry
            if last and last.request:
                requests.append(last)
            if isinstance(entry, Step):
                done.append(kept(entry))
                undone.clear()
                highest = max(highest, entry.number)
            elif isinstance(entry, Undo):
                source, target = (done, undone) if entry.kind == "undo" else (undone, done)
                if not source or source[-1].number != entry.of:
                    reason = f"{entry.kind} of step {entry.of}, which is not the last one"
                    raise jsonl.damaged(self.path, number, reason)
                target.append(source.pop())
        known = {entry.request: entry for entry in requests}
        return History(tuple(done), tuple(undone), last, highest + 1, known)


class _Base64(TypedDict):
    base64: str


class _PlaceRecord(TypedDict, total=False):
    raw: str | _Base64
    number: int
    previous: str | _Base64
    ending: str


class _WordingRecord(TypedDict, total=False):
    text: str
    fingerprint: str
    raw: str | _Base64


class _Record(TypedDict, total=False):
    kind: Literal[Kind, "undo", "redo", "end"]
    step: int
    of: int
    at: int
    fingerprint: str
    text: str
    new: _WordingRecord | None
    back: bool
    request: str
    places: list[_PlaceRecord]


def _records(entry: JournalEntry) -> list[jsonl.Record]:
    if isinstance(entry, End):
        return [{"kind": "end", "at": entry.at}]
    asked = {"request": entry.request} if entry.request else {}
    if isinstance(entry, Undo):
        return [{"kind": entry.kind, "of": entry.of, "at": entry.at, **asked}]
    return [
        {
            "kind": _DROPS.get(one.kind, one.kind),
            "step": entry.number,
            "at": entry.at,
            **asked,
            **_fields(one),
        }
        for one in entry.decisions
    ]


_DROPS = {"answer": "drop"}  # as which a kind is written down


def _fields(decision: Decision) -> jsonl.Record:
    record: jsonl.Record = {"fingerprint": decision.fingerprint, "text": decision.text}
    if new := decision.new:
        record["new"] = {"fingerprint": new.fingerprint, "text": new.text, "raw": _pack(new.raw)}
    if decision.back:
        record["back"] = True
    if decision.drawn:
        record["drawn"] = decision.drawn
    if decision.pooled or decision.kind == "answer":
        record["answer"] = decision.pooled or "there"
    record["places"] = [_packed_place(place) for place in decision.places]
    return record


def _packed_place(place: Place) -> jsonl.Record:
    record: jsonl.Record = {"raw": _pack(place.raw), "number": place.number}
    if place.previous is not None:
        record["previous"] = _pack(place.previous)
    if not place.ending:
        record["ending"] = ""
    return record


def _pack(raw: bytes) -> str | dict[str, str]:
    """Bytes as JSON: text where they are UTF-8, else base64."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _unpack(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])


def _entries(path: Path) -> Iterator[tuple[int, JournalEntry]]:
    """Yield the entries, each with the number of its first record; one step is in memory at a time."""
    numbered = jsonl.numbered(path, _Record)
    for _, group in groupby(numbered, lambda one: one[1].get("step", one[:1])):  # the rest stand alone
        numbers, records = zip(*group, strict=True)
        try:
            entry = _entry(records)
        except KeyError as error:
            raise jsonl.damaged(path, numbers[0], f"not a decision: it has no {error.args[0]}") from error
        except ValueError as error:
            raise jsonl.damaged(path, numbers[0], "not a decision") from error
        yield numbers[0], entry


def _entry(records: Sequence[jsonl.Record]) -> JournalEntry:
    first = records[0]
    if first["kind"] == "end":
        return End(int(first["at"]))
    if first["kind"] in ("undo", "redo"):
        return Undo(first["kind"], int(first.get("of", 0)), int(first["at"]), str(first.get("request", "")))
    decisions = tuple(_decision(record) for record in records)
    return Step(int(first["step"]), int(first["at"]), decisions, str(first.get("request", "")))


def _decision(record: jsonl.Record) -> Decision:
    kind, new = record["kind"], record.get("new")
    if (kind == "edit") != (new is not None):
        raise ValueError
    wording = Wording(new["text"], new["fingerprint"], _unpack(new["raw"])) if new else None
    places = tuple(_place(place) for place in record["places"])
    back = record.get("back", False)
    drawn = record.get("drawn") if record.get("drawn") in get_args(Drawn) else None
    pooled = record.get("answer") if record.get("answer") in get_args(Pooled) else None
    if kind == "drop" and pooled in ("added", "there"):
        kind = "answer"
    post, text = record["fingerprint"], record["text"]
    return Decision(cast(Kind, kind), post, text, places, wording, back, drawn, pooled)


def _place(record: dict[str, Any]) -> Place:
    previous = _unpack(record["previous"]) if "previous" in record else None
    ending = record.get("ending", "\n").encode()
    return Place(_unpack(record["raw"]), int(record["number"]), previous, ending)
