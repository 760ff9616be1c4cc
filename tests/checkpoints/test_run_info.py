"""botus.json: what `generate` takes from it, and that a damaged one keeps nobody from using the model."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botus import demo
from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.run_info import Trained, digest_of
from botus.errors import FileError
from botus.store.candidates import Candidates
from tests.support.command import Ended, botus

STEP = int((demo.folder() / "counter").read_text())
POSTS = "\n".join(f"The keeper of light {number} writes of nothing but fog." for number in range(40))
CHANGED = "corpus.txt is not the text that this model was trained on, or was changed since"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a checkpoint, the corpus it was trained on, and botus.json."""
    shutil.copytree(demo.folder(), tmp_path / "checkpoint" / "run1")
    (tmp_path / "corpus.txt").write_text(POSTS)
    describe(tmp_path, corpus=digest_of(POSTS.encode()), step=STEP)
    return tmp_path


def describe(data: Path, **record: object) -> Path:
    path = data / "checkpoint" / "run1" / "botus.json"
    path.write_text(json.dumps(record))
    return path


def generate(data: Path) -> Ended:
    ended = botus("generate", "-n", "2", "--seed", "1", "--data", data)
    assert ended.code == 0, ended.err
    return ended


LINES = st.lists(st.binary(max_size=6), max_size=5)


@given(LINES, LINES, st.sampled_from([b"\n", b"\r\n"]))
@example([b"a"], [b"b"], b"\n")
def test_a_corpus_that_has_grown_has_been_seen(before: list[bytes], added: list[bytes], end: bytes) -> None:
    old = end.join(before)
    trained = Trained(digest_of(old), 1)
    assert trained.has_seen(old)
    assert trained.has_seen(old + end + end.join(added))
    ended = Trained(digest_of(old + end), 1)
    assert ended.has_seen(old + end + end.join(added))


@given(LINES, st.data())
def test_a_corpus_with_a_byte_changed_has_not(lines: list[bytes], data: st.DataObject) -> None:
    old = b"\n".join([*lines, b"the last one"])
    at = data.draw(st.integers(0, len(old) - 1))
    changed = old[:at] + bytes([old[at] ^ 32]) + old[at + 1 :]
    assert not Trained(digest_of(old), 1).has_seen(changed)
    assert not Trained(digest_of(old), 1).has_seen(old[:at])
    assert not Trained(digest_of(old), 1).has_seen(b"more" + old)


def test_generate_writes_down_which_corpus_its_model_has_seen(data: Path) -> None:
    ended = generate(data)
    records = Candidates(data).records()
    assert {record["corpus"] for record in records} == {digest_of(POSTS.encode())[:16]}
    assert {(record["model"], record["step"]) for record in records} == {("checkpoint/run1", STEP)}
    assert "trained on" not in ended.err


def test_a_corpus_that_grew_is_nothing_to_talk_about(data: Path) -> None:
    with (data / "corpus.txt").open("a") as corpus:
        corpus.write("\nAnother post about the foghorn.\n")
    assert "trained on" not in generate(data).err


@pytest.mark.parametrize("text", [POSTS[1:], "Quite another text.\n" * 3, ""])
def test_another_corpus_is_told_in_one_sentence(data: Path, text: str) -> None:
    (data / "corpus.txt").write_text(text)
    said = [line for line in generate(data).err.splitlines() if "trained on" in line]
    assert len(said) == 1
    assert CHANGED in said[0]
    assert Candidates(data).records()[0]["corpus"] == digest_of(POSTS.encode())[:16]


def test_no_corpus_at_all_is_told_by_the_report_alone(data: Path) -> None:
    (data / "corpus.txt").unlink()
    assert "trained on" not in generate(data).err


def test_what_was_forgotten_may_be_what_the_model_has_seen(data: Path) -> None:
    assert botus("corpus", "forget", "--yes", "--data", data).code == 0
    (data / "corpus.txt").write_text("A kept post of the time after.\n")
    assert "trained on" not in generate(data).err


def test_a_run_folder_of_gpt2_simple_has_no_such_file(data: Path) -> None:
    (data / "checkpoint" / "run1" / "botus.json").unlink()
    assert "trained on" not in generate(data).err
    assert Candidates(data).records()[0]["corpus"] == ""
    assert open_checkpoint(data / "checkpoint" / "run1").trained() is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"corpus": "abc", "step": 1}',
        b'{"corpus": 7, "step": 1}',
        b'{"corpus": "%s"}' % (b"0" * 64),
        b'{"corpus": "%s", "step": "1"}' % (b"0" * 64),
        b"[" * 100_000,
        b" " * (1 << 20) + b"{}",
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)
def test_damage_is_told_and_the_model_used(data: Path, content: bytes) -> None:
    (data / "checkpoint" / "run1" / "botus.json").write_bytes(content)
    with pytest.raises(FileError, match=r"botus\.json is damaged: nobody knows"):
        open_checkpoint(data / "checkpoint" / "run1").trained()


def test_generate_goes_on_with_a_damaged_one(data: Path) -> None:
    (data / "checkpoint" / "run1" / "botus.json").write_bytes(b"{")
    assert "botus.json is damaged: nobody knows what this model was trained on" in generate(data).err
    assert Candidates(data).records()[0]["corpus"] == ""


def test_what_tells_of_another_step_is_not_believed(data: Path) -> None:
    """gpt-2-simple itself went on training in this folder, perhaps on another text."""
    describe(data, corpus=digest_of(POSTS.encode()), step=STEP - 1)
    assert f"tells of step {STEP - 1}, and this is step {STEP}" in generate(data).err
    assert Candidates(data).records()[0]["corpus"] == ""


def test_a_digest_is_the_one_that_everybody_computes() -> None:
    assert digest_of(b"fog\n") == hashlib.sha256(b"fog\n").hexdigest()
