"""What posting costs besides the request: `python -m tests.benchmarks.post [FOLDER]`.

Prints medians on the disk that FOLDER (default: the working folder) is on, then what the commands cost by the
sizes of log and queue; asserts nothing.
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
from pathlib import Path

from botus.store.tweeted import Log
from tests.support.fakes import FakeTarget, Platform, World

RUNS = 30
LINES = 1_000_000
ENTRIES = 50_000
SIZES = ((0, 500), (10_000, 500), (100_000, 500), (1000, 100_000), (1000, 5_000_000))  # log, queue
COMMANDS = ("status", "doctor", "health", "post --dry-run")
ACCOUNT = {"CONSUMER_KEY": "a", "CONSUMER_SECRET": "b", "ACCESS_TOKEN": "c", "ACCESS_TOKEN_SECRET": "d"}
NOBODY = {"X_BASE_URL": "http://127.0.0.1:9", "CRON": "0 * * * *"}


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


def table(folder: Path) -> None:
    """Print seconds and peak memory of each command, with X and a link in each line, by size."""
    print(f"{'log':>8} {'queue':>9}  " + " ".join(f"{command:>17}" for command in ("slot", *COMMANDS)))
    for entries, lines in SIZES:
        data = folder / f"{entries}-{lines}"
        data.mkdir()
        # In pieces: a new process counts the memory of the one that started it.
        with (data / "tweeted.json").open("w") as out:
            entry = '{{\n    "text": "an earlier post, number {0}",\n    "timestamp": {0}\n  }}'
            out.write("[")
            out.writelines(("," if n else "") + "\n  " + entry.format(n) for n in range(entries))
            out.write("\n]" if entries else "]")
        with (data / "tweets.txt").open("w") as out:
            out.writelines(f"The keeper counted {n} gulls: https://example.org/{n}\n" for n in range(lines))
        costs = [_cost(["-c", SLOT, str(data)])]
        costs += [_cost(["-m", "botus", *command.split(), "--data", str(data)]) for command in COMMANDS]
        print(
            f"{entries:8,} {lines:9,}  " + " ".join(f"{took:6.2f} s {peak:4.0f} MB" for took, peak in costs)
        )
        shutil.rmtree(data)


# The third slot of one process, as in `run`.
SLOT = """
import sys, time
from pathlib import Path
from tests.support.fakes import FakeTarget, Platform, World
run = World(Path(sys.argv[1]), FakeTarget(Platform(), "fake")).run()
for _ in range(3):
    began = time.perf_counter()
    run.post()
print(time.perf_counter() - began)
"""


def _cost(arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of one Python; what a slot took it says itself."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        variables = os.environ | ACCOUNT | NOBODY
        process = subprocess.Popen([sys.executable, *arguments], stdout=out, stderr=out, env=variables)
        _, code, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        took = time.perf_counter() - began
        out.seek(0)
        said = out.read().decode()
    return float(said) if arguments[0] == "-c" else took, used.ru_maxrss / 1024


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
