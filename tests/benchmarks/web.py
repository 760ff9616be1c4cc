"""Measures the page: its start, first page, touch to next card as the server answers it, and memory.

python -m tests.benchmarks.web [--touches 300]
"""

from __future__ import annotations

import argparse
import gzip
import re
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

from botus.review.session import open_session
from tests.benchmarks.curate import write
from tests.web.served import Served, served

_NAMED = re.compile(r"""["']((?:\./|\.\./|/)[\w./-]+\.(?:js|css|svg))["']""")
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
        found = files(page)
        size, packed = sum(map(len, found.values())), sum(len(gzip.compress(one)) for one in found.values())
        files_in = time.perf_counter() - began
        began = time.perf_counter()
        view = page.send("/review")
        print(
            f"  first page: {size / 1000:.1f} kB of files ({packed / 1000:.1f} packed) in {files_in:.3f} s,"
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


def files(page: Served) -> dict[str, bytes]:
    """What a browser fetches for the first page, by address: the page, what it names, what that imports."""
    found: dict[str, bytes] = {}
    new = {"/"}
    while new:
        found |= {path: page.ask("GET", path)[1] for path in new}
        named = {urljoin(path, name) for path in new for name in _NAMED.findall(found[path].decode())}
        new = named - found.keys()
    return found


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
