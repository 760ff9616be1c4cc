"""What the health check says, and how little it loads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from botus.errors import FileError
from botus.monitoring.health import FAILED_SLOTS, complaints, look
from botus.monitoring.survey import Survey
from botus.posting.resolve import resolve
from botus.settings import Settings, load
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.running import alerts
from botus.store.running.alerts import Alerts
from botus.store.running.runs import Runs
from botus.store.state import StateFiles
from tests.cli.test_cli import HEAVY, imported
from tests.support.command import botus, environment
from tests.support.fakes import FakeTarget, Platform, World

NOW = datetime(2026, 11, 2, 3, 4, tzinfo=UTC).timestamp()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A bot that runs and is well."""
    world = World(tmp_path, FakeTarget(Platform(), "one"), FakeTarget(Platform(), "two"))
    world.clock.now = NOW
    world.lines("first", "second", "third")
    (tmp_path / ".botus").mkdir()
    beat(world, 0)
    return world


def beat(world: World, ago: float) -> None:
    runs = Runs(world.data)
    runs.beat()
    os.utime(runs.heartbeat, (NOW - ago, NOW - ago))


def unhealthy(world: World, **settings: object) -> list[str]:
    survey = Survey(Settings(world.data, **settings), world.targets)  # type: ignore[arg-type]
    return complaints(survey, world.clock)


def test_the_tick(world: World) -> None:
    beat(world, 170)
    assert unhealthy(world) == []
    beat(world, 200)
    assert unhealthy(world) == ["the last heartbeat is 200 seconds old"]
    Runs(world.data).heartbeat.unlink()
    assert unhealthy(world) == ["no heartbeat: botus run has not started here"]
    assert "CRON" in unhealthy(world, cron="x")[1]  # why it may not have started
    world.data = world.data / "absent"
    assert unhealthy(world) == [f"there is no data directory {world.data}"]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "tweeted.json": lambda data: (data / "tweeted.json").write_text("["),
    "state.json": lambda data: (data / ".botus" / "state.json").write_text("{"),
    "candidates.jsonl": lambda data: (data / ".botus" / "candidates.jsonl").write_text("x\n{}\n"),
    "decisions.jsonl": lambda data: (data / ".botus" / "decisions.jsonl").write_text("x\n{}\n"),
    "denylist.txt": lambda data: (data / "denylist.txt").write_text("/(/\n"),
    "tweets.txt": lambda data: ((data / "tweets.txt").unlink(), (data / "tweets.txt").mkdir()),
    "missing, but 1 post has": lambda data: (data / "tweeted.json").unlink(),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file(world: World, name: str) -> None:
    world.run().post()
    assert unhealthy(world) == []
    DAMAGE[name](world.data)
    (complaint,) = unhealthy(world)
    assert name in complaint


def test_a_damaged_intent(world: World) -> None:
    world.targets["two"].down = True
    world.run().post()
    assert unhealthy(world) == []  # a post that waits is fine
    (intent,) = (world.data / ".botus" / "intents").iterdir()
    intent.write_text("{")
    assert str(intent) in unhealthy(world)[0]


def test_what_needs_a_person(world: World) -> None:
    world.targets["one"].script.append("nothing")
    world.targets["two"].script.append("account")
    world.run().post()
    stopped, unknown = unhealthy(world)
    assert stopped == "two has stopped: 401; fix it, then run: botus doctor"
    assert "botus resolve" in unknown
    del world.targets["two"]  # no longer in the settings
    assert len(unhealthy(world)) == 1


def test_a_post_that_is_sent_again_is_in_question_no_longer(world: World) -> None:
    del world.targets["two"]
    world.targets["one"].script.append("nothing")
    world.run().post()
    (entry,) = json.loads((world.data / "tweeted.json").read_text())
    assert len(unhealthy(world)) == 1
    resolve(world.data, entry["id"], "one", "not-posted", None, world.clock)
    assert unhealthy(world) == []


def test_posts_that_failed_are_unhealthy_and_an_empty_queue_is_not(world: World) -> None:
    settings = Settings(world.data)
    for failed in range(FAILED_SLOTS):
        alerts.save(world.data, Alerts(failed_slots=failed))
        assert unhealthy(world) == []
    alerts.save(world.data, Alerts(failed_slots=FAILED_SLOTS))
    assert unhealthy(world) == ["nothing could be posted at the last 3 slots: see the log of botus run"]
    assert look(lambda: settings, world.clock).warnings == []
    alerts.save(world.data, Alerts(empty=True))
    assert unhealthy(world) == []
    found = look(lambda: settings, world.clock)
    assert "no line of the queue may go out" in found.warnings[0]
    assert (found.exit_code, next(found.lines())) == (0, "well")


