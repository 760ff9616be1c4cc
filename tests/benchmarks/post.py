"""What posting costs besides the request: `python -m tests.benchmarks.post [FOLDER]`.

Prints medians on the disk that FOLDER (default: the working folder) is on; asserts nothing.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from botus.store.tweeted import Log
from tests.support.fakes import FakeTarget, Platform, World

RUNS = 30
LINES = 1_000_000
ENTRIES = 50_000


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
from botus.store.queue import Queue
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


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else "."))
    try:
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
