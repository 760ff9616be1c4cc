"""The whole appliance: generate, curate in a terminal, post and run against servers, status, resolve, log.

Real processes and the real clients; where minutes have to pass, the real parts in this process with a clock
that is moved by hand.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pexpect
import pytest

from botus.posting.posting_run import Outcome, PostingRun
from botus.posting.targets.configured import configured
from botus.settings import Settings, load
from botus.store.decisions.journal import Decisions
from tests.support.command import COMMAND, X_SECRETS, botus, environment, until
from tests.support.fakes import Clock
from tests.support.servers import MastodonServer, XServer

SHRUG = r"¯\_(ツ)_/¯"
OLD_QUEUE = b"\xef\xbb\xbf" + b"\r\n".join(
    [b"first", b"", "kettle 😀 on".encode(), SHRUG.encode(), b"caf\xe9", b"drop me", b"  ", b"last"]
)
OLD_LOG = (
    b'[\n  {"timestamp": 1589472000000,"text":"an old one"},\n\n'
    b'  {"text": "caf\\u00e9 \\ud83d\\ude00", "timestamp": 1589472000001}\n]\n'
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def mastodon() -> Iterator[MastodonServer]:
    with MastodonServer() as server:
        yield server


def accounts(x: XServer, mastodon: MastodonServer) -> dict[str, str]:
    own = {"MASTODON_BASE_URL": mastodon.url, "MASTODON_ACCESS_TOKEN": mastodon.token}
    return {**X_SECRETS, "X_BASE_URL": x.url, **own}


def log(data: Path) -> list[dict[str, object]]:
    return json.loads((data / "tweeted.json").read_bytes())


def states(entry: dict[str, object]) -> dict[str, str]:
    return {name: part["state"] for name, part in entry["targets"].items()}  # type: ignore[attr-defined]


def curate(data: Path, keys: str) -> str:
    """Press keys in a pseudo-terminal, each when the one before it is decided; return the closing lines."""
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "curate", "--order", "file", "--data", str(data)],
        env=environment(TERM="xterm-256color"),  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=30,
    )
    child.delaybeforesend = None
    child.expect(re.escape("\x1b[?2004h"))  # it reads keys now
    before = len(Decisions(data).history().done)
    for number, key in enumerate(keys, before + 1):
        child.send(key)
        until(lambda number=number: len(Decisions(data).history().done) == number)  # type: ignore[misc]
    child.send("q")
    child.expect(re.escape("\x1b[?1049l"))
    child.expect(pexpect.EOF)
    child.wait()  # closing at once would kill what is about to end
    child.close()
    assert child.exitstatus == 0
    return str(child.before)


def test_from_the_model_to_the_platforms(data: Path, x: XServer, mastodon: MastodonServer) -> None:
    settings = {**accounts(x, mastodon), "POST_ONLY": "reviewed", "CRON": "0 */4 * * *"}
    written = botus("generate", "--temp", "0.9", "-n", "5", "--seed", "4", "--data", data)
    assert written.code == 0
    assert "the bundled demo" in written.err
    lines = (data / "tweets.txt").read_text().splitlines()
    assert len(lines) == 5

    waiting = botus("post", "--data", data, **settings)
    assert (waiting.code, x.texts) == (0, [])
    assert "nothing to post" in waiting.err

    assert "2 kept, 1 dropped" in curate(data, "kdk")
    kept = {lines[0], lines[2]}
    assert (data / "tweets.txt").read_text().splitlines() == [lines[0], *lines[2:]]

    for _ in kept:
        posted = botus("post", "--json", "--data", data, **settings)
        assert posted.code == 0, posted
        assert all(one["id"] and one["url"].startswith("http") for one in posted.value["posted"])
        assert [one["target"] for one in posted.value["posted"]] == ["x", "mastodon"]
    assert set(x.texts) == set(mastodon.texts) == kept
    assert [post.extras["visibility"] for post in mastodon.posts] == ["unlisted", "unlisted"]
    assert (data / "tweets.txt").read_text().splitlines() == lines[3:]
    assert botus("post", "--data", data, **settings).code == 0
    assert len(x.texts) == 2

    assert [entry["text"] for entry in log(data)] == x.texts
    assert all(states(entry) == {"x": "posted", "mastodon": "posted"} for entry in log(data))
    told = botus("status", "--json", "--data", data, **settings).value
    assert (told["posted"], told["queue"]["ready"], told["queue"]["refused"]) == (2, 0, {"unreviewed": 2})
    shown = botus("log", "show", "--data", data).out
    assert all(text in shown for text in kept)
    again = botus("generate", "-n", "5", "--seed", "4", "--data", data)
    assert again.code == 0
    assert not {lines[1], *kept} & set((data / "tweets.txt").read_text().splitlines())


def test_the_predecessors_files_keep_every_byte(data: Path, x: XServer, mastodon: MastodonServer) -> None:
    (data / "tweets.txt").write_bytes(OLD_QUEUE)
    (data / "tweeted.json").write_bytes(OLD_LOG)
    (data / "corpus.txt").write_text("The kettle sings at dawn.\n")  # quicker than the demo's own
    settings = accounts(x, mastodon)
    assert botus("generate", "-n", "1", "--seed", "9", "--data", data).code == 0
    queue = (data / "tweets.txt").read_bytes()
    assert queue.startswith(OLD_QUEUE + b"\n")
    new = queue[len(OLD_QUEUE) + 1 :].decode().removesuffix("\n")
    assert new
    assert "\n" not in new

    curate(data, "kkkdkk")
    assert (data / "tweets.txt").read_bytes() == queue.replace(b"drop me\r\n", b"")
    assert (data / "tweeted.json").read_bytes() == OLD_LOG

    for _ in range(6):
        ended = botus("post", "--data", data, **settings)
        assert ended.code == 0, ended
    assert sorted(x.texts) == sorted(mastodon.texts) == sorted(["first", "kettle 😀 on", SHRUG, "last", new])
    assert (data / "tweets.txt").read_bytes() == b"\xef\xbb\xbf\r\ncaf\xe9\r\n  \r\n"
    assert "is not UTF-8" in botus("status", "--data", data).out
    content = (data / "tweeted.json").read_bytes()
    assert content.startswith(OLD_LOG[: OLD_LOG.rindex(b"\n]")] + b",\n")
    assert [entry["text"] for entry in log(data)] == ["an old one", "café 😀", *x.texts]


# Lost answers, through the real clients and with a clock that is moved by hand.


def one_run(data: Path, settings: dict[str, str], clock: Clock, *, settle: bool = False) -> Outcome:
    targets = configured(load(settings, data), clock)
    run = PostingRun(Settings(data), targets, rng=Random(1), clock=clock, say=lambda *_, **__: None)
    return run.settle() if settle else run.post()


def test_lost_answers_are_found_or_left_to_the_person(data: Path) -> None:
    clock = Clock(time.time())
    (data / "tweets.txt").write_text("one\ntwo\n")
    with XServer(clock=clock) as x, MastodonServer(clock=clock) as mastodon:
        settings = accounts(x, mastodon)
        x.script("commit drop")
        mastodon.script("commit drop")
        lost = one_run(data, settings, clock)
        assert (lost.posted, lost.failed) == ((), ("mastodon", "x"))
        assert lost.look_at == pytest.approx(clock() + 60, abs=5)
        clock.now += 61
        found = one_run(data, settings, clock, settle=True)
        assert [one.target for one in found.posted] == ["mastodon"]
        [entry] = log(data)
        assert states(entry) == {"x": "unknown", "mastodon": "posted"}
        assert (x.texts, mastodon.texts) == ([lost.chosen], [lost.chosen])

        shown = botus("status", "--data", data, **settings)
        assert shown.code == 0
        assert f"botus resolve {entry['id']} --target x --posted" in shown.out
        assert botus("health", "--data", data, **settings).code == 1
        address = "https://x.com/i/status/1"
        said = botus("resolve", str(entry["id"]), "--posted", address, "--data", data)
        assert (said.code, said.out) == (0, f"{entry['id']}: x is now posted\n")
        [entry] = log(data)
        assert states(entry) == {"x": "posted", "mastodon": "posted"}
        assert entry["targets"]["x"]["url"] == address  # type: ignore[index]
        assert "attention" not in botus("status", "--data", data, **settings).out

        clock.now += 3600
        one_run(data, settings, clock)
        one_run(data, settings, clock)
        assert sorted(x.texts) == sorted(mastodon.texts) == ["one", "two"]


def test_what_did_not_arrive_goes_out_once_more(data: Path) -> None:
    clock = Clock(time.time())
    (data / "tweets.txt").write_text("one\n")
    with XServer(clock=clock) as x, MastodonServer(clock=clock) as mastodon:
        settings = accounts(x, mastodon)
        x.script("drop")
        mastodon.script("drop")
        one_run(data, settings, clock)
        clock.now += 61
        assert [one.target for one in one_run(data, settings, clock).posted] == ["mastodon"]
        assert (x.texts, mastodon.texts) == ([], ["one"])
        [entry] = log(data)
        assert botus("resolve", str(entry["id"]), "--not-posted", "--data", data).code == 0
        told = botus("status", "--json", "--data", data, **settings).value
        assert told["needs_a_person"] == []
        assert (told["waiting"][0]["target"], told["waiting"][0]["state"]) == ("x", "pending")
        one_run(data, settings, clock)
        one_run(data, settings, clock)
        assert (x.texts, mastodon.texts) == (["one"], ["one"])
        [entry] = log(data)
        assert states(entry) == {"x": "posted", "mastodon": "posted"}


# One target in trouble.


def test_a_refused_login_stops_one_target_until_the_doctor(
    data: Path, x: XServer, mastodon: MastodonServer
) -> None:
    (data / "tweets.txt").write_text("one\ntwo\nthree\n")
    settings = {**accounts(x, mastodon), "X_READ": "yes"}
    x.token = "42-another"
    first = botus("post", "--json", "--data", data, **settings)
    assert (first.code, first.value["failed"]) == (4, ["x"])
    assert "x: stopped: HTTP 401" in first.err
    assert botus("post", "--data", data, **settings).code == 0  # Mastodon goes on; X is not asked again
    assert (len(mastodon.texts), [post.path for post in x.requests]) == (2, ["/2/tweets"])
    assert "x has stopped: HTTP 401" in botus("status", "--data", data, **settings).out

    sick = botus("doctor", "--data", data, **settings)
    assert sick.code == 4
    assert re.search("^problem  x: .*401", sick.out, re.MULTILINE), sick.out
    assert "x-token-secret" not in sick.out
    x.token = "42-token"
    assert "x: goes on" in botus("doctor", "--data", data, **settings).out

    assert botus("post", "--data", data, **settings).code == 0
    assert sorted(mastodon.texts) == ["one", "three", "two"]
    assert x.texts == mastodon.texts[::2]  # the refused one, then the new one; the one between them is next
    [waiting] = botus("status", "--json", "--data", data, **settings).value["waiting"]
    assert waiting["text"] == mastodon.texts[1]


def test_alone_and_down_a_post_fails_and_takes_nothing(data: Path, x: XServer) -> None:
    (data / "tweets.txt").write_text("one\ntwo\n")
    settings = {**X_SECRETS, "X_BASE_URL": x.url}
    x.credits = False
    assert botus("post", "--data", data, **settings).code == 4
    left = (data / "tweets.txt").read_text()
    again = botus("post", "--json", "--data", data, **settings)
    assert (again.code, again.value["failed"]) == (4, ["x"])
    assert (data / "tweets.txt").read_text() == left
    assert len(x.requests) == 1


def test_a_server_that_is_away_holds_up_nobody(data: Path, x: XServer) -> None:
    (data / "tweets.txt").write_text("one\ntwo\n")
    settings = {**X_SECRETS, "X_BASE_URL": x.url}
    away = {"MASTODON_BASE_URL": "http://127.0.0.1:9", "MASTODON_ACCESS_TOKEN": "token"}
    ended = botus("post", "--data", data, **settings, **away)
    assert ended.code == 5
    assert "mastodon: no connection" in ended.err
    assert len(x.texts) == 1
    assert botus("post", "--data", data, **settings, **away).code == 0
    assert sorted(x.texts) == ["one", "two"]
    assert len(botus("status", "--json", "--data", data, **settings, **away).value["waiting"]) == 2


# The container's process.


class Bot:
    """`botus run` with its output in a file."""

    def __init__(self, folder: Path, data: Path, **settings: str) -> None:
        self.output = folder / f"output-{time.monotonic_ns()}"
        with self.output.open("w") as target:
            self.process = subprocess.Popen(
                [*COMMAND, "run", "--data", str(data)],
                env=environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def hears(self, part: str) -> None:
        until(lambda: part in self.said() or self.process.poll() is not None, 20)
        assert part in self.said()

    def stop(self, number: signal.Signals) -> tuple[int, float]:
        """Return its exit code and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(20), time.monotonic() - began


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    found: list[Bot] = []
    yield found
    for bot in found:
        bot.process.kill()
        bot.process.wait()


