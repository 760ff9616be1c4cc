"""A model that keeps the columns that matter: which those are, and that nothing else changes."""

from __future__ import annotations

import itertools
import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.vocabulary import Vocabulary
from botus.generation.job import SamplingOptions
from botus.generation.sampling.choosing import FEWEST_POSTS, choose
from botus.generation.sampling.columns import LOSS, Columns, likeliest
from botus.generation.sampling.sampler import Sampler
from botus.store.candidates import Candidates
from tests.support import bundle
from tests.support.command import botus

WORDS = ["The", "Ġkettle", "Ġsings", "Ġfog", "Ġhorn", "."]
POSTS = [f"The kettle sings{'.' * (place % 3)}" for place in range(FEWEST_POSTS)]
PREPARED = {"threads": 1, "precision": "float32"}


def vocabulary_of(run: Path, kept: Sequence[int] = ()) -> Vocabulary:
    return Vocabulary((run / "encoder.json").read_bytes(), (run / "vocab.bpe").read_bytes(), kept)


def ids_of(run: Path, *tokens: str) -> list[int]:
    ids: Mapping[str, int] = json.loads((run / "encoder.json").read_bytes())
    return [ids[token] for token in tokens]


def letters(run: Path) -> list[int]:
    """The tokens of one byte, and the end of a text."""
    ids: Mapping[str, int] = json.loads((run / "encoder.json").read_bytes())
    return [number for token, number in ids.items() if len(token) == 1 or token == bundle.END_OF_TEXT]


def write_static(folder: Path, odds: Mapping[str, float]) -> Path:
    """A model with 4,500 tokens that has the same probabilities whatever came before.

    Its last norm ends in one vector, so that a token's only weight is its logit.
    """
    tokens, merges = bundle.vocabulary(WORDS)
    pairs = list(itertools.product(string.ascii_letters + string.digits + "-+*", repeat=2))
    merges += [pair for pair in pairs if "".join(pair) not in tokens]
    kept = list(dict.fromkeys([*tokens, *("".join(pair) for pair in pairs)]))
    hparams = {"n_vocab": len(kept), "n_ctx": 64, "n_embd": 4, "n_head": 1, "n_layer": 1}
    tensors = bundle.random_tensors(hparams, scale=0.01)
    wte = np.zeros((len(kept), 4), np.float32)
    wte[:, 0] = np.log(1e-12)
    for token, share in odds.items():
        wte[kept.index(token), 0] = np.log(share)
    bias = np.array([1, 0, 0, 0], np.float32)
    still = {"model/wte": wte, "model/ln_f/g": np.zeros(4, np.float32), "model/ln_f/b": bias}
    return bundle.write_run(folder, hparams, tensors | still, kept, merges)


ODDS = {"The": 0.3, "Ġkettle": 0.3, "Ċ": 0.2, "Ġfog": 0.198, "xj": 0.0013, "qz": 0.0004, "qq": 0.0003}


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_static(tmp_path_factory.mktemp("static") / "run1", ODDS)


@pytest.fixture(scope="module")
def random_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokens, merges = bundle.vocabulary(WORDS)
    hparams = {"n_vocab": len(tokens), "n_ctx": 48, "n_embd": 32, "n_head": 4, "n_layer": 3}
    tensors = bundle.random_tensors(hparams, scale=0.2)
    return bundle.write_run(tmp_path_factory.mktemp("random") / "run1", hparams, tensors, tokens, merges)


def sampler(run: Path, columns: Columns | None, precision: str = "float32", threads: int = 1) -> Sampler:
    checkpoint = open_checkpoint(run)
    return Sampler(checkpoint, [run / "cache"], precision=precision, threads=threads, columns=columns)


# What is kept has not changed


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_the_kept_columns_have_the_logits_that_they_had(random_run: Path, precision: str) -> None:
    columns = Columns(tuple(sorted([*letters(random_run), *ids_of(random_run, "The", "Ġfog")])))
    whole, part = (sampler(random_run, kept, precision) for kept in (None, columns))
    tokens = ["Ċ", "The", "Ġfog", "!", "Ċ"]
    expected = whole.engine.logits(tokens)[:, columns.ids]
    assert part.engine.logits(tokens) == pytest.approx(expected, abs=1e-5)


def test_posts_have_only_kept_tokens_and_come_again_with_their_seed(random_run: Path) -> None:
    columns = Columns(tuple(sorted([*letters(random_run), *ids_of(random_run, "The")])))
    options = SamplingOptions(1.0, batch=16)
    texts = []
    for threads, skip in ((1, 0), (2, 0), (1, 10)):
        stream = sampler(random_run, columns, threads=threads).stream(options, 1, skip)
        texts.append([sample.text for sample in itertools.islice(stream, 60 - skip)])
    assert texts[0] == texts[1]
    assert texts[0][10:] == texts[2]


def test_every_text_can_be_written_and_scored(random_run: Path) -> None:
    kept = tuple(sorted([*letters(random_run), *ids_of(random_run, "The", "Ġfo")]))
    part, whole = sampler(random_run, Columns(kept)), sampler(random_run, None)
    texts = ["The fog", " kettle sings é 🌊", "The", ""]
    for text, score in zip(texts, part.logprob(texts), strict=True):
        tokens = ["Ċ", *vocabulary_of(random_run, kept).encode(text), "Ċ"]
        odds = whole.engine.logits(tokens)[:, kept].astype(np.float64)  # the others are not there
        odds -= np.log(np.exp(odds).sum(axis=1, keepdims=True))
        places = [kept.index(number) for number in ids_of(random_run, *tokens)]
        expected = np.mean([odds[i, place] for i, place in enumerate(places[1:])])
        assert score == pytest.approx(expected, abs=1e-4)
    stream = part.stream(SamplingOptions(1.0, prefix="The horn sings", batch=4), 1)
    assert next(stream).text.startswith("The horn sings")


