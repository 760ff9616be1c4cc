"""A soak: two containers on one volume for thousands of slots, with a share of every kind of failure.

    python -m tests.proofs.soak [SLOTS] [SEED] [--no-lock]

runs it on a clock of its own and prints a table; with --no-lock the locks keep nobody out, as on some network
file systems, and then the two clocks have to agree within a minute. A container is a Loop with a name of its
own; one that is killed stops at some operation on the disk, for good, and another takes its place. In the
middle of a request the other container has its turn, and a person edits the queue. What must hold is in
`Soak.check`.
"""

from __future__ import annotations

import argparse
import errno
import itertools
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from botus.errors import BotusError
from botus.monitoring.doctor import examine
from botus.posting.resolve import resolve
from botus.schedule import loop as run
from botus.schedule.loop import Loop
from botus.settings import load
from botus.store.durable import files, mounts, owner
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from tests.proofs.poster import no_lock
from tests.review.test_session import Quick
from tests.support.editing import Person
from tests.support.fakes import FakeTarget, Platform

HOUR, DAY = 3600.0, 86400.0
BEGIN = 1_800_000_000.0 // HOUR * HOUR
SHARE = 0.05
REPLIES = {
    "no connection": "later",
    "429 without a reset": "later",
    "429 with a reset": "later",
    "answer lost": "lost",
    "500, not posted": "nothing",
    "401": "account",
    "422": "reject",
}
OTHERS = (
    "connection refused",
    "disk full at the log",
    "disk full anywhere",
    "killed at an operation",
    "killed before delivery",
    "killed after delivery",
    "clock stepped",
    "edited by hand",
    "index of the log harmed",
)
FAILURES = (*REPLIES, *OTHERS)


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Container:
    """One process: `left` operations on the disk until it is killed, `full` until the disk is full."""

    name: str
    loop: Loop
    step: float = 0.0
    left: float = float("inf")
    full: float = float("inf")
    full_at: str = ""


