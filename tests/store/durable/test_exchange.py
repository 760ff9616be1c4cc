"""An editor saves tweets.txt in the microseconds in which botus replaces it."""

from __future__ import annotations

import errno
import itertools
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.monitoring.checks.content import content
from botus.monitoring.survey import Survey
from botus.settings import Settings
from botus.store.durable import exchange, files, renameat2
from botus.store.queue.tweets import Queue

linux = pytest.mark.skipif(sys.platform != "linux", reason="two names are exchanged on Linux")


def by_rename(path: Path, content: bytes) -> None:
    other = path.with_name("tweets.txt.swp")
    other.write_bytes(content)
    other.replace(path)


def by_moving_away(path: Path, content: bytes) -> None:
    path.replace(path.with_name("tweets.txt~"))
    path.write_bytes(content)
    path.with_name("tweets.txt~").unlink()


def in_place(path: Path, content: bytes) -> None:
    path.write_bytes(content)


SAVES = [by_rename, by_moving_away, in_place]
saves = pytest.mark.parametrize("save", SAVES)


class Killed(BaseException):
    """The process ends here."""


class Window(files.Disk):
    """Somebody acts right before each exchange, in turn; the process is killed at the n-th operation."""

    def __init__(self, *acts: Callable[[], None], left: int = 1000) -> None:
        self.acts, self.left, self.exchanges = iter(acts), left, 0

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)

    def fsync(self, descriptor: int) -> None:
        pass

    def fsync_folder(self, path: Path) -> None:
        self._step()

    def exchange(self, first: Path, second: Path) -> None:
        self._step()
        self.exchanges += 1
        next(self.acts, lambda: None)()
        super().exchange(first, second)


class Unable(files.Disk):
    """Cannot exchange two names."""

    def __init__(self, code: int) -> None:
        self.code = code

    def exchange(self, first: Path, second: Path) -> None:
        raise OSError(self.code, os.strerror(self.code))


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    queue = Queue(tmp_path)
    queue.path.write_bytes(b"The kettle sings.\nThe lamp is lit.\n")
    return queue


def lying_about(queue: Queue) -> set[str]:
    return {path.name for path in queue.data.iterdir()} - {"tweets.txt", ".botus"}


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[files.Disk], None]:
    return lambda disk: monkeypatch.setattr(files, "disk", disk)


StandIn = Callable[[files.Disk], None]


@linux
@pytest.mark.parametrize("name", ["renameat2", "a name that no library has"])
def test_two_names_exchange_their_files(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("kettle")
    second.write_text("lamp")
    call = renameat2.find("linux", platform.machine(), name)
    if call is None:
        pytest.skip("this processor's number is not known")
    assert call(-100, os.fsencode(first), -100, os.fsencode(second), 2) == 0
    assert (first.read_text(), second.read_text()) == ("lamp", "kettle")
    with pytest.raises(FileNotFoundError):
        renameat2.exchange(first, tmp_path / "third")


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "a processor of tomorrow")])
def test_other_systems_have_no_such_call(system: str, machine: str) -> None:
    assert renameat2.find(system, machine, "a name that no library has") is None


@linux
def test_the_file_is_replaced_by_an_exchange(queue: Queue, stand_in: StandIn) -> None:
    stand_in(disk := Window())
    assert queue.remove(b"The kettle sings.")
    assert disk.exchanges == 1
    assert queue.path.read_bytes() == b"The lamp is lit.\n"
    assert not lying_about(queue)


@linux
@saves
def test_a_save_in_the_last_moment_stays_and_the_line_goes(
    save: Callable[[Path, bytes], None], queue: Queue, stand_in: StandIn
) -> None:
    content = b"The sea rehearses.\nThe kettle sings.\n"
    stand_in(Window(lambda: save(queue.path, content)))
    assert queue.remove(b"The kettle sings.")
    assert queue.path.read_bytes() == b"The sea rehearses.\n"
    assert not lying_about(queue)
    assert len(list((queue.data / ".botus").glob("replaced-*"))) == 1  # of the start that was in vain, none


