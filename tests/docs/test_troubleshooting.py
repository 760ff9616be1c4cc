"""docs/troubleshooting.md and docs/attention.md: what they quote is what botus says, in that very case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from botus.errors import FileError, SettingsError
from botus.generation import loop
from botus.generation.job import Job
from botus.monitoring.alerts import Facts, events
from botus.review.session import open_session
from botus.store.candidates import Origin
from tests.support.command import X_SECRETS, botus
from tests.support.pages import PAGES, rows
from tests.support.servers import XServer

ORIGIN = Origin("run1", 2100, 0.9, 0, 1.0, "", 7)


class Written(NamedTuple):
    """What a model wrote."""

    text: str
    number: int
    finished: bool = True
    logprob: float = -3.0


class Bot:
    """A data folder with one line, and an account at X."""

    def __init__(self, data: Path, server: XServer) -> None:
        self.data, self.server = data, server
        self.queue("The fog has two ends.")

    def queue(self, *lines: str) -> None:
        (self.data / "tweets.txt").write_text("".join(f"{line}\n" for line in lines))

    def says(self, *words: str, **settings: str) -> str:
        ended = botus("--data", self.data, *words, **settings)
        return ended.out + ended.err

    def posts(self, *faults: str, **settings: str) -> str:
        """What `post` and then `status` say, where X answers with these faults."""
        self.server.script(*faults)
        account = X_SECRETS | {"X_BASE_URL": self.server.url} | settings
        return self.says("post", **account) + self.says("status", **account)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with XServer() as server:
        yield Bot(tmp_path, server)


def dry(bot: Bot) -> str:
    return bot.says("post")


def hardly_anything_passes(bot: Bot) -> str:
    return generated(bot, ["short"] * 2000)


def unreviewed(bot: Bot) -> str:
    generated(bot, ["The kettle has no end at all.", "The harbour keeps both of its own."])
    return bot.says("status", POST_ONLY="reviewed")


def generated(bot: Bot, texts: list[str]) -> str:
    written = [Written(text, number) for number, text in enumerate(texts)]
    return loop.generate(Job(bot.data, ORIGIN, len(texts)), lambda skip: iter(written)).stopped


def mentioning(bot: Bot) -> str:
    bot.queue("Come over, @kettle_person, there is fog.")
    return bot.says("status")


def pinging(bot: Bot) -> str:
    bot.queue("Come over, @everyone, there is fog.")
    return bot.says("status")


def denied(bot: Bot) -> str:
    (bot.data / "denylist.txt").write_text("fog\n")
    return bot.says("status")


def lost(bot: Bot) -> str:
    return bot.posts("drop")


def wrong_credentials(bot: Bot) -> str:
    return bot.posts(ACCESS_TOKEN="42-wrong", CONSUMER_KEY="wrong")


def three_rejected(bot: Bot) -> str:
    bot.queue("The fog has two ends.", "The kettle has none.", "The harbour keeps both.")
    rejected = '422 {"title": "Unprocessable", "detail": "no fog today"}'
    return [bot.posts(rejected) for _ in range(3)][-1]


def busy(bot: Bot) -> str:
    return bot.posts("429 {}")


def damaged(bot: Bot) -> str:
    (bot.data / "tweeted.json").write_text('[{"text": "The fog')
    return bot.says("post")


def two_at_once(bot: Bot) -> str:
    with open_session(bot.data):
        return bot.says("curate", "--keep", "1")


def empty(bot: Bot) -> str:
    bot.queue()
    return bot.says("post")


def not_a_setting(bot: Bot) -> str:
    (bot.data / ".env").write_text("CRON: @daily\n")
    return bot.says("post")


def misspelt(bot: Bot) -> str:
    return bot.says("post", POST_ONYL="kept")


MESSAGES = {
    "this is a dry run": [dry],
    "this is no setting like NAME=value": [not_a_setting],
    "does not know": [misspelt],
    "of the last 300 texts passed": [hardly_anything_passes],
    "wait for a keep (POST_ONLY)": [unreviewed],
    "is held until you keep it": [mentioning, pinging, denied],
    "nobody knows whether it was posted": [lost],
    "has stopped": [wrong_credentials, three_rejected],
    "not asked now": [busy],
    "from here on it is not JSON": [damaged],
    "is at work on": [two_at_once],
    "no line of tweets.txt may go out": [empty],
}


def test_every_message_of_the_table_is_brought_about() -> None:
    seen = [cells[0] for cells in rows(PAGES["troubleshooting.md"], "# When something goes wrong")]
    assert {message[1:-1] for message in seen if re.fullmatch("`[^`]+`", message)} == MESSAGES.keys()


@pytest.mark.parametrize(
    ("message", "cause"),
    [(message, cause) for message, causes in MESSAGES.items() for cause in causes],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_it_is_what_botus_says(message: str, cause: Callable[[Bot], str], bot: Bot) -> None:
    assert message in " ".join(cause(bot).split())


@pytest.mark.parametrize(
    ("folder", "cron", "code", "words"),
    [
        (".", "", SettingsError.exit_code, "CRON"),
        (".", "* *", SettingsError.exit_code, "CRON"),
        ("nowhere", "@daily", FileError.exit_code, "nowhere"),
    ],
)
def test_a_run_that_cannot_begin_says_why_in_its_last_lines(
    folder: str, cron: str, code: int, words: str, bot: Bot
) -> None:
    ended = botus("--data", bot.data / folder, "run", CRON=cron)
    assert ended.code == code
    assert words in " ".join(ended.err.splitlines()[-2:])


def test_the_notice_is_worded_as_on_the_page() -> None:
    (shown,) = re.findall(r"^botus, mastodon\.example \(/app/data\): (.*)$", PAGES["attention.md"], re.M)
    assert events(Facts(15, 6), 3, was_low=False)["low"] == shown