class Volume(Quick):
    """The disk as the container sees it whose turn it is."""

    def __init__(self, soak: Soak) -> None:
        self.soak = soak

    def _operate(self, path: Path | str = "") -> None:
        if not self.soak.turns:
            return
        one = self.soak.turns[-1]
        one.left, one.full = one.left - 1, one.full - 1
        if one.left < 0:
            raise Killed
        if one.full < 0 or (one.full_at and one.full_at in str(path)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._operate()
        return super().open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        self._operate(os.readlink(f"/proc/self/fd/{descriptor}"))
        super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._operate()
        super().truncate(descriptor, size)

    def fsync(self, descriptor: int) -> None:
        self._operate()

    def link(self, source: Path, target: Path) -> None:
        self._operate()
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._operate()
        super().rename(source, target)

    def exchange(self, first: Path, second: Path) -> None:
        self._operate()
        super().exchange(first, second)

    def unlink(self, path: Path) -> None:
        if self.soak.turns and self.soak.turns[-1].left < 0:
            raise Killed
        super().unlink(path)

    def fsync_folder(self, path: Path) -> None:
        self._operate()


class DeadlyTarget(FakeTarget):
    """A target in whose requests a process may be killed, and others have their turn."""

    soak: Soak
    after = ""

    def send(self, text: str, key: str, *, again: bool) -> Any:  # noqa: ANN401
        fate, self.after = self.after, ""
        self.soak.used.add(text)
        self.soak.meanwhile()
        if fate == "killed before delivery":
            raise self.soak.kill()
        answer = super().send(text, key, again=again)
        if fate == "killed after delivery":
            raise self.soak.kill()
        return answer


@dataclass
class Figures:
    """What was counted and measured."""

    failures: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    files: list[dict[str, int]] = field(default_factory=list)
    starts: int = 0


class Soak:
    """A data directory, two platforms, two containers and a person."""

    def __init__(self, data: Path, seed: int, *, lock: bool) -> None:
        self.data, self.lock, self.rng, self.now = data, lock, Random(seed), BEGIN + 60
        self.settings = load({"CRON": "0 * * * *", "MAX_PER_DAY": "1440", "CATCH_UP": "yes"}, data)
        self.targets = [
            DeadlyTarget(Platform(), "sees", sees=True),
            DeadlyTarget(Platform(), "blind", sees=False),
        ]
        for target in self.targets:
            target.soak = self
        self.person = Person(data / "tweets.txt", self.rng)
        self.person.add(50)
        self.figures, self.turns, self.said = Figures(), list[Container](), Counter[str]()
        self.is_calm, self.used, self.index = True, set[str](), b""
        self.containers = [self.start(), self.start()]

    def start(self) -> Container:
        """Start a new process."""
        self.figures.starts += 1
        number = self.figures.starts
        targets = {target.name: target for target in self.targets}
        loop = Loop(self.settings, dict(targets), self.clock, lambda seconds: True, self.say, Random(number))
        return Container(f"machine-{number}:1:{number}", loop)

    def clock(self) -> float:
        return self.now + (self.turns[-1].step if self.turns else 0)

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        if message.startswith("unexpected"):
            raise AssertionError(message)

    def run(self, slots: int) -> None:
        """Live so many slots, with the weather of `FAILURES`, and then some quiet ones."""
        self.is_calm = False
        for number in range(slots):
            began = time.perf_counter()
            self.weather()
            self.slot()
            self.figures.seconds.append(time.perf_counter() - began)
            if number % 3 == 2:
                self.look_after_it()
            if number in (99, slots - 1):
                self.figures.memory.append(resident())
                self.figures.files.append(self.count())
        self.is_calm = True
        for target in self.targets:
            target.script.clear()
            target.down, target.after, target.until = False, "", None
        for one in self.containers:
            one.step = 0
        for _ in range(200):  # what a wrong clock put off comes within a day or two
            self.look_after_it()
            self.slot()
            if not Intents(self.data).open():
                break

    def slot(self) -> None:
        """One hour: the containers have their turns around the slot and later, in any order."""
        self.person.add(max(0, 30 - len(set(self.person.lines()) - self.used)))
        hour = (self.now // HOUR + 1) * HOUR
        for moment in (-4, 0.5, 7, 61, 130, 1800):
            self.now = hour + moment
            for place in self.rng.sample((0, 1), 2):
                self.turn(place)
        for one, target in zip(self.containers, self.targets, strict=True):
            one.left = one.full = float("inf")
            one.full_at, target.down = "", False

    def turn(self, place: int) -> None:
        """Give one container its turn; if that kills it, another starts."""
        self.turns.append(one := self.containers[place])
        try:
            one.loop.turn()
        except Killed:
            self.containers[place] = self.start()
        finally:
            self.turns.pop()

    def meanwhile(self) -> None:
        """What happens while a request is in progress."""
        if len(self.turns) == 1 and not self.is_calm and self.rng.random() < 0.3:
            self.turn(1 - self.containers.index(self.turns[0]))
            if self.rng.random() < SHARE:
                self.person.edit()

    def kill(self) -> Killed:
        """End the process whose turn it is: nothing that it does from now on reaches the disk."""
        self.turns[-1].left = -1
        return Killed()

    def weather(self) -> None:
        """Draw what goes wrong in the next hour."""
        for failure in FAILURES:
            if self.rng.random() < SHARE:
                self.figures.failures[failure] += 1
                self._cause(failure, self.rng.choice(self.containers), self.rng.choice(self.targets))

    def _cause(self, failure: str, one: Container, target: DeadlyTarget) -> None:
        if failure in REPLIES:
            target.script.append(REPLIES[failure])
            target.until = self.now + 1.5 * HOUR if failure == "429 with a reset" else None
        elif failure == "connection refused":
            target.down = True
        elif failure == "disk full at the log":
            one.full_at = "tweeted.json"
        elif failure == "disk full anywhere":
            one.full = self.rng.randrange(60)
        elif failure == "killed at an operation":
            one.left = self.rng.randrange(60)
        elif failure == "clock stepped":
            steps = [-20, 20, -HOUR, HOUR, 5 * HOUR, -400 * DAY, 3 * DAY]
            one.step = 0 if one.step else self.rng.choice(steps if self.lock else steps[:2])
        elif failure == "edited by hand":
            self.person.edit()
        elif failure == "index of the log harmed":
            path = self.data / files.STATE_FOLDER / "log.index"
            self.index = harm(path, self.index, self.rng)
        else:
            target.after = failure

    def look_after_it(self) -> None:
        """A person calls the doctor and tells what became of lost posts; what crashes left grows old."""
        list(examine(self.settings, {target.name: target for target in self.targets}, now=self.now))
        for entry, target in itertools.product(Log(self.data).entries()[-40:], self.targets):
            if entry["targets"].get(target.name, {}).get("state") == "unknown" and self.rng.random() < 0.5:
                there = entry["text"] in target.platform.posts
                with suppress(BotusError):  # it is on its way again already
                    word = "posted" if there else "not-posted"
                    resolve(self.data, entry["id"], target.name, word, None, self.clock)  # type: ignore[arg-type]
        for path in self.data.rglob("*.botus-tmp*"):
            os.utime(path, (time.time() - 2 * HOUR,) * 2)

    def count(self) -> dict[str, int]:
        """How many files there are, by folder."""
        state = self.data / files.STATE_FOLDER
        return {folder: len(lasting(state / folder)) for folder in ("", "slots", "intents", "done")}

    def check(self) -> None:
        """Nothing twice, nothing lost, nothing left lying about."""
        entries = Log(self.data).entries()
        logged = Counter(entry["text"] for entry in entries)
        assert max(logged.values()) == 1
        assert not Intents(self.data).open()
        for target in self.targets:
            states = {entry["text"]: entry["targets"].get(target.name, {}).get("state") for entry in entries}
            posted = {text for text, state in states.items() if state == "posted"}
            assert not target.platform.doubles()
            assert posted <= set(target.platform.posts)
            assert all(states[text] in ("posted", "unknown") for text in target.platform.posts)
        lost = self.person.written - set(self.person.lines()) - self.person.deleted - set(logged)
        assert not lost
        found = self.count()
        assert found[""] < 20, sorted(os.listdir(self.data / files.STATE_FOLDER))
        assert found["slots"] <= 201
        assert not (left := list(self.data.rglob("*.botus-tmp*"))), left
        assert not found["intents"], os.listdir(self.data / files.STATE_FOLDER / "intents")

    def table(self) -> Iterator[str]:
        """The figures, line by line."""
        entries = Log(self.data).entries()
        states = Counter(part["state"] for entry in entries for part in entry["targets"].values())
        yield f"slots                {len(self.figures.seconds)}"
        for failure in FAILURES:
            yield f"  {failure:<23}{self.figures.failures[failure]}"
        yield f"processes            {self.figures.starts}"
        yield f"lines used, logged   {len(entries)}"
        yield f"posts                {states['posted']}"
        yield f"unknown, rejected    {states['unknown']}, {states['rejected']}"
        yield f"posts twice          {sum(len(target.platform.doubles()) for target in self.targets)}"
        for what, place in (("at slot 100", 75), ("at the end", len(self.figures.seconds) - 50)):
            yield f"ms a slot, {what:<12}{1000 * median(self.figures.seconds[place : place + 50]):.1f}"
        for what, memory, found in zip(("at slot 100", "at the end"), *self._measured(), strict=False):
            counted = ", ".join(f"{name or '.botus'} {count}" for name, count in found.items())
            yield f"memory, {what:<15}{memory / 1000:.1f} MB; files: {counted}"

    def _measured(self) -> tuple[list[int], list[dict[str, int]]]:
        return self.figures.memory, self.figures.files


def harm(index: Path, earlier: bytes, rng: Random) -> bytes:
    """Delete an index, damage it, or put an earlier one back; returns what it was until now."""
    was = index.read_bytes() if index.exists() else b"nothing"
    damaged = bytearray(was)
    damaged[rng.randrange(len(damaged))] ^= 1
    index.unlink(missing_ok=True)
    if rng.random() < 0.7:
        index.write_bytes(rng.choice([earlier, bytes(damaged)]))
    return was


def lasting(folder: Path) -> list[Path]:
    """The files of a folder that are there for longer than a moment: thousands of slots take seconds here."""
    return [path for path in folder.iterdir() if not path.name.startswith("replaced-tweets.txt.")]


def resident() -> int:
    """The resident memory of this process in kB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@contextmanager
def soaking(seed: int, *, lock: bool = True) -> Iterator[Soak]:
    """A soak in a folder in memory, with a disk and processes of its own."""
    memory = Path("/dev/shm")
    data = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    soak = Soak(data, seed, lock=lock)

    def alive(name: str) -> bool | None:
        return False if name == this() else None  # from within a container others cannot be seen

    def this() -> str:
        return soak.turns[-1].name if soak.turns else "person:1:1"

    stand_ins: list[tuple[Any, str, Any]] = [
        (files, "disk", Volume(soak)),
        (owner, "this_process", this),
        (owner, "is_alive", alive),
        (run, "_PATIENCE", 0.0),
    ]
    if not lock:
        stand_ins += [(files, "lock", no_lock), (mounts, "lock_excludes", lambda data, name="post": False)]
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, data)
        for module, name, stand_in in stand_ins:
            undo.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, stand_in)
        yield soak


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.soak")
    parser.add_argument("slots", type=int, nargs="?", default=10_000)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--no-lock", action="store_true")
    options = parser.parse_args()
    with soaking(options.seed, lock=not options.no_lock) as soak:
        soak.run(options.slots)
        print("\n".join(soak.table()))
        soak.check()
    print("nothing twice, nothing lost, nothing left lying about")


if __name__ == "__main__":
    main()