@linux
def test_what_is_saved_while_a_save_goes_back_is_newer(queue: Queue, stand_in: StandIn) -> None:
    def saving(content: bytes) -> Callable[[], None]:
        return lambda: by_rename(queue.path, content)

    stand_in(Window(saving(b"one\n"), saving(b"two\n"), saving(b"three\nThe kettle sings.\n")))
    assert queue.remove(b"The kettle sings.")
    assert queue.path.read_bytes() == b"three\n"
    assert not lying_about(queue)


@linux
def test_a_file_that_is_moved_away_while_a_save_goes_back_is_there_again(
    queue: Queue, stand_in: StandIn
) -> None:
    stand_in(Window(lambda: by_rename(queue.path, b"saved\n"), queue.path.unlink))
    assert queue.remove(b"The kettle sings.")
    assert queue.path.read_bytes() == b"saved\n"
    assert not lying_about(queue)


@linux
def test_a_file_that_is_always_saved_is_left_as_it_was_saved(queue: Queue, stand_in: StandIn) -> None:
    numbers = itertools.count()
    stand_in(Window(*[lambda: by_rename(queue.path, b"saved %d\n" % next(numbers))] * 999))
    with pytest.raises(FileError, match="keeps changing"):
        queue.remove(b"The kettle sings.")
    stand_in(files.Disk())
    queue.recover()
    assert queue.path.read_bytes() == b"saved %d\n" % (next(numbers) - 1)
    assert not lying_about(queue)


def killed(queue: Queue, disk: Window, stand_in: StandIn) -> bool:
    """Remove a line with this disk; tell whether it was killed."""
    stand_in(disk)
    try:
        queue.remove(b"The kettle sings.")
    except Killed:
        return True
    finally:
        stand_in(files.Disk())
    return False


def deaths(
    folder: Path, acts: Callable[[Path], list[Callable[[], None]]], stand_in: StandIn
) -> Iterator[Queue]:
    """Yield a queue for each operation at which the process was killed, once somebody had saved."""
    for number in itertools.count():
        data = folder / str(number)
        data.mkdir()
        queue = Queue(data)
        queue.path.write_bytes(b"The kettle sings.\nThe lamp is lit.\n")
        disk = Window(*acts(queue.path), left=number)
        if not killed(queue, disk, stand_in):
            return
        if disk.exchanges >= len(acts(queue.path)):
            yield queue


@linux
@saves
def test_a_save_in_the_last_moment_survives_a_kill_anywhere(
    save: Callable[[Path, bytes], None], tmp_path: Path, stand_in: StandIn
) -> None:
    content = b"The sea rehearses.\nThe kettle sings.\n"
    looked_at = 0
    for queue in deaths(tmp_path, lambda path: [lambda: save(path, content)], stand_in):
        queue.recover()
        assert queue.path.read_bytes() in (content, b"The sea rehearses.\n")
        assert not [name for name in lying_about(queue) if exchange.MARK in name]
        queue.remove(b"The kettle sings.")
        assert queue.path.read_bytes() == b"The sea rehearses.\n"
        looked_at += 1
    assert looked_at > 5


@linux
def test_the_newer_of_two_saves_survives_a_kill_anywhere(tmp_path: Path, stand_in: StandIn) -> None:
    newest = b"The sea rehearses.\nThe kettle sings.\n"

    def acts(path: Path) -> list[Callable[[], None]]:
        return [lambda: by_rename(path, b"older\n"), lambda: by_rename(path, newest)]

    looked_at = 0
    for queue in deaths(tmp_path, acts, stand_in):
        queue.recover()
        assert queue.path.read_bytes() in (newest, b"The sea rehearses.\n")
        looked_at += 1
    assert looked_at > 5