def test_a_token_that_is_not_kept_comes_apart_along_its_merges(random_run: Path) -> None:
    kept = sorted([*letters(random_run), *ids_of(random_run, "Th", "Ġfog")])
    part = vocabulary_of(random_run, kept)
    assert part.encode("The fog sings") == ["Th", "e", "Ġfog", *"Ġsings"]
    for text in ("The fog sings", "🌫 é\n\x00", "<|endoftext|>"):
        pieces = dict(zip(part.tokens, part.pieces, strict=True))
        assert b"".join(pieces[token] for token in part.encode(text)).decode() == text


# Which are chosen


def test_the_likeliest_come_first_until_next_to_nothing_is_left_out() -> None:
    means = np.array([0.5, 0.0004, 0.3, 0.0009, 0.0002, *[0.0] * 20])
    held = [np.array([0.6, 0.0003, 0.3, 0.0003, 0.0004, *[0.0] * 20]), means]
    columns = likeliest({2}, means, held)
    # Without 0, 3 and 1 too much is left out: then 4 alone is left, with 0.0004 of one of the texts.
    assert columns == Columns((0, 1, 2, 3), pytest.approx(0.0004))
    assert likeliest(range(21), means, held) is None  # nothing is gained by the last four


def test_a_corpus_has_its_tokens_and_a_model_what_it_writes(static: Path, tmp_path: Path) -> None:
    checkpoint = open_checkpoint(static)
    columns = choose(checkpoint, [tmp_path], POSTS, 0.9, **PREPARED)
    assert columns is not None
    # Of the others, Ġfog and xj are likely; qz is needed too, since 0.0007 would be left out without it.
    kept = {*letters(static), *ids_of(static, "The", "Ġkettle", "Ġsings", "Ġfog", "xj", "qz")}
    assert set(columns.ids) == kept
    assert columns.lost == pytest.approx(0.0003, rel=0.01)
    assert columns.lost < LOSS


def test_a_higher_temperature_has_more_tokens(static: Path, tmp_path: Path) -> None:
    checkpoint = open_checkpoint(static)
    found = [choose(checkpoint, [tmp_path], POSTS, heat, **PREPARED) for heat in (0.5, 1.0, 1.1, 2.5)]
    assert found[0] == found[1]
    (_, other) = ids_of(static, "qz", "qq")
    assert found[2] is not None
    assert other in found[2].ids
    assert found[3] is None


def test_where_there_is_too_little_to_know_by_all_are_kept(
    static: Path, random_run: Path, tmp_path: Path
) -> None:
    assert choose(open_checkpoint(static), [tmp_path], POSTS[:-1], 0.9, **PREPARED) is None
    assert choose(open_checkpoint(random_run), [tmp_path], POSTS, 0.9, **PREPARED) is None
    assert not list(tmp_path.iterdir())  # nothing was converted to find that out


def test_a_few_new_posts_choose_nothing_anew(static: Path, tmp_path: Path) -> None:
    checkpoint, corpus = open_checkpoint(static), POSTS * 20
    first = choose(checkpoint, [tmp_path], corpus, 0.9, **PREPARED)
    data = static / "model-7.data-00000-of-00001"
    data.rename(static / "away")  # the weights are not needed any more
    try:
        assert choose(checkpoint, [tmp_path], corpus, 0.9, **PREPARED) == first
        grown = [*corpus, *["The kettle qq"] * 5]
        assert choose(checkpoint, [tmp_path], grown, 0.9, **PREPARED) == first
    finally:
        (static / "away").rename(data)
    changed = choose(checkpoint, [tmp_path], [*corpus, *["The kettle qq"] * 20], 0.9, **PREPARED)
    assert changed is not None
    assert first is not None
    assert set(changed.ids) - set(first.ids) == set(ids_of(static, "qq"))


def test_a_choice_that_was_made_elsewhere_is_not_believed(static: Path, tmp_path: Path) -> None:
    checkpoint = open_checkpoint(static)
    first = choose(checkpoint, [tmp_path], POSTS, 0.9, **PREPARED)
    (file,) = tmp_path.glob("measured/*/findings.json")
    file.write_text(json.dumps({"ids": letters(static), "lost": 0.0}))
    assert choose(checkpoint, [tmp_path], POSTS, 0.9, **PREPARED) == first


def test_each_choice_has_a_model_of_its_own(random_run: Path) -> None:
    one, two = (Columns((*letters(random_run)[:200], more)) for more in (201, 202))
    assert one.digest == replace(one, lost=0.1).digest != two.digest
    checkpoint = open_checkpoint(random_run)
    prints = {checkpoint.fingerprint, one.of(checkpoint).fingerprint, two.of(checkpoint).fingerprint}
    assert len(prints) == 3


# The command


def test_the_command_says_and_writes_down_what_was_left_out(static: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("\n".join(POSTS))
    common = ["--data", str(tmp_path), "--checkpoint", str(static), "--seed", "1", "-n", "2"]
    common += ["--without", "short", "--without", "loop", "--copies", "allow"]
    first = botus("generate", *common)
    assert "writing with the 263 tokens of the vocabulary that matter here" in first.err
    assert "leaves out 0.03% of the probability" in first.err
    whole = botus("generate", *common, "--vocabulary", "all")
    assert "vocabulary" not in whole.err
    again = botus("generate", *common)
    assert "passed over" in again.out
    assert "passed over" not in whole.out
    records = Candidates(tmp_path).records()
    assert [record.get("columns", 0) for record in records] == [263, 263, 0, 0, 263, 263]
    assert records[0]["left_out"] == pytest.approx(0.0003, abs=1e-5)
