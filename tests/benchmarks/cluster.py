"""What a cluster costs and brings: `python -m tests.benchmarks.cluster`, three minutes at the most.

Real schedulers and workers on this machine. Prints texts per second of one process and of 1, 2 and 4 workers,
what a unit costs besides its sampling, what a model of 500 MB costs the scheduler, and how many texts per
second the coordinator judges and writes.
"""

from __future__ import annotations

import os
import pickle
import random
import re
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from botus import demo
from botus.checkpoints.checkpoint import open_checkpoint
from botus.generation import loop
from botus.generation.job import Job, Sample, SamplingOptions
from botus.generation.sampling.cluster import worker
from botus.generation.sampling.cluster.coordinator import Cluster
from botus.generation.sampling.cluster.welcome import call
from botus.generation.sampling.sampler import Sampler
from botus.generation.sampling.units import Plan, Writer, by_threads
from botus.store.candidates import Origin
from botus.store.queue.tweets import Queue
from tests.support import bundle
from tests.support.dask import dask_cluster

SECONDS = 12.0  # that each speed is measured for
PADDING = 500 << 20  # bytes
UNITS = 100  # over which the cost of one is measured


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        small = bundle.write_bigrams(Path(folder) / "small" / "run1", ["The"], {"Ċ": {"The": 1}})
        cost_of_a_unit(Path(folder), Sampler(open_checkpoint(small), [Path(folder)]))
        own = Sampler(open_checkpoint(demo.folder()), [Path(folder)], device="cpu")
        print(f"one process, one thread: {speed(own, None):.0f} texts/s")
        for count in (1, 2, 4):
            place = Path(folder) / f"{count}"
            place.mkdir()
            with dask_cluster(place, *(f"pc{i}" for i in range(count))) as cluster:
                found = speed(own, Cluster(cluster.address, "cpu", lambda sentence: None))
                print(f"{count} workers of one thread: {found:.0f} texts/s, {os.cpu_count()} cores")
        judging(Path(folder))


def speed(own: Sampler, cluster: Cluster | None) -> float:
    """Texts per second after the first ones have come."""
    stream = own.stream(SamplingOptions(), 1, units=cluster or by_threads(1))
    next(stream)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        next(stream)
        count += 1
    elapsed = time.monotonic() - began
    stream.close()  # type: ignore[attr-defined]
    return count / elapsed


def cost_of_a_unit(folder: Path, own: Sampler) -> None:
    parts: list[tuple[Writer, Plan]] = []

    def units(writer: Writer, plan: Plan, numbers: Iterator[int]) -> Iterator[list[Sample]]:
        parts.append((writer, plan))
        yield from ()

    list(own.stream(SamplingOptions(max_tokens=20), 1, units=units))
    writer, plan = parts[0]
    began = time.monotonic()
    for number in range(UNITS):
        samples = writer.write(plan, number)
    alone = (time.monotonic() - began) / UNITS
    with open(writer.folder / "model.bin", "ab") as model:
        model.write(os.urandom(PADDING))  # CTranslate2 reads no further than it needs
    place = folder / "cost"
    place.mkdir()
    with dask_cluster(place, "pc1") as processes:
        before = peak(processes.scheduler.pid)
        cluster = Cluster(processes.address, "cpu", lambda sentence: None)
        began = time.monotonic()
        stream = cluster(writer, plan, iter(range(UNITS + 10)))
        next(stream)
        print(
            f"a model of {PADDING >> 20} MB: {time.monotonic() - began:.1f} s until the first unit; the "
            f"scheduler held {before >> 20} MB before and {peak(processes.scheduler.pid) >> 20} MB at most"
        )
        began = time.monotonic()
        for _ in islice(stream, UNITS):
            pass
        through = (time.monotonic() - began) / UNITS
        stream.close()  # type: ignore[attr-defined]
    todo, batch = len(call(worker.write, "0" * 64, "cpu", writer.loading, plan, 1)), plan.options.batch
    print(
        f"a unit of {batch} texts: {through * 1000:.1f} ms by a worker, {alone * 1000:.1f} here; "
        f"{todo} bytes go there, {len(pickle.dumps(samples))} come back"
    )


def judging(folder: Path) -> None:
    """How fast the coordinator is where texts cost nothing."""
    words = [
        f"{first}{last}" for first in "bcdfglmnprst" for last in ("ale", "ond", "ist", "ump", "erra", "iko")
    ]

    def draw(skip: int) -> Iterator[Sample]:
        for number in range(skip, 10**9):
            rng = random.Random(number)
            yield Sample(" ".join(rng.choices(words, k=12)), True, -3.0, 14, number)

    for before in (0, 100_000):
        data = folder / f"judge{before}"
        data.mkdir()
        Queue(data).append(one.text for one in islice(draw(10**7), before))
        origin = Origin("demo", 1, 0.9, 0, 1.0, "", 1)
        done = loop.generate(Job(data, origin, 5000), draw)
        print(f"judged and written into a queue of {before}: {done.seen / done.seconds:.0f} texts/s")


def peak(process: int) -> int:
    """The most bytes that a process held."""
    found = re.search(r"^VmHWM:\s*(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
