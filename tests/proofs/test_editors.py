"""Editors that save tweets.txt as fast as they can while botus takes lines out of it, for real processes.

An editor saves what it has in its buffer, and looks whether its save is still there once botus had its turn.
No save is lost, and no line that was taken out comes back. `python -m tests.proofs.test_editors SECONDS` does
it for longer and prints the figures, `--without` them with a plain rename.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from botus.errors import FileError
from botus.store.durable import files
from botus.store.queue import replaced
from botus.store.queue.tweets import Queue

ENOUGH = 100  # lines taken out
PATIENCE = 60.0  # seconds after which a save that is not there will never be
FILLER = b"".join(b"The kettle keeps its own time, %d.\n" % number for number in range(5))


def by_rename(path: Path, content: bytes) -> None:
    """As VS Code's atomic save, sed -i and most scripts do it."""
    other = path.with_name("tweets.txt.tmp")
    other.write_bytes(content)
    os.replace(other, path)


def by_moving_away(path: Path, content: bytes) -> None:
    """As vim does it: the old file gets another name, and a new one is written in its place."""
    backup = path.with_name("tweets.txt~")
    os.rename(path, backup)
    path.write_bytes(content)
    backup.unlink()


def in_place(path: Path, content: bytes) -> None:
    """As nano does it: the file is emptied and written again."""
    path.write_bytes(content)


def slowly_in_place(path: Path, content: bytes) -> None:
    """As a script does it that writes one line after the other: botus may take a half for the whole."""
    with path.open("wb") as script:
        script.write(content[: len(content) // 2])
        script.flush()
        time.sleep(0.001)
        script.write(content[len(content) // 2 :])


def held_open(path: Path, content: bytes) -> None:
    """As nobody should do it: what was opened is written over later, without being emptied first."""
    with path.open("r+b") as script:
        time.sleep(0.001)
        script.write(content)
        script.truncate()


KINDS = {
    "by rename": by_rename,
    "by moving away": by_moving_away,
    "in place": in_place,
    "slowly in place": slowly_in_place,
}
ALL = KINDS | {"held open": held_open}  # docs/locks.md says that this loses saves


def edit(kind: str, path: Path) -> None:
    """Save and look until a signal comes; print how many saves there were, and which were lost."""
    save, rng = ALL[kind], Random(1)
    saves, lost = 0, list[int]()
    done: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: done.append(number))
    while not done:
        saves += 1
        save(path, b"saved %d\ndraw %d\n%slast of %d\n" % (saves, saves, FILLER, saves))
        pause = time.monotonic() + rng.random() * 0.0005
        while time.monotonic() < pause:
            pass
        last = time.monotonic() + PATIENCE
        while not is_saved(path, saves):
            if time.monotonic() > last:
                lost.append(saves)
                break
    print(json.dumps([saves, lost]))


def is_saved(path: Path, number: int) -> bool:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    return b"saved %d\n" % number in content and b"last of %d\n" % number in content


@dataclass
class Figures:
    """What came of it."""

    saves: int
    lost: int
    removed: int
    came_back: int
    put_back: int


class Counting(files.Disk):
    """Counts the exchanges that put something back; or cannot do any."""

    def __init__(self, *, able: bool = True) -> None:
        self.able, self.put_back = able, 0

    def exchange(self, first: Path, second: Path) -> None:
        if not self.able:
            raise OSError(errno.ENOSYS, "not here")
        super().exchange(first, second)
        self.put_back += "-back-" in first.name


def race(kind: str, disk: Counting, enough: int = 0, seconds: float = 0.0) -> Figures:
    """Take out lines while an editor saves, until enough are out and the time is over."""
    memory = Path("/dev/shm")
    data = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    queue, removed, came_back = Queue(data), 0, 0
    queue.path.write_bytes(b"saved 0\n")
    real, files.disk = files.disk, disk
    replaced._MOMENT = 5.0  # hundreds of files are replaced here in a second
    command = [sys.executable, "-m", "tests.proofs.test_editors", kind, str(queue.path)]
    editor = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        end = time.monotonic() + seconds
        while editor.poll() is None:
            if removed >= enough and time.monotonic() >= end:
                editor.terminate()  # and take turns until its last save is there
            with suppress(FileError):  # an editor has moved the file away, or was quicker a hundred times
                queue.recover()  # as the next posting run does it
                drawn = [line.raw for line in queue.lines() if line.raw.startswith(b"draw")]
                if drawn and queue.remove(drawn[0]):
                    removed += 1
                    came_back += any(line.raw == drawn[0] for line in queue.lines())
        editor.terminate()
        out, _ = editor.communicate()
        saves, lost = json.loads(out)
        queue.recover()
        left = {path.name for path in data.iterdir()} - {"tweets.txt", ".botus"}
        assert not left
        return Figures(saves, len(lost), removed, came_back, disk.put_back)
    finally:
        editor.kill()
        files.disk = real
        shutil.rmtree(data)


@pytest.mark.parametrize("kind", KINDS)
def test_no_save_is_lost_and_nothing_comes_back(kind: str) -> None:
    figures = race(kind, Counting(), ENOUGH)
    assert (figures.lost, figures.came_back) == (0, 0), figures
    assert figures.saves >= ENOUGH


def main() -> None:
    """Be an editor, or print the figures."""
    if sys.argv[1] in ALL:
        edit(sys.argv[1], Path(sys.argv[2]))
        return
    for kind in ALL:
        disk = Counting(able="--without" not in sys.argv)
        print(f"{kind:16}{race(kind, disk, seconds=float(sys.argv[1]))}")


if __name__ == "__main__":
    main()
