"""Durable files: read strictly, replace, append, claim, lock. Knows no format.

Every byte that botus writes goes through the system calls of `Disk`, so that a test can stand in for it,
record them and cut them off anywhere. A reader sees the old content or the new, never half. A replaced file
is a new inode, so locks are sidecar files that are never replaced or deleted.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from botus import shutdown
from botus.errors import BusyError, FileError, remedy
from botus.store.durable.disk import Disk
from botus.store.durable.opening import open_file, refuse_special

STATE_FOLDER = ".botus"
Content = bytes | Iterable[bytes]  # all of it, or its pieces
Stamp = tuple[int, int, int]
"""What changes when anybody edits a file: inode, size, modification time in nanoseconds."""
State = tuple[int, int, int, int]
"""The same with the time of its status, which no program can set; a link or a rename changes it as well."""
_TEMPORARY = ".botus-tmp"
Result = TypeVar("Result")


disk = Disk()


def read(path: Path, *, named: bool = False) -> bytes | None:
    """Return the whole content of a file, None where there is none; a FileError if it cannot be read.

    Args:
        named: a person named it just now, so it may be a pipe, for whose writer this waits.
    """
    try:
        if named and path.is_fifo():
            return path.read_bytes()
        with open_file(path) as source:
            return source.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain(error, path, "read") from error


def listed(folder: Path) -> list[Path]:
    """Return what is in a folder, in no order; nothing where there is no such folder."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise explain(error, folder, "look into") from error


def read_tail(path: Path, limit: int) -> tuple[bytes, int]:
    """Return the last bytes of a file, at most `limit`, and the offset at which they begin."""
    try:
        with open_file(path) as source:
            start = max(0, os.fstat(source.fileno()).st_size - limit)
            source.seek(start)
            return source.read(), start
    except FileNotFoundError:
        return b"", 0
    except OSError as error:
        raise explain(error, path, "read") from error


def stamp(path: Path | int) -> Stamp | None:
    """Return the stamp of a file, by its path or descriptor; None where there is no file."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def state(path: Path | int) -> State | None:
    """Return the state of a file, by its path or descriptor; None where it cannot be looked at."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class Changed(Exception):
    """Somebody else changed a file between reading and replacing it: read it again and start over."""


def until_unchanged(path: Path, attempt: Callable[[], Result]) -> Result:
    """Read and replace a file, and start over where somebody else changed it meanwhile."""
    for _ in range(100):
        with suppress(Changed):
            return attempt()
    raise FileError(f"{path} keeps changing", "close the program that writes to it, then try again")


def replace(
    path: Path,
    data: Content,
    seen: Stamp | None = None,
    *,
    durably: bool = True,
    mode: int = 0o777,
    put: Callable[[Path], None] | None = None,
) -> Stamp | None:
    """Give a file new content in one step; returns the new content's `stamp`.

    Mode and owner are kept as far as allowed.

    Args:
        data: the content, or its pieces.
        seen: the `stamp` of the content that the new one was made from.
        durably: wait until it is on the disk; without, a power cut may leave anything.
        mode: what it may have at most, from the first byte on; 0o600 for what is the owner's alone.
        put: gives the file with the new content its name, where a plain rename is not enough.

    Raises:
        FileError: the old content is still there.
        Changed: the file no longer has the stamp `seen`; it is left as it is.
    """
    refuse_link(path)
    refuse_special(path)
    with _explained(path, "write"):
        temporary = _write_temporary(path, data, durably, mode)
        try:
            _keep_mode(path, temporary, mode)
            if seen is not None and stamp(path) != seen:
                raise Changed
            new = stamp(temporary)
            put(temporary) if put else disk.rename(temporary, path)
        except Exception:
            discard(temporary)
            raise
        if durably:
            disk.fsync_folder(path.parent)
    return new


def append(path: Path, data: bytes, keep: int | None = None) -> None:
    """Add bytes to the end of a file, durably; the file is made if it is missing.

    Args:
        keep: bytes of the present content to keep; what follows them (a torn last line) is cut off.
    """
    refuse_special(path)
    with _explained(path, "append to"):
        is_new = not path.exists()
        descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            if keep is not None and keep < size:
                disk.truncate(descriptor, keep)
                size = keep
            try:
                disk.write(descriptor, data)
                disk.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    disk.truncate(descriptor, size)
                raise
        finally:
            disk.close(descriptor)
        if is_new:
            disk.fsync_folder(path.parent)