def test_a_fault_is_told_once(world: World) -> None:
    alerts.save(world.data, Alerts(trouble="unexpected: ValueError"))
    assert unhealthy(world) == ["at its last slot botus run met: unexpected: ValueError"]
    (world.data / "tweeted.json").write_text("[")
    (complaint,) = unhealthy(world)
    assert "tweeted.json" in complaint


def test_what_run_remembers_is_not_unhealthy_when_it_is_damaged(world: World) -> None:
    (world.data / ".botus" / "news.json").write_text("{")
    assert unhealthy(world) == []


def test_looking_changes_nothing(world: World) -> None:
    before = sorted(world.data.rglob("*"))
    unhealthy(world)
    assert sorted(world.data.rglob("*")) == before


def test_wrong_settings_are_an_answer(tmp_path: Path) -> None:
    found = look(lambda: load({"MAX_PER_DAY": "few"}, tmp_path), time.time)
    assert found.exit_code == 1
    assert "MAX_PER_DAY" in found.complaints[0]


def test_the_command(world: World) -> None:
    Runs(world.data).beat()
    alerts.save(world.data, Alerts(empty=True))
    ended = botus("health", "--json", "--data", world.data)
    assert ended.code == 0
    assert ended.value == {"well": True, "complaints": [], "warnings": ended.value["warnings"]}
    ended = botus("health", "--data", world.data)
    assert ended.out.splitlines()[0] == "well"
    (world.data / "swordfish99").mkdir()
    ended = botus("health", "--data", world.data / "swordfish99", MASTODON_ACCESS_TOKEN="swordfish99")
    assert (ended.code, "swordfish" in ended.out) == (1, False)


def test_it_loads_little(world: World) -> None:
    Runs(world.data).beat()
    settings = {"MASTODON_BASE_URL": "https://a.example", "MASTODON_ACCESS_TOKEN": "swordfish"}
    found = imported("health", "--data", str(world.data), CRON="@daily", **settings)
    assert "botus" in found
    assert not found & {*HEAVY, "urllib3", "apprise", "twitter_text", "http", "ssl", "asyncio"}


PEAK = """
import atexit, sys
from botus.cli.main import main
atexit.register(lambda: sys.stderr.write(open("/proc/self/status").read()))
main()
"""


@pytest.mark.proof
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says what a process held at most")
def test_it_holds_little_however_much_was_written_and_posted(world: World) -> None:
    entries = [{"text": f"post {number}", "timestamp": number} for number in range(5000)]
    (world.data / "tweeted.json").write_text(json.dumps(entries, indent=2))
    found = Candidate("a post of the usual length " * 5, 0, 1.0, {"length": 0.5}, -1.0, None, (), ())
    for group in range(20):
        Candidates(world.data).append(
            Origin("run1", 1, 0.9, 0, 1.0, "", 1), [replace(found, number=at) for at in range(1000)], group
        )
    Runs(world.data).beat()
    command = [sys.executable, "-c", PEAK, "health", "--data", str(world.data)]
    ended = subprocess.run(command, env=environment(CRON="@daily"), capture_output=True, text=True)
    peak = re.search(r"VmHWM:\s+(\d+) kB", ended.stderr)
    assert ended.stdout == "well\n"
    assert peak
    assert int(peak[1]) < 30_000


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, whom no mode keeps out."""
    before = os.geteuid()
    if not before:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("locked", [".", ".botus", ".botus/intents"])
def test_a_folder_that_it_may_not_enter_is_unhealthy_with_its_remedy(locked: str) -> None:
    with TemporaryDirectory() as name:
        data = Path(name, "data")
        (data / ".botus/slots").mkdir(parents=True)
        (data / ".botus/intents").mkdir()
        os.chmod(name, 0o755)
        look(lambda: load({}, data), time.time)  # nothing is left to be imported
        (data / locked).chmod(0)
        with as_nobody():
            found = look(lambda: load({}, data), time.time)
        (data / locked).chmod(0o755)
    owner = rf"botus runs as uid {os.getuid()}: sudo chown -R .* \(of a container: the folder that is mounted"
    remedy = rf"[Pp]ermission denied \({owner}"
    assert found.exit_code == 1
    assert re.search(remedy, " ".join(found.complaints)), found.complaints


def test_slots_that_it_may_not_see_are_trouble_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / ".botus/slots").mkdir(parents=True)
    (tmp_path / ".botus/slots").chmod(0)
    with as_nobody(), pytest.raises(FileError, match="Permission denied"):
        StateFiles(tmp_path).last_slot()
    (tmp_path / ".botus/slots").chmod(0o755)
