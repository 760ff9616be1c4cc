"""Measures a review: key to painted card, start, refit, and how many cards half of the good ones take.

    python tests/benchmarks/curate.py [--replay FOLDER GOOD]

FOLDER holds files of generated texts with a line of equals signs between them, GOOD is a file with the texts
that a person picked from them, one per line.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

from botus.generation import score
from botus.review import ranking
from botus.review.machine.order import Lesson, arrange
from botus.text import fingerprint

WORDS = (
    "sea",
    "keeps",
    "light",
    "drawer",
    "nobody",
    "counts",
    "dark",
    "stairs",
    "tide",
    "late",
    "salt",
    "glass",
)
KEYS = "kdddsd ddddkudddddk"
PROGRAM = "from botus.cli.main import main; main()"
Found = TypeVar("Found")


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", nargs=2, type=Path, metavar=("FOLDER", "GOOD"))
    parser.add_argument("--keys", type=int, default=300)
    chosen = parser.parse_args()
    for count in (10_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), count)
            starts, _, used = zip(*[drive(Path(folder), 0) for _ in range(5)], strict=True)
            wall = f"median {sorted(starts)[2]:.2f} s, best {min(starts):.2f} s"
            print(f"start, {count:,} candidates: {wall}, {sorted(used)[2]:.2f} s of processor time, of 5")
            waits = sorted(drive(Path(folder), chosen.keys)[1])
            middle, last = statistics.median(waits), waits[int(0.95 * len(waits))]
            late = f"p95 {1000 * last:.1f} ms"
            print(f"key to card, {count:,}: p50 {1000 * middle:.1f} ms, {late}, of {len(waits)}")
    refit()
    if chosen.replay:
        replay(*chosen.replay)


def write(data: Path, count: int) -> None:
    """Write a queue as `generate` leaves it."""
    rng = Random(1)
    (data / ".botus").mkdir()
    with open(data / "tweets.txt", "w") as queue, open(data / ".botus" / "candidates.jsonl", "w") as known:
        for number in range(count):
            text = " ".join(rng.choices(WORDS, k=rng.randrange(6, 22))) + f" {number}."
            record = {"text": text, "fingerprint": fingerprint(text), "model": "run1", "step": 500}
            record |= {"temperature": 0.9, "number": number, "score": round(rng.random(), 4)}
            record |= {"parts": {"ending": 1.0, "likeness": 0.5, "variety": 0.9}, "logprob": -3.2}
            record |= {"nearest": {"number": 3, "text": "a post of the corpus", "run": 5}, "flags": []}
            queue.write(f"{text}\n")
            known.write(json.dumps({**record, "repairs": [], "time": number}) + "\n")


def drive(data: Path, keys: int) -> tuple[float, list[float], float]:
    """Run a review in a pseudo-terminal; returns seconds to the first card, from key to card, of work."""
    began = time.perf_counter()
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "--data", str(data), "curate"]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    painted(ours)
    start, waits = time.perf_counter() - began, []
    for number in range(keys):
        time.sleep(0.02)  # nobody is faster than that, and the review may think meanwhile
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
    return start, waits, used.ru_utime + used.ru_stime


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
    """Time the learning from 1,000 decisions."""
    rng = Random(1)
    texts = [" ".join(rng.choices(WORDS, k=15)) for _ in range(1000)]
    examples = [(ranking.features(text), rng.random() < 0.1) for text in texts]
    gc.freeze()
    times, pauses = [], []
    for _ in range(5):
        began = last = time.perf_counter()
        for _ in ranking.fit(examples):
            pauses.append(time.perf_counter() - last)
            last = time.perf_counter()
        times.append(time.perf_counter() - began)
    longest = f"longest piece {1000 * max(pauses):.1f} ms"
    print(f"refit on 1,000 decisions: {1000 * sorted(times)[2]:.0f} ms, {longest}")


def replay(folder: Path, good: Path) -> None:
    """Count the cards until half of a person's picks were seen, by order."""
    picks = {line.strip() for line in good.read_text().splitlines() if line.strip()}
    separated = [path.read_text().split("=" * 20) for path in sorted(folder.iterdir())]
    texts = list(dict.fromkeys(text.strip() for part in separated for text in part if text.strip()))
    last = max(number for number, text in enumerate(texts) if text in picks) + 1
    print(f"replay: {len(texts):,} texts, {len(picks)} picks, the last of them is text {last:,}")
    for name, some in (("all", texts), (f"the first {last:,}", texts[:last])):
        found = picks & set(some)
        rated = {text: score.score(text, None, score.CorpusProfile(None, 1.0, 0.0)) for text in some}
        scores = {text: total for text, (total, _) in rated.items()}
        half = (len(found) + 1) // 2
        by_score = [until(arrange(some, "score", scores, Random(seed)), found, half) for seed in range(3)]
        by_chance = [until(Random(seed).sample(some, len(some)), found, half) for seed in range(3)]
        learned = [until_learned(some, rated, found, half, seed) for seed in range(3)]
        print(f"  {name}: cards until {half} of {len(found)} picks: file {until(some, found, half):,}")
        print(f"    score {by_score}, learned {learned}, random {by_chance} (three seeds each)")


def until(order: Sequence[str], picks: set[str], wanted: int) -> int:
    """Return how many cards are seen until so many picks are among them."""
    seen = 0
    for number, text in enumerate(order, 1):
        seen += text in picks
        if seen >= wanted:
            return number
    return len(order)


def until_learned(
    texts: Sequence[str],
    rated: dict[str, tuple[float, dict[str, float]]],
    picks: set[str],
    wanted: int,
    seed: int,
) -> int:
    """The same in the order by score, which what was decided changes by the rules of the review."""
    scores = {text: total for text, (total, _) in rated.items()}
    known = {text: ranking.features(text, parts) for text, (_, parts) in rated.items()}
    rest = arrange(texts, "score", scores, Random(seed))[::-1]
    seen: list[str] = []
    learned_from = kept = 0
    while rest and kept < wanted:
        seen.append(rest.pop())
        kept += seen[-1] in picks
        if len(seen) < ranking.FEWEST or len(seen) - learned_from < max(10, len(seen) // 20):
            continue
        learned_from, examples = len(seen), [(known[text], text in picks) for text in seen[-1000:]]
        auc = result(ranking.cross_validate(examples)) if ranking.is_enough(examples) else None
        if auc is None:
            continue
        by_score = ranking.auc([(scores[text], text in picks) for text in seen[-1000:]])
        chances = scores
        if Lesson(len(examples), {}, auc, by_score).is_better_than_score:
            model = result(ranking.fit(examples))
            chances = {text: model.chance(known[text]) for text in rest}
        rest = arrange(rest, "score", chances, Random(len(seen)))[::-1]
    return len(seen)


def result(work: Generator[None, None, Found]) -> Found:
    """Work to the end."""
    try:
        while True:
            next(work)
    except StopIteration as end:
        found: Found = end.value
        return found


if __name__ == "__main__":
    main()
