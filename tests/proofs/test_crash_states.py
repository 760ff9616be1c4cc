"""The promise survives a power failure at any moment, and another one during the recovery.

Exhaustive: every operation of a posting run, every loss of what was not synced, and for each of these the
same again for the run that recovers. `python -m tests.proofs.test_crash_states` prints how many that were.
"""

from __future__ import annotations

import errno
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from botus.errors import BotusError
from botus.posting.resolve import resolve
from botus.store.durable import files, lines
from botus.store.intents import Intents
from botus.store.log.tweeted import Log, parse
from botus.text import fingerprint
from tests.proofs import crash
from tests.support.fakes import FakeTarget, Platform, World

LINES = ["first", "second line", "third\\nwith a break"]
TEXTS = {"first", "second line", "third\nwith a break"}
OLD = '[\n  {"text": "old", "timestamp": 1}\n]'


@dataclass
class Scenario:
    """How a world begins and what happens in it."""

    name: str
    scripts: dict[str, list[str]]
    sees: bool = False
    act: Callable[[World], None] = lambda world: _quietly(world.run().post)
    before: Callable[[World], None] = lambda world: None
    content: str = "\n".join(LINES)
    log: str | None = OLD

    def build(self, data: Path) -> World:
        targets = [
            FakeTarget(Platform(), name, script, sees=self.sees) for name, script in self.scripts.items()
        ]
        world = World(data, *targets)
        (data / "tweets.txt").write_text(self.content)
        if self.log:
            (data / "tweeted.json").write_text(self.log)
        self.before(world)
        return world


def _quietly(step: Callable[[], object]) -> None:
    try:
        step()
    except BotusError as error:
        raise AssertionError(f"no fault, and yet: {error}") from error


def _later(world: World) -> None:
    world.clock.now += 7200


def _twice(world: World) -> None:
    _quietly(world.run().post)
    _later(world)
    _quietly(world.run().post)


def _recover(world: World) -> None:
    _later(world)
    _quietly(world.run().post)


def _make_unknown(world: World) -> None:
    _quietly(world.run().post)


def _not_posted(world: World) -> None:
    [entry] = [entry for entry in Log(world.data).entries() if "id" in entry]
    resolve(world.data, entry["id"], None, "not-posted", None, world.clock)
    _quietly(world.run().post)


SCENARIOS = [
    Scenario("one target, first log ever", {"a": []}, log=None),
    Scenario("one target", {"a": []}),
    Scenario("two targets", {"a": [], "b": []}),
    Scenario("a rejection", {"a": ["reject"]}),
    Scenario("a lost answer that stays unknown", {"a": ["lost"]}),
    Scenario("a lost answer that is found", {"a": ["lost"]}, sees=True, act=_twice),
    Scenario("a lost request that is sent again", {"a": ["nothing"]}, sees=True, act=_twice),
    Scenario("one of two is down", {"a": [], "b": ["later"]}, act=_twice),
    Scenario("a person says: not posted", {"a": ["nothing"]}, before=_make_unknown, act=_not_posted),
]


