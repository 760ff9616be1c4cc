"""What posting costs besides the request: `python -m tests.benchmarks.post [FOLDER]`.

Prints what a slot and the commands cost by the sizes of log and queue, each beside what it should cost, then
medians on the disk that FOLDER (default: the working folder) is on; asserts nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from botus.store.log.tweeted import Log
from tests.support.fakes import FakeTarget, Platform, World
from tests.support.servers import MastodonServer

RUNS = 30
ROUNDS = 5
LINES = 1_000_000
ENTRIES = 50_000
COST = "{:18} {:32} {:>7} {:>7} {:>7}   {}"
ACCOUNT = {"CONSUMER_KEY": "a", "CONSUMER_SECRET": "b", "ACCESS_TOKEN": "c", "ACCESS_TOKEN_SECRET": "d"}
NOBODY = ACCOUNT | {"X_BASE_URL": "http://127.0.0.1:9", "CRON": "0 * * * *"}


def posting_run(data: Path, entries: int) -> float:
    """Median milliseconds of a posting run whose request takes no time."""
    log = [{"text": f"an earlier post, number {number}", "timestamp": number} for number in range(entries)]
    if entries:
        (data / "tweeted.json").write_text(json.dumps(log, indent=2))
    world = World(data, FakeTarget(Platform(), "fake"))
    world.lines(*(f"line {number} of a queue as it is" for number in range(500)))
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        world.run().post()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def log_append(data: Path) -> float:
    """Median milliseconds to add one entry to a log of many, read before."""
    log = [{"text": f"an earlier post, number {number}", "timestamp": number} for number in range(ENTRIES)]
    (data / "tweeted.json").write_text(json.dumps(log, indent=2))
    owner = Log(data)
    owner.entries()
    times = []
    for number in range(10):
        began = time.perf_counter()
        owner.append({"text": f"new {number}", "timestamp": 1, "id": f"{number:010}", "targets": {}})
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def million_lines(data: Path) -> tuple[float, float, float]:
    """Milliseconds to draw from and to rewrite a million lines, and the peak memory in MB."""
    with (data / "tweets.txt").open("w") as out:
        out.writelines(
            f"The lamp was lit at dusk, entry {number}, and nobody came.\n" for number in range(LINES)
        )
    code = f"""
import random, time
from pathlib import Path
from botus.store.queue.tweets import Queue
queue = Queue(Path({str(data)!r}))
began = time.perf_counter()
line = queue.draw(random.Random(1), lambda line: True)
drawn = time.perf_counter()
queue.remove(line)
status = Path("/proc/self/status").read_text()
print(drawn - began, time.perf_counter() - drawn, status.partition("VmHWM:")[2].split()[0])
"""
    numbers = [
        [float(word) for word in subprocess.check_output([sys.executable, "-c", code]).split()]
        for _ in range(5)
    ]
    draw, remove, peak = (statistics.median(column) for column in zip(*numbers, strict=True))
    return draw * 1000, remove * 1000, peak / 1024


def table(folder: Path) -> None:
    """Print what each thing costs at each size: seconds of computing, by the clock, and peak memory."""
    print(COST.format("", "", "CPU", "clock", "memory", "should be below"))
    with MastodonServer() as server:
        mastodon = {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}
        for entries in (0, 10_000, 100_000):
            with data_of(folder, entries, 500) as data:
                name = f"log of {entries:,}"
                show(name, "slot", slot(data), "0.06 s, 45 MB")
                aim = "0.35 s" if not entries else "0.8 s, 60 MB"
                show(name, "post", command(data, "post", mastodon), aim)
                if entries == 100_000:
                    show(name, "status", command(data, "status", NOBODY), "0.8 s, 60 MB")
                    show(name, "health", command(data, "health", NOBODY), "0.3 s, 35 MB")
    with data_of(folder, 1000, 100_000) as data:
        name = "queue of 100,000"
        for post_only, kept in (("any", 0), ("reviewed", 500), ("reviewed", 40), ("reviewed", 0)):
            for order in ("random", "file", "spaced"):
                words = f"slot, {post_only}, {kept} kept, {order}"
                generated_and_kept(data, 0 if post_only == "any" else 100_000, kept)
                show(name, words, slot(data, post_only, order), "0.2 s, 45 MB")
        generated_and_kept(data, 0, 0)
        show(name, "status, X, a link a line", command(data, "status", NOBODY), "1 s")
        show(name, "doctor", command(data, "doctor", NOBODY), "80 MB")
    with data_of(folder, 1000, 5_000_000) as data:
        name = "queue of 5,000,000"
        for word in ("status", "doctor"):
            show(name, word, command(data, word, NOBODY, rounds=2), "5 s, 80 MB")


def text(number: int) -> str:
    return f"The keeper counted {number} gulls: https://example.org/{number}"


@contextmanager
def data_of(folder: Path, entries: int, lines: int) -> Iterator[Path]:
    """A data directory with so many posts in its log and lines in its queue."""
    data = folder / f"{entries}-{lines}"
    (data / ".botus").mkdir(parents=True)
    # In pieces: a new process counts the memory of the one that started it.
    with (data / "tweeted.json").open("w") as out:
        entry = '{{\n    "text": "an earlier post, number {0}",\n    "timestamp": {0}\n  }}'
        out.write("[")
        out.writelines(("," if n else "") + "\n  " + entry.format(n) for n in range(entries))
        out.write("\n]" if entries else "]")
    with (data / "tweets.txt").open("w") as out:
        out.writelines(text(number) + "\n" for number in range(lines))
    yield data
    shutil.rmtree(data)


def generated_and_kept(data: Path, generated: int, kept: int) -> None:
    """Say that `generate` wrote so many lines, and that a person kept some, every tenth with a star."""
    for name in ("candidates", "decisions"):
        (data / ".botus" / f"{name}.jsonl").unlink(missing_ok=True)
    subprocess.run([sys.executable, "-c", REVIEWED, str(data), str(generated), str(kept)], check=True)


# A process of its own, for its memory.
REVIEWED = """
import random, sys
from pathlib import Path
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions.entries import Decision, Step
from botus.store.decisions.journal import Decisions
from botus.text import fingerprint
from tests.benchmarks.post import text
data, generated, kept = Path(sys.argv[1]), *map(int, sys.argv[2:])
origin, parts = Origin("run1", 1000, 0.9, 40, 0.0, "", 1), {"characters": 0.5, "words": 0.5}
if generated:
    Candidates(data).append(
        origin, (Candidate(text(n), n, 0.5, parts, -2.0, None, (), ()) for n in range(generated)), 1
    )
