"""A named pipe, a socket, a device or a folder where a file should be: said, and never waited for."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.review.queue_add import add
from botus.store.candidates import Candidates
from botus.store.corpus import Corpus
from botus.store.decisions.journal import Decisions
from botus.store.durable import files, jsonl
from botus.store.intents import Intents
from botus.store.log.answered import Answered
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import ANSWERS, Queue
from botus.store.state import AnsweringStates, StateFiles
from tests.support.command import botus


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as one:  # the name of a socket has few letters
        one.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link(path: Path) -> None:
    path.symlink_to(next(one for one in path.parents if one.name == "data").with_name("letter"))


KINDS: list[tuple[Callable[[Path], None], str]] = [
    (pipe, "a named pipe"),
    (listening, "a socket"),
    (device, "a device"),
    (Path.mkdir, "a folder"),
]
kinds = pytest.mark.parametrize(("make", "kind"), KINDS, ids=[kind for _, kind in KINDS])


READERS: dict[str, Callable[[Path], object]] = {
    "tweets.txt": lambda data: list(Queue(data).lines()),
    "tweeted.json": lambda data: Log(data).entries(),
    "tweeted.json by its index": lambda data: Log(data).index(),
    "denylist.txt": lambda data: files.read(data / "denylist.txt"),
    "corpus.txt": lambda data: files.read(Corpus(data).path),
    ".botus/corpus.jsonl": lambda data: jsonl.read(data / ".botus/corpus.jsonl"),
    ".botus/state.json": lambda data: StateFiles(data).load(),
    ".botus/candidates.jsonl": lambda data: list(Candidates(data).glances()),
    ".botus/decisions.jsonl": lambda data: Decisions(data).history(),
    ".botus/intents/" + "a" * 40: lambda data: Intents(data).open(),
    "answers.txt": lambda data: list(Queue(data, ANSWERS).lines()),
    "answered.json": lambda data: Answered(data).given(),
    ".botus/answers/state.json": lambda data: AnsweringStates(data).load(),
}


@kinds
@pytest.mark.parametrize("name", READERS)
def test_it_is_not_read(name: str, make: Callable[[Path], None], kind: str, tmp_path: Path) -> None:
    path = tmp_path / name.partition(" ")[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    with pytest.raises(FileError, match=f"{path.name} is {kind}, not a file"):
        READERS[name](tmp_path)


@kinds
def test_it_is_not_written(make: Callable[[Path], None], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "kettle"
    make(path)
    for write in (
        lambda: files.append(path, b"The kettle sings.\n"),
        lambda: files.replace(path, b"The kettle sings.\n"),
        lambda: jsonl.append(path, [{}]),
    ):
        with pytest.raises(FileError, match=f"is {kind}, not a file|is a symbolic link"):
            write()


def test_a_file_that_is_no_folder_is_told_before_anything_is_claimed(tmp_path: Path) -> None:
    (tmp_path / ".botus").mkdir()
    (tmp_path / ".botus" / "done").touch()
    with pytest.raises(FileError, match=r"done: Not a directory"):
        Intents(tmp_path).sweep()


def test_a_lock_is_not_taken_of_it(tmp_path: Path) -> None:
    (tmp_path / ".botus").mkdir()
    os.mkfifo(tmp_path / ".botus" / "post.lock")
    with pytest.raises(FileError, match="a named pipe"), files.lock(tmp_path, "post"):
        pass


def test_an_index_that_is_a_pipe_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / ".botus").mkdir()
    os.mkfifo(tmp_path / ".botus" / "log.index")
    (tmp_path / "tweeted.json").write_text('[{"text": "The kettle sings.", "timestamp": 1}]')
    assert len(Log(tmp_path).index()) == 1


@pytest.mark.parametrize("name", ["tweets.txt", "tweeted.json", "denylist.txt", ".botus/state.json"])
@pytest.mark.parametrize(
    ("command", "code"), [(("post", "--dry-run"), 3), (("status",), 3), (("health",), 1), (("doctor",), 3)]
)
def test_every_command_says_it_and_ends(
    command: tuple[str, ...], code: int, name: str, tmp_path: Path
) -> None:
    (tmp_path / ".botus").mkdir()
    (tmp_path / "tweets.txt").write_text("The kettle sings.\n")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    ended = botus(*command, "--data", tmp_path)
    said = ended.out + ended.err
    assert (ended.code, f"{name} is a named pipe, not a file" in said, "Traceback" in said) == (
        code,
        True,
        False,
    )


@pytest.mark.parametrize("name", [".botus/replaced-tweets.txt.1.0", ".tweets.txt.botus-swap-back-{}-{}"])
@pytest.mark.parametrize("make", [pipe, listening, Path.mkdir, link])
def test_only_a_file_is_taken_up_as_what_was_saved(
    name: str, make: Callable[[Path], object], tmp_path: Path
) -> None:
    data, letter = tmp_path / "data", tmp_path / "letter"
    (data / ".botus").mkdir(parents=True)
    letter.write_text("Not for everybody.\n")
    (data / "tweets.txt").write_text("The kettle sings.\n")
    states = ("-".join(map(str, files.stamp(one) or ())) for one in (letter, data / "tweets.txt"))
    made = data / name.format(*states)
    make(made)
    queue = Queue(data)
    queue.recover()
    queue.append(["The gull listens."])
    assert (data / "tweets.txt").read_text() == "The kettle sings.\nThe gull listens.\n"
    assert (os.path.lexists(made), queue.overtaken()) == (True, [])


def test_a_line_that_comes_through_a_pipe_is_added(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.write(writes, b"The kettle sings.\n")
    os.close(writes)
    add(tmp_path, Path(f"/dev/fd/{reads}"), time.time)
    os.close(reads)
    assert (tmp_path / "tweets.txt").read_text() == "The kettle sings.\n"
