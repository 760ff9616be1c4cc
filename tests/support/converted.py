"""Writes folders as the converters of CTranslate2 leave them, without torch or transformers.

`write_bigrams` makes a model that knows how probable each token is after the last one, as `bundle` does;
`write_llama` one with random weights and the parts that a GPT-2 has not: rotary positions, fewer keys than
queries, norms without a mean, a gate.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from ctranslate2.specs import TransformerDecoderModelSpec, common_spec
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from botus.checkpoints.checkpoint import open_checkpoint
from botus.generation.sampling.sampler import Sampler
from tests.support import bundle

END = bundle.END_OF_TEXT


def write_bigrams(
    folder: Path,
    words: Sequence[str],
    follow: Mapping[str, Mapping[str, float]],
    *,
    pieces: bool = False,
) -> Path:
    """Write a model whose texts begin after END and are over at END, and return its folder.

    Args:
        folder: is made.
        words: as those of `bundle.write_bigrams`.
        follow: too; what follows END begins a text.
        pieces: spell tokens as sentencepiece does, instead of as GPT-2.
    """
    with tempfile.TemporaryDirectory() as work:
        run = bundle.write_bigrams(Path(work) / "run1", words, follow)
        Sampler(open_checkpoint(run), [Path(work) / "cache"], precision="float32")
        made = next(Path(work).glob("cache/*/model.bin")).parent
        folder.mkdir(parents=True)
        for name in ("model.bin", "config.json", "vocabulary.json"):
            shutil.copyfile(made / name, folder / name)
        tokens, merges = bundle.vocabulary(words)
    if pieces:
        tokens, merges = _pieces(tokens), [(_piece(first), _piece(second)) for first, second in merges]
        (folder / "vocabulary.json").write_text(json.dumps(tokens))
    write_tokenizer(folder, tokens, merges, pieces=pieces)
    return folder


def write_llama(
    folder: Path, words: Sequence[str], *, spare: Sequence[str] = (), quantization: str | None = None
) -> Path:
    """Write a small model with random weights, in the spelling of GPT-2, and return its folder.

    Args:
        folder: is made.
        words: longer tokens besides the single bytes.
        spare: tokens of the model that its tokenizer does not know.
        quantization: as that of CTranslate2's converters.
    """
    known, merges = bundle.vocabulary(words)
    tokens = [*known, *spare]
    spec = TransformerDecoderModelSpec.from_config(
        2,
        4,
        activation=common_spec.Activation.SWISH,
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=0,
        rotary_interleave=False,
        num_heads_kv=2,
    )
    random = np.random.default_rng(1)

    def table(rows: int, columns: int) -> np.ndarray:
        return 0.2 * random.standard_normal((rows, columns), dtype=np.float32)

    decoder, wide = spec.decoder, 32
    decoder.scale_embeddings = False
    decoder.embeddings.weight = table(len(tokens), wide)
    decoder.projection.weight = table(len(tokens), wide)
    decoder.layer_norm.gamma = np.ones(wide, np.float32)
    for layer in decoder.layer:
        for norm in (layer.self_attention.layer_norm, layer.ffn.layer_norm):
            norm.gamma = np.ones(wide, np.float32)
        layer.self_attention.linear[0].weight = table(2 * wide, wide)  # 4 queries, 2 keys, 2 values of 8
        layer.self_attention.linear[1].weight = table(wide, wide)
        layer.ffn.linear_0.weight = table(48, wide)
        layer.ffn.linear_0_noact.weight = table(48, wide)
        layer.ffn.linear_1.weight = table(wide, 48)
    spec.config.unk_token = spec.config.bos_token = spec.config.eos_token = END
    spec.register_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True)
    spec.save(str(folder))
    write_tokenizer(folder, known, merges)
    return folder


def write_tokenizer(
    folder: Path, tokens: Sequence[str], merges: Sequence[tuple[str, str]], *, pieces: bool = False
) -> None:
    ids = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=list(merges), byte_fallback=pieces))
    if pieces:  # as in Llama 2
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback()])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    tokenizer.save(str(folder / "tokenizer.json"))


def _pieces(tokens: Sequence[str]) -> list[str]:
    """Spell the tokens of GPT-2 as sentencepiece does: a byte that is no letter by its number."""
    spelled = dict(zip(bundle.byte_tokens(), range(256), strict=True))
    return [
        f"<0x{spelled[token]:02X}>"
        if token in spelled and not (token.isascii() or token == "Ġ")
        else _piece(token)
        for token in tokens
    ]


def _piece(token: str) -> str:
    return token.replace("Ġ", "▁")
