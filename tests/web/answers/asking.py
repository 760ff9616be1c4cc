"""`botus serve` as a process, and whoever asks it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.support.command import start

LINES = (
    "The lighthouse dreams of being a candle.",
    "My kettle has opinions about the fog.",
    "Every harbour is a drawer for ships.",
    "I asked the moon & it said <nothing>.",
)
SECRET = "slack-signing-secret-of-a-test"


class Answer(NamedTuple):
    """What came back; `value` is its JSON, None where it has none."""

    status: int
    value: Any
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Answering:
    """A `botus serve` that is running."""

    process: subprocess.Popen[str]
    address: str
    notes: list[str]

    def ask(
        self,
        method: str = "GET",
        path: str = "/",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request on a connection of its own."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        found = response.read()
        connection.close()
        is_json = response.headers.get_content_type() == "application/json" and found
        return Answer(response.status, json.loads(found) if is_json else None, response.headers, found)

    def query(self, **fields: object) -> Answer:
        return self.ask(path=f"/?{urlencode(fields)}")

    def post(self, **fields: object) -> Answer:
        """POST JSON without its content type, as the page of gpt-2-cloud-run does."""
        return self.ask("POST", body=json.dumps(fields))

    def slack(self, text: str = "", **changed: Any) -> Answer:  # noqa: ANN401
        """Give the slash command, as Slack would send it but for what is changed."""
        form = {"token": "old", "team_id": "T1", "channel_id": "C1", "user_id": "U1", "command": "/ask"}
        body = changed.pop("body", urlencode(form | {"text": text}).encode())
        moment = changed.pop("moment", str(int(time.time())))
        signature = changed.pop("signature", sign(body, moment))
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Signature": signature}
        headers["X-Slack-Request-Timestamp"] = moment
        return self.ask("POST", "/slack", changed.pop("sent", body), headers | changed.pop("headers", {}))


def sign(body: bytes, moment: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()


def filled(data: Path, lines: tuple[str, ...] = LINES) -> Path:
    """A data directory with answers and with a queue, of which nothing may be said."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "answers.txt").write_text("".join(f"{line}\n" for line in lines))
    (data / "tweets.txt").write_text("A post that waits in the queue.\n")
    return data


@contextmanager
def answering(data: Path, *arguments: str, **settings: str) -> Iterator[Answering]:
    """Answers at any free port, ended at the end."""
    process = start("serve", "--data", data, "--port", "0", "--json", *arguments, **settings)
    assert process.stdout
    found = ""
    while not found.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        found += line
    try:
        yield Answering(process, json.loads(found)["address"], json.loads(found)["endpoints"])
    finally:
        process.kill()
        process.communicate()
