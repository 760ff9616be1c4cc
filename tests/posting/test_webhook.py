"""Webhooks through the real Apprise, on a server that takes Discord's form, Slack's and Apprise's own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import apprise.plugins.discord
import apprise.plugins.slack
import pytest

from botus.errors import CredentialsError
from botus.monitoring import health, status
from botus.monitoring.survey import Survey
from botus.posting.target import Answer, Ready, Timing
from botus.posting.targets.webhook import Webhook
from botus.settings import load
from botus.store.running.runs import Runs
from tests.support.fakes import World
from tests.support.loopback import Fault
from tests.support.servers import HookServer

TOKEN = "JHMHI8qBe7bk2ZwO5U711o3dV_js"
DISCORD = f"discord://4174216298/{TOKEN}"
SLACK = f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN[:24]}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HookServer]:
    """Apprise has no setting for where Discord and Slack are, but an attribute."""
    with HookServer() as server:
        monkeypatch.setattr(apprise.plugins.discord.NotifyDiscord, "notify_url", f"{server.url}/discord")
        monkeypatch.setattr(apprise.plugins.slack.NotifySlack, "webhook_url", f"{server.url}/slack")
        yield server


def send(url: str, text: str = "hello", read: float = 5) -> Answer:
    return Webhook(url, timing=Timing((2, read))).send(text, "", again=False)


@pytest.mark.parametrize("url", [DISCORD, SLACK])
class TestServices:
    def test_a_post(self, server: HookServer, url: str) -> None:
        assert send(url, "Tea and toast") == Answer("posted")
        (request,) = server.requests
        assert server.texts == ["Tea and toast"]
        assert "pprise" not in request.body  # neither its name nor its picture

    @pytest.mark.parametrize("fault", ["429", "500", "502", "404", "401", "400", "302"])
    def test_a_no_is_unknown_and_not_repeated(self, server: HookServer, url: str, fault: str) -> None:
        server.script(fault)
        answer = send(url)
        assert (answer.state, answer.reason) == ("unknown", f"HTTP {fault}")
        assert len(server.requests) == 1

    @pytest.mark.parametrize("fault", ["stall", "commit stall", "drop", "commit drop", "reset"])
    def test_a_lost_answer_is_unknown_and_not_repeated(
        self, server: HookServer, url: str, fault: str
    ) -> None:
        server.script(fault)
        began = time.monotonic()
        assert send(url, read=0.2) == Answer("unknown", reason="no answer")
        assert time.monotonic() - began < 3  # Apprise's own time-out is 4 seconds
        assert not server.faults
        assert len(server.posts) == fault.startswith("commit")
        assert len(server.requests) <= 1

    def test_retries_in_the_url_do_nothing(self, server: HookServer, url: str) -> None:
        server.script("500", "500", "500")
        assert send(f"{url}?retry=3&redirect=yes&overflow=split").state == "unknown"
        assert len(server.requests) == 1


@pytest.mark.parametrize("url", [DISCORD, SLACK])
def test_a_redirect_is_not_followed(server: HookServer, url: str) -> None:
    server.script(Fault("answer", 302, headers={"Location": f"{server.url}/elsewhere"}))
    assert send(f"{url}?redirect=yes") == Answer("unknown", reason="HTTP 302")
    assert len(server.requests) == 1


def test_a_long_post_is_never_split(server: HookServer) -> None:
    target = Webhook(f"{DISCORD}?overflow=split")
    assert target.problem("x" * 2001) is None  # nobody has asked Apprise yet
    assert isinstance(target.ready(), Ready)
    assert target.problem("x" * 2000) is None
    assert target.problem("x" * 2001) == "too long for discord: 2001 of 2000 characters"
    assert "2000 characters" in target.about
    target.send("x" * 2001, "", again=False)
    assert [len(text) for text in server.texts] == [2001]


def test_time_outs_in_the_url_win(server: HookServer) -> None:
    server.script("stall")
    began = time.monotonic()
    assert send(f"{DISCORD}?rto=0.2", read=30).state == "unknown"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("url", ["nonsense://a/b", "discord://", "slack://T1JJ3T3L2"])
def test_a_url_that_apprise_does_not_understand(url: str) -> None:
    target = Webhook(url)
    for answer in (target.ready(), target.send("hello", "", again=False)):
        assert isinstance(answer, Answer)
        assert (answer.state, answer.needs_person) == ("later", True)
    with pytest.raises(CredentialsError, match="does not understand"):
        target.verify()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (DISCORD, "discord"),
        ("tgram://123456:token/chat", "tgram"),
        (f"https://discord.com/api/webhooks/1/{TOKEN}", "discord"),
        ("https://hooks.slack.com/services/a/b/c", "slack"),
        ("https://localhost/x", "https"),
        ("http://[::1]/x", "http"),
        ("https://[/x", "https"),
    ],
)
def test_names(url: str, kind: str) -> None:
    assert Webhook(url).name == f"webhook-{kind}-{Webhook(url).account[:6]}"


def test_a_name_does_not_depend_on_its_place() -> None:
    def names(urls: str) -> list[str]:
        return [Webhook(url).name for url in load({"WEBHOOK_URLS": urls}).accounts["webhook"]["urls"]]

    one, two = names(f"{DISCORD} {SLACK}")
    assert names(f"{SLACK},{DISCORD}") == [two, one]
    assert names(SLACK) == [two]


def test_apprise_prints_nothing() -> None:
    """Its errors hold the URL."""
    code = "from botus.posting.targets.webhook import Webhook; Webhook('nonsense://secret-word').ready()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


class TestRuns:
    def world(self, tmp_path: Path) -> World:
        world = World(tmp_path)
        target = Webhook(DISCORD, timing=Timing((2, 2)))
        world.targets = {target.name: target}  # type: ignore[dict-item]
        world.lines(*(f"line {number}" for number in range(6)))
        return world

    def test_a_failure_is_logged_and_counted_and_needs_nobody(
        self, server: HookServer, tmp_path: Path
    ) -> None:
        world = self.world(tmp_path)
        server.script("commit 500")
        for _ in range(3):
            world.run().post()
            world.clock.now += 3600
        (name,) = world.targets
        assert len(server.texts) == len(set(server.texts)) == 3
        states = [
            entry["targets"][name]["state"] for entry in json.loads((tmp_path / "tweeted.json").read_text())
        ]
        assert states == ["unknown", "posted", "posted"]
        settings = load({"WEBHOOK_URLS": DISCORD}, tmp_path)
        Runs(tmp_path).beat()
        survey = Survey(settings, world.targets)
        found = status.look(survey, time.time())
        assert survey.log is not None
        assert (survey.log.unconfirmed, survey.needs_attention) == ({name: 1}, [])
        assert any("1 not confirmed" in line for line in status.lines(found))
        assert health.complaints(survey, time.time) == []

    def test_three_failures_in_a_row_stop_it(self, server: HookServer, tmp_path: Path) -> None:
        """A webhook that was deleted must not eat the queue."""
        world = self.world(tmp_path)
        server.script(*["404"] * 6)
        for _ in range(6):
            world.run().post()
            world.clock.now += 86400
        assert len(server.requests) == 3
        assert len((tmp_path / "tweets.txt").read_text().splitlines()) == 3
        assert any("stopped: 3 posts in a row were not confirmed" in words for _, words in world.said)

    def test_a_success_in_between_starts_the_count_anew(self, server: HookServer, tmp_path: Path) -> None:
        world = self.world(tmp_path)
        for fault in ("404", "404", "", "404", "404"):
            if fault:
                server.script(fault)
            world.run().post()
            world.clock.now += 86400
        assert len(server.requests) == 5
