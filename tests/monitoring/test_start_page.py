"""What `botus run` says when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botus.monitoring.start_page import _next_times, start_page
from botus.schedule.slots import schedule_of
from botus.settings import load
from botus.store.state import StateFiles
from tests.support.fakes import FakeTarget, Platform
from tests.support.servers import HookServer


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "tweets.txt").write_text("".join(f"line {number}\n" for number in range(9)))
    return tmp_path


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


def page(data: Path, **environment: str) -> list[tuple[str, str]]:
    settings = load(environment, data)
    fakes = {"fake": FakeTarget(Platform())} if settings.has_targets else {}
    return list(start_page(settings, fakes, schedule_of(settings)))  # type: ignore[arg-type]


def test_the_start_page(data: Path, hook: HookServer) -> None:
    urls = f"{hook.url.replace('http', 'json')}/abc"
    found = page(
        data, CRON="0 9 * * *", TZ="Europe/Berlin", NOTIFY_URLS=urls, PING_URL=hook.url, WEBHOOK_URLS=urls
    )
    said = [line for _, line in found]
    assert re.fullmatch(r"botus \S+, uid \d+, data in \S+, time zone Europe/Berlin", said[0])
    assert said[1] == "schedule: 0 9 * * *: at 09:00 every day"
    assert re.fullmatch(r"next: (\w{3} \d\d \w{3} 09:00( \+0[12]:00)?(, )?){5}", said[2])
    assert said[3:5] == [
        "queue: 9 lines ready, enough for 9 days at 1 post a day",
        "posts to fake nowhere real",
    ]
    assert re.fullmatch("alerts go to json-[0-9a-f]{6}", said[5])
    assert said[6] == "PING_URL is called after each good slot"
    assert {level for level, _ in found} == {"info"}
    often = page(data, CRON="* * * * *", MAX_PER_DAY="1440")
    assert ("info", "queue: 9 lines ready, enough for 9 minutes at 1440 posts a day") in often
    dry = page(data, CRON="@daily")
    assert dry[-1] == ("warning", "no credentials are set: this is a dry run, nothing is posted")


def test_the_start_page_of_an_empty_bot_that_needs_a_person(data: Path) -> None:
    (data / "tweets.txt").write_text("")
    state = StateFiles(data)
    memory = state.load()
    memory.target("fake", "account-1", "").stopped = "HTTP 401, the credentials were refused"
    state.save(memory)
    found = page(data, CRON="@daily", WEBHOOK_URLS="json://127.0.0.1/abc")
    assert (
        "warning",
        "queue: no line of tweets.txt may go out; it is empty, and new ones are written by: botus generate",
    ) in found
    stopped = "fake has stopped: HTTP 401, the credentials were refused; fix it, then run: botus doctor"
    assert ("error", stopped) in found
    (data / "tweeted.json").write_text("damaged")
    assert ("error", stopped) in page(data, CRON="@daily", WEBHOOK_URLS="json://127.0.0.1/abc")


def test_the_next_times_are_those_of_the_posts(data: Path) -> None:
    now = datetime(2026, 10, 23, 12, tzinfo=UTC)
    settings = load({"CRON": "0 9 * * *", "TZ": "Europe/Berlin"}, data)
    assert _next_times(schedule_of(settings), now) == (
        "Sat 24 Oct 09:00 +02:00, Sun 25 Oct 09:00, Mon 26 Oct 09:00, Tue 27 Oct 09:00,"
        " Wed 28 Oct 09:00 +01:00"
    )
    rare = schedule_of(replace(settings, cron="0 9 1 1 *"))
    assert _next_times(rare, now).startswith("Fri 01 Jan 2027 09:00, Sat 01 Jan 2028 09:00, ")
    late = schedule_of(replace(settings, jitter=3600.0))
    first = late.fires_at(next(late.slots(now, datetime.max.replace(tzinfo=UTC))))
    assert _next_times(late, now).startswith(f"Sat 24 Oct {first.astimezone(late.zone):%H:%M:%S} +02:00, ")
    within = datetime.fromtimestamp(first.timestamp() - 1, UTC)  # the slot has come, its moment has not
    assert _next_times(late, within).startswith("Sat 24 Oct")
