"""What is kept of a file, and when it is read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.posting import posting_run
from botus.store.candidates import Candidates
from botus.store.durable import jsonl
from botus.store.durable.kept import Kept
from botus.store.queue.known import Kind
from botus.store.queue.tweets import Queue
from botus.text import fingerprint
from tests.support.fakes import FakeTarget, Platform, World


def test_an_unchanged_file_is_read_once_and_a_changed_one_again(tmp_path: Path) -> None:
    path, readings = tmp_path / "a.txt", []

    def read() -> str:
        readings.append(path.read_text())
        return readings[-1]

    path.write_text("one")
    kept = Kept(path, read)
    assert (kept.value(), kept.value(), readings) == ("one", "one", ["one"])
    with path.open("a") as out:
        out.write(", two")
    assert (kept.value(), len(readings)) == ("one, two", 2)


def test_a_change_is_seen_where_size_and_time_stay_what_they_were(tmp_path: Path) -> None:
    path, queue = tmp_path / "tweets.txt", Queue(tmp_path)
    path.write_bytes(b"gull 1\nkettle\n")
    kept, gulls = Kept(path, path.read_bytes), Kind("gulls", lambda line: b"gull" in line.raw)

    def known() -> tuple[bytes, list[int], list[int]]:
        numbers = [number for number, _ in queue.having([b"lamp"])]
        return kept.value(), [line.number for line in queue.of(gulls)], numbers

    assert known() == (b"gull 1\nkettle\n", [1], [])
    times, status = path.stat(), path.stat().st_ctime_ns
    while path.stat().st_ctime_ns == status:  # its clock has ticked
        with path.open("r+b") as out:
            out.write(b"lamp 1\ngull 2\n")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert known() == (b"lamp 1\ngull 2\n", [2], [1])


def test_what_goes_wrong_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / ".botus" / "candidates.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"{\n{}\n")
    candidates = Candidates(tmp_path)
    for _ in range(2):
        with pytest.raises(FileError, match="line 1"):
            candidates.flags()


def test_a_line_that_is_flagged_between_two_slots_is_held_at_the_second(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "fake"))
    world.lines("The lamp is lit.")
    run: posting_run.PostingRun = world.run()
    assert run.choose(run.selection())
    text = "The lamp is lit."
    record = {"text": text, "fingerprint": fingerprint(text), "flags": ["doubtful"]}
    (tmp_path / ".botus").mkdir(exist_ok=True)
    jsonl.append(tmp_path / ".botus" / "candidates.jsonl", [record])
    assert run.choose(run.selection()) is None
