"""Models that CTranslate2's converter makes: botus computes, encodes and writes as transformers does.

The commands and the script of docs/checkpoints.md are run as they stand there.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from botus.checkpoints.checkpoint import open_checkpoint
from botus.generation.job import SamplingOptions
from botus.generation.sampling.sampler import Sampler
from tests.support.pages import ROOT

Library = Any  # what transformers is and makes
pytestmark = pytest.mark.torch

TEXT = "The fog came in at four. Nobody had asked it to, and the gulls said so 🌊\n é"
POSTS = [
    f"The {who} {what} at {when}."
    for who in ("fog", "gull", "bell", "kettle")
    for what in ("sang", "left")
    for when in ("four", "dawn")
]
DOCS = (ROOT / "docs" / "checkpoints.md").read_text()
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
}
FEWER = {**SIZES, "num_key_value_heads": 2}
# CTranslate2 leaves the caps out.
UNCAPPED = {"final_logit_softcapping": None, "attn_logit_softcapping": None, "query_pre_attn_scalar": 8}
OPT = {
    **{name: size for name, size in SIZES.items() if name != "intermediate_size"},
    "ffn_dim": 64,
    "word_embed_proj_dim": 32,
    "spare": 6,  # its table is filled up to a multiple of eight
}


def bytes_tokenizer() -> Tokenizer:
    """As GPT-2, Llama 3 and Qwen have one; the end is token 0."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(POSTS, trainer)
    return tokenizer


def pieces_tokenizer() -> Tokenizer:
    """As Llama 2 and Mistral have one: the beginning is token 0, and single bytes are spelled."""
    letters = sorted({letter for post in POSTS for letter in post.replace(" ", "▁")})
    tokens = ["<s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters, "▁T", "he", "▁The", "▁f", "og"]
    merges = [("▁", "T"), ("h", "e"), ("▁T", "he"), ("▁", "f"), ("o", "g")]
    ids = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(["<s>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)]
    )
    return tokenizer


def save(folder: Path, name: str, tokenizer: Tokenizer, spare: int = 0, **sizes: object) -> Library:
    """Save a model with random weights, larger than those a training begins with, and return it."""
    transformers, torch = import_module("transformers"), import_module("torch")
    torch.manual_seed(1)
    config = getattr(transformers, f"{name}Config")(
        vocab_size=tokenizer.get_vocab_size() + spare, bos_token_id=0, eos_token_id=0, pad_token_id=0, **sizes
    )
    causal = "GPT2LMHeadModel" if name == "GPT2" else f"{name}ForCausalLM"
    model = getattr(transformers, causal)(config)
    for values in model.parameters():
        if values.dim() > 1:
            torch.nn.init.normal_(values, std=0.2)
    model.eval().save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="<s>", unk_token="<s>"
    )
    fast.save_pretrained(folder)
    return model


def expected(model: Library, ids: list[int]) -> np.ndarray:
    torch = import_module("torch")
    with torch.no_grad():
        logits: np.ndarray = model(torch.tensor([ids])).logits[0].float().numpy()
    return logits


@pytest.mark.parametrize(
    ("name", "tokenizer", "sizes"),
    [
        ("Llama", pieces_tokenizer, FEWER),
        ("Llama", bytes_tokenizer, FEWER),
        ("Mistral", pieces_tokenizer, {**FEWER, "sliding_window": None}),
        ("Qwen2", bytes_tokenizer, {**FEWER, "spare": 40}),
        ("Qwen3", bytes_tokenizer, {**FEWER, "head_dim": 8}),
        ("Gemma", pieces_tokenizer, {**SIZES, "num_key_value_heads": 1, "head_dim": 8}),
        ("Gemma2", pieces_tokenizer, {**FEWER, "head_dim": 8, **UNCAPPED}),
        ("OPT", bytes_tokenizer, OPT),
        ("Bloom", bytes_tokenizer, {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
        ("GPT2", bytes_tokenizer, {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}),
    ],
)
def test_logits_and_tokens_are_those_of_transformers(
    tmp_path: Path, name: str, tokenizer: Callable[[], Tokenizer], sizes: dict[str, Any]
) -> None:
    source, folder = tmp_path / "kettle", tmp_path / "kettle-ct2"
    model = save(source, name, tokenizer(), **sizes)
    converter = import_module("ctranslate2.converters").TransformersConverter
    converter(str(source), copy_files=["tokenizer.json", "generation_config.json"]).convert(str(folder))
    sampler = Sampler(open_checkpoint(folder), [tmp_path / "cache"])
    vocabulary = sampler._vocabulary
    tokens = ["<s>", *vocabulary.encode(TEXT)]
    fast = import_module("transformers").AutoTokenizer.from_pretrained(source)
    ids = [0, *fast(TEXT, add_special_tokens=False)["input_ids"]]
    assert [vocabulary.tokens.index(token) for token in tokens] == ids
    assert b"".join(vocabulary.pieces[number] for number in ids).decode().removeprefix(" ") == TEXT
    logits = expected(model, ids)
    assert logits.std() > 0.5
    assert np.abs(sampler.engine.logits(tokens) - logits).max() < 1e-3


def block(beginning: str) -> str:
    """Return the block of docs/checkpoints.md that begins so."""
    return next(
        body for body in re.findall(r"^```\w*\n(.*?)^```$", DOCS, re.M | re.S) if body.startswith(beginning)
    )


def test_an_adapter_is_merged_and_converted_as_the_docs_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peft = import_module("peft")
    model = save(tmp_path / "base", "Llama", pieces_tokenizer(), **FEWER)
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["q_proj", "down_proj"]))
    for values_name, values in adapted.named_parameters():
        if "lora_B" in values_name:
            import_module("torch").nn.init.normal_(values, std=0.2)
    adapted.peft_config["default"].base_model_name_or_path = str(tmp_path / "base")
    adapted.eval().save_pretrained(tmp_path / "kettle-lora")
    import_module("transformers").AutoTokenizer.from_pretrained(tmp_path / "base").save_pretrained(
        tmp_path / "kettle-lora"
    )
    script = block("from peft")
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    convert, write = block("ct2-transformers-converter").splitlines()
    program = str(Path(sys.executable).with_name("ct2-transformers-converter"))
    subprocess.run([program, *shlex.split(convert)[1:]], cwd=tmp_path, check=True, capture_output=True)
    sampler = Sampler(open_checkpoint(tmp_path / "kettle-ct2"), [tmp_path / "cache"])
    assert sampler.engine.precision == "int8"
    ids = [0, *(sampler._vocabulary.tokens.index(token) for token in sampler._vocabulary.encode(TEXT))]
    found = sampler.engine.logits([sampler._vocabulary.tokens[number] for number in ids])
    logits = expected(adapted, ids)
    assert np.corrcoef(found.ravel(), logits.ravel())[0, 1] > 0.99  # int8
    stream = sampler.stream(SamplingOptions(batch=4, max_tokens=10), 1)
    assert next(stream).tokens
    stream.close()  # type: ignore[attr-defined]
    assert write.startswith("botus generate --checkpoint kettle-ct2 ")
