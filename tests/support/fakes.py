"""A small real platform for tests of posting: it keeps what it was sent, and answers as it is told."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

from botus.posting.posting_run import PostingRun
from botus.posting.target import Account, Answer, Attempt, Ready
from botus.settings import Settings


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Platform:
    """What is public: it outlives crashes of botus, and forgives no second request."""

    def __init__(self) -> None:
        self.posts: list[str] = []

    def publish(self, text: str) -> str:
        self.posts.append(text)
        return str(len(self.posts))

    def doubles(self) -> list[str]:
        return [text for text, count in Counter(self.posts).items() if count > 1]


class FakeTarget:
    """A target whose answers come from a script; without a script everything is posted.

    Steps: `ok`, `reject`, `long`, `later`, `account`, `lost` (posted, the answer lost), `nothing` (not
    posted, and no answer either); `down` makes `ready` say later. `until` is what a `later` says.
    """

    def __init__(
        self,
        platform: Platform,
        name: str = "fake",
        script: Iterable[str] = (),
        *,
        sees: bool = False,
        limit: int = 280,
        before_send: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.platform, self.name, self.script = platform, name, deque(script)
        self.base_url, self.account, self.about = "https://fake.example", "account-1", "nowhere real"
        self.clock_off: float | None = None
        self.sees, self.limit, self.before_send = sees, limit, before_send
        self.down = False
        self.until: float | None = None
        self.requests: list[str] = []

    def problem(self, text: str) -> str | None:
        return f"{len(text)} characters, {self.name} takes {self.limit}" if len(text) > self.limit else None

    def refused_for_length(self, text: str, reason: str) -> bool:
        return "long" in reason

    def ready(self) -> Answer | Ready:
        return Answer("later", reason="connection refused") if self.down else Ready(0.0, "1.0.0")

    def new_key(self) -> str:
        return f"key-{len(self.requests)}-{len(self.platform.posts)}"

    def send(self, text: str, key: str, *, again: bool) -> Answer:
        self.before_send(text)
        self.requests.append(text)
        step = self.script.popleft() if self.script else "ok"
        if step == "reject":
            return Answer("rejected", reason="422")
        if step == "long":
            return Answer("rejected", reason="422: too long")
        if step == "later":
            return Answer("later", reason="429", until=self.until)
        if step == "account":
            return Answer("later", reason="401", needs_person=True)
        if step == "nothing":
            return Answer("unknown", reason="timed out")
        number = self.platform.publish(text)
        if step == "lost":
            return Answer("unknown", reason="connection reset")
        return Answer("posted", number, f"{self.base_url}/{number}")

    def find(self, text: str, attempt: Attempt) -> Answer:
        if not self.sees:
            return Answer("unknown", reason="cannot look")
        if text in self.platform.posts:
            number = self.platform.posts.index(text) + 1
            return Answer("posted", str(number), f"{self.base_url}/{number}")
        return Answer("absent")

    def explained(self, reason: str) -> str:
        return reason

    def verify(self) -> Account:
        return Account("@fake")


class World:
    """A data directory with targets, and posting runs on it."""

    def __init__(self, data: Path, *targets: FakeTarget, seed: int = 1, **settings: Any) -> None:  # noqa: ANN401
        self.data, self.targets = data, {target.name: target for target in targets}
        self.settings, self.clock, self.rng = Settings(data, **settings), Clock(), Random(seed)
        self.said: list[tuple[str, str]] = []

    def run(self) -> PostingRun:
        def say(message: str, level: str = "info", **fields: Any) -> None:  # noqa: ANN401
            self.said.append((level, message))

        return PostingRun(self.settings, self.targets, rng=self.rng, clock=self.clock, say=say)

    def lines(self, *lines: str) -> None:
        (self.data / "tweets.txt").write_text("".join(line + "\n" for line in lines))