def test_run_posts_reads_again_and_stops(
    data: Path, tmp_path: Path, x: XServer, mastodon: MastodonServer, bots: list[Bot]
) -> None:
    (data / "tweets.txt").write_text("".join(f"line {number}\n" for number in range(9)))
    secret = tmp_path / "another-token.txt"
    secret.write_text(f"{mastodon.token}\n")
    settings = accounts(x, mastodon) | {"CRON": "* * * * *", "MASTODON_ACCESS_TOKEN_FILE": str(secret)}
    del settings["MASTODON_ACCESS_TOKEN"]

    bots.append(bot := Bot(tmp_path, data, **settings))
    bot.hears("mastodon: posted")  # the slot of this very minute
    for line in (
        "schedule: * * * * *: every minute",
        "next: ",
        "queue: 9 lines ready",
        f"posts to x at {x.url}",
        f"posts to mastodon at {mastodon.url}, unlisted",
        "warning: ",
    ):
        assert line in bot.said()
    until(lambda: (data / "tweeted.json").exists())
    assert botus("health", "--data", data, **settings).out == "well\n"
    bot.process.kill()
    bot.process.wait()

    bots.append(bot := Bot(tmp_path, data, **settings))  # after a crash: the same minute is not posted twice
    bot.hears("posts to mastodon")
    secret.unlink()
    bot.process.send_signal(signal.SIGHUP)
    bot.hears("the settings stay as they were: MASTODON_ACCESS_TOKEN_FILE names a file that cannot be read")
    secret.write_text("two words\n")
    bot.process.send_signal(signal.SIGHUP)
    bot.hears("the settings stay as they were: MASTODON_ACCESS_TOKEN ")
    secret.write_text("another-token\n")
    bot.process.send_signal(signal.SIGHUP)
    bot.hears("settings and secret files were read again")
    secret.unlink()
    bot.process.send_signal(signal.SIGHUP)
    until(lambda: bot.said().count("names a file that cannot be read") == 2)
    assert "another-token" not in bot.said()
    code, took = bot.stop(signal.SIGTERM)
    assert (code, took < 1) == (0, True)
    assert bot.said().endswith("stopped\n")
    assert len(x.texts) == len(set(x.texts)) == len(list((data / ".botus" / "slots").iterdir()))
    assert x.texts == mastodon.texts


def test_ctrl_c_ends_run_with_130(data: Path, tmp_path: Path, bots: list[Bot]) -> None:
    (data / "tweets.txt").write_text("one\n")
    bots.append(bot := Bot(tmp_path, data, CRON="0 0 1 1 *", LOG_FORMAT="json"))
    bot.hears("dry run, nothing is posted")
    until(lambda: (data / ".botus" / "heartbeat").exists())
    code, took = bot.stop(signal.SIGINT)
    assert (code, took < 1) == (130, True)
    lines = [json.loads(line) for line in bot.said().splitlines()]
    assert lines[-1]["message"] == "interrupted"
    assert [line["level"] for line in lines].count("warning") == 1
    assert not (data / "tweeted.json").exists()
