"""`botus run`, `status`, `doctor` and `health` where people are answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from botus.answering.mentions.watch import Watch
from botus.posting.posting_run import PostingRun
from botus.posting.targets.configured import configured
from botus.settings import load
from tests.schedule.test_process import Bot
from tests.support.command import X_SECRETS, botus, until
from tests.support.loopback import Fault
from tests.support.mentions import MentionServer

SCOPES = "write:statuses read:accounts read:statuses read:follows"


@pytest.fixture
def server() -> Iterator[MentionServer]:
    with MentionServer(remaining=10**6) as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tweets.txt").write_text("a post\n")
    (folder / "answers.txt").write_text("The lamp is lit.\n")
    return folder


def settings(data: Path, server: MentionServer, **more: str) -> dict[str, str]:
    where = {"BOTUS_DATA": str(data), "MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}
    return {**where, "CRON": "0 4 * * *", "ANSWER": "mentions", **more}


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Bot]:
    bot = Bot(folder, **settings)
    try:
        yield bot
    finally:
        bot.process.kill()
        bot.process.wait()


def test_run_answers_and_status_tells(data: Path, server: MentionServer, tmp_path: Path) -> None:
    server.says("kit", "@kettle hello")
    server.says("mole", "stop @kettle")
    with running(tmp_path, **settings(data, server)) as bot:
        bot.hears("answers who mentions it on mastodon, at most 6 times an hour, from answers.txt")
        until(lambda: bool(server.answers()), 20)
        bot.hears("answers on mastodon: posted")
        assert bot.stop() < 15
    assert [one.text for one in server.answers()] == ["@kit The lamp is lit."]
    told = botus("status", **settings(data, server)).out
    assert "answers     on mastodon: 1 in the last 24 hours, 1 in all" in told
    assert "1 person has asked for no more answers: answers-stopped.txt" in told
    assert "to @kit The lamp is lit." in told
    value = botus("status", "--json", **settings(data, server)).value["answers"]
    assert (value["day"], value["people"], value["troubles"]) == (1, 1, {})


def test_a_stalled_question_delays_no_post(data: Path, server: MentionServer) -> None:
    server.script(Fault("stall", on="notifications"))
    known = load(settings(data, server))
    watch = Watch(known, lambda *words, **fields: None)
    watch.start(0.0)
    until(lambda: not server.faults, 20)  # it hangs there
    targets = configured(known, time.time)
    run = PostingRun(known, targets, rng=Random(), clock=time.time, say=lambda *words, **fields: None)
    assert run.post().chosen == "a post"
    watch.stop()


def test_what_is_wrong_is_said_and_harms_no_post(data: Path, server: MentionServer, tmp_path: Path) -> None:
    server.scopes = SCOPES
    with running(tmp_path, **settings(data, server)) as bot:
        bot.hears("takes read:notifications: botus login mastodon --answers")
        bot.stop()
    told = botus("status", **settings(data, server))
    assert told.code == 0
    assert "stopped on mastodon: the token may not see who mentions the bot" in told.out
    assert "answers" not in botus("health", **settings(data, server)).out
    checked = botus("doctor", **settings(data, server))
    assert checked.code == 4
    assert "takes read:notifications: botus login mastodon --answers" in checked.out
    server.scopes += " read:notifications"
    checked = botus("doctor", **settings(data, server))
    assert checked.code == 0
    assert "answers: 1 line to answer with, at most 6 answers an hour" in checked.out
    assert "answers on mastodon: they go on; they had stopped" in checked.out
    assert "stopped on" not in botus("status", **settings(data, server)).out


def test_damage_of_the_log_of_answers_is_told_and_harms_no_post(data: Path, server: MentionServer) -> None:
    (data / "answered.json").write_text("[{")
    told = botus("status", **settings(data, server))
    assert told.code == 3
    assert "answered.json" in told.out
    assert "answered.json" not in botus("health", **settings(data, server)).out
    assert botus("post", **settings(data, server)).code == 0


def test_an_empty_pool_says_so_and_answers_nothing(data: Path, server: MentionServer, tmp_path: Path) -> None:
    (data / "answers.txt").unlink()
    server.says("kit", "@kettle hello")
    with running(tmp_path, **settings(data, server)) as bot:
        bot.hears("answers.txt has no line that may be said: nobody is answered")
        bot.stop()
    assert server.answers() == []
    checked = botus("doctor", **settings(data, server))
    assert "answers.txt has no line that may be said: nobody is answered" in checked.out


def test_only_x_and_an_unknown_word(data: Path) -> None:
    where = {"BOTUS_DATA": str(data), "CRON": "0 4 * * *", **X_SECRETS, "X_BASE_URL": "http://127.0.0.1:9"}
    checked = botus("doctor", ANSWER="mentions", **where).out
    assert "ANSWER=mentions has no effect: it is for Mastodon and Bluesky" in checked
    wrong = botus("status", ANSWER="everybody", **where)
    assert wrong.code == 2
    assert "ANSWER is none of: no, mentions" in wrong.err
