"""A learnt vocabulary: GPT-2's two files, deterministic, and read alike by all who read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from botus import demo
from botus.checkpoints.markers import END
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import SettingsError
from botus.training.vocabulary import SMALLEST, LearntVocabulary, learn

POSTS = [line for line in demo.corpus().read_text(encoding="utf-8").split("\n") if line][:600]
LEARNT = learn(POSTS, 500)
# Characters that Python's tables know are known to the two regular expression libraries as well.
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn")))


def encode(vocabulary: LearntVocabulary, text: str) -> list[int]:
    """The ids that botus gives a text."""
    tokens = json.loads(vocabulary.encoder)
    reader = Vocabulary(vocabulary.encoder.encode(), vocabulary.merges.encode())
    ids = [tokens[token] for token in reader.encode(text)]
    assert b"".join(reader.pieces[each] for each in ids).decode() == text
    return ids


def by_hand(vocabulary: LearntVocabulary, text: str) -> list[int]:
    """Byte pair encoding in the plainest form: merge the earliest learnt pair until none is left."""
    ids = json.loads(vocabulary.encoder)
    order = {tuple(line.split()): rank for rank, line in enumerate(vocabulary.merges.split("\n")[1:-1])}
    found = []
    for piece, _ in pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text):
        tokens = list(piece)
        while pairs := [pair for pair in pairwise(tokens) if pair in order]:
            best = min(pairs, key=order.__getitem__)
            at = next(i for i, pair in enumerate(pairwise(tokens)) if pair == best)
            tokens[at : at + 2] = ["".join(best)]
        found += [ids[token] for token in tokens]
    return found


def test_it_has_all_bytes_the_tokens_asked_for_and_the_end_last() -> None:
    ids = json.loads(LEARNT.encoder)
    assert list(ids.values()) == list(range(500))
    assert LEARNT.size == 500
    assert set(pre_tokenizers.ByteLevel.alphabet()) == {token for token in ids if len(token) == 1}
    assert ids[END] == 499
    assert LEARNT.encoder.isascii()
    assert LEARNT.merges.startswith("#version: 0.2\n")
    assert LEARNT.merges.endswith("\n")
    assert len(LEARNT.merges.split("\n")) - 2 == 500 - SMALLEST


def test_its_merges_shorten_the_corpus() -> None:
    tokens = sum(len(encode(LEARNT, post)) for post in POSTS)
    assert tokens < 0.55 * sum(len(post.encode()) for post in POSTS)


@given(TEXTS)
def test_all_readers_give_the_same_ids(text: str) -> None:
    assert encode(LEARNT, text) == by_hand(LEARNT, text)


def test_the_end_is_no_token_of_any_text() -> None:
    assert LEARNT.size - 1 not in encode(LEARNT, f"One.{END}Two. {END}")
    learnt = learn([END] * 50, 400)
    assert list(json.loads(learnt.encoder)).count(END) == 1
    assert learnt.size - 1 not in encode(learnt, END)


def test_a_marker_is_ordinary_text_even_where_it_is_a_token() -> None:
    reader = Vocabulary(LEARNT.encoder.encode(), LEARNT.merges.encode())
    assert END in reader.tokens
    assert END not in reader.encode(f"The end{END}")
    assert "".join(reader.encode(END)) == END
    assert reader.encode("") == []


@pytest.mark.parametrize("posts", [[], [""], ["a"], ["ab ab"], ["🐧"], ["e\u0301a" * 3]])
def test_a_small_corpus_has_fewer_tokens(posts: list[str]) -> None:
    learnt = learn(posts, 2048)
    assert SMALLEST <= learnt.size < 300
    assert learnt.size == len(json.loads(learnt.encoder)) == len(learnt.merges.split("\n")) - 2 + SMALLEST
    for text in [*posts, "Fog at 4 o'clock."]:
        assert encode(learnt, text) == by_hand(learnt, text)


def test_a_pair_seen_once_is_not_learnt() -> None:
    assert learn(["xq"], 300).size == SMALLEST
    assert learn(["xq", "xq"], 300).size == SMALLEST + 1


def test_a_size_without_room_for_the_bytes_is_refused() -> None:
    with pytest.raises(SettingsError, match="256 tokens is too small"):
        learn(POSTS, SMALLEST - 1)


def test_another_process_learns_the_same() -> None:
    script = (
        "import sys; from botus.training.vocabulary import learn;"
        "learnt = learn(sys.stdin.buffer.read().decode().split('\\n'), 500);"
        "sys.stdout.buffer.write((learnt.encoder + learnt.merges).encode())"
    )
    for threads, seed in (("1", "1"), ("3", "2")):
        environment = {**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", script],
            input="\n".join(POSTS).encode(),
            stdout=subprocess.PIPE,
            env=environment,
            check=True,
        )
        assert done.stdout.decode() == LEARNT.encoder + LEARNT.merges
