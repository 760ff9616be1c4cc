"""A poster in a process of its own: posts until the queue is empty; its platform is a file that only grows.

    python -m tests.proofs.poster DATA PLATFORM [--no-lock]

With --no-lock its locks keep nobody out, as on some network file systems.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from botus.errors import BusyError
from botus.posting.posting_run import PostingRun
from botus.posting.target import Answer
from botus.settings import Settings
from botus.store.durable import files, mounts
from tests.support.fakes import FakeTarget, Platform


class FilePlatform(Platform):
    """Appends every post to a file in one write, so that many processes can post to it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def publish(self, text: str) -> str:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(descriptor, text.encode() + b"\n")
        finally:
            os.close(descriptor)
        return "1"


class FileTarget(FakeTarget):
    """A target that cannot look, like X: what it cannot tell stays unknown."""

    def find(self, text: str, attempt: object) -> Answer:
        return Answer("unknown", reason="cannot look")


@contextmanager
def no_lock(data: Path, name: str, *, wait: float = 0.0, holder: str = "") -> Iterator[None]:
    """A lock that keeps nobody out."""
    yield


def post_until_empty(data: Path, platform: Path) -> None:
    """Post line after line; wait while another posting run is at work."""
    targets = {"file": FileTarget(FilePlatform(platform), "file")}
    run = PostingRun(
        Settings(data), targets, rng=Random(), clock=time.time, say=lambda *words, **fields: None
    )
    while True:
        try:
            if run.post().chosen is None:
                return
        except BusyError:
            time.sleep(0.005)


if __name__ == "__main__":
    if "--no-lock" in sys.argv:
        files.lock = no_lock
        mounts.lock_excludes = lambda data, name="post": False
    post_until_empty(Path(sys.argv[1]), Path(sys.argv[2]))
