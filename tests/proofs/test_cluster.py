"""A cluster of real processes writes what one process writes, whoever dies on the way.

One scheduler and three workers serve all of these, in their order; the last ones end them.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import TemporaryError
from botus.generation.job import SamplingOptions
from botus.generation.sampling.cluster.coordinator import Cluster
from botus.generation.sampling.sampler import Sampler
from tests.support import bundle
from tests.support.command import botus, environment, start, until
from tests.support.dask import DaskCluster, dask_cluster

LINES = 1000  # ten units, so that each worker has two after the first


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write_heaps(tmp_path_factory.mktemp("model") / "run1")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), "pc1", "pc2", "pc3") as found:
        yield found


@pytest.fixture(scope="module")
def expected(run: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What one process writes."""
    data = tmp_path_factory.mktemp("one")
    assert botus(*command(data, run)).code == 0
    return (data / "tweets.txt").read_bytes()


def command(data: Path, run: Path, *more: str, n: int = LINES) -> tuple[str | Path, ...]:
    given = ("generate", "--checkpoint", run, "--seed", "5", "-n", str(n), "--without", "loop")
    return ("--data", data, *given, *more)


def written(data: Path) -> bytes:
    path = data / "tweets.txt"
    return path.read_bytes() if path.exists() else b""


def begin(data: Path, run: Path, cluster: DaskCluster) -> subprocess.Popen[str]:
    """Start a run, and wait until its first lines are there."""
    process = start(*command(data, run, "--cluster", cluster.address))
    until(lambda: bool(written(data)), patience=120)
    return process


def test_workers_that_die_and_come_change_nothing(
    cluster: DaskCluster, run: Path, expected: bytes, tmp_path: Path
) -> None:
    process = begin(tmp_path, run, cluster)
    cluster.kill("pc2")
    for worker in cluster.workers.values():
        worker.send_signal(signal.SIGSTOP)  # so that there is something left for one that comes
    cluster.add("pc4", cache="another")
    assert process.stderr is not None
    err = ""
    while err.count("sending the model") < 2:
        err += process.stderr.readline()
    for worker in cluster.workers.values():
        worker.send_signal(signal.SIGCONT)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == 0, err + rest
    assert written(tmp_path) == expected
    assert re.findall("sending the model, .* to (.*)", err) == ["1 worker", "1 worker"]  # three share a cache
    assert "pc2 has gone; the others write its units" in err
    assert all(re.search(f"^{name}: [1-9][0-9]* unit", rest, re.MULTILINE) for name in ("pc1", "pc3", "pc4"))
    assert f"wrote {LINES:,} lines" in out


def test_after_ctrl_c_the_seed_goes_on_without_workers_of_other_versions(
    cluster: DaskCluster, run: Path, expected: bytes, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "sitecustomize.py").write_text("import botus\nbotus.__version__ = '0.0.9'\n")
    cluster.add("pc9", PYTHONPATH=f"{tmp_path / 'old'}:{environment()['PYTHONPATH']}")
    process = begin(tmp_path, run, cluster)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command with --seed 5 goes on from there" in err
    assert cluster.is_idle()
    count = written(tmp_path).count(b"\n")
    assert 0 < count < LINES
    cluster.wait()
    again = botus(*command(tmp_path, run, "--cluster", cluster.address, n=LINES - count))
    assert again.code == 0
    assert written(tmp_path) == expected
    assert "sending the model" not in again.err
    assert "pc9: has botus 0.0.9, here is " in again.err


def test_without_workers_one_is_waited_for_a_while(cluster: DaskCluster, run: Path, tmp_path: Path) -> None:
    for name in [*cluster.workers]:
        cluster.kill(name)
    cluster.wait()
    said: list[str] = []
    source = Cluster(cluster.address, "cpu", said.append, patience=0.0)
    with pytest.raises(TemporaryError, match="has had no workers for 0 seconds"):
        next(Sampler(open_checkpoint(run), [tmp_path]).stream(SamplingOptions(), 1, units=source))
    assert said == [f"waiting for workers; this starts one: dask worker {cluster.address}"]


def test_a_scheduler_that_goes_away_leaves_what_is_accepted(
    cluster: DaskCluster, run: Path, expected: bytes, tmp_path: Path
) -> None:
    cluster.add("pc5")
    process = begin(tmp_path, run, cluster)
    address = cluster.address
    cluster.scheduler.kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 5, err
    assert f"the scheduler at {address} has gone away; " in err
    assert "of this run went into" in err
    assert "the same command with --seed 5 goes on from there" in err
    assert 0 < len(written(tmp_path)) < len(expected)
    assert expected.startswith(written(tmp_path))
    ended = botus(*command(tmp_path, run, "--cluster", address))
    assert ended.code == 5
    assert f"no Dask scheduler answers at {address}" in ended.err
