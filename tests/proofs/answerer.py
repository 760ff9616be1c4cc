"""Processes that answer mentions, a new one for each line that comes in; each works until it is killed.

    python -m tests.proofs.answerer DATA SETTINGS EPOCH SPEED [--no-lock]

SETTINGS are the accounts, as JSON. Their clock runs from EPOCH on, SPEED times as fast as it should. With
--no-lock their locks keep nobody out. The process ids are printed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from botus.answering.mentions.inboxes import inboxes
from botus.answering.mentions.round import Round
from botus.answering.pool import Pool
from botus.errors import BusyError
from botus.posting.http import transport  # so that no process has to load it
from botus.settings import Settings
from botus.store.durable import files, mounts
from botus.store.durable.disk import Disk
from tests.proofs.poster import no_lock

assert transport


def fast(epoch: float, speed: float) -> float:
    """The time, in seconds since the epoch."""
    return epoch + (time.time() - epoch) * speed


class Hasty(Disk):
    """Waits for no disk: what a process has written outlives the process, and 500 answers are many waits."""

    def fsync(self, descriptor: int) -> None:
        """Go on."""

    def fsync_folder(self, path: Path) -> None:
        """Go on."""


def answer_for_ever(data: Path, accounts: dict[str, dict[str, str]], epoch: float, speed: float) -> None:
    settings = Settings(data, accounts, answer="mentions", answers_per_hour=10**6)

    def clock() -> float:
        return fast(epoch, speed)

    work = Round(
        settings, inboxes(settings, clock), Pool(data), rng=Random(), clock=clock, say=lambda *_, **__: None
    )
    while True:
        with suppress(BusyError):
            work.run()
        time.sleep(0.02)


def main() -> None:
    import mastodon

    assert mastodon
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    data, accounts, epoch, speed = sys.argv[1:5]
    files.disk = Hasty()
    if "--no-lock" in sys.argv:
        files.lock = no_lock
        mounts.lock_excludes = lambda data, name="post": False
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                answer_for_ever(Path(data), json.loads(accounts), float(epoch), float(speed))
            finally:
                os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
