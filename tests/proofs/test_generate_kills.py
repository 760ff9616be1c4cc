"""The real `botus generate`: killed at random moments, and repeated at one and two threads.

Each round starts the command with the bundled model, kills it with SIGKILL and looks at the files: no line is
torn, doubled or without its record. At the end the same seed has to give, in the same order, exactly what a
run gives that nobody disturbed. `python -m tests.proofs.test_generate_kills 100` does it a hundred times.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from botus import demo
from botus.store.candidates import Candidates
from botus.text import fingerprint, unescape
from tests.support.command import Ended, botus, start, until

LINES = 40  # of each round at the most
ROUNDS = 10
MOST_STARTING, MOST_WRITING = 1.5, 0.3  # seconds until a kill

# 2,000 posts of the model's corpus are indexed in no time, so that most kills strike while it writes.
CORPUS_LINES = 2000


def world(folder: Path) -> Path:
    corpus = demo.corpus().read_bytes().split(b"\n")[:CORPUS_LINES]
    folder.mkdir(parents=True)
    (folder / "corpus.txt").write_bytes(b"\n".join(corpus) + b"\n")
    return folder


def generate(data: Path, *options: str, n: int = LINES) -> Ended:
    return botus("generate", "-n", str(n), "--seed", "5", "--data", data, *options)


def queue(data: Path) -> list[str]:
    """Return the lines of the queue, after a look whether each is whole."""
    path = data / "tweets.txt"
    content = path.read_bytes() if path.exists() else b""
    assert content.endswith(b"\n") or not content
    return content.decode().split("\n")[:-1]


def check(data: Path) -> int:
    """Every line is whole, there once, and has its record; return their number."""
    lines = queue(data)
    assert len(set(lines)) == len(lines)
    known = Candidates(data).provenance()
    assert all(fingerprint(unescape(line)) in known for line in lines)
    return len(lines)


def kill(data: Path, rng: random.Random, *, writing: bool) -> bool:
    """Kill a run some time after its start, or after its first new line; False if it had ended before."""
    path, lines = data / "tweets.txt", len(queue(data))
    running = start("generate", "-n", "100000", "--seed", "5", "--threads", "1", "--data", data)
    try:
        if writing:
            until(lambda: path.exists() and path.read_bytes().count(b"\n") > lines)
        time.sleep(rng.uniform(0, MOST_WRITING if writing else MOST_STARTING))
        return running.poll() is None
    finally:
        running.kill()
        running.communicate()


def rounds(data: Path, count: int, rng: random.Random) -> tuple[int, int]:
    """Kill so many runs; return how many were killed while they lived, and in how many rounds lines came."""
    killed = wrote = lines = 0
    for number in range(count):
        killed += kill(data, rng, writing=number % 3 > 0)
        before, lines = lines, check(data)
        wrote += lines > before
    return killed, wrote


def check_end(data: Path, undisturbed: Path) -> int:
    """The same seed goes on where it was, and all in all writes what one undisturbed run writes."""
    assert generate(data).code == 0
    lines = check(data)
    assert generate(undisturbed, n=lines).code == 0
    assert queue(data) == queue(undisturbed)
    return lines


def test_kill_at_random_moments_never_tears_a_line(tmp_path: Path) -> None:
    data = world(tmp_path / "data")
    killed, wrote = rounds(data, ROUNDS, random.Random(1))
    assert killed == ROUNDS
    assert wrote >= ROUNDS // 2
    assert check_end(data, world(tmp_path / "undisturbed")) > LINES


def test_a_seed_gives_the_same_files_at_one_and_two_threads(tmp_path: Path) -> None:
    files = []
    for name, threads in (("one", "1"), ("again", "1"), ("two", "2")):
        data = world(tmp_path / name)
        assert generate(data, "--threads", threads, "--top-p", "0.95", n=200).code == 0
        records = [
            {key: value for key, value in record.items() if key != "time"}
            for record in map(json.loads, (data / ".botus" / "candidates.jsonl").open())
        ]
        files.append(((data / "tweets.txt").read_bytes(), records))
    assert files[0] == files[1] == files[2]
    other = world(tmp_path / "other")
    assert botus("generate", "-n", "200", "--seed", "6", "--data", other).code == 0
    assert len(set(queue(other)) & set(files[0][0].decode().split("\n"))) < 50  # a small model's sayings


def main() -> None:
    """Kill as many runs as the command line says, and print the figures."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        data = world(Path(name) / "data")
        killed, wrote = rounds(data, count, random.Random())
        lines = check_end(data, world(Path(name) / "undisturbed"))
    print(
        f"{killed} of {count} runs killed alive, lines came in {wrote}, {lines} lines at the end, none torn"
    )


if __name__ == "__main__":
    main()
