"""What strangers can do to others and to the log: a crowd of them, their words, tokens of any letters."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Any

import pytest

from botus.answering.pool import Pool
from botus.errors import FileError
from botus.web.answers.app import Parts, create_app
from botus.web.answers.contract import Wanted
from botus.web.answers.conversations import Conversations
from botus.web.answers.limits import Limits, network
from botus.web.server import _remedy
from tests.web.answers.asking import SECRET, filled, sign


def parts(tmp_path: Path, said: list[str] | None = None, **more: Any) -> Parts:  # noqa: ANN401
    conversations = Conversations(Pool(filled(tmp_path / "data")))
    log = [] if said is None else said
    return Parts(conversations, lambda: 4, lambda message, level="info", **_: log.append(message), **more)


def test_what_was_asked_is_in_no_line_of_the_log(tmp_path: Path) -> None:
    said = list[str]()

    def write(wanted: Wanted) -> str:
        raise KeyError(wanted.said)

    asked = create_app(parts(tmp_path, said, write=write)).test_client()
    for _ in range(3):
        answer = asked.post("/", json={"prompt": "a secret of mine"})
        assert (answer.status_code, [*answer.get_json()]) == (503, ["error"])
    [line] = said  # once, and not with every question
    assert "KeyError in test_strangers.py" in line
    assert "secret" not in line


def test_another_fault_is_said_too(tmp_path: Path) -> None:
    said, faults = list[str](), ["the first", "the second", "the second"]

    def write(wanted: Wanted) -> str:
        raise FileError(faults.pop(0))

    asked = create_app(parts(tmp_path, said, write=write)).test_client()
    assert [asked.get("/").status_code for _ in range(3)] == [503] * 3
    assert said == ["an answer: the first", "an answer: the second"]


def test_a_crowd_of_strangers_keeps_no_answer_from_slack(tmp_path: Path) -> None:
    crowded = Limits(clock=lambda: 0.0)
    while crowded.admit(f"{time.monotonic()}"):
        pass
    asked = create_app(parts(tmp_path, slack_secret=SECRET, limits=crowded)).test_client()
    assert asked.get("/").status_code == 429
    body, moment = b"text=fog&user_id=U1", str(int(time.time()))
    headers = {"X-Slack-Signature": sign(body, moment), "X-Slack-Request-Timestamp": moment}
    assert asked.post("/slack", data=body, headers=headers).get_json()["response_type"] == "in_channel"


@pytest.mark.parametrize("token", ["plain", "Nebelschlüssel", "霧", "\udcff", "x" * 20_000])
def test_a_token_may_have_any_letters(tmp_path: Path, token: str) -> None:
    asked = create_app(parts(tmp_path, token=token)).test_client()
    sent = token.encode("utf-8", "surrogateescape")
    for bearer, status in ((sent, 200), (sent + b"x", 401), (sent[:-1], 401), (b"\xff\xfe", 401), (b"", 401)):
        headers = {"Authorization": "Bearer " + bearer.decode("latin-1")}
        assert asked.get("/", headers=headers).status_code == status


def test_who_asks_is_a_network_and_not_a_port() -> None:
    one = "2001:db8::"
    for address in ("2001:db8::7", "[2001:db8::8]", "[2001:db8::9]:4711", "2001:db8::a%eth0"):
        assert network(address) == one
    assert network("2001:db8:0:1::7") != one
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("unknown") == "unknown"


def test_a_port_of_the_system_is_no_other_programs() -> None:
    assert "1024" in _remedy(PermissionError(errno.EACCES, "Permission denied"))
