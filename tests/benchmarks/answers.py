"""How much time of a processor an answer takes: the first one, with the index to make, and the others.

python -m tests.benchmarks.answers [LINES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from random import Random

from botus.answering.pool import Pool

_TRIES = 2000


def main(lines: int = 5000) -> None:
    """Print the times for a pool of so many lines."""
    rng = Random(1)
    words = ["".join(rng.choice("aeiourstlnm") for _ in range(rng.randint(2, 9))) for _ in range(8000)]

    def sentence(most: int) -> str:
        # As in a language: few words make up most of a text.
        return " ".join(words[int(len(words) * rng.random() ** 4)] for _ in range(rng.randint(3, most)))

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "answers.txt").write_text("".join(f"{sentence(30)}.\n" for _ in range(lines)))
        (data / "tweets.txt").write_text("".join(f"{sentence(30)}.\n" for _ in range(lines)))
        pool = Pool(data)
        begun = time.process_time()
        pool.choose("the first", (), rng)
        print(f"{lines:,} lines, the first answer: {1000 * (time.process_time() - begun):.0f} ms")
        for name, most in (("a sentence", 20), ("a long text", 400)):
            times = []
            for _ in range(_TRIES):
                question = sentence(most)
                begun = time.process_time()
                assert pool.choose(question, (), rng)
                times.append(1000 * (time.process_time() - begun))
            times.sort()
            print(
                f"{name}: median {times[_TRIES // 2]:.1f} ms, 99th of 100 {times[_TRIES * 99 // 100]:.1f} ms"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
