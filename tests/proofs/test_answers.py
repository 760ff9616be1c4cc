"""500 people mention a bot that two processes run on one folder, both killed again and again.

Answers get lost on the way there and back, the server is busy or fails, and the locks keep the two apart or
do not. Each mention is answered at most once, and none is lost.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.durable.disk import Disk
from botus.store.intents import Intents
from tests.answering.mentions.world import Bot
from tests.proofs.answerer import fast
from tests.support.fakes import Clock
from tests.support.mentions import MentionServer

SPEED, PATIENCE = 150.0, 240.0  # times real time, seconds
LOSSES = ["drop", "commit drop", "commit cut", "commit reset", "500", "commit 500", "503 oops"]
QUESTIONS = ["429 {}", "on=notifications drop", "on=context cut", "on=relationships 500", "on=instance reset"]


class Pair:
    """Two processes on one folder, and how they are killed."""

    def __init__(self, launcher: subprocess.Popen[str], rng: random.Random) -> None:
        self._launcher, self._rng = launcher, rng
        self.alive = [self._one(), self._one()]
        self.kills = 0

    def kill_one(self) -> None:
        place = self._rng.randrange(2)
        os.kill(self.alive[place], signal.SIGKILL)
        self.alive[place] = self._one()
        self.kills += 1

    def _one(self) -> int:
        assert self._launcher.stdin
        assert self._launcher.stdout
        self._launcher.stdin.write("\n")
        self._launcher.stdin.flush()
        return int(self._launcher.stdout.readline())


@contextmanager
def pair(data: Path, accounts: object, epoch: float, rng: random.Random, *flags: str) -> Iterator[Pair]:
    words = [str(data), json.dumps(accounts), str(epoch), str(SPEED), *flags]
    launcher = subprocess.Popen(
        [sys.executable, "-m", "tests.proofs.answerer", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = Pair(launcher, rng)
    try:
        yield found
    finally:
        for pid in found.alive:
            os.kill(pid, signal.SIGKILL)
        launcher.kill()
        launcher.wait()


def entries(data: Path) -> list[dict[str, object]]:
    path = data / "answered.json"
    return json.loads(path.read_text()) if path.exists() else []


def is_unfinished(data: Path, people: int) -> bool:
    """Whether an answer is missing, or in progress."""
    return len(entries(data)) < people or bool(Intents(data, "answers").open())


@pytest.mark.parametrize(("people", "flags"), [(500, ()), (200, ("--no-lock",))])
def test_each_at_most_once_and_none_lost(tmp_path: Path, people: int, flags: tuple[str, ...]) -> None:
    rng, epoch = random.Random(len(flags)), time.time()
    data = tmp_path / "data"
    with MentionServer(clock=lambda: fast(epoch, SPEED), remaining=10**9) as server:
        Bot(data, server, Clock(epoch)).turn()  # the first look, before anybody has said anything
        accounts = {"mastodon": {"base_url": server.url, "token": server.token}}
        with pair(data, accounts, epoch, rng, *flags) as two:
            asked = []
            for number in range(people):
                asked.append(server.says(f"p{number}", f"@kettle what of lamp {number}?"))
                if not number % 5:
                    server.script(rng.choice(LOSSES))
                if not number % 25:
                    server.script(rng.choice(QUESTIONS))
                if not number % 8:
                    two.kill_one()
                time.sleep(rng.random() * 0.04)
            server.faults.clear()
            end = time.monotonic() + PATIENCE
            while is_unfinished(data, people) and time.monotonic() < end:
                time.sleep(0.2)
            assert two.kills >= people // 8
        replies = Counter(post.extras["in_reply_to_id"] for post in server.answers())
        assert [post for post, count in replies.items() if count > 1] == []
        logged = Counter(entry["post"] for entry in entries(data))
        assert set(logged.values()) == {1}
        assert set(logged) == {post.id for post in asked}
        states = Counter(entry["targets"]["mastodon"]["state"] for entry in entries(data))  # type: ignore[index]
        # What could not be looked for while the server remembered its key.
        assert states["posted"] + states["unknown"] == people
        assert states["posted"] == len(replies) > 0.98 * people
        assert Intents(data, "answers").open() == []


class Killed(BaseException):
    """What ends a process."""


class Mortal(Disk):
    """Dies at one of its calls, before or after it does what it should."""


def mortal(number: int, *, after: bool) -> tuple[Disk, list[str]]:
    """A disk that kills its process at the n-th call that changes anything."""
    calls: list[str] = []
    disk = Mortal()
    for name in ("write", "fsync", "link", "rename", "unlink", "mkdir", "fsync_folder"):
        method = getattr(Disk, name)

        def deadly(*arguments: object, name: str = name, method: object = method) -> object:
            calls.append(name)
            if len(calls) == number and not after:
                raise Killed
            result = method(disk, *arguments)  # type: ignore[operator]
            if len(calls) >= number:
                raise Killed
            return result

        setattr(disk, name, deadly)
    return disk, calls


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", ["", "commit drop"])
def test_killed_at_every_call_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, after: bool
) -> None:
    from botus.store.durable import files

    real, number, is_over = files.disk, 0, False
    while not is_over:
        number += 1
        clock = Clock()
        with MentionServer(clock=clock, remaining=10**9) as server:
            bot = Bot(tmp_path / str(number), server, clock)
            bot.turn()
            server.says("kit", "@kettle hello")
            server.script(*filter(None, [fault]))
            disk, calls = mortal(number, after=after)
            monkeypatch.setattr(files, "disk", disk)
            try:
                bot.turn()
                bot.turn(61)
            except Killed:
                pass
            is_over = len(calls) < number
            monkeypatch.setattr(files, "disk", real)
            for _ in range(3):
                bot.begin()
                bot.turn(61)
            where = f"{number}: {calls[-1]}"
            assert len(server.answers()) == 1, where
            assert len(entries(bot.data)) == 1, where
            assert Intents(bot.data, "answers").open() == [], where
    assert number > 25


class Full(Disk):
    """Has room for so many calls that need some."""

    def __init__(self, room: int) -> None:
        self.room = room

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._take()
        return super().open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        self._take()
        super().write(descriptor, data)

    def link(self, source: Path, target: Path) -> None:
        self._take()
        super().link(source, target)

    def mkdir(self, path: Path) -> None:
        self._take()
        super().mkdir(path)

    def _take(self) -> None:
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("fault", ["", "commit drop"])
def test_a_disk_that_is_full_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """The same process goes on once there is room again."""
    from botus.store.durable import files

    real, number, is_over = files.disk, 0, False
    while not is_over:
        clock, full = Clock(), Full(number)
        with MentionServer(clock=clock, remaining=10**9) as server:
            bot = Bot(tmp_path / str(number), server, clock)
            bot.turn()
            server.says("kit", "@kettle hello")
            server.script(*filter(None, [fault]))
            monkeypatch.setattr(files, "disk", full)
            for _ in range(3):
                with suppress(FileError):
                    bot.turn(61)
            monkeypatch.setattr(files, "disk", real)
            is_over = full.room >= 0
            for _ in range(3):
                bot.turn(61)
            assert len(server.answers()) == 1, number
            assert len(entries(bot.data)) == 1, number
            assert Intents(bot.data, "answers").open() == [], number
        number += 1
    assert number > 15
