"""A Dask cluster of real processes on loopback: a scheduler, and workers that have botus."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

from tests.support.command import environment, until


class DaskCluster:
    """Processes in a folder of their own.

    Attributes:
        workers: by name.
        address: of the scheduler.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self.workers = folder, dict[str, subprocess.Popen[bytes]]()
        self._file = folder / "scheduler.json"
        given = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self._file))
        self.scheduler = self._start("scheduler", given, {})
        until(self._is_written)  # a worker would not wait for the end of the file

    def add(self, name: str, cache: str = "cache", **variables: str) -> None:
        """Start a worker of one thread; workers of one cache share its models."""
        given = ("--scheduler-file", str(self._file), "--name", name, "--nthreads", "1", "--no-dashboard")
        variables = {"XDG_CACHE_HOME": str(self._folder / cache)} | variables
        self.workers[name] = self._start("worker", (*given, "--no-nanny"), variables)

    def _start(
        self, kind: str, given: tuple[str, ...], variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with open(self._folder / "said.txt", "ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *given],
                cwd=self._folder,
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def _is_written(self) -> bool:
        return self._file.exists() and self._file.read_text().endswith("}")

    @property
    def address(self) -> str:
        found: str = json.loads(self._file.read_text())["address"]
        return found

    def wait(self) -> None:
        """Wait until all workers that were started and live are there, and none else."""
        with self.client() as client:
            until(lambda: _names(client) == {*self.workers})

    def is_idle(self) -> bool:
        """Tell whether the scheduler knows of no task."""
        with self.client() as client:
            return not any(client.processing().values())

    @contextmanager
    def client(self) -> Iterator[Client]:
        with Client(self.address, set_as_default=False) as client:
            yield client

    def kill(self, name: str) -> None:
        worker = self.workers.pop(name)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def end(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def dask_cluster(folder: Path, *names: str) -> Iterator[DaskCluster]:
    """Run a scheduler and workers."""
    cluster = DaskCluster(folder)
    try:
        for name in names:
            cluster.add(name)
        cluster.wait()
        yield cluster
    finally:
        cluster.end()


def _names(client: Client) -> set[str]:
    return {one["name"] for one in client.scheduler_info(n_workers=-1)["workers"].values()}
