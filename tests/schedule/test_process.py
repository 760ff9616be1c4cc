"""`botus run` as a process: its log for machines, its end, and what it tells its owner."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml

from botus import shutdown
from botus.posting.target import USUAL
from botus.settings import LogFormat
from botus.store.durable import files
from tests.support.command import COMMAND, ROOT, X_SECRETS, botus, environment, until
from tests.support.loopback import Reply, Request
from tests.support.servers import HookServer, MastodonServer, XServer


class Bot:
    """`botus run`, with everything that it prints in one file."""

    def __init__(
        self, folder: Path, *arguments: str, command: tuple[str, ...] = COMMAND, **settings: str
    ) -> None:
        self.output = folder / f"output-{time.monotonic_ns()}"
        with self.output.open("w") as target:
            self.process = subprocess.Popen(
                [*command, "run", *arguments],
                env=environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def hears(self, part: str) -> None:
        until(lambda: part in self.said or self.process.poll() is not None, 20)
        assert part in self.said

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Return how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20)
        return time.monotonic() - began


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    found: list[Bot] = []
    yield found
    for bot in found:
        bot.process.kill()
        bot.process.wait()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tweets.txt").write_text("".join(f"line {number}\n" for number in range(9)))
    return folder


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


@pytest.fixture
def mastodon() -> Iterator[MastodonServer]:
    with MastodonServer() as server:
        yield server


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


def account(server: MastodonServer) -> dict[str, str]:
    return {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}


# What it tells its owner.


def test_ping_and_news(
    data: Path, tmp_path: Path, hook: HookServer, mastodon: MastodonServer, bots: list[Bot]
) -> None:
    news = {
        "NOTIFY_URLS": f"{hook.url.replace('http', 'json')}/hook-token",
        "PING_URL": f"{hook.url}/ping/0123-4567",
    }
    settings = {"BOTUS_DATA": str(data), "CRON": "* * * * *", **account(mastodon), **news}
    bots.append(bot := Bot(tmp_path, **settings))
    until(lambda: any(request.method == "GET" for request in hook.requests))
    bot.stop()
    (text,) = hook.texts
    assert text.startswith(f"botus, 127.0.0.1:{mastodon.server_port} ({data}): the queue lasts for 4 hours")
    assert "told json-" in bot.said
    assert "alerts go to json-" in bot.said
    assert "PING_URL is called after each good slot" in bot.said
    assert not [secret for secret in ("hook-token", "0123-4567", mastodon.token) if secret in bot.said]
    bots.append(Bot(tmp_path, **settings))
    bots[1].hears("PING_URL is called")
    bots[1].stop()
    assert len(hook.texts) == 1
    for command in ("post", "doctor", "status"):  # only `run` tells
        assert "hook-token" not in botus(command, **settings).out
    assert len(hook.texts) == 1


def test_news_that_reach_nobody_do_not_hold_up_a_post(
    data: Path, tmp_path: Path, mastodon: MastodonServer, bots: list[Bot]
) -> None:
    news = {
        "NOTIFY_URLS": "json://127.0.0.1:9/hook-token nonsense://hook-token",
        "PING_URL": "http://127.0.0.1:9/ping-token",
    }
    settings = {"BOTUS_DATA": str(data), "CRON": "* * * * *", **account(mastodon), **news}
    bots.append(bot := Bot(tmp_path, **settings))
    bot.hears("PING_URL: no connection: connection refused; the next good slot tries again")
    bot.stop()
    assert len(mastodon.texts) == 1
    assert re.search(
        r"NOTIFY_URLS: json-[0-9a-f]{6} could not be told \(no answer\); tried again later", bot.said
    )
    assert re.search(r"NOTIFY_URLS: nonsense-[0-9a-f]{6}: Apprise does not understand this URL", bot.said)
    assert "hook-token" not in bot.said
    assert "ping-token" not in bot.said


def test_damage_keeps_it_up_and_unhealthy_until_it_is_fixed(
    data: Path, tmp_path: Path, bots: list[Bot]
) -> None:
    settings = {"BOTUS_DATA": str(data), "CRON": "* * * * *", **X_SECRETS, "X_BASE_URL": "http://127.0.0.1:9"}
    (data / "tweeted.json").write_text("[")
    bots.append(bot := Bot(tmp_path, **settings))
    bot.hears("botus log repair")
    ended = botus("health", **settings)
    assert (ended.code, "tweeted.json" in ended.out) == (1, True)
    assert bot.process.poll() is None
    (data / "tweeted.json").write_text("[]")
    bot.process.send_signal(signal.SIGHUP)  # it looks again; by itself within a minute
    until(lambda: botus("health", **settings).code == 0, 20)
    bot.stop()


# Its log.


LINES = {  # how a line of the log looks in each form, and a line of the reason for which `run` ends
    "text": (r"\d{4}-\d\d-\d\dT\S+ \S.*", r"botus: CRON .*|Write five fields.*"),
    "json": (r'\{"time": ".+", "message": ".+"\}', r'\{"time": ".+", "message": "CRON .+", "exit_code": 2\}'),
}


@pytest.mark.parametrize("form", get_args(LogFormat))
def test_every_line_has_the_form_that_was_asked_for(
    data: Path, tmp_path: Path, bots: list[Bot], form: str
) -> None:
    of_log, of_end = LINES[form]
    settings = {"BOTUS_DATA": str(data), "LOG_FORMAT": form.upper()}
    bots.append(bot := Bot(tmp_path, CRON="0 0 1 1 *", **settings))
    bot.hears("this is a dry run")
    login = "MASTODON_BASE_URL=http://127.0.0.1:9\nMASTODON_ACCESS_TOKEN=not-a-secret\n"
    (data / ".env").write_text(f"POST_ONYL=kept\n{login}")
    bot.process.send_signal(signal.SIGHUP)
    bot.hears("were read again")
    bot.hears("line 1: botus does not know POST_ONYL, which is set: is POST_ONLY meant?")
    bot.hears("posts to mastodon at http://127.0.0.1:9")
    (data / ".env").unlink()
    bot.stop()
    assert [line for line in bot.said.splitlines() if not re.fullmatch(of_log, line)] == []
    bots.append(refused := Bot(tmp_path, CRON="61 * * * *", **settings))
    assert refused.process.wait(20) == 2
    lines = refused.said.splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(of_end, line)] == []


def test_every_line_is_json(data: Path, tmp_path: Path, mastodon: MastodonServer, bots: list[Bot]) -> None:
    settings = {"BOTUS_DATA": str(data), "CRON": "* * * * *", "LOG_FORMAT": "json", **account(mastodon)}
    bots.append(bot := Bot(tmp_path, "--debug", **settings))
    bot.hears("posted")
    bot.stop(signal.SIGINT)
    assert bot.process.returncode == 130
    lines = [json.loads(line) for line in bot.said.splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert lines[0]["message"].startswith("botus ")
    assert (lines[-1]["message"], lines[-1]["exit_code"]) == ("interrupted", 130)
    assert any(line["message"].startswith("urllib3") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "words"),
    [
        ((), {"CRON": "61 * * * *"}, 2, "minute '61'"),
        ((), {"CRON": "", "MAX_PER_DAY": "few"}, 2, "MAX_PER_DAY"),
        ((), {"CRON": "61 * * * *", "JITTER": "x"}, 2, "JITTER is not a time like 90s, 15m, 6h or 3d\nCRON "),
        ((), {}, 2, "CRON is not set"),
        ((), {"MASTODON_ACCESS_TOKEN": "x"}, 2, "CRON is not set\nMASTODON_BASE_URL missing"),
        ((), {"CRON": "@daily", "MASTODON_ACCESS_TOKEN": "swordfish"}, 4, "MASTODON_BASE_URL missing"),
        (("--data", "absent"), {"CRON": "@daily"}, 3, "no data directory"),
        (("--nonsense",), {}, 2, "--nonsense"),
    ],
)
def test_why_it_ends_is_json_too(
    data: Path, arguments: tuple[str, ...], settings: dict[str, str], code: int, words: str
) -> None:
    ended = botus("run", *arguments, BOTUS_DATA=str(data), LOG_FORMAT="json", **settings)
    assert (ended.code, ended.out) == (code, "")
    (line,) = ended.err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["exit_code"], words in said["message"]) == ("error", code, True)
    assert "Traceback" not in line
    text = botus("run", *arguments, BOTUS_DATA=str(data), **settings)
    assert (text.code, words in text.err, text.err.startswith("{")) == (code, True, False)
    other = botus("status", "--nonsense", LOG_FORMAT="json")  # what a person types
    assert other.err.startswith("Usage")


def test_a_traceback_is_in_the_same_line(data: Path) -> None:
    ended = botus("run", "--debug", BOTUS_DATA=str(data), LOG_FORMAT="json", CRON="x")
    (line,) = ended.err.splitlines()
    assert "Traceback" in json.loads(line)["traceback"]


def test_no_secret_in_what_libraries_say(
    data: Path, tmp_path: Path, x: XServer, mastodon: MastodonServer, bots: list[Bot]
) -> None:
    """tweepy logs every header, oauthlib what it signs."""
    odd = {"ACCESS_TOKEN_SECRET": "t/+=%secret-0123456", "CONSUMER_SECRET": "c%/+=secret-0123456"}
    settings = {**X_SECRETS, **odd, "X_BASE_URL": x.url, **account(mastodon)}
    bots.append(bot := Bot(tmp_path, "--debug", BOTUS_DATA=str(data), CRON="* * * * *", **settings))
    bot.hears("mastodon: posted")
    bot.stop()
    assert "debug: tweepy.client: Making API request" in bot.said
    assert "debug: urllib3.connectionpool: " in bot.said
    found = [
        value
        for name, value in settings.items()
        if name not in ("MASTODON_BASE_URL", "X_BASE_URL") and value in bot.said
    ]
    assert found == []
    assert "secret-0123456" not in bot.said
    assert not re.search(r'oauth_signature="?[^*\\"]', bot.said)


# Its end.


IMPATIENT = (
    sys.executable,
    "-c",
    "from botus import shutdown; shutdown.TIME_LEFT = 1.0; from botus.cli.main import main; main()",
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_gets_bounded_time_and_no_other_begins(
    data: Path, tmp_path: Path, x: XServer, mastodon: MastodonServer, bots: list[Bot], number: signal.Signals
) -> None:
    x.script("commit trickle")  # some 15 seconds for the whole answer
    settings = {**X_SECRETS, "X_BASE_URL": x.url, **account(mastodon), "CRON": "* * * * *"}
    bots.append(bot := Bot(tmp_path, command=IMPATIENT, BOTUS_DATA=str(data), **settings))
    until(lambda: bool(x.posts))
    asked = len(mastodon.requests)
    took = bot.stop(number)
    assert 0.5 < took < 4
    assert bot.process.returncode == (0 if number == signal.SIGTERM else 130)
    assert (len(mastodon.requests), mastodon.texts) == (asked, [])
    assert "cannot tell whether" in bot.said  # what became of it is written down
    (intent,) = (data / ".botus" / "intents").iterdir()
    parts = json.loads(intent.read_text())["parts"]
    assert {name: part["state"] for name, part in parts.items()} == {"x": "unknown", "mastodon": "pending"}


class Slow(XServer):
    """Thinks about every post for a while."""

    def answer(self, request: Request) -> Reply:
        found = super().answer(request)
        if request.method == "POST":
            time.sleep(1.5)
        return found


def test_a_request_that_ends_in_time_is_finished_and_no_other_begins(
    data: Path, tmp_path: Path, mastodon: MastodonServer, bots: list[Bot]
) -> None:
    with Slow() as server:
        settings = {**X_SECRETS, "X_BASE_URL": server.url, **account(mastodon)}
        bots.append(bot := Bot(tmp_path, BOTUS_DATA=str(data), CRON="* * * * *", **settings))
        until(lambda: bool(server.posts))
        assert bot.stop() > 0.5
    assert "x: posted" in bot.said
    assert "mastodon: no connection: botus is ending" in bot.said
    assert mastodon.texts == []


def test_compose_waits_longer_than_a_request_may_take() -> None:
    service = yaml.safe_load((Path(ROOT) / "docker" / "compose.yaml").read_text())["services"]["botus"]
    grace = float(service["stop_grace_period"].removesuffix("s"))
    connect, read = USUAL.timeouts
    assert max(shutdown.TIME_LEFT, read) + connect < grace


def test_it_does_not_wait_for_a_post_by_hand_before_it_ends(
    data: Path, tmp_path: Path, bots: list[Bot]
) -> None:
    settings = {"BOTUS_DATA": str(data), "CRON": "* * * * *", **X_SECRETS, "X_BASE_URL": "http://127.0.0.1:9"}
    with files.lock(data, "post"):
        bots.append(bot := Bot(tmp_path, **settings))
        bot.hears("posts to x")
        time.sleep(0.5)
        bot.stop()  # while the lock is held
    assert bot.process.returncode == 0
    assert bot.said.endswith("stopped\n")
