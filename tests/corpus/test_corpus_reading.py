"""corpus.txt is read by one function: with its escapes, and with lines that are not UTF-8."""

from __future__ import annotations

from pathlib import Path

from botus import demo
from botus.generation.job import Job, Sample
from botus.generation.judge import Judge
from botus.screening.verdict import Verdict
from botus.store import corpus
from botus.store.candidates import Origin
from botus.store.corpus import Corpus, Post
from tests.support.command import botus

BROKEN = b"\xef\xbb\xbfone\\ntwo\r\n\r\n\xc2\xaf\\_(x)_/\xc2\xaf\nthe bell rang for the l\xe4st time\n \nlast"


def test_a_corpus_is_read_with_its_escapes(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    assert corpus.read(path).everything == []
    path.write_bytes(BROKEN)
    assert corpus.read(path).posts == ["one\ntwo", "¯\\_(x)_/¯", "last"]


def test_a_line_that_is_not_utf8_is_reported_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(BROKEN)
    found = Corpus(tmp_path).read()
    assert found.broken == {4: "the bell rang for the l\ufffdst time"}
    assert list(found.problems()) == [f"{path}, line 4: not UTF-8, left out: save the file as UTF-8"]
    Corpus(tmp_path).add([Post("new", "kept")])
    assert path.read_bytes() == BROKEN + b"\nnew\n"


def test_many_broken_lines_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_bytes(b"\xff\n" * 3)
    assert next(Corpus(tmp_path).read().problems()).split(":")[0].endswith("line 1 and 2 more")


def test_what_can_be_read_of_a_broken_line_is_no_new_text(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_bytes(BROKEN)
    origin = Origin("run1", 1, 0.9, 0, 1.0, "", 1)
    judge = Judge(Job(tmp_path, origin, 1, corpus=Corpus(tmp_path).read().everything))
    refusal = judge.judge(Sample("The bell rang for the first time.", True, -1.0, 9, 0))
    assert isinstance(refusal, Verdict)
    assert refusal.reason == "copy of the corpus"


def test_generate_says_which_line_it_could_not_read(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_bytes(
        demo.corpus().read_bytes()[:20_000].rpartition(b"\n")[0] + b"\n\xff\n"
    )
    said = botus("generate", "-n", "2", "--dry-run", "--data", tmp_path).err
    assert "not UTF-8" in said


def test_a_source_is_taken_out_beside_a_line_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_bytes(b"mine\n\xff\n")
    Corpus(tmp_path).add([Post("theirs", "zip")])
    assert Corpus(tmp_path).remove("zip").gone == 1
    assert (tmp_path / "corpus.txt").read_bytes() == b"mine\n\xff\n"
