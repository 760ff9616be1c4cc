"""The loop of the container, with a clock and a network that are moved by hand."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from botus.errors import BotusError, CredentialsError, FileError, SettingsError, sentence
from botus.posting.target import Answer, Attempt
from botus.schedule.loop import Loop, StepOutcome, check_credentials, preview, schedule_of
from botus.settings import Settings, load
from botus.store.running.runs import Runs
from tests.review.test_session import Quick, disk
from tests.support.fakes import Clock, FakeTarget, Platform, World

MONDAY = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0


class Simulation:
    """A container over days: a loop that is started anew whenever it ends, in a time of its own.

    Attributes:
        now: true time.
        offset: how far the machine's clock is off.
        posted: (machine's clock, text) of each post.
        events: (true time, what happens then); True from it ends the loop, as a restart does.
    """

    def __init__(self, data: Path, lines: int = 500, **environment: str) -> None:
        self.data, self.now, self.offset = data, MONDAY + 100, 0.0
        self.settings = load({"CRON": "0 */4 * * *", **environment}, data)
        self.said: list[tuple[str, str]] = []
        self.heard: list[tuple[float, StepOutcome]] = []
        self.posted: list[tuple[float, str]] = []
        self.events: list[tuple[float, Callable[[], object]]] = []
        self.target = FakeTarget(
            Platform(), before_send=lambda text: self.posted.append((self.clock(), text))
        )
        self.targets = {"fake": self.target}
        self.until, self.starts, self.longest_wait = 0.0, 0, 0.0
        (data / "tweets.txt").write_text("".join(f"line {number}\n" for number in range(lines)))

    def clock(self) -> float:
        return self.now + self.offset

    def run(self, days: float) -> None:
        """Live so many days; a loop that ends before is started again."""
        self.until = self.now + days * DAY
        while self.now < self.until:
            self.starts += 1
            rng = Random(self.starts)
            Loop(self.settings, self.targets, self.clock, self.wait, self.say, rng, self.hear).run()

    def wait(self, seconds: float) -> bool:
        self.longest_wait = max(self.longest_wait, seconds)
        ends = self.now + seconds
        while self.events and self.events[0][0] <= ends:
            moment, action = self.events.pop(0)
            self.now = began = max(moment, self.now)
            if action() is True:
                return True
            ends += self.now - began  # a machine that sleeps does not count its seconds
        self.now = ends
        return self.now >= self.until

    def say(self, message: str, level: str = "info", **fields: object) -> None:
        self.said.append((level, message))

    def hear(self, step: StepOutcome) -> None:
        self.heard.append((self.now, step))

    def on(self, day: float, hour: float, action: Callable[[], object]) -> None:
        self.events.append((MONDAY + day * DAY + hour * HOUR, action))
        self.events.sort(key=lambda event: event[0])

    def step(self, seconds: float) -> Callable[[], object]:
        """Set the machine's clock."""

        def move() -> None:
            self.offset += seconds

        return move

    def sleep(self, seconds: float) -> Callable[[], object]:
        """Suspend the machine: time goes on, nothing runs."""

        def move() -> None:
            self.now += seconds

        return move

    def slots(self) -> list[str]:
        """The slot of each post, as day and hour."""
        return [f"{datetime.fromtimestamp(moment, UTC):%d %H}" for moment, _ in self.posted]

    def check(self) -> None:
        """What holds whatever happens: within a minute after a slot, once per slot, nothing twice."""
        late = [moment % (4 * HOUR) for moment, _ in self.posted]
        assert max(late) < 60, late
        assert Counter(self.slots()).most_common(1)[0][1] == 1
        texts = self.target.platform.posts
        assert len(texts) == len(set(texts)) == len(json.loads((self.data / "tweeted.json").read_text()))
        assert self.longest_wait <= 60


@pytest.fixture
def week(tmp_path: Path) -> Simulation:
    return Simulation(tmp_path)


def every_slot(first: int, last: int) -> list[str]:
    return [f"{day:02} {hour:02}" for day in range(first, last + 1) for hour in range(0, 24, 4)]


def test_a_quiet_day_posts_exactly_at_the_slots(tmp_path: Path) -> None:
    day = Simulation(tmp_path)
    with disk(Quick()):
        day.run(1)
    assert day.slots() == [*every_slot(2, 2)[1:], "03 00"]
    assert max(moment % (4 * HOUR) for moment, _ in day.posted) < 1
    day.check()


def test_a_week_with_restarts_a_wrong_clock_and_an_outage(week: Simulation) -> None:
    for hour in (4.0, 4.01, 4.02, 9.0, 11.999, 12.0):  # restarts, also right after a slot
        week.on(0, hour, lambda: True)
    week.on(1, 4.5, week.step(-2 * HOUR))  # the clock is set back over a slot, and later put right
    week.on(1, 13, week.step(2 * HOUR))
    week.on(2, 6, week.step(9 * HOUR))  # it runs ahead, over two slots, and is put right
    week.on(2, 10, week.step(-9 * HOUR))
    week.on(3, 1, lambda: setattr(week.target, "down", True))
    week.on(3, 18, lambda: setattr(week.target, "down", False))
    week.on(4, 3, week.sleep(6 * HOUR))  # a suspended laptop: missed slots are left out
    week.on(5, 10, week.step(40 * DAY))  # a battery that died: a slot in the far future ...
    week.on(5, 10.5, lambda: True)
    week.on(5, 15, week.step(-40 * DAY))  # ... does not stop the bot for weeks
    with disk(Quick()):
        week.run(7)
    week.check()
    found = set(week.slots())
    assert found >= set(every_slot(2, 2)[1:]) | {"03 00", "03 04", "08 00", "08 04", "08 20"}
    assert not found & {"05 04", "05 08", "05 12", "05 16"}  # nobody to post to
    assert "05 20" in found
    assert {"04 12", "04 20"} <= found
    assert not found & {"06 04", "06 08"}
    assert {"06 00", "06 12"} <= found
    assert {"07 16", "07 20"} <= found
    said = [message for _, message in week.said]
    assert sum("was the clock wrong" in message for message in said) >= 1
    assert sum("no target takes posts" in message for message in said) == 4


@pytest.mark.parametrize("catch_up", ["no", "yes"])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_fell_back_years_and_returns_fires_no_slot_twice(
    tmp_path: Path, catch_up: str, restarts: bool
) -> None:
    day = Simulation(tmp_path, CATCH_UP=catch_up)
    day.on(0, 4.003, day.step(-2000.1 * DAY))  # a machine without a clock of its own, until it hears the time
    day.on(0, 4.012, day.step(2000.1 * DAY))
    if restarts:
        for hour in (4.004, 4.013, 5):
            day.on(0, hour, lambda: True)
    with disk(Quick()):
        day.run(0.5)
    assert day.slots() == ["02 04", "02 08", "02 12"]


def test_a_clock_that_was_weeks_ahead_costs_a_day_when_it_is_put_right(tmp_path: Path) -> None:
    days = Simulation(tmp_path)
    days.offset = 10 * DAY
    days.on(10, 9, days.step(-10 * DAY))
    with disk(Quick()):
        days.run(12)
    wrong = [*every_slot(12, 21)[1:], "22 00", "22 04", "22 08"]
    assert days.slots() == [*wrong, "13 16", "13 20", "14 00"]  # what was claimed is not posted again
    said = [message for _, message in days.said]
    assert sum("was the clock wrong" in message for message in said) == 1


def test_two_containers_whose_clocks_differ_by_seconds_share_the_slots(tmp_path: Path) -> None:
    day = Simulation(tmp_path, CRON="* * * * *", MAX_PER_DAY="1440")
    loops = [
        Loop(day.settings, {"fake": day.target}, clock, day.wait, day.say, Random(1))
        for clock in (day.clock, lambda: day.now + 7, lambda: day.now - 25)
    ]
    with disk(Quick()):
        while day.now < MONDAY + 3700:
            day.now += 0.5
            for loop in loops:
                loop.turn()
    minutes = [int((moment + 7) / 60) for moment, _ in day.posted]  # the fastest clock has each slot
    assert len(minutes) == len(set(minutes)) == 61
    assert not [message for level, message in day.said if level != "info"]


def test_one_missed_slot_is_made_up_for_where_it_is_wanted(tmp_path: Path) -> None:
    day = Simulation(tmp_path, CATCH_UP="yes")
    day.on(0, 5, day.sleep(8 * HOUR))
    with disk(Quick()):
        day.run(0.8)
    assert day.slots() == ["02 04", "02 13", "02 16"]


def test_no_more_than_the_limit_of_a_day(tmp_path: Path) -> None:
    day = Simulation(tmp_path, CRON="* */4 * * *", MAX_PER_DAY="5")
    with disk(Quick()):
        day.run(0.3)
    assert len(day.posted) == 5
    assert "MAX_PER_DAY is 5" in day.said[-1][1]


@pytest.mark.parametrize("jitter", ["0", "1h"])
def test_a_limit_of_as_many_as_the_schedule_has_leaves_none_out(tmp_path: Path, jitter: str) -> None:
    days = Simulation(tmp_path, MAX_PER_DAY="6", JITTER=jitter)
    with disk(Quick()):
        days.run(3)
    assert set(every_slot(2, 4)[1:]) <= set(days.slots())
    assert not [message for level, message in days.said if level != "info"]


def test_a_post_that_still_waits_for_a_dead_target_counts_for_the_day(tmp_path: Path) -> None:
    day = Simulation(tmp_path, CRON="* */4 * * *", MAX_PER_DAY="5")
    day.targets["dead"] = FakeTarget(Platform(), "dead", ["account"])
    with disk(Quick()):
        day.run(0.3)
    assert len(day.posted) == 5


@pytest.mark.parametrize(("make", "kind"), [(Path.mkdir, "a folder"), (os.mkfifo, "a named pipe")])
def test_an_empty_queue_and_damage_are_survived(
    make: Callable[[Path], None], kind: str, tmp_path: Path
) -> None:
    day = Simulation(tmp_path, lines=1)
    day.on(0, 5, lambda: (tmp_path / "tweets.txt").write_text("new\n"))
    day.on(0, 9, lambda: (tmp_path / "tweets.txt").unlink())
    day.on(0, 9, lambda: os.utime(tmp_path, (0, 0)))  # no editor has moved it away just now
    day.on(0, 13, lambda: make(tmp_path / "tweets.txt"))
    day.on(0, 17, lambda: (tmp_path / "tweets.txt").rename(tmp_path / "away"))
    day.on(0, 17, lambda: (tmp_path / "tweets.txt").write_text("newer\n"))
    with disk(Quick()):
        day.run(1)
    assert [text for _, text in day.posted] == ["line 0", "new", "newer"]
    said = [message for _, message in day.said]
    assert sum("there is no" in message for message in said) == 1
    assert sum(f"is {kind}, not a file" in message for message in said) == 1


def test_what_was_damaged_is_looked_at_again_every_minute(tmp_path: Path) -> None:
    day = Simulation(tmp_path)
    log = tmp_path / "tweeted.json"
    day.on(0, 3.9, lambda: log.write_text("["))
    day.on(0, 4.5, lambda: log.write_text("[]"))
    with disk(Quick()):
        day.run(0.3)
    troubles = [(now - MONDAY, bool(step.trouble)) for now, step in day.heard]
    first, *others, last = troubles[1:]
    assert first == (pytest.approx(4 * HOUR, abs=1), True)
    assert all(trouble for _, trouble in others)
    assert 28 <= len(others) <= 31
    assert last == (pytest.approx(4.5 * HOUR, abs=60), False)
    assert len([line for _, line in day.said if "tweeted.json" in line]) == 1
    assert day.posted == []


def test_a_full_disk_is_said_once_though_every_slot_has_a_file_of_its_own(tmp_path: Path) -> None:
    class Full(Quick):
        def link(self, source: Path, target: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    day = Simulation(tmp_path)
    with disk(Full()):
        day.run(1)
    said = [message for level, message in day.said if level != "info"]
    trouble = f"cannot write into {tmp_path}/.botus/slots: No space left on device (make room on the disk)"
    assert said == [trouble, "1 missed slot left out"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("a fault"), "RuntimeError: a fault"),
        (MemoryError(), "there was not enough memory; close"),
    ],
)
def test_an_unexpected_fault_is_said_once_and_the_loop_goes_on(
    tmp_path: Path, error: Exception, words: str
) -> None:
    day = Simulation(tmp_path, CRON="* * * * *")

    def fails(text: str) -> str | None:
        raise error

    day.target.problem = fails  # type: ignore[method-assign]
    day.on(0, 0.25, lambda: setattr(day.target, "problem", lambda text: None))
    with disk(Quick()):
        day.run(0.02)
    assert sum(f"unexpected: {words}" in message for _, message in day.said) == 1
    assert day.posted