@dataclass
class Count:
    """What was looked at."""

    states: int = 0
    depth_two: int = 0
    faults: int = 0
    seen: set[Any] = field(default_factory=set)
    checked: set[Any] = field(default_factory=set)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of them are written and synced."""
    memory = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def standing_in(disk: files.Disk) -> Iterator[None]:
    real, files.disk = files.disk, disk
    try:
        yield
    finally:
        files.disk = real


def remember(world: World) -> tuple[Any, ...]:
    """The world outside the disk: platforms, scripts, time."""
    platforms = [
        (name, tuple(target.platform.posts), tuple(target.script))
        for name, target in sorted(world.targets.items())
    ]
    return (*platforms, world.clock.now)


def reborn(scenario: Scenario, data: Path, outside: tuple[Any, ...]) -> World:
    """The world after a crash: the same platforms, a new process."""
    targets = [FakeTarget(Platform(), name, sees=scenario.sees) for name in scenario.scripts]
    world = World(data, *targets)
    for name, posts, script in outside[:-1]:
        world.targets[name].platform.posts = list(posts)
        world.targets[name].script.extend(script)
    world.clock.now = outside[-1]
    return world


def recorded(world: World, act: Callable[[World], None]) -> crash.Recorder:
    """Run something and record it; check what must hold while it runs."""
    recorder = crash.Recorder(world.data, lambda: remember(world))
    for target in world.targets.values():
        target.before_send = lambda text: check_sending(recorder, text)
    with standing_in(recorder):
        act(world)
    for image in crash.visible(recorder):
        check_log_parses(image)
    return recorder


def check_sending(recorder: crash.Recorder, text: str) -> None:
    """Never a request without a durable `sending`."""
    name = f".botus/intents/{fingerprint(text)}"
    image = recorder.durable()
    assert name in image, f"a request for {text!r} without an intent on the disk"
    assert b'"sending"' in image[name][1]


def check_log_parses(image: crash.Image) -> None:
    if "tweeted.json" in image:
        parse(Path("tweeted.json"), image["tweeted.json"][1].decode())


def check(scenario: Scenario, world: World, checked: set[Any], *, tidy: bool = True) -> None:
    """What must hold after a crash, once a run has recovered, and at the end of all runs.

    Many crashes end in the same state; what follows from one is looked at once.
    """
    _later(world)
    _quietly(world.run().post)
    mark = (crash.key(crash.picture(world.data)), remember(world))
    if mark in checked:
        return
    checked.add(mark)
    check_nothing_is_lost(world, tidy)
    for _ in range(4):
        _later(world)
        _quietly(world.run().post)
    check_the_end(scenario, world)


def check_nothing_is_lost(world: World, tidy: bool) -> None:
    """Every post is in one place. After a fault a used line may still stand in the file; it is not drawn."""
    run = world.run()
    selection = run.selection()
    queue = {line.text for line in run.queue.lines() if tidy or selection.allows(line)}
    opened = {intent.text for intent in Intents(world.data).open()}
    logged = {entry["text"] for entry in Log(world.data).entries()}
    for text in TEXTS:
        places = [text in queue, text in opened, text in logged]
        assert sum(places) == 1, f"{text!r} is in queue, intents, log: {places}"


def check_the_end(scenario: Scenario, world: World) -> None:
    entries = Log(world.data).entries()
    assert sorted(entry["text"] for entry in entries) == sorted([*TEXTS, *(["old"] if scenario.log else [])])
    assert not Intents(world.data).open()
    for name, target in world.targets.items():
        assert not target.platform.doubles(), f"{name} has {target.platform.doubles()} twice"
        told = {
            entry["text"]: entry["targets"][name]["state"]
            for entry in entries
            if name in entry.get("targets", {})
        }
        posted = set(target.platform.posts)
        assert {text for text, state in told.items() if state == "posted"} <= posted
        assert all(told.get(text) in ("posted", "unknown") for text in posted)


def explore(scenario: Scenario, count: Count) -> None:
    """Crash everywhere, recover, crash everywhere in that, recover."""
    with folder() as data:
        first = recorded(scenario.build(data), scenario.act)
    for image, outside in unseen(first, count):
        count.states += 1
        with folder() as data:
            crash.restore(image, data)
            second = recorded(reborn(scenario, data, outside), _recover)
        for again, outside_again in unseen(second, count):
            count.depth_two += 1
            with folder() as data:
                crash.restore(again, data)
                check(scenario, reborn(scenario, data, outside_again), count.checked)


def unseen(recorder: crash.Recorder, count: Count) -> Iterator[tuple[crash.Image, Any]]:
    for image, outside in crash.states(recorder):
        mark = (crash.key(image), outside)
        if mark not in count.seen:
            count.seen.add(mark)
            check_log_parses(image)
            yield image, outside


class Faulty(files.Disk):
    """Fails at one operation, or from it on."""

    def __init__(self, number: int, code: int, lasting: bool) -> None:
        self.number, self.code, self.lasting = number, code, lasting
        self.counter = itertools.count()
        self.hits = 0

    def _step(self) -> None:
        now = next(self.counter)
        if now == self.number or (self.lasting and now > self.number):
            self.hits += 1
            raise OSError(self.code, "injected")

    def write(self, descriptor: int, data: bytes) -> None:
        self._step()
        super().write(descriptor, data)

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

    def fsync_folder(self, path: Path) -> None:
        self._step()
        super().fsync_folder(path)


def faults(scenario: Scenario, count: Count) -> None:
    """Fail the first operation, then the second, ... until a run meets no fault; once, and for good."""
    for code, lasting in itertools.product((errno.EIO, errno.ENOSPC), (False, True)):
        for number in itertools.count():
            disk = Faulty(number, code, lasting)
            with folder() as data:
                world = scenario.build(data)
                with standing_in(disk):
                    run_with_faults(scenario, world)
                if not disk.hits:
                    break
                count.faults += 1
                check(scenario, world, count.checked, tidy=False)


def run_with_faults(scenario: Scenario, world: World) -> None:
    """A fault may end a run, but only with a sentence for a person."""
    try:
        scenario.act(world)
    except AssertionError as error:
        if not isinstance(error.__cause__, BotusError):
            raise
    except BotusError:
        pass


@pytest.fixture(autouse=True)
def _old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The states of the disk are hours apart, though they are made in a moment: no line is half written."""
    monkeypatch.setattr(lines, "MOMENT", 0.0)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_crash_anywhere_twice(scenario: Scenario) -> None:
    count = Count()
    explore(scenario, count)
    assert count.states > 10
    assert count.depth_two > 100


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_faults_everywhere(scenario: Scenario) -> None:
    count = Count()
    faults(scenario, count)
    assert count.faults > 50


def main() -> None:
    """Print what is enumerated."""
    total = Count()
    for scenario in SCENARIOS:
        count = Count()
        explore(scenario, count)
        faults(scenario, count)
        print(_row(scenario.name, count))
        total.states, total.depth_two, total.faults = (
            total.states + count.states,
            total.depth_two + count.depth_two,
            total.faults + count.faults,
        )
    print(_row("all", total))


def _row(name: str, count: Count) -> str:
    return (
        f"{name:36}{count.states:6} states {count.depth_two:7} after a second crash {count.faults:6} faults"
    )


if __name__ == "__main__":
    main()
