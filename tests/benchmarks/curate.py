"""Measures a review: start, key to painted card, memory, refit; with --replay, what its order is worth.

    python tests/benchmarks/curate.py
    python tests/benchmarks/curate.py --replay [FOLDER GOOD] [--quick]

FOLDER holds files of generated texts with a line of equals signs between them, GOOD is a file with the texts
that a person picked from them, one per line. Without them, the replay has only what the package brings along.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pty
import resource
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import accumulate, islice
from pathlib import Path
from random import Random

from botus.text import fingerprint

KEYS = "kdddsd ddddkudddddk"
PROGRAM = "from botus.cli.main import main; main()"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", nargs="*", type=Path, metavar="FOLDER GOOD")
    parser.add_argument("--quick", action="store_true", help="three seeds and smaller decks")
    parser.add_argument("--keys", type=int, default=300)
    chosen = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[2]))  # where this file is run, not its module
    if chosen.replay is None:
        measure(chosen.keys)
    elif len(chosen.replay) not in (0, 2):
        parser.error("--replay takes FOLDER and GOOD, or nothing")
    else:
        from tests.benchmarks.review.replay import replay

        folder, good = chosen.replay or (None, None)
        replay(folder, good, *((3, 1000) if chosen.quick else (9, 2000)))


def measure(keys: int) -> None:
    """Print how long a person waits, and what the review takes up."""
    for count in (10_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), count)
            starts, _, used = zip(*[drive(Path(folder), 0) for _ in range(5)], strict=True)
            wall = f"median {sorted(starts)[2]:.2f} s, best {min(starts):.2f} s"
            work = sorted(one.ru_utime + one.ru_stime for one in used)[2]
            print(f"start, {count:,} candidates: {wall}, {work:.2f} s of processor time, of 5")
            _, unsorted, most = drive(Path(folder), keys)
            waits = sorted(unsorted)
            middle, last = statistics.median(waits), waits[int(0.95 * len(waits))]
            late = f"p95 {1000 * last:.1f} ms, longest {1000 * waits[-1]:.1f} ms"
            print(f"key to card, {count:,}: p50 {1000 * middle:.1f} ms, {late}, of {len(waits)}")
            print(f"memory, {count:,}: {most.ru_maxrss / 1024:.0f} MB")
    refit()


def write(data: Path, count: int) -> None:
    """Write a queue as `generate` leaves it."""
    rng = Random(1)
    text_of = words(rng)
    (data / ".botus").mkdir()
    with open(data / "tweets.txt", "w") as queue, open(data / ".botus" / "candidates.jsonl", "w") as known:
        for number in range(count):
            text = f"{text_of(rng.randrange(6, 22))} {number}."
            record = {"text": text, "fingerprint": fingerprint(text), "model": "run1", "step": 500}
            record |= {"temperature": 0.9, "number": number, "score": round(rng.random(), 4)}
            record |= {"parts": {"characters": 4.3, "closes": 1.0, "plain": -7.1, "rarest": 8.2}}
            record["logprob"] = -3.2
            record |= {"nearest": {"number": 3, "text": "a post of the corpus", "run": 5}, "flags": []}
            queue.write(f"{text}\n")
            known.write(json.dumps({**record, "repairs": [], "time": number}) + "\n")


def words(rng: Random) -> Callable[[int], str]:
    """Return what makes texts of so many words, a few of which are frequent and most of them rare."""
    syllables = [one + other for one in "bdfgklmnprstvz" for other in "aeiou"]
    made = ["".join(rng.choices(syllables, k=rng.randrange(1, 5))) for _ in range(30_000)]
    weights = list(accumulate(1 / rank for rank in range(1, len(made) + 1)))
    return lambda count: " ".join(rng.choices(made, cum_weights=weights, k=count))


def drive(data: Path, keys: int) -> tuple[float, list[float], resource.struct_rusage]:
    """Run a review in a pseudo-terminal; returns seconds to the first card, from key to card, and its use."""
    began = time.perf_counter()
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "--data", str(data), "curate"]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    painted(ours)
    start, waits = time.perf_counter() - began, []
    for number in range(keys):
        time.sleep(0.02)  # nobody is faster than that, and the review may think meanwhile
        while select.select([ours], [], [], 0)[0]:
            read(ours)  # what it painted of its own accord is not the answer to a key
        pressed = time.perf_counter()
        os.write(ours, KEYS[number % len(KEYS)].encode())
        painted(ours)
        waits.append(time.perf_counter() - pressed)
    os.write(ours, b"q")
    while read(ours):
        pass
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    os.close(ours)
    return start, waits, used


def painted(terminal: int) -> None:
    """Wait for the end of a screen: its line of keys."""
    seen = b""
    while b" quit" not in seen:
        seen += read(terminal)


def read(terminal: int) -> bytes:
    """Read what there is; nothing at the end."""
    select.select([terminal], [], [], 30)
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def refit() -> None:
    """Time the learning from 1,000 decisions: its folds, rating the deck and laying it out included."""
    from tests.benchmarks.review.sitting import Sitting

    rng = Random(1)
    texts = list(map(words(rng), [15] * 3000))
    sitting = Sitting(texts, rng.sample(texts, 300))
    gc.freeze()
    for _ in islice(sitting.cards(), 1001):
        pass
    times = sorted(sitting.lessons[-5:])
    print(f"refit on 900 to 1,000 decisions: {times[2]:.0f} ms of processor time", end=", ")
    print(f"longest piece {sitting.longest:.1f} ms")


if __name__ == "__main__":
    main()
