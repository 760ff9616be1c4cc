"""Checks of the data directory: who may write there, whether locks keep others out, how much room is left.

Permissions are tried, not computed: a read-only mount, a full disk, a user namespace and an ACL all look fine
to whoever only reads the mode.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from botus.errors import BusyError, FileError, sentence
from botus.monitoring.checks.finding import Finding, guarded
from botus.store.durable import files, mounts
from botus.store.log.tweeted import Log

_LITTLE, _TOO_LITTLE = 50 << 20, 1 << 20  # bytes; a year of posts needs a few hundred thousand
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
_APPENDED = (".jsonl", ".lock")  # written in place; all other files are replaced as a whole


def folder(data: Path) -> Iterator[Finding]:
    """Check the data directory itself."""
    if not data.is_dir():
        what = f"{data} is not a folder" if data.exists() else f"there is no data directory {data}"
        yield Finding("problem", what, "look at --data and BOTUS_DATA, or make it with: botus generate", 3)
        return
    yield from guarded(lambda: _tried(data))
    yield from _owner(data)
    yield from closed_files(data)
    yield from room(data, shutil.disk_usage(data).free)


def _tried(data: Path) -> Iterator[Finding]:
    try:
        yield from preflight(data)
    except FileError as error:
        raise FileError(f"{error.message} ({data} has {_whose(data)})", error.hint) from error


def preflight(data: Path) -> Iterator[Finding]:
    """Try in the data directory what a posting run needs: create, sync, link, rename, lock.

    Raises:
        FileError: naming what failed, with the uid, mode or mount that is wrong.
    """
    log = Log(data)
    files.refuse_link(log.path)
    inner = data / files.STATE_FOLDER
    files.make_folder(inner)
    probe = inner / f"probe-{os.getpid()}"
    files.remove(probe)
    files.claim(probe, b"probe")
    files.replace(probe, b"probe again")
    files.remove(probe)
    yield Finding("ok", f"{data} can be written by uid {os.getuid()} ({_whose(data)})")
    yield _lock(data)
    if mounts.is_mount_point(log.path):
        hint = "mount the folder, not the single file: see docs/locks.md"
        yield Finding("problem", f"{log.path} is mounted as a single file, which cannot be replaced", hint, 3)


def unwritable(data: Path) -> Iterator[str]:
    """Yield why a folder cannot be written, without trying; nothing where it can, or is not there."""
    if data.is_dir() and not os.access(data, os.W_OK | os.X_OK):
        code = errno.EROFS if os.statvfs(data).f_flag & os.ST_RDONLY else errno.EACCES
        yield sentence(files.explain(OSError(code, os.strerror(code)), data, "write to"))


def _lock(data: Path) -> Finding:
    try:
        with files.lock(data, "post"):
            excludes = mounts.lock_excludes(data)
    except BusyError:
        return Finding("ok", "locks work: a posting run holds one now")
    if excludes:
        return Finding("ok", "locks work here")
    hint = "run one botus only on this folder (network file systems and Docker Desktop: see docs/locks.md)"
    return Finding("warning", f"locks on {data} do not keep others out", hint)


def _owner(data: Path) -> Iterator[Finding]:
    status = data.stat()
    if os.getuid() == 0 and status.st_uid != 0:
        what = f"this is root, but {data} belongs to uid {status.st_uid}: new files will belong to root"
        yield Finding("warning", what, f"run botus as that user; in a container: --user {status.st_uid}")
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        what = f"anybody on this machine may write into {data} ({_whose(data)})"
        own = f"chown {os.getuid()} {data} && " if status.st_uid != os.getuid() else ""
        yield Finding("warning", what, f"{own}chmod o-w {data}")


def closed_files(data: Path, access: Callable[[Path, int], bool] = os.access) -> Iterator[Finding]:
    """Name what is there and cannot be used: files of an earlier container that ran as somebody else."""
    closed = [path for path in _everything(data) if not access(path, _needed(path))]
    if closed:
        shown = ", ".join(f"{path.relative_to(data)} ({_whose(path)})" for path in closed[:3])
        more = f" and {len(closed) - 3} more" if len(closed) > 3 else ""
        what = f"uid {os.getuid()} cannot use all files in {data}: {shown}{more}"
        yield Finding("problem", what, f"sudo chown -R {os.getuid()} {data}, or run botus as the owner", 3)


def _everything(data: Path) -> Iterator[Path]:
    inner = data / files.STATE_FOLDER
    for place in (data, inner):
        if place.is_dir() and os.access(place, os.R_OK | os.X_OK):
            yield from (path for path in sorted(place.iterdir()) if path != inner and path.exists())


def _needed(path: Path) -> int:
    if path.is_dir():
        return os.R_OK | os.X_OK | (os.W_OK if path.parent.name == files.STATE_FOLDER else 0)
    return os.R_OK | (os.W_OK if path.suffix in _APPENDED else 0)


def _whose(path: Path) -> str:
    status = path.stat()
    return f"owner {status.st_uid}, mode {stat.S_IMODE(status.st_mode):03o}"


def room(data: Path, free: int) -> Iterator[Finding]:
    """Judge how many bytes are free on the disk of a data directory."""
    unit, name = next(((unit, name) for unit, name in _UNITS if free >= 10 * unit), _UNITS[-1])
    size = f"{free / unit:.0f} {name}"
    if free >= _LITTLE:
        yield Finding("ok", f"{size} are free on the disk")
    elif free >= _TOO_LITTLE:
        yield Finding("warning", f"only {size} are free on the disk of {data}", "make room there")
    else:
        hint = "make room there: what cannot be written down is not posted"
        yield Finding("problem", f"the disk of {data} is as good as full: {size} are free", hint, 3)
