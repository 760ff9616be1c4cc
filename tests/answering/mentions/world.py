"""A bot with answers, and the people who mention it on a loopback server, with one clock for all of them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from botus.answering.mentions.inboxes import inboxes
from botus.answering.mentions.round import Round
from botus.answering.pool import Pool
from botus.settings import Settings
from tests.support.bluesky_mentions import BlueskyMentionServer
from tests.support.fakes import Clock

LINES = [f"The lamp answers for the {number}th time." for number in range(30)]


class Bot:
    """One bot, on Mastodon where nothing else is said: its folder, its account and its rounds."""

    def __init__(
        self,
        data: Path,
        server: Any,  # noqa: ANN401
        clock: Clock,
        token: str = "",
        accounts: dict[str, dict[str, str]] | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        self.data, self.server, self.clock, self.said = data, server, clock, list[str]()
        accounts = accounts or {"mastodon": {"base_url": server.url, "token": token or server.token}}
        self.settings = Settings(_folder(data), accounts, answer="mentions", **settings)
        self.begin()

    def begin(self) -> None:
        """Start anew, as after a crash: nothing is in memory."""

        def say(message: str, level: str = "info", **fields: object) -> None:
            self.said.append(message)

        self.round = Round(
            self.settings,
            inboxes(self.settings, self.clock),
            Pool(self.data),
            rng=Random(1),
            clock=self.clock,
            say=say,
        )

    def turn(self, seconds: float = 60.0) -> list[Any]:
        """One round, after so many seconds; returns what was answered in it."""
        self.clock.now += seconds
        before = len(self.server.answers())
        self.round.run()
        return self.server.answers()[before:]


class BlueskyBot(Bot):
    """One on Bluesky."""

    def __init__(self, data: Path, server: BlueskyMentionServer, clock: Clock) -> None:
        account = {"service": server.url, "handle": server.handle, "password": server.password}
        super().__init__(data, server, clock, accounts={"bluesky": account})


def _folder(data: Path) -> Path:
    """A data folder with answers and an empty queue."""
    data.mkdir(exist_ok=True)
    if not (data / "answers.txt").exists():
        (data / "answers.txt").write_text("".join(f"{line}\n" for line in LINES))
    (data / "tweets.txt").touch()
    return data