def claim(path: Path, data: bytes) -> bool:
    """Create a file with this content unless it exists; only one caller on any machine gets True.

    A link is atomic and fails if the name exists, also where locks do not exclude.
    """
    with _explained(path.parent, "write into"):  # without the name, it is the same trouble at every slot
        temporary = _write_temporary(path, data)
        try:
            disk.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            discard(temporary)
        disk.fsync_folder(path.parent)
    return True


def move(source: Path, target: Path) -> None:
    """Rename a file, durably, replacing the target."""
    with _explained(source, "move"):
        disk.rename(source, target)
        disk.fsync_folder(target.parent)
        if source.parent != target.parent:
            disk.fsync_folder(source.parent)


def remove(path: Path) -> None:
    """Delete a file, durably; a missing one is fine."""
    with _explained(path, "delete"):
        try:
            disk.unlink(path)
        except FileNotFoundError:
            return
        disk.fsync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, durably."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with _explained(path, "create"):
        with suppress(FileExistsError):
            disk.mkdir(path)
        disk.fsync_folder(path.parent)


def sweep(folder: Path, older_than: float = 3600.0, of: str = "") -> None:
    """Remove temporary files that a crash left in a folder.

    Args:
        older_than: seconds since their last change; somebody may still be writing to a newer one.
        of: the name of the file that they were to become; "" for any.
    """
    with _explained(folder, "look into"), suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            is_one = entry.name.startswith(f".{of}{_TEMPORARY}") if of else _TEMPORARY in entry.name
            if is_one and time.time() - entry.stat().st_mtime > older_than:
                discard(Path(entry.path))


@contextmanager
def lock(data: Path, name: str, *, wait: float = 0.0, holder: str = "another botus") -> Iterator[None]:
    """Hold one of the sidecar locks of a data directory, such as `post`, `curate` or `files`.

    Args:
        wait: seconds to wait for it; a process that is to end does not wait for `post`.
        holder: who has it, for the message.

    Raises:
        BusyError: somebody else has it.
    """
    import filelock

    make_folder(data / STATE_FOLDER)
    path = data / STATE_FOLDER / f"{name}.lock"
    refuse_special(path)
    # Not per thread: a page opens a review in one thread and lets go of it in another.
    guard = filelock.FileLock(
        path, timeout=wait, fallback_to_soft=False, preserve_lock_file=True, thread_local=False
    )
    with _explained(path, "lock"):
        try:
            guard.acquire(cancel_check=shutdown.is_requested if name == "post" else None)
        except filelock.Timeout as error:
            hint = "wait for it to finish, or stop it, then try again"
            raise BusyError(f"{holder} is at work on {data}", hint) from error
    try:
        yield
    finally:
        guard.release()


def editing(data: Path) -> AbstractContextManager[None]:
    """Hold `files.lock` for the milliseconds in which one file is read and replaced."""
    return lock(data, "files", wait=30.0)


def refuse_link(path: Path) -> None:
    """Raise FileError where a file is a symbolic link: replacing it would replace the link."""
    if path.is_symlink():
        raise FileError(
            f"{path} is a symbolic link, which cannot be replaced safely",
            "put the file itself there, or point BOTUS_DATA at the folder that holds it",
        )


def explain(error: OSError, path: Path, doing: str) -> FileError:
    """Turn an operating system's error into a sentence with a remedy."""
    reason = error.strerror or str(error)
    return FileError(f"cannot {doing} {path}: {reason}", remedy(error, path))


@contextmanager
def _explained(path: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explain(error, path, doing) from error


def _write_temporary(path: Path, data: Content, durably: bool = True, mode: int = 0o777) -> Path:
    temporary = path.with_name(f".{path.name}{_TEMPORARY}-{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o666)
    try:
        try:
            for piece in [data] if isinstance(data, bytes) else data:
                disk.write(descriptor, piece)
            if durably:
                disk.fsync(descriptor)
        finally:
            disk.close(descriptor)
    except OSError:
        discard(temporary)
        raise
    return temporary


def _keep_mode(path: Path, temporary: Path, mode: int) -> None:
    try:
        old = path.stat()
    except FileNotFoundError:
        return
    os.chmod(temporary, stat.S_IMODE(old.st_mode) & mode)
    with suppress(PermissionError):
        os.chown(temporary, old.st_uid, old.st_gid)


def discard(path: Path) -> None:
    """Delete a file that is of no more use; one that cannot be deleted is of no harm either."""
    with suppress(OSError):
        disk.unlink(path)
