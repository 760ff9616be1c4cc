"""The bundled demo: a corpus that its script reproduces, and a complete, small run folder."""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from botus import demo
from botus.checkpoints.markers import END
from docs import demo_corpus
from tests.support.command import botus


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
    assert demo_corpus.corpus_text().encode() == demo.corpus().read_bytes()


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
    grammar = demo_corpus.read_grammar(
        "# a comment\n@post\n9* {owl} and {owl} hooted in the {place}.\n{owl} left.\n"
        "@owl\na [old|odd] owl\na ghost\n@place\nbelfry\n@time\nlate\n"
    )
    drawn = demo_corpus.posts(grammar, seed=1, count=5)
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
    grammar = demo_corpus.read_grammar(
        "@post\n{time} the gull left {time}, apparently.\n{time} the gull left, apparently.\n"
        "@time\nat noon\nat dusk\n"
    )
    assert set(demo_corpus.posts(grammar, seed=1, count=2)) == {
        "At noon the gull left, apparently.",
        "At dusk the gull left, apparently.",
    }


def test_a_quoted_question_goes_on_in_small_letters() -> None:
    finished = demo_corpus.finish('"are you a owl?" asked a ship. "no," I said. so it was "me". who?')
    assert finished == '"Are you an owl?" asked a ship. "No," I said. So it was "me". Who?'


def test_the_run_folder_is_complete_and_small() -> None:
    step = (demo.folder() / "counter").read_text().strip()
    files = {path.name for path in demo.folder().iterdir() if not path.name.startswith(".")}
    assert files == {  # beside them `generate` may have put its hidden cache
        "botus.json",
        "checkpoint",
        "counter",
        "encoder.json",
        "hparams.json",
        "loss.csv",
        f"model-{step}.data-00000-of-00001",
        f"model-{step}.index",
        "vocab.bpe",
    }
    assert f'model_checkpoint_path: "model-{step}"' in (demo.folder() / "checkpoint").read_text()
    home = demo.corpus().parent
    bundled = [path for path in [*home.iterdir(), *demo.folder().iterdir()] if path.is_file()]
    assert sum(path.stat().st_size for path in bundled) < 6_000_000


def test_the_checkpoint_was_trained_on_this_very_corpus() -> None:
    record = json.loads((demo.folder() / "botus.json").read_text())
    assert record["corpus"] == hashlib.sha256(demo.corpus().read_bytes()).hexdigest()
    assert (record["base"], record["ended"]) == (
        "nano",
        f"the held-out loss has not fallen since step {record['step']:,}",
    )


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
    assert encoder[END] == size - 1
    assert set(pre_tokenizers.ByteLevel.alphabet()) <= set(encoder)
    # Two-byte characters reach all trailing bytes; the others reach every leading byte that UTF-8 has.
    everything = "".join(
        map(chr, [*range(0x800), *range(0x800, 0xD800, 0x400), *range(0x10000, 0x110000, 0x4000)])
    )
    assert tokenizer.decode(tokenizer.encode(everything).ids) == everything


def test_the_vocabulary_knows_the_corpus(tokenizer: Tokenizer, posts: list[str]) -> None:
    sizes = [len(encoding.ids) for encoding in tokenizer.encode_batch(posts)]
    assert statistics.mean(sizes) < 40
    assert max(sizes) < json.loads((demo.folder() / "hparams.json").read_text())["n_ctx"]
    assert all(tokenizer.decode(tokenizer.encode(post).ids) == post for post in posts[:200])


def test_a_corpus_of_one_s_own_lets_no_copy_of_the_demo_s_through(tmp_path: Path, posts: list[str]) -> None:
    (tmp_path / "corpus.txt").write_text("My beans are up.\nIt rained on the beans.\n")
    done = botus("generate", "--data", tmp_path, "-n", "40", "--seed", "7", "--json", cwd=tmp_path)
    assert json.loads(done.out)["refused"]["copy of the corpus"] > 0
    assert not set((tmp_path / "tweets.txt").read_text().splitlines()) & set(posts)
    assert "it was not trained on the 2 posts of corpus.txt: botus finetune does that" in done.err


def test_a_corpus_that_was_forgotten_lets_no_invented_word_of_the_demo_s_through(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("My beans are up.\nIt rained on the beans.\n")
    assert botus("corpus", "forget", "--yes", "--data", tmp_path, cwd=tmp_path).code == 0
    done = botus("generate", "--data", tmp_path, "-n", "40", "--seed", "7", "--json", cwd=tmp_path)
    assert json.loads(done.out)["refused"]["words the corpus lacks"] > 0
