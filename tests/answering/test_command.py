"""`botus answer`, and the review of answers, as commands."""

from __future__ import annotations

from pathlib import Path

from botus.store.decisions.journal import Decisions
from botus.store.queue.tweets import ANSWERS
from botus.text import fingerprint
from tests.support.command import botus


def test_answer_shows_what_would_be_said_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("Fog is a cloud\\nthat sat down.\nThe gull owes me a chip.\n")
    before = sorted(tmp_path.rglob("*"))
    ended = botus("--data", tmp_path, "answer", "fog?", "-n", "9")
    assert (ended.code, sorted(ended.out.splitlines())) == (
        0,
        [r"Fog is a cloud\nthat sat down.", "The gull owes me a chip."],
    )
    assert botus("--data", tmp_path, "--json", "answer", "fog?").value["answers"]
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_pool_says_so(tmp_path: Path) -> None:
    (tmp_path / "tweets.txt").write_text("One.\n")
    ended = botus("--data", tmp_path, "answer", "hello")
    assert (ended.code, ended.out) == (0, "")
    assert "nothing to answer with" in ended.err


def test_the_review_of_answers_keeps_lines_by_number_and_status_counts_them(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("One.\nTwo.\n")
    ended = botus("--data", tmp_path, "curate", "--answers", "--keep", "2")
    assert (ended.code, ended.out) == (0, "kept: Two.\n")
    assert Decisions(tmp_path, ANSWERS).verdicts() == {fingerprint("Two."): "keep"}
    assert "2 lines in answers.txt, 2 may be said\n" in botus("--data", tmp_path, "status").out
