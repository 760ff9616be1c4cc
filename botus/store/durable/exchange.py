"""Replaces a file that an editor may save at any moment, and looks at what came out.

Between a last look at a file and a rename over it somebody may save, and the rename would destroy what was
saved. So the new file and the old one exchange their names in one step, and then what came out is looked at:
if it is not what was read, it goes back in the same way. Until that is done it waits under a name that says
what was put in its place and what was to come out, so that whoever comes after a crash can tell. Where the
system cannot do this, it is a plain rename.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.opening import is_plain

MARK = ".botus-swap"
_OVERTAKEN = ".saved-"
_TRIES = 100
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.ENOTSUP)


class PutBack(files.Changed):
    """Somebody saved meanwhile, and has it in its place again; for a moment the new content was there."""


def replace(path: Path, data: Iterable[bytes], seen: files.Stamp) -> files.Stamp | None:
    """Give a file new content, durably and in one step, if it is still the one that was read.

    Returns the new content's `stamp`.

    Raises:
        FileError: the old content is still there.
        Changed: somebody saved meanwhile; that is what is there now. It is `PutBack` if that was seen late.
    """

    def put(temporary: Path) -> None:
        if not _exchange(temporary, path, seen, "new"):
            raise PutBack

    return files.replace(path, data, seen, put=put)


def settle(path: Path) -> None:
    """Put back what somebody saved and a crash left outside; delete what only served an exchange.

    The caller holds the lock that guards the file. What somebody saved since is left in its place, and the
    earlier save is kept beside it under a name that people see.
    """
    for one, found in waiting(path).items():
        put, expected = tuple(map(int, found.groups()[1:4])), tuple(map(int, found.groups()[4:]))
        here, out = files.stamp(path), files.stamp(one)
        if out is None:
            continue
        # Not exchanged yet: ours is made anew, another goes back, to which its editor may still write.
        pending = out[0] == put[0]
        is_theirs = found[1] == "back" if pending else out != expected
        if here and is_theirs and here == (expected if pending else put):
            try:
                _exchange(one, path, here, "back")
            except OSError as error:
                raise files.explain(error, path, "write") from error
        elif is_theirs:
            _keep(one, path, out)
        else:
            files.discard(one)


def overtaken(path: Path) -> list[Path]:
    """Return the saves that were kept beside a file because somebody had saved again, oldest first."""
    return sorted(one for one in files.listed(path.parent) if one.name.startswith(path.name + _OVERTAKEN))


def waiting(path: Path) -> dict[Path, re.Match[str]]:
    """Return the files that wait beside this one, and what their names say."""
    name = re.compile(rf"\.{re.escape(path.name)}{MARK}-(new|back)" + r"-(\d+)-(\d+)-(-?\d+)" * 2)
    found = {one: match for one in files.listed(path.parent) if (match := name.fullmatch(one.name))}
    return {one: match for one, match in found.items() if is_plain(one)}


def _keep(save: Path, path: Path, stamp: files.Stamp) -> None:
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(stamp[2] / 1e9))
    name = path.with_name(path.name + _OVERTAKEN + moment)
    try:
        files.disk.rename(save, name.with_name(f"{name.name}-{stamp[0]}") if name.exists() else name)
    except OSError as error:
        raise files.explain(error, path, "write") from error


def _exchange(source: Path, path: Path, expected: files.Stamp, kind: str) -> bool:
    """Put a file in its place; False if it is out again, because another than the expected one came out.

    What comes out while that goes back was saved later still, and goes back too.
    """
    for turn in range(_TRIES):
        put = files.stamp(source)
        if put is None:  # where locks keep nobody out, another botus has settled it
            return False
        numbers = "-".join(map(str, (*put, *expected)))
        outside = path.with_name(f".{path.name}{MARK}-{kind}-{numbers}")
        files.disk.rename(source, outside)
        try:
            files.disk.exchange(outside, path)
        except OSError as error:
            if kind == "new":
                return _without_exchange(outside, path, error)
            if not isinstance(error, FileNotFoundError):
                raise  # it waits for `settle`
            with suppress(FileExistsError):  # an editor moved the file away, and is about to save it anew
                files.disk.link(outside, path)
            files.discard(outside)
            return False
        if files.stamp(outside) in (expected, None):
            files.discard(outside)
            return turn == 0
        source, expected, kind = outside, put, "back"
    raise FileError(f"{path} keeps changing", "close the program that writes to it, then try again")


def _without_exchange(new: Path, path: Path, error: OSError) -> bool:
    try:
        if error.errno in _CANNOT:
            files.disk.rename(new, path)
            return True
        if isinstance(error, FileNotFoundError):  # an editor moved it away, to save it anew
            return False
        raise error
    finally:
        files.discard(new)
