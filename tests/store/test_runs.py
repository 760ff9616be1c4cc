"""Which `botus run` is alive: told by a lock that a kill frees, and where no lock can tell, by its beat."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from botus.store.durable import files, owner
from botus.store.running.runs import STALE, Run, Runs
from tests.support.command import environment, until

PROGRAM = """
import sys, time
from pathlib import Path
from botus.store.running.runs import Runs
runs = Runs(Path(sys.argv[1]))
with runs.held(time.time):
    runs.beat()
    print("there", flush=True)
    sys.stdin.read()
"""
Start = Callable[..., "subprocess.Popen[str]"]
UNSHARED = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process that is seen as a run until its input ends."""
    began: list[subprocess.Popen[str]] = []

    def one(*before: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*before, sys.executable, "-c", PROGRAM, str(tmp_path)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        began.append(process)
        assert process.stdout
        assert process.stdout.readline() == "there\n"
        return process

    yield one
    for process in began:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def seen(data: Path, now: float | None = None) -> list[Run]:
    return Runs(data).all(time.time() if now is None else now)


def test_nobody_has_run_here(tmp_path: Path) -> None:
    assert seen(tmp_path) == []
    Runs(tmp_path).beat()  # there is no folder to beat in
    assert list(tmp_path.iterdir()) == []


def test_one_that_lives_ends_and_is_killed(tmp_path: Path, start: Start) -> None:
    began = time.time()
    process = start()
    [run] = seen(tmp_path)
    assert (run.state, run.pid, run.host, run.is_mine) == ("alive", process.pid, os.uname().nodename, False)
    assert run.since is not None
    assert began <= run.since <= time.time()
    end(process)
    assert [one.state for one in seen(tmp_path)] == ["ended"]
    assert not Runs(tmp_path).heartbeat.exists()  # by which an older botus tells
    process = start()
    assert [one.state for one in seen(tmp_path)] == ["alive"]  # the ended one is forgotten
    process.kill()
    process.wait()
    [run] = seen(tmp_path)  # at once, however fresh its beat
    assert (run.state, run.is_stale(time.time())) == ("killed", False)


def can_unshare() -> bool:
    with suppress(OSError):
        return subprocess.run([*UNSHARED, "true"], capture_output=True).returncode == 0
    return False


@pytest.mark.skipif(not can_unshare(), reason="needs process-id namespaces, as containers have them")
def test_one_in_another_container_is_seen_to_live_and_to_be_killed(tmp_path: Path, start: Start) -> None:
    process = start(*UNSHARED)
    [run] = seen(tmp_path)
    assert (run.state, run.pid) == ("alive", None)  # it is process 1 there
    process.kill()  # and with it the one inside
    until(lambda: [one.state for one in seen(tmp_path)] == ["killed"])


def test_two_at_once(tmp_path: Path, start: Start) -> None:
    first, second = start(), start()
    assert [(one.state, one.pid) for one in seen(tmp_path)] == [("alive", first.pid), ("alive", second.pid)]
    end(second)
    assert [(one.state, one.pid) for one in seen(tmp_path)] == [("alive", first.pid), ("ended", second.pid)]
    assert Runs(tmp_path).heartbeat.exists()


def test_one_that_hangs_is_alive_and_stale(tmp_path: Path, start: Start) -> None:
    start()
    [run] = seen(tmp_path, time.time() + STALE + 5)
    assert (run.state, run.is_stale(time.time() + STALE + 5)) == ("alive", True)


def written(data: Path, process: str, ago: float, host: str = "3f2a") -> Path:
    """The file of a run that no process here holds."""
    path = data / ".botus" / "runs" / "0011"
    path.parent.mkdir(parents=True)
    device = path.parent.stat().st_dev + process.count("other mount")
    path.write_text(json.dumps({"since": 1.0, "host": host, "process": process, "device": device}))
    os.utime(path, (time.time() - ago, time.time() - ago))
    return path


HERE = owner.this_process().partition("/")[0]


ELSEWHERE = "another-boot/pid4:1:77"  # a virtual machine that shares the folder
# Another container: there the number is that of another process.
CONTAINER = f"{HERE}/pid4:{os.getpid()}:77"


@pytest.mark.parametrize(
    ("process", "ago", "state"),
    [
        (ELSEWHERE, 10, "alive"),
        (ELSEWHERE, 200, "silent"),
        (CONTAINER, 10, "killed"),
        (f"{HERE}/other mount:1:77", 10, "alive"),
        ("", 10, "alive"),
    ],
    ids=["elsewhere", "long ago", "container", "mount", "nobody"],
)
def test_what_a_free_lock_tells(tmp_path: Path, process: str, ago: float, state: str) -> None:
    written(tmp_path, process, ago)
    [run] = seen(tmp_path)
    assert (run.state, run.pid, run.host) == (state, None, "3f2a")


def test_an_earlier_boot_of_this_machine_is_over(tmp_path: Path) -> None:
    written(tmp_path, ELSEWHERE, 10, os.uname().nodename)
    assert [one.state for one in seen(tmp_path)] == ["killed"]


def test_a_lock_that_is_held_tells_whoever_holds_it(tmp_path: Path) -> None:
    with written(tmp_path, "another-boot/pid4:1:77", 500).open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert [one.state for one in seen(tmp_path)] == ["alive"]


def test_an_older_botus_only_touches_the_heartbeat(tmp_path: Path, start: Start) -> None:
    (tmp_path / ".botus").mkdir()
    Runs(tmp_path).beat()
    [run] = seen(tmp_path)
    assert (run.state, run.since) == ("alive", None)
    assert [one.state for one in seen(tmp_path, time.time() + STALE + 1)] == ["silent"]
    start()
    assert [one.since is None for one in seen(tmp_path)] == [False]  # that beat is explained
    later = time.time() + 60
    os.utime(Runs(tmp_path).heartbeat, (later, later))
    assert [one.since is None for one in seen(tmp_path, later)] == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b'{"since": "x", "host": 7, "process": 7}', b"\xff"),
        *(b'{"since": %s}' % number for number in (b"NaN", b"1e300", b"-1e18", b"1" + 400 * b"0")),
    ],
    ids=lambda content: repr(content[:20]),
)
def test_a_damaged_file_is_told_by_its_beat(tmp_path: Path, content: bytes) -> None:
    written(tmp_path, "", 10).write_bytes(content)
    [run] = seen(tmp_path)
    assert (run.state, run.since, run.host) == ("alive", None, "")


def test_what_cannot_be_removed_is_in_nobodys_way(tmp_path: Path, start: Start) -> None:
    (tmp_path / ".botus" / "runs" / "folder").mkdir(parents=True)
    os.mkfifo(tmp_path / ".botus" / "runs" / "pipe")
    later = time.time() - 1000
    for path in (tmp_path / ".botus" / "runs").iterdir():
        os.utime(path, (later, later))
    process = start()
    process.kill()
    process.wait()
    assert [one.state for one in seen(tmp_path)] == ["killed", "silent"]


def test_it_is_never_seen_without_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[str] = []

    class Watched(files.Disk):
        def rename(self, source: Path, target: Path) -> None:
            super().rename(source, target)
            states.extend(one.state for one in seen(tmp_path))

    monkeypatch.setattr(files, "disk", Watched())
    with Runs(tmp_path).held(time.time):
        pass
    assert states == ["alive", "ended"]


def test_where_nothing_can_be_written_it_goes_on_unseen(tmp_path: Path) -> None:
    (tmp_path / ".botus").mkdir()
    (tmp_path / ".botus" / "runs").write_text("no folder")
    with Runs(tmp_path).held(time.time):
        assert seen(tmp_path) == []
