"""A page to ask: `Browser` does what a browser does, on Flask's own client or on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from botus.settings import load
from botus.web.access import Access
from botus.web.app import Parts, create_app, page_files
from botus.web.guard import Guard
from botus.web.reviewing import Reviewing

POSTS = ("the lamp went out at four", "the kettle answered", "fog again", "nobody rang the bell")
NOW = 1_795_000_000.0


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Page:
    """The application of a data directory, without a network."""

    def __init__(self, data: Path, said: Mapping[str, str] | None = None, **guard: Any) -> None:  # noqa: ANN401
        self.data, self.clock, self.said = data, Clock(), list[str]()
        self.access = Access(data, self.clock)
        self.access.announce("http://localhost")
        settings = load(said or {}, data)
        self.reviewing = Reviewing(settings, self._say, self.clock)
        self.guard = Guard(clock=self.clock, **guard)
        files = page_files(self.access.cookie_name)
        parts = Parts(settings, self.access, self.guard, self.reviewing, self._say, files)
        self.app = create_app(parts)

    def _say(self, message: str, level: str = "info", **fields: object) -> None:
        self.said.append(message)

    def browser(self, name: str = "sofa") -> Browser:
        """A browser that is logged in."""
        browser = Browser(self.app.test_client(), name)
        assert browser.send("/login", token=self.access.invite().partition("#")[2])[0] == 200
        return browser


class Browser:
    """A client of the page; every answer is a status and JSON."""

    def __init__(self, client: FlaskClient, name: str = "sofa") -> None:
        self.client, self.name, self._numbers = client, name, count(1)

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: object) -> tuple[int, Any]:
        """POST as the page does."""
        given = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        answer = self.client.post(path, json={"client": self.name, **fields}, headers=given)
        return answer.status_code, answer.get_json()

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(path, query_string={"client": self.name})
        return answer.status_code, answer.get_json()

    def begin(self, **fields: object) -> Any:  # noqa: ANN401
        status, view = self.send("/review", **fields)
        assert status == 200, view
        return view

    def change(self, path: str, **fields: object) -> Any:  # noqa: ANN401
        """Ask for a change under an id of its own."""
        status, found = self.send(path, **{"id": f"{self.name}-{next(self._numbers)}", **fields})
        assert status == 200, found
        return found

    def decide(self, post: str, verdict: str, **fields: object) -> Any:  # noqa: ANN401
        return self.change("/decide", decisions=[{"post": post, "verdict": verdict}], **fields)


def filled(data: Path, posts: tuple[str, ...] = POSTS) -> Path:
    """Make a data directory with a queue."""
    data.mkdir(exist_ok=True)
    (data / "tweets.txt").write_text("".join(f"{post}\n" for post in posts))
    return data


def journal(data: Path) -> list[dict[str, Any]]:
    path = data / ".botus" / "decisions.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def opened(data: Path, said: Mapping[str, str] | None = None, **guard: Any) -> Iterator[Page]:  # noqa: ANN401
    page = Page(filled(data), said, **guard)
    try:
        yield page
    finally:
        page.reviewing.close()
