"""Lines for a live queue, with or without what is known about them; and back into the corpus."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from botus.corpus import feedback
from botus.errors import BusyError, FileError
from botus.posting.posting_run import PostingRun
from botus.review import queue_add
from botus.review.session import open_session
from botus.settings import Settings
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.corpus import Corpus, Post
from botus.store.decisions.journal import Decisions
from botus.store.durable import files, jsonl
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import Queue
from botus.text import fingerprint
from tests.review.test_batch import run, verdict

ORIGIN = Origin("run1", 1, 0.9, 0, 1.0, "", 1)


def clock() -> float:
    return 1_700_000_000.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "live"
    folder.mkdir()
    (folder / "tweets.txt").write_bytes(b"there already")
    Log(folder).append({"text": "used", "timestamp": 1, "id": "1", "targets": {"x": {"state": "posted"}}})
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A data directory on another machine, generated and reviewed."""
    folder = tmp_path / "other"
    folder.mkdir()
    texts = ["good", "best", "bad", "typo", "open", "flagged", "used"]
    group = [Candidate(text, 0, 0.5, {}, -1, None, ("odd",) * (text == "flagged"), ()) for text in texts]
    Candidates(folder).append(ORIGIN, group, 1)
    Queue(folder).append(texts)
    with open_session(folder, "file") as session:
        for key in ("k", "s", "d", "e", "!", "enter", "k"):
            session.press(key)
    return folder


def lines(data: Path) -> list[str]:
    return [line.text or "" for line in Queue(data).lines()]


def test_a_file_or_a_pipe_adds_what_is_new(data: Path, tmp_path: Path) -> None:
    content = "\ufeffnew\r\nused\nthere  already\n\nnew\ntwo\\nlines\\\\n".encode()
    (tmp_path / "more.txt").write_bytes(content)
    done = queue_add.add(data, tmp_path / "more.txt", clock)
    assert (done.added, done.used, done.present, done.dropped) == (("new", "two\nlines\\n"), 1, 2, 0)
    assert (data / "tweets.txt").read_bytes() == b"there already\nnew\ntwo\\nlines\\\\n\n"
    assert "0 added" in run(data, "queue", "add", "-", typed=content).output


def test_what_was_dropped_here_is_not_added(data: Path) -> None:
    with open_session(data, "file") as session:
        session.press("d")
    assert queue_add.add(data, b"there already\n", clock).dropped == 1
    assert lines(data) == []


@pytest.mark.parametrize(
    ("content", "why"), [(b"ok\n\xff\n", "line 2: not UTF-8"), ("x".encode("utf-16"), "not a UTF-8 text")]
)
def test_a_wrong_file_adds_nothing(data: Path, content: bytes, why: str) -> None:
    with pytest.raises(FileError, match=why):
        queue_add.add(data, content, clock)
    with pytest.raises(FileError, match="there is no"):
        queue_add.add(data, data / "nothing.txt", clock)
    with pytest.raises(FileError, match="itself"):
        queue_add.add(data, data, clock)
    assert lines(data) == ["there already"]


def test_a_data_directory_brings_what_it_knows(data: Path, other: Path) -> None:
    done = queue_add.add(data, other, clock)
    assert done.added == ("good", "best", "typo!", "open", "flagged")
    assert (done.used, done.decisions) == (1, 5)
    found = [verdict(data, text) for text in ("good", "best", "bad", "typo", "typo!", "open")]
    assert found == ["keep", "star", "drop", "edited", "keep", None]
    known = Candidates(data).provenance()
    assert known[fingerprint("flagged")]["flags"] == ["odd"]
    assert fingerprint("typo") in known  # what the edited line was made of
    assert Candidates(data).unfinished()[1] == []
    run_here = PostingRun(
        Settings(data, post_only="kept"), {}, rng=random.Random(1), clock=clock, say=lambda *_, **__: None
    )
    selection = run_here.selection()
    assert [line.text for line in Queue(data).lines() if selection.allows(line)] == [
        "good",
        "best",
        "typo!",
    ]
    assert queue_add.add(data, other, clock) == queue_add.Added((), 1, 5)


def test_what_was_added_and_what_was_not_is_said(data: Path, other: Path) -> None:
    said = run(data, "queue", "add", str(other)).output.splitlines()
    assert said[1:] == [
        "1 skipped: posted before, or being posted",
        "5 decisions came along (kept, dropped, reworded), and which model wrote 6 lines",
    ]
    (other / "tweets.txt").write_text("good\nbad\n")
    assert (
        "1 skipped: dropped, reworded or moved to the answers here"
        in run(data, "queue", "add", str(other / "tweets.txt")).output
    )


def test_what_came_along_can_be_taken_back_and_brought_back(data: Path, other: Path) -> None:
    queue_add.add(data, other, clock)
    with open_session(data, "file") as session:
        assert session.notices == ["1 post held until kept: filter “flagged or held”"]
        session.press("f")
        session.press("d")
        session.press("k")
    assert lines(data)[-1] == "bad"
    with open_session(data, "file") as session:
        session.press("u")
        session.press("u")
    assert lines(data) == ["there already", "good", "best", "typo", "open", "flagged"]
    assert Decisions(data).verdicts() == {}