def test_a_lost_answer_is_looked_up_between_the_slots(tmp_path: Path) -> None:
    day = Simulation(tmp_path)
    looks: list[float] = []

    def find(text: str, attempt: Attempt) -> Answer:
        looks.append(day.clock())
        return Answer("posted", "1") if len(looks) > 1 else Answer("later", reason="too early")

    day.target.find = find  # type: ignore[method-assign]
    day.target.script.append("lost")
    with disk(Quick()):
        day.run(0.25)
    assert len(looks) == 2
    assert 60 <= looks[1] - looks[0] < 125
    [entry] = json.loads((tmp_path / "tweeted.json").read_text())
    assert entry["targets"]["fake"]["state"] == "posted"


def test_a_dry_run_posts_nothing_and_changes_nothing_but_its_slots(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("one\n")
    clock, said = Clock(MONDAY), []
    settings = Settings(tmp_path, cron="* * * * *")

    def wait(seconds: float) -> bool:
        clock.now += seconds
        return clock.now > MONDAY + 150

    Loop(settings, {}, clock, wait, lambda message, *_, **__: said.append(message), Random(1)).run()
    assert said == ["dry run: would post to nowhere, because no credentials are set: one"] * 3
    assert (tmp_path / "tweets.txt").read_text() == "one\n"
    assert sorted(path.name for path in (tmp_path / ".botus").iterdir()) == ["heartbeat", "slots"]


def test_it_beats_at_least_every_minute(tmp_path: Path) -> None:
    day = Simulation(tmp_path)
    with disk(Quick()):
        day.run(0.01)
    beat = Runs(tmp_path).last_beat()
    assert beat is not None
    assert datetime.now(UTC) - datetime.fromtimestamp(beat, UTC) < timedelta(minutes=1)
    assert day.longest_wait == 60


def test_a_start_just_after_a_slot_says_that_it_posts_at_once(tmp_path: Path) -> None:
    day = Simulation(tmp_path)
    day.on(0, 4 + 40 / 3600, lambda: True)  # 40 seconds after the second slot, which the first run had
    day.now -= 70  # half a minute after the first slot
    day.run(0.2)
    assert [words for _, words in day.said if "just begun" in words] == [
        "the slot of Mon 2026-11-02 00:00 +00:00 has just begun: its post is due now"
    ]
    assert len(day.posted) == 2


# The small ones.


def test_a_schedule_needs_an_expression(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CRON is not set"):
        schedule_of(Settings(tmp_path))
    with pytest.raises(SettingsError, match="TZ 'Mars' is not a time zone"):
        schedule_of(Settings(tmp_path, cron="@daily", zone="Mars"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileError("a is damaged", "mend it"), "a is damaged (mend it)"),
        (BotusError("plain"), "plain"),
        (SettingsError(["one.", "two."], "Do this."), "one; two (Do this)"),
    ],
)
def test_an_error_in_one_line(error: BotusError, said: str) -> None:
    assert sentence(error) == said


def test_credentials(tmp_path: Path) -> None:
    check_credentials(Settings(tmp_path))
    with pytest.raises(CredentialsError, match="CONSUMER_SECRET missing"):
        check_credentials(Settings(tmp_path, missing=("CONSUMER_SECRET",)))
    (tmp_path / "tweeted.json").write_text('[{"text": "a", "timestamp": 1}]')
    with pytest.raises(CredentialsError, match="has posted before"):
        check_credentials(Settings(tmp_path))


def test_a_preview_says_where_and_what(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "one"), FakeTarget(Platform(), "two"))
    world.lines(" spaced ")
    said: list[str] = []
    assert preview(world.run(), lambda message, *_, **__: said.append(message)) == "spaced"
    assert said == ["dry run: would post to one, two: spaced"]
