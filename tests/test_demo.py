"""The bundled demo: a corpus that its script reproduces, and a complete, small run folder."""

from __future__ import annotations

import json
import random
import re
import statistics
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from botus import demo
from botus.demo import make_corpus, make_model


@pytest.fixture(scope="module")
def posts() -> list[str]:
    return demo.corpus().read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(
        models.BPE.from_file(str(demo.folder() / "encoder.json"), str(demo.folder() / "vocab.bpe"))
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def test_the_script_reproduces_the_corpus_byte_for_byte() -> None:
    assert make_corpus.corpus_text().encode() == demo.corpus().read_bytes()


def test_the_corpus_is_varied(posts: list[str]) -> None:
    assert len(set(posts)) == len(posts) >= 8000
    assert all(15 <= len(post) <= 200 for post in posts)
    assert 15 <= statistics.mean(len(post.split()) for post in posts) <= 25


def test_the_corpus_is_harmless_plain_text(posts: list[str]) -> None:
    forbidden = re.compile(r"https?:|www\.|[@#<>{}\[\]|\\]|[^ -~]")
    assert [post for post in posts if forbidden.search(post)] == []


def test_every_post_reads_as_sentences(posts: list[str]) -> None:
    sentences = re.compile(r'"?[A-Z].*[.?]"?')
    slips = re.compile(r" {2}| [,.;:?]|\b([Aa]n [^aehiou]|[Aa] [aeio])|\b(\w+) \2\b|[a-z][.?] [a-z]")
    assert [post for post in posts if not sentences.fullmatch(post)] == []
    assert [post for post in posts if slips.search(post)] == []


def test_a_grammar_line_is_weighted_and_drawn_once_a_post() -> None:
    grammar = make_corpus.read_grammar(
        "# a comment\n@post\n9* {owl} and {owl} hooted in the {place}.\n{owl} left.\n"
        "@owl\na [old|odd] owl\na ghost\n@place\nbelfry\n@time\nlate\n"
    )
    drawn = make_corpus.posts(grammar, seed=1, count=5)
    assert sorted(drawn) == sorted(
        {
            "A ghost and an odd owl hooted in the belfry.",
            "A ghost and an old owl hooted in the belfry.",
            "An odd owl and a ghost hooted in the belfry.",
            "An old owl and a ghost hooted in the belfry.",
            "An old owl left.",
        }
    )


def test_the_time_is_told_once_a_post() -> None:
    grammar = make_corpus.read_grammar(
        "@post\n{time} the gull left {time}, apparently.\n{time} the gull left, apparently.\n"
        "@time\nat noon\nat dusk\n"
    )
    assert set(make_corpus.posts(grammar, seed=1, count=2)) == {
        "At noon the gull left, apparently.",
        "At dusk the gull left, apparently.",
    }


def test_a_quoted_question_goes_on_in_small_letters() -> None:
    finished = make_corpus.finish('"are you a owl?" asked a ship. "no," I said. so it was "me". who?')
    assert finished == '"Are you an owl?" asked a ship. "No," I said. So it was "me". Who?'


def test_the_run_folder_is_complete_and_small() -> None:
    step = (demo.folder() / "counter").read_text().strip()
    files = {path.name for path in demo.folder().iterdir() if not path.name.startswith(".")}
    assert files == {  # beside them `generate` may have put its hidden cache
        "checkpoint",
        "counter",
        "encoder.json",
        "hparams.json",
        f"model-{step}.data-00000-of-00001",
        f"model-{step}.index",
        "vocab.bpe",
    }
    assert f'model_checkpoint_path: "model-{step}"' in (demo.folder() / "checkpoint").read_text()
    home = demo.corpus().parent
    bundled = [path for path in [*home.iterdir(), *demo.folder().iterdir()] if path.is_file()]
    assert sum(path.stat().st_size for path in bundled) < 6_000_000


def test_the_data_file_holds_the_weights_and_no_optimizer_slots() -> None:
    hparams = json.loads((demo.folder() / "hparams.json").read_text())
    width, layers = hparams["n_embd"], hparams["n_layer"]
    layer = 12 * width**2 + 13 * width  # attention 4, mlp 8; biases 9, layer norms 4
    weights = layers * layer + (hparams["n_vocab"] + hparams["n_ctx"] + 2) * width
    (data,) = demo.folder().glob("model-*.data-00000-of-00001")
    assert data.stat().st_size == 4 * weights


def test_every_byte_has_a_token_and_the_end_marker_is_the_last(tokenizer: Tokenizer) -> None:
    encoder = json.loads((demo.folder() / "encoder.json").read_text(encoding="utf-8"))
    size = json.loads((demo.folder() / "hparams.json").read_text())["n_vocab"]
    assert sorted(encoder.values()) == list(range(size))
    assert encoder[make_model.END] == size - 1
    assert set(pre_tokenizers.ByteLevel.alphabet()) <= set(encoder)
    # Two-byte characters reach all trailing bytes; the others reach every leading byte that UTF-8 has.
    everything = "".join(
        map(chr, [*range(0x800), *range(0x800, 0xD800, 0x400), *range(0x10000, 0x110000, 0x4000)])
    )
    assert tokenizer.decode(tokenizer.encode(everything).ids) == everything


def test_the_vocabulary_knows_the_corpus(tokenizer: Tokenizer, posts: list[str]) -> None:
    sizes = [len(encoding.ids) for encoding in tokenizer.encode_batch(posts)]
    assert statistics.mean(sizes) < 40
    assert max(sizes) < make_model.HPARAMS["n_ctx"]
    assert all(tokenizer.decode(tokenizer.encode(post).ids) == post for post in posts[:200])


def test_a_vocabulary_is_learnt_in_the_form_of_gpt2(tmp_path: Path, posts: list[str]) -> None:
    learnt = make_model.learn_vocabulary(posts[:500], 300)
    (tmp_path / "encoder.json").write_text(learnt.encoder, encoding="utf-8")
    (tmp_path / "vocab.bpe").write_text(learnt.merges, encoding="utf-8")
    encoder = json.loads(learnt.encoder)
    assert list(encoder.values()) == list(range(300))
    assert encoder[make_model.END] == 299
    assert learnt.merges.startswith("#version: 0.2\n")
    assert learnt.merges.count("\n") == 300 - 256 - 1 + 1  # one line per merge and the version line
    reread = Tokenizer(models.BPE.from_file(str(tmp_path / "encoder.json"), str(tmp_path / "vocab.bpe")))
    reread.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    assert [reread.encode(post).ids for post in posts] == [
        learnt.tokenizer.encode(post).ids for post in posts
    ]


def test_rows_hold_every_post_whole() -> None:
    rng = random.Random(3)
    posts = [[*(100 * number + place for place in range(rng.randint(1, 9))), 7] for number in range(1, 60)]
    packed = list(make_model.rows(posts, 20))
    assert all(len(row) == 20 and row[0] == 7 for row in packed)
    held = " ".join(str(row) for row in packed)
    assert all(str(post)[1:-1] in held for post in posts[:-4])


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [make_model.learning_rate(step, 1000) for step in range(1, 1001)]
    top = rates.index(max(rates)) + 1
    assert top == make_model.WARMUP
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(make_model.LAST_RATE)
