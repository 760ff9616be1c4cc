"""Owns .botus/runs and .botus/heartbeat: which `botus run` is at work here, and since when.

Each has a file of its own in there, which it holds locked as long as it lives, and touches with every beat.
A kill frees the lock, and any process on the same kernel sees that at once, in another container too, where a
process id would be somebody else's. From another kernel or mount (a virtual machine, a network share) the
lock may not be seen; there, as for an older botus, which only touches the heartbeat, the last beat has to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from botus.errors import FileError
from botus.store.durable import files, mounts, owner
from botus.store.durable.opening import open_file

STALE = 180.0  # seconds; a beat comes every minute
_LATEST = 1e11  # seconds since the epoch: a later time is none
_TOGETHER = 2.0  # seconds between the touch of the heartbeat and that of the own file, at most
State = Literal["alive", "ended", "killed", "silent"]


@dataclass(frozen=True)
class Run:
    """One `botus run`; all times are seconds since the epoch.

    Attributes:
        state: `silent` is one whose beat is old, and of whose lock nothing is known.
        beat: its last sign of life.
        since: when it began; None of an older botus, which does not say.
        host: the name of its machine or container.
        pid: where it is a process of this very system, else None.
        is_mine: it is this process.
    """

    state: State
    beat: float
    since: float | None = None
    host: str = ""
    pid: int | None = None
    is_mine: bool = False

    @property
    def is_alive(self) -> bool:
        """Tell whether it is still there."""
        return self.state == "alive"

    def is_stale(self, now: float) -> bool:
        """Tell whether it has given no sign of life for minutes."""
        return now - self.beat > STALE


class Runs:
    """The runs of one data directory."""

    def __init__(self, data: Path) -> None:
        self.folder = data / files.STATE_FOLDER / "runs"
        self.heartbeat = data / files.STATE_FOLDER / "heartbeat"
        self._mine = self.folder / hashlib.blake2b(owner.this_process().encode(), digest_size=8).hexdigest()

    def beat(self) -> None:
        """Give a sign of life; not synced, to spare the SD cards of small machines."""
        with suppress(OSError):
            self.heartbeat.touch()
            os.utime(self._mine)

    def last_beat(self) -> float | None:
        """When the heartbeat was touched."""
        return _touched(self.heartbeat)

    @contextmanager
    def held(self, clock: Callable[[], float]) -> Iterator[None]:
        """Be seen as a run while this goes on. Where nothing can be written, it goes on unseen."""
        lock: int | None = None
        now = clock()

        def put(temporary: Path) -> None:
            """Give the file its name once it is locked: else who looks just then sees one that was killed."""
            nonlocal lock
            lock = os.open(temporary, os.O_RDWR | os.O_CLOEXEC)
            with suppress(OSError):  # there are file systems without locks
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            files.disk.rename(temporary, self._mine)

        about: dict[str, object] = {
            "since": now,
            "host": os.uname().nodename,
            "process": owner.this_process(),
        }
        with suppress(FileError, OSError):
            files.make_folder(self.folder)
            for path in self._files():
                if (found := _run(path, now)) and not found.is_alive:
                    files.discard(path)
            about["device"] = self.folder.stat().st_dev
            files.replace(self._mine, json.dumps(about).encode(), durably=False, put=put)
        try:
            yield
        finally:
            with suppress(FileError, OSError):
                files.replace(self._mine, json.dumps({**about, "ended": True}).encode(), durably=False)
                if not any(one.is_alive for one in self.all(clock())):
                    files.remove(self.heartbeat)
            if lock is not None:
                os.close(lock)

    def all(self, now: float) -> list[Run]:
        """Return the known runs: those alive, from the oldest on, then the others, who went last first."""
        found = [one for path in self._files() if (one := _run(path, now))]
        beat = self.last_beat()
        if beat is not None and beat > max((one.beat for one in found), default=0.0) + _TOGETHER:
            found.append(Run("silent" if now - beat > STALE else "alive", beat))
        return sorted(
            found, key=lambda one: (not one.is_alive, (one.since or 0.0) if one.is_alive else -one.beat)
        )

    def _files(self) -> list[Path]:
        with suppress(FileError):
            return [path for path in files.listed(self.folder) if not path.name.startswith(".")]
        return []


def _run(path: Path, now: float) -> Run | None:
    """Read what a run says of itself, and whether it is still there; None where it has gone meanwhile."""
    beat, about = _touched(path), _about(path)
    if beat is None:
        return None
    machine, pid, _ = f"{about.get('process', '')}::".split(":", 2)
    here = owner.this_process().partition(":")[0]
    since, host = about.get("since"), about.get("host")
    # An earlier boot of this machine is over. One file system mounted twice may have locks for each mount.
    is_same = _kernel(machine) == _kernel(here) != "" or host == os.uname().nodename
    is_near = is_same and about.get("device") == _device(path)
    return Run(
        _state(path, bool(about.get("ended")), is_near, now - beat),
        beat,
        float(since) if isinstance(since, int | float) and 0 <= since < _LATEST else None,
        host if isinstance(host, str) else "",
        int(pid) if machine == here and pid.isdecimal() else None,
        about.get("process") == owner.this_process(),
    )


def _state(path: Path, has_ended: bool, is_near: bool, age: float) -> State:
    if has_ended:
        return "ended"
    held = _is_held(path)
    if held is False and is_near:
        return "killed"
    return "alive" if held or age <= STALE else "silent"


def _is_held(path: Path) -> bool | None:
    """Tell whether a process holds a file locked; None where locks say nothing, or may not be asked for."""
    with suppress(OSError, FileError), open_file(path) as source:
        try:
            fcntl.flock(source, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look do not see each other
        except BlockingIOError:
            return True
        return False if mounts.excludes(path) else None
    return None


def _about(path: Path) -> dict[str, Any]:
    with suppress(ValueError, FileError, RecursionError):
        found = json.loads(files.read(path) or b"{}")
        return found if isinstance(found, dict) else {}
    return {}


def _kernel(machine: str) -> str:
    """The boot of a kernel, which its process-id namespaces share."""
    return machine.partition("/")[0]


def _device(path: Path) -> int | None:
    with suppress(OSError):
        return path.stat().st_dev
    return None


def _touched(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
