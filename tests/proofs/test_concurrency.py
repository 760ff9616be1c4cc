"""Many posters on one data directory, half of them with locks that keep nobody out."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from botus.store.intents import Intents
from botus.store.log.tweeted import parse
from botus.store.queue.tweets import Queue
from tests.proofs.poster import post_until_empty

LINES = 500
POSTERS = 8


def start(data: Path, platform: Path, *, lock: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.proofs.poster", str(data), str(platform)]
    return subprocess.Popen([*command, *([] if lock else ["--no-lock"])], stderr=subprocess.PIPE)


def finish(posters: list[subprocess.Popen[bytes]]) -> None:
    try:
        for poster in posters:
            _, error = poster.communicate(timeout=120)
            assert poster.returncode == 0, error.decode()
    finally:
        for poster in posters:
            poster.kill()


class Reader(threading.Thread):
    """Reads the log all the while: it must parse at every moment."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.path, self.stop, self.failure, self.reads = path, threading.Event(), "", 0

    def run(self) -> None:
        while not self.stop.wait(0.002):
            if self.path.exists():
                try:
                    parse(self.path, self.path.read_text())
                    self.reads += 1
                except Exception as error:
                    self.failure = str(error)


@pytest.mark.parametrize("half_without_locks", [False, True])
def test_eight_posters(tmp_path: Path, half_without_locks: bool) -> None:
    """Lines that a person adds meanwhile are safe as long as locks exclude (docs/locks.md)."""
    data, platform = tmp_path / "data", tmp_path / "platform.txt"
    data.mkdir()
    texts = [f"line {number}" for number in range(LINES)]
    by_hand = [] if half_without_locks else texts[-20:]
    Queue(data).append(texts[: LINES - len(by_hand)])
    reader = Reader(data / "tweeted.json")
    reader.start()
    posters = [
        start(data, platform, lock=not (half_without_locks and number % 2)) for number in range(POSTERS)
    ]
    for text in by_hand:  # as a shell does it
        with (data / "tweets.txt").open("a") as shell:
            time.sleep(0.01)
            shell.write(text + "\n")
    finish(posters)
    post_until_empty(data, platform)  # what a rewrite of the queue overtook is posted now
    reader.stop.set()
    reader.join()
    assert not reader.failure
    assert reader.reads > 50
    posted = Counter(platform.read_text().splitlines())
    assert [text for text, count in posted.items() if count > 1] == []
    assert sorted(posted) == sorted(texts)
    entries = json.loads((data / "tweeted.json").read_text())
    assert sorted(entry["text"] for entry in entries) == sorted(texts)
    assert not Intents(data).open()


def test_a_lock_holds_between_processes(tmp_path: Path) -> None:
    data, platform = tmp_path / "data", tmp_path / "platform.txt"
    data.mkdir()
    Queue(data).append(f"line {number}" for number in range(40))
    posters = [start(data, platform, lock=True) for _ in range(3)]
    finish(posters)
    assert Counter(platform.read_text().splitlines()) == Counter(f"line {number}" for number in range(40))
