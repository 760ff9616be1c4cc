"""Decides 500 times in real reviews that are killed at random moments, then takes everything back.

    python -m tests.benchmarks.review.kills [DECISIONS] [SEED]

The test suite does the same with fewer decisions.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pexpect

from botus.store.decisions.journal import Decisions
from tests.review.terminal.test_terminal import decide_and_kill, queue, take_everything_back, written


def main(decisions: int, seed: int) -> None:
    """Run, and say what was done; an AssertionError is a lost or doubled decision."""
    opened: list[pexpect.spawn] = []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "tweets.txt").write_text("".join(f"post {number:04d}\n" for number in range(4 * decisions)))
        before = queue(data)
        decide_and_kill(data, opened, decisions, seed)
        count = len(written(data))
        take_everything_back(data, opened)
        assert queue(data) == before
        assert Decisions(data).verdicts() == {}
    print(f"{decisions} key presses, {len(opened) - 1} kills, {count} records: nothing lost, nothing doubled")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