@linux
def test_a_change_that_a_kill_kept_out_is_not_made_later(queue: Queue, stand_in: StandIn) -> None:
    before = queue.path.read_bytes()
    for number in itertools.count():
        killed(queue, disk := Window(left=number), stand_in)
        if disk.exchanges:
            break
        queue.recover()
        assert queue.path.read_bytes() == before
    assert number > 1


@linux
def test_a_kill_brings_no_line_back_and_leaves_nothing(tmp_path: Path, stand_in: StandIn) -> None:
    """Nobody saves; once a name has been exchanged, the line is gone for good."""
    for queue in deaths(tmp_path, lambda path: [lambda: None], stand_in):
        queue.recover()
        queue.recover()
        assert queue.path.read_bytes() in (b"The lamp is lit.\n", b"The kettle sings.\nThe lamp is lit.\n")
        was = queue.path.read_bytes()
        queue.append(["new"])
        assert queue.path.read_bytes() == was + b"new\n"
        assert not [name for name in lying_about(queue) if exchange.MARK in name]


@linux
def test_what_is_saved_after_a_kill_is_not_overwritten_nor_is_the_earlier_save_lost(
    queue: Queue, stand_in: StandIn
) -> None:
    kept = 0
    for number in range(20):
        queue.path.write_bytes(b"The kettle sings.\n")
        killed(queue, Window(lambda: by_rename(queue.path, b"older\n"), left=number), stand_in)
        waits = [one for one in exchange.waiting(queue.path) if one.read_bytes() == b"older\n"]
        by_rename(queue.path, b"newer\n")
        queue.recover()
        assert queue.path.read_bytes() == b"newer\n"
        assert not [name for name in lying_about(queue) if exchange.MARK in name]
        assert [one.read_bytes() for one in queue.overtaken()] == [b"older\n"] * len(waits)
        found = [one for one in content(Survey(Settings(queue.data), {})) if ".saved-" in one.message]
        assert len(found) == len(waits)
        kept += len(waits)
        for one in queue.overtaken():
            one.unlink()
    assert kept


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.ENOTSUP])
def test_where_names_cannot_be_exchanged_the_file_is_renamed(
    code: int, queue: Queue, stand_in: StandIn
) -> None:
    stand_in(Unable(code))
    assert queue.remove(b"The kettle sings.")
    assert queue.path.read_bytes() == b"The lamp is lit.\n"
    assert not lying_about(queue)


def test_a_failing_disk_is_no_reason_to_rename(queue: Queue, stand_in: StandIn) -> None:
    before = queue.path.read_bytes()
    stand_in(Unable(errno.EIO))
    with pytest.raises(FileError, match="Input/output error"):
        queue.remove(b"The kettle sings.")
    assert queue.path.read_bytes() == before
    assert not lying_about(queue)


@linux
def test_a_save_that_cannot_go_back_now_goes_back_later(queue: Queue, stand_in: StandIn) -> None:
    class Failing(Window):
        def exchange(self, first: Path, second: Path) -> None:
            if self.exchanges:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            super().exchange(first, second)

    stand_in(Failing(lambda: by_rename(queue.path, b"saved\n")))
    with pytest.raises(FileError, match="Input/output error"):
        queue.remove(b"The kettle sings.")
    with suppress(FileError):
        queue.recover()
    stand_in(files.Disk())
    queue.recover()
    assert queue.path.read_bytes() == b"saved\n"
    assert not lying_about(queue)


@linux
def test_who_reads_a_change_that_is_put_back_takes_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another botus does where locks keep nobody out: the line is gone, and nobody else has it."""
    queue = Queue(tmp_path)
    queue.path.write_bytes(b"one\ntwo\nthree\n")

    def another_takes_three() -> None:
        by_rename(queue.path, queue.path.read_bytes().replace(b"three\n", b""))

    window = Window(lambda: by_rename(queue.path, b"one\ntwo\nthree\nfour\n"), another_takes_three)
    monkeypatch.setattr(files, "disk", window)
    assert queue.remove(b"two")
    assert b"two" not in queue.path.read_bytes()
