"""Folders that CTranslate2 has converted: what is read of one, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from botus.checkpoints.checkpoint import open_checkpoint, open_trainable
from botus.checkpoints.formats.converted.folder import ConvertedModel
from botus.checkpoints.formats.converted.tokenizer_json import TokenizerVocabulary
from botus.errors import FileError
from tests.support import bundle, converted

WORDS = ["The", "Ġfog", "Ġkettle"]
TOKENS, MERGES = bundle.vocabulary(WORDS)
TEXT = "The fog 🌊\nkettle é"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted.write_llama(tmp_path_factory.mktemp("made") / "kettle", WORDS)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "kettle"))


def model(path: Path) -> ConvertedModel:
    found = open_checkpoint(path)
    assert isinstance(found, ConvertedModel)
    return found


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        open_checkpoint(path)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def change(path: Path, **values: object) -> None:
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(content | values))


# What is read


def test_a_folder_is_read(folder: Path) -> None:
    found = model(folder)
    assert (found.bos, found.ends, found.step, found.trained()) == (converted.END, (converted.END,), 0, None)
    assert found.cached_values == 2 * 2 * 16  # layers, keys and values, 2 heads of 8
    assert found.n_ctx == 2048
    assert found.vocabulary.tokens == TOKENS
    tokens = found.vocabulary.encode(TEXT)
    assert tokens[:2] == ["The", "Ġfog"]
    assert b"".join(found.vocabulary.pieces[TOKENS.index(token)] for token in tokens).decode() == TEXT


def test_a_folder_under_a_link_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert model(tmp_path / "link").fingerprint == model(folder).fingerprint


def test_positions_that_were_learnt_limit_the_context(tmp_path: Path) -> None:
    path = converted.write_bigrams(tmp_path / "kettle", WORDS, {converted.END: {"The": 1}})
    assert model(path).n_ctx == 64


def test_the_context_and_more_ends_stand_beside_it(folder: Path) -> None:
    change(folder / "tokenizer_config.json", model_max_length=96, eos_token={"content": "|"})
    change(folder / "generation_config.json", eos_token_id=[TOKENS.index("~"), 10**9, -1, "x"])
    found = model(folder)
    assert found.n_ctx == 96
    assert found.ends == (converted.END, "~", "|")
    assert [found.vocabulary.pieces[TOKENS.index(token)] for token in "~|"] == [b"", b""]
    change(folder / "tokenizer_config.json", model_max_length=10**30)
    change(folder / "generation_config.json", eos_token_id=TOKENS.index("~"))
    assert (model(folder).n_ctx, model(folder).ends) == (2048, (converted.END, "~", "|"))


def test_a_model_without_a_first_token_begins_after_a_last_one(folder: Path) -> None:
    change(folder / "config.json", bos_token="<s>")
    assert model(folder).bos == converted.END


def test_an_older_folder_has_its_vocabulary_as_lines(folder: Path) -> None:
    (folder / "vocabulary.json").unlink()
    (folder / "vocabulary.txt").write_text("".join(f"{token}\n" for token in TOKENS))
    assert model(folder).vocabulary.tokens == TOKENS


def test_two_files_of_gpt2_do_for_the_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    assert "tokenizer.json" in refusal(folder).message
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(TOKENS)}))
    for version in ("#version: 0.2\n", "", "\ufeff#version: 0.2\r\n"):
        lines = "".join(f"{first} {second}\n" for first, second in MERGES)
        (folder / "merges.txt").write_text(version + lines)
        assert model(folder).vocabulary.encode(TEXT)[:2] == ["The", "Ġfog"]
        assert model(folder).vocabulary.pieces[TOKENS.index(converted.END)] == b""
    (folder / "merges.txt").write_text("kettle fog\n")
    assert "damaged" in refusal(folder).message


def test_a_token_that_no_text_has_is_none(folder: Path) -> None:
    """Neither what a program has added nor what only fills the table up to a round number."""
    spare = ["<pad>", "<0>", "<1>"]
    converted.write_llama(folder.parent / "padded", WORDS, spare=spare)
    path = folder.parent / "padded"
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.save(str(path / "tokenizer.json"))
    found = model(path)
    assert found.vocabulary.tokens[-3:] == spare
    assert found.vocabulary.pieces[-4:] == [b""] * 4
    text = f"a {converted.END} <pad>"
    tokens = found.vocabulary.encode(text)
    assert not {"<pad>", converted.END} & set(tokens)
    assert b"".join(found.vocabulary.pieces[found.vocabulary.tokens.index(token)] for token in tokens) == (
        text.encode()
    )


def test_pieces_of_sentencepiece(tmp_path: Path) -> None:
    words = ["ĠThe", "Ġfog"]
    path = converted.write_bigrams(tmp_path / "kettle", words, {converted.END: {"ĠThe": 1}}, pieces=True)
    vocabulary = model(path).vocabulary
    tokens = vocabulary.encode(TEXT)
    assert tokens[:3] == ["▁The", "▁fog", "▁"]
    assert "<0x0A>" in tokens
    written = b"".join(vocabulary.pieces[vocabulary.tokens.index(token)] for token in tokens)
    assert written.decode() == " " + TEXT
    assert vocabulary.pieces[vocabulary.tokens.index("<0xF0>")] == b"\xf0"


# What is refused


def test_it_cannot_be_trained_further(folder: Path) -> None:
    with pytest.raises(FileError, match="cannot be trained further"):
        open_trainable(folder)


@pytest.mark.parametrize("name", ["vocabulary.json", "config.json", "tokenizer.json"])
def test_a_file_that_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refusal(folder).message


@pytest.mark.parametrize("name", ["vocabulary.json", "config.json", "tokenizer.json", "model.bin"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 200_000, b'"fog"', b"<html>"])
def test_a_file_of_something_else_is_named(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert name in refusal(folder).message


def test_a_pointer_of_git_lfs_is_named(folder: Path) -> None:
    (folder / "model.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    assert "Git LFS" in refusal(folder).message


def test_a_model_that_ends_early_is_refused_wherever_it_ends(folder: Path) -> None:
    path = folder / "model.bin"
    whole = path.read_bytes()
    for size in [*range(3, 2000, 37), *range(2000, len(whole), 4999), len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert "model.bin is truncated" in refusal(folder).message
    path.write_bytes(whole + b"\0")
    assert "left at its end" in refusal(folder).message


def header(*, layout: int = 6, kind: str = "TransformerDecoderSpec", revision: int = 8) -> bytes:
    name = kind.encode() + b"\0"
    return struct.pack("<IH", layout, len(name)) + name + struct.pack("<I", revision)


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (header(layout=7), "newer"),
        (header(layout=5), "older"),
        (b"kettle kettle", "not a model of CTranslate2"),
        (header(kind="TransformerSpec"), "as T5 and BART do"),
        (header(kind="TransformerEncoderSpec"), "as BERT does"),
        (header(kind="WhisperSpec"), "listens to speech"),
        (header(kind="KettleSpec"), "KettleSpec"),
        (header() + struct.pack("<I", 2**32 - 1), "4294967295 tensors"),
        (header() + struct.pack("<IH", 1, 0), "no end"),
        (header() + struct.pack("<IH3s", 1, 3, b"fog"), "no end"),
    ],
)
def test_another_model_is_named(folder: Path, begin: bytes, says: str) -> None:
    (folder / "model.bin").write_bytes(begin + bytes(100))
    assert says in refusal(folder).message


def tensor(name: str, *shape: int, kind: int = 0, size: int | None = None) -> bytes:
    raw = name.encode() + b"\0"
    count = 4 * int(np.prod(shape)) if size is None else size
    dimensions = struct.pack(f"<B{len(shape)}I", len(shape), *shape)
    return struct.pack("<H", len(raw)) + raw + dimensions + struct.pack("<BI", kind, count) + bytes(count)


TABLES = [tensor("decoder/embeddings/weight", 4, 2), tensor("decoder/projection/weight", 4, 2)]
LAYER = "decoder/layer_0/self_attention"


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        ([], "decoder/embeddings/weight"),
        ([tensor("decoder/embeddings/weight", 8)], "decoder/embeddings/weight"),
        ([TABLES[0], tensor("decoder/projection/weight", 5, 2)], "projection/weight is [5, 2]"),
        ([*TABLES, tensor("decoder/layer_norm/gamma", 3)], "gamma is [3]"),
        ([*TABLES, tensor("decoder/projection/bias", 2)], "bias is [2]"),
        ([*TABLES, tensor("decoder/position_encodings/encodings", 9, 1)], "encodings is [9, 1]"),
        ([*TABLES, tensor(f"{LAYER}/linear_0/weight", 6, 2)], "linear_0/weight"),
        ([*TABLES, tensor(f"{LAYER}/linear_1/weight", 2, 2)], "linear_1/weight"),
        (
            [*TABLES, tensor(f"{LAYER}/linear_0/weight", 5, 2), tensor(f"{LAYER}/linear_1/weight", 2, 2)],
            "linear_1/weight",
        ),
        ([*TABLES, tensor("decoder/layer_0/ffn/linear_1/weight", 2, 9)], "ffn/linear_1"),
        ([*TABLES, tensor("fog", 2, size=12)], "fog has 12 bytes"),
        ([*TABLES, tensor("fog", 2**32 - 1, 2**32 - 1, size=4)], "fog has 4 bytes"),
        ([*TABLES, tensor("fog", 1, kind=9)], "fog has 4 bytes"),
        ([*TABLES, tensor("fog\x1b[2J", 2, size=12)], "fog\\x1b[2J has 12 bytes"),
        ([*TABLES, TABLES[0]], "decoder/embeddings/weight"),
        ([*TABLES, tensor("decoder/layer_0/ffn/linear_0/weight", 2, 2, kind=3)], "AWQ"),
    ],
)
def test_tensors_that_do_not_fit_are_named(folder: Path, tensors: list[bytes], says: str) -> None:
    content = header() + struct.pack("<I", len(tensors)) + b"".join(tensors) + struct.pack("<I", 0)
    (folder / "model.bin").write_bytes(content)
    assert says in refusal(folder).message


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [
        ("decoder/num_heads", "<h", 0),
        ("decoder/num_heads", "<h", -4),
        ("decoder/alignment_layer", "<h", 2),
        ("decoder/alignment_layer", "<h", -3),
        (f"{LAYER}/num_heads_kv", "<i", 0),
        (f"{LAYER}/rotary_dim", "<i", 1),
        (f"{LAYER}/rotary_dim", "<i", 10),  # of a head of 8
        (f"{LAYER}/rotary_dim", "<i", -2),
    ],
)
def test_a_number_at_which_ctranslate2_would_crash_is_named(
    folder: Path, name: str, kind: str, number: int
) -> None:
    content = bytearray((folder / "model.bin").read_bytes())
    at = content.index(name.encode() + b"\0") + len(name) + 1 + 6  # rank, type, size
    struct.pack_into(kind, content, at, number)
    (folder / "model.bin").write_bytes(content)
    assert f"{name} is {number}, which cannot be" in refusal(folder).message
    content[at - 5] = 0  # a float32, which is as wide as some of them
    (folder / "model.bin").write_bytes(content)
    assert name in refusal(folder).message


def test_a_tensor_of_many_dimensions_is_named(folder: Path) -> None:
    content = header() + struct.pack("<I", 1) + tensor("fog", *[1] * 9)
    (folder / "model.bin").write_bytes(content)
    assert "fog has 9 dimensions" in refusal(folder).message


def test_a_tokenizer_at_which_its_library_panics_is_named(folder: Path) -> None:
    whole = json.loads((folder / "tokenizer.json").read_text())
    whole["model"]["continuing_subword_prefix"] = "x" * 1000
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    message = refusal(folder).message
    assert "tokenizer.json is damaged, or newer than what is read here" in message


def test_a_vocabulary_of_another_size_is_refused(folder: Path) -> None:
    (folder / "vocabulary.json").write_text(json.dumps(TOKENS[:-1]))
    assert (
        f"has {len(TOKENS) - 1} tokens, and the table of model.bin {len(TOKENS)}" in refusal(folder).message
    )


def test_a_tokenizer_of_another_model_is_refused(folder: Path) -> None:
    (folder / "vocabulary.json").write_text(json.dumps([TOKENS[1], TOKENS[0], *TOKENS[2:]]))
    assert "the vocabulary of another model" in refusal(folder).message


def test_a_tokenizer_that_spells_otherwise_is_refused(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordPiece(vocab={TOKENS[0]: 0}, unk_token=TOKENS[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    assert "in a way that botus does not know" in refusal(folder).message


def test_a_config_without_its_tokens_is_refused(folder: Path) -> None:
    change(folder / "config.json", bos_token=None, unk_token=5)
    assert "lacks unk_token, bos_token" in refusal(folder).message


def test_a_link_to_another_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "tokenizer.json").rename(tmp_path / "tokenizer.json")
    (folder / "tokenizer.json").symlink_to(tmp_path / "tokenizer.json")
    assert "is a link to a file outside its folder" in refusal(folder).message


def test_one_file_of_it_is_refused(folder: Path) -> None:
    assert f"give its folder: {folder}" in refusal(folder / "model.bin").hint


def test_a_tar_of_it_is_refused(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "kettle.tar", "w") as archive:
        archive.add(folder, "kettle")
    refusal(tmp_path / "kettle.tar")


@pytest.mark.parametrize("edit", [lambda path: os.utime(path, ns=(1, 1)), lambda path: path.unlink()])
def test_a_change_is_noticed(folder: Path, edit: Callable[[Path], None]) -> None:
    found = model(folder)
    found.check_unchanged()
    edit(folder / "model.bin")
    with pytest.raises(FileError, match="was changed while"):
        found.check_unchanged()


def test_what_else_lies_in_the_folder_may_change(folder: Path) -> None:
    """As the queue does, where the folder is the data directory."""
    (folder / "tweets.txt").write_text("The kettle is on.\n")
    found = model(folder)
    before = found.fingerprint
    (folder / "tweets.txt").write_text("The fog is in.\nThe kettle is on.\n")
    found.check_unchanged()
    assert model(folder).fingerprint == before


def test_other_weights_have_another_fingerprint(folder: Path) -> None:
    before = model(folder).fingerprint
    content = bytearray((folder / "model.bin").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.bin").write_bytes(content)
    assert model(folder).fingerprint != before


def test_a_tokenizer_without_tokens_for_a_text_is_a_sentence() -> None:
    tokenizer = Tokenizer(models.WordLevel({"fog": 0}, unk_token="[none]"))  # which is none of its tokens
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    vocabulary = TokenizerVocabulary(tokenizer.to_str().encode(), ["fog"], set(), "tokenizer.json")
    assert vocabulary.encode("fog") == ["fog"]
    with pytest.raises(FileError, match=r"^tokenizer.json cannot turn a text into tokens$"):
        vocabulary.encode("gull")
