"""A container in a process of its own, in which time runs fast; its platform is a file that only grows.

    python -m tests.proofs.twin DATA PLATFORM BEGAN SPEED SKEW

BEGAN is when simulated time began (seconds since the epoch), SPEED how many of its seconds pass in one, SKEW
by how many this container's clock is ahead.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

from botus.schedule.loop import Loop
from botus.settings import load
from tests.proofs.poster import FilePlatform, FileTarget

BEGIN = 1_800_000_000.0


def live(data: Path, platform: Path, began: float, speed: float, skew: float) -> None:
    """Post every minute of simulated time until somebody ends the process."""
    settings = load({"CRON": "* * * * *", "MAX_PER_DAY": "1440", "CATCH_UP": "yes"}, data)

    def clock() -> float:
        return BEGIN + (time.time() - began) * speed + skew

    def wait(seconds: float) -> bool:
        time.sleep(seconds / speed)
        return False

    target = FileTarget(FilePlatform(platform), "file")
    Loop(settings, {"file": target}, clock, wait, lambda *words, **fields: None, Random()).run()


if __name__ == "__main__":
    live(Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:6]))