def test_decisions_wait_for_a_review_to_end(data: Path, other: Path) -> None:
    with files.lock(data, "curate"), pytest.raises(BusyError):
        queue_add.add(data, other, clock)


def test_after_a_crash_before_the_lines_the_same_command_adds_them(
    data: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Queue, "append", lambda *_: (_ for _ in ()).throw(FileError("disk full")))
        with pytest.raises(FileError):
            queue_add.add(data, other, clock)
    assert lines(data) == ["there already"]
    done = queue_add.add(data, other, clock)
    assert (len(done.added), done.decisions, done.records) == (5, 0, 0)
    assert verdict(data, "typo!") == "keep"


def test_kept_starred_and_posted_lines_become_corpus(data: Path, other: Path) -> None:
    Log(other).append({"text": "sent", "timestamp": 1, "id": "2", "targets": {"x": {"state": "posted"}}})
    Log(other).append({"text": "refused", "timestamp": 1, "id": "3", "targets": {"x": {"state": "rejected"}}})
    (other / "corpus.txt").write_bytes(b"good\nof old")
    done = run(other, "corpus", "add", "--kept", "--json")
    assert json.loads(done.output) == {"new": 3, "reweighted": 0, "known": 1}
    assert (other / "corpus.txt").read_bytes() == b"good\nof old\nsent\nbest\ntypo!\n"
    assert jsonl.read(other / ".botus" / "corpus.jsonl") == [
        {"fingerprint": fingerprint(text), "source": source, "weight": weight}
        for text, source, weight in (
            ("sent", "kept", 1.0),
            ("good", "by hand", 1.0),  # it had no record, and is not to go if `kept` is removed
            ("good", "kept", 1.0),
            ("best", "kept", 3.0),
            ("typo!", "kept", 1.0),
        )
    ]
    again = feedback.add_kept(other)
    assert (again.new, again.reweighted, again.known) == (0, 0, 4)


def test_a_later_star_changes_the_weight_and_not_the_text(data: Path) -> None:
    corpus = Corpus(data)
    corpus.add([Post("a", "x"), Post("b", "x")])
    assert corpus.add([Post("a", "kept", 3.0)]).reweighted == 1
    assert corpus.weights() == {fingerprint("a"): 3.0, fingerprint("b"): 1.0}
    assert corpus.texts() == ["a", "b"]


def test_samples_are_added_as_posts_and_said(data: Path, tmp_path: Path) -> None:
    line = "=" * 20
    path = tmp_path / "gpt2_gentext.txt"
    path.write_text(
        f"{line}\r\n<|startoftext|>A lamp<|endoftext|>\r\n{line}\r\n"
        f"<|startoftext|>A kettle\r\nand a \\new one<|endoftext|>\r\n<|startoftext|>half a po\r\n{line}\r\n"
    )
    said = run(data, "queue", "add", str(path)).output
    assert "read as gpt-2-simple samples: 2 posts, 1 left out: cut off\n2 added" in said
    assert lines(data) == ["there already", "A lamp", "A kettle\nand a \\new one"]


def test_lines_of_a_training_among_lines_are_left_out(data: Path) -> None:
    content = "".join(f"Lamp {n}\\nburns\n" for n in range(200)) + "==========\n<|startoftext|>A kettle\n"
    done = queue_add.add(data, content.encode(), clock)
    assert (len(done.added), done.added[0], done.added[-1]) == (201, "Lamp 0\nburns", "A kettle")
    assert (done.posts, done.left_out) == (0, {"not a post": 1})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('text,created_at\n"The lamp, it went round",2024\nFog came in,2024\n', "a table"),
        ('\ufeff"id";"decision";"text"\n1;keep;Fog\n', "a table"),
        ('text\n"The lamp, it went round"\nFog came in\n', "a table"),
        ("date\ttweet\n2024\tFog\n", "a table"),
        ('[\n{"text": "Fog"}\n]\n', "JSON"),
        ('["Fog", "The lamp"]', "JSON"),
        ('{"text": "Fog"}\n{"text": "The lamp"}\n', "JSON"),
        ("<!DOCTYPE html>\n<html>\n", "a web page"),
    ],
)
def test_a_table_is_no_queue(data: Path, content: str, kind: str) -> None:
    with pytest.raises(FileError, match=kind):
        queue_add.add(data, content.encode(), lambda: 0.0)


@pytest.mark.parametrize(
    "content",
    [
        "text\n",
        "message, in a bottle\nFog, and more\nThe lamp, the gull\n",
        "[sighs]\nFog\n",
        "{}\n",
        "[1]: a note of the keeper\n",
        "The text, the body, the lamp\nThe post; the fog\n",
        "<3 says the kettle\n",
    ],
)
def test_what_only_looks_like_a_table_is_added(data: Path, content: str) -> None:
    assert queue_add.add(data, content.encode(), lambda: 0.0).added == tuple(content.splitlines())


def test_a_folder_without_a_queue_is_said(data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"no tweets\.txt in"):
        queue_add.add(data, tmp_path / "empty", lambda: 0.0)
