"""Who holds an intent: a name for this very process, and whether the process of such a name still lives.

A process id alone is not enough: after a restart a container has the same one. On systems without /proc
nothing can be told, and the locks alone decide.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path


@functools.cache
def this_process() -> str:
    """Name this process: boot, process-id namespace, process id and start time."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(name: str) -> bool | None:
    """Tell whether another process of that name runs; None where it cannot be known from here."""
    if name == this_process():
        return False  # whatever this process began earlier, it is not at it now
    machine, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if not (started and pid.isdecimal()) or machine != _machine():
        return None
    return _started(pid) == started


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}".replace(":", "")
    except OSError:
        return ""


def _started(pid: int | str) -> str:
    """Start time of a process in clock ticks since boot: field 22 of proc(5)'s stat; empty if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]  # a zombie no longer does anything
