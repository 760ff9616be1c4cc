"""gpt-2-simple's own encoder loads a learnt vocabulary and gives the ids that training gave."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus import demo
from botus.checkpoints.markers import END
from botus.checkpoints.vocabulary import Vocabulary
from botus.training.vocabulary import LearntVocabulary, learn

pytestmark = pytest.mark.tensorflow

POSTS = [line for line in demo.corpus().read_text(encoding="utf-8").split("\n") if line][:600]
# Characters newer than Python's tables may be letters to one library of regular expressions only.
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn")))


@pytest.fixture(scope="module", params=["corpus", "few", "emoji"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LearntVocabulary, Any]:
    posts = {"corpus": POSTS, "few": ["ab ab"], "emoji": ["Être 🐧🐧 où? \u00a0 \u3000 Привет, 灯台!"] * 9}
    learnt = learn(posts[request.param], 500)
    folder: Path = tmp_path_factory.mktemp("vocabulary")
    (folder / "encoder.json").write_text(learnt.encoder, encoding="utf-8")
    (folder / "vocab.bpe").write_text(learnt.merges, encoding="utf-8")
    return learnt, import_module("gpt_2_simple.src.encoder").get_encoder(str(folder))


def ours(learnt: LearntVocabulary, text: str) -> list[int]:
    vocabulary = Vocabulary(learnt.encoder.encode(), learnt.merges.encode())
    return [vocabulary.tokens.index(token) for token in vocabulary.encode(text)]


@given(text=TEXTS)
def test_the_same_ids_for_any_text(both: tuple[LearntVocabulary, Any], text: str) -> None:
    learnt, theirs = both
    assert theirs.encode(text) == ours(learnt, text)
    assert theirs.decode(theirs.encode(text)) == text


def test_the_same_ids_for_posts_and_the_end(both: tuple[LearntVocabulary, Any]) -> None:
    learnt, theirs = both
    for text in [*POSTS, f"{END}A post.{END}\n", "it's  two\n\n lines \t\u2028", "\u00a0x\u200d\ufeff"]:
        assert theirs.encode(text) == ours(learnt, text)
    assert theirs.decode([learnt.size - 1]) == END
