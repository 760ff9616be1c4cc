"""A log that nobody reads: lines are lost, and nothing else."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from botus.log import LogHandler
from tests.support.command import COMMAND, environment, until
from tests.support.servers import MastodonServer

_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux
_FULL = 2 * select.PIPE_BUF
TIME = "2026-11-02T00:00:00+00:00"
NOW = datetime.fromisoformat(TIME)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A small pipe: of two pages, because one page counts as full with a single byte in it."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, _PIPE_SIZE, _FULL)
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)


def test_a_line_that_is_too_long_for_the_pipe_is_torn_and_the_next_begins_anew(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botus.log._PATIENCE", 0.05)
    reader, writer = pipe
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        handler = LogHandler(stream, "text", (), lambda: NOW)
        handler.say("x" * 2 * _FULL)
        handler.say("lost")
        assert os.read(reader, 9999) == f"{TIME} ".encode() + b"x" * (_FULL - len(f"{TIME} "))
        handler.say("kept \N{CAT}")
        warning = f"{TIME} warning: log lines that nobody took and that are lost: 2"
        assert os.read(reader, 9999) == f"\n{warning}\n{TIME} kept \U0001f408\n".encode()
        handler.say("and on")
        assert os.read(reader, 9999) == f"{TIME} and on\n".encode()


def test_a_reader_that_is_stuck_is_not_waited_for_twice(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = pipe[1]
    waits: list[float] = []

    class Poll:
        """Nobody reads, and the waiting takes no time."""

        def register(self, descriptor: int, events: int) -> None:
            assert (descriptor, events) == (writer, select.POLLOUT)

        def poll(self, milliseconds: float) -> list[tuple[int, int]]:
            waits.append(milliseconds)
            return []

    monkeypatch.setattr("botus.log.select.poll", Poll)
    with os.fdopen(writer, "w") as stream:
        handler = LogHandler(stream, "text", (), lambda: NOW)
        for _ in range(3):
            handler.say("lost")
    assert 1900 < waits[0] <= 2000
    assert waits[1:] == [0.0, 0.0]


def test_what_the_encoding_has_not_is_escaped(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with os.fdopen(writer, "w", encoding="latin-1") as stream:
        LogHandler(stream, "text", (), lambda: NOW).say("é \N{CAT}")
        assert os.read(reader, 99) == TIME.encode() + b" \xe9 \\U0001f408\n"


def test_a_reader_that_is_stuck_stops_neither_posts_nor_the_end(
    tmp_path: Path, pipe: tuple[int, int]
) -> None:
    reader, writer = pipe
    (tmp_path / "tweets.txt").write_text("one\ntwo\nthree\n")
    with MastodonServer() as server:
        settings = environment(
            BOTUS_DATA=str(tmp_path),
            CRON="* * * * *",
            MASTODON_BASE_URL=server.url,
            MASTODON_ACCESS_TOKEN=server.token,
        )
        command = [*COMMAND, "run", "--debug"]
        os.write(writer, b"x" * _FULL)
        process = subprocess.Popen(command, env=settings, stdin=subprocess.DEVNULL, stdout=writer)
        os.close(writer)
        try:
            until(lambda: bool((tmp_path / "tweeted.json").exists()), 20)
            os.read(reader, 9999)
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
        said = os.read(reader, 9999).decode()
    assert len(server.posts) >= 1
    assert "log lines that nobody took and that are lost: " in said
    assert said.endswith("stopped\n")


def test_without_standard_output_it_posts_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("one\ntwo\nthree\n")
    with MastodonServer() as server:
        settings = environment(
            BOTUS_DATA=str(tmp_path),
            CRON="* * * * *",
            MASTODON_BASE_URL=server.url,
            MASTODON_ACCESS_TOKEN=server.token,
        )
        command = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *COMMAND, "run"]
        process = subprocess.Popen(command, env=settings, stdin=subprocess.DEVNULL)
        try:
            until(lambda: bool(server.posts) or process.poll() is not None, 20)
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
