"""A long life in random order: posts, failing networks, clock steps, hand edits, crashes, a person's word."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from botus.errors import BotusError
from botus.posting.resolve import resolve
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.text import short_id
from tests.support.fakes import FakeTarget, Platform, World

STEPS = ["ok", "reject", "later", "account", "lost", "nothing"]


class PowerFailure(BaseException):
    """The machine stops here: nothing of botus runs any more."""


class FailingDisk(files.Disk):
    """Stops the machine at the n-th operation."""

    def __init__(self, left: int) -> None:
        self.left = left

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PowerFailure

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._step()
        return super().open(path, flags, mode)

    def fsync(self, descriptor: int) -> None:
        self._step()
        super().fsync(descriptor)

    def link(self, source: Path, target: Path) -> None:
        self._step()
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        super().rename(source, target)

    def exchange(self, first: Path, second: Path) -> None:
        self._step()
        super().exchange(first, second)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)


class Life(RuleBasedStateMachine):
    """A data directory, two platforms, and a person."""

    @initialize(sees=st.booleans())
    def begin(self, sees: bool) -> None:
        memory = Path("/dev/shm")
        self.data = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        targets = [FakeTarget(Platform(), "a", sees=sees), FakeTarget(Platform(), "b", sees=not sees)]
        self.world = World(self.data, *targets)
        self.texts: set[str] = set()
        self.number = 0
        self.add(3)

    @rule(count=st.integers(1, 3))
    def add(self, count: int) -> None:
        """A person appends lines with a shell."""
        with (self.data / "tweets.txt").open("a") as shell:
            for _ in range(count):
                self.number += 1
                self.texts.add(f"line {self.number}")
                shell.write(f"line {self.number}\n")

    @rule()
    def save_an_old_buffer(self) -> None:
        """An editor writes every line back that there ever was."""
        (self.data / "tweets.txt").write_text("".join(f"{text}\n" for text in sorted(self.texts)))

    @rule(steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=2))
    def weather(self, steps: list[str]) -> None:
        """What the platforms answer next."""
        for target, step in zip(self.world.targets.values(), steps, strict=True):
            target.script.append(step)

    @rule(name=st.sampled_from("ab"))
    def outage(self, name: str) -> None:
        self.world.targets[name].down = not self.world.targets[name].down

    @rule(seconds=st.sampled_from([-7200, 5, 61, 3600, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.now += seconds

    @rule(name=st.sampled_from("ab"))
    def new_token(self, name: str) -> None:
        self.world.targets[name].account += "'"

    @rule()
    def post(self) -> None:
        self.world.run().post()

    @rule()
    def settle(self) -> None:
        self.world.run().settle()

    @rule(left=st.integers(0, 40))
    def crash(self, left: int) -> None:
        """The machine stops in the middle of a posting run."""
        real, files.disk = files.disk, FailingDisk(left)
        try:
            self.world.run().post()
        except PowerFailure:
            pass
        finally:
            files.disk = real

    @rule(name=st.sampled_from("ab"))
    def a_person_looks(self, name: str) -> None:
        """Somebody resolves what is unknown, truthfully."""
        for entry in Log(self.data).entries():
            if entry.get("targets", {}).get(name, {}).get("state") == "unknown":
                there = entry["text"] in self.world.targets[name].platform.posts
                word = "posted" if there else "not-posted"
                try:
                    resolve(self.data, entry["id"], name, word, None, self.world.clock)  # type: ignore[arg-type]
                except BotusError:
                    assert Intents(self.data).open()  # it is on its way again already

    @invariant()
    def nothing_twice(self) -> None:
        for target in self.world.targets.values():
            assert not target.platform.doubles()

    @invariant()
    def nothing_lost(self) -> None:
        queue = {line.text for line in self.world.run().queue.lines()}
        opened = {intent.text for intent in Intents(self.data).open()}
        logged = [entry["text"] for entry in Log(self.data).entries()]
        done = set(Intents(self.data).done_names())
        assert len(logged) == len(set(logged))
        missing = self.texts - queue - opened - set(logged)
        assert len(missing) <= len(done) - sum(short_id(mark) in self._ids() for mark in done)

    def _ids(self) -> set[object]:
        return {entry.get("id") for entry in Log(self.data).entries()}

    def teardown(self) -> None:
        if not hasattr(self, "data"):
            return
        for target in self.world.targets.values():
            target.script.clear()
            target.down = False
            target.account += "!"  # a new token: what had stopped goes on
        for _ in range(2 * self.number + 30):
            self.world.clock.now += 200_000
            self.world.run().post()
        self.nothing_twice()
        assert not Intents(self.data).open()
        assert {entry["text"] for entry in Log(self.data).entries()} == self.texts
        shutil.rmtree(self.data)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30)
