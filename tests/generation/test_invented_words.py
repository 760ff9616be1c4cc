"""When `generate` knows that a word is invented: where it knows all that its model has seen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from botus.checkpoints.run_info import FROM_NOTHING, digest_of
from botus.generation.setup import GenerateOptions, prepare
from botus.screening.lexicon import FEWEST_POSTS
from botus.settings import load
from botus.training.plan import SIZES
from tests.support.bundle import write_bigrams
from tests.support.command import botus

POSTS = "The fog sings.\n" * FEWEST_POSTS


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A model that was trained from nothing, on posts of one line, and writes a word that they lack."""
    follow = {"Ċ": {"The": 1}, "The": {"Ġfog": 1}, "Ġfog": {"Ġsings": 0.5, "Ġsingles": 0.5}}
    ends = {"Ġsings": {".": 1}, "Ġsingles": {".": 1}, ".": {"Ċ": 1}}
    write_bigrams(tmp_path / "checkpoint" / "run1", ["The", "Ġfog", "Ġsings", "Ġsingles"], follow | ends)
    (tmp_path / "corpus.txt").write_text(POSTS)
    describe(tmp_path, "nano")
    return tmp_path


def describe(data: Path, base: str) -> None:
    record = {"corpus": digest_of(POSTS.encode()), "step": 7, "base": base}
    (data / "checkpoint" / "run1" / "botus.json").write_text(json.dumps(record))


def lacking(data: Path, post: str = "Reykjavik hums", prefix: str = "") -> list[str]:
    rules = prepare(GenerateOptions(prefix=prefix), load({"BOTUS_DATA": str(data)}), data).job.rules
    return rules.words.lacking(post) if rules.words else ["off"]


def test_the_sizes_of_models_from_nothing_have_one_name() -> None:
    assert set(FROM_NOTHING) == set(SIZES)


def test_a_model_from_nothing_writes_no_others(data: Path) -> None:
    options = ("--copies", "allow", "--data", data)
    ended = botus("generate", "-n", "2", "--seed", "1", *options)
    assert ended.code == 2  # there is but one line
    assert re.search(r"\d  words the corpus lacks +The fog singles\. \(singles\)", ended.out)
    assert (data / "tweets.txt").read_text() == "The fog sings.\n"
    assert botus("generate", "-n", "1", "--seed", "1", "--without", "words", *options).code == 0
    assert (data / "tweets.txt").read_text() == "The fog sings.\nThe fog singles.\n"


def test_one_that_is_not_known_to_be_from_nothing_may_know_names(data: Path) -> None:
    assert lacking(data) == ["reykjavik", "hums"]
    describe(data, "124M")
    assert lacking(data) == ["hums"]
    (data / "checkpoint" / "run1" / "botus.json").unlink()
    assert lacking(data) == ["hums"]


def test_the_prefix_is_known(data: Path) -> None:
    assert lacking(data, prefix="Reykjavik") == ["hums"]


def test_a_corpus_of_another_text_or_a_part_of_it_tells_nothing(data: Path) -> None:
    (data / "corpus.txt").write_text(POSTS + "Reykjavik is asleep.\n")  # which has grown
    assert lacking(data) == ["hums"]
    (data / "corpus.txt").write_text("The gull sings.\n" + POSTS)
    assert lacking(data) == ["off"]
    (data / "corpus.txt").unlink()
    assert lacking(data) == []
    (data / "corpus.txt").write_text(POSTS)
    assert botus("corpus", "forget", "--yes", "--data", data).code == 0
    assert lacking(data) == ["off"]
    (data / "corpus.txt").write_text(POSTS)
    assert lacking(data) == ["off"]