if kept:
    found = map(text, random.Random(1).sample(range(generated), kept))
    decided = (Decision("keep" if n % 10 else "star", fingerprint(one), one) for n, one in enumerate(found))
    Decisions(data).append(Step(1, 1, tuple(decided)))
"""

# Later slots of one process, as in `run`: the first has read what the others know.
SLOT = f"""
import statistics, sys, time
from pathlib import Path
from tests.support.fakes import FakeTarget, Platform, World
data, post_only, order = sys.argv[1:]
world = World(Path(data), FakeTarget(Platform(), "fake"), post_only=post_only, post_order=order)
run, times = world.run(), []
for _ in range({ROUNDS} + 1):
    began = time.process_time(), time.perf_counter()
    run.post()
    times.append((time.process_time() - began[0], time.perf_counter() - began[1]))
print(*map(statistics.median, zip(*times[1:])))
"""

Cost = tuple[float, float, float]
"""Seconds of computing, seconds by the clock, and megabytes at the peak."""


def slot(data: Path, post_only: str = "any", order: str = "random") -> Cost:
    """What a slot costs, but for the request and the first one of a process."""
    said, (_, _, peak) = _run(["-c", SLOT, str(data), post_only, order], {})
    computing, clock = map(float, said.split())
    return computing, clock, peak


def command(data: Path, word: str, variables: Mapping[str, str], rounds: int = ROUNDS) -> Cost:
    """What a command costs from its start to its end, in the median of some."""
    found = [_run(["-m", "botus", word, "--data", str(data)], variables)[1] for _ in range(rounds)]
    computing, clock, peak = map(statistics.median, zip(*found, strict=True))
    return computing, clock, peak


def show(size: str, what: str, cost: Cost, aim: str) -> None:
    computing, clock, peak = cost
    print(COST.format(size, what, f"{computing:.3f} s", f"{clock:.2f} s", f"{peak:.0f} MB", aim), flush=True)


def _run(arguments: list[str], variables: Mapping[str, str]) -> tuple[str, Cost]:
    """What one Python says and costs."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=out, stderr=subprocess.DEVNULL, env=os.environ | variables
        )
        _, code, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        took = time.perf_counter() - began
        out.seek(0)
        return out.read().decode(), (used.ru_utime + used.ru_stime, took, used.ru_maxrss / 1024)


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else "."))
    try:
        table(folder)  # first, while this process is small
        for entries in (0, 1000, ENTRIES):
            data = folder / f"posting-{entries}"
            data.mkdir()
            took = posting_run(data, entries)
            print(f"posting run beyond the request, {entries:6} entries in the log {took:7.1f} ms")
        data = folder / "append"
        data.mkdir()
        print(f"adding an entry to a log of {ENTRIES} {log_append(data):7.1f} ms")
        data = folder / "million"
        data.mkdir()
        draw, remove, peak = million_lines(data)
        print(f"drawing from {LINES} lines                              {draw:7.1f} ms")
        print(
            f"removing the line                                        {remove:7.1f} ms, peak {peak:.0f} MB"
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
