"""Measures the page: its start, first page, touch to next card as the server answers it, and memory.

python -m tests.benchmarks.web [--touches 300]
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from pathlib import Path

from botus.review.session import open_session
from tests.benchmarks.curate import write
from tests.web.served import Served, served

VERDICTS = ("keep", "drop", "drop", "drop", "star", "drop", "later", "drop", "drop", "drop")


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--touches", type=int, default=300)
    touches = parser.parse_args().touches
    for count in (10_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), count)
            measure(Path(folder), count, touches)
    with tempfile.TemporaryDirectory() as folder:
        again_and_again(Path(folder))


def measure(data: Path, count: int, touches: int) -> None:
    """Print what one person meets, with so many candidates."""
    began = time.perf_counter()
    with served(data) as page:
        print(f"{count:,} candidates: start and login {time.perf_counter() - began:.2f} s")
        print(f"  memory before a review: {memory(page)} MB")
        began = time.perf_counter()
        size = len(page.ask("GET", "/")[1]) + sum(len(page.ask("GET", f"/{name}")[1]) for name in files(page))
        files_in = time.perf_counter() - began
        began = time.perf_counter()
        view = page.send("/review")
        print(
            f"  first page: {size / 1000:.1f} kB of files in {files_in:.3f} s,"
            f" the first cards in {time.perf_counter() - began:.2f} s"
        )
        waits = []
        for number in range(touches):
            post, verdict = view["cards"][0]["post"], VERDICTS[number % len(VERDICTS)]
            time.sleep(0.02)  # nobody is faster, and it may learn meanwhile
            began = time.perf_counter()
            decisions = [{"post": post, "verdict": verdict}]
            view = page.send("/decide", id=str(number), decisions=decisions)["view"]
            waits.append(1000 * (time.perf_counter() - began))
        waits.sort()
        late = f"p95 {waits[int(0.95 * len(waits))]:.1f} ms, longest {waits[-1]:.1f} ms"
        print(f"  touch to next card: p50 {statistics.median(waits):.1f} ms, {late}, of {touches}")
        print(f"  memory in a review: {memory(page)} MB")
        began = time.perf_counter()
        with open_session(data, take_over=True):
            print(f"  taken over in {time.perf_counter() - began:.2f} s; memory after it: {memory(page)} MB")


def files(page: Served) -> set[str]:
    """The files that index.html wants, and those that they import."""
    found: set[str] = set()
    new = {"index.html"}
    while new:
        contents = [page.ask("GET", "/" if name == "index.html" else f"/{name}")[1].decode() for name in new]
        named = re.findall(
            r"""(?:src|href|from|import)[ =(]*["'](?:\./|/)?([\w-]+\.(?:js|css|svg))""", " ".join(contents)
        )
        found |= new
        new = set(named) - found
    return found - {"index.html"}


def again_and_again(data: Path) -> None:
    """Print what a review takes that is opened and let go many times."""
    write(data, 10_000)
    for number in range(31):
        with open_session(data):
            pass
        if number % 10 == 0:
            print(f"memory after {number + 1} reviews: {_resident('self')} MB")


def memory(page: Served) -> int:
    return _resident(str(page.process.pid))


def _resident(process: str) -> int:
    """Megabytes that a process takes."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) // 1000 if found else 0


if __name__ == "__main__":
    main()
